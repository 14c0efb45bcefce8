"""The mart questions against its definition in plain Python, come the facts as they may."""

from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from streams import marts
from streams.rollups import recompute, touched_by
from tests.conftest import WarehouseUrls
from tests.scale import tried
from tests.streams.organised import ALWAYS, FOREVER, Known, load
from warehouse import Warehouse
from xapi.vocabulary import VERBS

pytestmark = pytest.mark.integration

(MART,) = (mart for mart in marts.every() if mart.name == "questions")
ZONE = ZoneInfo("Europe/Berlin")
START = datetime(2026, 3, 2, 7, 30, tzinfo=UTC)
COLUMNS = (
    "id", "time", "account", "tool", "behaviour", "scaffold", "verb", "object", "topic", "success",
    "reference", "position", "version", "gone",
)  # fmt: skip
ADA, BO, CY = 1_000, 2_000, 3_000


class Act(NamedTuple):
    """A fact, as far as questions depend on it."""

    id: UUID
    at: datetime
    account: int
    behaviour: str
    verb: str
    object: str = ""
    reference: str = ""
    success: bool | None = None


#: Who is known at first, and after a load that comes later: Bo has moved, and lives by the clocks
#: of the organisation, an account is found to be Ada's, and Cy is somebody, elsewhere.
MOVED = (("Red", ALWAYS, date(2026, 3, 8)), ("Blue", date(2026, 3, 9), FOREVER))
EARLY = (
    Known(ADA, date(2026, 2, 1), (1,), (("Green", ALWAYS, FOREVER),)),
    Known(BO, None, (2,), (("Red", ALWAYS, FOREVER),), "America/Los_Angeles"),
)
LATE = (
    Known(ADA, date(2026, 2, 1), (1, 4), (("Green", ALWAYS, FOREVER),)),
    Known(BO, date(2026, 3, 5), (2,), MOVED),
    Known(CY, None, (3,), (("Blue", ALWAYS, FOREVER),), "Pacific/Auckland"),
)


# The definition


def expected(acts: Collection[Act], people: Sequence[Known]) -> list[tuple[Any, ...]]:
    """The rows that these acts give, by the directory as it is."""
    asked = [act for act in acts if act.behaviour == "ask"]
    answers: dict[UUID, list[Act]] = {act.id: [] for act in asked}
    for act in acts:
        fitting = [
            (one.at, str(one.id), one.id)
            for one in asked
            if act.reference in (one.object, f"urn:uuid:{one.id}") and one.at <= act.at
        ]
        if answering(act) and fitting:
            answers[max(fitting)[2]].append(act)
    rows = [row(act, answers[act.id], people) for act in asked]
    return sorted(rows, key=lambda one: (one[1], str(one[0])))


def answering(act: Act) -> bool:
    """Whether an act answers, if what it refers to was asked."""
    said = act.verb in (VERBS["answered"], VERBS["replied"])
    helps = act.behaviour in ("help", "reinforce")
    return bool(
        act.reference and act.account and act.behaviour not in ("ask", "none") and (said or helps)
    )


def row(act: Act, answers: Sequence[Act], people: Sequence[Known]) -> tuple[Any, ...]:
    """What the view says of an asking."""
    who, day = person(act.account, people), act.at.astimezone(ZONE).date()
    ordered = sorted(answers, key=lambda one: (one.at, str(one.id)))
    others = [one for one in ordered if person(one.account, people) != who]
    accepted = [one for one in ordered if accepts(one)]
    each = {person(one.account, people) for one in others}
    first, chosen = next(iter(others), None), next(iter(accepted), None)
    told = chosen or first
    starts = {one.person: one.start for one in people}
    start = starts.get(who)
    return (
        act.id,
        act.at,
        day,
        who,
        team(act, people),
        (day - start).days if start else None,
        act.object,
        "accepted" if chosen else "answered" if first else "open",
        first.at if first else None,
        person(first.account, people) if first else None,
        chosen.at if chosen else None,
        person(chosen.account, people) if chosen else None,
        team(told, people) if told else "",
        sum(said(others, one, people) for one in each),
        len(each),
        hours(act, first),
        worked(act, first, people),
        hours(act, chosen),
        worked(act, chosen, people),
    )


def accepts(act: Act) -> bool:
    return act.verb == VERBS["answered"] and act.success is True


def said(acts: Sequence[Act], who: int, people: Sequence[Known]) -> int:
    """How many answers somebody gave: what is told as accepted was said before, or is one."""
    own = [act for act in acts if person(act.account, people) == who]
    return max(sum(not accepts(act) for act in own), 1)


