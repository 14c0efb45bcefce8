"""How long newcomers need until they do as much as old hands: released.* → `kpi.proficiency`.

A newcomer is there when the work items that they finish of one kind reach that kind's level, three
weeks in a row; their time is the first of these weeks, counted from the first whole one (1). Who
has not got there is censored: by today, or by leaving. So a median is Kaplan and Meier's, and none
is made up where half of a cohort have not got there.

The level is the median of what people of the team who have been there for a year finish of the
kind in a week in which they finish any; of teams with fewer than five of these, the organisation's.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import NamedTuple

import numpy as np

from warehouse.client import Warehouse

#: So many weeks in a row.
SUSTAINED = 3
#: From then on somebody is an old hand, in days; a level is of so many of them.
OLD_HAND, OLD_HANDS = 365, 5
COLUMNS = ("at", "cells")
WEEK = dt.timedelta(days=7)


class Person(NamedTuple):
    """Who started when, their team in the first whole week, and their last day in any."""

    person: int
    start: dt.date
    team: str
    last: dt.date


class Done(NamedTuple):
    """How many items of a kind somebody finished in a week (its Monday)."""

    person: int
    team: str
    kind: str
    monday: dt.date
    items: int


class Stay(NamedTuple):
    """Weeks until somebody was there, or was last seen not to be."""

    weeks: int
    reached: bool


@dataclass(frozen=True)
class Median:
    """Kaplan and Meier's median in weeks, and its 95 % interval; None where there is none."""

    people: int
    median: float | None
    low: float | None
    high: float | None


#: Team and kind → the level.
Levels = Mapping[tuple[str, str], float]


def levels(people: Iterable[Person], done: Sequence[Done]) -> Levels:
    """What old hands finish in a week, of each team and kind in which anybody finished anything."""
    starts = {each.person: each.start for each in people}
    old = [
        each
        for each in done
        if each.person in starts and (each.monday - starts[each.person]).days >= OLD_HAND
    ]
    known: dict[tuple[str, str], float] = {}
    for team, kind in sorted({(each.team, each.kind) for each in done}):
        everywhere = [each for each in old if each.kind == kind]
        for some in ([each for each in everywhere if each.team == team], everywhere):
            if len({each.person for each in some}) >= OLD_HANDS:
                known[team, kind] = median(each.items for each in some)
                break
    return known


def stay(
    person: Person, items: Mapping[str, Mapping[dt.date, int]], known: Levels, last: dt.date
) -> Stay | None:
    """A newcomer's time; None while too few weeks are over, or where their team has no level.

    `items` are by kind and Monday; `last` is the last Monday whose week is over.
    """
    mine = {kind: level for (team, kind), level in known.items() if team == person.team}
    first = person.start + dt.timedelta(days=-person.start.weekday() % 7)
    end = min(last, person.last - dt.timedelta(days=6))
    seen = (end - first).days // 7 + 1 - (SUSTAINED - 1)
    if not mine or seen < 1:
        return None
    for week in range(seen):
        mondays = [first + WEEK * (week + ahead) for ahead in range(SUSTAINED)]
        for kind, level in mine.items():
            if all(items.get(kind, {}).get(monday, 0) >= level for monday in mondays):
                return Stay(week + 1, reached=True)
    return Stay(seen, reached=False)


def estimated(stays: Sequence[Stay]) -> Median:
    """The median by the product limit: the first week after which fewer than half are left.

    Its interval is by Greenwood's error of log(-log S).
    """
    from statsmodels.duration.survfunc import SurvfuncRight

    if not any(each.reached for each in stays):
        return Median(len(stays), None, None, None)
    weeks = np.array([each.weeks for each in stays], float)
    with np.errstate(divide="ignore", invalid="ignore"):
        curve = SurvfuncRight(weeks, np.array([each.reached for each in stays], float))
        low, high = map(_known, curve.quantile_ci(0.5, method="cloglog"))
    # As `curve.quantile`, but where exactly half are left, as floats have it.
    below = curve.surv_times[curve.surv_prob < 0.5 - 1e-9]
    return Median(len(stays), float(below[0]) if len(below) else None, low, high)


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def quarter(day: dt.date) -> dt.date:
    """The first day of its quarter."""
    return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)


def cohorts(
    people: Sequence[Person], done: Sequence[Done], last: dt.date
) -> Iterator[tuple[dt.date, Median]]:
    """Each quarter's newcomers: those who started when work items were known already."""
    if not done:
        return
    known, since = levels(people, done), min(each.monday for each in done)
    items = defaultdict[int, dict[str, dict[dt.date, int]]](lambda: defaultdict(dict))
    for each in done:
        weeks = items[each.person][each.kind]
        weeks[each.monday] = weeks.get(each.monday, 0) + each.items
    found = defaultdict[dt.date, list[Stay]](list)
    for person in people:
        if person.start >= since and (one := stay(person, items[person.person], known, last)):
            found[quarter(person.start)].append(one)
    for cohort, stays in sorted(found.items()):
        yield cohort, estimated(stays)


def run(warehouse: Warehouse) -> int:
    """Estimates all cohorts and keeps them; returns how many there are."""
    last = dt.date.fromisoformat(str(warehouse.rows("links/now")[0][0]))
    people = [Person(*row) for row in warehouse.rows("proficiency/people")]
    done = [Done(*row) for row in warehouse.rows("proficiency/done", last=last)]
    cells = [(c, m.people, m.median, m.low, m.high) for c, m in cohorts(people, done, last)]
    warehouse.insert("kpi.proficiency_rows", COLUMNS, [(dt.datetime.now(dt.UTC), cells)])
    return len(cells)
