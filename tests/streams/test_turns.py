"""Which dirty periods are computed together: every dirty hour is taken in at some turn."""

import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from unittest.mock import MagicMock, patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams import marts
from streams.mart import Mart, Query
from streams.rollups import EVERYTHING, HISTORY, NEWEST, Runner, Touched, Turn, arriving, together


def test_the_newest_is_computed_alone_and_some_of_history_after_it() -> None:
    touched: list[Touched] = [(letter, [at]) for at, letter in enumerate("onmlkjihgfedcba")]
    assert together(touched, touched[NEWEST.periods]) == touched[:1]
    assert together(touched, touched[HISTORY.periods]) == touched[1:13]
    assert together(touched, touched[EVERYTHING.periods]) == touched


def test_an_hour_of_two_periods_brings_both() -> None:
    touched: list[Touched] = [("c", [7, 8]), ("b", [5, 7]), ("a", [1, 5])]
    assert together(touched, touched[NEWEST.periods]) == [("c", [7, 8]), ("b", [5, 7])]
    assert together(touched, touched[HISTORY.periods]) == touched


@given(
    st.dictionaries(
        st.integers(0, 40), st.sets(st.integers(0, 8), min_size=1, max_size=3), max_size=30
    ),
    st.sampled_from([NEWEST, HISTORY]),
)
def test_turns_come_to_an_end(hours: dict[int, set[int]], turn: object) -> None:
    """`hours` says which periods each dirty hour touches: no turn leaves all of them dirty."""
    passes = 0
    while hours:
        by_period: dict[int, list[int]] = {}
        for hour, periods in hours.items():
            for period in periods:
                by_period.setdefault(period, []).append(hour)
        touched: list[Touched] = [(str(one), by_period[one]) for one in sorted(by_period)[::-1]]
        some = NEWEST.periods if turn is NEWEST or len(touched) == 1 else HISTORY.periods
        computed = {int(period) for period, _ in together(touched, touched[some])}
        left = {hour: them for hour, them in hours.items() if not them <= computed}
        assert len(left) < len(hours)
        hours = left
        passes += 1
    assert passes <= 9


