"""The contract of a mart: a table of cells that are computed from the facts and nothing else.

A mart is a folder `streams/marts/<name>/`: `__init__.py` with its definition in words (the
docstring) and `mart = Mart(...)`, and its SQL beside it. Its table is a migration, partitioned by
the first day of a period and by nothing else; its view is a file. Nothing else lists it: the runner
(`rollups.py`) finds it, computes all of history for it once, and again whenever its SQL changes.

What changes a fact appends the hours touched to `ops.dirty_hours`. The runner finds the periods
that these touch, has `compute` fill a staging table with all cells of those periods, and swaps them
in. So `compute` reads facts, never the mart; that it was asked before makes no difference to it.

A row may lie in one period and depend on facts in others, without end: a question lies on its own
day, and its answers on later ones. Then the mart says by `touched` which further periods depend on
what happened, or ceased to have happened, in dirty hours. It must not ask the facts that stand: a
voided one says no more what it answered. Which hours have ever had a fact of a thing, and which
things an hour, stands in `learning.thing_hour_rows` and `learning.hour_thing_rows`, from which
nothing is taken away.

A mart may be **published**: what it holds may be shown to everybody. Then `compute` selects the
facts of a period, and the runner makes the cells of its tables from them (`published.py`): each
rests on the minimum group, and no sum or difference of them tells of fewer.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from string import Template

GRAINS = ("day", "week", "month")
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_TABLE = re.compile(r"[a-z]+\.[a-z][a-z0-9_]*")


class Query(str):
    """SQL of a mart; `$staging` is the table to fill."""

    __slots__ = ()

    def into(self, staging: str) -> str:
        """The query with its staging table (`database.name`)."""
        if not _TABLE.fullmatch(staging):
            raise ValueError(f"{staging!r} is not a table's name")
        return Template(self).substitute(staging=staging)


def sql(package: str, name: str, **parts: str) -> Query:
    """The SQL file of that name in a package, with these `parts` (pieces of ours) filled in.

    Raises FileNotFoundError where there is none.
    """
    text = (files(package) / f"{name}.sql").read_text("utf-8")
    return Query(Template(text).safe_substitute(parts))


#: The days of the weeks that a published mart is asked for.
DAYS_OF_WEEKS = (
    "arrayFlatten(arrayMap(week -> arrayMap(n -> week + n, range(7)), {periods:Array(Date)}))"
)
#: The 13 weeks that end with the one that a published mart is asked for, by their days.
DAYS_OF_QUARTER = "arrayMap(n -> arrayMin({periods:Array(Date)}) - 84 + n, range(91))"
#: What touches the weeks of the quarter after it: those that have facts.
QUARTER_AFTER = sql("warehouse", "queries/marts/quarter_after")
#: Which of `periods` must have cells: by default those that have facts (`hours` lie around them).
FACTS = sql("warehouse", "queries/marts/expected")


def weeks_of(touched: Query) -> Query:
    """What touches weeks, where `touched` says it of their days."""
    return sql("warehouse", "queries/marts/weeks_of", days=touched)


@dataclass(frozen=True)
class ByHour:
    """How a mart of days has a day of many facts put together from its hours.

    `hours` fills a staging table of `table` with the cells of a day (`period`): those of `hours`
    anew, the others as they stand. `day` fills the mart's from them. `sizes` says of `periods` how
    many events each had when last computed, and whether its hours are kept; from `large` events up
    they are.
    """

    table: str
    sizes: Query
    hours: Query
    day: Query
    large: int = 200_000


@dataclass(frozen=True)
class Shown:
    """A table of a published mart: what its cells are split by, in that order (`cells.py`).

    `by` names columns of what `compute` selects ('' is in no part of its own): the table has one of
    the same name each, with what `rest` says ('') where too few people did it. Those of
    `cells.TIMES` are the beginnings of such times (in seconds since 1970), longest first: a cell
    has the shortest in which enough people are, as `start` and `grain`. `counts` are the numbers
    it holds, of `events` and `people`; without any it says only that there is something. Of two
    tables that would tell few people apart the one gives way that is split later: they are split
    in their order, by the first of `by` in the round `since`, and so on.
    """

    table: str
    by: tuple[str, ...]
    rest: Mapping[str, str] = field(default_factory=dict)
    counts: tuple[str, ...] = ("events", "people")
    since: int = 0


@dataclass(frozen=True)
class Reached:
    """A table of different people, down to a multiple of the minimum group: by all columns of `by`,
    and by each of them together with the others' any ('')."""

    table: str
    by: tuple[str, ...]
    rest: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Shares:
    """A table of parts of all of a period's events in percent, in steps that no few people make.

    `parts` are columns of 0 and 1 of what `compute` selects. Events of the first of them are in no
    other table, unless the table is `by` something: then nothing of it is counted elsewhere, and it
    has the parts of all events, of those of each value of the first of `by`, of each pair with the
    second, and so on ('' is any), where the minimum group is, and is behind what is left as well.
    """

    table: str
    parts: tuple[str, ...]
    by: tuple[str, ...] = ()


