"""`poller.cursors`: how far each stream of each connection has been read.

The topic is compacted and has one record a stream, keyed `<connection>/<stream>`. A cursor is
written after what was read before it is durable, so that what is read twice is the same again.
"""

import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import NamedTuple

import msgspec
from aiokafka import TopicPartition

from bus import clients
from bus.publisher import Publisher
from bus.topics import CURSORS
from serving.tasks import closed

#: How long the topic may take to be read to its end, in seconds.
SECONDS = 60.0


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
    partition = TopicPartition(CURSORS.name, 0)
    consumer = clients.consumer(
        bootstrap,
        client_id="headwater-poller-cursors",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
    )
    known: dict[str, Cursor] = {}
    try:
        await consumer.start()
        consumer.assign([partition])
        await consumer.seek_to_beginning(partition)
        end = (await consumer.end_offsets([partition]))[partition]
        until = time.monotonic() + SECONDS
        while await consumer.position(partition) < end:
            if time.monotonic() > until:
                raise TimeoutError(f"{CURSORS.name} could not be read within {SECONDS:.0f} s")
            batch = await consumer.getmany(partition, timeout_ms=1000)
            for record in batch.get(partition, ()):
                _take(known, record.key, record.value)
    finally:
        await closed(consumer.stop)
    return Cursors(known)


def _take(known: dict[str, Cursor], key: bytes | None, value: bytes | None) -> None:
    name = (key or b"").decode("utf-8", "replace")
    if value is None:
        known.pop(name, None)
        return
    known[name] = msgspec.json.decode(value, type=Cursor)


def _key(connection: str, stream: str) -> str:
    return f"{connection}/{stream}"
