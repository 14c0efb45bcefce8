"""What a report makes of rows: quarters and their edges, words, figures, pictures, empty places."""

import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from report_rows import HOSTILE, KPIS, OVER, QUARTER, TEAMS, findings, link, links, tables

from headwater.errors import StackError
from headwater.report import drawings, page, paper, words
from headwater.report.findings import Half, Measured, Rollout
from headwater.report.measures import level, moved, swing
from headwater.report.quarter import Quarter, Span, today

BY_TEAM = "Learning events a head and week, by team"
QUERIES = sorted(
    each.name for each in files("headwater.report").iterdir() if each.name.endswith(".sql")
)
#: What would ask the network, wherever it stood.
ASKING = re.compile(
    r"""\b(src|srcset|action|poster)\s*=|url\(|@import|<(script|link(?! rel="icon"))"""
)


@pytest.mark.parametrize(
    ("text", "quarter"),
    [("2026Q3", Quarter(2026, 3)), ("2026-Q1", Quarter(2026, 1)), (" 2025q4 ", Quarter(2025, 4))],
)
def test_a_quarter_is_read(text: str, quarter: Quarter) -> None:
    assert Quarter.read(text) == quarter


@pytest.mark.parametrize(
    "text", ["", "2026", "2026Q5", "2026Q0", "Q3 2026", "2026Q3x", "0001Q1", "９９９９Q1"]
)
def test_what_is_no_quarter_says_what_is_expected(text: str) -> None:
    with pytest.raises(StackError, match=r"2026Q3 \(July to September 2026\)"):
        Quarter.read(text)


def test_every_week_is_in_one_quarter() -> None:
    quarters = [Quarter(year, number) for year in range(1999, 2040) for number in (1, 2, 3, 4)]
    weeks = [week for quarter in quarters for week in quarter.weeks]
    first = quarters[0].weeks[0]
    assert weeks == [first + timedelta(weeks=place) for place in range(len(weeks))]
    lengths = Counter(len(quarter.weeks) for quarter in quarters)
    assert set(lengths) == {12, 13, 14}
    assert lengths[13] > 0.8 * len(quarters)
    assert all(Quarter.of(week) == quarter for quarter in quarters for week in quarter.weeks)
    assert all(one.before == other for other, one in pairwise(quarters))


def test_the_edges_are_those_of_the_organisations_clock() -> None:
    """Half an hour before midnight in London the last week is over in Paris alone."""
    assert QUARTER.weeks[0] == date(2026, 6, 29)
    assert QUARTER.weeks[-1] == date(2026, 9, 21)
    moment = datetime(2026, 9, 27, 22, 30, tzinfo=UTC)
    told = {
        zone: Span.until(QUARTER, today(zone, moment))
        for zone in ("Europe/Paris", "America/Los_Angeles", "Pacific/Auckland")
    }
    assert told["Europe/Paris"].last == date(2026, 9, 21)
    assert told["Pacific/Auckland"].last == date(2026, 9, 21)
    assert told["America/Los_Angeles"].last == date(2026, 9, 14)
    assert not any(span.over for span in told.values()), "September is not over"
    assert Span.until(QUARTER, date(2026, 10, 1)).over


def test_a_quarter_of_which_no_week_is_over_is_refused() -> None:
    with pytest.raises(StackError, match=r"no week is over.* 2026Q2, or wait"):
        Span.until(QUARTER, date(2026, 7, 5))
    assert Span.until(QUARTER, date(2026, 7, 6)).weeks == (date(2026, 6, 29),)


def test_a_quarter_that_is_not_over_says_as_of_when() -> None:
    written = page.written(findings(date(2026, 8, 12)))
    said = "Q3 2026 is not over: as of 12 Aug 2026, 6 of its 13 weeks are told, up to 9 Aug 2026."
    assert said in written
    assert "as of 12 Oct" not in page.written(findings())


@pytest.mark.parametrize("name", QUERIES)
def test_a_query_reads_the_viewers_views_only(name: str) -> None:
    sql = files("headwater.report").joinpath(name).read_text("utf-8")
    sources = set(re.findall(r"(?:FROM|JOIN)\s+([a-z_]+\.[a-z_]+)", sql))
    assert sources
    assert all(source.startswith("viewer.") for source in sources)
    assert not re.search(
        r"\b(?!viewer\b)(learning|lrs|vault|directory|released|published|kpi|ops)\.", sql
    )
    assert "viewer.experts" not in sql


