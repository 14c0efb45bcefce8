"""Every mart, whatever it holds: it is what its definition gives of the facts, come what may."""

import random
import uuid
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from serving.pacing import Pacing
from streams import marts
from streams.errors import EmptyRollUp, Overtaken
from streams.mart import Mart, Query
from streams.published import tables
from streams.rollups import KEPT, NEWEST, Runner, Turn, forget, keep, recompute, touched_by
from streams.rollups import take_in as take_in_turn
from tests.conftest import WarehouseUrls
from tests.scale import SEED, WHOLE, tried
from tests.waiting import until
from warehouse import Warehouse, WarehouseError

MARTS = marts.every()
BY_NAME = [pytest.param(mart, id=mart.name) for mart in MARTS]
#: A mart of each kind. What may end, come late or overtake while one is taken in is the same for
#: all of a kind; what it computes is its own.
KINDS = {
    (mart.by_hour is not None, mart.grain, mart.lookback > 0, mart.touched is not None,
     mart.published is not None): mart
    for mart in reversed(MARTS)
}  # fmt: skip
#: `make test` leaves out the kinds that are like others.
ALIKE = tried({"content", "sessions", "flows", "published_content", "published_ramp"}, set())
OF_A_KIND = [pytest.param(mart, id=mart.name) for mart in KINDS.values() if mart.name not in ALIKE]
DAY = timedelta(days=1)
COLUMNS = (
    "id", "time", "account", "tool", "behaviour", "scaffold", "position", "version", "gone",
    "object", "reference", "topic",
)  # fmt: skip


def test_marts_are_found() -> None:
    assert {mart.name for mart in MARTS} >= {"activity"}


@pytest.mark.parametrize("mart", BY_NAME)
def test_every_mart_is_defined_in_words_and_documented(mart: Mart) -> None:
    assert len(marts.definition(mart).split()) > 10, mart.name
    page = (Path(__file__).parents[2] / "docs" / "tables.md").read_text("utf-8")
    assert f"| `{mart.name}` |" in page, "run `python -m headwater.docs`"


def test_what_cannot_be_a_mart_is_told() -> None:
    good: dict[str, Any] = {"name": "a", "table": "learning.a", "compute": Query("")}
    Mart(**good)
    (activity,) = (mart for mart in MARTS if mart.name == "activity")
    wrong: list[dict[str, Any]] = [
        {"name": "A b"}, {"table": "a"}, {"grain": "hour"}, {"lookback": -1},
        {"by_hour": activity.by_hour, "grain": "week"},
        {"by_hour": activity.by_hour, "touched": Query("")},
    ]  # fmt: skip
    for change in wrong:
        with pytest.raises(ValueError, match="the mart "):
            Mart(**{**good, **change})
    with pytest.raises(ValueError, match="not a table's name"):
        Query("INSERT INTO $staging").into("a; DROP TABLE b")


def test_another_definition_is_another_digest() -> None:
    (activity,) = (mart for mart in MARTS if mart.name == "activity")
    assert activity.by_hour is not None
    hours = replace(activity.by_hour, hours=Query("else"))
    others = [
        replace(activity, compute=Query("else")),
        replace(activity, by_hour=hours),
        replace(activity, by_hour=None),
        replace(activity, by_hour=None, touched=Query("else")),
    ]
    found = {each.definition for each in (activity, *others)}
    assert len(found) == 5


@pytest.fixture(scope="module")
def store(warehouse: WarehouseUrls) -> Warehouse:
    return Warehouse(warehouse.admin)


@pytest.fixture(autouse=True)
def _clear(request: pytest.FixtureRequest) -> None:
    """No facts, no cells and nothing dirty, where a test has a warehouse."""
    if "store" in request.fixturenames:
        found: Warehouse = request.getfixturevalue("store")
        tables = ["learning.fact_rows", "ops.dirty_hours", "ops.mart_positions"]
        for table in (*tables, *(table for mart in MARTS for table in mart.tables)):
            found.execute(f"TRUNCATE TABLE {table}")


