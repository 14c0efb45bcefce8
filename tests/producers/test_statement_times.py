"""Times as tools write them, as statements hold them."""

import pytest

from producers.statements import utc


@pytest.mark.parametrize(
    ("written", "held"),
    [
        ("2026-03-01T12:00:00+02:00", "2026-03-01T10:00:00.000Z"),
        (
            "0001-01-01T00:00:00Z",
            "0001-01-01T00:00:00.000Z",
        ),  # no time at all, as some tools say it
        ("2026-03-01T12:00:00", "2026-03-01T12:00:00.000Z"),
    ],
)
def test_a_time_is_held_in_utc(written: str, held: str) -> None:
    assert utc(written) == held


@pytest.mark.parametrize("written", ["0001-01-01T00:00:00+05:00", "9999-12-31T23:59:59-12:00"])
def test_a_time_that_utc_does_not_have_is_an_error_and_no_crash(written: str) -> None:
    with pytest.raises(ValueError, match="beyond the calendar's ends"):
        utc(written)
