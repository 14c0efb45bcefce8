"""The mart episodes against plain Python: whatever comes, in whatever order, it is exact."""

import uuid
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from streams import marts
from streams.rollups import touched_by
from tests.conftest import WarehouseUrls
from tests.scale import tried
from tests.streams.history import BEGIN, Fact, History, Times, Told, lived, steps
from tests.streams.test_sessions import cut, unbroken
from warehouse import Warehouse
from xapi.vocabulary import VERBS

pytestmark = pytest.mark.integration
(MART,) = (mart for mart in marts.every() if mart.name == "episodes")
DAY, WEEK = timedelta(days=1), timedelta(days=7)
COLUMNS = (
    "day", "id", "begins", "person", "resolved", "team", "tenure_band", "kind", "tool", "topic",
    "object", "asks", "searches", "found_by", "found_seconds", "applied_seconds", "shared_seconds",
    "reinforced_seconds", "scaffolds", "tools",
)  # fmt: skip


@pytest.fixture(scope="module")
def store(warehouse: WarehouseUrls) -> Warehouse:
    return Warehouse(warehouse.admin)


# The definition


def order(fact: Fact) -> tuple[int, int, str]:
    return fact.at, fact.position, fact.id


def expected(history: History) -> list[tuple[Any, ...]]:
    """Every episode, by beginning."""
    own: dict[int, list[Fact]] = {}
    for fact in sorted(history.living(), key=order):
        own.setdefault(history.person(fact.account), []).append(fact)
    answers = answered(history)
    rows = [
        row(history, person, needs, session, own[person], answers)
        for person in own
        for work in unbroken(own[person], history.gap)
        for session in cut(history, work)
        for needs in together(session)
    ]
    return sorted(rows, key=lambda one: (one[2], str(one[1])))


def together(session: Sequence[Fact]) -> list[list[Fact]]:
    """A session's asks and searches, those of one episode together."""
    found: dict[tuple[str, str], list[Fact]] = {}
    for fact in session:
        if fact.behaviour in ("ask", "search"):
            topic = about(fact, session)
            alone = f"ask {fact.object}" if fact.behaviour == "ask" and not topic else ""
            found.setdefault((topic, alone), []).append(fact)
    return list(found.values())


def about(need: Fact, session: Sequence[Fact]) -> str:
    """What an ask or search is about."""
    if need.topic or need.behaviour == "ask":
        return need.topic
    after = (f.topic for f in session if f.at >= need.at and f.behaviour in ("read", "bookmark"))
    return next(after, "")


def answered(history: History) -> dict[str, list[Fact]]:
    """What was said to each asking, in order."""
    known = [f for f in history.facts if f.id not in history.gone]
    asked = {f.id: f for f in known if f.behaviour == "ask"}
    found: dict[str, list[Fact]] = {one: [] for one in asked}
    for fact in sorted({f.id: f for f in known}.values(), key=lambda f: (f.at, f.id)):
        fitting = [
            (one.at, one.id)
            for one in asked.values()
            if fact.reference in (one.object, f"urn:uuid:{one.id}") and one.at <= fact.at
        ]
        said = fact.verb in (VERBS["answered"], VERBS["replied"])
        helps = fact.behaviour in ("help", "reinforce")
        if not (fact.reference and fitting and (said or helps)):
            continue
        asking = asked[max(fitting)[1]]
        accepted = fact.verb == VERBS["answered"] and fact.success is True
        other = history.person(fact.account) != history.person(asking.account)
        if fact.behaviour not in ("ask", "none") and fact.account and (other or accepted):
            found[asking.id].append(fact)
    return found