def happen(store: Warehouse, *times: datetime, gone: int = 0, ids: Any = None) -> list[str]:
    """Facts at these times, and their dirty hours after them, as the processor of facts does: each
    time somebody asks or helps, and reads beside it."""
    ids = ids or [str(uuid.uuid4()) for _ in times]
    rows = [
        (
            one,
            at,
            n % 5 + 1,
            "T",
            ("ask", "help")[n % 2],
            "discovery",
            n,
            10 + gone,
            gone,
            *things(n),
            f"topic {n % 3}",
        )
        for n, (one, at) in enumerate(zip(ids, times, strict=True))
    ]
    read = [str(uuid.uuid5(uuid.UUID(str(one)), "read")) for one in ids]
    rows += [(also, *row[1:4], "read", *row[5:]) for also, row in zip(read, rows, strict=True)]
    store.insert("learning.fact_rows", COLUMNS, rows)
    store.insert("ops.dirty_hours", ("hour",), [(at,) for at in times])
    return list(ids)


def things(number: int) -> tuple[str, str]:
    """What is asked, and what is answered: on other days, before and after."""
    thing = f"https://work.example/{number // 2 % 7}"
    return thing, thing if number % 2 else ""


def moments(many: int = 150, days: int = 30) -> list[datetime]:
    """Times of some weeks, several in an hour and none in many."""
    chosen = random.Random(7)
    start = datetime(2026, 2, 20, tzinfo=UTC)
    return [start + timedelta(minutes=chosen.randrange(60 * 24 * days)) for _ in range(many)]


def take_in(store: Warehouse, mart: Mart, **options: Any) -> None:
    while recompute(store, mart, "test", **options):
        pass


def waiting(store: Warehouse, mart: Mart) -> int:
    return len(store.rows("marts/pending", mart=mart.name, most=100_000))


def cells(store: Warehouse, table: str) -> list[tuple[Any, ...]]:
    """All cells of a table, what states count as numbers."""
    database, _, name = table.partition(".")
    sql = "SELECT name, type FROM system.columns WHERE database = {d:String} AND table = {t:String}"
    columns = [
        f"finalizeAggregation({name})" if kind.startswith("AggregateFunction") else name
        for name, kind in store.query(sql, {"d": database, "t": name})
    ]
    return [
        tuple(row) for row in store.query(f"SELECT {', '.join(columns)} FROM {table} ORDER BY ALL")
    ]


def computed(store: Warehouse, mart: Mart) -> list[tuple[Any, ...]]:
    """What the definition gives of the facts, at once and into an empty table."""
    plain = f"{mart.table}_plain"
    store.execute(f"CREATE TABLE {plain} AS {mart.table}")
    try:
        first = datetime(2026, 2, 1, tzinfo=UTC)
        days = [(first + DAY * n).date() for n in range(60 + mart.lookback)]
        periods = {
            "day": days,
            "week": [day - timedelta(days=day.weekday()) for day in days],
            "month": [day.replace(day=1) for day in days],
        }[mart.grain]
        each = sorted({str(period) for period in periods})
        if mart.published:
            for some in [[one] for one in each] if mart.published.apart else [each]:
                facts = store.frame(mart.compute, {"periods": some})
                for filled in tables(mart, facts, 5):
                    if filled.table == mart.table:
                        store.insert(plain, filled.columns, filled.rows)
        else:
            store.execute(mart.compute.into(plain), {"periods": each})
        return cells(store, plain)
    finally:
        store.execute(f"DROP TABLE {plain}")


def assert_is_its_facts(store: Warehouse, mart: Mart) -> None:
    assert waiting(store, mart) == 0
    assert cells(store, mart.table) == computed(store, mart)


