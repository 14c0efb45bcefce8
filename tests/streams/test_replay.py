"""A replay: marts are what the facts give afterwards, whatever happens meanwhile."""

import os
import random
import signal
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from headwater.replaying import Asked, Found, Replaying, named
from serving.pacing import Pacing
from streams import marts, replay
from streams.errors import EmptyRollUp, Overtaken
from streams.mart import Mart
from streams.replay import DONE, FAILED, LEFT, Replay
from streams.rollups import recompute
from tests.conftest import WarehouseUrls
from tests.producers.prepared import Prepared
from tests.streams.test_every_mart import (
    Dying,
    Killed,
    assert_is_its_facts,
    cells,
    happen,
    moments,
    take_in,
    waiting,
)
from tests.waiting import until
from warehouse import Warehouse

pytestmark = pytest.mark.integration

MARTS = {mart.name: mart for mart in marts.every()}
#: One that keeps hours, one whose rows hang on other days, one that is published.
SEVERAL = [pytest.param(MARTS[name], id=name) for name in ("activity", "questions", "published")]
#: Days of so many facts are kept by the hour here.
LARGE = 3


@pytest.fixture(scope="module")
def store(warehouse: WarehouseUrls) -> Warehouse:
    return Warehouse(warehouse.admin)


@pytest.fixture(autouse=True)
def _clear(store: Warehouse) -> None:
    tables = ["learning.fact_rows", "ops.dirty_hours", "ops.mart_positions", "ops.replay_rows"]
    for table in (*tables, *(table for mart in MARTS.values() for table in mart.tables)):
        store.execute(f"TRUNCATE TABLE {table}")


def counted(store: Warehouse, mart: Mart) -> None:
    """The worker takes in what is dirty; days are kept by the hour where the mart can."""
    take_in(store, mart, **({"large": LARGE} if mart.by_hour else {}))


def begun(store: Warehouse, mart: Mart, many: int, days: int) -> None:
    """Facts that the worker has taken in; twice, as a day is kept by the hour once it was large."""
    happen(store, *moments(many, days))
    counted(store, mart)
    if mart.by_hour:
        store.command("marts/everything", mart=mart.name)
        counted(store, mart)
        assert cells(store, mart.by_hour.table)


def replayed(store: Warehouse, *some: Mart, dry: bool = False, **options: Any) -> list[Found]:
    return Replaying(store, Asked(some), dry=dry, pace=Pacing(), **options).run()


def everything(store: Warehouse) -> dict[str, list[tuple[Any, ...]]]:
    """All that marts hold, and what the worker and replays keep of them."""
    kept = [table for mart in MARTS.values() for table in mart.tables]
    kept += ["ops.dirty_hours", "ops.mart_positions", "ops.replay_rows"]
    found = {table: cells(store, table) for table in kept}
    return {**found, "tables": tables(store)}


def tables(store: Warehouse) -> list[tuple[Any, ...]]:
    """All tables but the warehouse's own, whose logs come into being when first written."""
    names = "SELECT database, name FROM system.tables WHERE database != 'system'"
    return sorted(store.query(names))


def damage(store: Warehouse, mart: Mart) -> set[str]:
    """Takes a period out, and doubles the rows of another; returns which they are."""
    database, _, plain = mart.table.partition(".")
    rows = store.rows("marts/partitions", database=database, table=plain)
    lost, doubled, *_ = sorted(row[0] for row in rows)
    store.execute(f"ALTER TABLE {mart.table} DROP PARTITION {{p:String}}", {"p": lost})
    source = (
        f"INSERT INTO {mart.table} SELECT * FROM {mart.table} WHERE _partition_id = {{p:String}}"
    )
    store.execute(source, {"p": doubled.replace("-", "")})
    return {lost, doubled}


@pytest.mark.parametrize("mart", SEVERAL)
def test_damage_is_found_by_day_and_mended(store: Warehouse, mart: Mart) -> None:
    begun(store, mart, 60, 20)
    wrong = damage(store, mart)
    before = everything(store)

    (dry,) = replayed(store, mart, dry=True)
    assert {one.period for one in dry.differing} == wrong
    assert everything(store) == before, "a dry run changes nothing"

    (found,) = replayed(store, mart)
    assert {one.period for one in found.differing} == wrong
    assert found.states[DONE] == found.periods > len(wrong)
    assert found.missing > 0
    assert found.surplus > 0
    assert any(one.lacking for one in found.differing)
    assert any(one.unfounded for one in found.differing)
    assert_is_its_facts(store, mart)
    (again,) = replayed(store, mart)
    assert (again.missing, again.surplus) == (0, 0)


