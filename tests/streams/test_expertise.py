"""The marts expertise and topics, and the views over them, against plain Python."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, example, given, settings

from streams import marts
from tests.conftest import WarehouseUrls
from tests.scale import tried
from tests.streams.acting import DAY, LONG, acts
from tests.streams.history import BEGIN, Fact, History, Told, lived, steps
from warehouse import Warehouse
from xapi.vocabulary import VERBS

pytestmark = pytest.mark.integration
NAMES = ("expertise", "topics", "flows", "questions")
BY_NAME = {mart.name: mart for mart in marts.every()}
EXPERTISE, *OTHERS = (BY_NAME[name] for name in NAMES)
POINTS = {"helped": 2, "accepted": 3, "recorded": 2, "reviewed": 1, "thanked": 1}
REVIEWED = (VERBS["reviewed"], VERBS["approve"])
#: Who knows what: by day, person and topic, how often it showed in which way.
Shown = dict[tuple[date, int, str], Counter[str]]


@pytest.fixture(scope="module")
def store(warehouse: WarehouseUrls) -> Warehouse:
    return Warehouse(warehouse.admin)


# The definitions


def accepted(fact: Fact) -> bool:
    return fact.verb == VERBS["answered"] and fact.success is True


def way(history: History, fact: Fact) -> str:
    """In which way an event shows that somebody knows its topic; "" for none."""
    other = history.person(fact.counterpart) if fact.counterpart else 0
    if fact.scaffold == "formal" or fact.behaviour == "ask" or not fact.topic:
        return ""
    if accepted(fact):
        return "accepted"
    if fact.verb in REVIEWED:
        return "reviewed"
    if fact.behaviour == "help":
        return "" if other == history.person(fact.account) else "helped"
    if fact.behaviour == "record":
        return "recorded"
    thanks = fact.behaviour == "reinforce" and other not in (0, history.person(fact.account))
    return "thanked" if thanks else ""


def shown(history: History) -> Shown:
    found: Shown = defaultdict(Counter)
    for fact in history.living():
        what = way(history, fact)
        who = history.person(fact.counterpart if what == "thanked" else fact.account)
        if what and who:
            found[history.day(fact), who, fact.topic][what] += 1
    return found


def worth(ways: Counter[str]) -> int:
    return sum(POINTS[what] * many for what, many in ways.items())


def scores(known: Shown, until: date) -> dict[tuple[str, int], float]:
    """The scores at the end of a day, by topic and person."""
    found: dict[tuple[str, int], float] = defaultdict(float)
    for (day, who, topic), ways in known.items():
        if day <= until:
            found[topic, who] += worth(ways) * 2 ** (-((until - day).days) / 90)
    return found


def expected_days(history: History) -> list[tuple[Any, ...]]:
    return sorted(
        (*key, *(ways[what] for what in POINTS), worth(ways))
        for key, ways in shown(history).items()
    )


def expected_expertise(store: Warehouse, history: History, today: date) -> list[tuple[Any, ...]]:
    known = {key: ways for key, ways in shown(history).items() if key[0] <= today}
    if not known:
        return []
    until = max(day for day, _, _ in known)
    now, before = scores(known, until), scores(known, until - 28 * DAY)
    rows = []
    for (topic, who), score in now.items():
        better = sum(
            key[0] == topic and round(other, 6) > round(score, 6) for key, other in now.items()
        )
        helped = helps(store, topic, who, until)
        was = before.get((topic, who), 0.0)
        last = max(day for day, person, what in known if (person, what) == (who, topic))
        teams = {team for _, team in helped if team}
        rows.append(
            (
                until, topic, better + 1, who, history.team(who, until), score, was, score - was,
                len({person for person, _ in helped}), len(teams), last,
            )
        )  # fmt: skip
    return sorted(rows, key=lambda row: (row[1], row[2], row[3]))


def helps(store: Warehouse, topic: str, who: int, until: date) -> set[tuple[int, str]]:
    """Whom somebody helped, in which team, as flows have it."""
    rows = store.query(
        "SELECT day, topic, from_person, to_person, to_team FROM learning.flows "
        "WHERE kind NOT IN ('page', 'bookmark', 'mention')"
    )
    return {
        (to, team)
        for day, what, giver, to, team in rows
        if (what, giver) == (topic, who) and until - 90 * DAY < day <= until
    }


def monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def expected_topics(store: Warehouse, history: History) -> list[tuple[Any, ...]]:
    weeks: dict[tuple[date, str], list[Fact]] = defaultdict(list)
    for fact in history.living():
        if fact.topic:
            weeks[monday(history.day(fact)), fact.topic].append(fact)
    known = shown(history)
    return [
        (
            week,
            topic,
            week == min(one for one, other in weeks if other == topic),
            len(facts),
            *taking_part(history, facts),
            *holding(known, topic, week + 6 * DAY),
            *answering(store, topic, week),
        )
        for (week, topic), facts in sorted(weeks.items())
    ]


def taking_part(history: History, facts: list[Fact]) -> Iterator[int]:
    """How many people do anything, ask, and help."""
    asks = [fact for fact in facts if fact.behaviour == "ask"]
    helping = [
        fact
        for fact in facts
        if fact.behaviour == "help" or (accepted(fact) and fact.behaviour not in ("ask", "course"))
    ]
    for some in (facts, asks, helping):
        yield len({history.person(fact.account) for fact in some} - {0})


def holding(known: Shown, topic: str, until: date) -> tuple[int, int]:
    """How many experts there are, and how few people hold half of the score."""
    own = sorted((score for (what, _), score in scores(known, until).items() if what == topic))
    sums = list(accumulate(reversed(own)))
    few = next((n for n, one in enumerate(sums, 1) if one >= sums[-1] / 2 * (1 - 1e-9)), 0)
    return sum(score >= 6 - 1e-9 for score in own), few


def answering(store: Warehouse, topic: str, week: date) -> tuple[int, int, float | None]:
    """Questions, those that are open, and the median hours until the first answer."""
    rows = store.query("SELECT day, topic, state, answer_hours FROM learning.questions")
    own = [row[2:] for row in rows if (monday(row[0]), row[1]) == (week, topic)]
    hours = [took for _, took in own if took is not None]
    return len(own), sum(s == "open" for s, _ in own), median(hours) if hours else None


def assert_holds(store: Warehouse, history: History) -> None:
    today = datetime.now(UTC).astimezone(ZoneInfo(history.zone)).date()
    days = store.query("SELECT * FROM learning.expertise_days ORDER BY day, person, topic")
    assert days == expected_days(history)
    found = store.query("SELECT * FROM learning.expertise ORDER BY topic, rank, person")
    should = expected_expertise(store, history, today)
    assert [one[:5] + one[8:] for one in found] == [one[:5] + one[8:] for one in should]
    for one, other in zip(found, should, strict=True):
        assert one[5:8] == pytest.approx(other[5:8], abs=2e-6), one
    weeks = store.query("SELECT * FROM learning.topics ORDER BY week, topic")
    told = expected_topics(store, history)
    assert [one[:-1] for one in weeks] == [one[:-1] for one in told]
    for one, other in zip(weeks, told, strict=True):
        assert one[-1] == pytest.approx(other[-1], abs=1e-6), one


# What somebody would ask about


def act(number: int, day: float, account: int, behaviour: str, verb: str, whom: int = 0) -> Fact:
    thing = "https://wiki.example/a"
    return Fact(
        f"00000000-0000-0000-0000-{number:012}", BEGIN + day * DAY, account, whom, "Wiki",
        behaviour, "kafka", number, VERBS[verb], thing, thing if behaviour == "help" else "",
        True if verb == "answered" else None,
    )  # fmt: skip


#: Somebody asks and three help: one of them long ago, another again and again.
FEW = [
    act(1, 0, 1, "ask", "asked"),
    act(2, 0.5, 2, "help", "replied", 1),
    act(3, 90, 3, "help", "replied", 1),
    act(4, 90, 3, "help", "answered", 1),
    act(5, 90.2, 1, "reinforce", "liked", 3),
    act(6, 90, 4, "record", "edited"),
]


def test_a_score_halves_in_ninety_days(store: Warehouse) -> None:
    history = lived(store, EXPERTISE, [("happen", FEW)], *OTHERS)
    assert_holds(store, history)
    found = store.query(
        "SELECT rank, person, score, trend, people_helped FROM learning.expertise ORDER BY rank"
    )
    assert found == [(1, 3, 6.0, 6.0, 1), (2, 4, 2.0, 2.0, 0), (3, 2, 1.0, -0.240663, 0)]
    (first, last) = store.query(
        "SELECT new, experts, bus_factor, questions, unanswered, answer_hours FROM learning.topics "
        "ORDER BY week"
    )
    assert first == (True, 0, 1, 1, 0, 12.0)
    assert last == (False, 0, 1, 0, 0, None)


def test_half_of_the_score_is_held_by_as_few_as_can_be(store: Warehouse) -> None:
    facts = [act(n, 2, 1 + n % 4, "record", "edited") for n in range(4)]
    for more, few in (([], 2), ([act(9, 2, 1, "record", "edited")], 2)):
        history = lived(store, EXPERTISE, [("happen", [*facts, *more])], *OTHERS)
        assert_holds(store, history)
        assert store.query("SELECT bus_factor FROM learning.topics") == [(few,)]
    more = [act(9 + n, 2, 1, "record", "edited") for n in range(3)]
    lived(store, EXPERTISE, [("happen", [*facts, *more])], *OTHERS)
    assert store.query("SELECT bus_factor, experts FROM learning.topics") == [(1, 1)]


def test_nobody_knows_anything_where_nothing_happened(store: Warehouse) -> None:
    assert_holds(store, lived(store, EXPERTISE, [("happen", [])], *OTHERS))


@settings(max_examples=tried(6, 80), deadline=None, suppress_health_check=list(HealthCheck))
@given(happened=steps(LONG, acts()))
@example(
    happened=[
        ("happen", FEW[2:]),
        ("take_in",),
        ("load", 1001, Told(None, (2, 3), "Web", "Data", BEGIN.date() + 40 * DAY)),
        ("happen", FEW[:2]),
        ("void", [1]),
    ]
)
def test_expertise_and_topics_are_what_the_facts_give_however_they_come(
    store: Warehouse, happened: list[Any]
) -> None:
    assert_holds(store, lived(store, EXPERTISE, happened, *OTHERS))
