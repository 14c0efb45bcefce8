"""KPI figures keep their grain, means are weighted and totals summed: an oracle in Python."""

from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import uuid4

import pytest
from learning_board import LEARNING
from small_organisation import TEAMS, Fact, history, monday, settle

from warehouse import Warehouse

pytestmark = pytest.mark.integration

BOARD = LEARNING
KPI_SQL = BOARD.query(BOARD.panel("kpi")).sql
SCAFFOLDS = [column.name for column in BOARD.panel("totals").columns]
SHOWN = ("Harbour", "Lighthouse")
LEAST = {"day": 28, "week": 26, "month": 12}


class Figure(NamedTuple):
    """A figure as it was loaded."""

    kpi: str
    team: str
    grain: str
    period: date
    value: float
    n: int

    @property
    def target(self) -> float | None:
        """Some KPIs have none; of one that has, a team may lack it."""
        if self.kpi.startswith("plain_") or (
            self.kpi.startswith("half_") and self.team != "Harbour"
        ):
            return None
        return self.value * 0.9 + self.n


def start(day: date, grain: str) -> date:
    return {"day": day, "week": monday(day), "month": day.replace(day=1)}[grain]


def figures(now: datetime) -> list[Figure]:
    """Monthly, daily and weekly KPIs of every team, and one whose months and weeks differ."""
    found = []
    today = now.date()
    for grain, back in (("day", range(40)), ("week", range(0, 42, 7)), ("month", (0, 31))):
        for place, days in enumerate(back):
            period = start(today - timedelta(days=days), grain)
            for team, size in TEAMS.items():
                value = 10.0 * size + place
                found.append(Figure(f"by_{grain}", team, grain, period, value, size * (place + 1)))
                found.append(Figure(f"plain_{grain}", team, grain, period, value, 0))
                found.append(Figure(f"total_{grain}", team, grain, period, value, size))
                half = size if team == "Harbour" else 0
                found.append(Figure(f"half_{grain}", team, grain, period, value, half))
    found += [
        Figure("mixed", team, grain, start(today, grain), value, 1)
        for team in TEAMS
        for grain, value in (("month", 1000.0), ("day", 500.0), ("week", 1.0))
    ]
    return list({each[:4]: each for each in found}.values())


@pytest.fixture(scope="module")
def loaded(warehouse: Any) -> tuple[Warehouse, Warehouse, list[Fact], list[Figure], datetime]:
    now = datetime.now(UTC).replace(microsecond=0)
    admin, facts, some = Warehouse(warehouse.admin), history(now), figures(now)
    settle(admin, facts)
    load = uuid4()
    admin.insert(
        "kpi.catalogue_rows",
        ("kpi", "aggregation", "declared", "version"),
        [(f"total_{grain}", "sum", 1, 1) for grain in LEAST],
    )
    admin.insert(
        "kpi.load_rows", ("load", "sequence", "observations", "at"), [(load, 99, len(some), now)]
    )
    admin.insert(
        "kpi.observation_rows",
        (
            "load",
            "sequence",
            "kpi",
            "unit",
            "direction",
            "team",
            "period",
            "grain",
            "value",
            "n",
            "target",
        ),
        [
            (load, 1, one.kpi, "%", "up", one.team, one.period, one.grain, *one[4:], one.target)
            for one in some
        ],
    )
    return admin, Warehouse(warehouse.viewer), facts, some, now


def mean(some: list[Figure], values: list[float]) -> float:
    if some[0].kpi.startswith("total_"):
        return sum(values)
    if all(one.n for one in some):
        weighted = sum(value * one.n for value, one in zip(values, some, strict=True))
        return weighted / sum(one.n for one in some)
    return sum(values) / len(some)


