"""A published mart's tables: a period's facts → cells that may be shown (`cells.py`)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from streams.cells import NOBODY, REST, TIMES, Events, Ints, Tree, grown, publish, reached, share
from streams.mart import Carriers, Mart, Parts, Published, Reached, Shares, Shown

Rows = list[tuple[Any, ...]]


@dataclass(frozen=True)
class Filled:
    """A table with the rows that it has of a period."""

    table: str
    columns: tuple[str, ...]
    rows: Rows


def tables(mart: Mart, facts: pd.DataFrame, k: int) -> list[Filled]:
    """Each table of a published mart with its rows, of each period by itself.

    `facts` is what the mart's `compute` selects, `k` the minimum group.
    """
    published = mart.published
    assert published is not None
    if facts.empty:
        return []
    filled: list[Filled] = []
    for _, own in facts.groupby("period"):
        of = _Period(mart, published, own, k)
        filled += (of.cells(shown) for shown in published.cells)
        filled += (of.people(reached) for reached in published.reached)
        filled += (of.shares(shares) for shares in published.shares)
        filled += (of.parts(parts) for parts in published.parts)
        filled += (of.carriers(carriers) for carriers in published.carriers)
    return filled


class _Period:
    """The facts of one period, coded; what is left out of cells is taken out first."""

    def __init__(self, mart: Mart, published: Published, facts: pd.DataFrame, k: int) -> None:
        self._k = k
        self._all = facts
        self._grain = mart.grain
        self._first = facts["period"].iloc[0]
        self._begins = int(facts["begins"].iloc[0])
        aside = [one.parts[0] for one in published.shares if not one.by]
        for part in aside:
            facts = facts[facts[part] == 0]
        names = {name for one in published.cells for name in one.by}
        names |= {name for one in published.reached for name in one.by}
        self._labels: dict[str, Any] = {}
        keys: dict[str, Ints] = {}
        for name in sorted(names):
            keys[name], self._labels[name] = coded(facts[name])
        self._events = Events(
            pd.factorize(facts["person"])[0].astype(np.int64),
            facts["events"].to_numpy(np.int64),
            keys,
            tuple(_people(facts[side]) for side in published.sides),
        )
        trees = [Tree(one.table, one.by, bool(one.counts), one.since) for one in published.cells]
        self._cells = publish(self._events, trees, k)

    def cells(self, shown: Shown) -> Filled:
        cells = self._cells[shown.table]
        plain = [level for level, name in enumerate(shown.by) if name not in TIMES]
        times = [level for level, name in enumerate(shown.by) if name in TIMES]
        made: Rows = []
        for at, codes in enumerate(cells.codes.tolist()):
            labels = [self._label(shown.by[level], codes[level], shown.rest) for level in plain]
            counts = [int(getattr(cells, name)[at]) for name in shown.counts]
            when = self._when(shown, times, codes) if times else ()
            made.append((self._first, *labels, *when, *counts))
        names = (*(shown.by[level] for level in plain), *(("start", "grain") if times else ()))
        return Filled(shown.table, (self._grain, *names, *shown.counts), made)

    def people(self, each: Reached) -> Filled:
        made: Rows = [
            (self._first, *self._any(each, codes), people)
            for codes, people in reached(self._events, each.by, self._k)
            # What is left of a key whose rest has no name is not any of it.
            if all(
                code != REST or name in each.rest for name, code in zip(each.by, codes, strict=True)
            )
        ]
        return Filled(each.table, (self._grain, *each.by, "people"), made)

    def shares(self, one: Shares) -> Filled:
        made: Rows = []
        # Where nothing is left in the cells, a share would tell of what was put aside.
        for names, rows in _nested(self._all, one.by, self._k) if self._events.person.size else ():
            whole = Events(self._events.person, rows["events"].to_numpy(np.int64))
            parts = (share(rows[part].to_numpy() == 1, whole, self._k) for part in one.parts)
            made.append((self._first, *names, *parts))
        return Filled(one.table, (self._grain, *one.by, *one.parts), made)

    def parts(self, one: Parts) -> Filled:
        every = self._all[self._all[one.by] != ""]
        people = every.groupby(one.by)["person"].nunique() // self._k * self._k
        some = every[every[one.part] == 1].groupby(one.by)["person"].nunique()
        made: Rows = [
            (self._first, str(name), int(many), int(some.get(name, 0)) // self._k * self._k)
            for name, many in people.items()
            if many
        ]
        return Filled(one.table, (self._grain, one.by, "people", one.part), made)

    def carriers(self, one: Carriers) -> Filled:
        made: Rows = []
        for names, rows in _nested(self._all, one.by, self._k):
            did = rows.groupby("person")["events"].sum().sort_values(ascending=False)
            half = int((did.cumsum() * 2 < did.sum()).sum()) + 1
            people, few = did.size // self._k * self._k, -(-half // self._k) * self._k
            made.append((self._first, *names, people, few))
        return Filled(one.table, (self._grain, *one.by, "people", "carriers"), made)

    def _any(self, each: Reached, codes: tuple[int | None, ...]) -> Iterator[str]:
        """The labels of a group; a key that it is not by is ''."""
        for name, code in zip(each.by, codes, strict=True):
            yield "" if code is None else self._label(name, code, each.rest)

    def _label(self, name: str, code: int, rest: Mapping[str, str]) -> str:
        return rest.get(name, "") if code == REST else str(self._labels[name][code])

    def _when(self, shown: Shown, times: list[int], codes: list[int]) -> tuple[int, str]:
        """Beginning and name of the shortest time that a cell has."""
        found = (self._begins, self._grain)
        for level in times:
            if codes[level] != REST:
                name = shown.by[level]
                found = (int(self._labels[name][codes[level]]), name)
        return found


def _nested(
    facts: pd.DataFrame, by: tuple[str, ...], k: int
) -> Iterator[tuple[tuple[str, ...], pd.DataFrame]]:
    """All facts, those of each value of the first of these columns, of each pair with the second,
    and so on, with the values ('' is any).

    Behind each are k people, and behind what the parts of one leave of it as many, or nobody: so a
    part that is not there cannot be had from the others.
    """
    person = pd.factorize(facts["person"])[0].astype(np.int64)
    if np.unique(person).size < k:
        return
    yield ("",) * len(by), facts
    if not by:
        return
    found = {name: coded(facts[name]) for name in by}
    keys = {name: codes for name, (codes, _) in found.items()}
    events = Events(person, facts["events"].to_numpy(np.int64), keys)
    path = pd.DataFrame(grown(events, [Tree("", by)], k)[""])
    for depth in range(1, len(by) + 1):
        for codes, rows in path.groupby(list(range(depth))):
            if REST not in codes:
                names = (str(found[name][1][code]) for name, code in zip(by, codes, strict=False))
                yield (*names, *[""] * (len(by) - depth)), facts.iloc[rows.index]


def _people(values: "pd.Series[Any]") -> Ints:
    """A number for each person; 0 is nobody."""
    code = pd.factorize(values)[0].astype(np.int64)
    return np.where(values.to_numpy() == 0, NOBODY, code)


def coded(values: "pd.Series[Any]") -> tuple[Ints, Any]:
    """A number for each value; an empty text is in no part of its own."""
    code, labels = pd.factorize(values)
    code = code.astype(np.int64)
    nothing = np.flatnonzero(np.asarray(labels) == "")
    if nothing.size:
        code[code == nothing[0]] = REST
    return code, labels
