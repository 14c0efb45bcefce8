"""The mart sessions against plain Python: whatever comes, in whatever order, it is exact."""

import hashlib
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, example, given, settings

from streams import marts
from tests.conftest import WarehouseUrls
from tests.scale import tried
from tests.streams.history import BEGIN, Fact, History, Told, lived, steps
from warehouse import Warehouse

pytestmark = pytest.mark.integration
(MART,) = (mart for mart in marts.every() if mart.name == "sessions")
DAY = timedelta(days=1)
COLUMNS = (
    "id", "day", "person", "resolved", "team", "tenure_band", "start", "end", "events", "tools",
    "topics", "path", "scaffolds", "searches", "searches_without_find",
)  # fmt: skip


@pytest.fixture(scope="module")
def store(warehouse: WarehouseUrls) -> Warehouse:
    return Warehouse(warehouse.admin)


def unbroken(facts: Sequence[Fact], gap: int) -> Iterator[list[Fact]]:
    """A person's facts, cut where more than so many minutes lie between two."""
    found: list[Fact] = []
    for fact in facts:
        if found and fact.time - found[-1].time > timedelta(minutes=gap):
            yield found
            found = []
        found.append(fact)
    if found:
        yield found


def cut(history: History, work: Sequence[Fact]) -> Iterator[list[Fact]]:
    """The sessions of unbroken work: over the midnight of its first day, then a day each."""
    first = history.day(work[0])

    def of(fact: Fact) -> date:
        day = history.day(fact)
        return first if day <= first + DAY else day

    for _, session in groupby(work, of):
        yield list(session)


def without_find(history: History, person: int, session: Sequence[Fact]) -> int:
    """Searches after which nothing came that answers them."""
    finds = [f.at for f in session if f.behaviour in ("read", "bookmark")]
    finds += [
        f.at
        for f in history.living()
        if f.behaviour == "help"
        and f.counterpart
        and history.person(f.counterpart) == person != history.person(f.account)
        and f.at <= session[-1].at
    ]
    return sum(f.behaviour == "search" and f.at > max(finds, default=-1) for f in session)


def row(history: History, person: int, session: Sequence[Fact]) -> tuple[Any, ...]:
    first, last = session[0], session[-1]
    day = history.day(first)
    digest = hashlib.md5(f"{person}/{first.at}".encode(), usedforsecurity=False).digest()
    return (
        int.from_bytes(digest[:8], "big"),
        day,
        person,
        int(history.resolved(first.account)),
        history.team(person, day),
        history.tenure(first),
        first.time,
        last.time,
        len(session),
        sorted({f.tool for f in session}),
        sorted({f.topic for f in session} - {""}),
        [behaviour for behaviour, _ in groupby(session, lambda f: f.behaviour)],
        list(dict.fromkeys(f.scaffold for f in session)),
        sum(f.behaviour == "search" for f in session),
        without_find(history, person, session),
    )


def expected(history: History) -> list[tuple[Any, ...]]:
    """Every session, by person and start."""
    own: dict[int, list[Fact]] = {}
    for fact in sorted(history.living(), key=lambda f: (f.at, f.position, f.behaviour)):
        own.setdefault(history.person(fact.account), []).append(fact)
    return [
        row(history, person, session)
        for person in sorted(own)
        for work in unbroken(own[person], history.gap)
        for session in cut(history, work)
    ]


def held(store: Warehouse, view: str = "learning.sessions") -> list[tuple[Any, ...]]:
    found = store.query(f"SELECT {', '.join(COLUMNS)} FROM {view} ORDER BY person, start")
    times = (6, 7)
    return [
        tuple(v.replace(tzinfo=UTC) if n in times else v for n, v in enumerate(one))
        for one in found
    ]


def streak(begin: datetime, many: int, minutes: int = 30) -> list[Fact]:
    """Work without a gap, of one person."""
    return [
        Fact(
            f"00000000-0000-4000-8000-{n:012}", begin + timedelta(minutes=minutes * n), 1,
            0, "Wiki", ("search", "ask")[n % 2], "", n + 1,
        )
        for n in range(many)
    ]  # fmt: skip


