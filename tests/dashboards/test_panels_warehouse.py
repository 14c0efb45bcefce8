"""The panels' SQL on the real engine: right numbers, k rule, and the same for page and Grafana."""

from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from small_organisation import KPI, TEAMS, UNKNOWN_ACCOUNTS, Fact, history, monday, settle, value

from dashboards.board import Board
from dashboards.boards import boards
from dashboards.grafana.query import choices_sql, panel_sql, unit_sql
from dashboards.queries import HISTORY, INSTALLATION, NOTICE, PULSE, TEAM
from dashboards.queries import KPI as KPI_VARIABLE
from warehouse import Warehouse, WarehouseError

pytestmark = pytest.mark.integration

LEARNING = boards()[0]
SCAFFOLDS = [column.name for column in LEARNING.panel("totals").columns]
EVERY = [(board, asked) for board in boards() for asked in board.asked]
NAMES = [f"{board.name}-{asked.name}" for board, asked in EVERY]

Rows = list[tuple[Any, ...]]
BUCKETS = {"minute": 3, "hour": 24, "day": 24 * 30, "week": 24 * 7 * 26}


class Viewer:
    """Asks as the page does."""

    def __init__(self, url: str, now: datetime) -> None:
        self.warehouse = Warehouse(url)
        self.now = now

    def span(self, hours: float) -> tuple[int, int]:
        until = int(self.now.timestamp())
        return until - int(hours * 3600), until

    def rows(self, name: str, hours: float = 24, team: str = "", kpi: str = KPI) -> Rows:
        return self.rows_of(LEARNING, LEARNING.panel(name), hours, team=team, kpi=kpi)

    def rows_of(self, board: Board, asked: Any, hours: float, **chosen: str) -> Rows:
        start, until = self.span(hours)
        told = {"from": start, "until": until, **chosen}
        rows = board.rows(asked, self.warehouse.query(board.query(asked).sql, told))
        return [tuple(row) for row in rows]


@pytest.fixture(scope="module")
def settled(warehouse: Any) -> tuple[Viewer, list[Fact]]:
    now = datetime.now(UTC).replace(microsecond=0)
    facts = history(now)
    settle(Warehouse(warehouse.admin), facts)
    return Viewer(warehouse.viewer, now), facts


def within(facts: list[Fact], viewer: Viewer, hours: float, team: str) -> list[Fact]:
    """The facts of a range as a panel means it: from the start of its first bucket on."""
    first = viewer.now - timedelta(hours=hours)
    if hours <= 6:
        first = first.replace(second=0)
    elif hours <= 7 * 24:
        first = first.replace(minute=0, second=0)
    else:
        first = first.replace(hour=0, minute=0, second=0)
    if hours > 100 * 24:
        first -= timedelta(days=first.weekday())
    last = viewer.now if hours <= 7 * 24 else viewer.now + timedelta(days=1)
    return [fact for fact in facts if fact.team == team and first <= fact.time < last]


def bucket(time: datetime, grain: str) -> datetime:
    time = time.replace(microsecond=0)
    if grain == "minute":
        return time.replace(second=0)
    if grain == "hour":
        return time.replace(minute=0, second=0)
    day = time.replace(hour=0, minute=0, second=0)
    return day if grain == "day" else day - timedelta(days=day.weekday())


def utc(time: datetime) -> datetime:
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)


@pytest.mark.parametrize(("grain", "hours"), BUCKETS.items())
def test_behaviours_are_counted_in_buckets_without_gaps(
    settled: tuple[Viewer, list[Fact]], grain: str, hours: float
) -> None:
    viewer, facts = settled
    rows = viewer.rows("behaviours", hours, "Harbour")
    mine = within(facts, viewer, hours, "Harbour")
    expected = Counter((bucket(fact.time, grain), fact.behaviour) for fact in mine)
    assert {(utc(t), b): n for t, b, n in rows if n} == expected
    times = sorted({utc(row[0]) for row in rows})
    assert times[-1] == bucket(viewer.now - timedelta(seconds=1), grain)
    assert len({b - a for a, b in pairwise(times)}) <= 1
    assert len(rows) == len(times) * len({fact.behaviour for fact in mine})