@pytest.mark.parametrize("grain", ["day", "week", "month"])
@pytest.mark.parametrize("kind", ["by", "plain", "half", "total"])
@pytest.mark.parametrize("team", ["", "Harbour"])
def test_the_panel_draws_a_kpi_in_its_own_grain_taken_together_as_it_is_declared(
    loaded: Any, kind: str, grain: str, team: str
) -> None:
    _, viewer, _, some, now = loaded
    kpi = f"{kind}_{grain}"
    until = int(now.timestamp())
    told = {"from": until - 86_400, "until": until, "zone": "UTC", "team": team, "kpi": kpi}
    rows = viewer.query(KPI_SQL, told)
    assert len(rows) == LEAST[grain]
    teams = [team] if team else SHOWN
    learned: dict[date, Counter[str]] = defaultdict(Counter)
    for begins, of, scaffold, named, events in viewer.query(
        "SELECT start, grain, scaffold, team, events FROM viewer.team_activity"
    ):
        if named in teams and (grain != "day" or of == "day"):
            # A week of which no day can be told is in the month of its Thursday.
            day = begins.date() + timedelta(days=3 if of == "week" and grain == "month" else 0)
            learned[start(day, grain)][scaffold] += events
    assert learned
    seen, aimed = 0, 0
    for time, *counts, shown, target in rows:
        day = time.date()
        assert day == start(day, grain)
        assert tuple(counts) == tuple(learned[day][scaffold] for scaffold in SCAFFOLDS)
        here = [one for one in some if (one.kpi, one.period) == (kpi, day) and one.team in teams]
        assert (shown is None) == (not here)
        if here:
            seen += 1
            assert shown == pytest.approx(mean(here, [one.value for one in here]))
        aims = [one.target for one in here if one.target is not None]
        assert (target is None) == (not here or len(aims) < len(here))
        if target is not None:
            aimed += 1
            assert target == pytest.approx(mean(here, aims))
    assert seen
    assert bool(aimed) == (kind in ("by", "total") or (kind == "half" and team == "Harbour"))


def test_a_month_is_never_in_a_week(loaded: Any) -> None:
    admin, viewer, _, some, now = loaded
    until = int(now.timestamp())
    told = {
        "from": until - 86_400,
        "until": until,
        "zone": "UTC",
        "team": "Harbour",
        "kpi": "mixed",
    }
    assert {row[-2] for row in viewer.query(KPI_SQL, told)} == {None, 1.0}
    for view in ("kpi.team_weeks", "viewer.team_weeks", "viewer.kpi_weeks"):
        reader = admin if view.startswith("kpi.") else viewer
        rows = reader.query(f"SELECT DISTINCT kpi, team, week, value, n FROM {view}")
        expected = {
            (one.kpi, one.team, one.period): (one.value, one.n)
            for one in some
            if one.grain == "week"
        }
        found = {tuple(row[:3]): tuple(row[3:]) for row in rows if row[0] in {o.kpi for o in some}}
        assert found
        assert found.items() <= expected.items()
        assert {kpi for kpi, *_ in found} == {
            "by_week",
            "plain_week",
            "half_week",
            "total_week",
            "mixed",
        }


def test_learning_stands_beside_each_figure_of_its_period(loaded: Any) -> None:
    admin, _, facts, some, _ = loaded
    rows = admin.query(
        "SELECT kpi, team, grain, period, value, n, sum(events) FROM kpi.team_periods "
        "WHERE kpi != 'berths_found_at_once' GROUP BY ALL"
    )
    found = {tuple(row[:6]): row[6] for row in rows}
    expected: Counter[tuple[Any, ...]] = Counter()
    for one in some:
        for fact in facts:
            if fact.team == one.team and start(fact.time.date(), one.grain) == one.period:
                expected[tuple(one)] += 1
    assert found == expected


def test_people_of_a_month_are_counted_once(loaded: Any) -> None:
    admin, _, facts, _, now = loaded
    month = start(now.date(), "month")
    people: dict[tuple[str, str], set[int]] = defaultdict(set)
    for fact in facts:
        if start(fact.time.date(), "month") == month and fact.team:
            people[fact.team, fact.behaviour].add(fact.account)
    rows = admin.query(
        "SELECT team, behaviour, people FROM kpi.team_periods "
        "WHERE kpi = 'by_month' AND period = {month:Date}",
        {"month": month},
    )
    assert {(team, behaviour): n for team, behaviour, n in rows} == {
        where: len(who) for where, who in people.items()
    }


def test_a_team_under_the_minimum_group_is_in_no_view_of_the_viewer_s(loaded: Any) -> None:
    _, viewer, *_ = loaded
    rows = viewer.query("SELECT DISTINCT team FROM viewer.kpi_periods WHERE kpi LIKE 'by_%'")
    assert {team for (team,) in rows} == set(SHOWN)
