"""The runner on aiokafka alone: a consumer for each group, and the same processors as on faust.

Both runners use the same groups and positions, so that either goes on where the other left off; but
they divide partitions among workers in different ways, so all workers of a group run on one of the
two at a time (the broker turns others away).
"""

import asyncio
import logging
import signal
from collections.abc import Callable, Collection, Coroutine, Mapping, Sequence
from typing import Any

import uvloop
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, ConsumerRecord, TopicPartition
from aiokafka.errors import (
    CommitFailedError,
    IllegalStateError,
    KafkaError,
    OffsetOutOfRangeError,
)

from bus import clients
from bus.errors import OffsetGap
from bus.topics import MEBIBYTE
from serving.tasks import Tasks, asked, closed
from streams.batches import Taken, Work
from streams.done import Done, Place
from streams.processor import Message
from streams.settings import StreamSettings

log = logging.getLogger(__name__)

#: Records of a topic that may wait for their processor; it reads on when half of them are gone.
WAITING = 2_048
#: How long a look for records may take, and how often what is done is committed.
LOOK_MS = 200
COMMIT_SECONDS = 1.0


class Runner:
    """Runs processors on aiokafka."""

    def __init__(
        self,
        settings: StreamSettings,
        works: Sequence[Work],
        beside: Callable[[], Coroutine[Any, Any, None]],
        close: Callable[[], Coroutine[Any, Any, None]],
    ) -> None:
        asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
        groups = dict.fromkeys(work.processor.reads_as for work in works)
        self._readings = {
            group: _Reading(group, settings, [w for w in works if w.processor.reads_as == group])
            for group in groups
        }
        self._beside = beside
        self._close = close
        self._stop = asyncio.Event()

    def assigned(self, group: str) -> Collection[TopicPartition]:
        """The partitions of a group that this worker consumes."""
        return self._readings[group].assigned()

    async def stopped(self) -> None:
        """Returns when the worker is being stopped."""
        await self._stop.wait()

    def run(self) -> None:
        """Runs until SIGTERM or SIGINT."""
        asyncio.run(self._run())

    async def _run(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, self._stop.set)
        tasks = Tasks("worker")
        readings = self._readings.values()
        for reading in readings:
            reading.start(tasks)
        tasks.start("beside", self._beside())
        await self._stop.wait()
        for reading in readings:
            reading.stop()
        await tasks.stop()
        await closed(*(reading.leave for reading in readings), self._close)


