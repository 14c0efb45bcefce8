"""The records of a load: a table that somebody brings, of which all counts or nothing.

A topic of loads has one partition. It holds what each load brought, an object a record with the
load's id, and after all of those the load's closing record, which says how many there are: a load
counts once that is there. Which field says so is the topic's (`counted`: "people"). A closing
record also has the revision of the shape that its records have (1 where it says none), so that no
older reader takes a newer one's for its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

#: Keys of closing records begin so; on a compacted topic no other's must.
CLOSING = "load:"
#: Keys of what is known of single accounts begin so, on the topic of people.
LINK = "link:"
#: The largest count that a column of counts (UInt64) holds.
MOST = 2**64 - 1


@dataclass(frozen=True, slots=True)
class Closing:
    """The end of a load, and of how many records."""

    load: str
    count: int


def entry(load: UUID, value: Mapping[str, Any]) -> bytes:
    """A record of a load."""
    return orjson.dumps({"load": str(load), **value})


def closing(
    load: UUID, counted: str, count: int, *, at: datetime, revision: int = 1
) -> tuple[bytes, bytes]:
    """Key and value of a load's closing record."""
    value = {
        "load": str(load),
        "closed": True,
        counted: count,
        "at": at.isoformat(timespec="milliseconds"),
        "revision": revision,
    }
    return f"{CLOSING}{load}".encode(), orjson.dumps(value)


def read(value: bytes, counted: str, revision: int = 1) -> dict[str, Any] | Closing:
    """What a record says: one of a load's, with its id in `load`, or the end of one.

    Raises ValueError, KeyError, TypeError or AttributeError for what is neither, or newer than
    `revision`.
    """
    said: dict[str, Any] = orjson.loads(value)
    UUID(said["load"])
    if not said.get("closed"):
        return said
    if (other := said.get("revision", 1)) > revision:
        raise ValueError(
            f"the load is of revision {other}, and this part reads up to {revision}: "
            "upgrade it, then load the file again"
        )
    return Closing(said["load"], natural(said[counted]))


def natural(value: Any) -> int:
    """A count; raises ValueError or TypeError for what is none, or more than a column holds."""
    number = int(value)
    if not 0 <= number <= MOST:
        raise ValueError(f"{number} is no count")
    return number
