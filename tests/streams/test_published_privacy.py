"""What viewers are shown, taken from each other: no sum and no difference rests on a few people."""

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from uuid import uuid4

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from streams import marts
from streams.cells import REST, Events, Ints, Tree, grown
from streams.published import coded, tables
from streams.release import release
from streams.rollups import recompute
from tests.conftest import WarehouseUrls
from warehouse import Warehouse

(MART,) = (mart for mart in marts.every() if mart.name == "published")
assert MART.published is not None
COUNTED = [shown for shown in MART.published.cells if shown.counts]
K = 5
PAIRS = 3000
#: Which facts a sum counts, one truth a fact.
Facts = npt.NDArray[np.bool_]
MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
BEHAVIOURS = {
    "search": "discovery", "read": "discovery", "ask": "discovery", "explore": "discovery",
    "collaborate": "practice", "record": "sharing", "help": "sharing", "reinforce": "reinforcement",
}  # fmt: skip
TOOLS = ("Wiki", "Chat", "Forge", "Desk")


@cache
def organisation(seed: int) -> pd.DataFrame:
    """A week's facts of an organisation, as the mart's query gives them: some people do a lot, some
    teams are small or have a habit or a tool of their own, some people are known to nobody."""
    chosen = random.Random(seed)
    many = chosen.choice((12, 25, 60, 150))
    teams = [f"team {number}" for number in range(max(2, many // chosen.choice((4, 7, 12))))]
    people = [
        (
            chosen.choice(teams) if chosen.random() < 0.9 else "",
            chosen.choice(("0-3 months", "3+ years", "3+ years", "")),
            chosen.choice(TOOLS),
            chosen.choice(list(BEHAVIOURS)),
            chosen.expovariate(1 / 8) + 0.5,
        )
        for _ in range(many)
    ]
    rows = []
    for person, (team, band, tool, habit, rate) in enumerate(people):
        for _ in range(int(rate)):
            behaviour = habit if chosen.random() < 0.4 else chosen.choice(list(BEHAVIOURS))
            minute = chosen.choice((0, 1, 2, 3, 4, 5, 6)) * 1440 + chosen.randrange(480, 1020)
            at = int((MONDAY + timedelta(minutes=minute)).timestamp())
            rows.append(
                {
                    "period": MONDAY.date(), "begins": int(MONDAY.timestamp()),
                    "person": person, "team": team, "tenure_band": band,
                    "tool": tool if chosen.random() < 0.8 else chosen.choice(TOOLS),
                    "behaviour": behaviour, "scaffold": BEHAVIOURS[behaviour], "topic": "",
                    "unclassified": 0, "unresolved": int(not team),
                    "known": int(bool(team)),
                    "day": at // 86400 * 86400, "hour": at // 3600 * 3600,
                    "quarter": at // 900 * 900, "minute": at // 60 * 60, "events": 1,
                }
            )  # fmt: skip
    return pd.DataFrame(rows)


@dataclass
class Table:
    """A table's cells: the label of each, and the rows that it counts."""

    name: str
    by: tuple[str, ...]
    labels: list[tuple[object, ...]]
    rows: list[Facts]

    def sum(self, cells: Iterable[int]) -> Facts:
        """The facts that some of its cells count."""
        return np.logical_or.reduce(
            [np.zeros_like(self.rows[0]), *map(self.rows.__getitem__, cells)]
        )


def shown(facts: pd.DataFrame) -> list[Table]:
    """Every counted table, each cell with the facts behind it; it is what is published."""
    names = sorted({name for one in COUNTED for name in one.by})
    coded_ = {name: coded(facts[name]) for name in names}
    events = Events(
        facts["person"].to_numpy(np.int64),
        facts["events"].to_numpy(np.int64),
        {name: codes for name, (codes, _) in coded_.items()},
    )
    paths = grown(events, [Tree(one.table, one.by, True, one.since) for one in COUNTED], K)
    found = []
    published = {one.table: one for one in tables(MART, facts, K)}
    for one in COUNTED:
        cells = cells_of(paths[one.table])
        labels: list[tuple[object, ...]] = [
            tuple(
                None if code == REST else coded_[name][1][code]
                for name, code in zip(one.by, label, strict=True)
            )
            for label in cells
        ]
        behind = [np.isin(np.arange(len(facts)), rows) for rows in cells.values()]
        found.append(Table(one.table, one.by, labels, behind))
        at = published[one.table].columns.index("events")
        assert sorted(row[at] for row in published[one.table].rows) == sorted(
            len(rows) for rows in cells.values()
        )
    return found


def cells_of(path: Ints) -> dict[tuple[int, ...], list[int]]:
    found: dict[tuple[int, ...], list[int]] = {}
    for row, label in enumerate(path.tolist()):
        found.setdefault(tuple(label), []).append(row)
    return found


def aggregates(table: Table, chosen: random.Random) -> Iterator[Facts]:
    """Sums as somebody would ask for them: by some values of one or two columns, by a range of
    values (of time, too), and of any cells at all."""

    def some(column: int) -> set[str]:
        values = sorted({str(label[column]) for label in table.labels})
        if chosen.random() < 0.5:
            return set(chosen.sample(values, chosen.randint(1, len(values))))
        low, high = sorted((chosen.choice(values), chosen.choice(values)))
        return {value for value in values if low <= value <= high}

    every = range(len(table.rows))
    yield table.sum(every)
    for _ in range(120):
        columns = chosen.sample(range(len(table.by)), min(len(table.by), chosen.randint(1, 2)))
        asked = {column: some(column) for column in columns}
        if chosen.random() < 0.3:
            yield table.sum(chosen.sample(every, chosen.randint(1, len(every))))
        else:
            yield table.sum(
                cell
                for cell, label in enumerate(table.labels)
                if all(str(label[column]) in values for column, values in asked.items())
            )


@cache
def shown_of(seed: int) -> list[Table]:
    """What is shown of an organisation; the same for all tests."""
    return shown(organisation(seed))


def nothing_tells_of_a_few(tables: list[Table], seed: int) -> None:
    """Fails where a difference or a union of what is shown rests on a few people."""
    person = organisation(seed)["person"].to_numpy()
    whose = (person[:, None] == np.unique(person)).astype(np.float32)
    chosen = random.Random(seed)
    found = np.array([each for table in tables for each in aggregates(table, chosen)])
    one, other = found[chosen.choices(range(len(found)), k=2 * PAIRS)].reshape(2, PAIRS, -1)
    tried = 0
    for behind in (one ^ other, one | other):
        people = np.count_nonzero(behind @ whose, axis=1)
        few = (people > 0) & (people < K)
        told = zip(behind.sum(axis=1)[few], people[few], strict=True)
        assert not few.any(), [f"{events} events of {known}" for events, known in told]
        tried += np.count_nonzero(people)
    assert tried > 1000


@pytest.mark.parametrize("seed", range(24))
def test_no_pair_of_published_sums_tells_of_a_few_people(seed: int) -> None:
    nothing_tells_of_a_few(shown_of(seed), seed)


def test_organisations_are_shown_more_than_their_totals() -> None:
    """The test above would pass if nothing were shown."""
    many = [len(table.labels) for seed in range(24) for table in shown_of(seed)]
    assert sum(many) > 24 * 4 * 5


def test_without_the_cut_the_pairs_do_tell_of_a_few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cells of enough people alone are not enough: two tables tell of few between them."""
    monkeypatch.setattr("streams.cells._vertices", all_one)

    def some_tells() -> None:
        for seed in range(24):
            nothing_tells_of_a_few(shown(organisation(seed)), seed)

    with pytest.raises(AssertionError, match=r"events of [1-4]\b"):
        some_tells()


def all_one(one: Ints, two: Ints, person: Ints, k: int) -> tuple[Ints, Ints]:
    return np.zeros_like(one), np.zeros_like(two)


@pytest.fixture
def store(warehouse: WarehouseUrls) -> Iterator[Warehouse]:
    admin = Warehouse(warehouse.admin)
    clear(admin)
    yield admin
    clear(admin)


def clear(admin: Warehouse) -> None:
    assert MART.published is not None
    tables = (
        "learning.fact_rows", "ops.dirty_hours", "ops.mart_positions", "directory.load_rows",
        "directory.person_rows", "directory.link_rows", "released.release_rows",
        *MART.published.tables,
    )  # fmt: skip
    for table in tables:
        admin.execute(f"TRUNCATE TABLE {table}")
    for database in ("directory", "released"):
        for name in ("account_person", "person_start", "person_team", "team_size"):
            admin.command(f"{database}/reload_{name}")


def load(admin: Warehouse, sequence: int, teams: dict[int, str]) -> None:
    """A load of people (one account each, of the same number), closed."""
    name = uuid4()
    always = (date(1970, 1, 1), date(2149, 6, 6))
    columns = ("load", "sequence", "person", "start", "manager", "accounts", "teams")
    rows = [
        (name, sequence, 1000 + one, None, 0, [one], [(team, *always)])
        for one, team in teams.items()
    ]
    admin.insert("directory.person_rows", columns, rows)
    admin.insert(
        "directory.load_rows",
        ("load", "sequence", "people", "at"),
        [(name, sequence, len(teams), datetime.now(UTC))],
    )
    for each in ("account_person", "person_start", "person_team", "team_size"):
        admin.command(f"directory/reload_{each}")


def pictures(admin: Warehouse, viewer: Warehouse) -> dict[str, list[tuple[object, ...]]]:
    """All that the viewer sees, once the mart has taken in what is dirty."""
    released = release(admin, [MART], K)
    while recompute(admin, MART, "privacy"):
        pass
    names = ("activity", "team_activity", "tool_activity", "tenure_weeks", "people_weeks",
             "latest", "quality", "accounts", "teams", "team_weeks", "kpi_periods")  # fmt: skip
    seen = {
        name: [tuple(row) for row in viewer.query(f"SELECT * FROM viewer.{name} ORDER BY ALL")]
        for name in names
    }
    return seen | {"released": [(released,)]}


@pytest.mark.integration
def test_a_load_of_one_person_shows_with_those_of_others(
    store: Warehouse, warehouse: WarehouseUrls
) -> None:
    viewer = Warehouse(warehouse.viewer)
    rows = [
        (uuid4(), MONDAY + timedelta(hours=9 + n % 5, minutes=n), n % 20 + 1, "Wiki", "search",
         "discovery", n, 1, 0)
        for n in range(200)
    ]  # fmt: skip
    columns = (
        "id", "time", "account", "tool", "behaviour", "scaffold", "position", "version", "gone"
    )  # fmt: skip
    store.insert("learning.fact_rows", columns, rows)
    store.insert("ops.dirty_hours", ("hour",), [(row[1],) for row in rows])
    load(store, 10, dict.fromkeys(range(1, 9), "Quay"))
    first = pictures(store, viewer)
    assert first["released"] == [(True,)]
    assert ("Quay",) in first["teams"]
    load(store, 11, {9: "Quay"})
    second = pictures(store, viewer)
    assert second == first | {"released": [(False,)]}, "one more person in the team changes nothing"
    load(store, 12, {10: "Quay", 11: "Quay", 12: "Quay", 13: "Quay"})
    third = pictures(store, viewer)
    assert third["released"] == [(True,)]
    assert third["team_activity"] != first["team_activity"]


def verified(admin: Warehouse, sequence: int, accounts: dict[int, int]) -> None:
    """A closed load of what a tool's user list says: account → the address that it has."""
    name = uuid4()
    columns = ("load", "sequence", "account", "rule", "targets")
    rows = [(name, sequence, one, "address", [target]) for one, target in accounts.items()]
    admin.insert("directory.link_rows", columns, rows)
    admin.insert(
        "directory.load_rows",
        ("load", "sequence", "people", "at"),
        [(name, sequence, len(rows), datetime.now(UTC))],
    )
    admin.command("directory/dirty", first=sequence, last=sequence, mart="")
    admin.command("directory/reload_account_person")


@pytest.mark.integration
def test_accounts_that_are_found_late_show_with_those_of_others(
    store: Warehouse, warehouse: WarehouseUrls
) -> None:
    """Ten people by their addresses (1 to 10), whose accounts of a tool are 101 to 110."""
    viewer = Warehouse(warehouse.viewer)
    rows = [
        (uuid4(), MONDAY + timedelta(hours=9, minutes=n), 101 + n % 10, "Wiki", "search",
         "discovery", n, 1, 0)
        for n in range(60)
    ]  # fmt: skip
    columns = (
        "id", "time", "account", "tool", "behaviour", "scaffold", "position", "version", "gone"
    )  # fmt: skip
    store.insert("learning.fact_rows", columns, rows)
    store.insert("ops.dirty_hours", ("hour",), [(row[1],) for row in rows])
    load(store, 10, dict.fromkeys(range(1, 11), "Quay"))
    first = pictures(store, viewer)
    assert first["accounts"] == [(MONDAY.date(), "Wiki", 10, 0, 0)]
    resolved = "SELECT count() FROM learning.events WHERE resolved"
    verified(store, 11, {101: 1})
    assert store.query(resolved) == [(6,)]
    assert pictures(store, viewer) == first | {"released": [(False,)]}, "of one alone"
    verified(store, 12, {one: one - 100 for one in range(102, 106)})
    third = pictures(store, viewer)
    assert third["released"] == [(True,)]
    assert third["accounts"] == [(MONDAY.date(), "Wiki", 10, 5, 50)]
    assert {row[0] for row in third["teams"]} == {"Quay"}
    assert third["team_activity"] != first["team_activity"]
    assert store.query(resolved) == [(30,)]
    assert store.query("SELECT count() FROM learning.fact_rows") == [(60,)]


@pytest.mark.integration
def test_what_waits_shows_with_the_next_week(store: Warehouse, warehouse: WarehouseUrls) -> None:
    viewer = Warehouse(warehouse.viewer)
    load(store, 10, dict.fromkeys(range(1, 9), "Quay"))
    pictures(store, viewer)
    load(store, 11, {9: "Quay"})
    assert pictures(store, viewer)["released"] == [(False,)]
    week = datetime.now(UTC) - timedelta(days=8)
    sql = (
        "ALTER TABLE directory.load_rows UPDATE at = {at:DateTime64(3)} WHERE sequence = 11 "
        "SETTINGS mutations_sync = 2"
    )
    store.execute(sql, {"at": week})
    assert pictures(store, viewer)["released"] == [(True,)]