LONG = streak(BEGIN + timedelta(hours=22), 200)
ADA = Told(date(2026, 1, 1), (1, 2), "Web", "Data", date(2026, 3, 29))
HELP = Fact(
    "00000000-0000-4000-9000-000000000001", BEGIN + timedelta(hours=10, minutes=20), 3, 2,
    "Chat", "help", "", 9,
)  # fmt: skip


@settings(
    max_examples=tried(10, 160),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(happened=steps())
# Days of a machine's work, from the end to the beginning, each taken in before the next.
@example(
    happened=[
        step for n in range(8) for step in (("happen", LONG[175 - 25 * n :][:25]), ("take_in",))
    ]
)
# The same from the beginning to the end.
@example(
    happened=[step for n in range(8) for step in (("happen", LONG[25 * n :][:25]), ("take_in",))]
)
# What joins or parts days of work comes last, and goes again.
@example(
    happened=[
        ("happen", LONG[:60] + LONG[61:]), ("take_in",), ("happen", LONG[60:61]), ("take_in",),
        ("void", [199]), ("take_in",), ("choose", "Pacific/Auckland", 45), ("take_in",),
        ("choose", "Europe/Berlin", 30),
    ]
)  # fmt: skip
# Moved between teams, told by the directory in the end.
@example(happened=[("happen", LONG), ("take_in",), ("load", 1001, ADA)])
# Somebody else's help is found to be for who searched, when it is known whose account that is.
@example(
    happened=[
        ("happen", streak(BEGIN + timedelta(hours=10), 3, 15)), ("happen", [HELP]), ("take_in",),
        ("link", 1, 1001), ("take_in",), ("link", 2, 1001),
    ]
)  # fmt: skip
def test_sessions_are_what_plain_python_makes_of_the_facts(
    store: Warehouse, happened: list[Any]
) -> None:
    history = lived(store, MART, happened)
    assert held(store) == expected(history)


def test_work_over_one_midnight_is_one_session_on_the_day_of_its_start(store: Warehouse) -> None:
    history = lived(store, MART, [("happen", streak(BEGIN + timedelta(hours=22), 8))])
    ((_, day, *_, events, _, _, path, scaffolds, searches, lost),) = held(store)
    assert (day, events, searches, lost) == (date(2026, 3, 28), 8, 4, 4)
    assert (path, scaffolds) == (["search", "ask"] * 4, ["discovery"])
    history.happen(streak(BEGIN + timedelta(hours=22), 150)[8:])
    history.take_in(MART)
    assert [one[1] for one in held(store)] == [date(2026, 3, n) for n in (28, 30, 31)] + [
        date(2026, 4, 1)
    ], "a machine's days"


def test_a_session_keeps_its_id_and_another_gap_makes_others(store: Warehouse) -> None:
    history = lived(store, MART, [("happen", streak(BEGIN + timedelta(hours=9), 3))])
    (first,) = held(store)
    history.happen([HELP])
    history.again([0, 1, 2])
    history.take_in(MART)
    assert first[0] in {one[0] for one in held(store)}
    history.choose("UTC", 29)
    history.take_in(MART)
    assert len(held(store)) == 4
    history.choose("UTC", 0)
    history.take_in(MART)
    assert len(held(store)) == 4, "who says nothing changes nothing"


def test_a_session_is_read_by_the_clock_of_the_organisation(store: Warehouse) -> None:
    history = lived(store, MART, [("happen", streak(BEGIN + timedelta(hours=23), 2))])
    assert history.day(history.facts[0]) == held(store)[0][1] == date(2026, 3, 28)
    history.choose("Asia/Kolkata", 30)
    history.take_in(MART)
    local = history.facts[0].time.astimezone(ZoneInfo("Asia/Kolkata"))
    assert held(store)[0][1] == local.date() == date(2026, 3, 29)