@pytest.mark.integration
@pytest.mark.parametrize("mart", BY_NAME)
def test_every_mart_is_what_its_definition_gives_of_the_facts(store: Warehouse, mart: Mart) -> None:
    """Facts, the same facts again, facts that are undone, in any order of dirty hours."""
    times = moments()
    ids = happen(store, *times)
    take_in(store, mart)
    assert cells(store, mart.table), "the facts of this test give the mart no cell"
    if WHOLE:  # what is true after more came is true before it: of some marts it takes long to ask
        assert_is_its_facts(store, mart)
    happen(store, *times, ids=ids)
    happen(store, *times[:20], ids=ids[:20], gone=1)
    take_in(store, mart)
    assert_is_its_facts(store, mart)
    happen(store, *times[20:], ids=ids[20:], gone=1)
    take_in(store, mart)
    assert cells(store, mart.table) == [], "no ghost stays"


@pytest.mark.integration
@pytest.mark.parametrize("mart", OF_A_KIND)
def test_a_mart_of_each_kind_may_be_killed_at_any_statement(
    store: Warehouse, warehouse: WarehouseUrls, mart: Mart
) -> None:
    """Whatever was done until then, the next worker ends at what the facts give."""
    happen(store, *moments(12, days=2))
    every = tried(3, 1)
    for last in range(SEED % every, 60, every):
        dying = Dying(warehouse.admin, last)
        try:
            take_in(dying, mart, **({"large": 3} if mart.by_hour else {}))
        except Killed:
            happen(store, *moments(2, days=2))
            continue
        break
    else:
        pytest.fail("it was never done")
    take_in(store, mart)
    assert_is_its_facts(store, mart)


class Killed(Exception):
    """The process ends here."""


