"""The facts → a mart once more: computed beside what is shown, compared with it, and swapped in.

A batch of periods is computed into tables of the replay's own, however long that takes; the worker
goes on meanwhile. The swap is the marts' own, from a staging table that whoever begins a pass
drops. So nothing that came in meanwhile is lost (docs/decisions/replay.md):

- a period that the worker swapped in since the batch began is not swapped in, but done again;
- what the worker had still to take in is dirty for this mart once more, before the swap;
- a worker that begins a pass between those looks and the swap drops the staging table.
"""

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from string import Template
from typing import Any
from uuid import uuid4

from streams.errors import EmptyRollUp, Overtaken
from streams.mart import Mart
from streams.rollups import LENGTHS, Pass, fill, hour_of, hours_of, touched_by, whole
from warehouse import Warehouse, WarehouseError, WarehouseUnavailable
from warehouse.client import named

#: Hours looked at together for the periods that they touch.
HOURS = 5_000
#: Periods of the first batch, of a batch at most, and how long one is meant to take, in seconds.
FIRST, MOST, BATCH_SECONDS = 4, 60, 5.0
#: So often a period is done again because the worker counted it meanwhile; then the worker has it.
TRIES = 3
DONE, LEFT, FAILED = "done", "left", "failed"
_NAME = re.compile(r"[a-z_][a-z0-9_]*")


@dataclass(frozen=True)
class Difference:
    """Rows of a table's period: how many the facts give that are not shown (`missing`), how many
    are shown that they do not give (`surplus`), by their digests a few of each."""

    missing: int
    surplus: int
    lacking: tuple[int, ...] = ()
    unfounded: tuple[int, ...] = ()


@dataclass
class Outcome:
    """What became of a period. `lacking` and `unfounded` are rows for people, column by column."""

    period: str
    state: str = DONE
    missing: int = 0
    surplus: int = 0
    seconds: float = 0.0
    what: str = ""
    lacking: list[dict[str, Any]] = field(default_factory=list)
    unfounded: list[dict[str, Any]] = field(default_factory=list)


def periods(warehouse: Warehouse, mart: Mart) -> list[str]:
    """Every period that has rows, or that any fact may give rows to, oldest first."""
    found: set[str] = set()
    for table in mart.tables:
        database, _, plain = table.partition(".")
        rows = warehouse.rows("marts/partitions", database=database, table=plain)
        found.update(row[0] for row in rows)
    hours = [row[0] for row in warehouse.rows("marts/hours_of_facts")]
    for at in range(0, len(hours), HOURS):
        found.update(period for period, _ in touched_by(warehouse, mart, hours[at : at + HOURS]))
    return sorted(found)


def within(mart: Mart, some: Sequence[str], first: date | None, last: date | None) -> list[str]:
    """Those of these periods that have a day from `first` to `last`."""
    length = timedelta(days=LENGTHS[mart.grain] - 1)

    def asked(period: str) -> bool:
        begins = date.fromisoformat(period)
        return (last is None or begins <= last) and (first is None or begins + length >= first)

    return [period for period in some if asked(period)]


def pending(warehouse: Warehouse, mart: Mart) -> list[int]:
    """The hours that a mart has still to take in, in seconds since 1970."""
    return sorted({hour_of(at) for (at,) in warehouse.rows("marts/pending_hours", mart=mart.name)})


def differing(
    warehouse: Warehouse, table: str, beside: str, some: Sequence[str]
) -> dict[str, Difference]:
    """Those of some periods of a table whose rows are not those of a table beside it."""
    columns = ", ".join(column for _, column in _columns(warehouse, table))
    sql = Template(named("marts/differing")).substitute(table=table, beside=beside, columns=columns)
    rows = warehouse.query(sql, {"parts": _parts(some)})
    return {
        period: Difference(missing, surplus, tuple(lacking), tuple(unfounded))
        for period, missing, surplus, lacking, unfounded in rows
    }


def examples(
    warehouse: Warehouse, like: str, table: str, some: Sequence[str], rows: Sequence[int]
) -> dict[str, list[dict[str, Any]]]:
    """Rows with these digests of a table that is like another, by period."""
    columns = _columns(warehouse, like)
    sql = Template(named("marts/examples")).substitute(
        table=table, columns=", ".join(column for _, column in columns)
    )
    found: dict[str, list[dict[str, Any]]] = {}
    for period, *values in warehouse.query(sql, {"parts": _parts(some), "rows": list(rows)}):
        names = (name for name, _ in columns)
        found.setdefault(period, []).append(dict(zip(names, values, strict=True)))
    return found


