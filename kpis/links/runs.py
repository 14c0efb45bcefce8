"""Links of the warehouse: team-weeks in, rows of `kpi.links` out, and any row computed again.

The team-weeks are those that viewers may be shown: teams of at least the minimum group, week by
week. The newest week is the last that is over. What was estimated of the same data before is taken
from there: only q and words, which are of the whole run, are new.
"""

import contextlib
import datetime as dt
import json
import math
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import Any

import numpy as np

from kpis import declared, proficiency
from kpis.declared import Begun
from kpis.links import history, interruption, lags, panel, rollouts
from kpis.links.families import judged
from kpis.links.floors import ROLLOUT
from kpis.links.frames import Floats, Grid, digest, week_of
from kpis.links.link import Link, Point, Subject
from kpis.links.verdicts import spoken
from warehouse.client import Warehouse
from warehouse.errors import WarehouseError

COLUMNS = (
    "id", "run", "at", "method", "kpi", "unit", "direction", "behaviour", "kind", "more",
    "estimate", "low", "high", "p", "q", "family", "lag", "n", "clusters", "weeks", "detectable",
    "placebo", "placebo_p", "doubts", "lacks", "profile", "verdict", "since", "until",
    "parameters", "data",
)  # fmt: skip
#: Every week that there is.
BEGINNING = dt.date(1970, 1, 1)
_MONDAY = dt.date(1970, 1, 5)


@dataclass(frozen=True)
class Parameters:
    """What a run is computed with; all of it is kept with each row.

    Attributes:
        lags: Weeks that learning may take to show, in the panel.
        leads: Weeks to come, as a placebo.
        most: The longest lag that is looked for.
        seed: Of the draws.
        revision: Of the methods: a figure of another one is estimated anew.
    """

    lags: int = 4
    leads: int = 3
    most: int = 8
    seed: int = 1
    revision: int = 1


@dataclass(frozen=True)
class Told:
    """One KPI's team-weeks.

    Attributes:
        grid: The column `kpi`, and one a behaviour: how many events; NaN where there is no figure,
            or the team was too small.
    """

    kpi: str
    unit: str
    direction: str
    grid: Grid

    @property
    def behaviours(self) -> list[str]:
        """Those that occur."""
        return sorted(set(self.grid.values) - {"kpi"})


@dataclass(frozen=True)
class Question:
    """What a method is asked of one KPI: of a behaviour, or of the teams' starts with a rollout.

    Attributes:
        starts: Team → the number of its first week with the rollout, whose name `about` is then.
    """

    told: Told
    method: str
    about: str
    parameters: Parameters
    starts: Mapping[str, int] | None = None

    @property
    def data(self) -> str:
        """A hash of what its answer is computed from."""
        grid = self.told.grid
        beside = grid[self.about] if self.starts is None else sorted(self.starts.items())
        return digest(",".join(grid.teams), grid.periods, grid["kpi"], beside)

    @property
    def id(self) -> str:
        """The same for the same question of the same data: 16 hexadecimal digits."""
        about = (self.method, self.told.kpi, self.about, asdict(self.parameters), self.data)
        return digest(*about)

    @property
    def subject(self) -> Subject:
        """What it is about, as it is told."""
        told = self.told
        if self.starts is not None:
            of = f" of {next(iter(self.starts))}" if self.method == "interruption" else ""
            return Subject(f"{told.kpi}{of}", told.unit, told.direction, self.about)
        usual = _usual(told.grid[self.about])
        return Subject(told.kpi, told.unit, told.direction, f"the behaviour {self.about}", usual)

    @property
    def since(self) -> dt.date:
        """The first week of its data."""
        return _MONDAY + dt.timedelta(weeks=int(self.told.grid.periods[0]))

    @property
    def until(self) -> dt.date:
        """The last week of its data."""
        return _MONDAY + dt.timedelta(weeks=int(self.told.grid.periods[-1]))

    def answered(self) -> Link:
        """The answer, by itself: its q is of nothing else."""
        return METHODS[self.method](self)


@dataclass(frozen=True)
class Row:
    """A link as it is stored."""

    link: Link
    question: Question
    #: Whether it was estimated now, not taken from an earlier run.
    anew: bool = True

    def values(self, run: uuid.UUID, at: dt.datetime) -> tuple[Any, ...]:
        """In the order of COLUMNS."""
        link, subject, asked = self.link, self.link.subject, self.question
        numbers = (link.estimate, link.low, link.high, link.p, link.q)
        more = (link.detectable, link.placebo, link.placebo_p)
        return (
            asked.id, run, at, link.method, asked.told.kpi, subject.unit, subject.direction,
            asked.about, link.kind.value, subject.by, *map(_known, numbers), link.family,
            link.lag, link.n, link.clusters, link.weeks, *map(_known, more), list(link.doubts),
            list(link.lacks), [(p.at, p.estimate, p.low, p.high) for p in link.profile],
            link.verdict, asked.since, asked.until, json.dumps(asdict(asked.parameters)),
            asked.data,
        )  # fmt: skip


