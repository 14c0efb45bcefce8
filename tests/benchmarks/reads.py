"""How fast statements are found again in a warehouse that is full: through the LRS's own reader.

The warehouse is filled directly, without Kafka, with statements of the usual size spread over a
year: people of whom some do much and most little, fifty courses, five verbs.
"""

import asyncio
import random
import time
import uuid
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from lrs.api.reader import Range, WarehouseReader
from lrs.warehouse import Warehouse
from streams import rowbinary
from streams.rowbinary import Row
from tests.benchmarks.measure import Result, percentile
from tests.benchmarks.samples import HOME, VERBS, Samples
from tests.benchmarks.streams import _warehouse
from xapi.identity import account_identifier

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
POINT, LIST = 50.0, 200.0


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
        #: Ids that were stored, one in every few.
        self.known: list[uuid.UUID] = []

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
        if self.random.random() < 0.1:
            self.known.append(identifier)
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


def find(stored: int) -> list[Result]:
    """Every kind of question, p50 and p95, with `stored` statements in the warehouse."""
    with TemporaryDirectory(prefix="headwater-bench-") as name, _warehouse(Path(name)) as url:
        warehouse = Warehouse(url)
        filling = Filling(stored)
        filled = fill(warehouse, filling)
        found = [Result("fill the warehouse", filled, "statements/s", "higher", stored)]
        return found + asyncio.run(_asked(warehouse, filling))


async def _asked(warehouse: Warehouse, filling: Filling) -> list[Result]:
    reader = WarehouseReader(warehouse)
    chance = random.Random(5)

    def agent(number: int) -> str:
        return account_identifier(HOME, f"person-{number}")

    def moment() -> datetime:
        return START + SPAN * chance.random()

    async def by_id() -> int:
        return 1 if await reader.one(chance.choice(filling.known)) else 0

    async def page(wanted: Range) -> int:
        return len(await reader.several(wanted._replace(limit=PAGE)))

    async def walk(size: int) -> int:
        busy = agent(chance.randrange(20))
        wanted = Range(limit=size, agent=busy, ascending=chance.random() < 0.5)
        count = 0
        for _ in range(10):
            some = await reader.several(wanted)
            count += len(some)
            wanted = wanted._replace(beyond=some[-1].position)
        return count

    def course() -> str:
        return f"{HOME}/courses/{chance.randrange(40)}"

    def verb() -> str:
        return chance.choice(VERBS)

    def by_agent(number: int) -> Awaitable[int]:
        return page(Range(agent=agent(number)))

    def by_verb_and_time() -> Awaitable[int]:
        since = moment()
        return page(Range(verb=verb(), since=since, until=since + timedelta(days=7)))

    def by_course(**more: str) -> Awaitable[int]:
        return page(Range(activity=course(), related_activities=True, **more))  # type: ignore[arg-type]

    kinds: list[tuple[str, float, Callable[[], Awaitable[int]]]] = [
        ("by id", POINT, by_id),
        ("the newest", LIST, lambda: page(Range())),
        ("by a busy agent", LIST, lambda: by_agent(chance.randrange(20))),
        ("by a rare agent", LIST, lambda: by_agent(PEOPLE - 1 - chance.randrange(9999))),
        ("by verb and time", LIST, by_verb_and_time),
        ("by activity, related", LIST, by_course),
        ("by verb and course", LIST, lambda: by_course(verb=verb())),
        ("by agent, verb and course", LIST,
         lambda: by_course(verb=verb(), agent=agent(person(chance)))),
        (f"ten pages of {STEP}, the walk", LIST, lambda: walk(STEP)),
        (f"ten pages of {PAGE}, the walk", 10 * LIST, lambda: walk(PAGE)),
    ]  # fmt: skip
    results = []
    for name, goal, ask in kinds:
        for _ in range(3):
            await ask()
        times = []
        for _ in range(CALLS):
            began = time.perf_counter()
            await ask()
            times.append(time.perf_counter() - began)
        for share, which in ((0.5, "p50"), (0.95, "p95")):
            value = percentile(times, share) * 1e3
            limit = goal if which == "p95" else None
            results.append(Result(f"{name}, {which}", value, "ms", "lower", CALLS, limit))
    return results