def _columns(warehouse: Warehouse, table: str) -> list[tuple[str, str]]:
    """A table's columns, each with what it is compared by: of a state the number that it gives."""
    database, _, plain = table.partition(".")
    rows = warehouse.rows("marts/columns", database=database, table=plain)
    for name, _ in rows:
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name!r} is not a column's name")
    return [
        (name, f"finalizeAggregation({name})" if kind.startswith("AggregateFunction") else name)
        for name, kind in rows
    ]


def _parts(some: Sequence[str]) -> list[str]:
    return [period.replace("-", "") for period in some]


class Replay:
    """A mart that is computed once more, some periods at a time."""

    def __init__(self, warehouse: Warehouse, mart: Mart, *, swap: bool = True) -> None:
        self._warehouse = warehouse
        self._mart = mart
        self._swaps = swap
        self._name = uuid4().hex[:12]
        self._pass = Pass(warehouse, mart, f"replay{self._name}")

    @contextmanager
    def made(self) -> Iterator["Replay"]:
        """Makes the tables beside the mart's, and drops them at the end, and those that a replay
        left which was killed. Of two replays of a mart the later one ends the earlier."""
        for database, name in self._warehouse.rows("marts/besides", tables=list(self._mart.tables)):
            self._warehouse.execute(named("marts/staging_forget", database=database, staging=name))
        for table in self._mart.tables:
            self._warehouse.execute(self._of(table, "marts/staging_create"))
        try:
            yield self
        finally:
            for table in self._mart.tables:
                self._warehouse.execute(self._of(table, "marts/staging_forget"))

    def run(self, some: Sequence[str]) -> Iterator[list[Outcome]]:
        """Does these periods, newest first, and says after each batch what became of it.

        Raises WarehouseUnavailable where the warehouse stays away.
        """
        waiting = sorted(some, reverse=True)
        tries = dict.fromkeys(waiting, 0)
        at_once = FIRST
        while waiting:
            batch = waiting[:at_once]
            began = time.monotonic()
            try:
                found = self.batch(batch)
            except (WarehouseError, EmptyRollUp) as error:
                if len(batch) > 1:  # too large for the warehouse, or one of them fails
                    at_once = 1
                    continue
                if isinstance(error, WarehouseUnavailable):
                    raise
                found = [Outcome(batch[0], FAILED, what=" ".join(str(error).split())[:300])]
            took = time.monotonic() - began
            for one in found:
                one.seconds = took / len(batch)
            again = set(batch) - {one.period for one in found}
            for period in sorted(again):
                tries[period] += 1
                if tries[period] >= TRIES:
                    self._leave(period)
                    found.append(Outcome(period, LEFT, seconds=took / len(batch)))
                    again.discard(period)
            waiting = [one for one in waiting if one not in batch or one in again]
            if took < BATCH_SECONDS / 2:
                at_once = min(MOST, at_once * 2)
            elif took > BATCH_SECONDS * 2:
                at_once = max(1, at_once // 2)
            yield found

    def batch(self, some: Sequence[str]) -> list[Outcome]:
        """Computes periods, compares them, and swaps them in; those that the worker counted
        meanwhile are not among what is returned.

        Raises EmptyRollUp, and swaps nothing in, where one comes out empty though it has facts.
        """
        before = {table: self._swapped(table, some) for table in self._mart.tables}
        about = self._compute(some, before)
        outcomes = {period: Outcome(period) for period in some}
        filled = {table: self._filled(table) for table in about}
        for table, own in about.items():
            whole(self._warehouse, self._mart, [one for one in own if one not in filled[table]])
            self._compare(table, own, outcomes)
        if self._swaps:
            for period in self._swap(about, filled, before):
                del outcomes[period]
        return list(outcomes.values())

    def _compute(
        self, some: Sequence[str], before: Mapping[str, Mapping[str, tuple[int, bool]]]
    ) -> dict[str, Sequence[str]]:
        """Fills the tables beside; which periods each of them is about."""
        for table in self._mart.tables:
            self._warehouse.execute(self._of(table, "marts/staging_clear"))
        fill(
            self._warehouse, self._mart, some, {one: self._beside(one) for one in self._mart.tables}
        )
        if self._mart.by_hour is None:
            return dict.fromkeys(self._mart.tables, some)
        by_hour = self._mart.by_hour
        apart = [one for one in some if before[by_hour.table].get(one, (0, False))[1]]
        for day in apart:
            told = {"period": day, "hours": hours_of(day, 1)}
            self._warehouse.execute(by_hour.hours.into(self._beside(by_hour.table)), told)
        return {self._mart.table: some, by_hour.table: apart}

    def _compare(self, table: str, some: Sequence[str], outcomes: dict[str, Outcome]) -> None:
        found = differing(self._warehouse, table, self._beside(table), some) if some else {}
        for period, one in found.items():
            outcomes[period].missing += one.missing
            outcomes[period].surplus += one.surplus
        shown = list(found)[:3]  # a few are enough to see what it is about
        for where, rows, kept in (
            (self._beside(table), [row for one in shown for row in found[one].lacking], "lacking"),
            (table, [row for one in shown for row in found[one].unfounded], "unfounded"),
        ):
            if rows:
                for period, some_rows in examples(
                    self._warehouse, table, where, shown, rows
                ).items():
                    getattr(outcomes[period], kept).extend(some_rows)

    def _swap(
        self,
        about: Mapping[str, Sequence[str]],
        filled: Mapping[str, set[str]],
        before: Mapping[str, Mapping[str, tuple[int, bool]]],
    ) -> list[str]:
        """Swaps in what stands beside; returns the periods that are to be done again."""
        some = about[self._mart.table]
        left = list(some)
        try:
            with self._pass.staged_beside(alone=self._mart.by_hour is not None):
                for table, own in about.items():
                    take = filled[table].intersection(own)
                    self._pass.take(table, self._beside(table), take)
                self._dirty(some)
                now = {table: self._swapped(table, own) for table, own in about.items()}
                same = {
                    period
                    for period in some
                    if all(
                        now[table].get(period) == before[table].get(period)
                        for table, own in about.items()
                        if period in own
                    )
                }
                for table, own in about.items():
                    mine = same.intersection(own)
                    self._pass.swap(table, mine & filled[table], mine - filled[table])
                left = [period for period in some if period not in same]
        except Overtaken:
            pass  # a worker begins a pass: what is left is done again, on what it makes of it
        return left

    def _dirty(self, some: Sequence[str]) -> None:
        """What the worker has still to take in of these periods it takes in once more after the
        swap, whatever it is doing now."""
        wanted, hours = set(some), set[int]()
        waiting = pending(self._warehouse, self._mart)
        for at in range(0, len(waiting), HOURS):
            for period, own in touched_by(self._warehouse, self._mart, waiting[at : at + HOURS]):
                if period in wanted:
                    hours.update(own)
        self._mark(sorted(hours))

    def _leave(self, period: str) -> None:
        """Has the worker compute a period whole, as it computes it all the time anyway."""
        self._mark(hours_of(period, LENGTHS[self._mart.grain]))

    def _mark(self, hours: Sequence[int]) -> None:
        rows = [(datetime.fromtimestamp(hour, UTC), self._mart.name) for hour in hours]
        self._warehouse.insert("ops.dirty_hours", ("hour", "mart"), rows)

    def _swapped(self, table: str, some: Sequence[str]) -> dict[str, tuple[int, bool]]:
        database, _, plain = table.partition(".")
        rows = self._warehouse.rows(
            "marts/swapped", database=database, table=plain, periods=list(some)
        )
        return {period: (block, bool(filled)) for period, block, filled in rows}

    def _filled(self, table: str) -> set[str]:
        rows = self._warehouse.rows("marts/filled", tables=[self._beside(table)])
        return {period for _, period in rows}

    def _beside(self, table: str) -> str:
        return f"{table}_replay_{self._name}"

    def _of(self, table: str, name: str) -> str:
        """A query about a table of the mart's and the one beside it."""
        database, _, plain = table.partition(".")
        return named(name, database=database, table=plain, staging=self._beside(plain))
