"""A time zone is the IANA name of one, or refused with what may have been meant."""

import zoneinfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warehouse import zones


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
