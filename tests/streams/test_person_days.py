"""The mart person_days, and the views over it, against plain Python: exact whatever comes late."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from streams import marts
from tests.conftest import WarehouseUrls
from tests.scale import tried
from tests.streams.history import Fact, History, Times, Told, lived, steps
from warehouse import Warehouse

pytestmark = pytest.mark.integration
(MART,) = (mart for mart in marts.every() if mart.name == "person_days")
#: Some weeks until now, of days that are far from each other or not.
NOW = datetime.now(UTC)
BEGIN = datetime.combine(NOW.date() - timedelta(days=75), time(), UTC)
STARTS = st.one_of(
    st.dates(BEGIN.date() - timedelta(days=60), NOW.date() + timedelta(days=9)),
    st.dates(BEGIN.date() - timedelta(days=420), BEGIN.date() - timedelta(days=300)),
    st.dates(date(2015, 1, 1), BEGIN.date() - timedelta(days=400)),
)
WEEKS = Times(BEGIN, 80, (1, 700, 1440, 4321, 10080, 20160), STARTS)
#: Over which weeks after the first one a behaviour's people are counted again.
AFTER = (1, 2, 4, 8)


@pytest.fixture(scope="module")
def store(warehouse: WarehouseUrls) -> Warehouse:
    return Warehouse(warehouse.admin)


def monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


@dataclass
class Did:
    """What a person did in a day or a week, as plain Python adds it up."""

    last: tuple[date, int] = (date.min, 0)
    resolved: int = 0
    team: str = ""
    tenure: str = ""
    days: set[date] = field(default_factory=set)
    scaffolds: Counter[str] = field(default_factory=Counter)
    behaviours: Counter[str] = field(default_factory=Counter)
    counterparts: set[int] = field(default_factory=set)

    def add(self, history: History, fact: Fact) -> None:
        day, person = history.day(fact), history.person(fact.account)
        if (day, fact.at) >= self.last:
            self.last = (day, fact.at)
            self.team, self.tenure = history.team(person, day), history.tenure(fact)
        self.resolved = int(history.resolved(fact.account))
        self.days.add(day)
        self.scaffolds[fact.scaffold] += 1
        self.behaviours[fact.behaviour] += 1
        self.counterparts |= {fact.counterpart} - {0}

    @property
    def row(self) -> tuple[Any, ...]:
        each = ("discovery", "practice", "sharing", "reinforcement", "formal")
        counts = [self.scaffolds[name] for name in each]
        return (self.resolved, self.team, self.tenure, sum(counts), *counts, dict(self.behaviours))


ROW = (
    "resolved, team, tenure_band, events, discovery, practice, sharing, reinforcement, formal, "
    "behaviours"
)


def did(history: History, weekly: bool) -> dict[tuple[date, int], Did]:
    found: dict[tuple[date, int], Did] = {}
    for fact in history.living():
        day = history.day(fact)
        key = (monday(day) if weekly else day, history.person(fact.account))
        found.setdefault(key, Did()).add(history, fact)
    return dict(sorted(found.items()))


def expected_retention(history: History, today: date) -> list[tuple[Any, ...]]:
    weeks: dict[tuple[str, int], set[date]] = {}
    for fact in history.living():
        key = (fact.behaviour, history.person(fact.account))
        weeks.setdefault(key, set()).add(monday(history.day(fact)))
    cohorts: dict[tuple[str, date], list[set[date]]] = {}
    for (behaviour, _), own in weeks.items():
        cohorts.setdefault((behaviour, min(own)), []).append(own)
    return [
        (
            behaviour,
            cohort,
            len(people),
            *(
                sum(cohort + timedelta(weeks=n) in own for own in people)
                if cohort + timedelta(weeks=n + 1) <= today
                else None
                for n in AFTER
            ),
        )
        for (behaviour, cohort), people in sorted(cohorts.items())
    ]


@dataclass
class Week:
    """A person's week since their start."""

    start: date
    number: int
    first: date
    events: int
    sharing: int
    met: int
    asked: int | None
    helped: int | None


