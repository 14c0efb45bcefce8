"""The panels' SQL on the real engine: right numbers, k rule, and the same for page and Grafana."""

from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from learning_board import LEARNING
from small_organisation import (
    KPI,
    SMALL_KPI,
    UNKNOWN_ACCOUNTS,
    Fact,
    busy,
    history,
    measure,
    monday,
    settle,
    value,
)

from dashboards.board import Board
from dashboards.boards import boards
from dashboards.grafana.query import choices_sql, panel_sql, unit_sql
from dashboards.queries import HISTORY, INSTALLATION, NOTICE, PULSE, TEAM
from dashboards.queries import KPI as KPI_VARIABLE
from tests.benchmarks.panels import FLAT
from warehouse import Warehouse, WarehouseError

pytestmark = pytest.mark.integration

SCAFFOLDS = [column.name for column in LEARNING.panel("totals").columns]
EVERY = [(board, asked) for board in boards() for asked in board.asked]
NAMES = [f"{board.name}-{asked.name}" for board, asked in EVERY]

Rows = list[tuple[Any, ...]]
STEPS = {"quarter": 3, "hour": 24, "day": 24 * 6, "week": 24 * 30}
LENGTHS = {
    "minute": timedelta(minutes=1),
    "quarter": timedelta(minutes=15),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(days=7),
}


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
        told = {"from": start, "until": until, "zone": "UTC", **chosen}
        rows = board.rows(asked, self.warehouse.query(board.query(asked).sql, told))
        return [tuple(row) for row in rows]


def afternoon() -> datetime:
    """Now, or in the first half of a day yesterday at three: soon after midnight there are so few
    people of the new day that no day can be told from the next, and no hour of them."""
    now = datetime.now(UTC).replace(microsecond=0)
    return now if now.hour >= 12 else now.replace(hour=15) - timedelta(days=1)


@pytest.fixture(scope="module")
def settled(warehouse: Any) -> tuple[Viewer, list[Fact]]:
    now = afternoon()
    facts = history(now) + busy(now)
    settle(Warehouse(warehouse.admin), facts)
    return Viewer(warehouse.viewer, now), facts


def weeks(facts: list[Fact], first: datetime, last: datetime) -> list[Fact]:
    """The facts of the whole weeks in which a time up to another lies."""
    found = {monday(first.date()), monday(last.date())}
    return [fact for fact in facts if min(found) <= monday(fact.time.date()) <= max(found)]


def enough(facts: list[Fact]) -> list[Fact]:
    """The facts of weeks in which the minimum group learned: the others are in no total."""
    people: dict[Any, set[int]] = defaultdict(set)
    for fact in facts:
        people[monday(fact.time.date())].add(fact.account)
    return [fact for fact in facts if len(people[monday(fact.time.date())]) >= 5]


def utc(time: datetime) -> datetime:
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)


@pytest.mark.parametrize(("step", "hours"), STEPS.items())
def test_behaviours_are_counted_in_steps_without_gaps(
    settled: tuple[Viewer, list[Fact]], step: str, hours: float
) -> None:
    """Each step has the cells that lie in it: those of the step's length and of shorter times."""
    viewer, _ = settled
    rows = viewer.rows("behaviours", hours)
    times = sorted({utc(row[0]) for row in rows})
    assert times, "the organisation's events show nothing"
    assert len(times) * len({row[1] for row in rows}) == len(rows)
    assert {later - one for one, later in pairwise(times)} <= {LENGTHS[step]}
    assert times[-1] <= viewer.now < times[-1] + LENGTHS[step] + timedelta(seconds=1)
    expected: Counter[tuple[datetime, str]] = Counter()
    placed = [name for name, length in LENGTHS.items() if length <= LENGTHS[step]]
    for start, grain, scaffold, behaviour, events in viewer.warehouse.query(
        "SELECT start, grain, scaffold, behaviour, events FROM viewer.activity"
    ):
        for time in times:
            if grain in placed and time <= utc(start) < time + LENGTHS[step]:
                expected[time, behaviour or scaffold or "any"] += events
    assert {(utc(t), b): n for t, b, n in rows if n} == expected


