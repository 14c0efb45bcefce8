"""xapi.documents → lrs.document_rows: exact through redelivery, and poison passed over."""

import asyncio
import contextlib
import json
from uuid import uuid4

import pytest
from aiokafka import OffsetAndMetadata, TopicPartition
from aiokafka.errors import GroupCoordinatorNotAvailableError
from hypothesis import given
from hypothesis import strategies as st

from bus import clients
from bus.intents import Order, encode, partition
from bus.records import Position
from bus.topics import DOCUMENTS, DOCUMENTS_GROUP, REJECTED
from streams.recorder.documents import Documents, Fold, Known
from streams.settings import StreamSettings
from warehouse import Warehouse, documents
from warehouse.documents import Row
from xapi.documents import Context, Document, Intent, Key, Kind, decide

JSON = "application/json"
CONTEXT = Context(Kind.STATE, "x:a", "mailto:a@b.c")
KEYS = [Key(CONTEXT, registration, name) for registration in ("", "r") for name in "ab"]
WHOLES = [Key(CONTEXT), Key(CONTEXT, "r")]

contents = st.dictionaries(st.sampled_from("xyz"), st.integers(0, 3), max_size=2).map(
    lambda members: json.dumps(members).encode()
)
etags = st.one_of(
    st.just(""),
    st.just("*"),
    contents.map(lambda content: f'"{Document(content, JSON, 0).etag}"'),
)
intents = st.builds(
    Intent,
    st.sampled_from(["PUT", "POST", "DELETE"]),
    st.sampled_from(["1.0.3", "2.0.0"]),
    etags,
    etags,
    st.just(JSON),
    contents,
)
writes = st.one_of(
    st.tuples(st.sampled_from(KEYS), intents),
    st.tuples(st.sampled_from(WHOLES), st.just(Intent("DELETE"))),
)


def oracle(log):
    """The documents that a log makes."""
    found = {}
    for offset, (key, intent) in enumerate(log):
        if key.whole:
            found = {k: v for k, v in found.items() if not key.covers(k)}
            continue
        document = decide(key.context.kind, found.get(key), intent, offset).document
        found.pop(key, None)
        if document is not None:
            found[key] = document
    return found


class Rows(dict):
    """The warehouse's table: of a key's rows the one with the highest version stays."""

    def store(self, fold):
        for key, row in fold.changed.items():
            if key not in self or self[key].version < row.version:
                self[key] = row
        fold.changed = {}


def take(rows, known, log, first, last):
    """What the consumer does with records of one fetch."""
    fold = Fold(known)
    for offset in range(first, last):
        key, intent = log[offset]
        place = Position(1 + offset, 0, offset, 0)
        if key.whole:
            rows.store(fold)
            covered = [each for each in rows if key.covers(each)]
            for each in covered:
                known.put(each, known.get(each) or rows[each])
            fold.delete(covered, place)
            continue
        if known.get(key) is None:
            known.put(key, rows.get(key, Row(None, 0)))
        fold.write(key, intent, place)
    return fold


@given(st.lists(writes, max_size=12), st.data())
def test_redelivery_and_crashes_at_any_moment_leave_what_the_log_says(log, data):
    rows, known, at = Rows(), Known(), 0
    for fate in data.draw(st.lists(st.sampled_from(["done", "torn", "lost"]), max_size=8)):
        last = data.draw(st.integers(at, len(log)))
        fold = take(rows, known, log, at, last)
        if fate == "torn":  # some rows arrived, and the process died
            fold.changed = {k: v for k, v in fold.changed.items() if data.draw(st.booleans())}
        if fate != "lost":
            rows.store(fold)
        if fate == "done":
            at = last
        else:
            known = Known()
            at = data.draw(st.integers(0, at))  # what was committed, or before
        if data.draw(st.booleans()):
            known.limit = 0
            known.trim()
    rows.store(take(rows, Known(), log, at, len(log)))
    assert {key: row.document for key, row in rows.items() if row.document} == {
        key: Document(each.content, each.content_type, each.updated + 1)
        for key, each in oracle(log).items()
    }


@contextlib.asynccontextmanager
async def folding(kafka, warehouse):
    """Runs the fold until the block ends, kindly."""
    producer = clients.producer(kafka)
    await producer.start()
    fold = Documents(StreamSettings(kafka=kafka, clickhouse=warehouse.admin), producer)
    task = asyncio.create_task(fold.run())
    try:
        yield fold
    finally:
        fold.stop()
        await task
        await producer.stop()


async def send(kafka, *records):
    """Puts records into the log."""
    producer = clients.producer(kafka)
    await producer.start()
    for number, record in records:
        await producer.send_and_wait(
            DOCUMENTS.name, record.value, record.key, number, headers=record.headers
        )
    await producer.stop()


