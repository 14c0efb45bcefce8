"""KPI figures from CSV: round trips, every error by line, and what is published."""

import contextlib
import csv
import io
import math
import string
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.load import Checked
from producers.loads.kpi import Known, load
from xapi.observations import Observation, number, period

COLUMNS = ("kpi", "unit", "direction", "team", "period", "value", "n")
NOTHING = Known(frozenset(), {}, {})
HEADER = "kpi,unit,direction,team,period,value,n\n"
GOOD = "speed,points,up,Blue,2026-W10,12.5,3\n"


def parse(data: bytes, known: Known = NOTHING) -> Checked[Observation]:
    return load.read(data, known)


def problems(rows: str) -> list[str]:
    return [str(problem) for problem in parse((HEADER + rows).encode()).problems]


# Round trips

words = st.text(string.ascii_letters + "äß 日-", min_size=1, max_size=8).map(str.strip).filter(bool)
first_days = st.dates(date(1970, 2, 1), date(2105, 12, 1))


@st.composite
def periods(draw: st.DrawFn) -> tuple[str, date, str]:
    day = draw(first_days)
    grain = draw(st.sampled_from(["day", "week", "month"]))
    if grain == "day":
        return day.isoformat(), day, grain
    if grain == "week":
        monday = day - timedelta(days=day.weekday())
        return "{:04}-W{:02}".format(*monday.isocalendar()[:2]), monday, grain
    return day.isoformat()[:7], day.replace(day=1), grain


@st.composite
def files(draw: st.DrawFn) -> tuple[bytes, list[Observation]]:
    kinds = {kpi: draw(st.sampled_from(["up", "down"])) for kpi in draw(st.sets(words, max_size=3))}
    text, expected = io.StringIO(), {}
    writer = csv.writer(text)
    rows = []
    for kpi, direction in kinds.items():
        for written, first, grain in draw(st.lists(periods(), max_size=4)):
            team = draw(words)
            value = draw(st.floats(allow_nan=False, allow_infinity=False))
            n = draw(st.none() | st.integers(0, 10**18 - 1))
            one = Observation(kpi, "points", direction, team, first, grain, value, n)
            if one.cell not in expected:
                expected[one.cell] = one
                rows.append((kpi, "points", direction.title(), team, written, repr(value), n))
    writer.writerows([COLUMNS, *rows])
    return text.getvalue().encode(), list(expected.values())


@given(files())
def test_what_is_written_is_read_back(file: tuple[bytes, list[Observation]]) -> None:
    found = parse(file[0])
    assert found.entries == tuple(file[1])
    assert found.problems == () if file[1] else found.problems


@given(st.binary(max_size=300))
def test_any_bytes_are_answered(data: bytes) -> None:
    found = parse(data)
    assert found.entries or found.problems


@given(st.text(max_size=20))
def test_any_text_is_a_finite_number_or_refused(text: str) -> None:
    with contextlib.suppress(ValueError):
        assert math.isfinite(number(text))


@pytest.mark.parametrize(
    ("text", "first", "grain"),
    [
        ("2026-03-04", date(2026, 3, 4), "day"),
        ("2026-W10", date(2026, 3, 2), "week"),
        ("2026W10", date(2026, 3, 2), "week"),
        ("2020-W53", date(2020, 12, 28), "week"),
        ("2026-W01", date(2025, 12, 29), "week"),
        ("2026-03", date(2026, 3, 1), "month"),
    ],
)
def test_a_period_is_its_first_day_and_its_grain(text: str, first: date, grain: str) -> None:
    assert period(text) == (first, grain)


