"""The mart flows against its definition in plain Python, come the facts as they may."""

import uuid
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, example, given, settings

from streams import marts
from streams.rollups import touched_by
from tests.conftest import WarehouseUrls
from tests.scale import tried
from tests.streams.acting import DAY, LONG, REACH, THINGS, acts
from tests.streams.history import BEGIN, Fact, History, Told, lived, steps
from warehouse import Warehouse, schema
from xapi.vocabulary import RESPONSES, VERBS

pytestmark = pytest.mark.integration
(MART,) = (mart for mart in marts.every() if mart.name == "flows")
COLUMNS = (
    "id", "day", "kind", "at", "from_person", "from_team", "from_tenure_band", "to_person",
    "to_team", "to_tenure_band", "tool", "topic", "object", "latency",
)  # fmt: skip
ANSWERED = frozenset((VERBS["answered"], VERBS["replied"]))
REVIEWED = frozenset((VERBS["reviewed"], VERBS["approve"]))
WRITTEN = frozenset(VERBS[name] for name in ("author", "create", "posted", "edited", "update"))
SHARED = frozenset((VERBS["shared"], VERBS["share"]))


@pytest.fixture(scope="module")
def store(warehouse: WarehouseUrls) -> Warehouse:
    return Warehouse(warehouse.admin)


# The definition


class Flow(NamedTuple):
    """What an event brought from whom to whom, and since when it was there."""

    kind: str
    giver: int
    taker: int
    thing: str
    begun: datetime | None = None


class Said(NamedTuple):
    """All that counts, to be looked through."""

    history: History
    facts: Sequence[Fact]

    def who(self, fact: Fact) -> int:
        return self.history.person(fact.account)

    def whom(self, fact: Fact) -> int:
        """The counterpart; 0 where it is nobody or oneself."""
        person = self.history.person(fact.counterpart) if fact.counterpart else 0
        return 0 if person == self.who(fact) else person

    def last(self, role: str, thing: str, fact: Fact) -> Fact | None:
        """Whatever did that with the thing last before an event, in the 90 days before."""
        some = [one for one in self.facts if one.time <= fact.time and did(one, role, thing)]
        found = max(some, key=lambda one: (one.time, one.id), default=None)
        return found if found and fact.time - found.time <= REACH else None

    def flow(self, fact: Fact) -> Flow | None:
        if fact.behaviour in ("read", "explore") and fact.object:
            return self._read(fact)
        if fact.behaviour != "ask" and fact.verb in REVIEWED:
            return self._review(fact)
        asked = self.last("asked", fact.reference, fact) if answering(fact) else None
        if asked and self.who(asked) != self.who(fact):
            if accepted(fact) and self._told(fact, asked):
                return None
            return Flow("answer", self.who(fact), self.who(asked), fact.reference, asked.time)
        thing = fact.reference or fact.object
        if not self.whom(fact) or accepted(fact):
            return None
        if fact.behaviour == "help":
            return Flow("coaching", self.who(fact), self.whom(fact), thing)
        if fact.behaviour == "connect" or fact.verb == VERBS["mentioned"]:
            return Flow("mention", self.who(fact), self.whom(fact), thing)
        return None

    def _read(self, fact: Fact) -> Flow | None:
        written = self.last("written", fact.object, fact)
        found = written or self.last("shared", fact.object, fact)
        if not found or self.who(found) == self.who(fact):
            return None
        kind = "page" if written else "bookmark"
        return Flow(kind, self.who(found), self.who(fact), fact.object, found.time)

    def _review(self, fact: Fact) -> Flow | None:
        asked = self.last("asked", fact.reference, fact) if fact.reference else None
        asker = self.who(asked) if asked else 0
        whom = self.whom(fact) if fact.counterpart else asker
        if whom in (0, self.who(fact)):
            return None
        since = asked.time if asked and asker == whom else None
        return Flow("review", self.who(fact), whom, fact.reference or fact.object, since)

    def _told(self, fact: Fact, asked: Fact) -> bool:
        """Whether what is accepted was a flow before."""
        before = [
            one
            for one in self.facts
            if answering(one)
            and (self.who(one), one.reference) == (self.who(fact), fact.reference)
            and asked.time <= one.time <= fact.time
        ]
        return any(not accepted(one) or (one.time, one.id) < (fact.time, fact.id) for one in before)


