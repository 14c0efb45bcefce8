"""Cells that may be shown: no sum and no difference of them rests on a few people."""

import itertools
import random
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.cells import NOBODY, REST, Events, Ints, Tree, grown, publish, safe, split

#: Sums × rows.
Counts = npt.NDArray[np.bool_]
TREES = (Tree("teams", ("team", "day")), Tree("behaviours", ("behaviour", "hour")))


def events(rows: Sequence[tuple[int, ...]], names: tuple[str, ...]) -> Events:
    """Events of (person, keys in the order of names); a row counts one."""
    columns = np.array(rows, np.int64).reshape(len(rows), len(names) + 1).T
    keys = dict(zip(names, columns[1:], strict=True))
    return Events(columns[0], np.ones(len(rows), np.int64), keys)


def sums(cells: list[frozenset[int]], rows: int) -> Counts:
    """Every sum of disjoint cells, each as the truth of what rows it counts."""
    counted = np.array([[row in cell for row in range(rows)] for cell in cells])
    chosen = np.array([*itertools.product((False, True), repeat=len(cells))])
    return np.asarray(chosen @ counted)


def cells_of(path: Ints) -> list[frozenset[int]]:
    """The cells of a table, each as the rows that it counts."""
    found: dict[tuple[int, ...], set[int]] = {}
    for row, label in enumerate(path.tolist()):
        found.setdefault(tuple(label), set()).add(row)
    return [frozenset(rows) for rows in found.values()]


def fewest(one: Ints, two: Ints, person: Ints) -> int:
    """The fewest people (above none) behind a sum of the one table less a sum of the other."""
    whose = (person[:, None] == np.unique(person)).astype(np.float32)
    first, second = (sums(cells_of(table), len(person)) for table in (one, two))
    behind = (first[:, None] ^ second).reshape(-1, len(person))
    people = np.count_nonzero(behind @ whose, axis=1)
    return int(people[people > 0].min(initial=1 << 30))


