"""The recorder's loop: take, insert, sweep, commit."""

import asyncio
import contextlib
import logging
import signal
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from aiokafka.errors import (
    CommitFailedError,
    IllegalStateError,
    KafkaError,
    OffsetOutOfRangeError,
)
from prometheus_client import Counter, Gauge

from bus import clients, records
from bus import offsets as positions
from bus.errors import OffsetGap
from bus.rejections import Kind
from bus.topics import MEBIBYTE, RECORDER_GROUP, REJECTED_MAX_BYTES, STATEMENTS
from serving.pacing import Pacing
from serving.progress import Problem
from serving.tasks import Ended, Tasks, asked, closed
from streams import deduplication, retry, rowbinary
from streams.beats import Beats
from streams.context import Beat
from streams.health import serving
from streams.progress import Followed
from streams.recorder import references
from streams.recorder.documents import Documents
from streams.recorder.refused import Refusals
from streams.recorder.rows import Pending, blocks, row_of
from streams.retry import until_available
from streams.rowbinary import Row
from streams.settings import StreamSettings
from warehouse import Warehouse, WarehouseError, WarehouseUnavailable

log = logging.getLogger(__name__)

FETCH_BYTES = 16 * MEBIBYTE
#: From one sweep, and so from one commit, to the next: sweeps stay below a tenth of the time.
SWEEPS = Pacing(least=0.1, most=1.0, share=10)
#: The linger grows with what the last insert took, to twice the setting at most: on a busy machine
#: fewer and larger inserts leave more of it to others.
LINGER_SHARE, LINGER_GROWS = 3, 2
#: Records kept in memory for the sweep; past that the sweep is awaited.
SWEEP_BYTES = 64 * MEBIBYTE

RECORDED = Counter("headwater_recorded_records", "Records of xapi.statements in the warehouse")
LAG = Gauge("headwater_recorded_lag_ms", "Age of the last record when it was in the warehouse")


def linger(least: float, took: float) -> float:
    """How long an insert waits for more, in seconds: the setting, where the last one was quick."""
    return Pacing(least, LINGER_GROWS * least, LINGER_SHARE).rest(took)


