"""One link: what was estimated, from what, with what certainty, and what may be said of it."""

import math
from dataclasses import dataclass
from enum import StrEnum

#: Beyond this q-value nothing is called an association.
RATE = 0.05
#: Below this p-value a placebo speaks against a link. Higher than RATE: a placebo is to be found.
PLACEBO = 0.10


class Kind(StrEnum):
    """What may be said."""

    #: There is less than the method needs.
    MISSING = "missing"
    #: Nothing was found; the minimum detectable effect says what would have been.
    NOTHING = "nothing"
    #: The KPI moves with learning, and no check speaks against it.
    ASSOCIATION = "association"
    #: It does, and a check speaks against it.
    DOUBTFUL = "doubtful"
    #: A rollout with a clean pre-trend was followed by a change.
    EFFECT = "effect"


@dataclass(frozen=True)
class Point:
    """An estimate of a profile, at a distance of weeks: a lag, or weeks since a start."""

    at: int
    estimate: float
    low: float
    high: float
    p: float = math.nan


@dataclass(frozen=True)
class Subject:
    """What a link is about, as it is told.

    Attributes:
        kpi: The KPI's name.
        unit: Its unit.
        direction: `up` or `down`: which way is better; empty where it is not known.
        behaviour: What is done more (a behaviour, or a column); of a rollout its name.
        by: How much more of it an estimate is for.
        period: What a period is called.
        team: What a unit is called.
    """

    kpi: str = "the KPI"
    unit: str = "units"
    direction: str = ""
    behaviour: str = "learning"
    by: float = 1.0
    period: str = "week"
    team: str = "team"

    @property
    def teams(self) -> str:
        """What several units are called."""
        return f"{self.team[:-1]}ies" if self.team.endswith("y") else f"{self.team}s"


@dataclass(frozen=True)
class Link:
    """What a method found.

    Attributes:
        estimate: In the KPI's unit (of lags: a correlation), for `subject.by` more learning.
        low, high: The 95 % interval.
        p: Of no link at all; NaN where nothing was tested.
        q: The same over the family of `family` links that were tested together.
        n: Team-weeks.
        clusters: Teams.
        weeks: Weeks, from the first to the last.
        detectable: The least effect that would be found with 80 % probability at 5 %.
        placebo, placebo_p: What should be nothing (the KPI before learning, a rollout, a date).
        doubts: What speaks against it, a sentence each.
        lacks: What is missing, a phrase each.
        profile: Estimates by lag, or by weeks since a start.
        table: Every coefficient by name, with its error.
    """

    method: str
    subject: Subject
    estimate: float = math.nan
    low: float = math.nan
    high: float = math.nan
    p: float = math.nan
    q: float = math.nan
    family: int = 1
    lag: int = 0
    n: int = 0
    clusters: int = 0
    weeks: int = 0
    detectable: float = math.nan
    placebo: float = math.nan
    placebo_p: float = math.nan
    doubts: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    profile: tuple[Point, ...] = ()
    table: tuple[tuple[str, float, float], ...] = ()
    kind: Kind = Kind.MISSING
    verdict: str = ""


def tested(link: Link) -> bool:
    """Whether it has a p-value, and so counts in its family."""
    return not math.isnan(link.p)
