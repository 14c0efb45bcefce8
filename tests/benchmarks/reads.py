"""How fast statements are found in a full LRS, and whether it takes in as fast as an empty one.

Its warehouse is filled directly, without Kafka, with statements of the usual size spread over a
year: people of whom some do much and most little, fifty courses, five verbs.
"""

import asyncio
import json
import random
import time
import uuid
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import aiohttp
import orjson

from lrs.statements.resource import PATH
from streams import rowbinary
from streams.rowbinary import Row
from tests.benchmarks import ingest
from tests.benchmarks.measure import Result, percentile, running, temporary_folder
from tests.benchmarks.samples import HOME, VERBS, Samples
from tests.e2e.running import Up
from warehouse import Warehouse

#: Statements in one record, and records in one insert.
BATCH = 100
INSERT = 50
PEOPLE = 50_000
SPAN = timedelta(days=365)
START = datetime(2025, 1, 1, tzinfo=UTC)
#: What a page holds, as most clients ask for it.
PAGE = 100
STEP = 25
CALLS = 100
SOME_IDS = "SELECT id FROM lrs.statement_rows ORDER BY cityHash64(id) LIMIT 10000"
#: Loads of each kind, by turns.
ROUNDS = 3
POINT, LIST = 50.0, 200.0
#: What was just filled in is merged for a while: reads are measured once that is done.
MERGES = "SELECT count() FROM system.merges"
MERGING_SECONDS = 600
#: What the LRS says once it can tell which ids are new.
LEARNT = "knows the warehouse's ids"
LEARNING_SECONDS = 300


def person(chance: random.Random) -> int:
    """Some do much, most do little: the lower the number, the more."""
    return int(PEOPLE * chance.random() ** 4)


