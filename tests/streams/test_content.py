"""The mart content and the views over it against plain Python, come the facts as they may."""

import uuid
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from statistics import median
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from streams import marts
from tests.conftest import WarehouseUrls
from tests.scale import tried
from tests.streams.history import BEGIN, ONCE, Fact, History, Times, Told, lived, steps
from warehouse import Warehouse
from xapi.vocabulary import VERBS

pytestmark = pytest.mark.integration
MART, QUESTIONS = (
    next(mart for mart in marts.every() if mart.name == name) for name in ("content", "questions")
)
DAY = timedelta(days=1)
BRINGING = ("record", "curate", "bookmark")
DONE_TO = (*BRINGING, "read")


@pytest.fixture(scope="module")
def store(warehouse: WarehouseUrls) -> Warehouse:
    return Warehouse(warehouse.admin)


# The definition


def order(fact: Fact) -> tuple[int, str]:
    return fact.at, fact.id


def things(history: History) -> dict[str, list[Fact]]:
    """What was done to each object, in order."""
    found: dict[str, list[Fact]] = {}
    for fact in sorted(history.living(), key=order):
        if fact.behaviour in DONE_TO and fact.object:
            found.setdefault(fact.object, []).append(fact)
    return found


def referring(history: History, thing: str) -> list[Fact]:
    """The answers that refer to an object."""
    return [
        f for f in history.facts
        if f.id not in history.gone and f.reference == thing and f.account
        and f.behaviour not in ("ask", "none")
        and (f.verb in (VERBS["answered"], VERBS["replied"])
             or f.behaviour in ("help", "reinforce"))
    ]  # fmt: skip


def bringing(acts: Sequence[Fact]) -> Fact | None:
    """The act that brought an object in."""
    found = (f for behaviour in BRINGING for f in acts if f.behaviour == behaviour)
    return next(found, None)


def reading(history: History, acts: Sequence[Fact]) -> list[tuple[datetime, int, str]]:
    """When others read an object, who, and of which team, in order."""
    first = bringing(acts)
    author = history.person(first.account) if first else 0
    reads = [(f.time, history.person(f.account), f) for f in acts if f.behaviour == "read"]
    return [
        (at, who, history.team(who, history.day(f))) for at, who, f in reads if who != author
    ]  # fmt: skip


def nth(times: Iterable[tuple[datetime, Any]], number: int) -> datetime | None:
    """When so many different ones had come."""
    seen: set[Any] = set()
    for at, one in times:
        seen.add(one)
        if len(seen) == number:
            return at
    return None


def last_day(history: History) -> date:
    days = [history.day(f) for acts in things(history).values() for f in acts]
    known = {fact.reference for fact in history.facts if fact.reference}
    days += [history.day(f) for thing in known for f in referring(history, thing)]
    today = datetime.now(UTC).date()
    return max((day for day in days if day <= today), default=ONCE)


def there(history: History, person: int, day: date) -> bool | None:
    """Whether somebody is in a team, now or later; None of whom no team was ever known."""
    if person not in history.people:
        return None
    told = history.people[person][1]
    until = [told.since - DAY] * bool(told.before) + [date.max] * bool(told.team)
    return max(until) >= day if until else None


def row(history: History, thing: str, acts: Sequence[Fact], end: date) -> tuple[Any, ...]:
    first, last = bringing(acts), acts[-1]
    author = history.person(first.account) if first else 0
    written = first.time if first and first.verb != VERBS["edited"] else None
    edits = [f for f in acts if f.behaviour == "record"]
    reads = reading(history, acts)

    def since_written(at: datetime | None) -> float | None:
        if at is None or written is None:
            return None
        return max((at - written) / timedelta(seconds=1), 0.0)

    def readers(begin: date, until: date) -> int:
        own = [f for f in acts if f.behaviour == "read" and begin < history.day(f) <= until]
        return len({history.person(f.account) for f in own} - ({author} if first else set()))

    recent = readers(end - 28 * DAY, end)
    before = readers(end - 56 * DAY, end - 28 * DAY)
    kept_up = history.day(edits[-1] if edits else acts[0])
    left = {there(history, history.person(f.account), end) for f in edits}
    return (
        thing,
        last.tool,
        last.topic,
        author,
        history.team(author, history.day(first)) if first else "",
        acts[0].time,
        written,
        edits[-1].time if edits else None,
        len({who for _, who, _ in reads}),
        len({team for *_, team in reads} - {""}),
        since_written(nth(((at, who) for at, who, _ in reads), 5)),
        since_written(nth(((at, team) for at, _, team in reads if team), 3)),
        *(sum(f.behaviour == one for f in acts) for one in ("read", "bookmark", "curate")),
        len(referring(history, thing)),
        end,
        recent,
        before,
        int(recent >= 5 and recent >= 1.5 * before),
        int(recent >= 5 and kept_up <= end - 180 * DAY),
        int(False in left and True not in left),
    )


