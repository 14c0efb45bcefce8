"""What viewers see of questions: it is what the facts give, and rests on enough people on both
sides."""

import random
from collections import Counter
from collections.abc import Collection, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import pandas as pd
import pytest

from streams import marts
from streams.published import tables
from streams.release import release
from streams.rollups import recompute
from tests.conftest import WarehouseUrls
from tests.streams.organised import ALWAYS, FOREVER, Known, load
from tests.streams.pairs import K, behind, told_of
from warehouse import Warehouse
from xapi.vocabulary import VERBS

(MART,) = (mart for mart in marts.every() if mart.name == "published_questions")
assert MART.published is not None
SHOWN = MART.published.cells
MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
OUTCOMES = ("hour", "day", "week", "later", "open")


# Nothing rests on a few


def organisation(seed: int) -> pd.DataFrame:
    """A week's questions, as the mart's query gives them: a few people may ask or answer much."""
    chosen = random.Random(seed)
    many = chosen.choice((8, 20, 40, 90))
    teams = [f"team {number}" for number in range(max(2, many // 8))]
    team = {person: chosen.choice(["", *teams]) for person in range(1, many + 1)}
    experts = chosen.sample(range(1, many + 1), chosen.choice((2, 4, 7, max(2, many // 2))))
    rows = []
    for _ in range(chosen.choice((20, 100, 300))):
        asker = chosen.randrange(1, many + 1)
        answerer = chosen.choice(experts) if chosen.random() < 0.7 else 0
        rows.append(
            {
                "period": MONDAY.date(), "begins": int(MONDAY.timestamp()), "person": asker,
                "answerer": answerer, "team": team[asker], "answering_team": team.get(answerer, ""),
                "topic": f"topic {min(chosen.randrange(6), chosen.randrange(6))}",
                "outcome": chosen.choice(OUTCOMES[:4]) if answerer else "open", "events": 1,
            }
        )  # fmt: skip
    return pd.DataFrame(rows)


def few(facts: pd.DataFrame) -> bool:
    """Whether fewer than the minimum group answered in all."""
    return bool(0 < facts.loc[facts["answerer"] != 0, "answerer"].nunique() < K)


@pytest.mark.parametrize("seed", range(16))
def test_no_pair_of_published_sums_tells_of_a_few_on_either_side(seed: int) -> None:
    facts = organisation(seed)
    found = behind(MART, facts)
    published = {one.table: one for one in tables(MART, facts, K)}
    for shown, cells in zip(SHOWN, found, strict=True):
        at = published[shown.table].columns.index("events")
        counts = sorted(row[at] for row in published[shown.table].rows)
        assert counts == sorted(int(cell.sum()) for cell in cells)
        assert sum(counts) == len(facts)
    if few(facts):
        assert all(len(cells) == 1 for cells in found)
    else:
        assert min(told_of(MART, facts, found, seed)) >= K


def test_by_the_askers_alone_the_pairs_do_tell_of_a_few_who_answered() -> None:
    worst = [
        min(told_of(MART, facts, behind(MART, facts, sided=False), seed))
        for seed in range(12)
        if not few(facts := organisation(seed))
    ]
    assert min(worst) < K


# It is what the facts give


class Said(NamedTuple):
    """Somebody asks about a thing, or answers."""

    id: int
    at: datetime
    who: int
    thing: int
    asks: bool
    topic: str = "pumps"


WEB = [Known(1_000 + one, None, (one,), (("Web", ALWAYS, FOREVER),)) for one in range(1, 16)]
DATA = [Known(1_000 + one, None, (one,), (("Data", ALWAYS, FOREVER),)) for one in range(16, 31)]
COLUMNS = (
    "id", "time", "account", "tool", "behaviour", "scaffold", "verb", "object", "topic",
    "reference", "position", "version", "gone",
)  # fmt: skip
EMPTIED = (
    "learning.fact_rows", "learning.thing_hour_rows", "learning.hour_thing_rows",
    "ops.dirty_hours", "ops.mart_positions", "directory.person_rows", "directory.load_rows",
    "released.release_rows", *MART.tables,
)  # fmt: skip


@pytest.fixture
def store(warehouse: WarehouseUrls) -> Iterator[Warehouse]:
    found = Warehouse(warehouse.admin)
    found.insert("ops.setting_rows", ("name", "value"), [("time_zone", "UTC")])
    for table in EMPTIED:
        found.execute(f"TRUNCATE TABLE {table}")
    load(found, WEB + DATA, 1)
    assert release(found, [MART], K)
    yield found
    found.close()


def happen(store: Warehouse, said: Collection[Said], *, gone: bool = False) -> None:
    rows = []
    for one in said:
        thing = f"https://forum.example/t/{one.thing}"
        behaviour, verb = ("ask", "asked") if one.asks else ("help", "replied")
        rows.append((
            UUID(int=one.id), one.at, one.who, "T", behaviour, "discovery", VERBS[verb], thing,
            one.topic, "" if one.asks else thing, one.id, 2 if gone else 1, int(gone),
        ))  # fmt: skip
    store.insert("learning.fact_rows", COLUMNS, rows)
    store.insert("ops.dirty_hours", ("hour",), [(row[1],) for row in rows])


def seen(store: Warehouse, viewer: Warehouse, what: str) -> Counter[tuple[Any, ...]]:
    while recompute(store, MART, "test"):
        pass
    found: Counter[tuple[Any, ...]] = Counter()
    for *label, many in viewer.query(f"SELECT {what}"):
        found[tuple(label)] = many
    return found


@pytest.mark.integration
def test_viewers_see_what_became_of_questions(store: Warehouse, warehouse: WarehouseUrls) -> None:
    viewer = Warehouse(warehouse.viewer)
    outcomes = "outcome, questions FROM viewer.questions"
    # Twelve of Web ask; eleven of Data answer, six within the hour.
    asked = [Said(n, MONDAY + timedelta(hours=n), n, n, True) for n in range(1, 13)]
    answered = [
        Said(100 + n, one.at + timedelta(minutes=30 if n <= 6 else 600), 15 + n, one.thing, False)
        for n, one in enumerate(asked[:11], 1)
    ]
    happen(store, asked)
    assert seen(store, viewer, outcomes) == {("open",): 12}
    happen(store, answered)
    # One who waits still is told together with those who waited for hours.
    assert seen(store, viewer, outcomes) == {("hour",): 6, ("",): 6}
    # Six more ask; they wait for three weeks, and it is their own week that changes then.
    more = [
        Said(20 + n, MONDAY + timedelta(hours=20 + n), 15 + n, 20 + n, True) for n in range(1, 7)
    ]
    happen(store, more)
    waiting = {("hour",): 6, ("day",): 5, ("open",): 7}
    assert seen(store, viewer, outcomes) == waiting
    answers = [
        Said(200 + n, one.at + timedelta(weeks=3), n, one.thing, False)
        for n, one in enumerate(more, 1)
    ]
    happen(store, answers)
    assert seen(store, viewer, outcomes) == {("hour",): 6, ("later",): 6, ("",): 6}
    assert seen(store, viewer, "week, 1 FROM viewer.questions") == {(MONDAY.date(),): 1}
    # What is taken back was not said.
    happen(store, answers, gone=True)
    assert seen(store, viewer, outcomes) == waiting


@pytest.mark.integration
def test_who_answers_is_told_by_the_directory_that_was_released(
    store: Warehouse, warehouse: WarehouseUrls
) -> None:
    viewer = Warehouse(warehouse.viewer)
    asked = [Said(n, MONDAY + timedelta(hours=n), n, n, True) for n in range(1, 13)]
    answered = [
        Said(100 + n, one.at + timedelta(minutes=30), 15 + n, one.thing, False)
        for n, one in enumerate(asked, 1)
    ]
    happen(store, [*asked, *answered])
    teams = "team, answering_team, questions FROM viewer.question_teams"
    assert seen(store, viewer, teams) == {("Web", "Data"): 12}
    moved = [Known(1_000 + one, None, (one,), (("Ops", ALWAYS, FOREVER),)) for one in range(16, 22)]
    load(store, moved[:1], 2)
    assert not release(store, [MART], K)
    assert seen(store, viewer, teams) == {("Web", "Data"): 12}, "a move of one shows with others"
    load(store, moved[1:], 3)
    assert release(store, [MART], K)
    assert seen(store, viewer, teams) == {("Web", "Data"): 6, ("Web", "Ops"): 6}
