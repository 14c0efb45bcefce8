"""The Person of an Agent (Part Three 2.4): what is known of who it identifies."""

from collections.abc import Iterable, Mapping
from typing import Any

_IDENTIFIERS = ("mbox", "mbox_sha1sum", "openid", "account")


def person(agent: Mapping[str, Any], names: Iterable[str] = ()) -> dict[str, Any]:
    """The Person of an Agent, with the names that statements gave to it, its own first."""
    known = list(dict.fromkeys([*([agent["name"]] if "name" in agent else []), *names]))
    found: dict[str, Any] = {"objectType": "Person"}
    if known:
        found["name"] = known
    found.update({name: [agent[name]] for name in _IDENTIFIERS if name in agent})
    return found
