"""The figures that are compared: rates a head, and KPIs over teams and periods. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from headwater.report.findings import Findings, Half, Kpi, Measured, Size, Team
from headwater.report.words import LEAST_WEEKS


@dataclass(frozen=True)
class Rate:
    """Learning events a head and week of named teams.

    Attributes:
        events: Of the team-weeks that are told.
        person_weeks: People times weeks, of the same.
        weeks: Team-weeks that are told.
        possible: Team-weeks in which a team may be named.
    """

    events: int
    person_weeks: int
    weeks: int
    possible: int

    @property
    def value(self) -> float | None:
        """Events by person-weeks; None where nothing is told."""
        return self.events / self.person_weeks if self.person_weeks else None

    def compares(self, other: "Rate") -> bool:
        """Whether both are told of at least half of their team-weeks."""
        both = (self, other)
        return all(each.weeks and 2 * each.weeks >= each.possible for each in both)


@dataclass(frozen=True)
class Level:
    """A KPI over teams and periods.

    Attributes:
        value: Its mean, weighted where every figure has a weight; of a KPI that is summed, the
            teams' means together.
        observations: Single observations behind it; 0 where nobody said.
        periods: Figures, of all teams.
    """

    value: float
    teams: frozenset[str]
    observations: int
    periods: int
    grain: str


@dataclass(frozen=True)
class Moved:
    """A KPI in both quarters; either may have no figure."""

    kpi: Kpi
    now: Level | None
    before: Level | None
    #: Of the teams with figures in both; None where there is none, or too little to compare.
    change: float | None
    #: What it usually differs by from one period to the next; 0 where nobody can tell.
    swing: float = 0.0

    @property
    def same_teams(self) -> bool:
        """Whether both quarters are of the same teams."""
        return bool(self.now and self.before and self.now.teams == self.before.teams)

    @property
    def matters(self) -> bool:
        """Whether it changed by what kpis.toml says matters; where it says nothing, by more than
        its usual swing."""
        change = abs(self.change or 0.0)
        return change >= self.kpi.matters if self.kpi.matters else change > self.swing

    @property
    def way(self) -> str:
        """`better`, `worse`, or `` where it did not change, or which way is better nobody said."""
        if not self.matters or self.kpi.direction not in ("up", "down"):
            return ""
        return "better" if ((self.change or 0.0) > 0) == (self.kpi.direction == "up") else "worse"


def rate(teams: Iterable[Team], sizes: Iterable[Size], scaffold: str = "", team: str = "") -> Rate:
    """The rate of a scaffold ('' is any) in a team ('' is all that may be named)."""
    mine = [row for row in teams if row.scaffold == scaffold and team in ("", row.team)]
    return Rate(
        sum(row.events for row in mine),
        sum(row.person_weeks for row in mine),
        sum(row.weeks for row in mine),
        sum(size.weeks for size in sizes if team in ("", size.team)),
    )


def level(rows: Sequence[Measured]) -> Level | None:
    """A KPI over some teams; None where there is no figure."""
    if not rows:
        return None
    if rows[0].aggregation == "sum":
        value = sum(row.total / row.periods for row in rows)
    elif min(row.least for row in rows) > 0:
        value = sum(row.weighted for row in rows) / sum(row.weights for row in rows)
    else:
        value = sum(row.total for row in rows) / sum(row.periods for row in rows)
    return Level(
        value,
        frozenset(row.team for row in rows),
        sum(row.observations for row in rows),
        sum(row.periods for row in rows),
        rows[0].grain,
    )


def swing(values: Sequence[float]) -> float:
    """What a series usually differs by from one value to the next: the median; 0 of too few."""
    steps = [abs(one - other) for other, one in pairwise(values)]
    return median(steps) if len(steps) >= LEAST_WEEKS else 0.0


def moved(
    kpi: Kpi, now: Sequence[Measured], before: Sequence[Measured], usual: float = 0.0
) -> Moved:
    """A KPI in both quarters, and how it changed in the teams that have figures in both."""
    both = {row.team for row in now} & {row.team for row in before}
    last = level([row for row in now if row.team in both])
    first = level([row for row in before if row.team in both])
    change = last.value - first.value if last and first and _enough(last, first) else None
    return Moved(kpi, level(now), level(before), change, usual)


def _enough(*levels: Level) -> bool:
    """Whether there are four weeks of each in a team's mean, four days, or a month."""
    return all(
        each.periods >= (1 if each.grain == "month" else LEAST_WEEKS) * len(each.teams)
        for each in levels
    )


def every_kpi(found: Findings) -> list[Moved]:
    """Each KPI that has a figure in one of the two quarters."""
    now, before = (_by_kpi(half) for half in (found.now, found.before))
    values: dict[str, list[float]] = defaultdict(list)
    for row in (*found.before.series, *found.now.series):
        values[row.kpi].append(row.value)
    return [
        moved(kpi, now[kpi.kpi], before[kpi.kpi], swing(values[kpi.kpi]))
        for kpi in found.kpis
        if now[kpi.kpi] or before[kpi.kpi]
    ]


def _by_kpi(half: Half) -> Mapping[str, list[Measured]]:
    found: dict[str, list[Measured]] = defaultdict(list)
    for row in half.measured:
        found[row.kpi].append(row)
    return found