def person(account: int, people: Sequence[Known]) -> int:
    return next((one.person for one in people if account in one.accounts), account)


def team(act: Act, people: Sequence[Known]) -> str:
    day = act.at.astimezone(ZONE).date()
    return next((one.team(day) for one in people if act.account in one.accounts), "")


def hours(act: Act, until: Act | None) -> float | None:
    return (until.at - act.at) / timedelta(hours=1) if until else None


def worked(act: Act, until: Act | None, people: Sequence[Known]) -> float | None:
    return working(act.at, until.at, zone(act, people)) if until else None


def zone(act: Act, people: Sequence[Known]) -> ZoneInfo:
    """By whose clocks an asker waits."""
    own = next((one.zone for one in people if act.account in one.accounts), "")
    return ZoneInfo(own) if own else ZONE


def working(since: datetime, until: datetime, where: ZoneInfo = ZONE) -> float:
    """Hours between two moments, from nine to five on Mondays to Fridays by a zone's clocks."""
    begin, end = (moment.astimezone(where).replace(tzinfo=None) for moment in (since, until))
    day, found = begin.replace(hour=0, minute=0, second=0, microsecond=0), timedelta()
    while day <= end:
        if day.weekday() < 5:
            opens, closes = day + timedelta(hours=9), day + timedelta(hours=17)
            found += max(min(end, closes) - max(begin, opens), timedelta())
        day += timedelta(days=1)
    return found / timedelta(hours=1)


# The warehouse

READ = """
SELECT
    id, asked, day, asker, team, tenure_days, object, state, answered, answerer, accepted,
    accepted_answerer, answering_team, answers, answerers, answer_hours, answer_working_hours,
    accepted_hours, accepted_working_hours
FROM learning.questions
ORDER BY asked, toString(id)
"""
_sequence = count(1)


@pytest.fixture(scope="module")
def store(warehouse: WarehouseUrls) -> Iterator[Warehouse]:
    found = Warehouse(warehouse.admin)
    found.insert("ops.setting_rows", ("name", "value"), [("time_zone", str(ZONE))])
    yield found
    found.close()


def begin(store: Warehouse) -> None:
    """Nothing happened yet; the first load of the directory is there."""
    for table in (
        "learning.fact_rows", "learning.thing_hour_rows", "learning.hour_thing_rows",
        "learning.question_rows", "ops.dirty_hours", "ops.mart_positions", "directory.person_rows",
        "directory.load_rows",
    ):  # fmt: skip
        store.execute(f"TRUNCATE TABLE {table}")
    load(store, EARLY, next(_sequence))


def happen(store: Warehouse, *acts: Act) -> None:
    """Facts, and then their dirty hours, as the processor of facts does."""
    _store(store, [
        (a.id, a.at, a.account, "T", a.behaviour, "discovery", a.verb, a.object, "pumps", a.success,
         a.reference, 1, 10, 0)
        for a in acts
    ])  # fmt: skip


def void(store: Warehouse, *acts: Act) -> None:
    """Tombstones, which say no more what the act was about."""
    _store(store, [(a.id, a.at, 0, "", "", "", "", "", "", None, "", 1, 11, 1) for a in acts])


def _store(store: Warehouse, rows: list[tuple[Any, ...]]) -> None:
    store.insert("learning.fact_rows", COLUMNS, rows)
    store.insert("ops.dirty_hours", ("hour",), [(one[1],) for one in rows])


def take_in(store: Warehouse) -> None:
    while recompute(store, MART, "test"):
        pass


def rows(store: Warehouse) -> list[tuple[Any, ...]]:
    def plain(value: Any) -> Any:
        return value.replace(tzinfo=UTC) if isinstance(value, datetime) else value

    return [tuple(plain(value) for value in one) for one in store.query(READ)]


def assert_is(store: Warehouse, acts: Collection[Act], people: Sequence[Known]) -> None:
    take_in(store)
    found, should = rows(store), expected(acts, people)
    assert [one[:-4] for one in found] == [one[:-4] for one in should]
    for one, other in zip(found, should, strict=True):
        assert one[-4:] == pytest.approx(other[-4:], abs=1e-6), one


# What may come

OBJECTS = [f"https://forum.example/t/{number}" for number in range(2)]
IDS = [UUID(int=0x6F1C << 112 | number << 64 | 99 - number) for number in range(12)]
KINDS = {
    "asks": ("ask", "asked", None),
    "replies": ("help", "replied", None),
    "replies where nobody is named": ("collaborate", "replied", None),
    "helps by a comment": ("help", "commented", None),
    "comments": ("collaborate", "commented", None),
    "is accepted": ("record", "answered", True),
    "is not": ("help", "answered", False),
    "does not learn": ("none", "replied", None),
    "reviews": ("reinforce", "reviewed", None),
}