def test_only_the_days_that_are_asked_for_are_replayed(store: Warehouse) -> None:
    mart = MARTS["activity"]
    begun(store, mart, 30, 6)
    lost, doubled = sorted(damage(store, mart))
    day = datetime.fromisoformat(doubled).date()
    (found,) = Replaying(store, Asked([mart], day, day), pace=Pacing()).run()
    assert [one.period for one in found.differing] == [doubled]
    assert replay.differing(store, mart.table, mart.table, [lost]) == {}
    (left,) = replayed(store, mart, dry=True)
    assert [one.period for one in left.differing] == [lost]


def test_hours_of_a_large_day_are_mended_too(store: Warehouse) -> None:
    mart = MARTS["activity"]
    begun(store, mart, 30, 6)
    assert mart.by_hour is not None
    before = cells(store, mart.by_hour.table)
    assert before
    wrong = f"ALTER TABLE {mart.by_hour.table} UPDATE events = events + 1 WHERE 1"
    store.execute(f"{wrong} SETTINGS mutations_sync = 2")
    (found,) = replayed(store, mart)
    assert found.missing > 0
    assert cells(store, mart.by_hour.table) == before


class Meanwhile(Warehouse):
    """Before its statement of that number something happens, once."""

    def __init__(self, url: str, number: int, happens: Callable[[], None]) -> None:
        super().__init__(url)
        self.left = number
        self._happens = happens

    def _one(self) -> None:
        self.left -= 1
        if self.left == -1:
            self._happens()

    def execute(self, sql: str, parameters: Any = None) -> None:
        self._one()
        super().execute(sql, parameters)

    def insert(self, *arguments: Any, **options: Any) -> None:
        self._one()
        super().insert(*arguments, **options)

    def query(self, sql: str, parameters: Any = None) -> Any:
        self._one()
        return super().query(sql, parameters)


def at_any_statement(
    warehouse: WarehouseUrls, mart: Mart, happens: Callable[[int], None]
) -> Iterator[int]:
    """Replays a mart again and again; something happens before one statement after the other."""
    chosen = random.Random(5)
    number = 0
    while True:
        asking = Meanwhile(warehouse.admin, number, partial(happens, number))
        with Replay(asking, mart).made() as one:
            for _ in one.run(replay.periods(asking, mart)):
                pass
        asking.close()
        if asking.left >= 0:
            return
        yield number
        number += chosen.randrange(4, 12)


@pytest.mark.parametrize("mart", SEVERAL)
def test_facts_that_come_meanwhile_are_not_lost(
    store: Warehouse, warehouse: WarehouseUrls, mart: Mart
) -> None:
    """With a worker that takes them in at once, and without one, before any statement."""
    begun(store, mart, 12, 2)

    def happens(number: int) -> None:
        happen(store, *moments(2, days=2))
        if number % 2:
            counted(store, mart)

    for number in at_any_statement(warehouse, mart, happens):
        counted(store, mart)
        assert_is_its_facts(store, mart), number


@pytest.mark.parametrize("mart", SEVERAL)
def test_a_worker_that_swaps_in_while_a_replay_does_loses_nothing(
    store: Warehouse, warehouse: WarehouseUrls, mart: Mart
) -> None:
    """Facts come, a worker computes them, and a whole replay runs before the worker swaps in."""
    begun(store, mart, 12, 2)

    class Slow(Warehouse):
        """Stands still before it swaps in, while others go on."""

        stood = False

        def execute(self, sql: str, parameters: Any = None) -> None:
            if "REPLACE PARTITION" in sql and not self.stood:
                self.stood = True
                happen(store, *moments(2, days=2))
                replayed(store, mart)
            super().execute(sql, parameters)

    happen(store, *moments(3, days=2))
    slow = Slow(warehouse.admin)
    with suppress(Overtaken):  # a mart that keeps hours is a replay's alone while it swaps
        recompute(slow, mart, "slow")
    assert slow.stood
    counted(store, mart)
    assert_is_its_facts(store, mart)


def test_what_the_worker_counts_all_the_time_is_left_to_it(
    store: Warehouse, warehouse: WarehouseUrls
) -> None:
    mart = MARTS["activity"]
    begun(store, mart, 4, 1)

    class Busy(Warehouse):
        """The worker takes in another fact whenever this one has computed."""

        def execute(self, sql: str, parameters: Any = None) -> None:
            super().execute(sql, parameters)
            if "INSERT INTO" in sql and "_replay_" in sql:
                happen(store, *moments(1, days=1))
                counted(store, mart)

    with Replay(Busy(warehouse.admin), mart).made() as one:
        last = [outcome for some in one.run(replay.periods(store, mart)) for outcome in some]
    assert LEFT in {one.state for one in last}
    assert waiting(store, mart) > 0
    counted(store, mart)
    assert_is_its_facts(store, mart)