def test_it_asks_the_network_for_nothing_and_runs_nothing() -> None:
    written = page.written(findings())
    assert not ASKING.search(written)
    assert set(re.findall(r'href="([^"]*)"', written)) <= {
        "data:,",
        *(f"#{section.name}" for section in page.sections(findings())),
    }
    assert "default-src 'none'" in written
    assert written.startswith('<!doctype html>\n<html lang="en">')


def test_names_with_html_in_them_stay_text() -> None:
    kpi = replace_kpi(title=HOSTILE, unit=HOSTILE, owner=HOSTILE)
    team = next(iter(TEAMS))
    whole = findings(kpis=(kpi, KPIS[1]))
    hostile = replace(
        whole,
        now=renamed(whole.now, team),
        before=renamed(whole.before, team),
        rollouts=(Rollout(HOSTILE, date(2026, 7, 13), (HOSTILE,), HOSTILE),),
        links=tuple(
            each._replace(unit=HOSTILE, behaviour=HOSTILE, verdict=HOSTILE) for each in links()
        ),
        counted=HOSTILE,
    )
    written = page.written(hostile)
    assert "<script" not in written
    assert written.count("&lt;script&gt;") > 10
    assert HOSTILE in [row[0] for row in tables(written)[BY_TEAM]]


def replace_kpi(**changes: Any) -> Any:
    return KPIS[0]._replace(**changes)


def renamed(of: Half, team: str) -> Half:
    def fixed(rows: Any) -> Any:
        return tuple(row._replace(team=HOSTILE) if row.team == team else row for row in rows)

    return replace(of, teams=fixed(of.teams), sizes=fixed(of.sizes), measured=fixed(of.measured))


def test_figures_are_those_that_were_given() -> None:
    whole = findings()
    found = tables(page.written(whole))
    of_teams = {row[0]: row for row in found[BY_TEAM]}
    for team, people in TEAMS.items():
        events = {row.scaffold: row.events for row in whole.now.teams if row.team == team}
        assert of_teams[team][1] == str(people)
        assert of_teams[team][2:7] == [
            drawings.figure(events[name] / (people * 13))
            for name in ("discovery", "practice", "sharing", "reinforcement", "")
        ]
        assert of_teams[team][-2:] == ["+10 %", "13 of 13"]
    scaffolds = {row[0].partition(":")[0]: row for row in found["Learning events by scaffold"]}
    sharing = sum(row.events for row in whole.now.scaffolds if row.scaffold == "sharing")
    assert scaffolds["Sharing"][1] == drawings.figure(sharing / 13)
    kpis = {row[0]: row for row in found["KPIs of the two quarters"]}
    assert kpis["Hours to close (hours)"] == [
        "Hours to close (hours)", "lower", "22.3", "3 teams, n 390", "21.0", "3 teams, n 390",
        "+1.33 hours", "worse, at least the 0.5 that matters",
    ]  # fmt: skip
    assert kpis["Solved share (%)"][-2:] == ["+4.00 percentage points", "better"]


def test_a_link_is_told_in_the_projects_own_words_with_all_that_it_rests_on() -> None:
    written = page.written(findings())
    for each in links():
        if each.kind in ("effect", "association", "doubtful"):
            assert each.verdict.replace("close_hours", "Hours to close") in written
    for told in (
        "−0.620 hours", "−0.900 to −0.310", "1,033 team-weeks of 12 teams", "0.310 hours",
        "40 (5 Jan 2026 to 5 Oct 2026)", "Weeks after the quarter are in it.",
        "Pre-trend: nothing seen (p 0.440)",
    ):  # fmt: skip
        assert told in written
    found = tables(written)
    assert found["Pairs in which nothing was found"][1][3] == "0.520 hours"
    assert found["Pairs with too little data"][1][3] == "7 more teams and 3 more weeks"
    assert len(found["Every estimate"]) == 1 + len([e for e in links() if e.estimate is not None])


