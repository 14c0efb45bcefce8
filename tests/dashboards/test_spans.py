"""A view's time range, as an address says it."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboards.errors import UnknownSpan
from dashboards.spans import DEFAULT, FULL_WEEKS, RANGES, Span, around

PARIS = ZoneInfo("Europe/Paris")


@pytest.mark.parametrize("name", [name for name in RANGES if name != FULL_WEEKS])
def test_a_range_ends_now_and_reaches_back(name: str) -> None:
    start, until = Span.read(name, "", "").instants(1_770_000_000.5, PARIS)
    assert (start, until) == (1_770_000_001 - RANGES[name][0], 1_770_000_001)


@pytest.mark.parametrize(
    ("now", "first", "last"),
    [
        ("2026-11-28T12:00", "2026-10-26", "2026-11-22"),  # a Saturday
        ("2026-11-23T00:00", "2026-10-26", "2026-11-22"),  # the first moment of a week
        ("2026-11-22T23:59", "2026-10-19", "2026-11-15"),  # the last moment of one
        ("2026-04-01T12:00", "2026-03-02", "2026-03-29"),  # the clocks went forward
    ],
)
def test_the_default_is_the_last_four_whole_weeks(now: str, first: str, last: str) -> None:
    at = datetime.fromisoformat(now).replace(tzinfo=PARIS).timestamp()
    span = Span.read("", "", "")
    assert span.instants(at, PARIS) == Span.between(first, last).instants(at, PARIS)
    assert not span.live
    assert Span("24h").live


def test_a_span_says_its_days() -> None:
    assert Span.between("2026-11-02", "2026-11-08").dates(0, PARIS) == "2 Nov – 8 Nov 2026"
    assert Span.between("2025-12-29", "2026-01-04").dates(0, PARIS) == "29 Dec 2025 – 4 Jan 2026"
    assert Span.between("2026-11-02", "2026-11-02").dates(0, PARIS) == "2 Nov 2026"


def test_a_range_is_told_in_a_sentence() -> None:
    told = {name: Span(name).label for name in ("1h", "24h", FULL_WEEKS)}
    assert [*told.values()] == ["the last hour", "the last 24 h", "the last 4 full weeks"]


def test_a_bucket_is_a_span() -> None:
    week = around(datetime(2026, 3, 23, tzinfo=PARIS), timedelta(days=7))
    start, until = week.instants(0, PARIS)
    assert until - start == (7 * 24 - 1) * 3600  # the clocks go forward on the 29th


def test_nothing_asked_is_the_default() -> None:
    assert Span.read("", "", "") == Span(DEFAULT)


def test_days_are_the_organisations_and_the_last_is_whole() -> None:
    start, until = Span.read("", "2026-03-28", "2026-03-29").instants(0, PARIS)
    assert datetime.fromtimestamp(start, UTC).isoformat() == "2026-03-27T23:00:00+00:00"
    assert until - start == 47 * 3600  # the clocks go forward on the 29th


def test_hours_are_taken_as_written() -> None:
    start, until = Span.read("", "2026-06-01T08:30", "2026-06-01T10:00").instants(0, PARIS)
    assert until - start == 5400


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        (("37d", "", ""), "range=37d is not known"),
        (("", "2026-03-01", ""), "until is empty: from and until go together"),
        (("", "yesterday", "2026-03-01"), "'yesterday' is not a moment"),
        (("", "2026-03-02", "2026-03-01"), "does not lie after"),
        (("", "2026-03-01T00:00Z", "2026-03-02"), "organisation's own time"),
        (("", "0001-01-01T00:00", "2026-03-02"), "between 1971 and 2105"),
        (("", "9999-12-31", "9999-12-31"), "not a moment"),
    ],
)
def test_what_cannot_be_read_is_said(asked: tuple[str, str, str], says: str) -> None:
    with pytest.raises(UnknownSpan, match=says):
        Span.read(*asked)


@given(st.text(), st.text(), st.text())
def test_any_address_is_read_or_refused(range_: str, start: str, end: str) -> None:
    try:
        span = Span.read(range_, start, end)
    except UnknownSpan:
        return
    first, until = span.instants(1_770_000_000, PARIS)
    assert first < until


@given(
    st.builds(datetime.combine, st.dates(date(1972, 1, 1), date(2090, 1, 1)), st.times()),
    st.timedeltas(timedelta(hours=3), timedelta(days=900)),
)
def test_a_span_survives_its_address(start: datetime, length: timedelta) -> None:
    written = [moment.isoformat(timespec="minutes") for moment in (start, start + length)]
    span = Span.read("", *written)
    again = span.query
    assert Span.read(again.get("range", ""), again["from"], again["until"]) == span
