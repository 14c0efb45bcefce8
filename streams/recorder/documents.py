"""xapi.documents → lrs.document_rows: what comes of each write to a document, in log order.

The same `decide` as in every LRS process makes the documents, so the warehouse holds what clients
were told. A row's version is the position of its write: a redelivered write finds that it is in the
row already, and a crash at any moment repeats work and loses none. Offsets are committed after
ClickHouse confirmed, each with the append time reached (see `bus.intents.Order`).
"""

import asyncio
import contextlib
import logging
from collections import OrderedDict
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from aiokafka import (
    AIOKafkaProducer,
    ConsumerRebalanceListener,
    ConsumerRecord,
    OffsetAndMetadata,
    TopicPartition,
)
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError, OffsetOutOfRangeError
from prometheus_client import Counter

from bus import clients
from bus import offsets as positions
from bus.errors import OffsetGap
from bus.intents import Malformed, Order, decode
from bus.records import Position
from bus.rejections import Kind, rejected
from bus.topics import DOCUMENTS, DOCUMENTS_GROUP, MEBIBYTE, REJECTED
from serving.progress import Problem, Progress
from serving.tasks import Ended, asked, closed, running
from streams.beats import Beats
from streams.progress import Followed
from streams.retry import until_available
from streams.settings import StreamSettings
from warehouse import Warehouse, WarehouseError, WarehouseUnavailable, documents
from warehouse.documents import Row
from xapi.documents import Intent, Key, Outcome, decide

log = logging.getLogger(__name__)

#: Documents kept in memory, by their contents' size.
CACHE_BYTES = 32 * MEBIBYTE
#: Contents that may wait for one insert.
BLOCK_BYTES = 32 * MEBIBYTE
RETRY_SECONDS = 2.0
#: That long may pass without a look at the topic.
PATIENCE = 15.0

FOLDED = Counter("headwater_documents_folded", "Writes to documents taken in", ["status"])


class Known:
    """Documents as of the last write that was taken in; the least recently used go first."""

    def __init__(self, limit: int = CACHE_BYTES) -> None:
        self.limit = limit
        self._rows: OrderedDict[Key, Row] = OrderedDict()
        self._size = 0

    def get(self, key: Key) -> Row | None:
        """The row of a document, where it is known."""
        if key in self._rows:
            self._rows.move_to_end(key)
        return self._rows.get(key)

    def put(self, key: Key, row: Row) -> None:
        """Remembers a row."""
        self._size += _weight(row) - (_weight(self._rows[key]) if key in self._rows else 0)
        self._rows[key] = row
        self._rows.move_to_end(key)

    def trim(self) -> None:
        """Forgets what is more than the limit."""
        while self._size > self.limit:
            _, row = self._rows.popitem(last=False)
            self._size -= _weight(row)


class Fold:
    """What a run of writes makes of the documents: `changed` holds the rows to be written."""

    def __init__(self, known: Known) -> None:
        self.known = known
        self.changed: dict[Key, Row] = {}
        self.size = 0

    def write(self, key: Key, intent: Intent, place: Position) -> Outcome | None:
        """Takes in a write to one document that is known; None where its row has it already."""
        row = self.known.get(key) or Row(None, 0)
        if row.version >= place.as_uint128():
            return None
        outcome = decide(key.context.kind, row.document, intent, place.appended_ms)
        if outcome.document is not row.document:
            self._set(key, Row(outcome.document, place.as_uint128()))
        return outcome

    def delete(self, keys: Iterable[Key], place: Position) -> None:
        """Takes in the deletion of a whole context's documents, all of them known."""
        for key in keys:
            row = self.known.get(key)
            if row is not None and row.document and row.version < place.as_uint128():
                self._set(key, Row(None, place.as_uint128()))

    def _set(self, key: Key, row: Row) -> None:
        self.known.put(key, row)
        self.size += _weight(row)
        self.changed[key] = row


