"""What it costs to compute marts once more, and to take in one dirty hour as history grows.

The warehouse stands alone, filled with the events of a large organisation: as many a week however
many there are, so that more events are a longer history. Each mart's replay is measured by turns
with one plain `INSERT … SELECT` of the same facts; it rests nowhere here.
"""

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil

from streams import marts, release, replay
from streams.mart import Mart
from streams.replay import Replay
from streams.rollups import recompute
from tests.benchmarks.measure import Result, temporary_folder
from tests.benchmarks.panels import events_of, organisation
from tests.benchmarks.streams import warehouse_alone
from warehouse import Warehouse

#: Events of each week; a million are half a year.
A_WEEK = 40_000
#: How often an hour is taken in.
TURNS = 3
#: An hour's refresh may cost so many times what it did with the shortest history.
GROWS = 2.0
PLAIN = "INSERT INTO learning.plain SELECT * FROM learning.fact_rows FINAL"
SIZE = """
SELECT sum(bytes_on_disk) FROM system.parts
WHERE active AND has({tables:Array(String)}, concat(database, '.', table))
"""


def find(sizes: Sequence[int]) -> list[Result]:
    """Replays with the first of so many events; a dirty hour with each."""
    results: list[Result] = []
    first: dict[str, float] = {}
    with temporary_folder() as folder, warehouse_alone(Path(folder)) as url:
        admin = Warehouse(url, timeout=600)
        now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
        organisation(admin, now)
        release.release(admin, [mart for mart in marts.every() if mart.published], 1)
        weeks = 0
        for size in sorted(sizes):
            while weeks * A_WEEK < size:
                events_of(admin, now - timedelta(weeks=weeks), A_WEEK, weeks)
                weeks += 1
            if not results:
                results += replays(admin, weeks * A_WEEK)
            for mart in marts.every():
                wall, cpu = _hour(admin, mart, now - timedelta(hours=1))
                begun = first.setdefault(mart.name, cpu)
                of = f"{mart.name}, an hour behind {weeks * A_WEEK:,} events"
                results += [
                    Result(of, wall, "s", "lower", TURNS),
                    Result(f"{of}: the warehouse's CPU", cpu, "s", "lower", TURNS),
                    Result(f"{of}: times the shortest", cpu / begun, "", "lower", TURNS, GROWS),
                ]
    return results


def replays(admin: Warehouse, events: int) -> list[Result]:
    """Each mart's replay, beside the plain copies before and after it."""
    results: list[Result] = []
    admin.execute("CREATE TABLE learning.plain AS learning.fact_rows")
    _copied(admin)  # warm
    before = _copied(admin)
    for mart in marts.every():
        every = replay.periods(admin, mart)
        took = _took(lambda mart=mart, every=every: _replayed(admin, mart, every))  # type: ignore[misc]
        after = _copied(admin)
        plain = (before[0] + after[0]) / 2, (before[1] + after[1]) / 2
        size = admin.query(SIZE, {"tables": list(mart.tables)})[0][0]
        results += [
            Result(f"{mart.name}, replay", took[0], "s", "lower", events),
            Result(f"{mart.name}, replay: times a copy", took[0] / plain[0], "", "lower", events),
            Result(f"{mart.name}, replay: the warehouse's CPU", took[1], "s", "lower", events),
            Result(
                f"{mart.name}, replay: CPU, times a copy's", took[1] / plain[1], "", "lower", events
            ),
            Result(f"{mart.name}, on disk", size / (1 << 20), "MiB", "lower", events),
        ]
        before = after
    size = admin.query(SIZE, {"tables": ["learning.fact_rows"]})[0][0]
    admin.execute("DROP TABLE learning.plain SYNC")
    return [
        *results,
        Result("plain copy of the facts", before[0], "s", "lower", events),
        Result("plain copy of the facts: the warehouse's CPU", before[1], "s", "lower", events),
        Result("facts, on disk", size / (1 << 20), "MiB", "lower", events),
    ]


def _copied(admin: Warehouse) -> tuple[float, float]:
    admin.execute("TRUNCATE TABLE learning.plain")
    return _took(lambda: admin.execute(PLAIN))


def _replayed(admin: Warehouse, mart: Mart, periods: Sequence[str]) -> None:
    with Replay(admin, mart).made() as one:
        outcomes = [outcome for some in one.run(periods) for outcome in some]
    assert {outcome.state for outcome in outcomes} == {replay.DONE}, outcomes


def _hour(admin: Warehouse, mart: Mart, hour: datetime) -> tuple[float, float]:
    """What it takes to take in a dirty hour: seconds, and the warehouse's CPU (medians)."""
    taken = []
    for _ in range(TURNS):
        admin.insert("ops.dirty_hours", ("hour", "mart"), [(hour, mart.name)])
        taken.append(_took(lambda: _taken_in(admin, mart)))
    return statistics.median(w for w, _ in taken), statistics.median(c for _, c in taken)


def _taken_in(admin: Warehouse, mart: Mart) -> None:
    while recompute(admin, mart, "benchmark"):
        pass


def _took(work: Callable[[], None]) -> tuple[float, float]:
    """How long something took, and how much of a processor the processes below this one, in s."""
    with _watched() as took:
        work()
    return took[0], took[1]


@contextmanager
def _watched() -> Iterator[list[float]]:
    took: list[float] = []
    began, cpu = time.perf_counter(), _cpu()
    yield took
    took += [time.perf_counter() - began, _cpu() - cpu]


def _cpu() -> float:
    times = [each.cpu_times() for each in psutil.Process().children(recursive=True)]
    return sum(each.user + each.system for each in times)
