"""Which dirty periods are computed together: every dirty hour is taken in at some turn."""

from unittest.mock import MagicMock, patch

from hypothesis import given, settings
from hypothesis import strategies as st

from streams import marts
from streams.mart import Mart, Query
from streams.rollups import EVERYTHING, HISTORY, NEWEST, Runner, Touched, together


def test_the_newest_is_computed_alone_and_some_of_history_after_it() -> None:
    touched: list[Touched] = [(letter, [at]) for at, letter in enumerate("gfedcba")]
    assert together(touched, NEWEST.periods) == touched[:1]
    assert together(touched, HISTORY.periods) == touched[1:5]
    assert together(touched, EVERYTHING.periods) == touched


def test_an_hour_of_two_periods_brings_both() -> None:
    touched: list[Touched] = [("c", [7, 8]), ("b", [5, 7]), ("a", [1, 5])]
    assert together(touched, NEWEST.periods) == [("c", [7, 8]), ("b", [5, 7])]
    assert together(touched, HISTORY.periods) == touched


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
        periods = NEWEST.periods if turn is NEWEST or len(touched) == 1 else HISTORY.periods
        computed = {int(period) for period, _ in together(touched, periods)}
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


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 20), st.lists(st.floats(0.01, 5), min_size=1, max_size=5))
def test_marts_that_nobody_watches_take_an_eighth_of_the_time_however_many(
    more: int, took: list[float]
) -> None:
    new = [Mart(f"m{at}", f"learning.m{at}", Query("SELECT 1")) for at in range(more)]
    every = [*marts.every(), *new]
    clock, spent = Clock(), dict.fromkeys((mart.name for mart in every), 0.0)

    def compute(_: object, mart: Mart, *others: object) -> int:
        one = took[len(mart.name) % len(took)]
        clock.now += one
        spent[mart.name] += one
        return 1

    with (
        patch("streams.rollups.recompute", compute),
        patch("streams.rollups.time.monotonic", clock),
        patch("streams.rollups.release"),
        patch("streams.rollups.keep"),
        patch("streams.rollups.refresh"),
        patch("streams.rollups.minimum"),
        patch("streams.rollups.forget"),
    ):
        runner = Runner(MagicMock(), every)
        began = clock.now
        while clock.now < began + 4_000:
            runner.run()
            clock.now += 0.05
    passed = clock.now - began
    assert {mart.name for mart in every if mart.live} == {"activity", "published"}
    others = sum(spent[mart.name] for mart in every if not (mart.live or mart.published))
    shown = sum(spent[mart.name] for mart in every if mart.published and not mart.live)
    assert 0 < others <= passed / 8 + max(took)
    # An eighth for the newest weeks of all, and half for history while there is any.
    assert 0 < shown <= passed * 5 / 8 + 2 * max(took)
    assert all(spent.values()), "each has its turn"
    assert 0 < spent["activity"] <= passed / 8 + max(took)
