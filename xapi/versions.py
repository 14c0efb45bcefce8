"""The versions of the specification that are spoken, and statements of one for readers of another.

A request says which version it follows. Two sets of rules answer to that: "1.0.3" (xAPI 1.0.3) and
"2.0.0" (IEEE 9274.1.1-2023).
"""

import re
from collections.abc import Mapping
from typing import Any, Literal

import msgspec
from msgspec import Raw

Rules = Literal["1.0.3", "2.0.0"]

#: What the About Resource lists.
SPOKEN = ("1.0.0", "1.0.1", "1.0.2", "1.0.3", "2.0.0")
ONE: Rules = "1.0.3"
TWO: Rules = "2.0.0"

_HEADER = re.compile(r"([12])\.0(?:\.(?:0|[1-9][0-9]{0,4}))?")
#: Properties of a context that 1.0.3 does not know (2.0, 4.2.2.5).
_NEW = ("contextAgents", "contextGroups")

_members = msgspec.json.Decoder(dict[str, Raw])
_encode = msgspec.json.Encoder().encode


def rules_of(header: str) -> Rules | None:
    """The rules that a version in a request's header asks for; None where it is not spoken.

    1.0 means 1.0.0 (Part Three 3.3), and each 1.0.x goes by the rules of 1.0.3; so for 2.0.
    """
    found = _HEADER.fullmatch(header)
    if found is None:
        return None
    return ONE if found[1] == "1" else TWO


def rules_for(statement: Mapping[str, Any]) -> Rules:
    """The rules of a statement's own version; those of 1.0.3 where it has none that is spoken."""
    said = statement.get("version")
    return (rules_of(said) if isinstance(said, str) else None) or ONE


def downgrade(raw: bytes) -> bytes:
    """A statement for a reader of 1.0.3, as it came but for what only 2.0 knows."""
    if b'"2.0' not in raw and not any(name.encode() in raw for name in _NEW):
        return raw
    members = _members.decode(raw)
    version = members.get("version")
    if version is not None and bytes(version).startswith(b'"2.'):
        members["version"] = Raw(_encode(ONE))
    _without_new(members)
    if "object" in members:
        inner = _members.decode(members["object"])
        if "context" in inner:  # a SubStatement
            _without_new(inner)
            members["object"] = Raw(_encode(inner))
    return _encode(members)


def _without_new(members: dict[str, Raw]) -> None:
    if "context" not in members:
        return
    context = _members.decode(members["context"])
    members["context"] = Raw(_encode({k: v for k, v in context.items() if k not in _NEW}))
