"""KPI figures: a CSV file → `kpi.observations`, one message a cell.

A load counts once its closing record is there, so it counts whole or not at all; of a cell's loads
the last complete one wins. The columns are kpi, unit, direction (up or down: which way is better),
team, period (2026-03-02 a day, 2026-W10 a week, 2026-03 a month), value and n (how many single
observations the figure sums up).
"""

import math
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import orjson

from bus.publisher import Publisher
from bus.topics import OBSERVATIONS
from kpis.errors import InvalidFigure
from producers import csv_table
from producers.csv_table import Problem, Row
from warehouse import derived
from xapi import days

COLUMNS = ("kpi", "unit", "direction", "team", "period", "value", "n")
REQUIRED = COLUMNS[:-1]
DIRECTIONS = ("up", "down")
#: KPIs that the warehouse derives from events; nobody loads them.
DERIVED = frozenset(each.kpi for each in derived.every())
ACKNOWLEDGED_SECONDS = 60.0

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

    line: int
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

    def message(self, load: UUID) -> tuple[bytes, bytes]:
        """Key and value of the observation's record."""
        value = {
            "load": str(load),
            "kpi": self.kpi,
            "unit": self.unit,
            "direction": self.direction,
            "team": self.team,
            "period": self.period.isoformat(),
            "grain": self.grain,
            "value": self.value,
            "n": self.n,
        }
        return f"{self.kpi}|{self.team}|{self.period}".encode(), orjson.dumps(value)


@dataclass(slots=True)
class Figures:
    """A file's figures, what is wrong with it (nothing may be loaded then), and what looks odd."""

    observations: list[Observation] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)


def parse(data: bytes, teams: Collection[str] | None = None) -> Figures:
    """The figures of a CSV file; `teams` are those that the directory knows."""
    rows, problems = csv_table.read(data, COLUMNS, REQUIRED)
    found = Figures(problems=problems)
    if not rows and not problems:
        found.problems.append(Problem(1, "there are no figures in the file"))
    for row in rows:
        if observation := _observation(row, found.problems):
            found.observations.append(observation)
    found.problems += _unlike(rows)
    found.problems += _twice(found.observations)
    if teams is not None:
        found.warnings += _unknown_teams(rows, teams)
    found.problems.sort()
    return found


def renamed(
    observations: Sequence[Observation], known: Mapping[str, tuple[str, str]]
) -> list[Problem]:
    """Warnings where a KPI's unit is another than in the warehouse (`known`)."""
    found: dict[str, Problem] = {}
    for one in observations:
        unit, _ = known.get(one.kpi, (one.unit, one.direction))
        if unit != one.unit:
            message = f"the warehouse knows {one.kpi!r} in {unit!r}; this file has {one.unit!r}"
            found.setdefault(one.kpi, Problem(one.line, message))
    return sorted(found.values())


def turned(
    observations: Sequence[Observation], known: Mapping[str, tuple[str, str]]
) -> list[Problem]:
    """Problems where a KPI's direction is the opposite of the warehouse's (`known`).

    What was an improvement would be a decline, in all that was loaded before too.
    """
    found: dict[str, Problem] = {}
    for one in observations:
        _, direction = known.get(one.kpi, (one.unit, one.direction))
        if direction != one.direction:
            message = (
                f"the direction of {one.kpi!r} is {one.direction!r}, and {direction!r} in the "
                "warehouse: correct it, or load it under another name"
            )
            found.setdefault(one.kpi, Problem(one.line, message))
    return sorted(found.values())