def row(
    history: History,
    person: int,
    needs: Sequence[Fact],
    session: Sequence[Fact],
    own: Sequence[Fact],
    answers: dict[str, list[Fact]],
) -> tuple[Any, ...]:
    first = needs[0]
    topic = about(first, session)
    day = history.day(first)

    def within(scaffold: str, longest: timedelta) -> Fact | None:
        """The first that the person does of a scaffold on the topic."""
        did = (f for f in own if f.scaffold == scaffold and f.topic == topic)
        at = (f for f in did if first.time <= f.time <= first.time + longest)
        return next(at, None) if topic else None

    reads = [
        f for f in session
        if f.behaviour in ("read", "bookmark") and f.topic == topic and f.at >= first.at
    ]  # fmt: skip
    said = [f for need in needs for f in answers.get(need.id, [])[:1]]
    said = [f for f in said if f.time <= first.time + WEEK]
    answer = min(said, key=lambda f: (f.at, f.id), default=None)
    read = None if first.behaviour == "ask" and not topic else next(iter(reads), None)
    found = read if read and not (answer and answer.at <= read.at) else answer
    steps = [
        (0, first, "discovery"),
        (1, found, "discovery"),
        (2, within("practice", DAY), "practice"),
        (3, within("sharing", WEEK), "sharing"),
        (4, within("reinforcement", WEEK), "reinforcement"),
    ]
    passed = sorted((f.at, rank, f.tool, scaffold) for rank, f, scaffold in steps if f)
    by = (found.behaviour if found is not answer else "answer") if found else ""
    return (
        day,
        uuid.UUID(first.id),
        first.time,
        person,
        int(history.resolved(first.account)),
        history.team(person, day),
        history.tenure(first),
        first.behaviour,
        first.tool,
        topic,
        first.object,
        sum(f.behaviour == "ask" for f in needs),
        sum(f.behaviour == "search" for f in needs),
        by,
        *((f.at - first.at) / 1000 if f else None for _, f, _ in steps[1:]),
        list(dict.fromkeys(scaffold for *_, scaffold in passed)),
        list(dict.fromkeys(tool for _, _, tool, _ in passed)),
    )


def held(store: Warehouse, view: str = "learning.episodes") -> list[tuple[Any, ...]]:
    found = store.query(f"SELECT {', '.join(COLUMNS)} FROM {view} ORDER BY begins, toString(id)")
    return [
        tuple(v.replace(tzinfo=UTC) if n == 2 else v for n, v in enumerate(one)) for one in found
    ]


# What may come

THINGS = [f"https://forum.example/t/{number}" for number in range(2)]
#: A week and more, in which clocks change.
WIDE = Times(BEGIN, 12, (1, 29, 31, 700, 1440, 2880), st.dates(date(2022, 1, 1), date(2026, 3, 20)))
MINUTES = (0, 0, 5, 20, 90, 1440, 1441, 7 * 1440, 7 * 1440 + 1, 9 * 1440)


@st.composite
def threads(draw: st.DrawFn) -> list[Fact]:
    """Something is asked or searched, and this and that follows, about the same or not."""
    thing = draw(st.sampled_from(THINGS))
    topic = draw(st.sampled_from(["", "kafka"]))
    begin = BEGIN + timedelta(days=1, minutes=draw(st.sampled_from((0, 720, 1400))))
    kinds = {
        "asks": ("ask", "asked"), "searches": ("search", "searched"), "reads": ("read", "read"),
        "answers": ("help", "answered"), "replies": ("collaborate", "replied"),
        "records": ("record", "author"), "reinforces": ("reinforce", "reviewed"),
        "replies for nothing": ("none", "replied"),
    }  # fmt: skip
    facts = []
    for _ in range(draw(st.integers(2, 8))):
        kind = draw(st.sampled_from([*kinds, "asks", "searches"]))
        behaviour, verb = kinds[kind]
        asks = behaviour in ("ask", "search")
        facts.append(
            Fact(
                str(uuid.uuid4()),
                begin + timedelta(minutes=draw(st.sampled_from(MINUTES))),
                draw(st.sampled_from((1, 1, 2, 3))),
                0,
                draw(st.sampled_from(("Wiki", "Chat"))),
                behaviour,
                draw(st.sampled_from((topic, topic, ""))),
                draw(st.integers(1, 1 << 40)),
                object=thing if draw(st.booleans()) or asks else "",
                reference="" if asks else draw(st.sampled_from((thing, thing, ""))),
                verb=VERBS[verb],
                success=draw(st.sampled_from((None, True))) if verb == "answered" else None,
            )
        )
    return facts


def happened() -> st.SearchStrategy[list[Any]]:
    """Threads, and what else happens, in any order."""
    told = st.tuples(st.just("happen"), threads())
    return st.builds(
        lambda some, others, mixed: mixed.sample([*some, *others], len(some) + len(others)),
        st.lists(told, min_size=1, max_size=3),
        steps(WIDE),
        st.randoms(use_true_random=False),
    )


def fact(
    number: int, behaviour: str, minutes: int, account: int = 1, topic: str = "kafka", **more: Any
) -> Fact:
    """One of somebody's, so many minutes after ten."""
    return Fact(
        f"00000000-0000-4000-8000-{number:012}",
        BEGIN + timedelta(hours=10, minutes=minutes),
        account, 0, more.pop("tool", "Wiki"), behaviour, topic, number, **more,
    )  # fmt: skip


