"""Working time, against a walk minute by minute; and which messages are delivered when."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reactions.document import Document
from reactions.memory import Waiting
from reactions.message import Message
from reactions.plan import plan
from reactions.rules import WHENS
from reactions.worktime import WorkTime

OFFICE = WorkTime(ZoneInfo("Europe/Berlin"), frozenset((1, 2, 3, 4, 5)), 9 * 3600, 17 * 3600)
HOUR = timedelta(hours=1)
#: Clocks change in Berlin in the night of the 29th.
MOMENTS = st.integers(0, 14 * 24 * 60 - 1).map(
    lambda minutes: datetime(2026, 3, 23, tzinfo=UTC) + timedelta(minutes=minutes)
)
SPANS = st.tuples(st.integers(0, 23), st.integers(1, 24)).filter(lambda one: one[0] < one[1])
#: Days of which one or another is free.
FREE = st.frozensets(st.integers(0, 20).map(lambda n: date(2026, 3, 20) + timedelta(days=n)))
WORK = st.builds(
    lambda zone, days, hours, free: WorkTime(
        ZoneInfo(zone), days, hours[0] * 3600, hours[1] * 3600, free
    ),
    st.sampled_from(("UTC", "Europe/Berlin", "Asia/Kolkata")),
    st.frozensets(st.integers(1, 7), min_size=1),
    SPANS,
    FREE,
)


@given(WORK, MOMENTS, st.integers(1, 40))
@settings(max_examples=60)
def test_hours_of_working_time_are_those_of_the_clock(
    work: WorkTime, at: datetime, quarters: int
) -> None:
    found = work.after(at, quarters / 4)
    clock, end = (each.astimezone(work.zone).replace(tzinfo=None) for each in (at, found))
    passed = 0
    while clock < end:
        second = clock.hour * 3600 + clock.minute * 60
        works = clock.isoweekday() in work.days and clock.date() not in work.holidays
        passed += works and work.begin <= second < work.end
        clock += timedelta(minutes=1)
    # What would be over in an hour that clocks leave out is over in the next: both have one moment.
    before, then = (each.astimezone(work.zone).utcoffset() for each in (found - HOUR, found))
    left_out = range(61) if before != then else range(1)
    assert passed - quarters * 15 in left_out
    assert found > at
    assert work.earliest(found, quarters / 4) <= work.day(at)


@pytest.mark.parametrize(
    ("at", "hours", "then"),
    [
        ("2026-03-27T13:00+01:00", 4, "2026-03-27T17:00+01:00"),
        ("2026-03-27T16:00+01:00", 4, "2026-03-30T12:00+02:00"),  # over a weekend, and the clocks
        ("2026-03-28T12:00+01:00", 4, "2026-03-30T13:00+02:00"),
        ("2026-03-26T03:00+01:00", 16, "2026-03-27T17:00+01:00"),
    ],
)
def test_working_hours_go_over_nights_and_weekends(at: str, hours: float, then: str) -> None:
    assert OFFICE.after(datetime.fromisoformat(at), hours) == datetime.fromisoformat(then)


def test_working_time_is_by_the_clocks_of_a_zone_that_is_known() -> None:
    there = OFFICE.by("America/New_York")
    monday = datetime(2026, 3, 23, 15, tzinfo=UTC)  # four in Berlin, eleven in New York
    assert there.after(monday, 4) == monday + timedelta(hours=4)
    assert OFFICE.after(monday, 4) == monday + timedelta(hours=20)
    assert OFFICE.by("") == OFFICE.by("Mars/Olympus") == OFFICE


@given(WORK, MOMENTS, st.integers(1, 40), st.sampled_from(("Pacific/Kiritimati", "Pacific/Niue")))
@settings(max_examples=60)
def test_a_question_of_anywhere_lies_in_the_days_that_are_looked_at(
    work: WorkTime, asked: datetime, quarters: int, where: str
) -> None:
    at = work.by(where).after(asked, quarters / 4)
    first, last = WHENS["question-open"].days(at, at, quarters / 4, work)
    assert first <= work.day(asked) <= last


def waits(target: str, number: int, told: datetime) -> Waiting:
    one = Message(UUID(int=number), "rule", "team-silent", told, "Nobody of Web.")
    return Waiting(one, target, told)


def document(limit: int, **quiet: object) -> Document:
    target = {
        "name": "desk", "kind": "webhook", "url": "https://a.test", "secret": "env:S",
        "limit": limit,
    }  # fmt: skip
    return Document.model_validate({"target": [target], "quiet": quiet})


@given(MOMENTS, st.integers(0, 12), st.integers(1, 5), st.integers(0, 7))
@settings(max_examples=60)
def test_nobody_is_told_in_the_quiet_time_nor_more_than_so_often(
    now: datetime, many: int, limit: int, had: int
) -> None:
    waiting = [waits("desk", n, now - timedelta(hours=n)) for n in range(many)]
    found = plan(waiting, document(limit), OFFICE, now, {"desk": had})
    clock = now.astimezone(OFFICE.zone)
    works = clock.isoweekday() <= 5 and 9 <= clock.hour < 17
    due = found.due.get("desk", [])
    assert due == (waiting[: max(0, limit - had)] if works else [])
    assert not found.expired


def test_the_quiet_time_may_be_another_than_outside_of_work() -> None:
    saturday = datetime(2026, 3, 28, 20, tzinfo=UTC)
    waiting = [waits("desk", 1, saturday)]
    assert not plan(waiting, document(9), OFFICE, saturday, {}).due
    told = plan(waiting, document(9, days=(6,), hours="20:00-24:00"), OFFICE, saturday, {})
    assert told.due == {"desk": waiting}


def test_what_nobody_takes_for_a_week_and_what_has_no_target_is_given_up() -> None:
    now = datetime(2026, 3, 27, 12, tzinfo=UTC)
    old, other, held = (
        waits("desk", 1, now - timedelta(days=7, seconds=1)),
        waits("gone", 2, now),
        waits("desk", 3, now - timedelta(days=7)),
    )
    found = plan([old, other, held], document(9), OFFICE, now, {})
    assert [each for each, _ in found.expired] == [old, other]
    assert found.due == {"desk": [held]}
