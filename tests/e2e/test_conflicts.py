"""An id keeps its statement: within a process, between two, and while the recorder is away."""

import asyncio
import contextlib
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import oracle
import psutil
import pytest
from running import Up, second_lrs, xapi_client

from warehouse import Warehouse

pytestmark = pytest.mark.e2e

HOME = "https://conflicts.headwater.invalid"


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    running = Up(tmp_path_factory.mktemp("conflicts") / "data")
    yield running
    running.stop()


def said(identifier: str, by: str) -> dict[str, Any]:
    return {
        "id": identifier,
        "actor": {"account": {"homePage": HOME, "name": by}},
        "verb": {"id": "http://adlnet.gov/expapi/verbs/asked"},
        "object": {"id": f"{HOME}/questions/{by}"},
    }


@pytest.fixture(scope="module")
def other(up: Up) -> Iterator[str]:
    with second_lrs(up) as url:
        yield url


async def settled(up: Up, one: httpx.AsyncClient) -> None:
    """Returns once everything that was sent is in the warehouse, as the header says."""
    answer = await one.post("/statements", json=said(str(uuid.uuid4()), "last"))
    stored = (await one.get("/statements", params={"statementId": answer.json()[0]})).json()[
        "stored"
    ]
    while True:
        answer = await one.get("/statements", params={"limit": "1"})
        if answer.headers["X-Experience-API-Consistent-Through"] >= stored:
            return


async def race(up: Up, one: httpx.AsyncClient, two: httpx.AsyncClient) -> None:
    ids = [str(uuid.uuid4()) for _ in range(10_000)]
    names = {one: "first", two: "second"}
    took: dict[str, set[str]] = {identifier: set() for identifier in ids}
    limit = asyncio.Semaphore(16)

    async def send(to: httpx.AsyncClient, some: tuple[str, ...]) -> None:
        async with limit:
            answer = await to.post("/statements", json=[said(i, names[to]) for i in some])
        assert answer.status_code in (200, 409), answer.text
        if answer.status_code == 200:
            assert answer.json() == list(some)
            for identifier in some:
                took[identifier].add(names[to])

    tens = [tuple(ids[at : at + 10]) for at in range(0, len(ids), 10)]
    await asyncio.gather(*(send(to, some) for some in tens for to in (one, two)))
    assert all(took.values())  # every id was taken by one of them
    await settled(up, one)
    admin = Warehouse(up.url("warehouse_admin"))
    stored = dict(
        admin.query(
            "SELECT toString(id), splitByChar('|', actor)[2] FROM lrs.statements "
            "WHERE object LIKE {home:String} AND id IN {ids:Array(UUID)}",
            {"home": f"{HOME}%", "ids": ids},
        )
    )
    assert stored.keys() == set(ids)
    assert all(stored[identifier] in by for identifier, by in took.items())
    both = sum(len(by) == 2 for by in took.values())
    assert both, "the two were never at it at the same moment"
    # Those that both stand in the log; what the LRS refused with 409 is listed beside them.
    refused = (
        "SELECT count() FROM ops.rejected "
        "WHERE kind = 'conflict' AND source LIKE 'lrs:%' AND path LIKE 'xapi.statements/%'"
    )
    up.wait(lambda: admin.query(refused)[0][0] >= both)
    assert admin.query(refused) == [(both,)]
    for to in (one, two):  # long settled: both know, and nothing is written again
        some = ids[::500]
        answers = [await to.post("/statements", json=said(i, stored[i])) for i in some]
        assert [a.status_code for a in answers] == [200] * len(some)
        losers = {"first": "second", "second": "first"}
        answers = [await to.post("/statements", json=said(i, losers[stored[i]])) for i in some]
        assert [a.status_code for a in answers] == [409] * len(some)
    await settled(up, one)
    count = "SELECT count() FROM lrs.arrivals FINAL WHERE id IN {ids:Array(UUID)}"
    assert admin.query(count, {"ids": ids})[0][0] == 10_000 + both


def test_two_processes_ten_thousand_conflicts_one_winner_each(up: Up, other: str) -> None:
    async def run() -> None:
        async with xapi_client(up, up.stack["lrs"]["url"]) as one, xapi_client(up, other) as two:
            await race(up, one, two)

    asyncio.run(run())


