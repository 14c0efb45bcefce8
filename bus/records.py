"""The codec of `xapi.statements`: a request is in one record, whole.

A record's value is its statements as JSON lines, each with `id` and `authority` stamped, divided
by one newline (JSON escapes newlines inside strings, so a line never holds one). Because a request
is in one record, a batch is all or nothing; small requests of one source that come side by side
share one (`bus/batching.py`). `learning.events` is divided the same way. `stored` is the
record's append time, set by the broker.

Headers: `source`, where the request came from (`lrs:<credential>` or `hook:<connection>`), and
`ids`, the statements' ids in line order, sixteen bytes each, so that a reader need not parse.

The warehouse divides lines in SQL for speed (`warehouse/tables/history`); `DELIMITER` is the whole
of that contract, and a test holds both to it.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple
from uuid import UUID

DELIMITER = b"\n"
#: In a source whose voiding statements undo only what has their own authority; the warehouse looks
#: for it (`025_voids_of_ones_own.sql`).
NO_VOID = "#no-void"
SOURCE_HEADER = "source"
IDS_HEADER = "ids"

Headers = list[tuple[str, bytes]]


class Record(NamedTuple):
    """What is sent to Kafka for one request."""

    key: bytes
    value: bytes
    headers: Headers


class Position(NamedTuple):
    """Where a statement stands in the log: the first delivery of an id in this order wins.

    Bits of the number, from the top: append time in ms (48), partition (16), offset (44),
    line (20).
    """

    appended_ms: int
    partition: int
    offset: int
    line: int

    def as_uint128(self) -> int:
        """The position as ClickHouse's UInt128 holds it."""
        return (self.appended_ms << 80) | (self.partition << 64) | (self.offset << 20) | self.line

    @classmethod
    def from_uint128(cls, number: int) -> "Position":
        """The position that a UInt128 holds."""
        return cls(
            number >> 80,
            (number >> 64) & 0xFFFF,
            (number >> 20) & ((1 << 44) - 1),
            number & ((1 << 20) - 1),
        )


def encode(statements: Sequence[bytes], ids: Iterable[UUID], source: str, actor: str) -> Record:
    """The record of one request.

    `statements` are JSON objects as bytes without raw newlines, stamped; `ids` theirs, in the same
    order; `actor` the canonical identifier of the first statement's actor (the key).

    Raises ValueError where a statement holds a raw newline.
    """
    value = DELIMITER.join(statements)
    if value.count(DELIMITER) != len(statements) - 1:
        raise ValueError("a statement of a record holds a raw newline; write it compactly first")
    packed = b"".join(identifier.bytes for identifier in ids)
    headers = [(SOURCE_HEADER, source.encode()), (IDS_HEADER, packed)]
    return Record(actor.encode("utf-8", "surrogatepass"), value, headers)


def lines(value: bytes) -> list[bytes]:
    """The statements of a record's value, in order; the line numbers start at 0."""
    return value.split(DELIMITER)


def source(headers: Iterable[tuple[str, bytes]]) -> str:
    """Where a record came from; "" where its writer did not say."""
    return next((v.decode("utf-8", "replace") for k, v in headers if k == SOURCE_HEADER), "")


def ids(headers: Iterable[tuple[str, bytes]]) -> list[UUID]:
    """The ids of a record's statements in line order; empty where its writer gave none."""
    return [UUID(bytes=identifier) for identifier in packed_ids(headers)]


def packed_ids(headers: Iterable[tuple[str, bytes]]) -> list[bytes]:
    """The ids of a record's statements in line order, each as its sixteen bytes."""
    packed = next((v for k, v in headers if k == IDS_HEADER), b"")
    return [packed[at : at + 16] for at in range(0, len(packed) - 15, 16)]
