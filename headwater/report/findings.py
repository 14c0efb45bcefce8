"""What is published of a quarter and of the one before it, as rows: `viewer.*` alone is asked."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple, TypeVar

from dashboards.board import text
from dashboards.queries import COUNTED, HISTORY, INSTALLATION
from headwater.errors import StackError
from headwater.report import quarter as quarters
from headwater.report.quarter import Quarter, Span
from warehouse import Warehouse

Row = TypeVar("Row")


class Activity(NamedTuple):
    """Learning events of the whole organisation in a week (`week`), of one scaffold."""

    week: date
    scaffold: str
    events: int


class Behaviour(NamedTuple):
    """Learning events of the whole organisation; behaviour '' is of too few people."""

    scaffold: str
    behaviour: str
    events: int


class Team(NamedTuple):
    """Events of a named team; scaffold '' is any.

    `person_weeks` are its people times the `weeks` of which anything is told.
    """

    team: str
    scaffold: str
    events: int
    person_weeks: int
    weeks: int


class Size(NamedTuple):
    """In how many of the weeks a team may be named, and its people at the end of the last one."""

    team: str
    weeks: int
    people: int


class People(NamedTuple):
    """Different people who learned in a week, down to a multiple of the minimum group."""

    week: date
    people: int


class Quality(NamedTuple):
    """In percent, by week: what is not classified, and what is of accounts of nobody known."""

    unclassified: float | None
    most_unclassified: float | None
    unresolved: float | None
    most_unresolved: float | None
    weeks: int


class Kpi(NamedTuple):
    """A KPI, and what kpis.toml declares of it."""

    kpi: str
    title: str
    unit: str
    direction: str
    owner: str
    source: str
    matters: float | None

    @property
    def words(self) -> str:
        """What it is called."""
        return self.title or self.kpi.replace("_", " ")


class Measured(NamedTuple):
    """A team's figures of a KPI, of all periods together (kpi_teams.sql)."""

    kpi: str
    team: str
    grain: str
    aggregation: str
    periods: int
    total: float
    weighted: float
    weights: float
    least: float
    observations: int


class Moment(NamedTuple):
    """A KPI's figure in a period, over all teams that may be shown."""

    kpi: str
    day: date
    value: float


class Found(NamedTuple):
    """A link as the last run found it (docs/links.md)."""

    method: str
    kpi: str
    unit: str
    behaviour: str
    kind: str
    more: float
    estimate: float | None
    low: float | None
    high: float | None
    p: float | None
    q: float | None
    family: int
    lag: int
    n: int
    clusters: int
    weeks: int
    detectable: float | None
    placebo_p: float | None
    lacks: tuple[str, ...]
    profile: tuple[tuple[int, float, float, float], ...]
    verdict: str
    since: date
    until: date
    at: datetime


class Rollout(NamedTuple):
    """What began in which teams on a day."""

    rollout: str
    start: date
    teams: tuple[str, ...]
    what: str


#: Nothing is told of it.
UNKNOWN = Quality(None, None, None, None, 0)


@dataclass(frozen=True)
class Half:
    """One of the two quarters that are compared."""

    span: Span
    scaffolds: tuple[Activity, ...] = ()
    behaviours: tuple[Behaviour, ...] = ()
    teams: tuple[Team, ...] = ()
    sizes: tuple[Size, ...] = ()
    people: tuple[People, ...] = ()
    quality: Quality = UNKNOWN
    measured: tuple[Measured, ...] = ()
    series: tuple[Moment, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether nothing at all is published of it."""
        return not (self.scaffolds or self.teams or self.measured)

    @property
    def told(self) -> int:
        """In how many weeks anything was learned that may be told."""
        return len({row.week for row in self.scaffolds})


@dataclass(frozen=True)
class Findings:
    """All that a report is made of.

    Attributes:
        zone: The organisation's time zone, by whose clock weeks begin.
        minimum: The fewest people of whom anything is told.
        synthetic: Whether the organisation is made up.
        counted: That history is being counted anew, in words; empty while it is not.
        made: When these rows were read.
    """

    zone: str
    minimum: int
    synthetic: bool
    made: datetime
    now: Half
    before: Half
    counted: str = ""
    kpis: tuple[Kpi, ...] = ()
    links: tuple[Found, ...] = ()
    rollouts: tuple[Rollout, ...] = ()


def read(warehouse: Warehouse, quarter: Quarter, now: datetime) -> Findings:
    """Reads a quarter as viewers see it at a moment.

    Raises StackError where none of its weeks is over, or nothing is published of it, and
    WarehouseError.
    """
    zone, minimum, synthetic = warehouse.query(INSTALLATION.sql)[0]
    today = quarters.today(zone, now)
    half = _half(warehouse, Span.until(quarter, today))
    if half.empty:
        raise _nothing(warehouse, half.span)
    counted = warehouse.query(COUNTED.sql)
    return Findings(
        zone=zone,
        minimum=minimum,
        synthetic=bool(synthetic),
        made=now,
        now=half,
        before=_half(warehouse, Span.until(quarter.before, today)),
        counted=counted[0][0] if counted else "",
        kpis=_rows(warehouse, "kpis", Kpi),
        links=_rows(warehouse, "links", Found),
        rollouts=_rows(warehouse, "rollouts", Rollout, until=half.span.last_day),
    )


def sql(name: str) -> str:
    """The text of one of the report's questions."""
    return text(__package__, name)


def _half(warehouse: Warehouse, span: Span) -> Half:
    told = span.parameters
    return Half(
        span,
        scaffolds=_rows(warehouse, "scaffolds", Activity, **told),
        behaviours=_rows(warehouse, "behaviours", Behaviour, **told),
        teams=_rows(warehouse, "teams", Team, **told),
        sizes=_rows(warehouse, "sizes", Size, **told),
        people=_rows(warehouse, "people", People, **told),
        quality=_rows(warehouse, "quality", Quality, **told)[0],
        measured=_rows(warehouse, "kpi_teams", Measured, **told),
        series=_rows(warehouse, "kpi_series", Moment, **told),
    )


def _rows(
    warehouse: Warehouse, name: str, make: Callable[..., Row], **told: date
) -> tuple[Row, ...]:
    rows = warehouse.query(sql(name), told)
    return tuple(make(*(_fixed(value) for value in row)) for row in rows)


def _fixed(value: Any) -> Any:
    """Lists as tuples, so that nobody changes what was read."""
    return tuple(_fixed(each) for each in value) if isinstance(value, list) else value


def _nothing(warehouse: Warehouse, span: Span) -> StackError:
    since = f"{quarters.day(span.first)} to {quarters.day(span.last_day)}"
    first = warehouse.query(HISTORY.sql)[0][0]
    begins = (
        f"what is published begins with the week of {quarters.day(first)}, in {Quarter.of(first)}"
        if first > date(1970, 1, 1)
        else "nothing is published of any week yet"
    )
    return StackError(
        f"there is no report of {span.quarter.title} ({since}): no learning event and no KPI of "
        f"enough people is published of it, and {begins}. To fix: ask for a quarter with data; "
        "where there should be some, see `headwater status`."
    )
