"""ClickHouse's RowBinary, as far as the hot path writes it: whole records, unparsed."""

import struct
from collections.abc import Iterable
from typing import NamedTuple

RECORD_COLUMNS = ("batch", "first_line", "partition", "offset", "appended", "source", "value")
EVENT_COLUMNS = ("batch", "value")

_RECORD = struct.Struct("<QIHQq")
_BATCH = struct.Struct("<Q")


class Row(NamedTuple):
    """One record of xapi.statements (or one line of it), with where it stands."""

    partition: int
    offset: int
    appended_ms: int
    source: bytes
    value: bytes
    first_line: int = 0


def records(batch: int, rows: Iterable[Row]) -> bytes:
    """The block of an insert into `lrs.records_in`."""
    parts: list[bytes] = []
    for row in rows:
        parts += (
            _RECORD.pack(batch, row.first_line, row.partition, row.offset, row.appended_ms),
            _varint(len(row.source)),
            row.source,
            _varint(len(row.value)),
            row.value,
        )
    return b"".join(parts)


def events(batch: int, values: Iterable[bytes]) -> bytes:
    """The block of an insert into `learning.events_in`."""
    number = _BATCH.pack(batch)
    parts: list[bytes] = []
    for value in values:
        parts += (number, _varint(len(value)), value)
    return b"".join(parts)


def _varint(number: int) -> bytes:
    if number < 0x80:
        return bytes((number,))
    out = bytearray()
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)
