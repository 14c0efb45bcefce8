"""The business's figures → `kpi.observations`, one record a cell: a KPI, a team and a period."""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

from bus.topics import OBSERVATIONS
from producers.csv_table import Problem
from producers.errors import InvalidCell
from producers.load import Checked, Column, Line, Load, Rows
from xapi import days

DIRECTIONS = ("up", "down")

_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_WEEK = re.compile(r"(\d{4})-?W(\d\d)", re.ASCII)
_MONTH = re.compile(r"(\d{4})-(\d\d)", re.ASCII)
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_NOT_FINITE = re.compile(r"[+-]?(nan|inf|infinity|∞)", re.IGNORECASE)

#: (kpi, team, grain, first day)
Cell = tuple[str, str, str, date]


@dataclass(frozen=True, slots=True)
class Observation:
    """A figure as a line of the file says."""

    kpi: str
    unit: str
    direction: str
    team: str
    period: date
    grain: str
    value: float
    n: int | None

    @property
    def cell(self) -> Cell:
        """What at most one figure is for."""
        return self.kpi, self.team, self.grain, self.period


@dataclass(frozen=True, slots=True)
class Known:
    """What the warehouse holds: the directory's teams, each cell's figure, and of each KPI its unit
    and its direction."""

    teams: frozenset[str]
    cells: Mapping[Cell, float]
    kinds: Mapping[str, tuple[str, str]]


@cache
def derived() -> frozenset[str]:
    """KPIs that the warehouse derives from events, by their files; nobody loads them."""
    folder = files("kpis") / "derived"
    return frozenset(
        each.name.removesuffix(".sql") for each in folder.iterdir() if each.name.endswith(".sql")
    )


# A cell of the file


def _kpi(text: str) -> str:
    if text in derived():
        raise InvalidCell(f"{text!r} is derived from events; use another name")
    return text


def _direction(text: str) -> str:
    if text.lower() not in DIRECTIONS:
        raise InvalidCell(f"{text!r} must be up or down: which way is better")
    return text.lower()


def period(text: str) -> tuple[date, str]:
    """The first day and the grain (day, week or month) of a period as people write it."""
    try:
        if _DAY.fullmatch(text):
            first, grain = date.fromisoformat(text), "day"
        elif week := _WEEK.fullmatch(text):
            first, grain = date.fromisocalendar(int(week[1]), int(week[2]), 1), "week"
        elif month := _MONTH.fullmatch(text):
            first, grain = date(int(month[1]), int(month[2]), 1), "month"
        else:
            raise InvalidCell(
                f"{text!r} must read 2026-03-02 (a day), 2026-W10 (a week) or 2026-03 (a month)"
            )
    except ValueError as error:
        raise InvalidCell(f"{text!r} is not on the calendar") from error
    try:
        return days.within(first, text), grain
    except ValueError as error:
        raise InvalidCell(str(error)) from error


def number(text: str) -> float:
    """A finite number with a decimal point."""
    if _NOT_FINITE.fullmatch(text):
        raise InvalidCell(f"{text!r} is not a finite number")
    if not _NUMBER.fullmatch(text):
        raise InvalidCell(f"{text!r} is not a number; write it as 1234.5, without other marks")
    value = float(text)
    if not math.isfinite(value):
        raise InvalidCell(f"{text!r} is too large")
    return value


def _count(text: str) -> int:
    if not re.fullmatch(r"\d{1,18}", text, re.ASCII):
        raise InvalidCell(f"{text!r} must be a whole number, 0 or more")
    return int(text)


# A line


def _observation(line: Line, known: Known) -> Observation:
    first, grain = line.values["period"]
    plain = {name: line.get(name) for name in ("kpi", "unit", "direction", "team", "value", "n")}
    return Observation(period=first, grain=grain, **plain)


# All lines together


def _check(lines: Sequence[Line], known: Known) -> Iterator[Problem]:
    yield from _unlike("unit", lines)
    yield from _unlike("direction", lines)
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


def _turned(lines: Sequence[Line], known: Known) -> Iterator[Problem]:
    """A KPI's direction that is the opposite of the warehouse's.

    What was an improvement would be a decline, in all that was loaded before too.
    """
    told = set()
    for line in lines:
        kpi, here = line.get("kpi"), line.get("direction")
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


def _record(one: Observation) -> tuple[bytes, dict[str, Any]]:
    value = {
        "kpi": one.kpi,
        "unit": one.unit,
        "direction": one.direction,
        "team": one.team,
        "period": one.period.isoformat(),
        "grain": one.grain,
        "value": one.value,
        "n": one.n,
    }
    return f"{one.kpi}|{one.team}|{one.period}".encode(), value


def _known(rows: Mapping[str, Rows]) -> Known:
    return Known(
        frozenset(team for (team,) in rows["teams"]),
        {(row[0], row[1], row[2], row[3]): row[6] for row in rows["cells"]},
        {row[0]: (row[4], row[5]) for row in rows["cells"]},
    )


load = Load(
    name="kpi",
    title="KPI",
    of="figures",
    about="The business's figures that learning is seen beside.",
    file="kpis.csv",
    columns=(
        Column("kpi", "its name", read=_kpi, filled=True),
        Column("unit", "one for each KPI", filled=True),
        Column("direction", "up or down is better", read=_direction, filled=True),
        Column("team", filled=True),
        Column("period", "2026-03-02, 2026-W10 or 2026-03", read=period, filled=True),
        Column("value", "1234.5", read=number, filled=True),
        Column("n", "how many single observations the figure sums up", _count, needed=False),
    ),
    says=(
        "Figures keep the grain in which they come: a month is shown beside a month's learning, "
        "never in a week. A mean over teams is weighted by n where each has one. "
        f"Days are {days.FIRST} to {days.LAST}."
    ),
    replaces="A figure for a cell (KPI, team and period) that has one replaces it.",
    key=("kpi", "team", "period"),
    asks={"teams": "directory/teams_known", "cells": "kpi/cells"},
    know=_known,
    entry=_observation,
    check=_check,
    warn=_warn,
    changes=_changes,
    record=_record,
    topic=OBSERVATIONS,
    counted="observations",
    arrived="kpi/load",
    example="""\
kpi,unit,direction,team,period,value,n
first_reply_hours,hours,down,Support,2026-W23,5.5,212
first_reply_hours,hours,down,Support,2026-W24,4.8,198
""",
)