class Dying(Warehouse):
    """A warehouse whose user ends after so many statements."""

    def __init__(self, url: str, last: int) -> None:
        super().__init__(url)
        self.left = last

    def _one(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise Killed

    def execute(self, sql: str, parameters: Any = None) -> None:
        self._one()
        super().execute(sql, parameters)

    def insert(self, *arguments: Any, **options: Any) -> None:
        self._one()
        super().insert(*arguments, **options)


@pytest.mark.integration
@pytest.mark.parametrize("name", ["published_topics", "published_ramp", "questions"])
def test_what_touches_many_periods_has_each_computed_once(
    store: Warehouse, warehouse: WarehouseUrls, name: str
) -> None:
    """However many turns an hour's periods are divided among, and what else comes in between."""
    (mart,) = (mart for mart in MARTS if mart.name == name)
    computed: list[str] = []

    class Counting(Warehouse):
        """Writes down which periods are computed."""

        def frame(self, sql: str, parameters: Any = None) -> Any:
            computed.extend(parameters["periods"])
            return super().frame(sql, parameters)

        def execute(self, sql: str, parameters: Any = None) -> None:
            if "INSERT INTO" in sql:
                computed.extend(parameters["periods"])
            super().execute(sql, parameters)

    counting = Counting(warehouse.admin)
    included: dict[str, frozenset[str]] = {}
    turns = [Turn(slice(0, 1), Pacing()), Turn(slice(1, 9), Pacing())]
    times = moments()
    ids = happen(store, *times)
    touched = touched_by(store, mart, {int(at.timestamp()) // 3600 * 3600 for at in times})

    def rest() -> None:
        while waiting(store, mart):
            for turn in turns:
                take_in_turn(counting, mart, "test", turn, included=included)

    rest()
    assert sorted(computed) == sorted(period for period, _ in touched)
    assert included == {}, "nothing is remembered of what is done"
    assert_is_its_facts(store, mart)
    happen(store, *times[:40], ids=ids[:40], gone=1)
    take_in_turn(counting, mart, "test", turns[1], included=included)
    happen(store, *times[40:80], ids=ids[40:80], gone=1)
    rest()
    assert_is_its_facts(store, mart)


@pytest.mark.integration
@pytest.mark.parametrize("mart", OF_A_KIND)
def test_a_mart_of_each_kind_takes_in_what_becomes_visible_late(
    store: Warehouse, mart: Mart
) -> None:
    """A dirty hour that was given its time before those that are taken in, and shows after them."""
    early, late = datetime(2026, 3, 2, 10, tzinfo=UTC), datetime(2026, 3, 9, 10, tzinfo=UTC)
    now = datetime.now(UTC)
    happen(store, late)
    take_in(store, mart)
    store.insert("learning.fact_rows", COLUMNS[:5], [(uuid.uuid4(), early, 1, "T", "ask")])
    store.insert("ops.dirty_hours", ("hour", "at"), [(early, now - timedelta(hours=3))])
    take_in(store, mart)
    assert_is_its_facts(store, mart)
    forget(store)
    assert_is_its_facts(store, mart)


@pytest.mark.integration
@pytest.mark.parametrize("mart", OF_A_KIND)
def test_no_worker_swaps_in_what_another_has_overtaken(
    store: Warehouse, warehouse: WarehouseUrls, mart: Mart
) -> None:
    """One that stood still in the middle, while another took over, finds its own work gone."""
    times = moments()
    happen(store, *times)

    class Frozen(Warehouse):
        """Stands still once it has computed, and before it swaps in."""

        thawed = False

        def execute(self, sql: str, parameters: Any = None) -> None:
            if "REPLACE PARTITION" in sql and not self.thawed:
                self.thawed = True
                happen(store, *times)
                take_in(store, mart)
            super().execute(sql, parameters)

    frozen = Frozen(warehouse.admin)
    with pytest.raises(Overtaken, match=mart.name):
        recompute(frozen, mart, "frozen")
    assert frozen.thawed
    assert_is_its_facts(store, mart)


@pytest.mark.integration
@pytest.mark.parametrize("mart", OF_A_KIND)
def test_a_mart_of_each_kind_reports_what_comes_out_empty(
    store: Warehouse, warehouse: WarehouseUrls, mart: Mart
) -> None:
    happen(store, *moments())
    take_in(store, mart)
    before = cells(store, mart.table)

    class Losing(Warehouse):
        """Computes nothing, and says nothing of it."""

        def execute(self, sql: str, parameters: Any = None) -> None:
            if "INSERT INTO" not in sql:
                super().execute(sql, parameters)

        def insert(self, table: str, *arguments: Any, **options: Any) -> None:
            if "_staging_" not in table:
                super().insert(table, *arguments, **options)

    happen(store, *moments())
    with pytest.raises(EmptyRollUp, match=mart.name):
        recompute(Losing(warehouse.admin), mart, "test")
    assert cells(store, mart.table) == before
    assert waiting(store, mart) > 0
    take_in(store, mart)
    assert_is_its_facts(store, mart)


@pytest.mark.integration
def test_one_mart_that_fails_stops_no_other(store: Warehouse) -> None:
    broken = replace(MARTS[0], name="broken", compute=Query("INSERT INTO $staging SELECT nothing"))
    Runner(store, MARTS).run()  # marts that are new, or a directory to release, touch no fact below
    happen(store, *moments(3))
    first = {mart.name: waiting(store, mart) for mart in MARTS}
    runner = Runner(store, [broken, *MARTS], rest=0)
    with pytest.raises(WarehouseError, match="nothing"):
        runner.run()

    def went_on() -> bool:
        with suppress(WarehouseError):
            runner.run()
        return all(waiting(store, mart) < first[mart.name] for mart in MARTS)

    until(went_on, "one mart keeps others waiting")
    for mart in MARTS:
        take_in(store, mart)
        assert waiting(store, mart) == 0
    assert waiting(store, broken) > 0
    keep(store, MARTS)
    assert store.query("SELECT count() FROM ops.dirty_waiting") == [(0,)], "it is no more"


@pytest.mark.integration
def test_where_nothing_is_dirty_nothing_is_asked_for(
    store: Warehouse, warehouse: WarehouseUrls
) -> None:
    class Asking(Warehouse):
        """Counts what it is asked."""

        def query(self, sql: str, parameters: Any = None) -> Any:
            asked.append(sql)
            return super().query(sql, parameters)

    asked: list[str] = []
    asking = Asking(warehouse.admin)
    runner = Runner(asking, MARTS, rest=0)

    def at_rest() -> bool:
        asked.clear()
        runner.run()
        return len(asked) <= 2  # whether anything changed; which parts may be dropped

    until(at_rest, "a mart is asked for again and again")
    happen(store, *moments(3))
    runner.run()
    assert len(asked) > 2
    until(at_rest, "a mart is asked for again and again")
    assert all(waiting(store, mart) == 0 for mart in MARTS)
    for mart in MARTS:
        assert_is_its_facts(store, mart)
    asking.close()


@pytest.mark.integration
def test_a_published_week_that_fails_keeps_no_other_waiting(
    store: Warehouse, warehouse: WarehouseUrls
) -> None:
    (mart,) = (mart for mart in MARTS if mart.name == "published")
    Runner(store, MARTS).run()
    happen(store, *moments(60))
    touched = store.rows(
        "marts/touched",
        hours=[int(at.timestamp()) // 3600 * 3600 for at in moments(60)],
        zone="UTC",
        grain=mart.grain,
        lookback=mart.lookback,
    )
    newest = touched[0][0]

    class Refusing(Warehouse):
        """Cannot read the newest week."""

        def frame(self, sql: str, parameters: Any = None) -> Any:
            if newest in parameters["periods"]:
                raise WarehouseError("that week cannot be read")
            return super().frame(sql, parameters)

    failing: set[str] = set()
    refusing = Refusing(warehouse.admin)
    for _ in touched:
        with suppress(WarehouseError):
            recompute(refusing, mart, "test", NEWEST.periods, failing)
    refusing.close()
    assert failing == {newest}
    left = store.rows("marts/pending", mart=mart.name, most=100_000)
    hours = {int(at.replace(tzinfo=UTC).timestamp()) // 3600 * 3600 for _, at, *_ in left}
    assert hours == set(touched[0][1])
    assert len(touched) > 3
    recompute(store, mart, "test", NEWEST.periods, failing)
    assert failing == set()
    assert waiting(store, mart) == 0
    assert_is_its_facts(store, mart)


@pytest.mark.integration
@pytest.mark.parametrize("mart", OF_A_KIND)
def test_a_mart_that_is_new_or_defined_anew_gets_all_of_history(
    store: Warehouse, mart: Mart
) -> None:
    happen(store, *moments(5))
    keep(store, MARTS)
    take_in(store, mart)
    store.execute("TRUNCATE TABLE ops.dirty_hours")
    keep(store, MARTS)
    assert waiting(store, mart) == 0, "what is known is not computed again"
    store.insert("ops.mart_rows", ("mart", "definition"), [(mart.name, KEPT)])
    keep(store, MARTS)
    assert waiting(store, mart) == 0, "nor what stands from before"
    store.insert("ops.mart_rows", ("mart", "definition"), [(mart.name, "another")])
    store.execute(f"TRUNCATE TABLE {mart.table}")
    keep(store, MARTS)
    assert waiting(store, mart) > 0
    assert all(waiting(store, other) == 0 for other in MARTS if other != mart)
    take_in(store, mart)
    assert_is_its_facts(store, mart)


@pytest.mark.integration
def test_grain_and_lookback_say_which_periods_an_hour_touches(store: Warehouse) -> None:
    def touched(grain: str, lookback: int, *hours: datetime) -> dict[str, int]:
        seconds = [int(hour.timestamp()) for hour in hours]
        told = {"zone": "UTC", "grain": grain, "lookback": lookback}
        rows = store.rows("marts/touched", hours=seconds, **told)
        return {period: len(found) for period, found in rows}

    sunday, monday = (datetime(2026, 3, n, 10, tzinfo=UTC) for n in (1, 2))
    assert touched("day", 0, sunday, monday) == {"2026-03-01": 1, "2026-03-02": 1}
    assert touched("day", 1, sunday, monday) == {
        "2026-03-01": 1, "2026-03-02": 2, "2026-03-03": 1
    }  # fmt: skip
    assert touched("week", 0, sunday, monday) == {"2026-02-23": 1, "2026-03-02": 1}
    assert touched("week", 1, sunday) == {"2026-02-23": 1, "2026-03-02": 1}
    assert touched("month", 2, datetime(2026, 1, 31, 9, tzinfo=UTC)) == {
        "2026-01-01": 1, "2026-02-01": 1, "2026-03-01": 1
    }  # fmt: skip
