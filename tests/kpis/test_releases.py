"""Releases by week as viewers see them: what is shown, and on how many people it rests."""

import random
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from dashboards.boards.impact import board as IMPACT
from dashboards.queries import RELEASES
from streams import release
from streams.derived import Computed, every
from tests.conftest import WarehouseUrls
from tests.streams.organised import ALWAYS, FOREVER, Known, load
from warehouse import Warehouse

pytestmark = pytest.mark.integration

K = 5
HOST = "forge.example.org"
PLACES = ("north/atlas", "north/web", "north/api")
MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
COLUMNS = (
    "item", "id", "kind", "happened", "time", "account", "host", "place", "link", "detail",
    "revision", "sequence",
)  # fmt: skip
FILLED = (
    "work.signal_rows", "kpi.derived_rows", "kpi.observation_rows", "kpi.load_rows",
    "directory.person_rows", "directory.load_rows", "released.release_rows",
)  # fmt: skip
#: Week and place ('' for all others) → releases.
Shown = dict[tuple[date, str], int]


class Made:
    """Signals of five weeks, and in plain Python what is to be shown of them."""

    def __init__(self, seed: int, people: int) -> None:
        chance = random.Random(seed)
        self.rows: list[tuple[Any, ...]] = []
        #: Week → place → who is behind each release.
        self.behind = defaultdict[date, dict[str, list[set[int]]]](lambda: defaultdict(list))
        for place in PLACES:
            at, waiting = MONDAY, set[int]()
            while at < MONDAY + timedelta(days=34):
                openers = {chance.randrange(1, people) for _ in range(chance.randrange(4))}
                at += timedelta(minutes=1)
                for opener in sorted(openers):
                    change = f"change/{len(self.rows)}"
                    self._add(change, "change", "opened", at, opener, place, "")
                    self._add(change, "change", "closed", at, opener, place, "merged")
                at += timedelta(hours=chance.randrange(1, 90))
                maker = chance.choice((0, chance.randrange(1, people)))
                detail = chance.choice(("release", "release", "prerelease"))
                release = f"release/{len(self.rows)}"
                self._add(release, "deployment", "succeeded", at, maker, place, detail)
                waiting |= openers
                if detail == "release":
                    monday = at.date() - timedelta(days=at.weekday())
                    self.behind[monday][place].append((waiting | {maker}) - {0})
                    waiting = set()

    def _add(self, *row: Any) -> None:
        item, kind, happened, at, by, place, detail = row
        name = UUID(int=len(self.rows) + 1)
        link = f"https://{HOST}/{place}/releases/v1-of-anna"
        told = (at, by, HOST, place, link, detail, "", len(self.rows))
        self.rows.append((item, name, kind, happened, *told))

    def shown(self) -> Shown:
        found: Shown = {}
        for week, places in self.behind.items():
            rest: list[set[int]] = []
            for place, releases in places.items():
                if len(set().union(*releases)) >= K:
                    found[week, f"{HOST} {place}"] = len(releases)
                else:
                    rest += releases
            if len(set().union(*rest)) >= K:
                found[week, ""] = len(rest)
        return found


@pytest.fixture(scope="module")
def urls(warehouse: WarehouseUrls) -> WarehouseUrls:
    return warehouse


@pytest.fixture
def store(urls: WarehouseUrls) -> Iterator[Warehouse]:
    admin = Warehouse(urls.admin)
    yield admin
    for table in FILLED:
        admin.execute(f"TRUNCATE TABLE {table}")


@pytest.mark.parametrize(("seed", "people"), [(1, 6), (2, 9), (3, 30)])
def test_what_is_shown_rests_on_enough_people(
    store: Warehouse, urls: WarehouseUrls, seed: int, people: int
) -> None:
    made = Made(seed, people)
    store.insert("work.signal_rows", COLUMNS, made.rows)
    Computed([one for one in every() if one.kpi.kpi == "releases"]).take(store)
    rows = Warehouse(urls.viewer).query("SELECT week, place, releases FROM viewer.releases")
    expected = made.shown()
    assert {(week, place): releases for week, place, releases in rows} == expected
    assert expected
    assert len(expected) < 5 * len(PLACES), "nothing is too small to be shown"


def test_the_board_marks_the_weeks_that_have_most(store: Warehouse, urls: WarehouseUrls) -> None:
    """Beside a KPI; and the annotation says the same of the same weeks."""
    people = [Known(n, None, (n,), (("Blue", ALWAYS, FOREVER),)) for n in range(1, 7)]
    load(store, people, 1)
    assert release.release(store, (), K)
    name, week = uuid4(), MONDAY.date()
    figure = (name, 1, "speed", "points", "up", "Blue", week, "week", 1.0)
    columns = ("load", "sequence", "kpi", "unit", "direction", "team", "period", "grain", "value")
    store.insert("kpi.observation_rows", columns, [figure])
    closing = ("load", "sequence", "observations", "at")
    store.insert("kpi.load_rows", closing, [(name, 2, 1, MONDAY)])
    made = Made(3, 30)
    store.insert("work.signal_rows", COLUMNS, made.rows)
    Computed([one for one in every() if one.kpi.kpi == "releases"]).take(store)

    counts = defaultdict[date, int](int)
    for (monday, _), releases in made.shown().items():
        counts[monday] += releases
    viewer = Warehouse(urls.viewer)
    told = {"from": MONDAY, "until": MONDAY + timedelta(weeks=6), "zone": "UTC", "kpi": "speed"}
    (panel,) = (each for each in IMPACT.panels if each.name == "weeks")
    marks = {row[0].date(): row[1] for row in viewer.query(IMPACT.query(panel).sql, told) if row[1]}
    assert {week: int(mark.split()[0]) for week, mark in marks.items()} == counts
    named = {monday for monday, place in made.shown() if place}
    assert {monday for monday, mark in marks.items() if f" ({HOST} north/" in mark} == named
    noted = {row[0].date(): row[1:] for row in viewer.query(RELEASES.sql, told)}
    assert {week: int(title.split()[0]) for week, (title, _) in noted.items()} == counts
    assert {monday for monday, (_, said) in noted.items() if f"{HOST} north/" in said} == named
    assert "anna" not in str([*marks.values(), *noted.values()])


def test_marks_are_no_kpis(store: Warehouse) -> None:
    """Neither a choice nor a figure, and a KPI of that name may be loaded."""
    store.insert("work.signal_rows", COLUMNS, Made(3, 30).rows)
    Computed([one for one in every() if one.kpi.kpi == "releases"]).take(store)
    for view in ("kpi.observations", "released.observations", "viewer.kpis"):
        assert store.query(f"SELECT kpi FROM {view}") == []
