"""`headwater report` of a real warehouse, asked as its viewer: figures are those of the views, and
a team below the minimum group is nowhere."""

import sys
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from report_rows import keep, link, tables
from small_organisation import KPI, SMALL_KPI, TEAMS, history, measure, settle

from headwater import cli
from headwater.report import findings, page
from headwater.report.findings import Findings, Kpi, sql
from headwater.report.quarter import Quarter
from headwater.report.words import number, percent
from kpis import declared
from kpis.declared import Begun
from tests.conftest import WarehouseUrls
from warehouse import Warehouse

pytestmark = pytest.mark.integration

QUARTER = Quarter(2024, 3)
#: When its last event was, on a Sunday; the weeks after it are empty.
LAST = datetime(2024, 8, 11, 12, tzinfo=UTC)
OVER = datetime(2024, 10, 2, 12, tzinfo=UTC)
NAMED = ("Harbour", "Lighthouse")
#: Too small to be shown; the KPI of it alone, and what began in it alone.
SMALL, ITS_OWN = "Skiff", ("oars", "Rowing")
BERTHS = Kpi(KPI, "", "%", "up", "", "", None)

Command = Callable[..., tuple[int, str, str]]


class Filled(NamedTuple):
    urls: WarehouseUrls
    viewer: Warehouse
    #: What viewers read of the quarter once it was over.
    found: Findings

    def rows(self, query: str, quarter: Quarter = QUARTER, **more: str) -> list[tuple[Any, ...]]:
        told = {"first": quarter.weeks[0], "last": quarter.weeks[-1], **more}
        return [tuple(row) for row in self.viewer.query(query, told)]


@pytest.fixture(scope="module")
def filled(warehouse: WarehouseUrls) -> Filled:
    admin = Warehouse(warehouse.admin)
    settle(admin, history(LAST, days=70), wanted=("published",))
    measure(admin, SMALL_KPI, (SMALL,), QUARTER.weeks)
    began = date(2024, 7, 1)
    declared.declare(admin, [Begun("Knots", "Harbour", began), Begun("Knots", SMALL, began)])
    declared.declare(admin, [Begun("Rowing", SMALL, began, "in the Skiff")])
    told: dict[str, Any] = {"p": 0.001, "q": 0.004, "n": 512, "clusters": 12, "weeks": 44}
    keep(
        admin,
        [
            link("panel", "help", BERTHS, estimate=1.25, low=0.5, high=2.0, more=3.0,
                 detectable=0.7, family=13, **told),
            link("rollout", "Knots", BERTHS, estimate=4.5, low=2.5, high=6.5, placebo_p=0.6,
                 detectable=1.8, **told),
            link("panel", "read", BERTHS, lacks=("8 more teams",), clusters=2),
            link("rollout", "Rowing", BERTHS, lacks=("9 more teams",)),
            # Stored, and on too few teams to be in any view.
            link("panel", "ask", BERTHS, estimate=77.7, low=70.0, high=80.0, detectable=7.7,
                 **{**told, "clusters": 3}),
        ],
        datetime.now(UTC),  # one of long ago would not be kept
    )  # fmt: skip
    viewer = Warehouse(warehouse.viewer)
    return Filled(warehouse, viewer, findings.read(viewer, QUARTER, OVER))


