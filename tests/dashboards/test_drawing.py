"""Rows → charts, tables and tiles."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from learning_board import LEARNING

from dashboards import charts, palette, tables
from dashboards.board import Column, Drawing, Rows
from dashboards.boards.impact import board as IMPACT
from dashboards.card import named

panel = LEARNING.panel
SCAFFOLDS = [column.name for column in panel("totals").columns]
PARIS = ZoneInfo("Europe/Paris")
MONDAY = datetime(2026, 3, 1, 23, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_behaviours_are_stacked_in_the_vocabularys_order() -> None:
    rows = [(MONDAY, "help", 2), (MONDAY, "search", 1), (MONDAY + HOUR, "search", 4)]
    drawn = charts.options(panel("behaviours"), rows, PARIS)
    assert [s["id"] for s in drawn["series"]] == [name for name, _ in palette.BEHAVIOUR.known]
    data = {s["id"]: s["data"] for s in drawn["series"] if s["data"]}
    assert data == {"help": [2, 0], "search": [1, 4]}
    assert drawn["legend"]["data"] == ["Search", "Help"]
    assert drawn["xAxis"]["data"] == ["Mon 2 Mar, 00:00", "Mon 2 Mar, 01:00"]


def test_a_behaviour_of_a_newer_version_is_still_drawn() -> None:
    drawn = charts.options(panel("behaviours"), [(MONDAY, "juggle", 2)], PARIS)
    assert drawn["series"][-1]["name"] == "juggle"


def test_the_most_active_team_stands_on_top() -> None:
    drawn = charts.options(
        panel("teams_scaffolds"), [("Big", 9, 1, 0, 0), ("Small", 1, 0, 0, 0)], PARIS
    )
    assert drawn["yAxis"]["data"] == ["Small", "Big"]
    assert drawn["series"][0]["data"] == [1, 9]


def test_the_kpi_has_its_own_axis_with_unit_and_direction() -> None:
    rows = [(MONDAY, 1, 2, 3, 4, None, None), (MONDAY + timedelta(7), 5, 6, 7, 8, 61.23456, None)]
    kpi = Column("value", "issue hours to close", "hours, lower is better", palette.INK)
    drawn = charts.options(named(panel("kpi"), lambda _: kpi), rows, PARIS)
    assert [s["id"] for s in drawn["series"]] == [*SCAFFOLDS, "target", "value"]
    line = drawn["series"][-1]
    assert line["yAxisIndex"] == 1
    assert line["name"] == "issue hours to close"
    assert line["data"] == [None, 61.235]
    assert drawn["yAxis"][1]["name"] == "hours, lower is better"


def test_a_target_is_a_broken_line_on_the_axis_of_its_kpi_where_there_is_one() -> None:
    row = (MONDAY, 1, 2, 3, 4, 61.0)
    of_kpi = panel("kpi")
    aimed, plain = [(*row, 48.0)], [(*row, None)]
    target = charts.options(of_kpi, aimed, PARIS)["series"][-2]
    assert (target["id"], target["data"], target["yAxisIndex"]) == ("target", [48.0], 1)
    assert target["lineStyle"]["type"] == "dashed"
    assert [title for title, _ in charts.legend(of_kpi, aimed)][-2:] == ["KPI", "Target"]
    assert "Target" not in [title for title, _ in charts.legend(of_kpi, plain)]
    gone = charts.options(of_kpi, plain, PARIS)["series"][-2]
    assert (gone["id"], gone["data"]) == ("target", [None]), "an update takes it away"


def test_what_marks_no_more_is_said_to_be_gone() -> None:
    """An update leaves standing what it does not name."""
    weeks = IMPACT.panel("weeks")
    rows = [
        (MONDAY, "Answer hour", 1, 2, 3, 4, 5.0, None),
        (MONDAY + timedelta(7), "", 1, 2, 3, 4, 5.0, None),
    ]
    marked = charts.options(weeks, rows, PARIS)
    (mark,) = marked["series"][-1]["markLine"]["data"]
    assert (mark["xAxis"], mark["name"]) == (marked["xAxis"]["data"][0], "Answer hour")
    plain = charts.options(weeks, [(row[0], "", *row[2:]) for row in rows], PARIS)
    assert plain["series"][-1]["markLine"]["data"] == []
    assert plain["grid"]["top"] < marked["grid"]["top"]


def test_what_is_too_few_to_show_is_a_gap() -> None:
    rows = [(MONDAY, 12, 8, None, 5, None)]
    drawn = charts.options(panel("people"), rows, PARIS)
    assert [s["data"] for s in drawn["series"]] == [[12.0], [8.0], [None], [5.0], [None]]


@pytest.mark.parametrize(
    ("step", "label"),
    [(timedelta(minutes=1), "00:01"), (HOUR, "Mon 2 Mar, 01:00"), (timedelta(1), "3 Mar 2026")],
)
def test_labels_say_as_much_as_their_distance_asks_for(step: timedelta, label: str) -> None:
    assert charts.labels([MONDAY, MONDAY + step], PARIS)[1] == label


def test_a_week_that_is_not_over_says_so() -> None:
    weeks = [MONDAY, MONDAY + timedelta(7)]
    during = charts.labels(weeks, PARIS, now=MONDAY + timedelta(9))
    assert during == ["2 Mar 2026", "9 Mar 2026, so far"]
    assert charts.labels(weeks, PARIS, now=MONDAY + timedelta(14))[1] == "9 Mar 2026"


def test_the_latest_are_in_the_organisations_time_and_new_ones_are_marked() -> None:
    old, new = MONDAY, MONDAY + timedelta(seconds=5)
    rows: Rows = [
        (new, "15 min", "ask", "Sales", "Slack", "pricing"),
        (old, "1 h", "read", "Sales", "Wiki", ""),
    ]
    drawn = tables.listed(panel("latest"), rows, PARIS, newer_than=old)
    assert drawn.count('class="fresh"') == 1
    assert 'datetime="2026-03-02T00:00:05+01:00"' in drawn
    assert drawn.index("Ask") < drawn.index("Read")


def test_what_lately_says_for_how_long_and_what_several_share() -> None:
    rows: Rows = [
        (MONDAY, "15 min", "read", "", "", ""),
        (MONDAY, "1 h", "read", "", "Wiki", "tides"),
    ]
    text = re.sub(r"<[^>]*>", " ", tables.listed(panel("latest"), rows, PARIS))
    for words in ("00:00 · 15 min", "00:00 · 1 h", "Wiki · tides"):
        assert words in re.sub(r" +", " ", text)
    assert text.count("several") == 3


def test_help_that_is_longer_than_its_place_takes_the_keyboard() -> None:
    assert '<div tabindex="0" role="note">' in tables.heading(panel("behaviours"), "id")


@given(st.lists(st.text(max_size=20), min_size=4, max_size=4))
def test_nothing_from_a_tool_is_markup(words: list[str]) -> None:
    behaviour, tool, team, topic = (f"<img src=x onerror=a()>{word}" for word in words)
    assert "<img" not in tables.listed(
        panel("latest"), [(MONDAY, "1 h", behaviour, team, tool, topic)], PARIS
    )
    by_team = panel("teams_scaffolds")
    assert "<img" not in tables.alternative(by_team, [(team, 1, 2, 3, 4)], PARIS)


def test_a_matrix_has_a_line_for_each_row_and_marks_what_asks_for_a_look() -> None:
    columns = (Column("tool", "Tool"), Column("team", "Team"),
               Column("days", "Days", alarm=14, none="never"))  # fmt: skip
    wide = replace(panel("latest"), columns=columns, drawing=Drawing.MATRIX)
    drawn = tables.matrix(wide, [("Wiki", "All", 0), ("Wiki", "<b>", 14), ("Chat", "All", 3)])
    lines = re.findall(r"<tr>(.*?)</tr>", drawn)
    text = [re.sub(r"(<[^>]*>)+", "|", line) for line in lines]
    assert text == ["|Tool |· Team|All|&lt;b&gt;|", "|Wiki|0|14|", "|Chat|3|–|"]
    assert drawn.count("number alarm") == 1
    assert 'title="never"' in drawn


def test_tiles_hold_the_exact_numbers() -> None:
    drawn = tables.tiles(panel("totals"), [(1000, 250, 0, 3)])
    assert re.findall(r'data-value="(\d+)"', drawn) == ["1000", "250", "0", "3"]
    assert "1,000" in drawn
    assert "80%" in drawn


def test_a_quiet_day_is_told_from_a_silent_processor() -> None:
    quiet = tables.figures(panel("pipeline"), [(None, 0.4, 0.0, 12.0, 3.0, 0.0, 0.0)])
    assert "quiet, none to measure" in quiet
    assert quiet.count("alarm") == 1  # three were refused
    silent = tables.figures(panel("pipeline"), [(None, 400.0, None, 12.0, 0.0, 0.0, 0.0)])
    assert re.search(r'alarm" data-figure="silence".*400 s', silent)
    assert silent.count("not reporting") == 1


def test_numbers_are_csv_with_times_of_the_organisation() -> None:
    row = (MONDAY, "1 h", "ask", "=SUM(A1)", 'a "b", c', "")
    text = tables.numbers(panel("latest"), [row], PARIS)
    assert text.splitlines() == [
        "Time,Within,Behaviour,Team,Tool,Topic",
        '2026-03-02T00:00:00+01:00,1 h,Ask,\'=SUM(A1),"a ""b"", c",',
    ]


def test_the_table_beside_a_chart_is_newest_first_and_holds_every_number() -> None:
    rows = [(MONDAY, "search", 1), (MONDAY + HOUR, "search", 0), (MONDAY + HOUR, "ask", 7)]
    drawn = tables.alternative(panel("behaviours"), rows, PARIS)
    assert re.findall(r"<td>([^<]*)</td>", drawn) == ["Ask", "7", "Search", "1"]


def test_a_time_of_today_is_told_by_its_minute_or_second() -> None:
    now = datetime.now(PARIS).replace(minute=15, second=0, microsecond=0)
    column = panel("latest").columns[0]
    assert f">{now:%H:%M}</time>" in tables._entry(column, now.astimezone(UTC), PARIS)
    later = now.replace(second=7)
    assert f">{later:%H:%M:%S}</time>" in tables._entry(column, later.astimezone(UTC), PARIS)
    before = now - timedelta(days=2)
    assert f">{before:%-d %b, %H:%M}</time>" in tables._entry(column, before, PARIS)
