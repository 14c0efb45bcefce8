"""Documents in the warehouse: `lrs.document_rows`, read by key or by context, written in blocks.

A row's version is the position of the write that it comes from (`bus.records.Position`): whoever
has a row and the later writes to its document has the document.
"""

import struct
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from warehouse.client import Warehouse
from xapi.documents import Document, Key

COLUMNS = (
    "context", "document", "version", "deleted", "kind", "activity", "agent", "registration",
    "name", "updated", "etag", "content_type", "content",
)  # fmt: skip

_NUMBER = struct.Struct("<Q")
_MOMENT = struct.Struct("<q")
#: Unix milliseconds of a row whose document is gone before it was ever there.
_NEVER = 0


class Row(NamedTuple):
    """A document as of a version; None where it is deleted."""

    document: Document | None
    version: int


class Listed(NamedTuple):
    """A document's key, and when it was last changed (Unix milliseconds)."""

    key: Key
    version: int
    updated: int


def current(warehouse: Warehouse, keys: Sequence[Key]) -> dict[Key, Row]:
    """The rows of some documents; those that were never stored are not in it."""
    found = warehouse.rows_of_bytes(
        "documents/current",
        contexts=sorted({key.context.number for key in keys}),
        documents=sorted({key.number for key in keys}),
    )
    rows = {
        int(number): Row(
            None if deleted else Document(content, content_type.decode("latin-1"), int(updated)),
            int(version),
        )
        for number, version, deleted, updated, content_type, content in found
    }
    return {key: rows[key.number] for key in keys if key.number in rows}


def listed(warehouse: Warehouse, whole: Key) -> list[Listed]:
    """The documents that a key stands for, by when they were last changed."""
    kind, activity, agent = whole.context
    found = warehouse.rows(
        "documents/listed",
        context=whole.context.number,
        kind=str(kind),
        activity=activity,
        agent=agent,
        registration=whole.registration,
    )
    return [
        Listed(Key(whole.context, registration, name), int(version), int(updated))
        for registration, name, version, updated in found
    ]


def store(warehouse: Warehouse, rows: Iterable[tuple[Key, Row]]) -> None:
    """Writes rows as one block."""
    block = b"".join(_packed(key, row) for key, row in rows)
    if block:
        warehouse.insert_bytes("lrs.document_rows", COLUMNS, block, "RowBinary")


def _packed(key: Key, row: Row) -> bytes:
    """A row in ClickHouse's RowBinary, in the order of COLUMNS."""
    document = row.document
    kind, activity, agent = key.context
    texts = (str(kind), activity, agent, key.registration, key.name)
    return b"".join(
        (
            _NUMBER.pack(key.context.number),
            key.number.to_bytes(16, "little"),
            row.version.to_bytes(16, "little"),
            b"\0" if document else b"\1",
            *(_text(text.encode()) for text in texts),
            _MOMENT.pack(document.updated if document else _NEVER),
            _text(document.etag.encode() if document else b""),
            _text(document.content_type.encode("latin-1") if document else b""),
            _text(document.content if document else b""),
        )
    )


def _text(value: bytes) -> bytes:
    return _varint(len(value)) + value


def _varint(number: int) -> bytes:
    out = bytearray()
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)