@dataclass(frozen=True)
class Parts:
    """A table of the different people of each value of `by`, and of those of them of a part, both
    down to a multiple of the minimum group.

    `part` is a column of 0 and 1 of what `compute` selects; a person is in it by any of their rows.
    """

    table: str
    by: str
    part: str


@dataclass(frozen=True)
class Carriers:
    """A table of how few people carry half of the events: of all, of each value of the first of
    `by`, of each pair with the second, and so on ('' is any), the different people, down to a
    multiple of the minimum group, and the fewest of them who did half of it, up to one. So it says
    'at most so many of at least so many', and never of fewer."""

    table: str
    by: tuple[str, ...]


@dataclass(frozen=True)
class Published:
    """The tables of a published mart.

    `sides` are columns of what `compute` selects with further people behind a row, as who answered
    (0 is nobody): no cell, sum or difference rests on fewer of them than the minimum group either.
    People reached, shares, parts and carriers count by `person` alone: a mart with sides has none.
    `apart` is whether `compute` takes one period at a time, as where it looks back from it.
    """

    cells: tuple[Shown, ...] = ()
    reached: tuple[Reached, ...] = ()
    shares: tuple[Shares, ...] = ()
    parts: tuple[Parts, ...] = ()
    carriers: tuple[Carriers, ...] = ()
    sides: tuple[str, ...] = ()
    apart: bool = False

    def __post_init__(self) -> None:
        if self.sides and (self.reached or self.shares or self.parts or self.carriers):
            raise ValueError("people reached, shares, parts and carriers are of one side only")

    @property
    def tables(self) -> tuple[str, ...]:
        """Their names."""
        kinds = (self.cells, self.reached, self.shares, self.parts, self.carriers)
        return tuple(one.table for kind in kinds for one in kind)


@dataclass(frozen=True)
class Mart:
    """A mart's declaration.

    `table` is `database.name`, partitioned by a period's first day. `compute` fills `$staging` with
    all cells of `periods` (first days). `grain` is what a period is: a day, week or month of the
    organisation. `lookback` is how many periods before its own a cell's facts may lie in.
    `expected` says which of `periods` must come out with cells: one that does not is an error,
    never an empty swap. A mart that looks back names those too that have cells by what came before
    them alone. `touched` gives periods beside the hours' own, each with those of `hours` (in
    seconds since 1970) on which its rows may depend: too many cost time, one too few is an error
    that nobody sees. `live` is whether people watch it while things happen: the others take turns
    in an eighth of the time, however many they are, and so do those that are published.

    Where a mart is `published`, `table` is the first of its tables, and `compute` selects of
    `periods` (one) a row for each person and all that tells events apart: `period`, `begins` (in
    seconds since 1970), `person`, `events`, and the columns that the tables are by.
    """

    name: str
    table: str
    compute: Query
    grain: str = "day"
    lookback: int = 0
    by_hour: ByHour | None = None
    expected: Query = field(default=FACTS)
    touched: Query | None = None
    live: bool = False
    published: Published | None = None

    def __post_init__(self) -> None:
        for name in (self.table, *self.tables):
            if not _TABLE.fullmatch(name):
                raise ValueError(f"the mart {self.name!r}: {name!r} is not `database.table`")
        if not _NAME.fullmatch(self.name) or self.grain not in GRAINS or self.lookback < 0:
            raise ValueError(
                f"the mart {self.name!r}: a name is of small letters, a grain is one of "
                f"{', '.join(GRAINS)}, and a lookback is 0 or more"
            )
        if self.published and (self.by_hour or self.published.tables[:1] != (self.table,)):
            raise ValueError(
                f"the mart {self.name!r}: what is published has no hours, and its table first"
            )
        if self.by_hour and (self.grain != "day" or self.lookback or self.touched is not None):
            raise ValueError(
                f"the mart {self.name!r}: only days that depend on no other have hours"
            )

    @property
    def tables(self) -> tuple[str, ...]:
        """The tables that it fills."""
        if self.published:
            return self.published.tables
        return (self.table, *([self.by_hour.table] if self.by_hour else ()))

    @property
    def definition(self) -> str:
        """A digest of all that its cells depend on: where that changes, they are computed anew."""
        parts = [self.table, self.compute, self.grain, str(self.lookback)]
        if self.touched is not None:
            parts.append(self.touched)
        if self.by_hour:
            parts += [self.by_hour.table, self.by_hour.hours, self.by_hour.day]
        if self.published:
            parts.append(repr(self.published))
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]
