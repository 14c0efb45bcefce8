"""No kind of user stops another: slots, queues, memory and disk of readers."""

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import httpx
import pydantic
import pytest

from headwater.embedded.warehouse.errors import Busy
from headwater.embedded.warehouse.settings import MIB, WarehouseServerSettings
from headwater.embedded.warehouse.slots import Slots
from tests import faults
from tests.headwater.embedded.conftest import PASSWORDS, Server
from tests.waiting import PATIENCE

#: On a machine that has much else to do; what waits for an analyst waits for a minute.
SOON = 20


def as_user(server: Server, user: str) -> str:
    return server.url.replace("://", f"://{user}:{PASSWORDS[user]}@")


class Gates:
    """Calls that run until they are let go."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.ran: list[int] = []

    def call(self, number: int) -> int:
        self.open.wait(30)
        self.ran.append(number)
        return number


async def settled(slots: Slots, running: int, waiting: int) -> None:
    async with asyncio.timeout(10):
        while (slots.running, slots.waiting) != (running, waiting):  # noqa: ASYNC110 - no event
            await asyncio.sleep(0.001)


def test_those_who_wait_come_in_turn_and_no_more_than_may() -> None:
    async def scenario() -> None:
        slots, gates = Slots("analyst", 1, 2, 30), Gates()
        calls = [asyncio.create_task(slots.run(gates.call, n)) for n in range(3)]
        await settled(slots, 1, 2)
        with pytest.raises(Busy, match="Of analyst 1 run and 2 wait") as busy:
            await slots.run(gates.call, 3)
        assert (busy.value.status, busy.value.code) == (503, 202)
        gates.open.set()
        assert await asyncio.gather(*calls) == [0, 1, 2] == gates.ran
        await settled(slots, 0, 0)
        slots.close()

    asyncio.run(scenario())


def test_who_waits_too_long_is_told_and_who_leaves_makes_room() -> None:
    async def scenario() -> None:
        slots, gates = Slots("viewer", 1, 1, 0.05), Gates()
        first = asyncio.create_task(slots.run(gates.call, 0))
        await settled(slots, 1, 0)
        with pytest.raises(Busy):
            await slots.run(gates.call, 1)
        leaves = asyncio.create_task(slots.take())
        await settled(slots, 1, 1)
        leaves.cancel()
        await settled(slots, 1, 0)
        gates.open.set()
        assert await first == 0
        assert await slots.run(gates.call, 2) == 2
        slots.close()

    asyncio.run(scenario())


def test_a_slot_is_held_until_the_call_ends_not_until_its_client_leaves() -> None:
    async def scenario() -> None:
        slots, gates = Slots("analyst", 1, 1, 30), Gates()
        leaves = asyncio.create_task(slots.run(gates.call, 0))
        await settled(slots, 1, 0)
        leaves.cancel()
        await asyncio.gather(leaves, return_exceptions=True)
        after = asyncio.create_task(slots.run(gates.call, 1))
        await settled(slots, 1, 1)
        gates.open.set()
        assert await after == 1
        slots.close()

    asyncio.run(scenario())


def test_a_slot_that_comes_as_its_client_leaves_is_not_lost() -> None:
    async def scenario() -> None:
        slots = Slots("analyst", 1, 4, 30)
        assert slots.taken()
        waits = asyncio.create_task(slots.take())
        await settled(slots, 1, 1)
        slots.give()  # the slot is the other's now, who has not seen it
        waits.cancel()
        await asyncio.gather(waits, return_exceptions=True)
        assert slots.running == 0
        slots.close()

    asyncio.run(scenario())


def test_readers_never_get_the_writers_memory() -> None:
    settings = WarehouseServerSettings()
    slots = settings.warehouse_analysts + settings.warehouse_viewers
    assert slots * settings.warehouse_reader_memory <= settings.warehouse_memory * 3 / 5
    with pytest.raises(pydantic.ValidationError, match="HEADWATER_WAREHOUSE_READER_MEMORY"):
        WarehouseServerSettings(warehouse_reader_memory=384 * MIB)


@pytest.fixture
def busy(launch: Callable[..., Server], tmp_path: Path) -> Server:
    """A warehouse with a short queue."""
    server = launch(tmp_path, HEADWATER_WAREHOUSE_QUEUE="1", HEADWATER_WAREHOUSE_QUEUE_SECONDS="1")
    server.run("CREATE DATABASE lrs")
    server.run("CREATE DATABASE viewer")
    server.run("CREATE TABLE lrs.t (n UInt64) ENGINE = MergeTree ORDER BY n")
    server.run("CREATE TABLE viewer.teams (n UInt64) ENGINE = MergeTree ORDER BY n")
    return server


@pytest.mark.integration
def test_endless_queries_of_an_analyst_stop_nobody_else(busy: Server) -> None:
    running = "SELECT count() FROM system.processes WHERE query LIKE '%sipHash64(number)%'"
    with faults.endless_queries(as_user(busy, "analyst"), 10) as answers:
        until = time.monotonic() + PATIENCE
        while int(busy.run(running)) < 4 or not answers["busy"]:  # three, and the question
            assert time.monotonic() < until, answers
        others = {
            "health": lambda: httpx.get(f"{busy.url}/healthz", timeout=SOON),
            "page": lambda: busy.ask("SELECT count() FROM viewer.teams", "viewer"),
            "lrs": lambda: busy.ask("SELECT count() FROM lrs.t"),
            "write": lambda: busy.ask("INSERT INTO lrs.t FORMAT TSV\n1"),
        }
        for _ in range(5):
            for name, ask in others.items():
                begun = time.monotonic()
                assert ask().status_code == 200, name
                assert time.monotonic() - begun < SOON, name
    assert answers["503"] == answers["busy"] > 0
    until = time.monotonic() + PATIENCE
    while busy.ask("SELECT 1", "analyst").status_code != 200:  # those who left are ended
        assert time.monotonic() < until
    assert busy.run("SELECT count() FROM lrs.t") == "5\n"


@pytest.mark.integration
def test_who_waits_for_a_slot_is_told_when_to_try_again(busy: Server) -> None:
    with faults.endless_queries(as_user(busy, "analyst"), 6) as answers:
        until = time.monotonic() + PATIENCE
        while not answers["busy"]:
            assert time.monotonic() < until
            time.sleep(0.01)
        told = Counter[int]()
        while told[503] == 0:
            answer = busy.ask("SELECT 1", "analyst")
            told[answer.status_code] += 1
            if answer.status_code == 503:
                assert answer.headers["retry-after"] == "5"
                assert answer.headers["x-clickhouse-exception-code"] == "202"
                assert "try again in 5 seconds" in answer.text
            assert time.monotonic() < until


@pytest.mark.integration
def test_writes_go_on_under_memory_bombs(launch: Callable[..., Server], tmp_path: Path) -> None:
    server = launch(tmp_path)
    server.run("CREATE DATABASE lrs")
    server.run("CREATE TABLE lrs.source (n UInt64, text String) ENGINE = Null")
    for store in ("lrs.first", "lrs.second"):
        server.run(f"CREATE TABLE {store} AS lrs.source ENGINE = MergeTree ORDER BY n")
        server.run(f"CREATE MATERIALIZED VIEW {store}_mv TO {store} AS SELECT * FROM lrs.source")
    rows = 2000
    accepted = 0
    with (
        faults.memory_bombs(as_user(server, "analyst"), 8) as analysts,
        faults.memory_bombs(as_user(server, "viewer"), 8) as viewers,
    ):
        until = time.monotonic() + PATIENCE
        while analysts["500"] < 8 or viewers["500"] < 8 or accepted < 50:
            first = accepted * rows
            block = b"".join(b"%d\t%s\n" % (first + n, b"x" * 1000) for n in range(rows))
            answer = server.ask(b"INSERT INTO lrs.source FORMAT TSV\n" + block)
            assert answer.status_code == 200, answer.text
            accepted += 1
            assert time.monotonic() < until, (analysts, viewers, accepted)
    for store in ("lrs.first", "lrs.second"):
        assert server.run(f"SELECT uniqExact(n) FROM {store}") == f"{accepted * rows}\n"


@pytest.mark.integration
def test_what_a_reader_puts_on_the_disk_is_bounded(
    launch: Callable[..., Server], tmp_path: Path
) -> None:
    server = launch(tmp_path, HEADWATER_WAREHOUSE_READER_DISK=str(16 * MIB))
    rows = "SELECT number, randomPrintableASCII(100) AS text FROM numbers(20000000)"
    groups = f"SELECT text, count() FROM ({rows}) GROUP BY text FORMAT TSV"
    for sql, params in ((groups, {}), (f"{rows} FORMAT TSV", {"wait_end_of_query": "1"})):
        answer = server.ask(sql, "analyst", **params)
        assert answer.status_code == 500, answer.text[:200]
        assert answer.headers["x-clickhouse-exception-code"] == "396", answer.text
    assert server.ask("SELECT 1", "analyst").text == "1\n"


@pytest.mark.integration
def test_an_analyst_sorts_more_than_a_query_may_hold(
    launch: Callable[..., Server], tmp_path: Path
) -> None:
    server = launch(tmp_path)
    numbers = 12_000_000  # 192 MB, where a query may hold 128
    hashed = f"SELECT number, sipHash64(number) AS h FROM numbers({numbers})"
    sql = f"SELECT number, h FROM ({hashed}) ORDER BY h FORMAT RowBinary"
    answer = server.ask(sql, "analyst")
    assert answer.status_code == 200, answer.text
    assert len(answer.content) == 16 * numbers
