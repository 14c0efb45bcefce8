"""Documents over the real Kafka and the real warehouse, with the fold that fills it beside them."""

import asyncio
import contextlib
import json
import random
from uuid import uuid4

import pytest

from bus import clients
from lrs.documents.log import DocumentLog
from lrs.errors import Unavailable
from streams.recorder.documents import Documents
from streams.settings import StreamSettings
from warehouse import Warehouse, documents
from xapi.documents import Context, Document, Intent, Key, Kind, decide

pytestmark = pytest.mark.integration

JSON = "application/json"
AGENT = "account:http://example.org|ada"


def context(kind=Kind.STATE):
    """A context of its own."""
    return Context(kind, f"http://example.org/{uuid4()}\t\\'é", AGENT)


def put(content, **more):
    return Intent("PUT", content_type="text/plain", content=content, **more)


def post(**members):
    return Intent("POST", content_type=JSON, content=json.dumps(members).encode())


DELETE = Intent("DELETE")


@contextlib.asynccontextmanager
async def running(*parts):
    """Runs parts until the block ends."""
    tasks = [asyncio.create_task(part.run()) for part in parts]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@contextlib.asynccontextmanager
async def folding(kafka, warehouse):
    """Runs the fold, as the recorder does."""
    settings = StreamSettings(kafka=kafka, clickhouse=warehouse.admin)
    producer = clients.producer(kafka)
    await producer.start()
    fold = Documents(settings, producer)
    try:
        async with running(fold):
            yield fold
    finally:
        await producer.stop()


def process(kafka, warehouse, folder, **more):
    """The documents of one LRS process."""
    details = {"seconds": 8, "cache_limit": 1 << 20, "waiting_limit": 64 << 20, **more}
    return DocumentLog(kafka, Warehouse(warehouse), folder, **details)


async def up(log, key=None):
    """Waits until a process follows the log."""
    async with asyncio.timeout(30):
        while True:
            with contextlib.suppress(Unavailable):
                return await log.write(key or Key(context(), name="first"), DELETE)
            await asyncio.sleep(0.05)


async def confirmed(kafka, log):
    """Waits until the warehouse has everything that the log holds now."""
    from aiokafka import TopicPartition

    from bus.topics import DOCUMENTS

    admin = clients.admin(kafka)
    await admin.start()
    try:
        ends = await log._session.ask_ends(list(range(DOCUMENTS.partitions)))
        async with asyncio.timeout(30):
            while True:
                committed = await admin.list_consumer_group_offsets("documents")
                if all(
                    committed.get(TopicPartition(DOCUMENTS.name, p), (0, ""))[0] >= end
                    for p, end in ends.items()
                ):
                    return
                await asyncio.sleep(0.05)
    finally:
        await admin.close()


def test_what_one_process_wrote_another_reads_at_once(kafka, warehouse, tmp_path):
    async def work():
        one, other = (process(kafka, warehouse.admin, tmp_path / n) for n in "ab")
        async with running(one, other):
            await asyncio.gather(up(one), up(other))
            here = context()
            for number in range(20):
                key = Key(here, name=str(number % 3))
                writer, reader = (one, other) if number % 2 else (other, one)
                content = f"content {number} é\x00".encode()
                assert (await writer.write(key, put(content))).status == 204
                document = await reader.read(key)
                assert (document.content, document.content_type) == (content, "text/plain")
                assert (await writer.write(key, post(a=1))).status == 400
            names = await other.listed(Key(here), None)
            assert sorted(each.name for each in names) == ["0", "1", "2"]
            assert names == sorted(names, key=lambda each: each.updated)
            assert await one.listed(Key(here), names[-1].updated) == []
            assert await one.listed(Key(here), names[0].updated - 1) == names
            assert (await one.write(Key(here, name="1"), DELETE)).status == 204
            assert await other.read(Key(here, name="1")) is None
            assert (await one.write(Key(here), DELETE)).status == 204
            assert await other.listed(Key(here), None) == []

    asyncio.run(work())


def test_a_process_knows_from_the_warehouse_what_it_has_not_seen(kafka, warehouse, tmp_path):
    here = context(Kind.AGENT_PROFILE)
    kept, gone = Key(here, name="kept"), Key(here, name="gone")

    async def first():
        log = process(kafka, warehouse.admin, tmp_path / "a")
        async with folding(kafka, warehouse), running(log):
            await up(log)
            for key in (kept, gone):
                assert (await log.write(key, post(a=1, b=2))).status == 204
            document = await log.read(kept)
            await log.write(
                kept, Intent("POST", "2.0.0", f'"{document.etag}"', "", JSON, b'{"b":3}')
            )
            await log.write(gone, DELETE)
            await confirmed(kafka, log)
            return await log.read(kept)

    async def second(before):
        log = process(kafka, warehouse.admin, tmp_path / "b")
        async with running(log):
            await up(log)
            assert len(log._session.unconfirmed) <= 1  # what up() wrote
            after = await log.read(kept)
            assert after == before
            assert json.loads(after.content) == {"a": 1, "b": 3}
            assert await log.read(gone) is None
            names = await log.listed(Key(here), None)
            assert [(each.name, each.updated) for each in names] == [("kept", before.updated)]
            assert (await log.write(gone, Intent("PUT", match="*"))).status == 412

    asyncio.run(second(asyncio.run(first())))