def test_a_process_that_starts_while_the_recorder_is_away_knows_what_waits(
    up: Up, other: str
) -> None:
    """The first statement is in Kafka only; both processes, and one started anew, hold to it."""
    parts = up.status()["parts"]
    recorder = psutil.Process(parts["recorded"]["pid"])
    recorder.send_signal(signal.SIGSTOP)
    identifier = str(uuid.uuid4())

    async def run() -> None:
        async with xapi_client(up, up.stack["lrs"]["url"]) as one, xapi_client(up, other) as two:
            answer = await one.post("/statements", json=said(identifier, "kept"))
            assert answer.status_code == 200
            answer = await one.get("/statements", params={"statementId": identifier})
            assert answer.json()["actor"]["account"]["name"] == "kept"
            answer = await one.post("/statements", json=said(identifier, "other"))
            assert answer.status_code == 409
            assert identifier in answer.json()["error"]["message"]
            while True:  # the other process follows within milliseconds
                answer = await two.get("/statements", params={"statementId": identifier})
                if answer.status_code == 200:
                    break
            answer = await two.put(
                "/statements", params={"statementId": identifier}, json=said(identifier, "other")
            )
            assert answer.status_code == 409
            answer = await two.post("/statements", json=said(identifier, "kept"))
            assert (answer.status_code, answer.json()) == (200, [identifier])

    async def after_restart() -> None:
        async with xapi_client(up, up.stack["lrs"]["url"]) as one:
            while True:
                try:
                    answer = await one.post("/statements", json=said(identifier, "other"))
                except httpx.TransportError:
                    continue
                if answer.status_code != 503:
                    break
            assert answer.status_code == 409

    try:
        asyncio.run(run())
        psutil.Process(parts["lrs"]["pid"]).kill()
        asyncio.run(after_restart())
    finally:
        recorder.send_signal(signal.SIGCONT)


def test_a_voiding_statement_counts_at_once(up: Up) -> None:
    async def run() -> None:
        async with xapi_client(up, up.stack["lrs"]["url"]) as one:
            identifier = str(uuid.uuid4())
            void = said(str(uuid.uuid4()), "someone") | {
                "verb": {"id": "http://adlnet.gov/expapi/verbs/voided"},
                "object": {"objectType": "StatementRef", "id": identifier},
            }
            await one.post("/statements", json=said(identifier, "kept"))
            found = await one.get("/statements", params={"statementId": identifier})
            assert found.status_code == 200
            assert (await one.post("/statements", json=void)).status_code == 200
            found = await one.get("/statements", params={"statementId": identifier})
            assert found.status_code == 404

    asyncio.run(run())


def test_a_tool_that_may_only_write_voids_its_own_and_nothing_else(up: Up) -> None:
    """Also where the voiding statement stands in the log before what it is about."""
    added = subprocess.run(
        [sys.executable, "-m", "headwater", "credentials", "add", "tool-x",
         "--scope", "statements/write", "--data", str(up.data)],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    secret = added.stdout.split()[-1]
    mine, others, later = (str(uuid.uuid4()) for _ in range(3))

    def void(target: str) -> dict[str, Any]:
        return said(str(uuid.uuid4()), "someone") | {
            "verb": {"id": "http://adlnet.gov/expapi/verbs/voided"},
            "object": {"objectType": "StatementRef", "id": target},
        }

    async def run() -> None:
        async with (
            xapi_client(up, up.stack["lrs"]["url"]) as own,
            xapi_client(up, up.stack["lrs"]["url"]) as tool,
        ):
            tool.auth = httpx.BasicAuth("tool-x", secret)
            await own.post("/statements", json=said(others, "others"))
            await tool.post("/statements", json=said(mine, "mine"))
            assert (await tool.post("/statements", json=void(others))).status_code == 403
            assert (await tool.post("/statements", json=void(mine))).status_code == 200
            assert (await tool.post("/statements", json=void(later))).status_code == 200
            await own.post("/statements", json=said(later, "later"))
            for identifier, status in ((mine, 404), (others, 200), (later, 200)):
                found = await own.get("/statements", params={"statementId": identifier})
                assert found.status_code == status

    asyncio.run(run())
    with contextlib.closing(Warehouse(up.url("warehouse_admin"))) as warehouse:
        ids = {"ids": [mine, others, later]}
        up.wait(
            lambda: warehouse.query(
                "SELECT count() FROM lrs.own_voids WHERE id = {id:UUID}", {"id": mine}
            )[0][0],
            60,
        )
        query = "SELECT toString(id) FROM learning.events WHERE id IN {ids:Array(UUID)}"
        up.wait(lambda: {row[0] for row in warehouse.query(query, ids)} == {others, later})
        voided = "SELECT toString(id) FROM lrs.voided WHERE id IN {ids:Array(UUID)}"
        assert warehouse.query(voided, ids) == [(mine,)]
        lines = oracle.log(up.kafka)
        wanted = oracle.expected(lines, b"key", lambda statement: "")
        assert {mine, others, later} & wanted.voided == {mine}