ADA = Told(date(2026, 1, 1), (1, 2), "Web", "Data", date(2026, 3, 29))
ASKED = fact(1, "ask", 0, object=THINGS[0], verb=VERBS["asked"])
REPLY = fact(
    2, "help", 60, account=2, topic="", tool="Chat", reference=THINGS[0], verb=VERBS["replied"]
)
#: From the first need to the last step, over a week.
WHOLE = [
    ASKED,
    REPLY,
    fact(3, "search", 10),
    fact(4, "collaborate", 1440, tool="Forge"),
    fact(5, "record", 7 * 1440),
    fact(6, "reinforce", 7 * 1440 - 1, tool="Forge"),
]


@settings(
    max_examples=tried(6, 80),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(happened=happened())
# From the end to the beginning, each taken in before the next.
@example(happened=[s for f in reversed(WHOLE) for s in (("happen", [f]), ("take_in",))])
# The last steps are undone one by one, and the reply is found to be the asker's own.
@example(
    happened=[
        ("happen", WHOLE), ("take_in",), ("void", [5]), ("take_in",), ("void", [0]), ("take_in",),
        ("load", 1001, ADA), ("take_in",), ("void", [3]),
    ]
)  # fmt: skip
def test_episodes_are_what_plain_python_makes_of_the_facts(
    store: Warehouse, happened: list[Any]
) -> None:
    history = lived(store, MART, happened)
    should = expected(history)
    assert held(store) == should
    days = sorted({str(history.day(f) + DAY * n) for f in history.facts for n in (-1, 0, 1)})
    found = store.query(MART.expected, {"periods": days}) if days else []
    assert {day for (day,) in found} == {str(one[0]) for one in should}


def test_a_need_is_answered_applied_shared_and_reinforced(store: Warehouse) -> None:
    lived(store, MART, [("happen", WHOLE)])
    (one,) = held(store)
    assert one[7:14] == ("ask", "Wiki", "kafka", THINGS[0], 1, 1, "answer")
    assert one[14:18] == (3600.0, 86400.0, 7 * 86400.0, 7 * 86400.0 - 60)
    assert one[18] == ["discovery", "practice", "reinforcement", "sharing"]
    assert one[19] == ["Wiki", "Chat", "Forge"]


def test_what_comes_too_late_is_no_step(store: Warehouse) -> None:
    late = timedelta(milliseconds=1)
    steps = [
        Fact(**{**one.__dict__, "time": one.time + (late if one.behaviour != "ask" else late * 0)})
        for one in WHOLE
        if one.behaviour not in ("reinforce", "help", "search")
    ]
    answer = Fact(**{**REPLY.__dict__, "time": ASKED.time + WEEK + late})
    lived(store, MART, [("happen", [*steps, answer])])
    (one,) = held(store)
    assert one[13:19] == ("", None, None, None, None, ["discovery"])


def test_a_search_without_a_topic_takes_that_of_what_is_read_next(store: Warehouse) -> None:
    lived(
        store, MART,
        [("happen", [
            fact(1, "search", 0, topic=""), fact(2, "read", 1, topic="xapi"),
            fact(3, "search", 2, topic=""), fact(4, "search", 70, topic=""),
            fact(5, "read", 200, topic="xapi"), fact(6, "record", 300, topic="xapi"),
        ])],
    )  # fmt: skip
    told = [(one[9], one[12], one[13], one[14], one[16]) for one in held(store)]
    assert told == [
        ("xapi", 1, "read", 60.0, 18000.0),
        ("", 1, "", None, None),
        ("", 1, "", None, None),
    ]


def test_asks_without_a_topic_are_apart_by_what_they_ask(store: Warehouse) -> None:
    asks = [
        fact(n, "ask", n, topic="", object=THINGS[n % 2], verb=VERBS["asked"]) for n in range(4)
    ]
    read = fact(9, "read", 5, topic="")
    lived(store, MART, [("happen", [*asks, read, REPLY])])
    told = [(one[10], one[11], one[13], one[14]) for one in held(store)]
    assert told == [(THINGS[0], 2, "answer", 3600.0), (THINGS[1], 2, "", None)]


def test_a_fact_touches_the_days_whose_episodes_it_may_be_a_step_of(store: Warehouse) -> None:
    History(store).begin([MART])
    hour = int(datetime(2026, 3, 20, 10, tzinfo=UTC).timestamp())
    days = [date(2026, 3, 23) - timedelta(days=n) for n in range(12)]
    assert touched_by(store, MART, [hour]) == [(str(day), [hour]) for day in days]
    first = 12 * 3600
    assert [day for day, _ in touched_by(store, MART, [first])][-1] == "1970-01-01"
