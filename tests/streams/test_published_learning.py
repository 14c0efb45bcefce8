"""What viewers see of questions, episodes and flows is what analysts see of them, in cells of
enough people; what they see of topics, of beginnings and of reading is what the events give."""

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import pandas as pd
import pytest

from streams import marts
from streams.mart import Mart
from streams.published import tables
from streams.release import release
from streams.rollups import recompute
from tests.conftest import WarehouseUrls
from tests.streams.organised import ALWAYS, FOREVER, Known, load
from tests.streams.pairs import K, behind, told_of
from warehouse import Warehouse
from xapi.vocabulary import BEHAVIOURS, VERBS

BY_NAME = {mart.name: mart for mart in marts.every()}
QUESTIONS, FLOWS, EPISODES, TOPICS, RAMP, CONTENT = (
    BY_NAME[f"published_{name}"]
    for name in ("questions", "flows", "episodes", "topics", "ramp", "content")
)
COVERAGE, CARRIERS = (BY_NAME[f"published_{name}"] for name in ("coverage", "carriers"))
MONDAY = datetime(2026, 3, 2, tzinfo=UTC)


# Nothing rests on a few


def people_and_teams(chosen: random.Random) -> dict[int, str]:
    many = chosen.choice((8, 20, 40, 90))
    teams = [f"team {number}" for number in range(max(2, many // 8))]
    return {person: chosen.choice(["", *teams]) for person in range(1, many + 1)}


def flows(seed: int) -> pd.DataFrame:
    """A week's flows: from a few people, or from many."""
    chosen = random.Random(seed)
    team = people_and_teams(chosen)
    experts = chosen.sample(sorted(team), chosen.choice((3, 6, max(2, len(team) // 2))))
    kinds = ("answer", "coaching", "review", "mention", "page", "bookmark")
    rows = []
    for _ in range(chosen.choice((20, 100, 300))):
        one = chosen.choice(experts if chosen.random() < 0.8 else sorted(team))
        other = chosen.choice([each for each in team if each != one])
        kind = kinds[min(chosen.randrange(6), chosen.randrange(6))]
        rows.append((one, other, kind, team[one], team[other]))
    return framed(rows, ("person", "to_person", "kind", "from_team", "to_team"))


def episodes(seed: int) -> pd.DataFrame:
    """A week's episodes, of which few go far."""
    chosen = random.Random(seed)
    team = people_and_teams(chosen)
    band = {person: chosen.choice(("0-3 months", "3+ years", "3+ years", "")) for person in team}
    steps = ("nothing", "found", "applied", "shared")
    rows = []
    for _ in range(chosen.choice((20, 100, 300))):
        one = chosen.choice(sorted(team))
        step = steps[min(chosen.randrange(4), chosen.randrange(4))]
        rows.append((one, chosen.choice(("ask", "search")), step, team[one], band[one]))
    return framed(rows, ("person", "kind", "furthest", "team", "tenure_band"))


def beginnings(seed: int) -> pd.DataFrame:
    """A month's weeks of people, of whom few are new and some do nothing."""
    chosen = random.Random(seed)
    rows = []
    for one in people_and_teams(chosen):
        stage = chosen.choice(("new", "middle", "old", "old", ""))
        step = chosen.choice(("1-4", "5-8", "9-13")) if stage == "new" else ""
        for _ in range(chosen.randint(1, 4)):
            did = ("used", "shared", "nothing")[min(chosen.randrange(3), chosen.randrange(3))]
            helped = chosen.choice(("yes", "no")) if stage == "new" else ""
            rows.append((one, stage, step, did, helped))
    return framed(rows, ("person", "stage", "step", "did", "helped"))


def readings(seed: int) -> pd.DataFrame:
    """A week's readings of pages that a few wrote, or many, or nobody who was seen."""
    chosen = random.Random(seed)
    people = sorted(people_and_teams(chosen))
    authors = [0, *chosen.sample(people, chosen.choice((2, 6, max(2, len(people) // 2))))]
    states = ("kept", "stale", "rising", "orphaned")
    pages = [
        (author := chosen.choice(authors), f"topic {min(chosen.randrange(5), chosen.randrange(5))}",
         states[min(chosen.randrange(4), chosen.randrange(4))] if author else "unseen")
        for _ in range(30)
    ]  # fmt: skip
    rows = [(chosen.choice(people), *chosen.choice(pages)) for _ in range(chosen.choice((20, 300)))]
    return framed(rows, ("person", "author", "topic", "state"))


def framed(rows: list[tuple[object, ...]], names: tuple[str, ...]) -> pd.DataFrame:
    made = pd.DataFrame(rows, columns=list(names))
    return made.assign(period=MONDAY.date(), begins=int(MONDAY.timestamp()), events=1)


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize(
    ("mart", "of"),
    [(FLOWS, flows), (EPISODES, episodes), (RAMP, beginnings), (CONTENT, readings)],
    ids=["flows", "episodes", "ramp", "content"],
)
def test_no_pair_of_published_sums_tells_of_a_few(
    mart: Mart, of: Callable[[int], pd.DataFrame], seed: int
) -> None:
    facts = of(seed)
    found = behind(mart, facts)
    published = {one.table: one for one in tables(mart, facts, K)}
    for table, cells in zip(mart.tables, found, strict=True):
        at = published[table].columns.index("events")
        counts = sorted(row[at] for row in published[table].rows)
        assert counts == sorted(int(cell.sum()) for cell in cells)
        assert sum(counts) == len(facts)
    assert mart.published is not None
    sides = [
        facts.loc[facts[side] != 0, side].nunique() for side in ("person", *mart.published.sides)
    ]
    if min(sides) < K:
        assert all(len(cells) == 1 for cells in found)
    else:
        assert min(told_of(mart, facts, found, seed)) >= K


# In percent, and how few carry it


def by_hand(*rows: tuple[object, ...]) -> pd.DataFrame:
    columns = ("person", "tool", "team", "day", "unclassified", "unresolved", "scaffold",
               "behaviour", "times")  # fmt: skip
    made = framed(list(rows), columns)
    return made.assign(events=made["times"])


def told(mart: Mart, facts: pd.DataFrame, table: str) -> set[tuple[object, ...]]:
    (filled,) = [one for one in tables(mart, facts, K) if one.table == table]
    return {row[1:] for row in filled.rows}


def test_shares_are_of_tools_and_of_teams_in_them_where_the_minimum_group_is() -> None:
    begins = int(MONDAY.timestamp())
    web = [(person, "Wiki", "Web", begins, 0, 0, "", "", 40) for person in range(1, 7)]
    few = [(person, "Wiki", "Ops", begins, 1, 0, "", "", 25) for person in range(7, 11)]
    strangers = [(person, "Chat", "", begins, 0, 1, "", "", 1) for person in range(11, 15)]
    facts = by_hand(*web, *few, *strangers)
    # 240 + 100 + 4 events: a step is 2 %. Four of the tool's are of another team, and four of
    # another tool: so neither the team nor the tool is told, for what is left would be theirs.
    shares = "published.coverage_share_rows"
    assert told(COVERAGE, facts, shares) == {("", "", 30.0, 2.0)}
    day = ("Wiki", "Web", begins, "day")
    assert told(COVERAGE, facts, "published.coverage_rows") == {day}
    more = [(person, "Chat", "Ops", begins, 0, 0, "", "", 1) for person in range(15, 18)]
    ops = [(person, "Wiki", "Ops", begins, 1, 0, "", "", 25) for person in range(15, 18)]
    assert told(COVERAGE, by_hand(*web, *few, *strangers, *more, *ops), shares) == {
        ("", "", 42.0, 0.0), ("Wiki", "", 42.0, 0.0), ("Wiki", "Web", 0.0, 0.0),
        ("Wiki", "Ops", 99.0, 0.0), ("Chat", "", 0.0, 72.0),
    }  # fmt: skip


def test_carriers_are_the_fewest_who_do_half_up_to_a_group_of_those_who_do_any_down_to_one() -> (
    None
):
    much = [(person, "", "", 0, 0, 0, "sharing", "help", 100) for person in (1, 2, 3)]
    little = [(person, "", "", 0, 0, 0, "sharing", "record", 1) for person in range(4, 13)]
    many = [(person, "", "", 0, 0, 0, "discovery", "read", 90) for person in range(1, 13)]
    assert told(CARRIERS, by_hand(*much, *little, *many), "published.carrier_rows") == {
        # Three help: that is told of nobody, nor of the others who share, for it would be left.
        ("", "", 10, 5), ("sharing", "", 10, 5),
        ("discovery", "", 10, 10), ("discovery", "read", 10, 10),
    }  # fmt: skip


@pytest.mark.parametrize("seed", range(10))
def test_what_carriers_say_rests_on_the_minimum_group(seed: int) -> None:
    chosen = random.Random(seed)
    rows = [
        (chosen.randrange(1, 40), "", "", 0, 0, 0, chosen.choice(("sharing", "discovery")),
         chosen.choice(("a", "b", "c", "d")), chosen.choice((1, 1, 5, 200)))
        for _ in range(chosen.choice((3, 30, 300)))
    ]  # fmt: skip
    facts = by_hand(*rows)
    for scaffold, behaviour, people, carriers in told(CARRIERS, facts, "published.carrier_rows"):
        mine = facts[(facts["scaffold"] == scaffold) | (scaffold == "")]
        mine = mine[(mine["behaviour"] == behaviour) | (behaviour == "")]
        did = sorted(mine.groupby("person")["events"].sum(), reverse=True)
        assert people % K == carriers % K == 0
        assert carriers >= K
        assert K <= people <= len(did) < people + K
        assert 2 * sum(did[:carriers]) >= sum(did) > 2 * sum(did[: carriers - K])


@pytest.mark.parametrize("holders", range(1, 13))
def test_how_few_hold_a_topic_is_told_in_steps_of_enough_people(holders: int) -> None:
    rows = [(one, "pumps", int(one <= holders)) for one in range(1, 13)]
    rows += [(one, "valves", 1) for one in range(1, K)]
    (told,) = tables(TOPICS, framed(rows, ("person", "topic", "half")), K)
    assert told.rows == [(MONDAY.date(), "pumps", 10, holders // K * K)], "valves are of a few"


# It is what analysts see

QUESTIONS_READ = """
SELECT
    toMonday(day) AS period, toUInt32(0) AS begins, asker AS person,
    ifNull(answerer, 0) AS answerer, toString(team) AS team,
    toString(answering_team) AS answering_team, toString(topic) AS topic,
    multiIf(
        answer_hours IS NULL, 'open',
        answer_hours <= 1, 'hour',
        answer_hours <= 24, 'day',
        answer_hours <= 168, 'week',
        'later') AS outcome,
    count() AS events
FROM learning.questions
GROUP BY ALL
ORDER BY ALL
"""
FLOWS_READ = """
SELECT
    toMonday(day) AS period, toUInt32(0) AS begins, from_person AS person, to_person,
    toString(kind) AS kind, toString(from_team) AS from_team, toString(to_team) AS to_team,
    count() AS events
FROM learning.flows
GROUP BY ALL
ORDER BY ALL
"""
EPISODES_READ = """
SELECT
    toMonday(day) AS period, toUInt32(0) AS begins, person, toString(kind) AS kind,
    multiIf(
        coalesce(shared_seconds, reinforced_seconds) IS NOT NULL, 'shared',
        applied_seconds IS NOT NULL, 'applied',
        found_seconds IS NOT NULL, 'found',
        'nothing') AS furthest,
    toString(team) AS team, replaceOne(toString(tenure_band), 'unknown', '') AS tenure_band,
    count() AS events
FROM learning.episodes
GROUP BY ALL
ORDER BY ALL
"""
COLUMNS = (
    "id", "time", "account", "counterpart", "tool", "behaviour", "scaffold", "verb", "object",
    "topic", "reference", "success", "position", "version", "gone",
)  # fmt: skip
TEAMS = ("Web", "Data", "Ops")
PEOPLE = [
    Known(1_000 + one, MONDAY.date() - timedelta(days=13 * one), (one,),
          ((TEAMS[one % 3], ALWAYS, FOREVER),))
    for one in range(1, 34)
]  # fmt: skip
#: Who has left, and wrote something long before.
GONE = [
    Known(1_000 + one, None, (one,), (("Web", ALWAYS, MONDAY.date() - timedelta(days=9)),))
    for one in range(41, 46)
]
LONG_AGO = MONDAY - timedelta(days=200)


@pytest.fixture(scope="module")
def store(warehouse: WarehouseUrls) -> Iterator[Warehouse]:
    """Three weeks of forty accounts, taken in by each mart."""
    found = Warehouse(warehouse.admin)
    found.insert("ops.setting_rows", ("name", "value"), [("time_zone", "UTC")])
    emptied = (
        "learning.fact_rows", "learning.thing_hour_rows", "learning.hour_thing_rows",
        "ops.dirty_hours", "ops.mart_positions", "directory.person_rows", "directory.load_rows",
        "released.release_rows", *(table for mart in BY_NAME.values() for table in mart.tables),
    )  # fmt: skip
    for table in emptied:
        found.execute(f"TRUNCATE TABLE {table}")
    load(found, PEOPLE + GONE, 1)
    assert release(found, [mart for mart in BY_NAME.values() if mart.published], K)
    rows = happened()
    found.insert("learning.fact_rows", COLUMNS, rows)
    found.insert("ops.dirty_hours", ("hour",), [(row[1],) for row in rows])
    for mart in BY_NAME.values():
        while recompute(found, mart, "test"):
            pass
    yield found
    found.close()


def happened() -> list[tuple[object, ...]]:
    """People ask and answer about few things, write and read pages, apply what they found."""
    chosen = random.Random(11)
    acts = (
        [("ask", "asked")] * 4 + [("search", "searched"), ("read", "read"), ("read", "read")]
        + [("help", "replied")] * 3 + [("record", "author"), ("collaborate", "commented")]
        + [("help", "mentored"), ("reinforce", "reviewed"), ("connect", "mentioned")]
    )  # fmt: skip
    rows = []
    for number in range(2_500):
        behaviour, verb = chosen.choice(acts)
        topic = chosen.choice(("pumps", "valves", ""))
        thing = f"https://work.example/{topic}/{chosen.randrange(60)}"
        answers = verb in ("replied", "reviewed")
        rows.append((
            UUID(int=number + 1), MONDAY + timedelta(minutes=chosen.randrange(3 * 7 * 1440)),
            chosen.randrange(1, 41), chosen.choice((0, chosen.randrange(1, 41))),
            "T", behaviour, BEHAVIOURS[behaviour].scaffold, VERBS[verb], thing, topic,
            thing if answers else "", None, number, 1, 0,
        ))  # fmt: skip
    return rows + of_old_pages(chosen) + searched()


def searched() -> list[tuple[object, ...]]:
    """A week in which everybody searched, and nobody did anything else."""
    at = LONG_AGO - timedelta(days=14)
    return [
        (UUID(int=20_000 + who), at, who, 0, "T", "search", "discovery", VERBS["searched"],
         "https://work.example/search", "", "", None, who, 1, 0)
        for who in range(1, 41)
    ]  # fmt: skip


def of_old_pages(chosen: random.Random) -> list[tuple[object, ...]]:
    """Pages of long ago, of some who have left and of some who have not, that are read still."""
    rows = []
    for number in range(210):
        page, reads = number % 10, number >= 10
        at = MONDAY + timedelta(minutes=chosen.randrange(3 * 7 * 1440)) if reads else LONG_AGO
        who = chosen.randrange(1, 41) if reads else page + 1 if page < 5 else page + 36
        behaviour, verb = ("read", "read") if reads else ("record", "author")
        rows.append((
            UUID(int=number + 10_001), at, who, 0, "T", behaviour, BEHAVIOURS[behaviour].scaffold,
            VERBS[verb], f"https://work.example/old/{page}", "pumps", "", None, number, 1, 0,
        ))  # fmt: skip
    return rows


def published(store: Warehouse, mart: Mart, facts: pd.DataFrame) -> None:
    """Asserts that a mart's tables hold the cells of what analysts see."""
    assert len(facts["period"].unique()) >= (3 if mart.grain == "week" else 1)
    made: dict[str, list[tuple[object, ...]]] = {table: [] for table in mart.tables}
    columns: dict[str, tuple[str, ...]] = {}
    for _, week in facts.groupby("period"):
        for one in tables(mart, week.reset_index(drop=True), K):
            made[one.table] += [
                tuple(str(value)[:10] if at == 0 else value for at, value in enumerate(row))
                for row in one.rows
            ]
            columns[one.table] = one.columns
    for table in mart.tables:
        names = ", ".join((f"toString({mart.grain})", *columns[table][1:]))
        seen = [tuple(row) for row in store.query(f"SELECT {names} FROM {table} ORDER BY ALL")]
        assert len(seen) > 3
        assert sorted(map(repr, seen)) == sorted(map(repr, made[table]))


@pytest.mark.integration
def test_viewers_see_of_flows_what_analysts_do(store: Warehouse) -> None:
    facts = store.frame(FLOWS_READ, {})
    assert set(facts["kind"]) >= {"answer", "coaching", "mention", "page", "review"}
    published(store, FLOWS, facts)


@pytest.mark.integration
def test_viewers_see_of_episodes_what_analysts_do(store: Warehouse) -> None:
    facts = store.frame(EPISODES_READ, {})
    assert set(facts["furthest"]) == {"nothing", "found", "applied", "shared"}
    published(store, EPISODES, facts)


@pytest.mark.integration
def test_viewers_see_of_questions_what_analysts_do(store: Warehouse) -> None:
    facts = store.frame(QUESTIONS_READ, {})
    assert set(facts["outcome"]) == {"hour", "day", "week", "later", "open"}
    published(store, QUESTIONS, facts)


# It is what the events give


class Done(NamedTuple):
    """An event of the store's."""

    at: datetime
    key: str
    person: int
    other: int
    behaviour: str
    verb: str
    thing: str
    topic: str

    @property
    def day(self) -> date:
        return self.at.date()

    @property
    def monday(self) -> date:
        return self.day - timedelta(days=self.day.weekday())


def events() -> list[Done]:
    """Everything that happened, by whom as the directory says."""
    whose = {account: one.person for one in PEOPLE + GONE for account in one.accounts}
    return [
        Done(at, str(key), whose.get(who, who), whose.get(other, other), behaviour, verb, *rest)
        for key, at, who, other, _, behaviour, _, verb, *rest in (row[:10] for row in happened())  # type: ignore[misc]
    ]


def facts_of(rows: "Counter[tuple[object, ...]]", names: tuple[str, ...]) -> pd.DataFrame:
    """Facts in the order of the marts' own: of two parts as small the first gives way."""
    told = sorted(rows)
    made = pd.DataFrame(told, columns=["period", *names])
    return made.assign(begins=0, events=[rows[each] for each in told])


POINTS = {VERBS["reviewed"]: 1, "help": 2, "record": 2}


@pytest.mark.integration
def test_viewers_see_of_topics_what_the_events_give(store: Warehouse) -> None:
    done = events()
    rows: Counter[tuple[object, ...]] = Counter()
    for monday, topic in {(one.monday, one.topic) for one in done if one.topic}:
        points: Counter[int] = Counter()
        for one in done:
            if one.topic == topic and -84 <= (one.day - monday).days < 7:
                worth = POINTS.get(one.verb, POINTS.get(one.behaviour, 0))
                points[one.person] += (
                    0 if one.behaviour == "help" and one.other == one.person else worth
                )
        whole, grown = points.total(), 0
        for person in sorted(+points, key=lambda each: (-points[each], each)):
            rows[monday, person, topic, int(2 * grown < whole)] += 1
            grown += points[person]
    published(store, TOPICS, facts_of(rows, ("person", "topic", "half")))


@pytest.mark.integration
def test_viewers_see_of_beginnings_what_the_events_give(store: Warehouse) -> None:
    done, rows = events(), Counter[tuple[object, ...]]()
    acts: dict[tuple[int, date], set[str]] = defaultdict(set)
    for one in done:
        acts[one.person, one.monday].add(BEHAVIOURS[one.behaviour].scaffold)
    for monday in {one.monday for one in done}:
        there = {one.person: one.start for one in PEOPLE if one.start and one.start <= monday}
        for person in there.keys() | {who for who, week in acts if week == monday}:
            stage = step = helped = ""
            if start := there.get(person):
                week = ((monday - start).days + 6) // 7
                stage = "new" if week < 13 else "middle" if week < 53 else "old"
                if stage == "new":
                    step = "1-4" if week < 4 else "5-8" if week < 8 else "9-13"
                    helps = (o.day for o in done if o.person == person and o.behaviour == "help")
                    by_then = any(start <= day <= monday + timedelta(days=6) for day in helps)
                    helped = "yes" if by_then else "no"
            did = acts.get((person, monday), set())
            what = "shared" if "sharing" in did else "used" if did else "nothing"
            rows[monday.replace(day=1), person, stage, step, what, helped] += 1
    assert {row[2] for row in rows} == {"", "new", "middle", "old"}
    assert {row[4] for row in rows} == {"nothing", "used", "shared"}
    published(store, RAMP, facts_of(rows, ("person", "stage", "step", "did", "helped")))


@pytest.mark.integration
def test_viewers_see_of_reading_what_the_events_give(store: Warehouse) -> None:
    done, rows = events(), Counter[tuple[object, ...]]()
    left = {one.person for one in GONE}
    for one in (each for each in done if each.behaviour == "read"):
        sunday = one.monday + timedelta(days=6)
        near = [each for each in done if each.thing == one.thing and each.day <= sunday]
        wrote = [each for each in near if each.behaviour == "record"]
        read = [each for each in near if each.behaviour == "read"]
        now = {each.person for each in read if (sunday - each.day).days < 28}
        before = {each.person for each in read if 28 <= (sunday - each.day).days < 56}
        if not wrote:
            state = "unseen"
        elif {each.person for each in wrote} <= left:
            state = "orphaned"
        elif (sunday - max(each.day for each in wrote)).days >= 180:
            state = "stale"
        else:
            state = "rising" if len(now) >= 5 and len(now) >= 1.5 * len(before) else "kept"
        author = min(wrote, key=lambda each: (each.at, each.key)).person if wrote else 0
        rows[one.monday, one.person, author, one.topic, state] += 1
    published(store, CONTENT, facts_of(rows, ("person", "author", "topic", "state")))
    told = {state for (state,) in store.query("SELECT DISTINCT state FROM viewer.content")}
    assert told >= {"orphaned", "stale"}