def weeks(history: History, today: date) -> Iterator[Week]:
    """The weeks that are over, of who was in a team when they began."""
    living = history.living()
    earliest = min((history.day(fact) for fact in living), default=date.max)
    for person in history.people:
        start = history.start(person)
        for number in range((today - start).days // 7 if start else 0):
            assert start is not None
            first = start + timedelta(weeks=number)
            if first >= earliest and history.team(person, first):
                yield week(history, person, start, number)


def week(history: History, person: int, start: date, number: int) -> Week:
    first, end = start + timedelta(weeks=number), start + timedelta(weeks=number + 1)
    mine = [(history.day(f), f) for f in history.living() if history.person(f.account) == person]
    now = [f for day, f in mine if first <= day < end]
    others = set()
    for fact in history.living():
        pair = {history.person(fact.account), history.person(fact.counterpart)}
        if fact.counterpart and person in pair and first <= history.day(fact) < end:
            others |= pair - {person}

    def until(behaviour: str) -> int | None:
        found = [(d - start).days for d, f in mine if f.behaviour == behaviour and start <= d < end]
        return min(found, default=None)

    sharing = sum(f.scaffold == "sharing" for f in now)
    asked, helped = until("ask"), until("help")
    return Week(start, number, first, len(now), sharing, len(others), asked, helped)


def expected_newcomers(history: History, today: date) -> list[tuple[Any, ...]]:
    every = list(weeks(history, today))
    cells: dict[tuple[date, int], list[Week]] = {}
    for one in every:
        if one.number < 26:
            cells.setdefault((one.start.replace(day=1), one.number), []).append(one)
    return [cell(every, *key, some) for key, some in sorted(cells.items())]


def cell(every: list[Week], cohort: date, number: int, some: list[Week]) -> tuple[Any, ...]:
    many = len(some)
    events = sum(one.events for one in some)
    after: list[Any] = []
    for found in ([one.asked for one in some], [one.helped for one in some]):
        days = [one for one in found if one is not None]
        after += [len(days) / many, median(days) if days else None]
    month = (cohort + timedelta(days=31)).replace(day=1)
    old = [
        one
        for one in every
        if (one.first - one.start).days >= 365
        and cohort <= one.first - timedelta(weeks=number) < month
    ]
    return (
        cohort,
        number + 1,
        many,
        sum(one.events > 0 for one in some),
        events,
        *rates(some),
        *after,
        len(old),
        *rates(old),
    )


def rates(some: list[Week]) -> Iterator[float | None]:
    """Part that is active, events and people met a person, part that is sharing."""
    active = sum(one.events > 0 for one in some)
    events, sharing, met = (sum(getattr(w, n) for w in some) for n in ("events", "sharing", "met"))
    for part in (active, events, met):
        yield part / len(some) if some else None
    yield sharing / events if events else None


NEWCOMERS = (
    "cohort, week, people, active, events, active_share, events_a_person, met_a_person, "
    "sharing_share, asked_share, asked_days, helped_share, helped_days, old_weeks, "
    "old_active_share, old_events_a_person, old_met_a_person, old_sharing_share"
)


def today(history: History) -> date:
    return datetime.now(ZoneInfo(history.zone)).date()


def assert_holds(store: Warehouse, history: History) -> None:
    """The table and each view are what plain Python makes of the facts, as of one day."""
    for view, key, weekly in (("person_days", "day", False), ("person_weeks", "week", True)):
        extra = "days_active" if weekly else "counterparts"
        held = store.query(
            f"SELECT {key}, person, {ROW}, {extra} FROM learning.{view} ORDER BY 1, 2"
        )
        assert held == [
            (*at, *own.row, len(own.days) if weekly else sorted(own.counterparts))
            for at, own in did(history, weekly).items()
        ]
    while True:
        day = today(history)
        returned = store.query("SELECT * FROM learning.retention ORDER BY behaviour, cohort")
        ramp = store.query(f"SELECT {NEWCOMERS} FROM learning.newcomers ORDER BY cohort, week")
        if today(history) == day:
            break
    assert returned == expected_retention(history, day)
    assert ramp == expected_newcomers(history, day)


def act(days: float, behaviour: str, account: int = 1, whom: int = 0) -> Fact:
    """So many days after the first one, at its noon."""
    number = int(days * 24) * 10000 + account * 100 + len(behaviour)
    return Fact(
        f"00000000-0000-4000-8000-{number:012}", BEGIN + timedelta(days=days, hours=12), account,
        whom, "Chat", behaviour, "", number,
    )  # fmt: skip


def told(start: int, *accounts: int, team: str = "Web") -> Told:
    """Who started so many days after the first one."""
    return Told(BEGIN.date() + timedelta(days=start), accounts, team, team, BEGIN.date())


#: A newcomer asks, is answered, and answers; an old hand is there all the time, another has left.
RAMP = [
    ("load", 1001, told(0, 1)), ("load", 1002, told(-900, 2)),
    ("load", 1003, Told(date(2020, 1, 1), (3,), "Ops", "", BEGIN.date() + timedelta(days=20))),
    ("happen", [act(0, "read", 3), act(2, "search"), act(3, "ask")]),
    ("happen", [act(3.1, "help", 2, 1), act(15, "help", 1, 2)]),
    ("happen", [act(5 + 7 * n, "record", 2) for n in range(9)]),
    ("happen", [act(5 + 7 * n, "read", 3, 1) for n in range(9)]),
]  # fmt: skip


@settings(
    max_examples=tried(10, 160),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(happened=steps(WEEKS))
@example(happened=RAMP)
# Nobody knows who they are until the end, and what came first comes last.
@example(happened=[*reversed(RAMP), ("take_in",), ("happen", [act(1, "ask")])])
def test_days_weeks_retention_and_newcomers_are_what_plain_python_makes_of_the_facts(
    store: Warehouse, happened: list[Any]
) -> None:
    assert_holds(store, lived(store, MART, happened))


def test_a_first_time_that_comes_late_makes_another_cohort(store: Warehouse) -> None:
    history = lived(store, MART, [("happen", [act(14, "ask"), act(28, "ask"), act(76, "ask")])])
    first = monday(BEGIN.date() + timedelta(days=14))

    def held() -> list[Any]:
        return list(store.query("SELECT * FROM learning.retention ORDER BY behaviour, cohort"))

    eighth_is_over = datetime.now(UTC).date() >= first + timedelta(weeks=9)
    assert held() == [("ask", first, 1, 0, 1, 0, 0 if eighth_is_over else None)]
    history.happen([act(7, "ask")])
    history.take_in(MART)
    assert held() == [("ask", first - timedelta(days=7), 1, 1, 0, 0, held()[0][-1])]
    assert_holds(store, history)


def test_a_newcomer_is_seen_to_begin_beside_old_hands(store: Warehouse) -> None:
    lived(store, MART, RAMP)
    cohort = BEGIN.date().replace(day=1)
    found = store.query(
        "SELECT week, people, active, met_a_person, asked_days, helped_share, helped_days "
        "FROM learning.newcomers WHERE cohort = {cohort:Date} AND week <= 3 ORDER BY week",
        {"cohort": cohort},
    )
    assert found == [
        (1, 1, 1, 2.0, 3.0, 0.0, None),
        (2, 1, 0, 1.0, 3.0, 0.0, None),
        (3, 1, 1, 2.0, 3.0, 1.0, 15.0),
    ]
