"""Derived KPIs in their table: computed when what they read has changed, and only then."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from serving.pacing import Pacing
from streams import derived
from streams import release as released
from streams.derived import Asked, Computed, asked
from tests.conftest import WarehouseUrls
from tests.streams.organised import ALWAYS, FOREVER, Known, load
from warehouse import Warehouse, WarehouseError, WarehouseUnavailable
from warehouse.derived import read

pytestmark = pytest.mark.integration

TOY = """\
-- Tickets that were opened, by the team of who opened them.
-- unit: tickets
-- direction: down
-- grain: day
SELECT opener_team AS team, opened_day AS period, count() AS value, count() AS n,
    uniqExact(opener) AS people
FROM work.items
WHERE kind = 'ticket' AND opener_team != ''
GROUP BY team, period
"""
#: Another of the same view, and one that no warehouse can compute.
PLACES = TOY.replace("count() AS value", "uniqExact(place) AS value")
BROKEN = TOY.replace("count() AS value", "throwIf(count() > 0) AS value")
ISSUES = "issue_hours_to_close"
CLOSED = """
INSERT INTO learning.fact_rows (id, time, account, verb, object_type, duration, version, gone)
SELECT
    generateUUIDv4(), '2026-03-04 10:00:00', 601, 'http://activitystrea.ms/close',
    'http://activitystrea.ms/issue', 3600 * [2, 4, 9][number + 1], 1, 0
FROM numbers(3)
"""
EVENING = datetime(2026, 3, 4, 23, 30, tzinfo=UTC)
COLUMNS = (
    "item", "id", "kind", "happened", "time", "account", "host", "place", "link", "detail",
    "revision", "sequence",
)  # fmt: skip
FILLED = (
    "work.signal_rows", "kpi.derived_rows", "released.release_rows", "ops.setting_rows",
    "directory.person_rows", "directory.load_rows", "learning.fact_rows",
)  # fmt: skip
#: KPI, team, day, value, n, people.
Figures = list[tuple[Any, ...]]


def toys(**texts: str) -> list[Asked]:
    """These KPIs by both directories."""
    kpis = [read(name, text) for name, text in texts.items()]
    return [asked(kpi, released=released) for kpi in kpis for released in (False, True)]


def ticket(number: int, by: int) -> tuple[Any, ...]:
    """A ticket's opening as a row."""
    item, at, place = f"ticket/{number}", EVENING + timedelta(minutes=number), f"p{number % 2}"
    what = (item, UUID(int=number), "ticket", "opened", at, by)
    return (*what, "h", place, "", "", "", number)


def figures(store: Warehouse, view: str = "kpi.observations") -> Figures:
    columns = "kpi, team, toString(period), value, n, people"
    return [tuple(row) for row in store.query(f"SELECT {columns} FROM {view} ORDER BY ALL")]


def directory(store: Warehouse, sequence: int, **teams: int) -> None:
    """Loads a directory: a team each, with one person."""
    people = [Known(one, None, (one,), ((team, ALWAYS, FOREVER),)) for team, one in teams.items()]
    load(store, people, sequence)


def release(store: Warehouse, sequence: int) -> None:
    """Shows viewers the directory as of this load."""
    store.insert("released.release_rows", ("sequence",), [(sequence,)])
    for name in released.DICTIONARIES:
        store.command(f"released/reload_{name}")


@pytest.fixture(scope="module")
def admin(warehouse: WarehouseUrls) -> Warehouse:
    return Warehouse(warehouse.admin)


@pytest.fixture
def store(admin: Warehouse) -> Iterator[Warehouse]:
    """Three tickets of two people, and a directory that is released."""
    directory(admin, 1, Blue=601, Red=602)
    release(admin, 1)
    admin.insert("work.signal_rows", COLUMNS, [ticket(1, 601), ticket(2, 601), ticket(3, 602)])
    yield admin
    for table in FILLED:
        admin.execute(f"TRUNCATE TABLE {table}")


def test_what_changed_is_computed_and_nothing_else(store: Warehouse) -> None:
    """A redelivery, too, changes no figure; a signal shows with the next turn."""
    computed = Computed(toys(opened=TOY, places=PLACES), Pacing())
    assert computed.take(store) == 4
    first = figures(store)
    assert first == [
        ("opened", "Blue", "2026-03-04", 2.0, 2, 1),
        ("opened", "Red", "2026-03-04", 1.0, 1, 1),
        ("places", "Blue", "2026-03-04", 2.0, 2, 1),
        ("places", "Red", "2026-03-04", 1.0, 1, 1),
    ]
    assert computed.take(store) == 0
    assert Computed(toys(opened=TOY, places=PLACES)).take(store) == 0, "another worker does nothing"
    store.insert("work.signal_rows", COLUMNS, [ticket(1, 601), ticket(3, 602)])
    computed.take(store)
    assert figures(store) == first
    store.insert("work.signal_rows", COLUMNS, [ticket(4, 602)])
    assert computed.take(store) == 4
    assert ("opened", "Red", "2026-03-04", 2.0, 2, 1) in figures(store)
    assert computed.take(store) == 0