@pytest.mark.parametrize("hours", BUCKETS.values())
def test_scaffolds_by_team_and_totals_agree(
    settled: tuple[Viewer, list[Fact]], hours: float
) -> None:
    viewer, facts = settled
    for team in ("Harbour", "Lighthouse"):
        counted = Counter(fact.scaffold for fact in within(facts, viewer, hours, team))
        expected = tuple(counted[scaffold] for scaffold in SCAFFOLDS)
        assert viewer.rows("teams_scaffolds", hours, team) == [(team, *expected)]
        assert viewer.rows("totals", hours, team) == [expected]
    whole = viewer.rows("teams_scaffolds", hours)
    assert viewer.rows("totals", hours) == [
        tuple(sum(row[at] for row in whole) for at in range(1, 5))
    ]
    assert [sum(row[1:]) for row in whole] == sorted((sum(row[1:]) for row in whole), reverse=True)


def test_the_latest_are_newest_first_and_of_teams_that_may_be_shown(
    settled: tuple[Viewer, list[Fact]],
) -> None:
    viewer, facts = settled
    rows = viewer.rows("latest", 24, "Harbour")
    mine = sorted(within(facts, viewer, 24, "Harbour"), key=lambda f: f.time, reverse=True)
    shown = [fact for fact in mine if fact.time >= viewer.now - timedelta(hours=24)][:40]
    assert [(utc(r[0]), *r[1:]) for r in rows] == [
        (fact.time.replace(microsecond=fact.time.microsecond // 1000 * 1000),
         fact.behaviour, fact.team, fact.tool, fact.topic)
        for fact in shown
    ]  # fmt: skip
    assert {row[2] for row in viewer.rows("latest", 24 * 30)} <= {*TEAMS} - {"Skiff"}
    assert viewer.rows("latest", 24 * 30, "Skiff") == []
    assert viewer.rows("latest", 24 * 30, "Harbour") == rows


@pytest.mark.parametrize("name", ["totals", "teams_scaffolds", "behaviours", "latest", "people"])
def test_a_team_under_the_minimum_group_cannot_be_asked_for(
    settled: tuple[Viewer, list[Fact]], name: str
) -> None:
    viewer, _ = settled
    assert viewer.rows(name, 24 * 30, "Skiff") == []


def test_the_kpi_stands_beside_the_learning_of_its_weeks(
    settled: tuple[Viewer, list[Fact]],
) -> None:
    viewer, facts = settled
    rows = viewer.rows("kpi", 24, "Harbour")
    assert len(rows) == 26
    weeks = sorted({monday(fact.time.date()) for fact in facts})
    learning: dict[Any, Counter[str]] = defaultdict(Counter)
    for fact in facts:
        if fact.team == "Harbour":
            learning[monday(fact.time.date())][fact.scaffold] += 1
    for time, *counts, shown in rows:
        week = utc(time).date()
        assert tuple(counts) == tuple(learning[week][scaffold] for scaffold in SCAFFOLDS)
        assert shown == (value("Harbour", weeks.index(week)) if week in weeks else None)
    both = [row[-1] for row in viewer.rows("kpi", 24)]
    mean = (value("Harbour", len(weeks) - 1) + value("Lighthouse", len(weeks) - 1)) / 2
    assert both[-1] == mean


def test_a_kpi_that_was_never_loaded_is_empty(settled: tuple[Viewer, list[Fact]]) -> None:
    viewer, _ = settled
    assert viewer.rows("kpi", 24, "", "nothing_of_the_kind") == []


def test_people_are_distinct_persons_from_the_minimum_group_up(
    settled: tuple[Viewer, list[Fact]],
) -> None:
    viewer, facts = settled
    reached: dict[Any, set[int]] = defaultdict(set)
    for fact in facts:
        if fact.team == "Harbour" and fact.scaffold in SCAFFOLDS:
            for scaffold in (fact.scaffold, ""):
                reached[monday(fact.time.date()), scaffold].add(fact.account)
    rows = viewer.rows("people", 24, "Harbour")
    assert rows
    for time, *counts in rows:
        for scaffold, count in zip(("", *SCAFFOLDS), counts, strict=True):
            people = len(reached[utc(time).date(), scaffold])
            assert count == (people if people >= 5 else None)


def test_tenure_shows_bands_of_enough_people(settled: tuple[Viewer, list[Fact]]) -> None:
    viewer, _ = settled
    rows = viewer.rows("tenure", 24)
    assert any(row[1] for row in rows)
    hidden = viewer.warehouse.query("SELECT count() FROM viewer.tenure_people WHERE people < 5")
    assert hidden[0][0] == 0


def test_the_pipeline_counts_what_nobody_was_found_for(
    settled: tuple[Viewer, list[Fact]],
) -> None:
    viewer, _ = settled
    ((_, _, _, events, _, unresolved, accounts),) = viewer.rows("pipeline")
    assert events >= unresolved > 0
    assert accounts >= UNKNOWN_ACCOUNTS


@pytest.mark.parametrize(("board", "asked"), EVERY, ids=NAMES)
@pytest.mark.parametrize("hours", [3, 24 * 30])
def test_grafana_gets_the_pages_rows(
    settled: tuple[Viewer, list[Fact]], board: Board, asked: Any, hours: float
) -> None:
    viewer, _ = settled
    start, until = viewer.span(hours)
    chosen = {variable.name: "" for variable in board.variables}
    chosen |= {"team": "Harbour", "kpi": KPI}
    sql = panel_sql(board, asked)
    for macro, becomes in (  # what the data source and Grafana put in their place
        ("$__fromTime", f"toDateTime({start})"),
        ("$__toTime", f"toDateTime({until})"),
        *((f"${{{name}:sqlstring}}", f"'{chose}'") for name, chose in chosen.items()),
    ):
        sql = sql.replace(macro, becomes)
    assert "$" not in sql
    rows = [tuple(row) for row in viewer.warehouse.query(sql)]
    if asked.name == "pipeline":
        return  # its lag is another every moment
    assert rows == viewer.rows_of(board, asked, hours, **chosen)


@pytest.mark.parametrize(("board", "asked"), EVERY, ids=NAMES)
def test_a_question_has_the_columns_that_are_declared(
    settled: tuple[Viewer, list[Fact]], board: Board, asked: Any
) -> None:
    viewer, _ = settled
    query, (start, until) = board.query(asked), viewer.span(24)
    told = {**dict.fromkeys(query.parameters, ""), "from": start, "until": until}
    # A question of no rows has no names in the answer's form: its description has them.
    described = viewer.warehouse.query(f"DESCRIBE TABLE ({query.sql})", told)
    assert tuple(str(row[0]) for row in described) == query.columns


def test_the_shares_are_what_is_not_classified_and_what_is_nobodys(
    settled: tuple[Viewer, list[Fact]],
) -> None:
    viewer, facts = settled
    assert LEARNING.caption is not None
    ((unclassified, unresolved),) = viewer.rows_of(LEARNING, LEARNING.caption, 24, team="", kpi="")
    assert unclassified == 0
    ((_, _, _, events, _, nobodys, _),) = viewer.rows("pipeline")
    assert unresolved == pytest.approx(nobodys / events)
    assert 0 < unresolved < 1
    assert facts


def test_a_kpis_unit_is_that_of_the_chosen_one(settled: tuple[Viewer, list[Fact]]) -> None:
    viewer, _ = settled
    sql = unit_sql(KPI_VARIABLE).replace("${kpi:sqlstring}", f"'{KPI}'")
    assert viewer.warehouse.query(sql) == [("%, higher is better",)]
    offered = viewer.warehouse.query(choices_sql(KPI_VARIABLE))
    assert (KPI,) in [tuple(row) for row in offered]


@pytest.mark.parametrize(
    "asked",
    [INSTALLATION, TEAM.query, KPI_VARIABLE.query, NOTICE, PULSE, HISTORY],
    ids=lambda query: query.name,
)
def test_lists_have_the_columns_they_declare(
    settled: tuple[Viewer, list[Fact]], asked: Any
) -> None:
    viewer, _ = settled
    rows = viewer.warehouse.query(asked.sql)
    assert rows
    assert len(rows[0]) == len(asked.columns)


def test_small_teams_are_not_offered(settled: tuple[Viewer, list[Fact]]) -> None:
    viewer, _ = settled
    offered = [row[0] for row in viewer.warehouse.query(TEAM.query.sql)]
    assert {"Harbour", "Lighthouse", "Other"} <= {*offered}
    assert "Skiff" not in offered


@pytest.mark.parametrize("table", ["learning.events", "ops.beats", "vault.account_rows"])
def test_the_viewer_reads_the_viewers_views_only(
    settled: tuple[Viewer, list[Fact]], table: str
) -> None:
    viewer, _ = settled
    with pytest.raises(WarehouseError):
        viewer.warehouse.query(f"SELECT count() FROM {table}")