def test_a_kpi_that_is_called_as_its_unit_is_renamed_once() -> None:
    said = words.renamed("hours is 0.6 hours lower", "hours", "Time to close")
    assert said == "Time to close is 0.6 hours lower"
    assert words.renamed("a_b and a_b_c, a_b", "a_b", r"\1") == r"\1 and a_b_c, \1"


def test_what_is_missing_of_a_rollout_and_what_did_not_change_stand_under_it() -> None:
    more = (
        link("rollout", "Coaching", KPIS[1], lacks=("3 more teams",)),
        link("interruption", "Wiki", estimate=0.1, low=-1.0, high=1.2, p=0.8, n=60, clusters=1,
             weeks=60, detectable=1.4, placebo_p=0.3),
    )  # fmt: skip
    began = Rollout("Wiki", date(2025, 9, 1), ("Harbour",), "")
    whole = findings()
    written = page.written(
        replace(whole, links=(*whole.links, *more), rollouts=(*whole.rollouts, began))
    )
    assert "Cannot be said yet of solved share: what is missing is 3 more teams." in written
    (_, row) = tables(written)["No change found after it"]
    assert row == [
        "Hours to close", "0.100 hours", "−1.00 to 1.20", "nothing seen (p 0.300)", "60", "1",
        "1.40 hours",
    ]  # fmt: skip


def test_empty_places_say_that_they_are_empty() -> None:
    spans = [Span.until(each, OVER) for each in (QUARTER, QUARTER.before)]
    bare = findings(now=Half(spans[0]), before=Half(spans[1]), kpis=(), links=(), rollouts=())
    written = page.written(bare)
    for said in (
        "No learning event of enough people is published of this quarter.",
        "No KPI has a figure of a team that is large enough to be shown, in either quarter.",
        "Nothing was estimated yet.",
        "No rollout was declared.",
        "No team has 5 people or more, so none is told by itself.",
        "Nothing was estimated.",
    ):
        assert said in written
    assert "nan" not in written
    assert "None" not in re.sub(r"<style>.*?</style>", "", written, flags=re.S)


def test_a_quarter_without_one_before_it_compares_with_nothing() -> None:
    span = Span.until(QUARTER.before, OVER)
    written = page.written(findings(before=Half(span), links=()))
    assert "There is too little of Q2 2026 to compare it with." in written
    changes = [row[3] for row in tables(written)["Learning events by scaffold"][1:]]
    assert set(changes) == {"–"}
    kpis = tables(written)["KPIs of the two quarters"][1:]
    assert {row[-1] for row in kpis} == {"not compared"}


def test_an_organisation_of_one_team_has_a_report() -> None:
    whole = findings(links=(), rollouts=())
    only = next(iter(TEAMS))

    def alone(of: Half) -> Half:
        return replace(
            of,
            teams=tuple(row for row in of.teams if row.team == only),
            sizes=tuple(row for row in of.sizes if row.team == only),
            measured=tuple(row for row in of.measured if row.team == only),
        )

    found = tables(page.written(replace(whole, now=alone(whole.now), before=alone(whole.before))))
    assert [row[0] for row in found[BY_TEAM][1:]] == [only]
    assert found["KPIs of the two quarters"][1][3] == "1 team, n 130"


def test_made_up_data_are_marked_on_every_page() -> None:
    written = page.written(findings(synthetic=True))
    assert "Synthetic data: this organisation and its people are made up." in written
    assert "<title>Learning and KPIs, Q3 2026 (synthetic data)</title>" in written
    assert 'content: "Learning and KPIs, Q3 2026 · synthetic data"' in written
    assert "ynthetic" not in page.written(findings())


def measured(team: str, value: float, **changes: Any) -> Measured:
    row = Measured("close_hours", team, "week", "mean", 13, value * 13, 0.0, 0.0, 0.0, 0)
    return row._replace(**changes)


