"""The end of `xapi.statements` as this process knows it: what is accepted, and what is confirmed.

Every LRS process follows the topic from where the recorder's group has committed. So it knows the
ids that are accepted but not yet surely in the warehouse, its own before it answers and the others'
some tens of milliseconds later; can give their text; and knows until when reads of it are whole.

Bodies are not parsed: a record's header holds its ids. Only records that hold a voiding statement
are looked into.
"""

import asyncio
import os
import shutil
import socket
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol
from uuid import UUID

import psutil
import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError, OffsetOutOfRangeError

from bus import clients, records
from bus.records import Position
from bus.topics import STATEMENTS
from lrs.access.scopes import voids_all
from lrs.errors import Unavailable
from lrs.log.pending_ids import PendingIds
from lrs.log.publisher import Place
from lrs.log.watermark import Watermark
from lrs.statements import voiding
from lrs.statements.reader import BEGINNING, Stored
from serving.pacing import Pacing
from serving.progress import Places, Problem, Progress
from serving.tasks import Ended, asked, closed, lasting
from xapi.statement import VOIDED

#: The consumer group whose commits say what is in the warehouse (`streams/recorder/recorder.py`).
RECORDER = "recorded"
#: The rest between two looks at the topic. What was fetched and not yet looked at holds the next
#: fetch back, so that under load many small records cost one, and in silence none is made.
PACE = Pacing(least=0.025)
#: Bytes of recent records kept in memory, so that a statement just written is read from there.
RECENT_BYTES = 64 << 20
FETCH_SECONDS = 10.0
#: It is asked several times a second what is confirmed: that long without an answer is too long.
LOOK_SECONDS = 15.0
#: Where the end was not followed for so long though there was more, it is begun anew.
TAIL_SECONDS = 20.0
_DO = "see whether Kafka answers (`headwater status`); the LRS goes on by itself when it does"

_VOIDED = VOIDED.encode()

log = structlog.get_logger()


class Recent:
    """The values of the newest records, up to a number of bytes."""

    def __init__(self, limit: int = RECENT_BYTES) -> None:
        self._limit = limit
        self._size = 0
        self._values: OrderedDict[tuple[int, int], bytes] = OrderedDict()

    def put(self, partition: int, offset: int, value: bytes) -> None:
        """Keeps a record's value; the oldest make room."""
        if (partition, offset) in self._values:
            return
        self._values[partition, offset] = value
        self._size += len(value)
        while self._size > self._limit:
            _, old = self._values.popitem(last=False)
            self._size -= len(old)

    def get(self, partition: int, offset: int) -> bytes | None:
        """A record's value, where it is still here."""
        return self._values.get((partition, offset))


class Accepted(Protocol):
    """What is accepted but perhaps not yet in the warehouse."""

    frontier: datetime

    async def run(self) -> None:
        """Follows the log until cancelled."""

    @property
    def ready(self) -> bool:
        """Whether everything accepted before the start is known."""

    @property
    def problems(self) -> Sequence[Problem]:
        """What does not go on."""

    def accepted(self, by: str, place: Place, value: bytes, ids: Sequence[bytes]) -> None:
        """A record of this process, from a source, was acknowledged."""

    def find(self, ids: Sequence[bytes]) -> dict[bytes, int]:
        """The positions, as numbers, of those ids that are not yet surely in the warehouse."""

    async def statement(self, position: int) -> Stored | None:
        """The statement at a position of the log; None where retention has taken it."""

    def perhaps_voided(self, identifier: UUID) -> bool:
        """Whether a voiding statement that is not yet surely in the warehouse is about this id."""

    def voided(self, identifier: UUID, raw: bytes) -> bool:
        """Whether such a one undoes the statement with this id, whose text this is."""

    async def settled(self, by: str) -> None:
        """Returns once the last record that a source sent here is in the warehouse."""


