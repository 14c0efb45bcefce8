"""Whether an event was after hours: by the clocks of whoever acted, against plain Python."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.conftest import WarehouseUrls
from tests.scale import tried
from tests.streams.history import BEGIN, Fact, History, Told, steps
from warehouse import Warehouse, WarehouseError

pytestmark = pytest.mark.integration

ASKED = "SELECT toString(id), after_hours FROM learning.events"
#: Days, hours (in seconds since midnight) and holidays: a week of offices, weekends, always.
OFFICES: tuple[tuple[frozenset[int], int, int, frozenset[date]], ...] = (
    (frozenset(range(1, 6)), 9 * 3600, 17 * 3600, frozenset()),
    (frozenset((6, 7)), 30600, 24 * 3600, frozenset()),
    (frozenset(range(1, 8)), 0, 24 * 3600, frozenset((date(2026, 3, 28), date(2026, 3, 30)))),
)
Office = tuple[frozenset[int], int, int, frozenset[date]]


@pytest.fixture(scope="module")
def store(warehouse: WarehouseUrls) -> Iterator[Warehouse]:
    found = Warehouse(warehouse.admin)
    yield found
    found.close()


def work(store: Warehouse, office: Office) -> None:
    days, begin, end, free = office
    hours = "-".join(f"{each // 3600:02}:{each // 60 % 60:02}" for each in (begin, end))
    told = [
        ("working_days", ",".join(map(str, sorted(days)))),
        ("working_hours", hours),
        ("holiday_dates", ",".join(map(str, sorted(free)))),
    ]
    store.insert("ops.setting_rows", ("name", "value"), told)


def zone(history: History, fact: Fact) -> ZoneInfo:
    person = history.person(fact.account)
    own = history.people[person][1].zone if person in history.people else ""
    return ZoneInfo(own or history.zone)


def after_hours(clock: datetime, office: Office) -> bool:
    days, begin, end, free = office
    second = clock.hour * 3600 + clock.minute * 60 + clock.second
    works = clock.isoweekday() in days and clock.date() not in free
    return not (works and begin <= second < end)


def expected(history: History, office: Office) -> dict[str, bool]:
    return {
        fact.id: after_hours(fact.time.astimezone(zone(history, fact)), office)
        for fact in history.facts
        if fact.id not in history.gone
    }


@settings(max_examples=tried(12, 200), deadline=None, suppress_health_check=list(HealthCheck))
@given(happened=steps(), office=st.sampled_from(OFFICES))
def test_after_hours_is_what_the_clock_of_each_person_says(
    store: Warehouse, happened: Sequence[Any], office: Office
) -> None:
    history = History(store)
    history.begin([])
    for name, *given_ in happened:
        if name != "take_in":
            getattr(history, name)(*given_)
    work(store, office)
    assert dict(store.query(ASKED)) == expected(history, office)
    # The two that read the settings agree.
    ((_, days, begin, end, holidays),) = store.rows("reactions/work_time")
    assert (frozenset(days), begin, end) == office[:3]
    assert set(holidays) == {day for day in office[3] if day.isoweekday() in days}


def test_where_nothing_is_said_work_is_from_monday_to_friday_nine_to_five(
    store: Warehouse,
) -> None:
    history = History(store)
    history.begin([])
    store.execute("TRUNCATE TABLE ops.setting_rows")
    times = [BEGIN + timedelta(minutes=30 * n) for n in range(7 * 48)]
    identifiers = [f"00000000-0000-4000-8000-{n:012}" for n in range(len(times))]
    facts = zip(identifiers, times, strict=True)
    history.happen([Fact(each, at, 1, 0, "Wiki", "read", "", 1) for each, at in facts])
    assert dict(store.query(ASKED)) == expected(history, OFFICES[0])


def one(store: Warehouse, at: str, *zones: str) -> list[int]:
    """Whether an act of somebody is after hours, as one zone after the other is theirs."""
    history = History(store)
    history.begin([])
    work(store, OFFICES[0])
    history.choose("Europe/Berlin", 30)
    time = datetime.fromisoformat(at)
    identifier = "00000000-0000-4000-8000-000000000001"
    history.happen([Fact(identifier, time, 1, 0, "Wiki", "read", "", 1)])
    found = []
    for where in zones:
        history.load(1001, Told(None, (1,), "", "Web", date(2020, 1, 1), where))
        found += [after for _, after in store.query(ASKED)]
    return found


@pytest.mark.parametrize(
    ("at", "berlin", "new_york"),
    [
        ("2026-03-25T08:00:00+00:00", 0, 1),  # nine in Berlin
        ("2026-03-25T15:59:59.999+00:00", 0, 0),
        ("2026-03-25T16:00:00+00:00", 1, 0),  # five in Berlin
        ("2026-03-29T20:00:00+00:00", 1, 1),  # a Sunday
        ("2026-03-30T07:00:00+00:00", 0, 1),  # nine in Berlin, whose clocks went forward
        ("2026-03-30T06:59:59+00:00", 1, 1),
    ],
)
def test_a_zone_that_is_given_changed_and_cleared(
    store: Warehouse, at: str, berlin: int, new_york: int
) -> None:
    assert one(store, at, "", "America/New_York", "") == [berlin, new_york, berlin]


def test_a_zone_that_no_machine_knows_is_as_none(store: Warehouse) -> None:
    at = "2026-03-25T16:00:00+00:00"
    assert one(store, at, "", "Mars/Olympus", "America/New_York") == [1, 1, 0]


@pytest.mark.parametrize("at", ["1970-01-02T12:00:00+00:00", "2105-12-31T09:59:59+00:00"])
def test_the_ends_of_the_calendar_have_clocks(store: Warehouse, at: str) -> None:
    """A Friday and a Thursday."""
    for where in ("Pacific/Kiritimati", "Pacific/Pago_Pago", "Europe/Berlin"):
        clock = datetime.fromisoformat(at).astimezone(ZoneInfo(where))
        assert one(store, at, where) == [int(after_hours(clock, OFFICES[0]))], where


def test_clocks_that_have_other_rules_since_are_told_anew(store: Warehouse) -> None:
    at = "2026-03-25T16:00:00+00:00"
    assert one(store, at, "America/New_York") == [0]
    wrong = [(BEGIN - timedelta(days=20_000), BEGIN + timedelta(days=20_000), 7 * 3600)]
    store.insert("directory.zone_rows", ("zone", "offsets"), [("America/New_York", wrong)])
    store.command("directory/reload_zone_offset")
    assert [after for _, after in store.query(ASKED)] == [1]
    assert one(store, at, "America/New_York") == [0]


def test_no_reader_learns_a_zone(store: Warehouse, warehouse: WarehouseUrls) -> None:
    """Whether an event was after hours they may know; not whose zone it is."""
    one(store, "2026-03-25T16:00:00+00:00", "America/New_York")
    for user in (warehouse.analyst, warehouse.viewer):
        reader = Warehouse(user)
        for asked in (
            "SELECT dictGet('directory.person_zone', 'zone', toUInt64(1001))",
            "SELECT dictGet('released.person_zone', 'zone', toUInt64(1001))",
            "SELECT * FROM directory.person_zone",
            "SELECT zone FROM directory.zone_rows",
            "SELECT timezone FROM directory.people",
        ):
            store.query(asked)
            with pytest.raises(WarehouseError):
                reader.query(asked)
        reader.close()
    analyst = Warehouse(warehouse.analyst)
    assert [after for _, after in analyst.query(ASKED)] == [0]
    for view in ("learning.events", "learning.questions"):
        assert "New_York" not in str(analyst.query(f"SELECT * FROM {view}"))
    analyst.close()