@pytest.fixture
def command(
    filled: Filled,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> Command:
    def run(*words: str) -> tuple[int, str, str]:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("HEADWATER_CLICKHOUSE", filled.urls.viewer)
        monkeypatch.setattr(sys, "argv", ["headwater", "report", *words])
        code: Any = 0
        try:
            cli.main()
        except SystemExit as ended:
            code = ended.code or 0
        said = capsys.readouterr()
        return int(code), said.out, said.err

    return run


@pytest.fixture(scope="module")
def written(filled: Filled) -> str:
    return page.written(filled.found)


def test_the_command_writes_it(command: Command, written: str, tmp_path: Path) -> None:
    code, said, _ = command("--quarter", str(QUARTER))
    assert code == 0
    assert said == "Q3 2024 is in headwater-2024Q3.html\n"
    assert [each.name for each in tmp_path.iterdir()] == ["headwater-2024Q3.html"]
    told = (tmp_path / "headwater-2024Q3.html").read_text("utf-8")
    assert tables(told) == tables(written)


def test_learning_is_what_the_views_have(filled: Filled, written: str) -> None:
    events = defaultdict(int, filled.rows(
        "SELECT toString(scaffold), sum(events) FROM viewer.activity "
        "WHERE week BETWEEN {first:Date} AND {last:Date} GROUP BY scaffold"
    ))  # fmt: skip
    ((weeks,),) = filled.rows(
        "SELECT uniqExact(week) FROM viewer.activity "
        "WHERE week BETWEEN {first:Date} AND {last:Date}"
    )
    assert weeks > 4
    assert f"{sum(events.values()):,} events in {weeks} weeks of Q3 2024" in written
    shown = {
        row[0].partition(":")[0].lower(): row
        for row in tables(written)["Learning events by scaffold"]
    }
    for scaffold in ("discovery", "practice", "sharing", "reinforcement"):
        assert shown[scaffold][1] == number(events[scaffold] / weeks)
    behaviours = filled.rows(
        "SELECT toString(behaviour), sum(events) FROM viewer.activity "
        "WHERE week BETWEEN {first:Date} AND {last:Date} AND behaviour != '' GROUP BY behaviour"
    )
    told = [row[2] for row in tables(written)["Learning events by behaviour"][1:]]
    assert sorted(told) == sorted(f"{count:,}" for _, count in behaviours)


def test_a_team_is_told_a_head_as_the_views_have_it(filled: Filled, written: str) -> None:
    """By another road: rows of the views, added up here."""
    sizes = filled.rows("SELECT team, from, until, people FROM viewer.team_sizes")
    shown = {row[0]: row for row in tables(written)["Learning events a head and week, by team"][1:]}
    assert set(shown) == set(NAMED)
    for team in NAMED:
        rates = []
        for quarter in (QUARTER, QUARTER.before):
            weekly = dict(filled.rows(
                "SELECT week, sum(events) FROM viewer.team_activity WHERE team = {team:String} "
                "AND week BETWEEN {first:Date} AND {last:Date} GROUP BY week",
                quarter, team=team,
            ))  # fmt: skip
            heads = sum(
                people
                for week in weekly
                for name, since, until, people in sizes
                if name == team and since <= week + timedelta(days=6) <= until
            )
            rates.append((sum(weekly.values()), heads, len(weekly)))
        (now, heads, told), (before, heads_before, _) = rates
        assert shown[team][1] == str(TEAMS[team])
        assert shown[team][6:8] == [number(now / heads), number(before / heads_before)]
        assert shown[team][9] == f"{told} of {len(QUARTER.weeks)}"
        assert shown[team][8] in (percent(now / heads, before / heads_before), "–")


def test_a_kpi_is_what_the_views_have(filled: Filled, written: str) -> None:
    rows = filled.rows(
        "SELECT team, value, n FROM viewer.kpi_periods WHERE kpi = 'berths_found_at_once' "
        "AND first_day BETWEEN {first:Date} AND {last:Date}"
    )
    mean = sum(value * n for _, value, n in rows) / sum(n for *_, n in rows)
    (row,) = [each for each in tables(written)["KPIs of the two quarters"] if "Berths" in each[0]]
    assert row[2:4] == [number(mean), f"2 teams, n {sum(n for *_, n in rows):,}"]
    by_team = tables(written)["berths found at once (%) by team"][1:]
    for team, *told in by_team:
        mine = [value for name, value, _ in rows if name == team]
        assert told[0] == number(sum(mine) / len(mine))
    assert [row[0] for row in by_team] == list(NAMED)


def test_links_are_what_the_views_have(filled: Filled, written: str) -> None:
    rows = filled.rows(
        "SELECT kind, verdict, estimate, low, high, n, clusters, detectable FROM viewer.links"
    )
    assert sorted(row[0] for row in rows) == ["association", "effect", "missing"]
    for kind, verdict, estimate, low, high, n, clusters, detectable in rows:
        if kind == "missing":
            continue
        assert verdict.replace(KPI, "berths found at once") in written
        unit = "percentage points"
        for told in (
            f"<dd>{number(estimate)} {unit}</dd>", f"<dd>{number(low)} to {number(high)}</dd>",
            f"<dd>{n:,} team-weeks of {clusters} teams</dd>",
            f"<dd>{number(detectable)} {unit}</dd>",
        ):  # fmt: skip
            assert told in written
    assert "8 more teams" in written
    assert "77.7" not in written


def test_a_team_below_the_minimum_group_is_nowhere(filled: Filled, written: str) -> None:
    admin = Warehouse(filled.urls.admin)
    there = admin.query("SELECT count() FROM kpi.observations WHERE team = 'Skiff'")[0][0]
    assert there > len(QUARTER.weeks), "it has figures, which no viewer reads"
    assert "Harbour" in written
    assert "Knots" in written
    for word in (SMALL, *ITS_OWN):
        assert word.lower() not in written.lower()


def test_what_is_read_of_one_quarter_is_not_of_the_other(filled: Filled) -> None:
    now, before = filled.found.now, filled.found.before
    assert {row.week for row in now.scaffolds} <= set(QUARTER.weeks)
    assert {row.week for row in before.scaffolds} <= set(QUARTER.before.weeks)
    assert now.scaffolds
    assert before.scaffolds
    assert {row.day for row in now.series} <= set(QUARTER.weeks)


def test_the_analyst_has_the_same_rights_to_it(filled: Filled) -> None:
    analyst = Warehouse(filled.urls.analyst)
    again = findings.read(analyst, QUARTER, filled.found.made)
    assert again == filled.found


def test_a_quarter_without_data_says_so_and_writes_nothing(
    command: Command, tmp_path: Path
) -> None:
    code, said, told = command("--quarter", "2019Q1", "--out", "empty.html")
    assert code == 1
    assert said == ""
    assert "there is no report of Q1 2019 (31 Dec 2018 to 31 Mar 2019)" in told
    assert "what is published begins with the week of" in told
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--quarter", "2024Q9"], "as in 2026Q3"),
        (["--quarter", "2105Q4"], "no week is over"),
        (["--quarter", "2024Q3", "--out", "no/such/folder/r.html"], "name another --out"),
    ],
)
def test_what_cannot_be_is_a_line(
    command: Command, tmp_path: Path, words: list[str], expected: str
) -> None:
    code, _, told = command(*words)
    assert code == 1
    assert expected in told
    assert len(told.strip().splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_pdf_without_a_browser_is_refused_before_anything_is_written(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    code, _, told = command("--quarter", "2024Q3", "--pdf", "r.pdf")
    assert code == 1
    assert "needs a Chromium" in told
    assert list(tmp_path.iterdir()) == []


def test_months_and_days_are_counted_by_their_own_edges(filled: Filled) -> None:
    """A month is of the calendar quarter, a day of the quarter's weeks; weeks go before both."""
    told = filled.found.now.span.parameters
    assert told["first_month"] == date(2024, 7, 1)
    assert told["last_month"] == date(2024, 9, 1)
    rows = filled.viewer.query(sql("kpi_teams"), told)
    assert {row[2] for row in rows} == {"week"}
