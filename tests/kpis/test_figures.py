"""KPI figures from CSV: round trips, every error by line, and what is published."""

import contextlib
import csv
import io
import json
import math
import string
from concurrent.futures import Future
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bus.errors import BrokerUnavailable
from kpis.errors import InvalidFigure
from kpis.intake import COLUMNS, Observation, number, parse, period, publish, renamed, turned

HEADER = "kpi,unit,direction,team,period,value,n\n"
GOOD = "speed,points,up,Blue,2026-W10,12.5,3\n"


def problems(rows: str) -> list[str]:
    return [str(problem) for problem in parse((HEADER + rows).encode()).problems]


# Round trips

words = st.text(string.ascii_letters + "äß 日-", min_size=1, max_size=8).map(str.strip).filter(bool)
first_days = st.dates(date(1970, 1, 12), date(2105, 12, 1))


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
            one = Observation(len(rows) + 2, kpi, "points", direction, team, first, grain, value, n)
            if one.cell not in expected:
                expected[one.cell] = one
                rows.append((kpi, "points", direction.title(), team, written, repr(value), n))
    writer.writerows([COLUMNS, *rows])
    return text.getvalue().encode(), list(expected.values())


@given(files())
def test_what_is_written_is_read_back(file: tuple[bytes, list[Observation]]) -> None:
    found = parse(file[0])
    assert found.observations == file[1]
    assert found.problems == [] if file[1] else found.problems


@given(st.binary(max_size=300))
def test_any_bytes_are_answered(data: bytes) -> None:
    found = parse(data)
    assert found.observations or found.problems


@given(st.text(max_size=20))
def test_any_text_is_a_finite_number_or_refused(text: str) -> None:
    with contextlib.suppress(InvalidFigure):
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
        (",points,up,Blue,2026-03,1,\n", "line 2: kpi is empty"),
        ("speed,,up,Blue,2026-03,1,\n", "line 2: unit is empty"),
        ("speed,points,up,,2026-03,1,\n", "line 2: team is empty"),
        (
            "speed,points,higher,Blue,2026-03,1,\n",
            "line 2: the direction 'higher' must be up or down: which way is better",
        ),
        (
            "speed,points,up,Blue,March,1,\n",
            "line 2: the period 'March' must read 2026-03-02 (a day), 2026-W10 (a week) "
            "or 2026-03 (a month)",
        ),
        (
            "speed,points,up,Blue,2026-02-30,1,\n",
            "line 2: the period '2026-02-30' is not on the calendar",
        ),
        (
            "speed,points,up,Blue,2026-W54,1,\n",
            "line 2: the period '2026-W54' is not on the calendar",
        ),
        (
            "speed,points,up,Blue,2026-13,1,\n",
            "line 2: the period '2026-13' is not on the calendar",
        ),
        (
            "speed,points,up,Blue,1492-10,1,\n",
            "line 2: the period '1492-10' is not between 1970-01-02 and 2105-12-31",
        ),
        (
            "speed,points,up,Blue,2026-03,,\n",
            "line 2: the value '' is not a number; write it as 1234.5, without other marks",
        ),
        (
            'speed,points,up,Blue,2026-03,"1,5",\n',
            "line 2: the value '1,5' is not a number; write it as 1234.5, without other marks",
        ),
        (
            "speed,points,up,Blue,2026-03,1_000,\n",
            "line 2: the value '1_000' is not a number; write it as 1234.5, without other marks",
        ),
        ("speed,points,up,Blue,2026-03,NaN,\n", "line 2: the value 'NaN' is not a finite number"),
        ("speed,points,up,Blue,2026-03,-inf,\n", "line 2: the value '-inf' is not a finite number"),
        ("speed,points,up,Blue,2026-03,1e999,\n", "line 2: the value '1e999' is too large"),
        (
            "speed,points,up,Blue,2026-03,1,1.5\n",
            "line 2: n '1.5' must be a whole number, 0 or more",
        ),
        ("speed,points,up,Blue,2026-03,1,-1\n", "line 2: n '-1' must be a whole number, 0 or more"),
        (
            "issue_hours_to_close,hours,down,Blue,2026-W10,1,\n",
            "line 2: the kpi 'issue_hours_to_close' is derived from events; use another name",
        ),
        (
            GOOD + "speed,points,up,Blue,2026W10,14,\n",
            "line 3: 'speed' of 'Blue' for the week of 2026-03-02 is on line 2 already",
        ),
        (
            GOOD + "speed,euros,up,Blue,2026-W11,14,\n",
            "line 3: the unit of 'speed' is 'euros', and 'points' on line 2",
        ),
        (
            GOOD + "speed,points,down,Blue,2026-W11,14,\n",
            "line 3: the direction of 'speed' is 'down', and 'up' on line 2",
        ),
        ("", "line 1: there are no figures in the file"),
    ],
)
def test_an_error_says_where_and_what(rows: str, expected: str) -> None:
    assert problems(rows) == [expected]


