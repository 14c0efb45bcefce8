"""Documents over the log: a write is decided where it stands in `xapi.documents`, by all alike.

A write is published and answered when this process's tail has come to it; so it is durable, and
what is answered is what every other process, and the warehouse, makes of it. A read first waits
until the tail has passed the end that the topic had when the read came: what any process
acknowledged is seen.

The tail knows every write that the warehouse may not have yet (`PendingDocuments`, on disk). A
document that is not in the cache is the warehouse's row and the writes after the row's version.
Writes are forgotten once group `documents` has committed them and no question to the warehouse is
under way that was asked before.
"""

import asyncio
import contextlib
import os
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import structlog
from aiokafka import ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError, MessageSizeTooLargeError

from bus import clients
from bus.intents import Malformed, Order, decode, encode, partition
from bus.topics import DOCUMENTS, MEBIBYTE
from lrs.documents.cache import DocumentCache, Entry
from lrs.documents.coalescing import Coalescing
from lrs.documents.pending_documents import PendingDocuments, Write
from lrs.errors import TooLarge, Unavailable
from serving.progress import Places, Problem, Progress
from serving.tasks import asked, closed, lasting
from warehouse import documents
from warehouse.client import Warehouse
from warehouse.documents import Listed, Row
from warehouse.errors import WarehouseError
from xapi.documents import MAX_BYTES, Document, Intent, Key, Outcome, decide

#: The consumer group that takes documents to the warehouse (`streams/recorder/documents.py`).
GROUP = "documents"
PRUNE_SECONDS = 1.0
RETRY_SECONDS = 0.5
STOP_SECONDS = 5.0
#: Between two looks at where the topic ends, in seconds.
LOOK_EVERY = 2.0
#: Where it was not followed for so long though there was more, it is begun anew.
TAIL_SECONDS = 20.0
_DO = "see whether Kafka answers (`headwater status`); documents go on by themselves when it does"

log = structlog.get_logger()


class Named(NamedTuple):
    """A document of a list: its stateId or profileId, and when it changed (Unix milliseconds)."""

    name: str
    updated: int


class Documents(Protocol):
    """Where documents are."""

    @property
    def following(self) -> bool:
        """Whether documents could be read and written now."""

    @property
    def problems(self) -> Sequence[Problem]:
        """What does not go on."""

    async def run(self) -> None:
        """Follows the log until cancelled."""

    async def write(self, key: Key, intent: Intent) -> Outcome:
        """Does what is meant, durably, and says what came of it; Unavailable where it cannot."""

    async def read(self, key: Key) -> Document | None:
        """The document as it stands now, whichever process wrote it."""

    async def listed(self, whole: Key, since: int | None) -> Sequence[Named]:
        """The documents that a key stands for and that changed after a time, the oldest first."""


