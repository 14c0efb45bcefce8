"""The one definition of a KPI's figure: an observation of a KPI, a team and a period.

Whoever brings figures (a file, a request, a query) goes by these rules, so the same figure is the
same record. Pure: what is wrong is a ValueError, or `Wrong` where it is of another field.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from xapi import days

DIRECTIONS = ("up", "down")
#: Units in which a ratio is told by the hundred.
PERCENT = ("%", "percent")
#: The largest count and the largest revision.
MOST = 10**18 - 1
#: A value that stands beside its numerator and denominator may be rounded by so much of it, or by
#: so much.
ROUNDED, ROUNDED_BY = 0.01, 0.005

_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_WEEK = re.compile(r"(\d{4})-?W(\d\d)", re.ASCII)
_MONTH = re.compile(r"(\d{4})-(\d\d)", re.ASCII)
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_NOT_FINITE = re.compile(r"[+-]?(nan|inf|infinity|∞)", re.IGNORECASE)

#: (kpi, team, grain, first day)
Cell = tuple[str, str, str, date]


class Wrong(ValueError):
    """What is wrong with a figure, and the field where that is."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True)
class Observation:
    """A figure of a KPI, a team and a period.

    `n` is how many single observations it sums up, None where that is not known. A ratio has its
    `numerator` and `denominator`, and is weighted by the latter. `target` is what the figure was
    to be. Of a cell's figures with a `revision` the highest counts; one without replaces what came
    before it.
    """

    kpi: str
    unit: str
    direction: str
    team: str
    period: date
    grain: str
    value: float
    n: int | None = None
    numerator: float | None = None
    denominator: float | None = None
    target: float | None = None
    revision: int | None = None

    @property
    def cell(self) -> Cell:
        """What at most one figure is for."""
        return self.kpi, self.team, self.grain, self.period

    def record(self) -> tuple[bytes, dict[str, Any]]:
        """Key and value of its record on `kpi.observations`, without its load."""
        value: dict[str, Any] = {
            "kpi": self.kpi,
            "unit": self.unit,
            "direction": self.direction,
            "team": self.team,
            "period": self.period.isoformat(),
            "grain": self.grain,
            "value": self.value,
            "n": self.n,
        }
        for name in ("numerator", "denominator", "target", "revision"):
            if (found := getattr(self, name)) is not None:
                value[name] = found
        return f"{self.kpi}|{self.team}|{self.period}".encode(), value


def made(
    given: Mapping[str, Any], unit: str, direction: str, *, ratio: bool = False
) -> Observation:
    """The figure that fields make: kpi, team, period (first day and grain), value, n, numerator,
    denominator, target and revision, each None where it is not given.

    A `ratio` must have its numerator and denominator. Raises Wrong.
    """
    first, grain = given["period"]
    numerator, denominator = given.get("numerator"), given.get("denominator")
    if ratio and numerator is None:
        raise Wrong("numerator", "it is empty, and the KPI is a ratio: give what is divided")
    value, n = given.get("value"), given.get("n")
    if numerator is not None or denominator is not None:
        value = _divided(value, numerator, denominator, 100.0 if unit in PERCENT else 1.0)
        assert denominator is not None
        if n is None and denominator == int(denominator) <= MOST:
            n = int(denominator)
    if value is None:
        raise Wrong("value", "it is empty")
    return Observation(
        kpi=given["kpi"],
        unit=unit,
        direction=direction,
        team=given["team"],
        period=first,
        grain=grain,
        value=value,
        n=n,
        numerator=numerator,
        denominator=denominator,
        target=given.get("target"),
        revision=given.get("revision"),
    )


def _divided(
    value: float | None, numerator: float | None, denominator: float | None, scale: float
) -> float:
    """A ratio's value; what is told beside it may be rounded, and must not be another."""
    if numerator is None:
        raise Wrong("numerator", "it is empty, and there is a denominator")
    if denominator is None:
        raise Wrong("denominator", "it is empty, and there is a numerator")
    if denominator <= 0:
        raise Wrong("denominator", f"{denominator:g} divides nothing: leave the figure out")
    found = scale * numerator / denominator
    if not math.isfinite(found):
        raise Wrong("denominator", f"{numerator:g} by {denominator:g} is too large")
    if value is not None and abs(value - found) > max(ROUNDED * abs(found), ROUNDED_BY):
        raise Wrong("value", f"{value:g} is not {numerator:g} by {denominator:g} ({found:g})")
    return found


def period(text: str) -> tuple[date, str]:
    """The first day and the grain (day, week or month) of a period as people write it."""
    try:
        first, grain = _first_day(text)
    except ValueError as error:
        raise ValueError(f"{text!r} is not on the calendar") from error
    if first is None:
        raise ValueError(
            f"{text!r} must read 2026-03-02 (a day), 2026-W10 (a week) or 2026-03 (a month)"
        )
    return days.within(first, text), grain


def _first_day(text: str) -> tuple[date | None, str]:
    """None for a text of another form; ValueError for a day that no calendar has."""
    if _DAY.fullmatch(text):
        return date.fromisoformat(text), "day"
    if week := _WEEK.fullmatch(text):
        return date.fromisocalendar(int(week[1]), int(week[2]), 1), "week"
    if month := _MONTH.fullmatch(text):
        return date(int(month[1]), int(month[2]), 1), "month"
    return None, ""


def is_period(text: str) -> bool:
    """Whether a text has the form of a period, be it on the calendar or not."""
    return any(form.fullmatch(text) for form in (_DAY, _WEEK, _MONTH))


def number(text: str) -> float:
    """A finite number with a decimal point."""
    if _NOT_FINITE.fullmatch(text):
        raise ValueError(f"{text!r} is not a finite number")
    if not _NUMBER.fullmatch(text):
        raise ValueError(f"{text!r} is not a number; write it as 1234.5, without other marks")
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text!r} is too large")
    return value


def count(text: str) -> int:
    """A whole number that is not negative."""
    if not re.fullmatch(r"\d{1,18}", text, re.ASCII):
        raise ValueError(f"{text!r} must be a whole number, 0 or more")
    return int(text)


def revision(text: str) -> int:
    """A whole number from 1 on."""
    if not (found := count(text)):
        raise ValueError("a revision is 1 or more")
    return found


def direction(text: str) -> str:
    """Which way is better."""
    if text.lower() not in DIRECTIONS:
        raise ValueError(f"{text!r} must be up or down: which way is better")
    return text.lower()
