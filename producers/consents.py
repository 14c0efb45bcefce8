"""What people said of being named → `directory.people`: by the command, beside people.csv.

These are loads as links are: what is sent counts once the closing record is there. No figure hangs
on them, so that they take effect as soon as they count.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bus import loads
from bus.topics import PEOPLE, Topic


@dataclass(frozen=True, slots=True)
class Consent:
    """A person (the id in the directory), and whether they may be named for topics."""

    person: str
    findable: bool


def _record(consent: Consent) -> tuple[bytes, dict[str, Any]]:
    key = f"{loads.LINK}findable:{consent.person}"
    return key.encode(), {"consents": consent.person, "findable": consent.findable}


@dataclass(frozen=True)
class Consents:
    """How consents are sent (`producers.load.send`); an older worker refuses them whole."""

    topic: Topic = PEOPLE
    counted: str = "people"
    revision: int = 3
    record: Callable[[Consent], tuple[bytes, Mapping[str, Any]]] = _record


CONSENTS = Consents()