class Recorder:
    """Moves records from the topic to the warehouse until it is told to stop."""

    def __init__(self, settings: StreamSettings) -> None:
        self.settings = settings
        self.warehouse = Warehouse(settings.clickhouse.get_secret_value())
        self.consumer = clients.consumer(
            settings.kafka,
            group_id=RECORDER_GROUP,
            enable_auto_commit=False,
            auto_offset_reset="none",
            fetch_max_bytes=FETCH_BYTES,
            max_partition_fetch_bytes=4 * MEBIBYTE,
            fetch_max_wait_ms=100,
            # Without it the broker answers a fetch for every tiny record.
            fetch_min_bytes=128 * 1024,
            session_timeout_ms=10_000,
            heartbeat_interval_ms=2_000,
            max_poll_interval_ms=3_600_000,
            check_crcs=False,
        )
        self.producer = clients.producer(
            settings.kafka,
            acks="all",
            enable_idempotence=True,
            max_request_size=REJECTED_MAX_BYTES + MEBIBYTE,
        )
        self.refusals = Refusals(settings.kafka, self.warehouse, self.producer)
        self.documents = Documents(settings, self.producer)
        self.followed = Followed(settings.kafka, RECORDER_GROUP, self.consumer.assignment)
        self.pending = Pending()
        self.sweeping: asyncio.Task[None] | None = None
        self.swept_at = time.monotonic()
        self.sweep_took = 0.0
        self.insert_took = 0.0
        self.stopping = asyncio.Event()
        self.ready = False
        self.recorded = 0
        self.last_error = ""
        self._beats = Beats(self.warehouse)
        self.confirmed: dict[int, int] = {}

    async def run(self) -> None:
        """Records until stopped. Raises OffsetGap where records are gone from the topic."""
        try:
            await positions.ensure(self.settings.kafka, RECORDER_GROUP, [STATEMENTS])
            await self.consumer.start()
            await self.producer.start()
        except BaseException:
            await self._close()
            raise
        self.consumer.subscribe([STATEMENTS.name])
        tasks = Tasks("recorded")
        tasks.start("beat", self._beat())
        tasks.start("look", self.followed.run())
        tasks.start("look at documents", self.documents.followed.run())
        beside = tasks.start("documents", self.documents.run())
        try:
            async with serving(self.settings.recorded_port, self.status, self.problems):
                await until_available(references.inherit_old, self.warehouse)
                while not self.stopping.is_set():
                    await self._step()
                await self._settle()
                tasks.expect_ends()
                self.documents.stop()
                await beside
        except OffsetOutOfRangeError as error:
            raise OffsetGap(
                f"records are gone from {STATEMENTS.name} before they were read: {error}"
            ) from error
        finally:
            await tasks.stop()
            await self._close()

    async def _close(self) -> None:
        await closed(self.consumer.stop, self.producer.stop, self.refusals.stop)

    @asynccontextmanager
    async def writing(self) -> AsyncIterator["Recorder"]:
        """Ready for `again` without taking part in the group: nothing is consumed or committed."""
        await self.producer.start()
        try:
            yield self
        finally:
            await self._close()

    async def again(self, rows: Sequence[Row]) -> None:
        """Writes records once more, with everything that an insert owes; commits nothing."""
        for some in blocks(rows, self.settings.recorded_max_bytes):
            batch = time.time_ns()
            await self._insert(batch, some)
            done = Pending()
            done.add(batch, some)
            await self._sweep(done)

    def status(self) -> tuple[bool, dict[str, object]]:
        """Whether partitions are assigned, and how many records went through."""
        return self.ready, {
            "records": self.recorded,
            "last_error": self.last_error,
            "documents": self.documents.folded,
            "documents_last_error": self.documents.last_error,
        }

    def problems(self) -> Iterator[Problem | None]:
        """What does not go on."""
        yield retry.problem()
        yield from self.followed.problems
        yield from self.documents.problems()

    async def _step(self) -> None:
        rows = await self._take()
        if rows:
            batch = time.time_ns()
            began = time.monotonic()
            await self._insert(batch, rows)
            self.insert_took = time.monotonic() - began
            self.pending.add(batch, rows)
            self.recorded += len(rows)
            RECORDED.inc(len(rows))
            LAG.set(time.time() * 1000 - rows[-1].appended_ms)
        await self._sweep_when_due()

    async def _take(self) -> list[Row]:
        """Rows up to the size of an insert; what comes within the linger goes along."""
        rows: list[Row] = []
        size = 0
        until = 0.0
        while not self.stopping.is_set():
            left = until - time.monotonic() if rows else 0.25
            if left <= 0 or size >= self.settings.recorded_max_bytes:
                break
            fetched = await self.consumer.getmany(
                timeout_ms=max(1, int(left * 1000)), max_records=4000
            )
            self.ready = self.ready or bool(self.consumer.assignment())
            if not fetched:
                break
            least = self.settings.recorded_linger
            until = until or time.monotonic() + linger(least, self.insert_took)
            for some in fetched.values():
                for record in some:
                    rows.append(row_of(record))
                    size += len(record.value or b"")
        return rows

    async def _insert(self, batch: int, rows: Sequence[Row]) -> None:
        """Inserts; what ClickHouse refuses is halved until the one line at fault is found."""
        block = rowbinary.records(batch, rows)
        try:
            await until_available(
                self.warehouse.insert_bytes,
                "lrs.records_in",
                rowbinary.RECORD_COLUMNS,
                block,
                "RowBinary",
            )
        except WarehouseError as error:
            self.last_error = str(error)
            if len(rows) > 1:
                middle = len(rows) // 2
                await self._insert(batch, rows[:middle])
                await self._insert(batch, rows[middle:])
                return
            await self._insert_lines(batch, rows[0], error)

    async def _insert_lines(self, batch: int, row: Row, error: WarehouseError) -> None:
        lines = records.lines(row.value)
        if len(lines) == 1:
            await self.refusals.reject(row, row.first_line, row.value, Kind.UNWRITABLE, str(error))
            return
        for number, line in enumerate(lines):
            await self._insert(
                batch, [row._replace(value=line, first_line=row.first_line + number)]
            )

    async def _sweep_when_due(self) -> None:
        if self.sweeping and (self.sweeping.done() or self.pending.size > SWEEP_BYTES):
            await self.sweeping
            self.sweeping = None
        pause = SWEEPS.rest(self.sweep_took)
        due = time.monotonic() - self.swept_at >= pause or self.pending.size > SWEEP_BYTES
        if self.pending.batches and not self.sweeping and due:
            done, self.pending = self.pending, Pending()
            self.swept_at = time.monotonic()
            self.sweeping = asyncio.create_task(self._sweep(done))

    async def _settle(self) -> None:
        if self.sweeping:
            await self.sweeping
        if self.pending.batches:
            await self._sweep(self.pending)

    async def _sweep(self, done: Pending) -> None:
        """Everything that an insert owes before its offsets are committed."""
        began = time.monotonic()
        await until_available(deduplication.note, self.warehouse, done.batches)
        await self.refusals.losers(done)
        await until_available(
            deduplication.tombstone, self.warehouse, deduplication.STATEMENTS, done.batches
        )
        await until_available(references.inherit, self.warehouse, done.batches)
        await self.refusals.poison(done)
        assigned = self.consumer.assignment()
        offsets = {p: o for p, o in done.offsets.items() if p in assigned}
        if offsets:
            # Where the group has moved on, its next reader starts before this and does it again.
            with contextlib.suppress(CommitFailedError, IllegalStateError):
                await self.consumer.commit(offsets)
        self.confirmed.update(done.appended)
        self.sweep_took = time.monotonic() - began

    async def _beat(self) -> None:
        """Says every second how far the recorder is: the frontier, and the lag."""
        while True:
            await asyncio.sleep(1.0)
            try:
                with asked("the recorder's report"):
                    await self._report()
            except (WarehouseError, KafkaError, OSError, Ended) as error:
                self.last_error = str(error)
                if not isinstance(error, WarehouseUnavailable):
                    log.warning("the recorder's report failed: %s", error)

    async def _report(self) -> None:
        assigned = self.consumer.assignment()
        if not assigned:
            return
        looked = int(time.time() * 1000) - 1
        ends = await self.consumer.end_offsets(list(assigned))
        behind = 0
        frontier: list[tuple[int, datetime]] = []
        for partition, end in ends.items():
            committed = await self.consumer.committed(partition) or 0
            behind += max(0, end - committed)
            if committed >= end:
                frontier.append((partition.partition, _moment(looked)))
            elif partition.partition in self.confirmed:
                frontier.append(
                    (partition.partition, _moment(self.confirmed[partition.partition] - 1))
                )
        beats = [
            ("recorded", "lag_records", float(behind), ""),
            ("recorded", "records", float(self.recorded), ""),
            ("recorded", "last_error", 1.0 if self.last_error else 0.0, self.last_error[:500]),
        ]
        await asyncio.to_thread(self._store_report, frontier, beats)

    def _store_report(self, frontier: list[tuple[int, datetime]], beats: list[Beat]) -> None:
        self.warehouse.insert("ops.frontier_rows", ("partition", "confirmed"), frontier)
        self._beats.say(beats)


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


async def _main(settings: StreamSettings) -> None:
    recorder = Recorder(settings)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, recorder.stopping.set)
    await recorder.run()


def serve(settings: StreamSettings | None = None) -> None:
    """Runs the recorder until SIGTERM or SIGINT."""
    import uvloop

    uvloop.run(_main(settings or StreamSettings()))