def did(fact: Fact, role: str, thing: str) -> bool:
    """Whether an event asked, wrote or shared a thing."""
    if fact.behaviour == "ask":
        return role == "asked" and thing in (fact.object, f"urn:uuid:{fact.id}")
    if role == "written":
        learned = fact.behaviour != "unclassified" and fact.verb not in RESPONSES
        wrote = learned and (fact.behaviour == "record" or fact.verb in WRITTEN)
        return wrote and fact.object == thing
    return role == "shared" and fact.verb in SHARED and fact.object == thing


def answering(fact: Fact) -> bool:
    says = fact.verb in ANSWERED or fact.behaviour in ("help", "reinforce")
    return bool(fact.reference) and fact.behaviour != "ask" and says


def accepted(fact: Fact) -> bool:
    return fact.verb == VERBS["answered"] and fact.success is True


def expected(history: History) -> Iterator[tuple[Any, ...]]:
    counting = [
        fact
        for fact in history.facts
        if fact.id not in history.gone and fact.behaviour != "none" and fact.account
    ]
    told = Said(history, counting)
    for fact in counting:
        flow = told.flow(fact)
        if flow:
            day = history.day(fact)
            since = (fact.time - flow.begun) / timedelta(seconds=1) if flow.begun else None
            yield (
                fact.id, day, flow.kind, fact.time,
                flow.giver, history.team(flow.giver, day), history.band(flow.giver, fact.time),
                flow.taker, history.team(flow.taker, day), history.band(flow.taker, fact.time),
                fact.tool, fact.topic, flow.thing, since,
            )  # fmt: skip


def rows(store: Warehouse) -> list[tuple[Any, ...]]:
    found = store.query(f"SELECT toString(id), {', '.join(COLUMNS[1:])} FROM learning.flows")
    return sorted(
        tuple(one.replace(tzinfo=UTC) if isinstance(one, datetime) else one for one in row)
        for row in found
    )


def assert_holds(store: Warehouse, history: History) -> None:
    assert rows(store) == sorted(expected(history))


# What somebody would ask about

WIKI = THINGS[0]


def act(
    number: int, at: timedelta, account: int, kind: tuple[str, str], *, whom: int = 0,
    reference: str = "", success: bool | None = None, thing: str = WIKI,
) -> Fact:  # fmt: skip
    behaviour, verb = kind
    return Fact(
        str(uuid.UUID(int=number)), BEGIN + at, account, whom, "Wiki", behaviour, "kafka", number,
        VERBS[verb], thing, reference, success,
    )  # fmt: skip


ASK, REPLY, ACCEPT = ("ask", "asked"), ("help", "replied"), ("help", "answered")
WRITE, READ, SHARE = ("record", "edited"), ("read", "viewed"), ("curate", "shared")
HOUR = timedelta(hours=1)
#: One of each kind, with thanks, and somebody who reads what is theirs.
ALL = [
    act(1, 0 * HOUR, 1, ASK),
    act(2, 2 * HOUR, 2, REPLY, reference=WIKI),
    act(3, 3 * HOUR, 2, ACCEPT, reference=WIKI, success=True),
    act(4, 3 * HOUR, 1, ("reinforce", "liked"), whom=2),
    act(5, 4 * HOUR, 3, ("reinforce", "approve"), whom=1, reference=WIKI),
    act(6, 5 * HOUR, 3, ("help", "coached"), whom=4, reference=THINGS[1]),
    act(7, 6 * HOUR, 4, ("connect", "commented"), whom=2),
    act(8, 7 * HOUR, 4, WRITE, thing=THINGS[1]),
    act(9, 8 * HOUR, 1, READ, thing=THINGS[1]),
    act(10, 9 * HOUR, 4, READ, thing=THINGS[1]),
    act(11, 10 * HOUR, 2, SHARE),
    act(12, 11 * HOUR, 3, ("explore", "viewed")),
]


def flows(store: Warehouse) -> list[tuple[Any, ...]]:
    return [(one[2], one[4], one[7], one[13]) for one in rows(store)]


def test_each_kind_goes_from_whom_to_whom(store: Warehouse) -> None:
    assert_holds(store, lived(store, MART, [("happen", ALL)]))
    assert flows(store) == [
        ("answer", 2, 1, 7200.0),
        ("review", 3, 1, 4 * 3600.0),
        ("coaching", 3, 4, None),
        ("mention", 4, 2, None),
        ("page", 4, 1, 3600.0),
        ("bookmark", 2, 3, 3600.0),
    ]