async def committed(kafka):
    admin = clients.admin(kafka)
    await admin.start()
    try:
        return await admin.list_consumer_group_offsets(DOCUMENTS_GROUP)
    except GroupCoordinatorNotAvailableError:  # a broker that has just started
        return {}
    finally:
        await admin.close()


async def taken_in(kafka, place, offset):
    """Waits until the group has committed an offset."""
    async with asyncio.timeout(30):
        while True:
            found = (await committed(kafka)).get(place)
            if found and found.offset >= offset:
                return found
            await asyncio.sleep(0.05)


def log_of(context):
    """Writes to a few documents; the last one leaves `kept` and nothing else."""
    kept, gone = Key(context, name="kept"), Key(context, name="gone")
    tag = Document(b'{"a":1}', JSON, 0).etag
    return [
        (kept, Intent("POST", content_type=JSON, content=b'{"a":1}')),
        (gone, Intent("PUT", content=b"x")),
        (kept, Intent("PUT", match='"wrong"', content=b"never")),
        (kept, Intent("POST", match=f'"{tag}"', content_type=JSON, content=b'{"b":2}')),
        (Key(context, "r"), Intent("DELETE")),
        (gone, Intent("DELETE")),
        (gone, Intent("PUT", "2.0.0", content=b"y")),
        (gone, Intent("PUT", "2.0.0", content=b"refused")),
        (Key(context, name="gone"), Intent("DELETE")),
    ]


@pytest.mark.integration
def test_a_replay_from_the_beginning_changes_nothing(kafka, warehouse):
    context = Context(Kind.STATE, f"http://example.org/{uuid4()}", "mailto:a@b.c")
    log = log_of(context)
    number = partition(context, DOCUMENTS.partitions)
    place = TopicPartition(DOCUMENTS.name, number)
    client = Warehouse(warehouse.admin)
    wanted = documents.Listed(Key(context, name="kept"), 0, 0).key

    async def once():
        consumer = clients.consumer(kafka, group_id=None)
        await consumer.start()
        end = (await consumer.end_offsets([place]))[place]
        await consumer.stop()
        return end

    async def work():
        await send(kafka, *((number, encode(uuid4().bytes, *each)) for each in log))
        end = await once()
        async with folding(kafka, warehouse):
            found = await taken_in(kafka, place, end)
        assert int(found.metadata) > 1_600_000_000_000  # the append time reached
        before = client.query("SELECT * FROM lrs.document_rows FINAL ORDER BY document")
        admin = clients.consumer(kafka, group_id=DOCUMENTS_GROUP, enable_auto_commit=False)
        await admin.start()
        admin.assign([place])
        await admin.commit({place: OffsetAndMetadata(0, "")})
        await admin.stop()
        async with folding(kafka, warehouse):
            await taken_in(kafka, place, end)
        return before

    before = asyncio.run(work())
    assert client.query("SELECT * FROM lrs.document_rows FINAL ORDER BY document") == before
    rows = documents.current(client, [Key(context, name=name) for name in ("kept", "gone")])
    assert json.loads(rows[wanted].document.content) == {"a": 1, "b": 2}
    assert rows[Key(context, name="gone")].document is None
    assert [each.key.name for each in documents.listed(client, Key(context))] == ["kept"]


@pytest.mark.integration
def test_what_is_no_intent_is_written_down_and_passed_over(kafka, warehouse):
    context = Context(Kind.ACTIVITY_PROFILE, f"http://example.org/{uuid4()}")
    number = partition(context, DOCUMENTS.partitions)
    good = encode(uuid4().bytes, Key(context, name="p"), Intent("POST", content=b"after"))
    poison = good._replace(key=b"no key", value=b"poison \xff")

    async def work():
        rejected = clients.consumer(
            kafka, REJECTED.name, group_id=None, auto_offset_reset="earliest"
        )
        await rejected.start()
        await send(kafka, (number, poison), (number, good))
        async with folding(kafka, warehouse), asyncio.timeout(30):
            message = json.loads((await rejected.getone()).value)
            await rejected.stop()
            while not documents.listed(Warehouse(warehouse.admin), Key(context)):  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        return message

    message = asyncio.run(work())
    assert message["kind"] == "unreadable"
    assert message["path"].startswith(f"{DOCUMENTS.name}/{number}/")
    assert "no intent" in message["reason"]


def test_a_brokers_clock_that_steps_back_makes_no_write_older():
    order, known = Order(0), Known()
    fold = Fold(known)
    key = KEYS[0]
    known.put(key, Row(None, 0))
    for offset, (at, content) in enumerate([(2000, b"first"), (1000, b"second")]):
        fold.write(key, Intent("PUT", content=content), order.place(offset, at))
    assert known.get(key).document.content == b"second"
