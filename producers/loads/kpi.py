"""The business's figures → `kpi.observations`, one record a cell: a KPI, a team and a period."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files
from typing import TypeVar

from bus.topics import OBSERVATIONS
from producers import figures
from producers.errors import InvalidCell
from producers.load import Checked, Column, Line, Load, Rows
from producers.table import Problem, Table
from xapi import catalogue, days, observations
from xapi.catalogue import Kpi
from xapi.observations import Cell, Observation, Wrong

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Known:
    """What the warehouse holds: the directory's teams, each cell's figure, and of each KPI its unit
    and its direction; and the KPIs that kpis.toml declares."""

    teams: frozenset[str]
    cells: Mapping[Cell, float]
    kinds: Mapping[str, tuple[str, str]]
    declared: Mapping[str, Kpi] = field(default_factory=dict)

    def kind(self, kpi: str | None) -> tuple[str, str] | None:
        """A KPI's unit and direction: as it is declared, else as the warehouse knows it."""
        if kpi is None:
            return None
        if declared := self.declared.get(kpi):
            return declared.unit, declared.direction
        return self.kinds.get(kpi)


@cache
def derived() -> frozenset[str]:
    """KPIs that the warehouse derives from events, by their files; nobody loads them."""
    folder = files("kpis") / "derived"
    return frozenset(
        each.name.removesuffix(".sql") for each in folder.iterdir() if each.name.endswith(".sql")
    )


# A cell of the file


def _cell(read: Callable[[str], T]) -> Callable[[str], T]:
    """A reader of cells, of one that raises ValueError."""

    def of_cell(text: str) -> T:
        try:
            return read(text)
        except ValueError as error:
            raise InvalidCell(str(error)) from error

    return of_cell


def _kpi(text: str) -> str:
    if text in derived():
        raise InvalidCell(
            f"the warehouse derives {text!r} itself, and nobody loads it; use another name"
        )
    return text


# A line


def _observation(line: Line, known: Known) -> Observation:
    kpi = line.values["kpi"]
    unit, direction = known.kind(kpi) or ("", "")
    said = {"unit": line.get("unit") or unit, "direction": line.get("direction") or direction}
    for name, word in said.items():
        if not word:
            message = f"it is empty, and nothing else says it of {kpi!r}"
            raise InvalidCell(message, column=name)
    declared = known.declared.get(kpi)
    ratio = declared is not None and declared.aggregation == "ratio"
    try:
        return observations.made(line.values, **said, ratio=ratio)
    except Wrong as wrong:
        raise InvalidCell(str(wrong), column=wrong.field) from wrong


# All lines together


def _check(lines: Sequence[Line], known: Known) -> Iterator[Problem]:
    yield from _unlike("unit", lines)
    yield from _unlike("direction", lines)
    yield from _undeclared(lines, known)
    yield from _turned(lines, known)


def _unlike(column: str, lines: Sequence[Line]) -> Iterator[Problem]:
    """A KPI has one unit and one direction."""
    seen: dict[str, tuple[str, int]] = {}
    for line in lines:
        kpi, here = line.get("kpi"), line.get(column)
        if not kpi or not here:
            continue
        first, number = seen.setdefault(kpi, (here, line.number))
        if here != first:
            message = f"the {column} of {kpi!r} is {here!r}, and {first!r} on line {number}"
            yield line.wrong(column, message)


def _undeclared(lines: Sequence[Line], known: Known) -> Iterator[Problem]:
    """What a line says otherwise than kpis.toml."""
    for line in lines:
        kpi = line.get("kpi")
        declared = known.declared.get(kpi or "")
        for column in ("unit", "direction") if declared else ():
            here, there = line.get(column), getattr(declared, column)
            if here and here != there:
                message = f"the {column} of {kpi!r} is {here!r}, and {there!r} in kpis.toml"
                yield line.wrong(column, message)


def _turned(lines: Sequence[Line], known: Known) -> Iterator[Problem]:
    """A KPI's direction that is the opposite of the warehouse's.

    What was an improvement would be a decline, in all that was loaded before too.
    """
    told = set()
    for line in lines:
        kpi = line.get("kpi")
        here = line.get("direction") or (known.kind(kpi) or ("", ""))[1]
        _, direction = known.kinds.get(kpi, ("", here))
        if here and direction != here and kpi not in told:
            told.add(kpi)
            yield line.wrong(
                "direction",
                f"the direction of {kpi!r} is {here!r}, and {direction!r} in the warehouse: "
                "correct it, or load it under another name",
            )


