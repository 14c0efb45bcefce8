"""`poller.cursors`: how far each stream of each connection has been read.

The topic is compacted and has one record a stream, keyed `<connection>/<stream>`. A cursor is
written after what was read before it is durable, so that what is read twice is the same again.
"""

import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import NamedTuple

import msgspec

from bus.publisher import Publisher
from bus.topics import CURSORS
from producers.polling.topic import read_whole


class Cursor(NamedTuple):
    """How far a stream has been read: the connector's own mark, and when (Unix seconds)."""

    mark: str
    at: float


class Cursors:
    """The cursors as this process knows them: those of the start, and what it wrote since."""

    def __init__(self, known: dict[str, Cursor], now: Callable[[], float] = time.time) -> None:
        self._known = known
        self._now = now

    def of(self, connection: str, stream: str) -> Cursor | None:
        """How far a stream has been read; None where it never was."""
        return self._known.get(_key(connection, stream))

    def moved(self, sink: Publisher, connection: str, stream: str, mark: str) -> "Future[None]":
        """Notes that a stream has been read so far; the future is done when that is durable."""
        key, cursor = _key(connection, stream), Cursor(mark, self._now())
        sending = sink.publish(CURSORS.name, key.encode(), msgspec.json.encode(cursor))
        self._known[key] = cursor
        return sending


async def read(bootstrap: str) -> Cursors:
    """The cursors that the topic holds. Raises KafkaError where Kafka does not answer."""
    known: dict[str, Cursor] = {}
    await read_whole(
        bootstrap,
        CURSORS,
        "headwater-poller-cursors",
        lambda record: _take(known, record.key, record.value),
    )
    return Cursors(known)


def _take(known: dict[str, Cursor], key: bytes | None, value: bytes | None) -> None:
    name = (key or b"").decode("utf-8", "replace")
    if value is None:
        known.pop(name, None)
        return
    known[name] = msgspec.json.decode(value, type=Cursor)


def _key(connection: str, stream: str) -> str:
    return f"{connection}/{stream}"
