"""Events on their way to learning.events: those of a partition share records, a line each.

Those of a person stay in one partition, in order (docs/decisions/events-share.md).
"""

from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaProducer

from bus import records
from bus.topics import EVENTS

#: A record of learning.events takes no further event past so many bytes.
RECORD_BYTES = 32 * 1024


class Packing:
    """Packs events into records by partition, and sends each when it is large enough."""

    def __init__(self, producer: AIOKafkaProducer) -> None:
        self._producer = producer
        self._open: dict[int, _Record] = {}
        self._sent: list[Awaitable[Any]] = []

    async def add(self, key: int, event: bytes) -> None:
        """Adds one event; those of one key stay in order."""
        partition = key % EVENTS.partitions
        record = self._open.get(partition)
        if record is None:
            record = self._open[partition] = _Record(str(key).encode(), [], 0)
        record.events.append(event)
        record.size += len(event)
        if record.size >= RECORD_BYTES:
            await self._send(partition)

    async def finish(self) -> None:
        """Sends what is left and waits until every event is acknowledged."""
        for partition in list(self._open):
            await self._send(partition)
        for sent in self._sent:
            await sent

    async def _send(self, partition: int) -> None:
        record = self._open.pop(partition)
        value = records.DELIMITER.join(record.events)
        sent = await self._producer.send(
            EVENTS.name, key=record.key, value=value, partition=partition
        )
        self._sent.append(sent)


@dataclass(slots=True)
class _Record:
    key: bytes
    events: list[bytes]
    size: int
