"""Signals and facts → kpi.derived_rows: the KPIs of `kpis/derived`, computed anew when they differ.

Each KPI is computed twice: by the directory as it is, and as viewers are shown it. A row holds all
cells of one, and a digest of what it was computed from: its query, the views behind it, and what
the tables and dictionaries hold that these read. The digest is taken before the KPI is computed.
So whatever changes meanwhile, whoever else computes it, and wherever this ends, a row that does not
fit what there is has another digest, and is computed again: no other book is kept.

What reads the same is a group: views that several of its KPIs read are taken once for all of them.
Each group pays for itself: it rests seven times as long as it took.
"""

import hashlib
import logging
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from string import Template
from uuid import uuid4

from serving.pacing import Pacing
from warehouse import Warehouse, WarehouseError, WarehouseUnavailable, derived, schema
from warehouse.client import named
from warehouse.derived import Derived

log = logging.getLogger(__name__)

#: A figure that is read for a week need not be another every second.
PACE = Pacing(least=5, share=7)
#: A group of which a KPI cannot be computed rests at least so many seconds.
AGAIN = 30.0
#: How the tables begin into which views are taken.
STAGING = "derived_staging_"
#: Where a KPI's row stands: its name, and by which directory.
Place = tuple[str, bool]
#: What tables and dictionaries hold, by their names.
States = Mapping[str, tuple[int, ...]]
#: The load that a dictionary had when it was looked at, and what it held.
Loaded = dict[str, tuple[str, tuple[int, ...]]]


@dataclass(frozen=True)
class Asked:
    """A KPI by one of the two directories: its query, and what that reads."""

    kpi: Derived
    released: bool
    select: str
    form: str
    definition: str
    tables: frozenset[str]
    dictionaries: frozenset[str]

    @property
    def place(self) -> Place:
        """Where its row stands."""
        return self.kpi.kpi, self.released

    @property
    def group(self) -> frozenset[str]:
        """What it reads, and what others have to read that are computed with it."""
        return self.tables | self.dictionaries

    def inputs(self, states: States) -> int:
        """A digest of all that its cells depend on; never 0."""
        said = [self.definition, *(f"{name} {states.get(name)}" for name in sorted(self.group))]
        return int.from_bytes(hashlib.sha256("\0".join(said).encode()).digest()[:8]) | 1


def asked(kpi: Derived, *, released: bool) -> Asked:
    """What is asked of the warehouse for a KPI."""
    select, form = (
        schema.released(text) if released else text for text in (kpi.select, named("kpi/derived"))
    )
    read = schema.sources(select + form)
    views = [one.text for one in read if one.kind == "VIEW"]
    return Asked(
        kpi,
        released,
        select,
        form,
        "\0".join((kpi.unit, kpi.direction, kpi.grain, select, form, *views)),
        frozenset(one.name for one in read if one.kind == "TABLE"),
        frozenset(one.name for one in read if one.kind == "DICTIONARY"),
    )


@cache
def every() -> tuple[Asked, ...]:
    """Every derived KPI by both directories, and what marks charts as viewers are shown it."""
    kpis = (asked(kpi, released=one) for kpi in derived.every() for one in (False, True))
    return (*kpis, *(asked(mark, released=True) for mark in derived.marks()))