@st.composite
def histories(draw: st.DrawFn) -> list[Act]:
    """Some acts about few things, of few people, many of them at the same time."""
    acts = []
    for identifier in IDS[: draw(st.integers(5, len(IDS)))]:
        behaviour, verb, success = KINDS[draw(st.sampled_from([*KINDS, *["asks"] * 4]))]
        thing = draw(st.sampled_from(OBJECTS))
        at = START + timedelta(minutes=draw(st.sampled_from([0, 1_000, 1_500, 9_999])))
        asks = behaviour == "ask"
        named = draw(st.sampled_from([*[thing] * 3, *(f"urn:uuid:{one}" for one in IDS[:3])]))
        acts.append(
            Act(
                identifier,
                at + timedelta(milliseconds=draw(st.sampled_from([0, 0, 0, 250]))),
                draw(st.sampled_from([1, 2, 3, 4, 5, 0])),
                behaviour,
                VERBS[verb],
                draw(st.sampled_from([thing, thing, ""])) if asks else thing,
                "" if asks else named,
                success,
            )
        )
    return acts


#: What is done between deliveries.
BETWEEN = st.lists(
    st.sampled_from(["taken in", "voided", "merged", "known late", "again"]), max_size=5
)


@settings(max_examples=tried(6, 80), deadline=None, suppress_health_check=list(HealthCheck))
@given(history=histories(), between=BETWEEN, data=st.data())
def test_questions_are_what_the_facts_give_however_they_come(
    store: Warehouse, history: list[Act], between: list[str], data: st.DataObject
) -> None:
    begin(store)
    people: Sequence[Known] = EARLY
    order = data.draw(st.permutations(history))
    standing: dict[UUID, Act] = {}
    voided: set[UUID] = set()
    for number, what in enumerate([*between, "taken in"]):
        size = len(order) // (len(between) + 1) + 1
        new = order[number * size : (number + 1) * size]
        if new:
            happen(store, *new)
            standing |= {act.id: act for act in new if act.id not in voided}
        if what == "voided" and standing:
            gone = data.draw(st.sampled_from(sorted(standing.values())))
            void(store, gone)
            voided.add(gone.id)
            del standing[gone.id]
        elif what == "again":
            happen(store, *order[: (number + 1) * size])
        elif what == "merged":
            store.execute("OPTIMIZE TABLE learning.fact_rows FINAL")
        elif what == "known late":
            people = LATE
            load(store, LATE, next(_sequence))
        if what != "merged":  # then it is merged before the mart has seen it
            assert_is(store, standing.values(), people)
    rest = order[(len(between) + 1) * (len(order) // (len(between) + 1) + 1) :]
    assert not rest


# What somebody would ask about


def asks(number: int, at: datetime = START, who: int = 1, thing: int = 0) -> Act:
    return Act(IDS[number], at, who, "ask", VERBS["asked"], OBJECTS[thing])


def replies(number: int, at: datetime, who: int = 2, thing: int = 0) -> Act:
    return Act(IDS[number], at, who, "help", VERBS["replied"], OBJECTS[thing], OBJECTS[thing])


def test_an_answer_days_later_touches_the_day_of_its_question_alone(store: Warehouse) -> None:
    begin(store)
    other = asks(1, START + timedelta(days=1), thing=1)
    happen(store, asks(0), other)
    assert_is(store, [asks(0), other], EARLY)
    late = replies(2, START + timedelta(days=9))
    happen(store, late)
    hour = int(late.at.timestamp()) // 3600 * 3600
    assert touched_by(store, MART, [hour]) == [("2026-03-11", [hour]), ("2026-03-02", [hour])]
    assert_is(store, [asks(0), other, late], EARLY)
    assert [(one[7], one[15]) for one in rows(store)] == [("answered", 216.0), ("open", None)]


def test_what_was_asked_again_and_again_touches_the_last_asking_alone(store: Warehouse) -> None:
    """Or each earlier one, where the last is undone: facts say by then which it was."""
    begin(store)
    askings = [asks(n, START + timedelta(days=2 * n)) for n in range(3)]
    late = replies(3, START + timedelta(days=9))
    happen(store, *askings, late)
    hour = int(late.at.timestamp()) // 3600 * 3600
    assert [day for day, _ in touched_by(store, MART, [hour])] == ["2026-03-11", "2026-03-06"]
    assert_is(store, [*askings, late], EARLY)
    void(store, askings[2])
    touched = [day for day, _ in touched_by(store, MART, [hour])]
    assert touched == ["2026-03-11", "2026-03-06", "2026-03-04", "2026-03-02"]
    assert_is(store, [*askings[:2], late], EARLY)


def test_a_voided_answer_is_found_when_nothing_of_it_is_left(store: Warehouse) -> None:
    begin(store)
    answer = replies(1, START + timedelta(days=3))
    happen(store, asks(0), answer)
    take_in(store)
    void(store, answer)
    store.execute("OPTIMIZE TABLE learning.fact_rows FINAL")
    assert store.query("SELECT count() FROM learning.fact_rows WHERE reference != ''") == [(0,)]
    assert_is(store, [asks(0)], EARLY)
    assert [one[7] for one in rows(store)] == ["open"]


def test_a_retracted_acceptance_leaves_the_answer(store: Warehouse) -> None:
    begin(store)
    answer = replies(1, START + timedelta(hours=2))
    accepted = answer._replace(
        id=IDS[2], at=START + timedelta(days=2), verb=VERBS["answered"], success=True
    )
    happen(store, asks(0), answer, accepted)
    assert_is(store, [asks(0), answer, accepted], EARLY)
    assert [one[7] + str(one[13]) for one in rows(store)] == ["accepted1"]
    void(store, accepted)
    assert_is(store, [asks(0), answer], EARLY)
    assert [one[7] + str(one[13]) for one in rows(store)] == ["answered1"]


def test_an_asking_that_comes_late_takes_the_answers_that_follow_it(store: Warehouse) -> None:
    begin(store)
    answer = replies(1, START + timedelta(days=8))
    happen(store, asks(0), answer)
    take_in(store)
    again = asks(2, START + timedelta(days=5), who=3)
    happen(store, again)
    assert_is(store, [asks(0), answer, again], EARLY)
    assert [one[7] for one in rows(store)] == ["open", "answered"]


def test_an_answer_of_the_same_moment_counts_and_ones_own_does_not(store: Warehouse) -> None:
    begin(store)
    own, other = replies(1, START, who=1), replies(2, START)
    happen(store, asks(0), own)
    assert_is(store, [asks(0), own], EARLY)
    assert [one[7] for one in rows(store)] == ["open"]
    happen(store, other)
    assert_is(store, [asks(0), own, other], EARLY)
    assert [(one[7], one[13], one[15]) for one in rows(store)] == [("answered", 1, 0.0)]


class Killed(Exception):
    """The worker ends here."""


class Dying:
    """A warehouse whose user ends after so many writes."""

    def __init__(self, store: Warehouse, writes: int) -> None:
        self._store = store
        self._left = writes

    def _one(self) -> None:
        self._left -= 1
        if self._left < 0:
            raise Killed

    def execute(self, sql: str, parameters: Any = None) -> None:
        self._one()
        self._store.execute(sql, parameters)

    def insert(self, *arguments: Any) -> None:
        self._one()
        self._store.insert(*arguments)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


def test_what_links_two_days_is_not_lost_with_a_worker_that_dies_between_them(
    store: Warehouse,
) -> None:
    """The voided asking's answer goes to the one before it, wherever the worker ended."""
    again = asks(2, START + timedelta(days=5), who=3)
    answer = replies(1, START + timedelta(days=8))
    for writes in range(60):
        begin(store)
        happen(store, asks(0), again, answer)
        take_in(store)
        assert [one[7] for one in rows(store)] == ["open", "answered"]
        void(store, again)
        dying: Any = Dying(store, writes)
        try:
            take_in(dying)
            break
        except Killed:
            assert_is(store, [asks(0), answer], EARLY)
            assert [one[7] for one in rows(store)] == ["answered"]
    assert 3 < writes < 59


@pytest.mark.parametrize(
    ("since", "until", "hours"),
    [
        ("2026-03-06T15:30Z", "2026-03-09T08:30Z", 1.0),  # Friday 16:30 to Monday 9:30
        ("2026-03-06T15:30Z", "2026-03-06T18:30Z", 0.5),
        ("2026-03-07T10:00Z", "2026-03-08T20:00Z", 0.0),  # a weekend
        ("2026-03-02T00:00Z", "2026-03-16T00:00Z", 80.0),
        ("2026-03-27T12:00Z", "2026-03-30T12:00Z", 9.0),  # clocks went forward in between
        ("2026-03-03T06:59:30.500Z", "2026-03-03T08:00:00.500Z", 0.5 / 3600),
        ("2026-03-03T08:15Z", "2026-03-03T08:16:01.250Z", 61.25 / 3600),
    ],
)
def test_hours_of_working_time(store: Warehouse, since: str, until: str, hours: float) -> None:
    begin(store)
    first, last = (datetime.fromisoformat(moment) for moment in (since, until))
    happen(store, asks(0, first), replies(1, last))
    assert_is(store, [asks(0, first), replies(1, last)], EARLY)
    assert rows(store)[0][16] == pytest.approx(hours, abs=1e-9)
    assert working(first, last) == pytest.approx(hours, abs=1e-9)


@pytest.mark.parametrize(
    ("since", "until", "hours"),
    [
        ("2026-03-02T08:00Z", "2026-03-04T16:00Z", 16.0),  # Monday to Wednesday, Tuesday is none
        ("2026-03-03T10:00Z", "2026-03-03T12:00Z", 0.0),
        ("2026-03-03T10:00Z", "2026-03-04T09:00Z", 1.0),
        ("2026-03-06T15:30Z", "2026-03-10T08:30Z", 1.0),  # Friday to Tuesday, over a free Monday
        ("2026-03-02T00:00Z", "2026-03-16T00:00Z", 64.0),  # a holiday on a Saturday is no less
    ],
)
def test_nobody_works_on_holidays(store: Warehouse, since: str, until: str, hours: float) -> None:
    begin(store)
    days = "2026-03-03,2026-03-07,2026-03-09"
    store.insert("ops.setting_rows", ("name", "value"), [("holiday_dates", days)])
    try:
        first, last = (datetime.fromisoformat(moment) for moment in (since, until))
        happen(store, asks(0, first), replies(1, last))
        take_in(store)
        assert rows(store)[0][16] == pytest.approx(hours, abs=1e-9)
    finally:
        store.insert("ops.setting_rows", ("name", "value"), [("holiday_dates", "")])


@pytest.mark.parametrize(
    ("since", "until", "hours"),
    [
        ("2026-03-02T08:00Z", "2026-03-02T16:00Z", 0.0),  # a day's work in Berlin is a night there
        ("2026-03-02T16:00Z", "2026-03-02T18:00Z", 1.0),  # until ten by the asker's clock
        ("2026-03-02T23:30Z", "2026-03-04T17:15Z", 1.75),  # over the asker's Tuesday, a holiday
        ("2026-03-07T00:00Z", "2026-03-09T17:00Z", 2.0),  # Friday at four to Monday at ten, summer
        ("2026-03-04T00:30Z", "2026-03-04T17:30Z", 0.5),  # a Wednesday in Berlin
    ],
)
def test_it_is_the_asker_whose_working_time_counts(
    store: Warehouse, since: str, until: str, hours: float
) -> None:
    begin(store)
    store.insert("ops.setting_rows", ("name", "value"), [("holiday_dates", "2026-03-03")])
    try:
        first, last = (datetime.fromisoformat(moment) for moment in (since, until))
        happen(store, asks(0, first, who=2), replies(1, last, who=1))
        take_in(store)
        assert rows(store)[0][16] == pytest.approx(hours, abs=1e-9)
    finally:
        store.insert("ops.setting_rows", ("name", "value"), [("holiday_dates", "")])


def test_a_person_who_is_given_a_zone_counts_by_it_and_nothing_is_computed_anew(
    store: Warehouse,
) -> None:
    begin(store)
    until = START + timedelta(hours=9)  # 8:30 to 17:30 in Berlin, 13:00 to 22:00 in Kolkata
    happen(store, asks(0), replies(1, until))
    take_in(store)
    assert rows(store)[0][16] == pytest.approx(8.0)
    moved = [one._replace(zone="Asia/Kolkata") for one in EARLY]
    for people, hours in ((moved, 4.0), (EARLY, 8.0)):
        load(store, people, next(_sequence))
        assert rows(store)[0][16] == pytest.approx(hours)


def test_an_open_question_is_open_until_now(store: Warehouse) -> None:
    begin(store)
    now = datetime.now(UTC).replace(microsecond=0)
    at = now - timedelta(days=7)
    happen(store, asks(0, at), asks(1, at, thing=1), replies(2, at + timedelta(hours=1), thing=1))
    take_in(store)
    told = "SELECT open_hours, open_working_hours FROM learning.questions ORDER BY toString(id)"
    found = store.query(told)
    then = (datetime.now(UTC) - at) / timedelta(hours=1)
    assert found[1] == (None, None) or found[0] == (None, None)
    ((open_hours, open_working),) = (one for one in found if one[0] is not None)
    assert 168.0 <= open_hours <= then
    assert working(at, now) <= open_working + 1e-6 <= working(at, datetime.now(UTC)) + 1e-5