class DocumentLog:
    """Documents over Kafka and the warehouse."""

    def __init__(
        self,
        bootstrap: str,
        warehouse: Warehouse,
        folder: Path,
        *,
        seconds: float,
        cache_limit: int,
        waiting_limit: int,
    ) -> None:
        self._bootstrap = bootstrap
        self._warehouse = warehouse
        self._folder = folder
        self._seconds = seconds
        self._waiting_limit = waiting_limit
        self._cache = DocumentCache(cache_limit)
        self._rows: Coalescing[Key, Row] = Coalescing(self._ask_rows)
        self._lists: Coalescing[Key, list[Listed]] = Coalescing(self._ask_lists, most=1)
        self._ends: Coalescing[int, int] = Coalescing(self._ask_ends)
        self._deciding: dict[bytes, asyncio.Future[Outcome]] = {}
        self._session: _Session | None = None
        self._looked = Progress("The LRS's look at documents' writes", do=_DO)
        self._followed = Places("The LRS's reading of documents' writes", do=_DO)

    @property
    def following(self) -> bool:
        """Whether the log is followed now."""
        return self._session is not None

    @property
    def problems(self) -> Sequence[Problem]:
        """What does not go on."""
        found = (self._looked.problem, self._followed.problem)
        return [problem for problem in found if problem is not None]

    async def run(self) -> None:
        """Follows the log, however long the broker takes to come; starts over where that ends."""
        waiting = False
        while True:
            session = None
            try:
                session = _Session(self._bootstrap, self._folder)
                with asked("following documents' writes"):
                    await session.start()
                    self._session, waiting = session, False
                    log.info("documents follow the log")
                    async with asyncio.TaskGroup() as tasks:
                        tasks.create_task(lasting("the reading of writes", self._follow(session)))
                        tasks.create_task(lasting("the look at the end", self._watch(session)))
                        tasks.create_task(lasting("the forgetting", session.prune()))
                        tasks.create_task(session.broken())
            except Exception as error:
                self._looked.failed(_why(error))
                if not waiting:
                    log.warning("documents do not follow the log", why=_why(error))
                waiting = True
            finally:
                self._session = None
                self._cache.clear()
                self._give_up()
                if session is not None:
                    await session.stop()
            await asyncio.sleep(RETRY_SECONDS)

    async def write(self, key: Key, intent: Intent) -> Outcome:
        """Publishes an intent and says what came of it where it stands in the log."""
        if len(intent.content) > MAX_BYTES:
            raise TooLarge(f"the document is larger than {MAX_BYTES} bytes")
        session = self._following()
        published = False
        try:
            async with asyncio.timeout(self._seconds):
                with self._cache.pinned(key):
                    if not (key.whole or intent.absolute(key.context.kind)):
                        await self._load(session, key)
                    published = True
                    return await self._decided(session, key, intent)
        except TimeoutError as error:
            raise _not_known() if published else _away("the warehouse") from error

    async def read(self, key: Key) -> Document | None:
        """The document as of now or later, whichever process wrote it."""
        session = await self._caught_up(key)
        async with self._in_time("the warehouse does not answer in time"):
            return (await self._load(session, key)).document

    async def listed(self, whole: Key, since: int | None) -> Sequence[Named]:
        """The warehouse's list, put right by the writes that it may not have."""
        session = await self._caught_up(whole)
        async with self._in_time("the warehouse does not answer in time"):
            with session.held():
                rows = await self._lists.get(whole) or []
                written = session.unconfirmed.keys(whole.context)
                found = {row.key: row.updated for row in rows}
                doubtful = {key for key in written if not key.whole and whole.covers(key)}
                if any(key.whole for key in written):
                    doubtful |= found.keys()
                found.update(await self._changed(session, doubtful))
        latest: dict[str, int] = {}
        for key, updated in found.items():
            if updated > (-1 if since is None else since):
                latest[key.name] = max(updated, latest.get(key.name, 0))
        return sorted((Named(*each) for each in latest.items()), key=lambda each: each[::-1])

    async def _changed(self, session: "_Session", keys: Iterable[Key]) -> dict[Key, int]:
        """When documents changed; -1 where there is none, so that it comes after no time."""
        changed: dict[Key, int] = {}
        waiting = list(keys)
        while waiting:  # some at a time: entries hold contents
            some, waiting = waiting[:100], waiting[100:]
            entries = await asyncio.gather(*(self._load(session, key) for key in some))
            for key, entry in zip(some, entries, strict=True):
                changed[key] = entry.document.updated if entry.document else -1
        return changed

    async def _decided(self, session: "_Session", key: Key, intent: Intent) -> Outcome:
        """What the tail makes of an intent, which is on its way from here."""
        identifier = os.urandom(16)
        outcome: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._deciding[identifier] = outcome
        try:
            acknowledged = await self._send(session, identifier, key, intent)
            try:
                await asyncio.wait({acknowledged, outcome}, return_when=asyncio.FIRST_EXCEPTION)
            except asyncio.CancelledError:
                if not acknowledged.done():  # not to be done long after the client gave up
                    session.fail("kafka does not acknowledge in time")
                raise
            if not outcome.done():
                session.fail(f"kafka did not acknowledge: {acknowledged.exception()!r}")
                raise _not_known()
            return outcome.result()
        finally:
            del self._deciding[identifier]
            outcome.cancel()

    async def _send(
        self, session: "_Session", identifier: bytes, key: Key, intent: Intent
    ) -> "asyncio.Future[Any]":
        size = len(intent.content)
        if session.unacknowledged + size > self._waiting_limit and session.unacknowledged:
            raise Unavailable("too much waits for Kafka already; nothing was stored")
        record = encode(identifier, key, intent)
        try:
            sent: asyncio.Future[Any] = await session.producer.send(
                DOCUMENTS.name,
                record.value,
                record.key,
                partition=partition(key.context, DOCUMENTS.partitions),
                headers=record.headers,
            )
        except MessageSizeTooLargeError as error:
            raise TooLarge("the document is larger than Kafka takes") from error
        except (KafkaError, OSError) as error:
            session.fail(f"kafka does not take a write: {error!r}")
            raise _away("Kafka") from error
        session.unacknowledged += size

        def done(future: "asyncio.Future[Any]") -> None:
            session.unacknowledged -= size
            if not future.cancelled():
                future.exception()  # seen, whoever still waits

        sent.add_done_callback(done)
        return sent

    async def _load(self, session: "_Session", key: Key) -> Entry:
        """A document's entry: the cache's, else the warehouse's row and the writes after it."""
        entry = self._cache.get(key)
        if entry is not None:
            return entry
        with session.held():
            row = await self._rows.get(key)
            if session is not self._session:
                raise _away("Kafka")
            entry = self._cache.get(key)
            if entry is not None:
                return entry
            entry = Entry(row.document, row.version) if row else Entry(None, 0)
            for write in session.unconfirmed.of_document(key):
                entry = _after(entry, write)[0]
            return self._cache.put(key, entry)

    async def _follow(self, session: "_Session") -> None:
        while True:
            fetched = await session.consumer.getmany(timeout_ms=1000, max_records=500)
            for place, records in fetched.items():
                self._take(session, place.partition, records)

    async def _watch(self, session: "_Session") -> None:
        begun = time.monotonic()
        while True:
            ends = await session.ask_ends(list(range(DOCUMENTS.partitions)))
            self._looked.got_on()
            self._followed.look({n: (session.place(n), end) for n, end in ends.items()})
            if min(self._followed.standing, time.monotonic() - begun) > TAIL_SECONDS:
                session.fail("there are new writes, and none came")
            await asyncio.sleep(LOOK_EVERY)

    def _take(self, session: "_Session", number: int, records: Sequence[ConsumerRecord]) -> None:
        """Takes in what came next in a partition."""
        order = session.orders[number]
        writes: list[tuple[bytes, Write]] = []
        for record in records:
            place = order.place(record.offset, record.timestamp)
            with contextlib.suppress(Malformed):  # the fold writes down why
                identifier, key, intent = decode(record.key, record.value, record.headers)
                writes.append((identifier, Write(place, key, intent)))
        session.unconfirmed.add([write for _, write in writes])
        for identifier, write in writes:
            outcome = self._apply(write)
            waiting = self._deciding.get(identifier)
            if waiting is not None and not waiting.done():
                if outcome is None:
                    waiting.set_exception(_not_known())
                else:
                    waiting.set_result(outcome)
        session.arrived(number, records[-1].offset + 1)

    def _apply(self, write: Write) -> Outcome | None:
        """Keeps the cache current; what came of the write, where that is known."""
        key, intent = write.key, write.intent
        if key.whole:
            for each in self._cache.covered(key):
                entry = self._cache.get(each)
                if entry is not None:
                    self._cache.put(each, _after(entry, write)[0])
            return Outcome(204, None)
        entry = self._cache.get(key)
        if entry is None and intent.absolute(key.context.kind):
            entry = Entry(None, 0)
        if entry is None:
            return None
        entry, outcome = _after(entry, write)
        self._cache.put(key, entry)
        return outcome

    async def _caught_up(self, key: Key) -> "_Session":
        """Waits until the tail has passed what the key's partition ends with now."""
        session = self._following()
        number = partition(key.context, DOCUMENTS.partitions)
        async with self._in_time("Kafka does not say in time where the log ends"):
            end = await self._ends.get(number)
        async with self._in_time("the end of the log was not reached in time"):
            await session.reached(number, end or 0)
        return session

    def _following(self) -> "_Session":
        if self._session is None:
            raise _away("Kafka")
        return self._session

    def _give_up(self) -> None:
        for waiting in self._deciding.values():
            if not waiting.done():
                waiting.set_exception(_not_known())

    @contextlib.asynccontextmanager
    async def _in_time(self, otherwise: str) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(self._seconds):
                yield
        except TimeoutError as error:
            raise Unavailable(f"{otherwise}; try again") from error

    async def _ask_rows(self, keys: list[Key]) -> Mapping[Key, Row]:
        try:
            return await asyncio.to_thread(documents.current, self._warehouse, keys)
        except WarehouseError as error:
            raise _away("the warehouse") from error

    async def _ask_lists(self, keys: list[Key]) -> Mapping[Key, list[Listed]]:
        try:
            return {keys[0]: await asyncio.to_thread(documents.listed, self._warehouse, keys[0])}
        except WarehouseError as error:
            raise _away("the warehouse") from error

    async def _ask_ends(self, numbers: list[int]) -> Mapping[int, int]:
        try:
            return await self._following().ask_ends(numbers)
        except (KafkaError, OSError) as error:
            raise _away("Kafka") from error


