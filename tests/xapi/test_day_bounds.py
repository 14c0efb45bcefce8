"""What a day may be: one rule, in Python and in the warehouse's SQL."""

import zoneinfo
from datetime import UTC, date, datetime, timedelta
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xapi import days

SQL = [
    "tables/history/028_days.sql",
    "queries/verify/statement_hours.sql",
    "queries/verify/facts_missing.sql",
]


@given(st.integers(-(1 << 62), 1 << 62))
def test_every_moment_lies_within_the_days_in_every_time_zone(milliseconds: int) -> None:
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=days.moment(milliseconds))
    for hours in (-12, 0, 14):
        assert days.FIRST <= (moment + timedelta(hours=hours)).date() <= days.LAST


def test_there_is_no_time_zone_further_away() -> None:
    for name in sorted(zoneinfo.available_timezones()):
        zone = zoneinfo.ZoneInfo(name)
        assert days.EARLIEST.astimezone(zone).date() >= days.FIRST, name
        assert days.LATEST.astimezone(zone).date() <= days.LAST, name


def test_moments_within_stay() -> None:
    for moment in (days.EARLIEST_MS, days.EARLIEST_MS + 1, 1_795_608_000_000, days.LATEST_MS):
        assert days.moment(moment) == moment
    assert (days.LATEST - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(
        milliseconds=1
    ) == days.LATEST_MS


@pytest.mark.parametrize(
    "text", ["1970-01-01", "1969-12-31", "0001-01-01", "2106-01-01", "9999-12-31"]
)
def test_a_day_outside_is_refused_with_what_is_allowed(text: str) -> None:
    with pytest.raises(ValueError, match="is not between 1970-01-02 and 2105-12-31"):
        days.day(text)


@pytest.mark.parametrize("text", ["", "2026-02-30", "20260203", "2026-2-3", "2026-W10-1", "now"])
def test_what_is_no_day_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no date of the calendar"):
        days.day(text)


def test_the_ends_are_days() -> None:
    assert days.day("1970-01-02") == date(1970, 1, 2)
    assert days.day("2105-12-31") == date(2105, 12, 31)


@pytest.mark.parametrize("name", SQL)
def test_the_warehouse_has_the_same_bounds(name: str) -> None:
    text = (files("warehouse") / name).read_text()
    for moment in (days.EARLIEST, days.LATEST):
        assert f"'{moment:%Y-%m-%d %H:%M:%S}.{moment.microsecond // 1000:03}'" in text
    if "fromUnixTimestamp64Milli" in text:
        assert f"least(greatest(event.time, {days.EARLIEST_MS}), {days.LATEST_MS})" in text