class Filling:
    """Statements made from a few hundred texts with other ids, people and verbs."""

    def __init__(self, stored: int, seed: int = 11) -> None:
        self.stored = stored
        self.random = random.Random(seed)
        samples = Samples(seed)
        self.texts = []
        for _ in range(500):
            identifier, line = samples.lines(1)[0]
            text = line.decode().replace("%", "%%").replace(str(identifier), "%(id)s")
            before, _, rest = text.partition('"name":"person-')
            text = f'{before}"name":"person-%(person)d{rest[rest.index(chr(34)) :]}'
            for verb in VERBS:
                text = text.replace(verb, "%(verb)s")
            self.texts.append(text)

    def inserts(self) -> Iterator[list[Row]]:
        """Rows of records, in the order of the log."""
        records = self.stored // BATCH
        step = SPAN / max(1, records)
        rows: list[Row] = []
        for number in range(records):
            at = int((START + step * number).timestamp() * 1000)
            rows.append(Row(number % 8, number // 8, at, b"lrs:bench", self._record()))
            if len(rows) == INSERT or number == records - 1:
                yield rows
                rows = []

    def _record(self) -> bytes:
        lines = []
        for _ in range(BATCH):
            identifier = uuid.UUID(int=self.random.getrandbits(128), version=4)
            lines.append(
                self.random.choice(self.texts)
                % {
                    "id": identifier,
                    "person": person(self.random),
                    "verb": VERBS[int(len(VERBS) * self.random.random() ** 2)],
                }
            )
        return "\n".join(lines).encode()


def fill(warehouse: Warehouse, filling: Filling) -> float:
    """Stores everything; statements a second."""
    began = time.perf_counter()

    def store(rows: list[Row]) -> None:
        block = rowbinary.records(time.time_ns(), rows)
        warehouse.insert_bytes("lrs.records_in", rowbinary.RECORD_COLUMNS, block, "RowBinary")

    with ThreadPoolExecutor(2) as pool:
        waiting = []
        for rows in filling.inserts():
            waiting.append(pool.submit(store, rows))
            if len(waiting) > 4:
                waiting.pop(0).result()
        for one in waiting:
            one.result()
    return filling.stored / (time.perf_counter() - began)


def find(stored: int, seconds: float, kept: Path | None = None) -> list[Result]:
    """Every kind of question to an LRS that holds `stored` statements, p50 and p95; and what it
    takes in, beside an empty one.

    `kept` is a data folder that stays, so that the next run need not fill it.
    """
    with ExitStack() as ending:
        data = kept or Path(ending.enter_context(temporary_folder())) / "data"
        found = []
        with running(data) as up:
            warehouse = Warehouse(up.url("warehouse_admin"))
            held = warehouse.query("SELECT count() FROM lrs.statement_rows")[0][0]
            if held < stored:
                assert not held, f"{data} holds {held:,} statements: too few; name an empty one"
                filled = fill(warehouse, Filling(stored))
                found.append(Result("fill the warehouse", filled, "statements/s", "higher", stored))
            up.wait(lambda: not warehouse.query(MERGES)[0][0], MERGING_SECONDS)
        log = data / "logs" / "lrs.log"
        said = len(log.read_text())
        up = ending.enter_context(running(data))  # anew: it learns which ids there are
        up.wait(lambda: LEARNT in log.read_text()[said:], LEARNING_SECONDS)
        found += asyncio.run(_asked(up))
        empty = ending.enter_context(
            running(Path(ending.enter_context(temporary_folder())) / "data")
        )
        return found + _ingest({"an empty warehouse": empty, f"{stored:,} statements": up}, seconds)


def _ingest(sides: dict[str, Up], seconds: float) -> list[Result]:
    """Statements taken in a second at batch 100, by turns; the middle of some rounds of each."""
    found: dict[str, list[Result]] = {}
    for turn in range(ROUNDS):
        for beside in sorted(sides, reverse=bool(turn % 2)):
            for ids in (False, True):
                one = asyncio.run(ingest.batch(sides[beside], 100, ids, seconds))
                found.setdefault(f"{one.name}, {beside}", []).append(one)
    return [
        replace(rounds[0], name=name, value=median(each.value for each in rounds), goal=None)
        for name, rounds in found.items()
    ]


async def _asked(up: Up) -> list[Result]:
    chance = random.Random(5)
    stack = up.stack
    root = stack["lrs"]["url"]
    ids = Warehouse(up.url("warehouse_admin")).query(SOME_IDS)

    def agent(number: int) -> dict[str, str]:
        account = {"homePage": HOME, "name": f"person-{number}"}
        return {"agent": json.dumps({"account": account})}

    def time_range() -> dict[str, str]:
        since = START + SPAN * chance.random()
        return {"since": since.isoformat(), "until": (since + timedelta(days=7)).isoformat()}

    def verb() -> dict[str, str]:
        return {"verb": chance.choice(VERBS)}

    def course() -> dict[str, str]:
        activity = f"{HOME}/courses/{chance.randrange(40)}"
        return {"activity": activity, "related_activities": "true"}

    told = {"base_url": root, "headers": ingest.headers(stack), "raise_for_status": True}
    async with aiohttp.ClientSession(**told) as http:

        async def get(path: str, **query: str) -> Any:
            async with http.get(path, params=query or None) as answer:
                return orjson.loads(await answer.read())

        async def by_id() -> None:
            identifier = str(chance.choice(ids)[0])
            assert (await get(PATH, statementId=identifier))["id"] == identifier

        async def page(**query: str) -> None:
            await get(PATH, limit=str(PAGE), **query)

        async def walk(size: int) -> None:
            order = chance.choice(("true", "false"))
            wanted = {"limit": str(size), "ascending": order, **agent(chance.randrange(20))}
            some = await get(PATH, **wanted)
            for _ in range(9):
                if not some.get("more"):  # few are stored
                    break
                some = await get(some["more"])

        kinds: list[tuple[str, float, Callable[[], Awaitable[None]]]] = [
            ("by id", POINT, by_id),
            ("the newest", LIST, page),
            ("by a busy agent", LIST, lambda: page(**agent(chance.randrange(20)))),
            ("by a rare agent", LIST, lambda: page(**agent(PEOPLE - 1 - chance.randrange(9999)))),
            ("by verb and time", LIST, lambda: page(**verb(), **time_range())),
            ("by activity, related", LIST, lambda: page(**course())),
            ("by verb and course", LIST, lambda: page(**verb(), **course())),
            ("by agent, verb and course", LIST,
             lambda: page(**verb(), **course(), **agent(person(chance)))),
            (f"ten pages of {STEP}, the walk", LIST, lambda: walk(STEP)),
            (f"ten pages of {PAGE}, the walk", 10 * LIST, lambda: walk(PAGE)),
        ]  # fmt: skip
        results = []
        for name, goal, ask in kinds:
            times = await _timed(ask)
            for share, which in ((0.5, "p50"), (0.95, "p95")):
                value = percentile(times, share) * 1e3
                limit = goal if which == "p95" else None
                results.append(Result(f"{name}, {which}", value, "ms", "lower", CALLS, limit))
        return results


async def _timed(ask: Callable[[], Awaitable[None]]) -> list[float]:
    """How long each of many calls takes (s), after a few that do not count."""
    for _ in range(3):
        await ask()
    times = []
    for _ in range(CALLS):
        began = time.perf_counter()
        await ask()
        times.append(time.perf_counter() - began)
    return times
