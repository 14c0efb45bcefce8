"""What is known of single accounts → `directory.people`: whose somebody says that one is, and which
addresses its tool has verified.

These are loads as that of people.csv is: what is sent counts once the closing record is there, and
is shown to viewers as any load. What the file says of an account goes before it, in any order.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bus import loads
from bus.topics import PEOPLE, Topic


@dataclass(frozen=True, slots=True)
class Link:
    """An account (its canonical identifier), and whom or what it belongs to.

    Either `person`, the id of a person of the directory ("" where that is taken back), or
    `addresses`, all that the tool has verified; without any it has none that counts.
    """

    account: str
    person: str | None = None
    addresses: tuple[str, ...] = field(default=(), repr=False)


def _record(link: Link) -> tuple[bytes, dict[str, Any]]:
    if link.person is not None:
        key, said = f"{loads.LINK}hand:{link.account}", {"person": link.person}
        return key.encode(), {"account": link.account, **said}
    key = f"{loads.LINK}address:{link.account}"
    return key.encode(), {"account": link.account, "addresses": list(link.addresses)}


@dataclass(frozen=True)
class Links:
    """How links are sent (`producers.load.send`); an older worker refuses them whole."""

    topic: Topic = PEOPLE
    counted: str = "people"
    revision: int = 2
    record: Callable[[Link], tuple[bytes, Mapping[str, Any]]] = _record


LINKS = Links()