def test_by_week_everything_is_counted(settled: tuple[Viewer, list[Fact]]) -> None:
    viewer, facts = settled
    hours = STEPS["week"]
    mine = enough(weeks(facts, viewer.now - timedelta(hours=hours), viewer.now))
    expected = tuple(Counter(fact.scaffold for fact in mine)[scaffold] for scaffold in SCAFFOLDS)
    assert viewer.rows("totals", hours) == [expected]
    assert sum(row[2] for row in viewer.rows("behaviours", hours)) == len(mine)
    by_team = viewer.rows("teams_scaffolds", hours)
    assert tuple(sum(row[at] for row in by_team) for at in range(1, 5)) == expected
    assert [sum(row[1:]) for row in by_team] == sorted(
        (sum(row[1:]) for row in by_team), reverse=True
    )
    named = {row[0]: row[1:] for row in by_team}
    assert named.keys() == {"Harbour", "Lighthouse", "Other"}
    for team in ("Harbour", "Lighthouse"):
        did = Counter(fact.scaffold for fact in mine if fact.team == team)
        for scaffold, events in zip(SCAFFOLDS, named[team], strict=True):
            assert 0 <= events <= did[scaffold], "what too few did in a week is in Other"
        assert viewer.rows("totals", hours, team) == [named[team]]
        assert viewer.rows("teams_scaffolds", hours, team) == [(team, *named[team])]


@pytest.mark.parametrize("hours", STEPS.values())
def test_what_has_no_place_in_a_step_is_said(
    settled: tuple[Viewer, list[Fact]], hours: float
) -> None:
    viewer, _ = settled
    assert LEARNING.caption is not None
    told = viewer.rows_of(LEARNING, LEARNING.caption, hours, team="", kpi="")
    drawn = sum(row[2] for row in viewer.rows("behaviours", hours))
    ((longer, _, _),) = told
    (totals,) = viewer.rows("totals", hours)
    assert 0 <= longer < 1
    assert (longer == 0) == (drawn >= sum(totals))


def test_the_latest_are_newest_first_and_what_enough_people_did(
    settled: tuple[Viewer, list[Fact]],
) -> None:
    viewer, facts = settled
    rows = viewer.rows("latest", 24 * 30)
    assert rows, "the organisation's events show nothing"
    assert [row[0] for row in rows] == sorted((row[0] for row in rows), reverse=True)
    for start, within, behaviour, team, tool, topic in rows:
        lasts = {"15 min": timedelta(minutes=15), "1 h": timedelta(hours=1)}[within]
        there = [
            fact
            for fact in facts
            if timedelta() <= fact.time - utc(start) < lasts
            and fact.behaviour == behaviour
            and tool in ("", fact.tool)
            and team in ("", fact.team)
            and topic in ("", fact.topic)
        ]
        assert len({fact.account for fact in there}) >= 5
    assert viewer.rows("latest", 24 * 30, "Skiff") == []


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
    for week, scaffold, events in viewer.warehouse.query(
        "SELECT week, scaffold, events FROM viewer.team_activity WHERE team = 'Harbour'"
    ):
        learning[week][scaffold] += events
    assert learning
    for time, *counts, shown, target in rows:
        week = utc(time).date()
        assert target is None, "nobody said one"
        assert tuple(counts) == tuple(learning[week][scaffold] for scaffold in SCAFFOLDS)
        assert shown == (value("Harbour", weeks.index(week)) if week in weeks else None)
    both = [row[-2] for row in viewer.rows("kpi", 24)]
    mean = (value("Harbour", len(weeks) - 1) + value("Lighthouse", len(weeks) - 1)) / 2
    assert both[-1] == mean


def test_a_kpi_that_was_never_loaded_is_empty(settled: tuple[Viewer, list[Fact]]) -> None:
    viewer, _ = settled
    assert viewer.rows("kpi", 24, "", "nothing_of_the_kind") == []


def test_people_are_distinct_persons_down_to_a_multiple_of_the_minimum_group(
    settled: tuple[Viewer, list[Fact]],
) -> None:
    viewer, facts = settled
    reached: dict[Any, set[int]] = defaultdict(set)
    for fact in facts:
        for scaffold in (fact.scaffold, ""):
            reached[monday(fact.time.date()), scaffold].add(fact.account)
    rows = viewer.rows("people", 24)
    assert rows
    whole = 0
    for time, *counts in rows:
        week = utc(time).date()
        few = any(0 < len(who) < 5 for (begins, _), who in reached.items() if begins == week)
        whole += not few
        for scaffold, count in zip(("", *SCAFFOLDS), counts, strict=True):
            people = len(reached[week, scaffold])
            if scaffold and few and count is None:
                continue  # with one that is left out another may have to be, which would tell it
            if scaffold == "" or people >= 5:
                assert count == people // 5 * 5
    assert whole, "in some week each scaffold has enough people"