def expected(history: History) -> list[tuple[Any, ...]]:
    end = last_day(history)
    return [row(history, thing, acts, end) for thing, acts in sorted(things(history).items())]


def expected_weeks(history: History) -> list[tuple[Any, ...]]:
    found = []
    for thing, acts in things(history).items():
        first = bringing(acts)
        author = history.person(first.account) if first else 0
        refers = referring(history, thing)
        days = {history.day(f) for f in (*acts, *refers)}
        for week in {day - DAY * day.weekday() for day in days}:

            def of(some: Sequence[Fact], monday: date = week) -> list[Fact]:
                return [f for f in some if monday <= history.day(f) < monday + 7 * DAY]

            own = of(acts)
            others = [
                (history.person(f.account), f) for f in own
                if f.behaviour == "read" and not (first and history.person(f.account) == author)
            ]  # fmt: skip
            teams = {history.team(who, history.day(f)) for who, f in others} - {""}
            found.append(
                (
                    thing,
                    week,
                    acts[-1].topic,
                    history.team(author, history.day(first)) if first else "",
                    len({who for who, _ in others}),
                    len(teams),
                    *(
                        sum(f.behaviour == one for f in own)
                        for one in ("read", "bookmark", "curate")
                    ),
                    len(of(refers)),
                )
            )
    return sorted(found)


# The warehouse

READ = """
SELECT
    object, tool, topic, author, author_team, seen, written, edited, readers, teams,
    seconds_to_5_readers, seconds_to_3_teams, reads, saved, shared, answers, as_of,
    readers_4_weeks, readers_before, rising, stale, orphaned
FROM learning.content
ORDER BY object
"""
WEEKS = """
SELECT object, week, topic, author_team, readers, teams, reads, saved, shared, answers
FROM learning.content_weeks
ORDER BY object, week
"""


def held(store: Warehouse, sql: str = READ) -> list[tuple[Any, ...]]:
    def plain(value: Any) -> Any:
        return value.replace(tzinfo=UTC) if isinstance(value, datetime) else value

    return [tuple(plain(value) for value in one) for one in store.query(sql)]


# What may come

PAGES = [f"https://wiki.example/p/{number}" for number in range(2)]
DAYS = (0, 0, 1, 20, 21, 27, 28, 55, 56, 57, 179, 180, 181, 200)
SPAN = Times(BEGIN, 2, (1, 31, 700), st.dates(date(2022, 1, 1), date(2026, 3, 20)))
KINDS = {
    "writes": ("record", "author"), "edits": ("record", "edited"),
    "accepts": ("record", "answered"), "curates": ("curate", "shared"),
    "keeps": ("bookmark", "bookmarked"), "reads": ("read", "read"),
    "answers": ("help", "answered"), "replies": ("collaborate", "replied"),
    "asks": ("ask", "asked"), "does not learn": ("none", "read"),
}  # fmt: skip


@st.composite
def pages(draw: st.DrawFn) -> list[Fact]:
    """Something is done to a page by some people, on days near each other and far apart."""
    page = draw(st.sampled_from(PAGES))
    near = draw(st.sampled_from((0, 150, 170, 200)))
    facts = []
    for _ in range(draw(st.integers(1, 16))):
        behaviour, verb = KINDS[draw(st.sampled_from([*KINDS, *["reads"] * 8]))]
        day = draw(st.sampled_from((near, near + 2, *DAYS)))
        refers = behaviour in ("help", "collaborate") or draw(st.booleans())
        facts.append(
            Fact(
                str(uuid.uuid4()),
                BEGIN + timedelta(days=day, minutes=draw(st.sampled_from((0, 600, 1439)))),
                draw(st.integers(1, 9)),
                0,
                draw(st.sampled_from(("Wiki", "Chat"))),
                behaviour,
                draw(st.sampled_from(("kafka", "xapi"))),
                draw(st.integers(1, 1 << 40)),
                object=draw(st.sampled_from((page, page, page, ""))),
                reference=page if refers and behaviour != "ask" else "",
                verb=VERBS[verb],
            )
        )
    return facts


def happened() -> st.SearchStrategy[list[Any]]:
    """What is done to pages, and what else happens, in any order."""
    told = st.tuples(st.just("happen"), pages())
    return st.builds(
        lambda some, others, mixed: mixed.sample([*some, *others], len(some) + len(others)),
        st.lists(told, min_size=1, max_size=3),
        steps(SPAN),
        st.randoms(use_true_random=False),
    )


def fact(number: int, behaviour: str, verb: str, day: float, account: int, **more: Any) -> Fact:
    return Fact(
        f"00000000-0000-4000-8000-{number:012}",
        BEGIN + timedelta(hours=10, days=day),
        account, 0, "Wiki", behaviour, more.pop("topic", "pumps"), number,
        object=more.pop("object", PAGES[0]), verb=VERBS[verb], **more,
    )  # fmt: skip