def publish(publisher: Publisher, load: UUID, observations: Sequence[Observation]) -> None:
    """Writes a load: its figures and, once all are acknowledged, the record that makes it count.

    Raises BrokerUnavailable; nothing counts then.
    """
    sent = [
        publisher.publish(OBSERVATIONS.name, *observation.message(load))
        for observation in observations
    ]
    publisher.flush(ACKNOWLEDGED_SECONDS)
    for future in sent:
        future.result(ACKNOWLEDGED_SECONDS)
    closing = {
        "load": str(load),
        "closed": True,
        "observations": len(observations),
        "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
    }
    key = f"load:{load}".encode()
    publisher.publish(OBSERVATIONS.name, key, orjson.dumps(closing)).result(ACKNOWLEDGED_SECONDS)


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
            raise InvalidFigure(
                f"the period {text!r} must read 2026-03-02 (a day), 2026-W10 (a week) "
                "or 2026-03 (a month)"
            )
    except ValueError as error:
        raise InvalidFigure(f"the period {text!r} is not on the calendar") from error
    try:
        return days.within(first, text), grain
    except ValueError as error:
        raise InvalidFigure(f"the period {error}") from error


def number(text: str) -> float:
    """A finite number with a decimal point."""
    if _NOT_FINITE.fullmatch(text):
        raise InvalidFigure(f"the value {text!r} is not a finite number")
    if not _NUMBER.fullmatch(text):
        raise InvalidFigure(
            f"the value {text!r} is not a number; write it as 1234.5, without other marks"
        )
    value = float(text)
    if not math.isfinite(value):
        raise InvalidFigure(f"the value {text!r} is too large")
    return value


# One line


def _observation(row: Row, problems: list[Problem]) -> Observation | None:
    cells, before = row.cells, len(problems)

    def read(convert: Any, text: str) -> Any:
        try:
            return convert(text)
        except InvalidFigure as error:
            problems.append(Problem(row.line, str(error)))

    for column in ("kpi", "unit", "team"):
        if not cells[column]:
            problems.append(Problem(row.line, f"{column} is empty"))
    if cells["kpi"] in DERIVED:
        problems.append(
            Problem(row.line, f"the kpi {cells['kpi']!r} is derived from events; use another name")
        )
    direction = read(_direction, cells["direction"])
    first, grain = read(period, cells["period"]) or (days.FIRST, "")
    value, n = read(number, cells["value"]), read(_count, cells["n"])
    if len(problems) > before:
        return None
    return Observation(
        row.line, cells["kpi"], cells["unit"], direction, cells["team"], first, grain, value, n
    )


def _direction(text: str) -> str:
    if text.lower() not in DIRECTIONS:
        raise InvalidFigure(f"the direction {text!r} must be up or down: which way is better")
    return text.lower()


def _count(text: str) -> int | None:
    if not text:
        return None
    if not re.fullmatch(r"\d{1,18}", text, re.ASCII):
        raise InvalidFigure(f"n {text!r} must be a whole number, 0 or more")
    return int(text)


# All lines together


def _unlike(rows: Sequence[Row]) -> Iterator[Problem]:
    """A KPI has one unit and one direction."""
    for column in ("unit", "direction"):
        seen: dict[str, tuple[str, int]] = {}
        for row in rows:
            kpi, here = row.cells["kpi"], row.cells[column]
            if column == "direction":
                here = here.lower()
                if here not in DIRECTIONS:
                    continue
            if not kpi or not here:
                continue
            first, line = seen.setdefault(kpi, (here, row.line))
            if here != first:
                yield Problem(
                    row.line, f"the {column} of {kpi!r} is {here!r}, and {first!r} on line {line}"
                )


def _twice(observations: Sequence[Observation]) -> Iterator[Problem]:
    seen: dict[Cell, int] = {}
    for one in observations:
        line = seen.setdefault(one.cell, one.line)
        if line != one.line:
            yield Problem(
                one.line,
                f"{one.kpi!r} of {one.team!r} for the {one.grain} of {one.period} "
                f"is on line {line} already",
            )


def _unknown_teams(rows: Sequence[Row], teams: Collection[str]) -> Iterator[Problem]:
    told: set[str] = set()
    for row in rows:
        team = row.cells["team"]
        if team and team not in teams and team not in told:
            told.add(team)
            yield Problem(row.line, f"the team {team!r} is not in the directory")