def _warn(lines: Sequence[Line], known: Known) -> Iterator[Problem]:
    told = set()
    for line in lines:
        kpi, unit, team = (line.get(name) for name in ("kpi", "unit", "team"))
        unit = unit or (known.kind(kpi) or ("", ""))[0]
        before, _ = known.kinds.get(kpi, (unit, ""))
        if unit and before != unit and kpi not in told:
            told.add(kpi)
            message = f"the warehouse knows {kpi!r} in {before!r}; this file has {unit!r}"
            yield line.wrong("unit", message)
        if team and team not in known.teams and ("", team) not in told:
            told.add(("", team))
            yield line.wrong("team", f"the team {team!r} is not in the directory")


# What it would change


def _changes(checked: Checked[Observation], known: Known) -> Iterator[str]:
    new = changed = 0
    for one in checked.entries:
        before = known.cells.get(one.cell)
        if before is None:
            new += 1
        elif before != one.value:
            changed += 1
            where = f"{one.kpi}, {one.team}, {one.grain} of {one.period}"
            yield f"~ {where}: {before:g} → {one.value:g} {one.unit}"
    unchanged = len(checked.entries) - new - changed
    yield f"{new} new, {changed} changed, {unchanged} unchanged"


def _shaped(table: Table, known: Known) -> Table:
    return figures.shaped(table, known.kind)


def _known(rows: Mapping[str, Rows]) -> Known:
    return Known(
        frozenset(team for (team,) in rows["teams"]),
        {(row[0], row[1], row[2], row[3]): row[6] for row in rows["cells"]},
        {row[0]: (row[4], row[5]) for row in rows["cells"]},
    )


def _declared(known: Known, text: str) -> Known:
    """What is known, and what a kpis.toml declares; raises CatalogueError."""
    return replace(known, declared=catalogue.read(text).kpis)


load = Load(
    name="kpi",
    title="KPI",
    of="figures",
    about="The business's figures that learning is seen beside.",
    file="kpis.csv",
    columns=(
        Column("kpi", "its name", read=_kpi, filled=True),
        Column("unit", "one for each KPI"),
        Column("direction", "up or down is better", read=_cell(observations.direction)),
        Column("team", filled=True),
        Column(
            "period",
            "2026-03-02, 2026-W10 or 2026-03",
            read=_cell(observations.period),
            filled=True,
        ),
        Column("value", "1234.5; empty where a ratio's parts say it", _cell(observations.number)),
        Column(
            "n",
            "how many single observations the figure sums up",
            _cell(observations.count),
            needed=False,
        ),
        Column("numerator", "of a ratio", _cell(observations.number), needed=False),
        Column(
            "denominator", "of a ratio, and its weight", _cell(observations.number), needed=False
        ),
        Column("target", "what the figure was to be", _cell(observations.number), needed=False),
        Column(
            "revision",
            "1 or more: of a cell's revisions the highest counts",
            _cell(observations.revision),
            needed=False,
        ),
    ),
    says=(
        "The table may also have a column a KPI (`team`, `period`, and a column each, called as "
        "the KPI or `KPI (unit, down)`, with `KPI.n`, `KPI.numerator`, `KPI.denominator`, "
        "`KPI.target` beside it) or a column a period (`kpi`, `team`, and a column each, called "
        "2026-W10, 2026-03 or 2026-03-02); an empty cell of those is no figure. Unit and "
        "direction may be left out where kpis.toml declares the KPI or the warehouse knows it. A "
        "ratio's value is its numerator by its denominator, times 100 where the unit is `%` or "
        "`percent`. "
        "Figures keep the grain in which they come: a month is shown beside a month's learning, "
        "never in a week. A mean over teams is weighted by the denominator, else by n, where each "
        "has one. "
        f"Days are {days.FIRST} to {days.LAST}."
    ),
    replaces=(
        "A figure for a cell (KPI, team and period) that has one replaces it; one with a revision "
        "only where that is higher than any before."
    ),
    key=("kpi", "team", "period"),
    asks={"teams": "directory/teams_known", "cells": "kpi/cells"},
    know=_known,
    beside=catalogue.FILE,
    and_says=_declared,
    shape=_shaped,
    entry=_observation,
    check=_check,
    warn=_warn,
    changes=_changes,
    record=Observation.record,
    topic=OBSERVATIONS,
    counted="observations",
    arrived="kpi/load",
    example="""\
kpi,unit,direction,team,period,value,n
first_reply_hours,hours,down,Support,2026-W23,5.5,212
first_reply_hours,hours,down,Support,2026-W24,4.8,198
""",
)