class _Reading(ConsumerRebalanceListener):  # type: ignore[misc]
    """One group: its consumer, and a queue for each processor."""

    def __init__(self, group: str, settings: StreamSettings, works: Sequence[Work]) -> None:
        self.group = group
        self.done = Done()
        self._settings = settings
        self._works = {work.processor.topic.name: work for work in works}
        self._queues: dict[str, asyncio.Queue[Taken]] = {}
        self._consumer: AIOKafkaConsumer | None = None
        self._looking = asyncio.Lock()
        self._generation = 0
        self._stopping = False
        self._failed: Exception | None = None

    def generation(self) -> int:
        return self._generation

    def stopping(self) -> bool:
        return self._stopping

    def assigned(self) -> Collection[TopicPartition]:
        return self._consumer.assignment() if self._consumer else set()

    def unpack(self, item: Any) -> Taken:
        taken: Taken = item
        return taken

    def start(self, tasks: Tasks) -> None:
        """Starts to read, and every processor of the group."""
        self._queues = {topic: asyncio.Queue() for topic in self._works}
        for topic, work in self._works.items():
            tasks.start(work.processor.name, work.run(self._queues[topic], self))
        tasks.start(f"group {self.group}", self._read())

    def stop(self) -> None:
        """What ends from now on ends because it is told to."""
        self._stopping = True

    async def leave(self) -> None:
        """Commits what is done, and leaves the group."""
        if self._consumer is not None:
            await self._commit()
            await self._consumer.stop()

    async def on_partitions_revoked(self, revoked: Collection[TopicPartition]) -> None:
        """Whoever gets the partitions starts at what is committed: nothing is owed here."""
        await self._commit()
        self._begin_anew()

    async def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> None:
        """Reading starts where the group left off; what is done counts from there.

        aiokafka writes what is raised here to the log and reads on: `_read` raises it instead.
        """
        self._begin_anew()
        try:
            await self._seek({partition: await self._position(partition) for partition in assigned})
        except Exception as error:
            self._failed = error

    async def _position(self, partition: TopicPartition) -> int:
        """Where the group left off."""
        assert self._consumer is not None
        committed = await self._consumer.committed(partition)
        if committed is None:
            raise OffsetGap(f"group {self.group} has no position on {partition}")
        return int(committed)

    async def _seek(self, positions: Mapping[TopicPartition, int]) -> None:
        """aiokafka has begun to read by itself meanwhile: what it brought is forgotten, and read
        again. Between two looks, so that none brings records from both before and after."""
        assert self._consumer is not None
        async with self._looking:
            self._begin_anew()
            for partition, position in positions.items():
                self._consumer.seek(partition, position)
                self.done.start({Place(*partition): position})

    def _begin_anew(self) -> None:
        self._generation += 1
        self.done.forget()
        for queue in self._queues.values():
            while not queue.empty():
                queue.get_nowait()

    async def _read(self) -> None:
        consumer = self._consumer = clients.consumer(
            self._settings.kafka,
            group_id=self.group,
            enable_auto_commit=False,
            auto_offset_reset="none",
            max_partition_fetch_bytes=4 * MEBIBYTE,
            session_timeout_ms=10_000,
            heartbeat_interval_ms=2_000,
            max_poll_interval_ms=3_600_000,
        )
        consumer.subscribe(list(self._works), listener=self)
        with asked(f"group {self.group}"):
            await consumer.start()
            committed = 0.0
            loop = asyncio.get_running_loop()
            while True:
                await self._look(consumer)
                if self._failed is not None:
                    raise self._failed
                if loop.time() - committed >= COMMIT_SECONDS:
                    await self._commit()
                    committed = loop.time()

    async def _look(self, consumer: AIOKafkaConsumer) -> None:
        """Reads what is there; a processor whose queue is full gets no more for now."""
        async with self._looking:
            try:
                found = await consumer.getmany(timeout_ms=LOOK_MS)
            except OffsetOutOfRangeError as error:
                self._gap(consumer, error)
                return
            for partition, some in found.items():
                queue = self._queues[partition.topic]
                for record in some:
                    queue.put_nowait(Taken(self._generation, _message(record)))
        paused = consumer.paused()
        for partition in consumer.assignment():
            waiting = self._queues[partition.topic].qsize()
            if waiting >= WAITING:
                consumer.pause(partition)
            elif partition in paused and waiting < WAITING // 2 and not self._lost(partition.topic):
                consumer.resume(partition)

    def _gap(self, consumer: AIOKafkaConsumer, error: OffsetOutOfRangeError) -> None:
        """Records that had to be read are gone: their processor reads no further, and says so."""
        for partition, offset in dict(error.args[0]).items():
            self._works[partition.topic].gone(self.group, Place(*partition), offset)
            consumer.pause(*(p for p in consumer.assignment() if p.topic == partition.topic))

    def _lost(self, topic: str) -> bool:
        return self._works[topic].gap

    async def _commit(self) -> None:
        """Commits what is done. A commit that came too late for its group is not tried again."""
        consumer = self._consumer
        due = self.done.due()
        if consumer is None or not due:
            return
        assigned = consumer.assignment()
        offsets = {p: due[Place(*p)] for p in assigned if Place(*p) in due}
        try:
            if offsets:
                await consumer.commit(offsets)
                self.done.committed({Place(*p): at for p, at in offsets.items()})
        except (CommitFailedError, IllegalStateError) as error:
            log.info("group %s: a commit came too late: %r", self.group, error)
        except KafkaError as error:
            log.warning("group %s: what is done is committed later: %r", self.group, error)


def _message(record: ConsumerRecord) -> Message:
    return Message(
        record.topic,
        record.partition,
        record.offset,
        record.timestamp,
        record.key,
        record.value,
        record.headers,
    )