def test_who_edits_last_is_the_author_and_once_undone_it_is_the_one_before(
    store: Warehouse,
) -> None:
    read = act(3, 50 * DAY, 3, READ)
    written = [act(1, 0 * DAY, 1, WRITE), act(2, 9 * DAY, 2, WRITE)]
    history = lived(store, MART, [("happen", [read]), ("take_in",), ("happen", written)])
    assert_holds(store, history)
    assert flows(store) == [("page", 2, 3, 41 * 86400.0)]
    history.void([2])
    store.execute("OPTIMIZE TABLE learning.fact_rows FINAL")
    history.take_in(MART)
    assert_holds(store, history)
    assert flows(store) == [("page", 1, 3, 50 * 86400.0)]


def test_an_acceptance_days_later_is_a_flow_once_the_answer_is_undone(store: Warehouse) -> None:
    facts = [
        act(1, 0 * DAY, 1, ASK),
        act(2, 9 * DAY, 2, REPLY, reference=WIKI),
        act(3, 30 * DAY, 2, ACCEPT, reference=WIKI, success=True),
    ]
    history = lived(store, MART, [("happen", facts)])
    assert_holds(store, history)
    assert flows(store) == [("answer", 2, 1, 9 * 86400.0)]
    history.void([1])
    history.take_in(MART)
    assert_holds(store, history)
    assert flows(store) == [("answer", 2, 1, 30 * 86400.0)]


def test_teams_are_those_of_the_day_on_which_it_arrived(store: Warehouse) -> None:
    moves = BEGIN.date() + 30 * DAY
    told = Told(None, (1,), "Web", "Data", moves)
    facts = [act(1, 0 * DAY, 1, WRITE), act(2, 9 * DAY, 2, READ), act(3, 40 * DAY, 2, READ)]
    happened = [("happen", facts), ("take_in",), ("load", 1001, told)]
    assert_holds(store, lived(store, MART, happened))
    assert [one[4:6] for one in rows(store)] == [(1001, "Web"), (1001, "Data")]


def test_what_is_written_touches_the_days_on_which_it_is_read_within_reach(
    store: Warehouse,
) -> None:
    facts = [
        act(1, 20 * HOUR, 1, WRITE),
        act(2, 9 * DAY, 2, READ),
        act(3, 89 * DAY, 2, READ),
        act(4, 95 * DAY, 2, READ),
        act(5, 95 * DAY, 2, READ, thing=THINGS[1]),
    ]
    lived(store, MART, [("happen", facts)])
    hours = [int(fact.time.timestamp()) // 3600 * 3600 for fact in facts]
    assert touched_by(store, MART, hours[:1]) == [
        ("2026-06-25", hours[:1]),
        ("2026-04-06", hours[:1]),
        ("2026-03-28", hours[:1]),
    ]
    assert touched_by(store, MART, hours[1:2]) == [("2026-04-06", hours[1:2])]


def test_facts_from_before_have_the_roles_that_new_ones_get(store: Warehouse) -> None:
    """What the migration adds is what the views write of each fact that comes."""
    things = (
        "SELECT thing, role, hour FROM learning.thing_hour_rows FINAL "
        "WHERE role IN ('written', 'shared', 'opened') ORDER BY ALL"
    )
    hours = "SELECT hour, thing FROM learning.hour_thing_rows FINAL ORDER BY ALL"
    lived(store, MART, [("happen", [fact for fact in ALL if not fact.reference][1:])])
    by_views = store.query(things), store.query(hours)
    assert len(by_views[0]) == 5
    for table in ("thing_hour_rows", "hour_thing_rows"):
        store.execute(f"TRUNCATE TABLE learning.{table}")
    path = Path(__file__).parents[2] / "warehouse" / "tables" / "learning" / "0100_flows.sql"
    for statement in schema.statements(path.read_text("utf-8")):
        if "INSERT INTO" in statement:
            store.execute(statement)
    assert (store.query(things), store.query(hours)) == by_views


@settings(max_examples=tried(7, 100), deadline=None, suppress_health_check=list(HealthCheck))
@given(happened=steps(LONG, acts()))
@example(happened=[("happen", ALL), ("take_in",), ("again", [0, 3, 8]), ("void", [1, 10])])
def test_flows_are_what_the_facts_give_however_they_come(
    store: Warehouse, happened: list[Any]
) -> None:
    assert_holds(store, lived(store, MART, happened))
