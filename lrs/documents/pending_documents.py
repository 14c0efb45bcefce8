"""Writes to documents that the warehouse may not have yet, kept on disk until it confirmed them.

A private SQLite file under the data folder, taken off the folder as soon as it is open: it goes
with its process, however that ends, and is filled anew from the log at the next start. Memory stays
small however long the warehouse is away.
"""

import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from bus.records import Position
from xapi.documents import Context, Intent, Key

_OFFSET_BITS = 48
_SCHEMA = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA cache_size = -8192;
PRAGMA auto_vacuum = INCREMENTAL;
CREATE TABLE intents
(
    place INTEGER PRIMARY KEY,
    at INTEGER,
    context INTEGER,
    document BLOB,
    key BLOB,
    method TEXT,
    rules TEXT,
    match TEXT,
    none_match TEXT,
    content_type TEXT,
    content BLOB
);
CREATE INDEX by_document ON intents (document, place);
CREATE INDEX by_context ON intents (context, place);
"""
_ADD = "INSERT OR IGNORE INTO intents VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_OF_DOCUMENT = """
SELECT place, at, key, method, rules, match, none_match, content_type, content
FROM intents WHERE document IN (?, ?, ?) ORDER BY place
"""
_KEYS = "SELECT DISTINCT key FROM intents WHERE context = ?"
_PRUNE = "DELETE FROM intents WHERE place >= ? AND place < ?"


class Write(NamedTuple):
    """A write as it stands in the log."""

    place: Position
    key: Key
    intent: Intent


class PendingDocuments:
    """Writes by document and by context, in the order of the log."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(prefix="documents-", dir=folder) as file:
            self._base = sqlite3.connect(file.name, isolation_level=None)
            self._base.executescript(_SCHEMA)

    def add(self, writes: list[Write]) -> None:
        """Keeps writes."""
        self._base.execute("BEGIN")
        self._base.executemany(_ADD, (_row(write) for write in writes))
        self._base.execute("COMMIT")

    def of_document(self, key: Key) -> Iterator[Write]:
        """Every write that concerns a document, whole-context deletions among them."""
        documents = [each.number.to_bytes(16, "big") for each in (key, *key.wholes())]
        for place, at, text, *intent in self._base.execute(_OF_DOCUMENT, documents):
            yield Write(_position(place, at), Key.from_bytes(text), Intent(*intent))

    def keys(self, context: Context) -> list[Key]:
        """The keys of a context that were written to."""
        found = self._base.execute(_KEYS, (_signed(context.number),))
        return [key for (text,) in found if (key := Key.from_bytes(text)).context == context]

    def prune(self, partition: int, offset: int) -> None:
        """Forgets a partition's writes before an offset."""
        first = partition << _OFFSET_BITS
        self._base.execute(_PRUNE, (first, first + offset))
        self._base.execute("PRAGMA incremental_vacuum(64)")

    def __len__(self) -> int:
        return int(self._base.execute("SELECT count(*) FROM intents").fetchone()[0])

    def close(self) -> None:
        """Gives the disk space back."""
        self._base.close()


def _row(write: Write) -> tuple[object, ...]:
    place, key, intent = write
    return (
        (place.partition << _OFFSET_BITS) | place.offset,
        place.appended_ms,
        _signed(key.context.number),
        key.number.to_bytes(16, "big"),
        key.encoded,
        intent.method,
        intent.rules,
        intent.match,
        intent.none_match,
        intent.content_type,
        intent.content,
    )


def _position(place: int, at: int) -> Position:
    return Position(at, place >> _OFFSET_BITS, place & ((1 << _OFFSET_BITS) - 1), 0)


def _signed(number: int) -> int:
    return number - (1 << 63)