def test_what_was_loaded_by_the_name_of_a_derived_kpi_is_not_there_twice(store: Warehouse) -> None:
    """As it may be after an upgrade that brings a KPI: no door takes such figures any more."""
    name, week = UUID(int=1), EVENING.date() - timedelta(days=2)
    columns = ("load", "sequence", "kpi", "unit", "direction", "team", "period", "grain", "value")
    rows = [(name, 1, kpi, "h", "up", "Blue", week, "week", 9.0) for kpi in ("opened", "other")]
    store.insert("kpi.observation_rows", columns, rows)
    closing = ("load", "sequence", "observations", "at")
    store.insert("kpi.load_rows", closing, [(name, 2, 2, EVENING)])
    try:
        assert [row[:2] for row in figures(store)] == [("opened", "Blue"), ("other", "Blue")]
        Computed(toys(opened=TOY)).take(store)
        for view in ("kpi.observations", "released.observations"):
            assert [(row[0], row[3]) for row in figures(store, view)] == [
                ("opened", 2.0), ("opened", 1.0), ("other", 9.0),
            ]  # fmt: skip
    finally:
        for table in ("kpi.observation_rows", "kpi.load_rows"):
            store.execute(f"TRUNCATE TABLE {table}")


def test_a_cell_that_is_no_more_leaves_nothing(store: Warehouse) -> None:
    computed = Computed(toys(opened=TOY), Pacing())
    computed.take(store)
    directory(store, 2, Blue=602)
    computed.take(store)
    assert [row[1] for row in figures(store)] == ["Blue"]
    assert Computed([], Pacing()).take(store) == 0
    assert figures(store) == [], "a KPI that is no more is shown"
    assert computed.take(store) == 2, "it is again, and nothing is computed"


def test_a_move_shows_to_viewers_when_it_is_released(store: Warehouse) -> None:
    computed = Computed(toys(opened=TOY), Pacing())
    computed.take(store)
    before = figures(store, "released.observations")
    directory(store, 2, Green=601)
    assert computed.take(store) == 1
    assert {row[1] for row in figures(store)} == {"Green", "Red"}
    assert figures(store, "released.observations") == before
    release(store, 2)
    assert computed.take(store) == 1
    assert figures(store, "released.observations") == figures(store)


def test_the_zone_moves_the_days(store: Warehouse) -> None:
    computed = Computed(toys(opened=TOY), Pacing())
    computed.take(store)
    store.insert("ops.setting_rows", ("name", "value"), [("time_zone", "Asia/Tokyo")])
    assert computed.take(store) == 2
    assert {row[2] for row in figures(store)} == {"2026-03-05"}


def test_one_that_cannot_be_computed_keeps_no_other_waiting(store: Warehouse) -> None:
    computed = Computed(toys(a_broken=BROKEN, opened=TOY), Pacing())
    with pytest.raises(WarehouseError, match="throwIf"):
        computed.take(store)
    assert {row[0] for row in figures(store)} == {"opened"}
    assert computed.take(store) == 0, "what fails is tried again at once"


def test_a_kpi_of_learning_events_follows_the_facts(store: Warehouse) -> None:
    """Issues that were closed by Blue after 2, 4 and 9 hours."""
    computed = Computed([one for one in derived.every() if one.kpi.kpi == ISSUES], Pacing())
    computed.take(store)
    assert figures(store) == []
    store.execute(CLOSED)
    assert computed.take(store) == 2
    assert figures(store) == [(ISSUES, "Blue", "2026-03-02", 4.0, 3, 1)]
    asked = "SELECT team, toString(week), hours, issues, people FROM kpi.issue_hours"
    assert figures(store) == [(ISSUES, *row) for row in store.query(asked)]
    store.insert("work.signal_rows", COLUMNS, [ticket(4, 602)])
    assert computed.take(store) == 0, "a signal is no fact"


class Ended(Warehouse):
    """A warehouse that is away after so many statements."""

    def __init__(self, url: str, after: int) -> None:
        super().__init__(url)
        self._left = after

    def execute(self, sql: str, parameters: Any = None) -> None:
        self._left -= 1
        if self._left < 0:
            raise WarehouseUnavailable("it is away")
        super().execute(sql, parameters)


@pytest.mark.parametrize("after", range(4))
def test_wherever_it_ends_another_worker_does_what_is_left(
    warehouse: WarehouseUrls, store: Warehouse, after: int
) -> None:
    some = toys(opened=TOY, places=PLACES)
    with pytest.raises(WarehouseUnavailable):
        Computed(some).take(Ended(warehouse.admin, after))
    assert Computed(some).take(store) > 0
    whole = figures(store), figures(store, "released.observations")
    store.execute("TRUNCATE TABLE kpi.derived_rows")
    Computed(some).take(store)
    assert whole == (figures(store), figures(store, "released.observations"))
    assert store.query("SELECT name FROM system.tables WHERE name LIKE 'derived_staging%'") == []


def test_what_a_slower_worker_swapped_in_late_does_not_stay(store: Warehouse) -> None:
    (one, _) = some = toys(opened=TOY)
    computed = Computed(some, Pacing())
    late = derived.look(store, some)
    store.insert("work.signal_rows", COLUMNS, [ticket(4, 602)])
    computed.take(store)
    fresh = figures(store)
    store.execute("DELETE FROM work.signal_rows WHERE item = 'ticket/4'")
    derived.compute(store, [one], late, {})
    assert figures(store) != fresh
    store.insert("work.signal_rows", COLUMNS, [ticket(4, 602)])
    computed.take(store)
    assert figures(store) == fresh


def test_a_group_rests_for_what_it_took(store: Warehouse) -> None:
    computed = Computed(toys(opened=TOY), Pacing(least=3600))
    assert computed.take(store) == 2
    store.insert("work.signal_rows", COLUMNS, [ticket(4, 602)])
    assert computed.take(store) == 0