# Errors by line


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (",points,up,Blue,2026-03,1,\n", "line 2, column kpi: it is empty"),
        (
            "speed,,up,Blue,2026-03,1,\n",
            "line 2, column unit: it is empty, and nothing else says it of 'speed'",
        ),
        ("speed,points,up,,2026-03,1,\n", "line 2, column team: it is empty"),
        (
            "speed,points,higher,Blue,2026-03,1,\n",
            "line 2, column direction: 'higher' must be up or down: which way is better",
        ),
        (
            "speed,points,up,Blue,March,1,\n",
            "line 2, column period: 'March' must read 2026-03-02 (a day), 2026-W10 (a week) "
            "or 2026-03 (a month)",
        ),
        (
            "speed,points,up,Blue,2026-02-30,1,\n",
            "line 2, column period: '2026-02-30' is not on the calendar",
        ),
        (
            "speed,points,up,Blue,2026-W54,1,\n",
            "line 2, column period: '2026-W54' is not on the calendar",
        ),
        (
            "speed,points,up,Blue,2026-13,1,\n",
            "line 2, column period: '2026-13' is not on the calendar",
        ),
        (
            "speed,points,up,Blue,1492-10,1,\n",
            "line 2, column period: '1492-10' is not between 1970-01-02 and 2105-12-31",
        ),
        (
            "speed,points,up,Blue,2026-03,,\n",
            "line 2, column value: it is empty",
        ),
        (
            'speed,points,up,Blue,2026-03,"1,5",\n',
            "line 2, column value: '1,5' is not a number; write it as 1234.5, without other marks",
        ),
        (
            "speed,points,up,Blue,2026-03,1_000,\n",
            "line 2, column value: '1_000' is not a number; write it as 1234.5, without other "
            "marks",
        ),
        (
            "speed,points,up,Blue,2026-03,NaN,\n",
            "line 2, column value: 'NaN' is not a finite number",
        ),
        (
            "speed,points,up,Blue,2026-03,-inf,\n",
            "line 2, column value: '-inf' is not a finite number",
        ),
        ("speed,points,up,Blue,2026-03,1e999,\n", "line 2, column value: '1e999' is too large"),
        (
            "speed,points,up,Blue,2026-03,1,1.5\n",
            "line 2, column n: '1.5' must be a whole number, 0 or more",
        ),
        (
            "speed,points,up,Blue,2026-03,1,-1\n",
            "line 2, column n: '-1' must be a whole number, 0 or more",
        ),
        (
            "issue_hours_to_close,hours,down,Blue,2026-W10,1,\n",
            "line 2, column kpi: the warehouse derives 'issue_hours_to_close' itself, and nobody "
            "loads it; use another name",
        ),
        (
            GOOD + "speed,points,up,Blue,2026W10,14,\n",
            "line 3, columns kpi, team, period: 'speed', 'Blue', '2026W10' are together "
            "on line 2 already",
        ),
        (
            GOOD + "speed,euros,up,Blue,2026-W11,14,\n",
            "line 3, column unit: the unit of 'speed' is 'euros', and 'points' on line 2",
        ),
        (
            GOOD + "speed,points,down,Blue,2026-W11,14,\n",
            "line 3, column direction: the direction of 'speed' is 'down', and 'up' on line 2",
        ),
        ("", "line 1: there are no figures in the file"),
    ],
)
def test_an_error_says_where_and_what(rows: str, expected: str) -> None:
    assert problems(rows) == [expected]


def test_every_error_is_told_at_once() -> None:
    columns = ("kpi", "direction", "period", "value", "n")
    assert [line.partition(":")[0] for line in problems(",x,u,T,2026,x,y\n" + GOOD + "a\n")] == [
        *(f"line 2, column {column}" for column in columns),
        "line 4",
    ]


def test_the_columns_that_must_be_there() -> None:
    (problem,) = parse(b"kpi,unit,direction,team,period,amount\n").problems
    assert str(problem).startswith("line 1: unknown column 'amount'; missing column 'value'")
    assert parse(HEADER.replace(",n\n", "\n").encode() + b"s,p,up,B,2026-03,1\n").problems == ()


def test_an_unknown_team_is_a_warning_once() -> None:
    rows = GOOD + GOOD.replace("W10", "W11") + GOOD.replace("Blue", "Red")
    found = parse((HEADER + rows).encode(), Known(frozenset({"Red"}), {}, {}))
    assert found.problems == ()
    assert [str(w) for w in found.warnings] == [
        "line 2, column team: the team 'Blue' is not in the directory"
    ]


def beside(**kinds: tuple[str, str]) -> Checked[Observation]:
    """Two figures of a KPI beside what the warehouse knows of KPIs."""
    rows = GOOD + GOOD.replace("W10", "W11")
    return parse((HEADER + rows).encode(), Known(frozenset({"Blue"}), {}, kinds))


def test_another_unit_than_before_is_a_warning() -> None:
    assert beside(speed=("points", "up"), other=("x", "up")).warnings == ()
    found = beside(speed=("euros", "up"))
    assert found.problems == ()
    assert [str(w) for w in found.warnings] == [
        "line 2, column unit: the warehouse knows 'speed' in 'euros'; this file has 'points'"
    ]


def test_the_opposite_direction_is_an_error_once() -> None:
    assert beside(speed=("euros", "up"), other=("x", "down")).problems == ()
    assert beside().problems == ()
    assert [str(problem) for problem in beside(speed=("points", "down")).problems] == [
        "line 2, column direction: the direction of 'speed' is 'up', and 'down' in the warehouse: "
        "correct it, or load it under another name"
    ]


def test_what_a_load_would_change() -> None:
    known = Known(frozenset(), {("speed", "Blue", "week", date(2026, 3, 2)): 9.0}, {})
    found = parse((HEADER + GOOD + GOOD.replace("W10", "W11")).encode(), known)
    assert list(load.changes(found, known)) == [
        "~ speed, Blue, week of 2026-03-02: 9 → 12.5 points",
        "1 new, 1 changed, 0 unchanged",
    ]


def test_what_is_sent_of_a_figure() -> None:
    (found,) = parse((HEADER + GOOD).encode()).entries
    assert load.record(found) == (
        b"speed|Blue|2026-03-02",
        {
            "kpi": "speed",
            "unit": "points",
            "direction": "up",
            "team": "Blue",
            "period": "2026-03-02",
            "grain": "week",
            "value": 12.5,
            "n": 3,
        },
    )