def test_tenure_shows_bands_of_enough_people(settled: tuple[Viewer, list[Fact]]) -> None:
    viewer, facts = settled
    rows = viewer.rows("tenure", 24)
    assert any(row[1] for row in rows)
    ((least, events),) = viewer.warehouse.query(
        "SELECT min(people), sum(events) FROM viewer.tenure_weeks"
    )
    assert least >= 5
    assert events == len(enough(facts))


def test_the_pipeline_counts_what_nobody_was_found_for_in_steps(
    settled: tuple[Viewer, list[Fact]],
) -> None:
    viewer, facts = settled
    ((_, _, _, events, _, unresolved, accounts),) = viewer.rows("pipeline")
    nobodys = sum(not fact.team for fact in facts)
    assert accounts == UNKNOWN_ACCOUNTS // 5 * 5
    assert unresolved == nobodys // 50 * 50 > 0
    assert events == 0, "no worker has spoken"


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
    # What marks is an annotation there.
    kept = [at for at, column in enumerate(asked.columns) if not column.marks]
    told = viewer.rows_of(board, asked, hours, **chosen)
    assert rows == [tuple(row[at] for at in kept) for row in told]


@pytest.mark.parametrize(("board", "asked"), EVERY, ids=NAMES)
def test_a_question_has_the_columns_that_are_declared(
    settled: tuple[Viewer, list[Fact]], board: Board, asked: Any
) -> None:
    viewer, _ = settled
    query, (start, until) = board.query(asked), viewer.span(24)
    told = {**dict.fromkeys(query.parameters, ""), "from": start, "until": until, "zone": "UTC"}
    # A question of no rows has no names in the answer's form: its description has them.
    described = viewer.warehouse.query(f"DESCRIBE TABLE ({query.sql})", told)
    assert tuple(str(row[0]) for row in described) == query.columns


def test_the_shares_are_what_is_not_classified_and_what_is_nobodys(
    settled: tuple[Viewer, list[Fact]],
) -> None:
    viewer, facts = settled
    assert LEARNING.caption is not None
    hours = STEPS["week"]
    told = viewer.rows_of(LEARNING, LEARNING.caption, hours, team="", kpi="")
    ((longer, unclassified, unresolved),) = told
    assert longer == 0
    assert unclassified == 0
    of_all = sum(not fact.team for fact in facts) / len(facts)
    assert unresolved == pytest.approx(of_all, abs=0.05)


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


def test_a_kpi_of_small_teams_only_is_in_the_list_and_says_so(
    settled: tuple[Viewer, list[Fact]], warehouse: Any
) -> None:
    viewer, _ = settled
    measure(Warehouse(warehouse.admin), SMALL_KPI, ("Skiff",))
    offered = viewer.warehouse.query(KPI_VARIABLE.query.sql)
    assert [bool(shown) for *_, shown, _ in offered] == sorted(
        (bool(shown) for *_, shown, _ in offered), reverse=True
    )
    told = {kpi: (unit, direction, bool(shown)) for kpi, unit, direction, shown, _ in offered}
    assert told[SMALL_KPI] == ("%", "up", False)
    assert told[KPI] == ("%", "up", True)
    query = f"SELECT count() FROM viewer.kpi_periods WHERE kpi = '{SMALL_KPI}'"
    assert viewer.warehouse.query(query) == [(0,)]


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


def test_the_benchmark_has_a_query_by_hand_for_each_of_the_learning_board(
    settled: tuple[Viewer, list[Fact]],
) -> None:
    viewer, _ = settled
    (board,) = (board for board in boards() if board.name == "learning")
    start, until = viewer.span(24 * 7)
    for asked in board.asked:
        flat = (FLAT / f"{asked.file}.sql").read_text("utf-8")
        told = {"from": start, "until": until, "team": "", "kpi": "first_time_right"}
        viewer.warehouse.query(flat, told)
