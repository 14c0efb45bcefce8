"""The codec of `xapi.rejected`: what was refused, why, and by which door it goes back."""

import base64
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid5

from xapi.ids import NAMESPACE

#: How a source begins that is a connection of the hooks server, and one that is the LRS.
HOOK, LRS = "hook:", "lrs:"


class Door(StrEnum):
    """By which way a refused thing is tried again."""

    HOOKS = "hooks"
    LRS = "lrs"
    FILE = "its file"


class Kind(StrEnum):
    """What was refused."""

    #: A delivery of a kind that nobody has decided about.
    UNSUPPORTED = "unsupported"
    #: A delivery that its mapper could not read, or made nothing valid of.
    REJECTED = "rejected"
    #: A statement, by what was wrong with it.
    STATEMENT = "statement"
    REFUSED = "refused"
    FORBIDDEN = "forbidden"
    UNREADABLE = "unreadable"
    UNCLASSIFIABLE = "unclassifiable"
    UNWRITABLE = "unwritable"
    CONFLICT = "conflict"
    #: A record of another topic.
    EVENT = "event"
    SIGNAL = "signal"
    DIRECTORY = "directory"
    KPI = "kpi"
    CONNECTION = "connection"

    @property
    def door(self) -> Door:
        """By which door it goes back."""
        return _DOORS[self]


_DOORS = {
    Kind.UNSUPPORTED: Door.HOOKS,
    Kind.REJECTED: Door.HOOKS,
    Kind.STATEMENT: Door.LRS,
    Kind.REFUSED: Door.LRS,
    Kind.FORBIDDEN: Door.LRS,
    Kind.UNREADABLE: Door.LRS,
    Kind.UNCLASSIFIABLE: Door.LRS,
    Kind.UNWRITABLE: Door.LRS,
    Kind.CONFLICT: Door.LRS,
    Kind.EVENT: Door.FILE,
    Kind.SIGNAL: Door.FILE,
    Kind.DIRECTORY: Door.FILE,
    Kind.KPI: Door.FILE,
    Kind.CONNECTION: Door.FILE,
}


def door_of(kind: str, source: str) -> Door:
    """The door of a row, which may be older or newer than the kinds of today."""
    if kind in Kind.__members__.values():
        door = Kind(kind).door
        if door is not Door.HOOKS:
            return door
    if source.startswith(LRS):
        return Door.LRS
    return Door.HOOKS if source.startswith(HOOK) else Door.FILE


def rejected(
    identity: str,
    *,
    source: str,
    kind: Kind,
    reason: str,
    path: str,
    body: bytes,
    headers: Mapping[str, str] | None = None,
    at: datetime | None = None,
) -> bytes:
    """One message of `xapi.rejected`; `identity` makes its id, so that a redelivery is the same."""
    message: dict[str, Any] = {
        "id": str(rejected_id(kind, identity)),
        "source": source,
        "kind": kind,
        "reason": reason,
        "path": path,
        "headers": dict(headers or {}),
        "at": (at or datetime.now(UTC)).isoformat(timespec="milliseconds"),
    }
    try:
        message["body"] = body.decode("utf-8")
    except UnicodeDecodeError:
        message["body"] = base64.b64encode(body).decode("ascii")
        message["encoding"] = "base64"
    return json.dumps(message, ensure_ascii=False).encode("utf-8", "backslashreplace")


def body_of(body: str, encoding: str) -> bytes:
    """The bytes that were refused, of what a message says of them."""
    if encoding == "base64":
        return base64.b64decode(body)
    return body.encode("utf-8", "surrogatepass")


def rejected_id(kind: Kind, identity: str) -> UUID:
    """The id under which a refusal is known: the same for the same cause.

    A delivery is known by its body alone, which is signed: headers may make any kind of it.
    """
    return cause_id(identity if kind.door is Door.HOOKS else f"{kind}/{identity}")


def cause_id(cause: str) -> UUID:
    """The id of a cause that has no kind, as a message of `xapi.rejected` that is none of ours."""
    return uuid5(NAMESPACE, f"rejected\x1f{cause}")
