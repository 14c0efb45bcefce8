"""A published mart's tables: a period's facts → cells that may be shown (`cells.py`)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from streams.cells import NOBODY, REST, TIMES, Events, Ints, Tree, publish, reached, share
from streams.mart import Mart, Parts, Published, Reached, Shares, Shown

Rows = list[tuple[Any, ...]]


@dataclass(frozen=True)
class Filled:
    """A table with the rows that it has of a period."""

    table: str
    columns: tuple[str, ...]
    rows: Rows


def tables(mart: Mart, facts: pd.DataFrame, k: int) -> list[Filled]:
    """Each table of a published mart with its rows for one period.

    `facts` is what the mart's `compute` selects, `k` the minimum group.
    """
    assert mart.published is not None
    if facts.empty:
        return []
    of = _Period(mart, mart.published, facts, k)
    return [
        *(of.cells(shown) for shown in mart.published.cells),
        *(of.people(reached) for reached in mart.published.reached),
        *(of.shares(shares) for shares in mart.published.shares),
        *(of.parts(parts) for parts in mart.published.parts),
    ]


class _Period:
    """The facts of one period, coded; what is left out of cells is taken out first."""

    def __init__(self, mart: Mart, published: Published, facts: pd.DataFrame, k: int) -> None:
        self._k = k
        self._all = facts
        self._grain = mart.grain
        self._first = facts["period"].iloc[0]
        self._begins = int(facts["begins"].iloc[0])
        aside = [one.parts[0] for one in published.shares]
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
        ]
        return Filled(each.table, (self._grain, *each.by, "people"), made)

    def shares(self, one: Shares) -> Filled:
        made: Rows = []
        if self._all["person"].nunique() >= self._k and self._events.person.size:
            whole = Events(self._events.person, self._all["events"].to_numpy(np.int64))
            parts = (share(self._all[part].to_numpy() == 1, whole, self._k) for part in one.parts)
            made = [(self._first, *parts)]
        return Filled(one.table, (self._grain, *one.parts), made)

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