class _Session:
    """The log as followed without a break: connections, how far, what is not confirmed."""

    def __init__(self, bootstrap: str, folder: Path) -> None:
        self.unconfirmed = PendingDocuments(folder)
        self.orders: dict[int, Order] = {}
        #: Bytes that wait for Kafka's acknowledgement.
        self.unacknowledged = 0
        name = "headwater-lrs-documents"
        self.producer = clients.producer(
            bootstrap,
            client_id=name,
            acks="all",
            enable_idempotence=True,  # a write that stood in the log twice would be done twice
            linger_ms=0,
            max_request_size=MAX_BYTES + MEBIBYTE,
            retry_backoff_ms=50,
        )
        self.consumer = clients.consumer(
            bootstrap,
            client_id=name,
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="none",
            max_partition_fetch_bytes=4 * MEBIBYTE,
            retry_backoff_ms=50,
        )
        # The broker answers one connection's requests in turn, and a fetch waits for records.
        self.asker = clients.consumer(
            bootstrap, client_id=name, group_id=None, enable_auto_commit=False
        )
        self.admin = clients.admin(bootstrap, client_id=name)
        self._places: dict[int, int] = {}
        self._waiting: defaultdict[int, dict[asyncio.Future[None], int]] = defaultdict(dict)
        self._holds: dict[object, float] = {}
        self._failure: asyncio.Future[None] | None = None

    async def start(self) -> None:
        """Connects, and stands where the warehouse confirmed what was before."""
        self._failure = asyncio.get_running_loop().create_future()
        for part in (self.admin, self.producer, self.asker, self.consumer):
            await part.start()
        every = [TopicPartition(DOCUMENTS.name, n) for n in range(DOCUMENTS.partitions)]
        first = await self.asker.beginning_offsets(every)
        committed = await self.admin.list_consumer_group_offsets(GROUP)
        self.consumer.assign(every)
        for each in every:
            offset, note = committed.get(each, (first[each], ""))
            if offset < first[each]:
                raise RuntimeError(
                    f"{each.topic}/{each.partition} starts at {first[each]}, and the warehouse has "
                    f"documents up to {offset}: records are gone; see `headwater status`"
                )
            self.orders[each.partition] = Order.noted(each.partition, note)
            self._places[each.partition] = offset
            self.consumer.seek(each, offset)

    async def stop(self) -> None:
        """Lets everything go; who still waits is told."""
        for waiting in self._waiting.values():
            for future in waiting:
                if not future.done():
                    future.set_exception(_away("Kafka"))
        self.unconfirmed.close()
        ends = (self.consumer.stop, self.asker.stop, self.admin.close, self._abandon)
        await closed(*ends, seconds=STOP_SECONDS)

    async def _abandon(self) -> None:
        """Ends the producer with whatever it still holds: nobody waits for that any more.

        Its own `stop` waits until everything is delivered, however long the broker is away.
        """
        sender = self.producer._sender.sender_task
        for _ in range(2):  # at the first it still waits for requests under way
            if sender is not None and not sender.done():
                sender.cancel()
                await asyncio.wait({sender}, timeout=0.5)
        await self.producer.client.close()
        self.producer._closed = True

    async def ask_ends(self, numbers: list[int]) -> dict[int, int]:
        """Where partitions end now."""
        places = [TopicPartition(DOCUMENTS.name, number) for number in numbers]
        ends = await self.asker.end_offsets(places)
        return {place.partition: int(end) for place, end in ends.items()}

    def place(self, number: int) -> int:
        """Before which offset everything has been taken in."""
        return self._places[number]

    async def reached(self, number: int, end: int) -> None:
        """Waits until everything before an offset has been taken in."""
        if self._places[number] >= end:
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[number][future] = end
        try:
            await future
        finally:
            self._waiting[number].pop(future, None)

    def arrived(self, number: int, offset: int) -> None:
        """Everything before an offset has been taken in."""
        self._places[number] = offset
        for future, end in list(self._waiting[number].items()):
            if end <= offset and not future.done():
                future.set_result(None)

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Keeps what is not known to be confirmed now, as long as the block runs."""
        hold = object()
        self._holds[hold] = time.monotonic()
        try:
            yield
        finally:
            del self._holds[hold]

    async def prune(self) -> None:
        """Forgets what is confirmed, once nobody asked the warehouse before that was known."""
        learned: Mapping[TopicPartition, tuple[int, str]] = {}
        at = 0.0
        while True:
            await asyncio.sleep(PRUNE_SECONDS)
            if min(self._holds.values(), default=at + 1) > at:
                for place, (offset, _) in learned.items():
                    self.unconfirmed.prune(place.partition, offset)
                with contextlib.suppress(KafkaError, OSError):
                    learned = await self.admin.list_consumer_group_offsets(GROUP)
                    at = time.monotonic()

    def fail(self, why: str) -> None:
        """Ends the session: it cannot go on with this connection."""
        if self._failure and not self._failure.done():
            self._failure.set_exception(ConnectionError(why))

    async def broken(self) -> None:
        """Raises when the session cannot go on."""
        assert self._failure is not None
        await self._failure


def _after(entry: Entry, write: Write) -> tuple[Entry, Outcome]:
    """An entry after a write, and what came of the write; unchanged where it has it already."""
    place, key, intent = write
    if entry.version >= place.as_uint128():
        return entry, Outcome(204, entry.document)
    if key.whole:
        return Entry(None, place.as_uint128()), Outcome(204, None)
    outcome = decide(key.context.kind, entry.document, intent, place.appended_ms)
    return Entry(outcome.document, place.as_uint128()), outcome


def _away(what: str) -> Unavailable:
    return Unavailable(f"{what} does not answer; nothing was done")


def _not_known() -> Unavailable:
    return Unavailable(
        "Kafka did not confirm in time, so this is not known to be done; look at the document, and "
        "send it again where it is not"
    )


def _why(error: BaseException) -> str:
    if isinstance(error, BaseExceptionGroup):
        return "; ".join(_why(each) for each in error.exceptions)
    return repr(error)[:300]