class Log:
    """The log's end, followed on Kafka."""

    def __init__(
        self,
        bootstrap: str,
        folder: Path,
        *,
        interval: float,
        seen: Callable[[Sequence[bytes]], None] = lambda ids: None,
    ) -> None:
        self._bootstrap = bootstrap
        self._interval = interval
        self._seen = seen
        self._overlay = PendingIds(_own_folder(folder))
        self._recent = Recent()
        self._own: set[tuple[int, int]] = set()
        self._next: dict[int, int] = {}
        self._committed: dict[int, int] = {}
        self._frontier = Watermark(range(STATEMENTS.partitions))
        #: How far the broker's clock, which sets append times, was seen to be behind ours.
        self._behind_ms = 0
        self._last: dict[str, dict[int, int]] = {}
        self._waiting: dict[asyncio.Future[None], dict[int, int]] = {}
        self._caught_up = False
        self._began: dict[int, int] = {}
        self._looked = Progress(
            "The LRS's look at what the warehouse has", patience=LOOK_SECONDS, do=_DO
        )
        self._followed = Places("The LRS's reading of new statements", do=_DO)
        self._fetching = asyncio.Lock()
        self._fetcher: AIOKafkaConsumer | None = None
        self.frontier = BEGINNING

    @property
    def ready(self) -> bool:
        """Whether everything accepted before the start is known."""
        return self._caught_up

    @property
    def problems(self) -> Sequence[Problem]:
        """What does not go on."""
        found = (self._looked.problem, self._followed.problem)
        return [problem for problem in found if problem is not None]

    async def run(self) -> None:
        """Follows the log; begins anew where the broker went away."""
        try:
            while True:
                try:
                    await self._follow()
                except* (KafkaError, OSError, Ended) as errors:
                    self._looked.failed(errors.exceptions[0])
                    log.warning("the log cannot be followed", why=repr(errors.exceptions)[:200])
                await asyncio.sleep(0.25)
        finally:
            await self._drop_fetcher()
            self._overlay.close()

    async def _follow(self) -> None:
        consumer = clients.consumer(
            self._bootstrap,
            client_id="headwater-lrs-log",
            enable_auto_commit=False,
            auto_offset_reset="none",
            max_partition_fetch_bytes=4 << 20,
            check_crcs=False,
        )
        admin = clients.admin(self._bootstrap)
        try:
            with asked("following the log"):
                await consumer.start()
                await admin.start()
                partitions = [
                    TopicPartition(STATEMENTS.name, n) for n in range(STATEMENTS.partitions)
                ]
                consumer.assign(partitions)
                await self._begin(consumer, admin, partitions)
                async with asyncio.TaskGroup() as both:
                    both.create_task(lasting("the log's tail", self._tail(consumer)))
                    watch = self._watch(consumer, admin, partitions)
                    both.create_task(lasting("the look at what is confirmed", watch))
        finally:
            await closed(consumer.stop, admin.close)

    async def _begin(
        self,
        consumer: AIOKafkaConsumer,
        admin: AIOKafkaAdminClient,
        partitions: list[TopicPartition],
    ) -> None:
        """Goes to where the recorder stands, or on from where this process stood."""
        first = await consumer.beginning_offsets(partitions)
        committed = await _committed(admin)
        for partition in partitions:
            start = max(first[partition], committed.get(partition.partition, 0))
            start = max(start, self._next.get(partition.partition, 0))
            consumer.seek(partition, start)
            self._began[partition.partition] = start
        if not self._caught_up:
            ends = await consumer.end_offsets(partitions)
            while any([await consumer.position(p) < end for p, end in ends.items()]):
                await self._take(consumer)
            self._caught_up = True
            log.info("knows what the recorder has not confirmed yet")

    async def _tail(self, consumer: AIOKafkaConsumer) -> None:
        while True:
            began = time.monotonic()
            await self._take(consumer)
            await asyncio.sleep(PACE.rest(time.monotonic() - began))

    async def _take(self, consumer: AIOKafkaConsumer) -> None:
        try:
            fetched = await consumer.getmany(timeout_ms=200)
        except OffsetOutOfRangeError as error:
            log.warning("records went before they were read", why=str(error)[:200])
            await consumer.seek_to_beginning(*error.args[0])
            return
        for partition, some in fetched.items():
            number = partition.partition
            for record in some:
                self._frontier.appended(number, record.offset, record.timestamp)
                self._next[number] = record.offset + 1
                if (number, record.offset) in self._own:
                    self._own.discard((number, record.offset))
                    continue
                place = Place(number, record.offset, record.timestamp)
                ids = records.packed_ids(record.headers)
                self._add(place, records.source(record.headers), ids, record.value or b"")

    def accepted(self, by: str, place: Place, value: bytes, ids: Sequence[bytes]) -> None:
        """A record of this process was acknowledged: its ids can be found from now on."""
        self._last.setdefault(by, {})[place.partition] = place.offset
        self._behind_ms = max(self._behind_ms, place.sent_ms - place.appended_ms)
        if self._next.get(place.partition, 0) > place.offset:
            return  # the tail was faster
        self._own.add((place.partition, place.offset))
        self._add(place, by, ids, value)

    def _add(self, place: Place, by: str, ids: Sequence[bytes], value: bytes) -> None:
        self._overlay.add(place.partition, place.offset, ids, place.first)
        self._recent.put(place.partition, place.offset, value)
        self._seen(ids)
        if _VOIDED in value:
            for number, line in enumerate(records.lines(value)):
                if _VOIDED in line:
                    self._void(line, by, place.first + number)

    def _void(self, line: bytes, by: str, position: int) -> None:
        target = voiding.target(line)
        if target is None:
            return
        if voids_all(by):
            self._overlay.void(target.bytes, position)
        else:
            own = voiding.digest(voiding.authority(line))
            self._overlay.void(target.bytes, position, own)

    def find(self, ids: Sequence[bytes]) -> dict[bytes, int]:
        """The positions, as numbers, of those ids that are not yet surely in the warehouse."""
        if not self._caught_up:
            raise Unavailable(
                "the LRS is still reading what was accepted before it started; try again"
            )
        return self._overlay.find(ids)

    def perhaps_voided(self, identifier: UUID) -> bool:
        """Whether a voiding statement that is not yet surely in the warehouse is about this id."""
        return self._overlay.perhaps_voided(identifier.bytes)

    def voided(self, identifier: UUID, raw: bytes) -> bool:
        """Whether such a one undoes the statement with this id, whose text this is."""
        return self._overlay.voided(identifier.bytes, voiding.digest(voiding.authority(raw)))

    async def statement(self, position: int) -> Stored | None:
        """The statement at a position of the log; None where retention has taken it."""
        place = Position.from_uint128(position)
        value = self._recent.get(place.partition, place.offset)
        if value is None:
            value = await self._fetched(place)
        if value is None:
            return None
        stored = datetime.fromtimestamp(place.appended_ms / 1000, UTC)
        return Stored(records.lines(value)[place.line], stored, position)

    async def _fetched(self, place: Position) -> bytes | None:
        """A record's value from the topic."""
        partition = TopicPartition(STATEMENTS.name, place.partition)
        async with self._fetching:
            try:
                with asked("a fetch"):
                    async with asyncio.timeout(FETCH_SECONDS):
                        if self._fetcher is None:
                            self._fetcher = await self._new_fetcher()
                        self._fetcher.seek(partition, place.offset)
                        self._fetcher.resume(partition)
                        record = await self._fetcher.getone(partition)
            except OffsetOutOfRangeError:
                return None
            except (TimeoutError, KafkaError, OSError, Ended) as error:
                await self._drop_fetcher()  # what within it ended would not come back
                raise Unavailable("Kafka does not answer; try again") from error
            finally:
                if self._fetcher:
                    self._fetcher.pause(partition)
        return record.value if record.offset == place.offset else None

    async def _new_fetcher(self) -> AIOKafkaConsumer:
        fetcher = clients.consumer(
            self._bootstrap,
            enable_auto_commit=False,
            auto_offset_reset="none",
            fetch_max_wait_ms=50,
        )
        try:
            await fetcher.start()
        except BaseException:
            await closed(fetcher.stop)
            raise
        partitions = [TopicPartition(STATEMENTS.name, n) for n in range(STATEMENTS.partitions)]
        fetcher.assign(partitions)
        fetcher.pause(*partitions)
        return fetcher

    async def _drop_fetcher(self) -> None:
        fetcher, self._fetcher = self._fetcher, None
        if fetcher is not None:
            await closed(fetcher.stop)

    # What is confirmed

    async def _watch(
        self,
        consumer: AIOKafkaConsumer,
        admin: AIOKafkaAdminClient,
        partitions: list[TopicPartition],
    ) -> None:
        begun = time.monotonic()
        while True:
            looked = int(time.time() * 1000) - self._behind_ms
            ends = await consumer.end_offsets(partitions)
            committed = await _committed(admin)
            self._confirm({p.partition: end for p, end in ends.items()}, committed, looked)
            self._looked.got_on()
            self._followed.look({p.partition: (self._place(p), end) for p, end in ends.items()})
            if min(self._followed.standing, time.monotonic() - begun) > TAIL_SECONDS:
                raise Ended("there are new records, and none came")
            await asyncio.sleep(self._interval)

    def _place(self, partition: TopicPartition) -> int:
        number = partition.partition
        return max(self._began[number], self._next.get(number, 0))

    def _confirm(self, ends: dict[int, int], committed: dict[int, int], looked: int) -> None:
        for number, end in ends.items():
            self._frontier.confirmed(number, committed.get(number, 0), end, looked)
        self._committed = committed
        self._overlay.confirm(committed)
        self._own = {(p, o) for p, o in self._own if committed.get(p, 0) <= o}
        self.frontier = datetime.fromtimestamp(self._frontier.through / 1000, UTC)
        for waiting, offsets in list(self._waiting.items()):
            if not waiting.done() and self._passed(offsets):
                waiting.set_result(None)

    def _passed(self, offsets: Mapping[int, int]) -> bool:
        return all(self._committed.get(partition, 0) > o for partition, o in offsets.items())

    async def settled(self, by: str) -> None:
        """Returns once all that a source has sent here is in the warehouse."""
        offsets = self._last.get(by, {}).copy()
        if self._passed(offsets):
            return
        waiting: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[waiting] = offsets
        try:
            await waiting
        finally:
            del self._waiting[waiting]


async def _committed(admin: AIOKafkaAdminClient) -> dict[int, int]:
    """The next offset that the recorder will read, by partition."""
    offsets = await admin.list_consumer_group_offsets(RECORDER)
    return {
        p.partition: at.offset
        for p, at in offsets.items()
        if p.topic == STATEMENTS.name and at.offset >= 0
    }


def _own_folder(folder: Path) -> Path:
    """A folder of this process; those of processes that are gone are removed."""
    stem = f"accepted-{socket.gethostname()}-"
    for left in folder.glob(f"{stem}*"):
        pid = left.name.removeprefix(stem)
        if pid.isdigit() and not psutil.pid_exists(int(pid)):
            shutil.rmtree(left, ignore_errors=True)
    return folder / f"{stem}{os.getpid()}"