WRITTEN = fact(1, "record", "author", 0, 1)
READERS = [fact(10 + n, "read", "read", 185 + n / 10, 2 + n) for n in range(5)]
LEFT = Told(None, (1,), "Web", "", date(2026, 5, 1))
MOVED = Told(None, (3,), "Data", "Ops", date(2026, 9, 29))
HERE = Told(None, (2,), "Web", "Web", date(2026, 5, 1))


@settings(
    max_examples=tried(6, 80),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(happened=happened())
# The page is read late, its author has left, and one of the readers is found to have moved.
@example(
    happened=[
        ("happen", READERS), ("take_in",), ("happen", [WRITTEN]), ("take_in",),
        ("load", 1001, LEFT), ("take_in",), ("load", 1002, MOVED), ("load", 1003, HERE),
    ]
)  # fmt: skip
# What was first is undone.
@example(
    happened=[
        ("happen", [WRITTEN, *READERS, fact(2, "record", "edited", 1, 2)]), ("take_in",),
        ("void", [0]), ("take_in",), ("void", [1]),
    ]
)  # fmt: skip
def test_content_is_what_plain_python_makes_of_the_facts(
    store: Warehouse, happened: list[Any]
) -> None:
    history = lived(store, MART, happened)
    assert held(store) == expected(history)
    assert held(store, WEEKS) == expected_weeks(history)


def test_a_page_that_is_read_and_not_kept_up_is_stale_and_orphaned(store: Warehouse) -> None:
    history = lived(store, MART, [("happen", [WRITTEN, *READERS]), ("load", 1001, LEFT)])
    ((*_, as_of, recent, before, rising, stale, orphaned),) = held(store)
    assert (as_of, recent, before) == (date(2026, 9, 29), 5, 0)
    assert (rising, stale, orphaned) == (1, 1, 1)
    history.happen([fact(30, "record", "edited", 100, 2)])
    history.load(1003, HERE)
    history.take_in(MART)
    ((*_, stale, orphaned),) = held(store)
    assert (stale, orphaned) == (0, 0), "somebody who is here has edited it"


def test_how_soon_a_page_is_known(store: Warehouse) -> None:
    reads = [fact(10 + n, "read", "read", 1 + n, 1 + n) for n in range(6)]
    people = [("load", 1001 + n, Told(None, (2 + n,), team, team, date(2026, 4, 1)))
              for n, team in enumerate(("Web", "Data", "Ops"))]  # fmt: skip
    history = lived(store, MART, [("happen", [WRITTEN, *reads]), *people])
    ((*_, readers, teams, five, three, _, _, _, _, _, _, _, _, _, _),) = held(store)
    assert (readers, teams) == (5, 3), "its author is no reader of it"
    assert (five, three) == (6 * 86400.0, 4 * 86400.0)
    history.void([0])
    history.happen([fact(40, "record", "edited", 0.5, 1)])
    history.take_in(MART)
    ((_, _, _, author, _, _, written, *_, five, three, _, _, _, _, _, _, _, _, _, _),) = held(store)
    assert (author, written, five, three) == (1, None, None, None), "it was there before"


def test_what_is_answered_over_and_over_and_stands_nowhere(store: Warehouse) -> None:
    tables = ("thing_hour_rows", "hour_thing_rows")
    for table in tables:
        store.execute(f"TRUNCATE TABLE learning.{table}")
    facts = []
    for n in range(8):
        topic, thing = ("pumps", "valves")[n % 2], f"https://forum.example/t/{n}"
        asked = fact(2 * n, "ask", "asked", n, n + 1, topic=topic, object=thing)
        reply = fact(
            2 * n + 1, "help", "replied", n + 0.25 * (n + 1), 9, topic=topic, object="",
            reference=thing,
        )  # fmt: skip
        facts += [asked, *([reply] if n < 6 else [])]
    accepted = fact(90, "record", "answered", 9, 9, object=facts[0].object, success=True)
    kept = fact(91, "bookmark", "bookmarked", 9, 9)
    written = fact(92, "record", "author", 0, 1, topic="valves", object=PAGES[1])
    history = History(store)
    history.begin([MART, QUESTIONS])
    history.happen([*facts, accepted, kept, written])
    for mart in (MART, QUESTIONS):
        store.execute("TRUNCATE TABLE ops.mart_positions")
        history.take_in(mart)
    ask = "SELECT * FROM learning.content_lacking ORDER BY topic"
    hours = median(24 * 0.25 * (n + 1) for n in (0, 2, 4))
    assert held(store, ask) == [("pumps", 3, 4, 4, 1, hours, 1, date(2026, 4, 6))]
    written_too = fact(93, "record", "edited", 95, 1, topic="pumps", object=PAGES[0])
    history.happen([written_too])
    history.take_in(MART)
    assert held(store, ask) == []
    history.happen([fact(94, "read", "read", 95, 1, object=PAGES[0])])
    history.void([history.facts.index(written_too)])
    history.take_in(MART)
    assert held(store, ask) == [], "it was asked longer ago"