def run(
    warehouse: Warehouse,
    parameters: Parameters | None = None,
    *,
    why: str = "asked",
    told: Callable[[str], None] = lambda line: None,
) -> list[Row]:
    """Answers every question of the warehouse, and stores the answers as one run.

    How long newcomers need is estimated with it (`kpis/proficiency.py`). What fails is written down
    too (`ops.link_runs`), and raised.
    """
    began, run_id = dt.datetime.now(dt.UTC), uuid.uuid4()
    try:
        begun, telling = declared.declared(warehouse), team_weeks(warehouse)
        asked = questions(telling, begun, parameters or Parameters())
        rows = found(asked, stored(warehouse, asked), told)
        at = dt.datetime.now(dt.UTC)
        warehouse.insert("kpi.link_rows", COLUMNS, [row.values(run_id, at) for row in rows])
        proficiency.run(warehouse)
    except Exception as error:
        failure = f"{type(error).__name__}: {error}"
        with contextlib.suppress(WarehouseError):  # what is raised says more
            history.ended(warehouse, run_id, began, why, failure=failure)
        raise
    anew = sum(row.anew for row in rows)
    history.ended(warehouse, run_id, began, why, links=len(rows), estimated=anew)
    return rows


def questions(
    telling: Sequence[Told], begun: Sequence[Begun], parameters: Parameters
) -> list[Question]:
    """Every KPI with every behaviour, by lags and by panel; and with every rollout.

    A rollout of one team that has figures is an interruption of its series.
    """
    asked = [
        Question(each, method, name, parameters)
        for method in ("lags", "panel")
        for each in telling
        for name in each.behaviours
    ]
    for name in sorted({each.rollout for each in begun}):
        starts = {x.team: week_of(x.start) for x in begun if x.rollout == name}
        for each in telling:
            mine = {team: week for team, week in starts.items() if team in each.grid.teams}
            method = "interruption" if len(mine) == 1 else "rollout"
            asked.append(Question(each, method, name, parameters, mine))
    return asked


def again(warehouse: Warehouse, row: Mapping[str, Any]) -> Row | None:
    """A stored row computed anew, of the same weeks as they are now, by itself.

    Its q is of its family then, which is not computed again. None where nothing is left of it.
    """
    parameters = Parameters(**json.loads(row["parameters"]))
    telling = team_weeks(warehouse, _date(row["since"]), _date(row["until"]))
    for asked in questions(telling, declared.declared(warehouse), parameters):
        if (asked.method, asked.told.kpi, asked.about) == (
            row["method"],
            row["kpi"],
            row["behaviour"],
        ):
            return Row(asked.answered(), asked)
    return None


def stored(warehouse: Warehouse, asked: Sequence[Question]) -> dict[str, Link]:
    """What earlier runs answered to these questions of the same data, by id."""
    if not asked:
        return {}
    by_id = {each.id: each for each in asked}
    rows = warehouse.dicts("links/kept", until=max(each.until for each in asked))
    return {row["id"]: _link(row, by_id[row["id"]]) for row in rows if row["id"] in by_id}


def _link(row: Mapping[str, Any], asked: Question) -> Link:
    """A link as it was stored; its kind, q and words are made anew by whoever judges it."""
    known = row["estimate"] is not None
    return Link(
        row["method"],
        asked.subject,
        estimate=_figure(row["estimate"]),
        # What reaches without an end is not stored as a number.
        low=-math.inf if known and row["low"] is None else _figure(row["low"]),
        high=math.inf if known and row["high"] is None else _figure(row["high"]),
        p=_figure(row["p"]),
        lag=row["lag"],
        n=row["n"],
        clusters=row["clusters"],
        weeks=row["weeks"],
        detectable=_figure(row["detectable"]),
        placebo=_figure(row["placebo"]),
        placebo_p=_figure(row["placebo_p"]),
        doubts=tuple(row["doubts"]),
        lacks=tuple(row["lacks"]),
        profile=tuple(_point(each) for each in row["profile"]),
    )


def _point(of: Any) -> Point:
    return Point(*(of.values() if isinstance(of, dict) else of))


def alike(row: Row, stored: Mapping[str, Any]) -> bool:
    """Whether a row has the figures of a stored one, but for what the last digits of sums are."""
    ours = dict(zip(COLUMNS, row.values(uuid.UUID(int=0), dt.datetime.now(dt.UTC)), strict=True))
    exact = all(ours[name] == stored[name] for name in ("n", "clusters", "weeks", "lag"))
    told = ("estimate", "low", "high", "p", "detectable", "placebo", "placebo_p")
    return exact and all(
        (ours[name] is None) == (stored[name] is None)
        and (
            ours[name] is None or math.isclose(ours[name], stored[name], rel_tol=1e-6, abs_tol=1e-9)
        )
        for name in told
    )


