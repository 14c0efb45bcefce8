"""The codec of `xapi.documents`: one write to a document is one record.

A record's key is the document's key, its value the content, its headers the rest of the intent:
`id` (sixteen bytes of its writer's own choosing, by which it knows its intent again), `method`,
`rules`, and, where they came, `match`, `none-match` and `type` (If-Match, If-None-Match and
Content-Type). A document's partition comes from its context, so that what is listed and deleted
together stands in one order. When it was written is the record's append time, set by the broker.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from bus.records import Headers, Position, Record
from xapi.documents import Context, Intent, Key
from xapi.versions import ONE, TWO, Rules

ID_HEADER = "id"
_METHODS = ("PUT", "POST", "DELETE")
_RULES: dict[bytes, Rules] = {ONE.encode(): ONE, TWO.encode(): TWO}


class Malformed(ValueError):
    """A record that is no intent; everyone passes over it."""


def encode(identifier: bytes, key: Key, intent: Intent) -> Record:
    """The record of an intent."""
    headers: Headers = [
        (ID_HEADER, identifier),
        ("method", intent.method.encode()),
        ("rules", intent.rules.encode()),
        ("type", intent.content_type.encode("latin-1")),
    ]
    for name, value in (("match", intent.match), ("none-match", intent.none_match)):
        if value:
            headers.append((name, value.encode("latin-1")))
    return Record(key.encoded, intent.content, headers)


def decode(
    key: bytes | None, value: bytes | None, headers: Iterable[tuple[str, bytes]]
) -> tuple[bytes, Key, Intent]:
    """The id, the key and the intent of a record; Malformed where it is none."""
    given = dict(headers)
    try:
        method = given["method"].decode()
        intent = Intent(
            method,
            _RULES[given["rules"]],
            given.get("match", b"").decode("latin-1"),
            given.get("none-match", b"").decode("latin-1"),
            given["type"].decode("latin-1"),
            value or b"",
        )
        which = Key.from_bytes(key or b"")
    except (KeyError, ValueError, msgspec.DecodeError) as error:
        raise Malformed(f"the record is no intent: {error!r}") from error
    if method not in _METHODS:
        raise Malformed(f"the record asks for {method!r}")
    if which.whole and method != "DELETE":
        raise Malformed(f"{method} needs the name of a document")
    return given.get(ID_HEADER, b""), which, intent


def partition(context: Context, partitions: int) -> int:
    """The partition where everything about a context stands."""
    return context.number % partitions


@dataclass(slots=True)
class Order:
    """Positions of one partition's records, rising from record to record.

    A broker's clock may step back, or another broker's be behind; the order of the log counts, so a
    record is never placed, or dated, before the one that it follows. `reached` is the latest append
    time so far in Unix milliseconds; whoever starts in the middle of the log takes it from the
    note of the offset that it starts at.
    """

    partition: int
    reached: int = 0

    def place(self, offset: int, appended: int) -> Position:
        """The position of the next record."""
        self.reached = max(self.reached, appended)
        return Position(self.reached, self.partition, offset, 0)

    @property
    def note(self) -> str:
        """What is committed with an offset, so that others go on from there alike."""
        return str(self.reached)

    @classmethod
    def noted(cls, partition: int, note: str) -> "Order":
        """The order as of a committed offset."""
        return cls(partition, int(note) if note.isascii() and note.isdigit() else 0)