class Computed:
    """The derived KPIs of a worker, and when each group of them is due."""

    def __init__(self, some: Iterable[Asked] | None = None, pace: Pacing = PACE) -> None:
        self._asked = tuple(every() if some is None else some)
        self._pace = pace
        self._worker = uuid4().hex[:12]
        self._due: dict[frozenset[str], float] = {}
        self._loaded: Loaded = {}

    def take(self, warehouse: Warehouse) -> int:
        """Computes what differs from what there is and is due; returns how many rows it wrote.

        A KPI that cannot be computed stays as it was. Raises what the first of them raised, when
        all the others are done.
        """
        standing = {
            (kpi, bool(one)): row for kpi, one, row in warehouse.rows("kpi/derived_standing")
        }
        self._forget(warehouse, standing.keys() - {one.place for one in self._asked})
        now = time.monotonic()
        due = [one for one in self._asked if self._due.get(one.group, now) <= now]
        states = look(warehouse, due, self._loaded)
        waiting: dict[frozenset[str], list[Asked]] = {}
        for one in due:
            if standing.get(one.place) != one.inputs(states):
                waiting.setdefault(one.group, []).append(one)
        errors: list[WarehouseError] = []
        done = sum(self._group(warehouse, some, states, errors) for some in waiting.values())
        if errors:
            raise errors[0]
        return done

    def _group(
        self, warehouse: Warehouse, some: list[Asked], states: States, errors: list[WarehouseError]
    ) -> int:
        """Computes KPIs that read the same; returns how many rows it wrote."""
        began = time.monotonic()
        failed: list[WarehouseError] = []
        try:
            with self._staged(warehouse, some) as staged:
                failed += self._each(warehouse, some, states, staged)
        except WarehouseUnavailable:
            raise
        except WarehouseError as error:  # of what they share
            failed = [error] * len(some)
        errors += failed
        ended = time.monotonic()
        rest = self._pace.rest(ended - began)
        self._due[some[0].group] = ended + (max(rest, AGAIN) if failed else rest)
        return len(some) - len(failed)

    def _each(
        self,
        warehouse: Warehouse,
        some: Sequence[Asked],
        states: States,
        staged: Mapping[str, str],
    ) -> Iterator[WarehouseError]:
        """Computes these KPIs together; where that fails, each alone. Gives what was raised."""
        try:
            compute(warehouse, some, states, staged)
        except WarehouseUnavailable:
            raise
        except WarehouseError as error:
            if len(some) == 1:
                log.warning("the KPI %s cannot be computed: %s", some[0].kpi.kpi, error)
                yield error
                return
            for one in some:
                yield from self._each(warehouse, [one], states, staged)

    @contextmanager
    def _staged(self, warehouse: Warehouse, some: Sequence[Asked]) -> Iterator[Mapping[str, str]]:
        """Views that several of these KPIs name, each with a table that holds what it gives now.

        The tables are this worker's own; what another left is dropped.
        """
        staged: dict[str, str] = {}
        try:
            self._drop(warehouse, STAGING)
            for view in shared(some):
                name = f"{STAGING}{self._worker}_{len(staged)}"
                select = schema.renamed(view.query, staged)
                text = Template(named("kpi/derived_stage"))
                warehouse.execute(text.substitute(staging=name, select=select))
                staged[view.name] = f"kpi.{name}"
            yield staged
        finally:
            self._drop(warehouse, f"{STAGING}{self._worker}")

    def _drop(self, warehouse: Warehouse, prefix: str) -> None:
        for (name,) in warehouse.rows("kpi/derived_stagings", prefix=prefix):
            warehouse.execute(named("marts/staging_forget", database="kpi", staging=name))

    def _forget(self, warehouse: Warehouse, gone: Iterable[Place]) -> None:
        """Takes the cells of KPIs that are no more."""
        for kpi, released in gone:
            warehouse.command("kpi/derived_gone", kpi=kpi, released=released)


def look(warehouse: Warehouse, some: Iterable[Asked], before: Loaded | None = None) -> States:
    """What the tables and dictionaries hold that these KPIs read.

    `before` has, and is given, what each dictionary was found to hold, with the load that it was
    found after: all of a dictionary is read once a load.
    """
    tables = {table for one in some for table in one.tables}
    if not tables:
        return {}
    states: dict[str, tuple[int, ...]] = {
        name: (state,)
        for name, state in warehouse.rows("marts/state_of_tables", tables=sorted(tables))
    }
    dictionaries = sorted({each for one in some for each in one.dictionaries})
    found = warehouse.rows("kpi/loads_of_dictionaries", names=dictionaries)
    loads = {str(name): str(load) for name, load in found}
    before = {} if before is None else before
    for dictionary in dictionaries:
        load = loads.get(dictionary, "")
        if not load or before.get(dictionary, ("", ()))[0] != load:
            database, _, name = dictionary.partition(".")
            text = named("kpi/state_of_dictionary", database=database, dictionary=name)
            ((rows, digest),) = warehouse.query(text)
            before[dictionary] = load, (rows, digest)
        states[dictionary] = before[dictionary][1]
    return states


def shared(some: Sequence[Asked]) -> list[schema.Declared]:
    """Views that more than one of these KPIs names, each after those that it names."""
    times = Counter(name for one in some for name in schema.named_in(one.select))
    return [view for view in schema.views() if view.kind == "VIEW" and times[view.name] > 1]


def compute(
    warehouse: Warehouse, some: Sequence[Asked], states: States, staged: Mapping[str, str]
) -> None:
    """Computes KPIs by one statement and swaps them in; `states` is what they are computed from."""
    selects = []
    parameters: dict[str, object] = {}
    for at, one in enumerate(some):
        select = schema.renamed(one.select, staged)
        selects.append(Template(one.form).substitute(at=at, select=select))
        told = {
            "kpi": one.kpi.kpi,
            "released": one.released,
            "unit": one.kpi.unit,
            "direction": one.kpi.direction,
            "grain": one.kpi.grain,
            "inputs": one.inputs(states),
        }
        parameters |= {f"{name}_{at}": value for name, value in told.items()}
    text = Template(named("kpi/derived_take")).substitute(selects="UNION ALL\n".join(selects))
    warehouse.execute(text, parameters)