class Clock:
    """A clock that goes on when a mart is computed, and when the test waits."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@contextmanager
def at_work(
    took: list[float], *, live: bool, past: bool = True
) -> Iterator[tuple[Clock, dict[str, float]]]:
    """A clock, and how long each mart has been computed: all have history to take in without end,
    or else hours of today; the live ones where they are `live`."""
    hour = 0 if past else int(time.time())
    clock, spent = Clock(), defaultdict[str, float](float)

    def compute(_: object, mart: Mart, __: object, turn: Turn, *___: object, **____: object) -> Any:
        if mart.live and not turn.patient and not live:
            return []
        one = took[len(mart.name) % len(took)]
        clock.now += one
        spent[mart.name] += one
        return [("a period", [hour])]

    with (
        patch("streams.rollups.take_in", compute),
        patch("streams.rollups.time.monotonic", clock),
        patch("streams.rollups.release"),
        patch("streams.rollups.keep"),
        patch("streams.rollups.refresh"),
        patch("streams.rollups.minimum"),
        patch("streams.rollups.forget"),
    ):
        yield clock, spent


def elsewhere() -> MagicMock:
    """A warehouse on another machine: what idles there is not known."""
    return MagicMock(**{"address.here": False})


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 20), st.lists(st.floats(0.01, 5), min_size=1, max_size=5), st.booleans())
def test_marts_that_nobody_watches_take_an_eighth_of_the_time_however_many(
    more: int, took: list[float], past: bool
) -> None:
    """Or half of it for history, as what is published has: it comes once."""
    new = [Mart(f"m{at}", f"learning.m{at}", Query("SELECT 1")) for at in range(more)]
    every = [*marts.every(), *new]
    with at_work(took, live=True, past=past) as (clock, spent):
        runner = Runner(elsewhere(), every)
        began, long = clock.now, max(400, 800 * max(took))
        while clock.now < began + long:
            runner.run()
            assert not runner.more
            clock.now += 0.05
    passed = clock.now - began
    assert {mart.name for mart in every if mart.live} == {"activity", "published"}
    others = sum(spent[mart.name] for mart in every if not (mart.live or mart.published))
    shown = sum(spent[mart.name] for mart in every if mart.published and not mart.live)
    assert 0 < others <= passed / (2 if past else 8) + max(took)
    # An eighth for the newest weeks of all, and half for history while there is any.
    assert 0 < shown <= passed * 5 / 8 + 2 * max(took)
    assert all(spent[mart.name] for mart in every), "each has its turn"
    assert 0 < spent["activity"] <= passed / 8 + max(took)


@settings(max_examples=10, deadline=None)
@given(st.lists(st.floats(0.01, 5), min_size=1, max_size=5))
def test_history_has_all_the_time_while_nothing_live_waits(took: list[float]) -> None:
    with at_work(took, live=False) as (clock, spent):
        runner = Runner(elsewhere(), marts.every())
        began = clock.now
        while clock.now < began + 400:
            runner.run()
            assert runner.more
        assert sum(spent.values()) == pytest.approx(clock.now - began)
    waiting = [mart.name for mart in marts.every() if not mart.live]
    assert all(spent[name] for name in waiting), "each has its turn"


def test_how_long_turns_rest_is_a_setting() -> None:
    (activity,) = (mart for mart in marts.every() if mart.name == "activity")
    with at_work([1.0], live=True, past=False) as (clock, spent):
        for rest, share in ((1.0, 1 / 8), (0.1, 10 / 17), (0.0, 1)):
            runner, began = Runner(elsewhere(), [activity], rest), clock.now
            spent.clear()
            while clock.now < began + 200:
                runner.run()
                clock.now += 0.05
            assert spent["activity"] / (clock.now - began) == pytest.approx(share, abs=0.05)


def test_history_goes_on_on_idle_processors() -> None:
    for idle, goes_on in ((0.9, True), (0.1, False)):
        with (
            at_work([1.0], live=True),
            patch("streams.rollups.Spare.__call__", lambda _, i=idle: i),
        ):
            runner = Runner(MagicMock(**{"address.here": True}), marts.every())
            runner.run()
            assert runner.more is goes_on


def test_what_nobody_watches_gives_way_to_whoever_needs_the_processors() -> None:
    """And is there sooner where they idle; what is watched live rests as ever."""
    some = [mart for mart in marts.every() if mart.name in ("activity", "questions")]
    for idle, share in ((0.0, 1 / 18.5), (0.3, 1 / 8), (0.9, 1 / 3.8)):
        with (
            at_work([0.5], live=True, past=False) as (clock, spent),
            patch("streams.rollups.Spare.__call__", lambda _, i=idle: i),
        ):
            runner, began = Runner(MagicMock(**{"address.here": True}), some), clock.now
            while clock.now < began + 2_000:
                runner.run()
                clock.now += 0.05
        passed = clock.now - began
        assert spent["questions"] / passed == pytest.approx(share, rel=0.15)
        assert spent["activity"] / passed == pytest.approx(1 / 8, rel=0.15)


def test_live_marts_have_their_turn_between_two_spans_of_others() -> None:
    seen: list[str] = []

    def compute(_: object, mart: Mart, __: object, turn: Turn, *___: Any, **told: Any) -> Any:
        seen.append(mart.name if not turn.patient else f"history of {mart.name}")
        told["between"]()
        return [("1970-01-01", [0])]

    with at_work([1.0], live=True) as (clock, _), patch("streams.rollups.take_in", compute):
        runner = Runner(elsewhere(), [mart for mart in marts.every() if mart.name != "content"])
        runner.run()
        before = len(seen)
        clock.now += 1_000
        runner.run()
    by_turn = seen[before:]
    assert by_turn[0] == "activity"
    assert "history of published" in by_turn
    after = by_turn.index("history of published") + 1
    assert by_turn[after] != "published", "of one mart one pass at a time"


def test_what_comes_in_is_taken_in_when_it_has_come() -> None:
    at, now = datetime.now(UTC), int(time.time()) // 3600 * 3600
    old = now - 40 * 86_400

    def coming(*dirty: tuple[int, float]) -> set[str]:
        rows = [(str(n), hour, at, age) for n, (hour, age) in enumerate(dirty)]
        touched = [("today", [now]), ("long ago", [old]), ("both", [now, old])]
        return arriving(touched, rows)

    assert coming((now, 0.1), (old, 0.1)) == {"long ago", "both"}
    assert coming((now, 0.1), (old, 9.0)) == set()
    assert coming((old, 0.1), (old, 59.0)) == {"long ago", "both"}
    assert coming((old, 0.1), (old, 61.0)) == set(), "it waits no longer"