class Documents(ConsumerRebalanceListener):  # type: ignore[misc]
    """Moves writes from the topic to the warehouse, beside the recorder."""

    def __init__(self, settings: StreamSettings, producer: AIOKafkaProducer) -> None:
        self.settings = settings
        self.warehouse = Warehouse(settings.clickhouse.get_secret_value())
        self.folded = 0
        self.last_error = ""
        self._beats = Beats(self.warehouse)
        self.well = False
        self.consumer: Any = None
        do = "see the recorder's log; what was written is safe in Kafka"
        self.progress = Progress("The taking in of documents", patience=PATIENCE, do=do)
        self.followed = Followed(settings.kafka, DOCUMENTS_GROUP, self._assigned)
        self._producer = producer
        self._stopping = asyncio.Event()

    async def run(self) -> None:
        """Folds until stopped; what goes wrong is said, and tried again."""
        while not self._stopping.is_set():
            try:
                with asked("the taking in of documents"):
                    await self._attempt()
            except (KafkaError, WarehouseError, OffsetGap, OSError, Ended) as error:
                self.well = False
                self.progress.failed(error)
                self.last_error = str(error)
                log.warning("documents: %s", error)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), RETRY_SECONDS)

    def stop(self) -> None:
        """Asks `run` to end after what it has in hand."""
        self._stopping.set()

    def problems(self) -> Iterator[Problem | None]:
        """What does not go on."""
        yield self.progress.problem
        yield from self.followed.problems

    def _assigned(self) -> Collection[TopicPartition]:
        return self.consumer.assignment() if self.consumer else ()

    async def _attempt(self) -> None:
        await positions.ensure(self.settings.kafka, DOCUMENTS_GROUP, [DOCUMENTS])
        self.known = Known()
        self.orders: dict[int, Order] = {}
        self.turn = 0
        self.consumer = clients.consumer(
            self.settings.kafka,
            group_id=DOCUMENTS_GROUP,
            enable_auto_commit=False,
            auto_offset_reset="none",
            max_partition_fetch_bytes=4 * MEBIBYTE,
            fetch_max_wait_ms=250,
            session_timeout_ms=10_000,
            heartbeat_interval_ms=2_000,
            max_poll_interval_ms=3_600_000,
            check_crcs=False,
        )
        self.admin = clients.admin(self.settings.kafka)
        try:
            await self.admin.start()
            await self.consumer.start()
            self.consumer.subscribe([DOCUMENTS.name], listener=self)
            async with running("documents", {"beat": self._beat()}):
                await self._consume()
        except OffsetOutOfRangeError as error:
            raise OffsetGap(f"records are gone from {DOCUMENTS.name}: {error}") from error
        finally:
            consumer, self.consumer = self.consumer, None
            await closed(consumer.stop, self.admin.close)

    async def _consume(self) -> None:
        while not self._stopping.is_set():
            fetched = await self.consumer.getmany(timeout_ms=250, max_records=1000)
            turn = self.turn
            for partition, records in fetched.items():
                if turn != self.turn:
                    break  # assigned anew: whoever has them reads them from the start
                await self._take(partition, records)
            self.progress.got_on()

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        """Forgets everything: somebody else may write from now on."""
        self.turn += 1
        self.known = Known()
        self.orders = {}

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """Starts at the committed offsets, with the append time that each was committed with."""
        committed = await self.admin.list_consumer_group_offsets(DOCUMENTS_GROUP)
        for partition in assigned:
            offset, note = committed[partition]
            self.orders[partition.partition] = Order.noted(partition.partition, note)
            self.consumer.seek(partition, offset)
        self.well = True

    async def _take(self, partition: TopicPartition, records: list[ConsumerRecord]) -> None:
        """Folds records of one partition, writes what changed, and commits."""
        order, known, turn = self.orders.get(partition.partition), self.known, self.turn
        if order is None:
            return
        read = [
            (order.place(record.offset, record.timestamp), await self._read(record))
            for record in records
        ]
        intents = [(place, *found) for place, found in read if found]
        await self._look_up(known, [key for _, key, _ in intents if not key.whole])
        fold = Fold(known)
        for place, key, intent in intents:
            if key.whole:
                await self._store(fold)
                fold.delete(await self._covered(known, key), place)
            elif outcome := fold.write(key, intent, place):
                FOLDED.labels(int(outcome.status)).inc()
            if fold.size > BLOCK_BYTES:
                await self._store(fold)
        await self._store(fold)
        known.trim()
        if turn == self.turn:  # else another may be further, and the note would be too old
            await self._commit(partition, records[-1].offset + 1, order)
        self.folded += len(records)
        self.last_error = ""

    async def _read(self, record: ConsumerRecord) -> tuple[Key, Intent] | None:
        try:
            _, key, intent = decode(record.key, record.value, record.headers)
        except Malformed as error:
            await self._reject(record, str(error))
            return None
        return key, intent

    async def _look_up(self, known: Known, keys: Iterable[Key]) -> None:
        """Makes documents known: those of the warehouse, and that there is no other."""
        missing = [key for key in dict.fromkeys(keys) if known.get(key) is None]
        if missing:
            rows = await until_available(documents.current, self.warehouse, missing)
            for key in missing:
                known.put(key, rows.get(key, Row(None, 0)))

    async def _covered(self, known: Known, whole: Key) -> list[Key]:
        """Every document that a key stands for, made known."""
        found = await until_available(documents.listed, self.warehouse, whole)
        keys = [each.key for each in found]
        await self._look_up(known, keys)
        return keys

    async def _store(self, fold: Fold) -> None:
        rows, fold.changed, fold.size = fold.changed, {}, 0
        if rows:
            await until_available(documents.store, self.warehouse, list(rows.items()))

    async def _commit(self, partition: TopicPartition, offset: int, order: Order) -> None:
        if partition not in self.consumer.assignment():
            return
        with contextlib.suppress(CommitFailedError, IllegalStateError):
            await self.consumer.commit({partition: OffsetAndMetadata(offset, order.note)})

    async def _reject(self, record: ConsumerRecord, reason: str) -> None:
        where = f"{DOCUMENTS.name}/{record.partition}/{record.offset}"
        message = rejected(
            where,
            source="documents",
            kind=Kind.UNREADABLE,
            reason=reason,
            path=where,
            body=record.value or b"",
        )
        await self._producer.send_and_wait(REJECTED.name, value=message, key=b"documents")

    async def _beat(self) -> None:
        """Says every second how far it is."""
        while True:
            await asyncio.sleep(1.0)
            try:
                with asked("the report on documents"):
                    await self._report()
            except WarehouseUnavailable as error:
                self.last_error = str(error)
            except (WarehouseError, KafkaError, OSError, Ended) as error:
                self.last_error = str(error)
                log.warning("the report on documents failed: %s", error)

    async def _report(self) -> None:
        assigned = self.consumer.assignment()
        if not assigned:
            return
        ends = await self.consumer.end_offsets(list(assigned))
        behind = 0
        for partition, end in ends.items():
            behind += max(0, end - (await self.consumer.committed(partition) or 0))
        beats = [
            ("documents", "lag_records", float(behind), ""),
            ("documents", "records", float(self.folded), ""),
            ("documents", "last_error", 1.0 if self.last_error else 0.0, self.last_error[:500]),
        ]
        await asyncio.to_thread(self._beats.say, beats)


def _weight(row: Row) -> int:
    return 500 + (len(row.document.content) if row.document else 0)
