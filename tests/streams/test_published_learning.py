"""What viewers see of questions, episodes and flows is what analysts see of them, in cells of
enough people."""

import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
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
QUESTIONS, FLOWS, EPISODES = (
    BY_NAME[f"published_{name}"] for name in ("questions", "flows", "episodes")
)
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


def framed(rows: list[tuple[object, ...]], names: tuple[str, ...]) -> pd.DataFrame:
    made = pd.DataFrame(rows, columns=list(names))
    return made.assign(period=MONDAY.date(), begins=int(MONDAY.timestamp()), events=1)


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize(
    ("mart", "of"), [(FLOWS, flows), (EPISODES, episodes)], ids=["flows", "episodes"]
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
    sides = [facts[side].nunique() for side in ("person", *mart.published.sides)]
    if min(sides) < K:
        assert all(len(cells) == 1 for cells in found)
    else:
        assert min(told_of(mart, facts, found, seed)) >= K


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
    Known(1_000 + one, MONDAY.date() - timedelta(days=20 * one), (one,),
          ((TEAMS[one % 3], ALWAYS, FOREVER),))
    for one in range(1, 34)
]  # fmt: skip


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
    load(found, PEOPLE, 1)
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
    return rows


def published(store: Warehouse, mart: Mart, facts: pd.DataFrame) -> None:
    """Asserts that a mart's tables hold the cells of what analysts see."""
    assert len(facts["period"].unique()) >= 3
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
        names = ", ".join(("toString(week)", *columns[table][1:]))
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