def found(
    asked: Sequence[Question],
    kept: Mapping[str, Link] | None = None,
    told: Callable[[str], None] = lambda line: None,
) -> list[Row]:
    """Every question's answer; each method's are a family. What is `kept` is not estimated anew."""
    kept = kept or {}
    rows: list[Row] = []
    for method in METHODS:
        mine = [each for each in asked if each.method == method]
        links, anew = [], []
        for kpi, some in groupby(mine, key=lambda each: each.told.kpi):
            group = list(some)
            told(f"{method}: {kpi}, {len(group)} questions")
            for each in group:
                before = kept.get(each.id)
                anew.append(before is None)
                links.append(each.answered() if before is None else before)
        rows += map(Row, judged(links), mine, anew)
    return rows


def team_weeks(
    warehouse: Warehouse, since: dt.date = BEGINNING, until: dt.date | None = None
) -> list[Told]:
    """Each KPI with learning, by team and week."""
    until = until or _date(warehouse.rows("links/now")[0][0])
    figures = warehouse.rows("links/figures", since=since, until=until)
    learned = warehouse.rows("links/learning", since=since, until=until)
    return list(_laid(figures, learned))


def _laid(figures: Sequence[Sequence[Any]], learned: Sequence[Sequence[Any]]) -> Iterator[Told]:
    """Grids over the weeks in which there is learning."""
    if not learned:
        return
    numbers = [week_of(_date(week)) for _, week, _ in learned]
    first, last = min(numbers), max(numbers)
    periods = np.arange(first, last + 1, dtype=np.int64)
    names = sorted({name for _, _, some in learned for name, _ in some})
    for kpi in sorted({row[0] for row in figures}):
        mine = [row for row in figures if row[0] == kpi]
        teams = sorted({row[3] for row in mine})
        places = {team: place for place, team in enumerate(teams)}
        shape = (len(teams), len(periods))
        values: dict[str, Floats] = {name: np.full(shape, np.nan) for name in ("kpi", *names)}
        large = np.zeros(shape, dtype=bool)
        for team, week, some in learned:
            if team not in places:
                continue
            cell = places[team], week_of(_date(week)) - first
            large[cell] = True
            for name in names:
                values[name][cell] = 0.0
            for name, events in some:
                values[name][cell] = float(events)
        for *_, team, week, value in mine:
            at = week_of(_date(week)) - first
            if 0 <= at < len(periods) and large[places[team], at]:
                values["kpi"][places[team], at] = value
        yield Told(kpi, mine[0][1], mine[0][2], Grid(tuple(teams), periods, values))


def _panel(asked: Question) -> Link:
    parameters = asked.parameters
    return panel.estimated(
        asked.told.grid,
        "kpi",
        [asked.about],
        asked.subject,
        lags=parameters.lags,
        leads=parameters.leads,
        seed=parameters.seed,
        alone=False,
    )


def _lags(asked: Question) -> Link:
    parameters = asked.parameters
    return lags.estimated(
        asked.told.grid,
        "kpi",
        asked.about,
        asked.subject,
        lags=parameters.most,
        seed=parameters.seed,
        alone=False,
    )


def _rollout(asked: Question) -> Link:
    grid, starts = asked.told.grid, asked.starts or {}
    if starts and min(starts.values()) > grid.periods[-1]:
        lacks = ROLLOUT.lacks(ROLLOUT.teams, before=ROLLOUT.before)
        return spoken(Link("rollout", asked.subject, lacks=lacks))
    return rollouts.estimated(
        grid, "kpi", starts, asked.subject, seed=asked.parameters.seed, alone=False
    )


def _interruption(asked: Question) -> Link:
    grid = asked.told.grid
    ((team, week),) = (asked.starts or {}).items()
    series = grid["kpi"][grid.teams.index(team)]
    at = min(max(week - int(grid.periods[0]), 0), len(series))
    return interruption.estimated(series, at, asked.subject, alone=False)


METHODS: dict[str, Callable[[Question], Link]] = {
    "lags": _lags,
    "panel": _panel,
    "rollout": _rollout,
    "interruption": _interruption,
}


def _usual(learned: Floats) -> float:
    """How much a team's weeks usually differ: the median deviation within teams, two digits."""
    counts = (~np.isnan(learned)).sum(axis=1)
    some = learned[counts > 1]
    if not len(some):
        return 1.0
    usual = float(np.median(np.nanstd(some, axis=1)))
    return float(f"{usual:.2g}") if usual > 0 else 1.0


def _date(value: dt.date | dt.datetime) -> dt.date:
    return value.date() if isinstance(value, dt.datetime) else value


def _known(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _figure(value: float | None) -> float:
    return math.nan if value is None else value