def test_of_writes_on_the_same_etag_by_two_processes_one_wins(kafka, warehouse, tmp_path):
    async def work():
        logs = [process(kafka, warehouse.admin, tmp_path / n) for n in "ab"]
        key = Key(context(Kind.ACTIVITY_PROFILE), name="p")
        async with folding(kafka, warehouse), running(*logs):
            await asyncio.gather(*(up(log) for log in logs))
            await logs[0].write(key, put(b"0", none_match="*"))
            for number in range(50):
                etag = (await logs[number % 2].read(key)).etag
                outcomes = await asyncio.gather(
                    *(
                        log.write(key, put(f"{number} {n}".encode(), match=f'"{etag}"'))
                        for n, log in enumerate(logs * 3)
                    )
                )
                assert sorted(each.status for each in outcomes) == [204] + [412] * 5
                (won,) = [n for n, each in enumerate(outcomes) if each.status == 204]
                for log in logs:
                    assert (await log.read(key)).content == f"{number} {won}".encode()

    asyncio.run(work())


def test_while_the_warehouse_is_away_what_is_known_is_served(kafka, warehouse, tmp_path):
    async def work():
        log = process(kafka, "http://nobody:x@127.0.0.1:1", tmp_path, cache_limit=20_000)
        here = context()
        async with running(log):
            await up(log, Key(here, name="first"))
            for number in range(10):
                assert (
                    await log.write(Key(here, name=str(number)), put(b"x" * 3000))
                ).status == 204
            assert (await log.read(Key(here, name="9"))).content == b"x" * 3000
            with pytest.raises(Unavailable, match="warehouse"):  # pushed out of the cache
                await log.read(Key(here, name="0"))
            with pytest.raises(Unavailable, match="nothing was done"):
                await log.write(Key(here, name="new"), post(a=1))
            assert len(log._session.unconfirmed) >= 10

    asyncio.run(work())


def test_at_random_everybody_agrees_with_an_oracle(kafka, warehouse, tmp_path):
    """Processes that come and go, caches that hold little, the fold stopping in between."""
    chance = random.Random(7)
    here, there = context(), context(Kind.AGENT_PROFILE)
    keys = [Key(here, r, n) for r in ("", "r1") for n in "ab"] + [Key(there, name="p")]
    oracle = {}

    def wanted(key):
        etag = f'"{oracle[key].etag}"' if key in oracle else '"none"'
        match, none_match = chance.choice([("", ""), ("", ""), (etag, ""), ("", "*"), ("*", "")])
        rules = chance.choice(["1.0.3", "2.0.0"])
        content = json.dumps({chance.choice("abc"): chance.random()}).encode()
        method = chance.choice(["PUT", "POST", "POST", "DELETE"])
        return Intent(method, rules, match, none_match, JSON, content)

    async def step(log):
        key = chance.choice(keys)
        if chance.random() < 0.08:
            whole = Key(here, chance.choice(["", "r1"]))
            assert (await log.write(whole, DELETE)).status == 204
            for each in [each for each in oracle if whole.covers(each)]:
                del oracle[each]
            return
        intent = wanted(key)
        outcome = await log.write(key, intent)
        expected = decide(key.context.kind, oracle.get(key), intent, 0)
        assert outcome.status == expected.status
        if outcome.document is None:
            oracle.pop(key, None)
        else:
            oracle[key] = outcome.document

    async def same(log):
        for key in keys:
            assert await log.read(key) == oracle.get(key)
        for whole in (Key(here), Key(here, "r1"), Key(there)):
            names = {each.name for each in await log.listed(whole, None)}
            assert names == {key.name for key in oracle if whole.covers(key)}

    async def work():
        steady = process(kafka, warehouse.admin, tmp_path / "steady", cache_limit=3000)
        async with running(steady):
            await up(steady)
            for number in range(6):
                log = process(kafka, warehouse.admin, tmp_path / str(number))
                async with contextlib.AsyncExitStack() as stack:
                    if number % 2:
                        await stack.enter_async_context(folding(kafka, warehouse))
                    await stack.enter_async_context(running(log))
                    await up(log)
                    await same(log)
                    for _ in range(40):
                        await step(chance.choice([log, steady]))
                    await same(steady)
                    await same(log)
            async with folding(kafka, warehouse):
                await confirmed(kafka, steady)

    asyncio.run(work())
    rows = documents.current(Warehouse(warehouse.admin), keys)
    stored = {key: row.document for key, row in rows.items() if row.document}
    assert stored == oracle
    assert all(isinstance(each, Document) for each in stored.values())