ROWS = st.lists(
    st.tuples(st.integers(0, 7), st.integers(0, 3), st.integers(0, 2), st.integers(0, 2)),
    min_size=4, max_size=30,
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(ROWS, st.integers(1, 4))
def test_a_split_leaves_enough_people_everywhere(rows: list[tuple[int, ...]], k: int) -> None:
    found = events(rows, ("cell", "key", "other"))
    big = [cell for cell in range(4) if len({r[0] for r in rows if r[1] == cell}) >= k]
    kept = np.isin(found.keys["cell"], big)
    cell, key, person = (
        column[kept] for column in (found.keys["cell"], found.keys["key"], found.person)
    )
    after = split(cell, key, person, k)
    assert set(after.tolist()) <= {*key.tolist(), REST}
    for one in {*zip(cell.tolist(), after.tolist(), strict=True)}:
        behind = {int(p) for c, a, p in zip(cell, after, person, strict=True) if (c, a) == one}
        assert len(behind) >= k


def test_a_split_keeps_what_has_enough_and_the_smallest_joins_the_rest() -> None:
    # One cell: a of three people, b of two, c of one; k is two.
    key = np.array([0, 0, 0, 1, 1, 2])
    person = np.array([1, 2, 3, 1, 4, 5])
    cell = np.zeros(6, np.int64)
    assert split(cell, key, person, 2).tolist() == [0, 0, 0, REST, REST, REST]
    assert split(cell, key, person, 1).tolist() == key.tolist()
    assert split(cell[:5], key[:5], person[:5], 2).tolist() == [0, 0, 0, 1, 1]
    with pytest.raises(ValueError, match="fewer than 9"):
        split(cell, key, person, 9)


@settings(max_examples=150, deadline=None)
@given(ROWS, st.integers(2, 4))
def test_no_difference_of_two_tables_rests_on_a_few(rows: list[tuple[int, ...]], k: int) -> None:
    found = events(rows, ("team", "behaviour", "hour"))
    if len(set(found.person.tolist())) < k:
        return
    trees = (Tree("one", ("team",)), Tree("two", ("behaviour", "hour")))
    paths = grown(found, trees, k)
    for path in paths.values():
        for cell in cells_of(path):
            assert len({int(found.person[row]) for row in cell}) >= k
    assert fewest(paths["one"], paths["two"], found.person) >= k


@settings(max_examples=150, deadline=None)
@given(ROWS, st.integers(2, 4))
def test_what_counts_as_safe_is_safe(rows: list[tuple[int, ...]], k: int) -> None:
    found = events(rows, ("team", "behaviour", "hour"))
    one, two = found.keys["team"][:, None], found.keys["behaviour"][:, None]
    if safe(one, two, found.person, k):
        assert fewest(one, two, found.person) >= k


SIDED = st.lists(
    st.tuples(
        st.integers(0, 6), st.integers(0, 2), st.integers(0, 2), st.integers(0, 2),
        st.integers(-1, 5),
    ),
    min_size=4, max_size=24,
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(SIDED, st.integers(2, 3))
def test_both_sides_have_enough_people_or_nobody(rows: list[tuple[int, ...]], k: int) -> None:
    asked = np.array([row[0] for row in rows])
    answered = np.array([row[4] for row in rows])
    there = np.flatnonzero(answered != NOBODY)
    found = events([row[:4] for row in rows], ("team", "outcome", "topic"))
    if len(set(asked.tolist())) < k:
        return
    trees = (Tree("teams", ("team",)), Tree("outcomes", ("outcome", "topic")))
    paths = grown(Events(found.person, found.events, found.keys, (answered,)), trees, k)
    for side, of in ((asked, np.arange(asked.size)), (answered, there)):
        one, two = paths["teams"][of], paths["outcomes"][of]
        if len(set(side[of].tolist())) >= k:
            for path in (one, two):
                for cell in cells_of(path):
                    assert len({int(side[of][row]) for row in cell}) >= k
            assert fewest(one, two, side[of]) >= k
        elif of.size:
            assert all(len(cells_of(path)) == 1 for path in paths.values())


def test_an_outcome_that_a_few_brought_about_is_told_by_nothing() -> None:
    """Six of twelve questions were answered, all by one; by the askers alone both are large."""
    rows = [(person, int(person < 6)) for person in range(12)]
    found = events(rows, ("outcome",))
    answered = np.array([0] * 6 + [NOBODY] * 6)
    tree = (Tree("outcomes", ("outcome",)),)
    assert publish(found, tree, 5)["outcomes"].codes.tolist() == [[1], [0]]
    sided = Events(found.person, found.events, found.keys, (answered,))
    assert publish(sided, tree, 5)["outcomes"].codes.tolist() == [[REST]]
    many = Events(
        found.person, found.events, found.keys, (np.where(answered == 0, found.person, NOBODY),)
    )
    assert publish(many, tree, 5)["outcomes"].codes.tolist() == [[1], [0]]
    named = publish(sided, (Tree("outcomes", ("outcome",), counted=False),), 5)["outcomes"]
    assert named.codes.tolist() == [[REST], [0]]


def test_what_one_person_parts_is_told_apart_by_neither_table() -> None:
    """Team 0 does all of behaviour 0 but for what one person of team 1 does of it."""
    rows = [(person, 0, 0) for person in range(3)] + [(3, 1, 0)]
    rows += [(person, 1, 1) for person in (3, 4, 5)]
    found = events(rows, ("team", "behaviour"))
    team, behaviour = (found.keys[name][:, None] for name in ("team", "behaviour"))
    assert fewest(team, behaviour, found.person) == 1
    assert not safe(team, behaviour, found.person, 3)
    paths = grown(found, (Tree("t", ("team",)), Tree("b", ("behaviour",))), 3)
    assert sorted(len(cells_of(path)) for path in paths.values()) == [1, 2]


def test_tables_that_share_their_people_keep_their_cells() -> None:
    rows = [(person, person % 2, what) for person in range(12) for what in range(3)]
    found = events(rows, ("team", "behaviour"))
    shown = publish(found, (Tree("t", ("team",)), Tree("b", ("behaviour",))), 5)
    assert shown["t"].codes.tolist() == [[0], [1]]
    assert shown["b"].codes.tolist() == [[0], [1], [2]]
    assert shown["b"].events.tolist() == [12, 12, 12]
    assert shown["t"].people.tolist() == [6, 6]


@pytest.mark.parametrize("seed", range(6))
def test_published_tables_add_up_to_one_total(seed: int) -> None:
    chosen = random.Random(seed)
    rows = [
        (
            person := chosen.randrange(40),
            person // 5,
            chosen.randrange(7),
            min(chosen.randrange(9), chosen.randrange(9)),
            chosen.randrange(48),
        )
        for _ in range(600)
    ]
    found = events(rows, ("team", "day", "behaviour", "hour"))
    shown = publish(found, TREES, 5)
    for table in shown.values():
        assert table.events.sum() == len(rows)
        assert table.people.min() >= 5
    assert len(shown["teams"].codes) > 2
    assert len(shown["behaviours"].codes) > 5


def test_too_few_people_are_shown_nothing_of() -> None:
    found = events([(1, 0, 0), (2, 1, 1)], ("team", "behaviour"))
    shown = publish(found, (Tree("t", ("team",)),), 3)
    assert shown["t"].codes.shape == (0, 1)
    with pytest.raises(ValueError, match="at least one"):
        publish(found, (), 0)
