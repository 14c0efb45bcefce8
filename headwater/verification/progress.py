"""How far the pipeline is: what it has to have done before it can be judged."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime

from aiokafka import ConsumerRecord, TopicPartition

from bus import clients
from bus.topics import MEBIBYTE, RECORDER_GROUP, REJECTED, STATEMENTS, Topic
from streams.processor import Processor
from streams.processors import processors
from warehouse import Warehouse

LOOK_EVERY = 0.3


def read_by() -> list[tuple[str, Topic]]:
    """Which group reads what, the recorder's and every processor's, in the order in which records
    pass: who reads what others write comes after them, and refusals come from all."""
    every = sorted(processors(), key=lambda one: (one.topic == REJECTED, _steps(one), one.name))
    return [(RECORDER_GROUP, STATEMENTS), *((one.reads_as, one.topic) for one in every)]


def _steps(one: Processor) -> int:
    """How many processors, one after another, a record passes until it is in this one's topic."""
    writers = (each for each in processors() if one.topic.name in each.outputs)
    return max((1 + _steps(each) for each in writers), default=0)


async def caught_up(kafka: str, warehouse: Warehouse, seconds: float) -> list[str]:
    """Waits until everything that is in the log now is stored and counted.

    Returns what is still on its way after `seconds`, a sentence each; what comes meanwhile is not
    waited for.
    """
    deadline = time.monotonic() + seconds
    waiting = []
    async with _Offsets(kafka) as offsets:
        for group, topic in read_by():
            behind = await _passed(offsets, group, topic, deadline)
            if behind:
                waiting.append(f"{behind} records of {topic.name} wait for {group}")
    dirty = await _dirty(warehouse, deadline)
    if dirty:
        waiting.append(f"{dirty} dirty hours wait for a roll-up")
    return waiting


async def committed(kafka: str, group: str, topic: Topic) -> dict[TopicPartition, int]:
    """Up to where a group has read each partition."""
    async with _Offsets(kafka) as offsets:
        return await offsets.committed(group, topic)


async def read(
    kafka: str, group: str, topic: Topic, most: int
) -> AsyncIterator[list[ConsumerRecord]]:
    """All that a topic holds up to where a group has committed, at most so many records at a time;
    as no member of the group."""
    ends = await committed(kafka, group, topic)
    consumer = clients.consumer(
        kafka,
        group_id=None,
        auto_offset_reset="earliest",
        fetch_max_bytes=16 * MEBIBYTE,
        max_partition_fetch_bytes=4 * MEBIBYTE,
        check_crcs=True,
    )
    await consumer.start()
    try:
        consumer.assign(list(ends))
        await consumer.seek_to_beginning(*ends)
        while left := [p for p in ends if await consumer.position(p) < ends[p]]:
            fetched = await consumer.getmany(*left, timeout_ms=1000, max_records=most)
            if found := [r for p, some in fetched.items() for r in some if r.offset < ends[p]]:
                yield found
    finally:
        await consumer.stop()


class _Offsets:
    """Asks the broker for ends and commits, as no member of any group."""

    def __init__(self, kafka: str) -> None:
        self._consumer = clients.consumer(kafka, group_id=None)
        self._admin = clients.admin(kafka)

    async def __aenter__(self) -> "_Offsets":
        await self._consumer.start()
        await self._admin.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._admin.close()
        await self._consumer.stop()

    async def held(self, topic: Topic) -> dict[TopicPartition, tuple[int, int]]:
        """The first offset and the one after the last, by partition."""
        partitions = _partitions(topic)
        starts = await self._consumer.beginning_offsets(partitions)
        ends = await self._consumer.end_offsets(partitions)
        return {partition: (starts[partition], ends[partition]) for partition in partitions}

    async def committed(self, group: str, topic: Topic) -> dict[TopicPartition, int]:
        """Up to where a group has read each partition; 0 where it never has."""
        partitions = _partitions(topic)
        found = await self._admin.list_consumer_group_offsets(group, partitions=partitions)
        return {p: max(0, found[p].offset) if p in found else 0 for p in partitions}


def _partitions(topic: Topic) -> list[TopicPartition]:
    return [TopicPartition(topic.name, number) for number in range(topic.partitions)]


async def _passed(offsets: _Offsets, group: str, topic: Topic, deadline: float) -> int:
    """How many of the records that are there now the group has not committed at the deadline."""
    held = await offsets.held(topic)
    while True:
        at = await offsets.committed(group, topic)
        behind = sum(max(0, end - max(start, at[p])) for p, (start, end) in held.items())
        if not behind or time.monotonic() > deadline:
            return behind
        await asyncio.sleep(LOOK_EVERY)


async def _dirty(warehouse: Warehouse, deadline: float) -> int:
    until = datetime.now(UTC)
    while True:
        left = await asyncio.to_thread(lambda: warehouse.rows("verify/dirty", until=until))
        if not left[0][0] or time.monotonic() > deadline:
            return int(left[0][0])
        await asyncio.sleep(LOOK_EVERY)