def test_every_error_is_told_at_once() -> None:
    assert [line.partition(":")[0] for line in problems(",x,u,T,2026,x,y\n" + GOOD + "a\n")] == [
        *["line 2"] * 5,
        "line 4",
    ]


def test_the_columns_that_must_be_there() -> None:
    (problem,) = parse(b"kpi,unit,direction,team,period,amount\n").problems
    assert str(problem).startswith("line 1: unknown column 'amount'; missing column 'value'")
    assert parse(HEADER.replace(",n\n", "\n").encode() + b"s,p,up,B,2026-03,1\n").problems == []


def test_an_unknown_team_is_a_warning_once() -> None:
    rows = GOOD + GOOD.replace("W10", "W11") + GOOD.replace("Blue", "Red")
    found = parse((HEADER + rows).encode(), teams={"Red"})
    assert found.problems == []
    assert [str(w) for w in found.warnings] == ["line 2: the team 'Blue' is not in the directory"]


def test_another_unit_than_before_is_a_warning() -> None:
    found = parse((HEADER + GOOD).encode()).observations
    assert renamed(found, {"speed": ("points", "up"), "other": ("x", "up")}) == []
    assert [str(w) for w in renamed(found, {"speed": ("euros", "up")})] == [
        "line 2: the warehouse knows 'speed' in 'euros'; this file has 'points'"
    ]


def test_the_opposite_direction_is_an_error_once() -> None:
    found = parse((HEADER + GOOD + GOOD.replace("W10", "W11")).encode()).observations
    assert turned(found, {"speed": ("euros", "up"), "other": ("x", "down")}) == []
    assert turned(found, {}) == []
    assert [str(problem) for problem in turned(found, {"speed": ("points", "down")})] == [
        "line 2: the direction of 'speed' is 'up', and 'down' in the warehouse: correct it, "
        "or load it under another name"
    ]


# Publishing


class FakePublisher:
    """Keeps what is published; from the message `fails_at` on nothing is acknowledged."""

    def __init__(self, fails_at: int | None = None) -> None:
        self.sent: list[tuple[str, bytes | None, dict[str, Any]]] = []
        self.fails_at = fails_at

    def publish(
        self, topic: str, key: bytes | None, value: bytes, headers: Any = ()
    ) -> "Future[None]":
        done: Future[None] = Future()
        if self.fails_at is not None and len(self.sent) >= self.fails_at:
            done.set_exception(BrokerUnavailable("gone"))
        else:
            done.set_result(None)
        self.sent.append((topic, key, json.loads(value)))
        return done

    def flush(self, seconds: float | None = None) -> None:
        """Nothing waits."""


def test_a_load_is_its_figures_and_then_the_closing_record() -> None:
    fake, load = FakePublisher(), uuid4()
    publish(fake, load, parse((HEADER + GOOD).encode()).observations)  # type: ignore[arg-type]
    assert [(topic, key) for topic, key, _ in fake.sent] == [
        ("kpi.observations", b"speed|Blue|2026-03-02"),
        ("kpi.observations", f"load:{load}".encode()),
    ]
    assert fake.sent[0][2] == {
        "load": str(load),
        "kpi": "speed",
        "unit": "points",
        "direction": "up",
        "team": "Blue",
        "period": "2026-03-02",
        "grain": "week",
        "value": 12.5,
        "n": 3,
    }
    closing = fake.sent[1][2]
    assert (closing["load"], closing["closed"], closing["observations"]) == (str(load), True, 1)


def test_a_load_is_not_closed_unless_all_is_acknowledged() -> None:
    fake = FakePublisher(fails_at=0)
    with pytest.raises(BrokerUnavailable):
        publish(fake, uuid4(), parse((HEADER + GOOD).encode()).observations)  # type: ignore[arg-type]
    assert not any(value.get("closed") for *_, value in fake.sent)