def test_a_change_is_of_the_teams_in_both_quarters() -> None:
    """A team that only came is no change."""
    told = moved(KPIS[0], [measured("A", 4.0), measured("B", 100.0)], [measured("A", 5.0)])
    assert told.change == -1.0
    assert told.way == "better"
    assert not told.same_teams
    assert told.now is not None
    assert told.now.value == 52.0
    little = moved(KPIS[0], [measured("A", 4.7)], [measured("A", 5.0)])
    assert little.way == "", "less than the least change that matters"
    plain = KPIS[0]._replace(matters=None)
    small = moved(plain, [measured("A", 4.7)], [measured("A", 5.0)], swing([5.0, 4, 5, 4, 5.0]))
    assert small.way == "", "no more than its usual swing"
    assert moved(plain, [measured("A", 4.7)], [measured("A", 5.0)], swing([5.0, 4])).way == "better"
    few = moved(KPIS[0], [measured("A", 4.0, periods=3, total=12.0)], [measured("A", 5.0)])
    assert few.change is None


def test_a_kpi_is_weighted_where_all_have_a_weight_and_summed_where_that_was_said() -> None:
    weighted = [
        measured("A", 1.0, weighted=10.0, weights=10.0, least=1.0),
        measured("B", 4.0, weighted=120.0, weights=30.0, least=2.0),
    ]
    assert level(weighted).value == 3.25  # type: ignore[union-attr]
    plain = [weighted[0], weighted[1]._replace(least=0.0)]
    assert level(plain).value == 2.5  # type: ignore[union-attr]
    summed = [measured("A", 2.0, aggregation="sum"), measured("B", 3.0, aggregation="sum")]
    assert level(summed).value == 5.0  # type: ignore[union-attr]
    assert level([]) is None


def test_a_rate_that_is_told_of_few_team_weeks_is_not_compared() -> None:
    whole = findings()
    few = tuple(row._replace(weeks=3) for row in whole.before.teams)
    found = tables(page.written(replace(whole, before=replace(whole.before, teams=few))))
    assert {row[-2] for row in found[BY_TEAM][1:]} == {"–"}


def test_every_picture_says_what_it_shows() -> None:
    written = page.written(findings())
    pictures = re.findall(r"<svg[^>]*role=\"img\".*?</svg>", written, re.S)
    assert len(pictures) == 4 + len(KPIS) + 1 + 1
    for picture in pictures:
        title = re.search(
            r"<title id=\"(\w+)\">(.+?)</title><desc id=\"(\w+)\">(.+?)</desc>", picture
        )
        assert title
        assert f'aria-labelledby="{title[1]} {title[3]}"' in picture
    ids = re.findall(r'id="([^"]+)"', written)
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(
    ("low", "high"), [(0, 0), (0, 7), (-3, 0.2), (19.9, 20.1), (5, 5), (-1e-9, 2e-9), (0, 1e7)]
)
def test_an_axis_holds_its_values_in_few_steps(low: float, high: float) -> None:
    ticks = drawings.rounded(low, high)
    assert ticks[0] <= low + 1e-12
    assert ticks[-1] >= high - 1e-12
    assert 2 <= len(ticks) <= 7


def test_a_series_with_a_gap_is_drawn_with_it_and_one_value_is_a_dot() -> None:
    weeks = [date(2026, 6, 29) + timedelta(weeks=place) for place in (0, 1, 5)]
    drawn = drawings.series(
        drawings.Series("Hours", tuple((week, 3.0) for week in weeks), weeks[0]), 1
    )
    assert drawn.count("<polyline") == 1
    assert drawn.count("<circle") == 1


def test_an_interval_without_an_end_goes_to_the_edge() -> None:
    drawn = drawings.intervals("T", [drawings.Interval("a", 1.0, None, 2.0, "nothing")], "h", 1)
    assert "a 1.00 (−∞ to 2.00)" in drawn
    assert 'x1="190.0"' in drawn


def test_without_a_browser_a_pdf_is_refused_with_what_lacks(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(
        StackError, match=r"needs a Chromium.*apt install chromium.*leave out --pdf"
    ):
        paper.browser()


def test_a_browser_that_prints_nothing_is_told(tmp_path: Path) -> None:
    silent = tmp_path / "chromium"
    silent.write_text("#!/bin/sh\necho 'no display' >&2\nexit 1\n")
    silent.chmod(0o755)
    with pytest.raises(StackError, match="did not print the report: no display"):
        paper.printed("<p>", str(silent))