def test_what_comes_out_empty_is_told_and_not_swapped_in(
    store: Warehouse, warehouse: WarehouseUrls
) -> None:
    mart = MARTS["activity"]
    begun(store, mart, 20, 5)
    before = cells(store, mart.table)

    class Losing(Warehouse):
        """Computes nothing, and says nothing of it."""

        def execute(self, sql: str, parameters: Any = None) -> None:
            if "INSERT INTO" not in sql:
                super().execute(sql, parameters)

    losing = Losing(warehouse.admin)
    with pytest.raises(EmptyRollUp), Replay(losing, mart).made() as one:
        one.batch(replay.periods(store, mart))
    (found,) = replayed(losing, mart)
    assert {one.state for one in found.failed} == {FAILED}
    assert cells(store, mart.table) == before


@pytest.mark.parametrize("mart", SEVERAL)
def test_a_replay_may_end_at_any_statement(
    store: Warehouse, warehouse: WarehouseUrls, mart: Mart
) -> None:
    """What stands is whole at any moment, and the next one leaves no table of the last."""
    begun(store, mart, 12, 2)
    whole = cells(store, mart.table)
    before = tables(store)
    chosen, last = random.Random(3), 0
    while True:
        dying = Dying(warehouse.admin, last)
        try:
            with Replay(dying, mart).made() as one:
                for _ in one.run(replay.periods(store, mart)):
                    pass
        except Killed:
            assert cells(store, mart.table) == whole
            last += chosen.randrange(3, 9)
            continue
        break
    counted(store, mart)
    assert_is_its_facts(store, mart)
    left = tables(store)
    staging = {one for one in (*left, *before) if "_staging_test" in one[1]}  # the worker's
    assert set(left) - staging == set(before) - staging


def test_one_that_was_killed_goes_on(
    store: Warehouse, warehouse: WarehouseUrls, tmp_path: Path
) -> None:
    happen(store, *moments(20, days=3))
    for mart in MARTS.values():
        take_in(store, mart)
    wrong = damage(store, MARTS["questions"])
    told = {**os.environ, "HEADWATER_CLICKHOUSE": warehouse.admin}
    killed = Prepared("headwater.cli", told, tmp_path / "log", "replay", serve="main")
    done = "SELECT run, mart, period, at FROM ops.replay_rows FINAL WHERE mart != '' ORDER BY ALL"
    until(lambda: bool(store.query(done)), "nothing was replayed")
    os.kill(killed.pid, signal.SIGKILL)
    killed.wait()
    before = store.query(done)

    going_on = Replaying(store, Asked(named("")), pace=Pacing())
    assert going_on.resumed == len(before)
    found = {one.mart.name: one for one in going_on.run()}
    after = store.query(done)
    assert set(before) <= set(after), "what was done is not done again"
    assert {run for run, *_ in after} == {before[0][0]}
    assert len(after) == sum(one.periods for one in found.values())
    assert {one.period for one in found["questions"].differing} == wrong
    for name in ("activity", "questions", "published"):
        take_in(store, MARTS[name])
        assert_is_its_facts(store, MARTS[name])
    assert Replaying(store, Asked(named(""))).resumed == 0, "it was ended"


def test_who_looks_is_told_that_history_is_counted_anew(store: Warehouse) -> None:
    """By a change, as of the time zone, and by a replay; nothing is told without either."""
    mart = MARTS["activity"]
    now = datetime.now(UTC)
    happen(store, *(now - timedelta(days=3 + n % 8, hours=n // 8) for n in range(80)))
    take_in(store, mart)
    store.execute("TRUNCATE TABLE ops.mart_rows")
    store.insert("ops.mart_rows", ("mart", "definition"), [(mart.name, "known")])
    told = "SELECT why, done, total, until >= began FROM viewer.history"
    assert store.query(told) == []
    store.command("marts/everything", mart="")
    ((why, done, total, later),) = store.query(told)
    assert (why, later) == ("change", True)
    assert total - done > 72
    take_in(store, mart)
    assert store.query(told) == []

    seen: list[Any] = []
    (found,) = replayed(store, mart, tell=lambda one: seen.extend(store.query(told)))
    assert {why for why, *_ in seen} == {"replay"}
    assert [done for _, done, *_ in seen] == sorted(done for _, done, *_ in seen)
    assert {total for _, _, total, _ in seen} == {found.periods}
    assert store.query(told) == []
