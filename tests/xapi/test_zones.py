"""A time zone is the IANA name of one, or refused with what may have been meant."""

import zoneinfo
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xapi import zones


@given(st.sampled_from(sorted(zoneinfo.available_timezones())))
def test_every_zone_is_one_and_is_found_in_any_case(name: str) -> None:
    assert zones.problem(name) == ""
    near = zones.nearest(name.swapcase(), {name})
    assert near == [name]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Berlin", "Europe/Berlin"), ("europe/berlin", "Europe/Berlin"),
        ("New York", "America/New_York"),
        ("Europe/Berln", "Europe/Berlin"), ("Asia/Calcuta", "Asia/Calcutta"), ("utc", "UTC"),
        (" Europe/Berlin", "Europe/Berlin"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_what_was_meant(written: str, meant: str) -> None:
    said = zones.problem(written)
    assert said.startswith(f"{written!r} is not the IANA name of a time zone; did you mean ")
    assert meant in said


@given(st.text(max_size=30))
def test_any_text_is_answered(text: str) -> None:
    assert (zones.problem(text) == "") == (text in zoneinfo.available_timezones())


@pytest.mark.parametrize("name", ["", "Mars", "../etc/passwd", "München"])
def test_what_is_near_none_says_how_to_write_one(name: str) -> None:
    assert zones.problem(name).endswith("write it as Europe/Berlin")


#: Clocks that change twice a year, to a half hour, around Ramadan, over the date line, and never.
SOME = (
    "Europe/Berlin", "Australia/Lord_Howe", "Africa/Casablanca", "Pacific/Apia", "Asia/Kolkata",
    "America/St_Johns", "UTC",
)  # fmt: skip
SECONDS = int((zones.END - zones.BEGIN).total_seconds())


@given(st.sampled_from(SOME), st.integers(0, SECONDS))
def test_offsets_are_those_of_the_clocks(name: str, second: int) -> None:
    at = zones.BEGIN + timedelta(seconds=second)
    (found,) = (each for each in zones.offsets(name) if each.begin <= at <= each.until)
    assert timedelta(seconds=found.seconds) == at.astimezone(zoneinfo.ZoneInfo(name)).utcoffset()


@pytest.mark.parametrize("name", SOME)
def test_offsets_have_no_gap_and_change_to_the_second(name: str) -> None:
    found = zones.offsets(name)
    assert (found[0].begin, found[-1].until) == (zones.BEGIN, zones.END)
    zone, second = zoneinfo.ZoneInfo(name), timedelta(seconds=1)
    for before, after in pairwise(found):
        assert after.begin - before.until == second
        assert before.until.astimezone(zone).utcoffset() != after.begin.astimezone(zone).utcoffset()


def test_clocks_of_berlin_in_a_year() -> None:
    year = [each for each in zones.offsets("Europe/Berlin") if each.begin.year == 2026]
    assert [(each.begin, each.seconds) for each in year] == [
        (datetime(2026, 3, 29, 1, tzinfo=UTC), 7200),
        (datetime(2026, 10, 25, 1, tzinfo=UTC), 3600),
    ]


def test_no_zone_has_no_clocks() -> None:
    with pytest.raises(zoneinfo.ZoneInfoNotFoundError):
        zones.offsets("Mars/Olympus")
