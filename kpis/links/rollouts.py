"""What followed a dated start in some teams: Callaway and Sant'Anna (2021), and their event study.

Each cohort of teams (those that began in one week) is compared in each week with teams that had not
begun, beside the week before its start; so teams that began earlier are never a comparison, which
two-way effects get wrong. Errors are of the influence functions; bands by the multiplier bootstrap.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from kpis.links.families import judged
from kpis.links.floors import ROLLOUT, Floor
from kpis.links.frames import Floats, Grid, Ints
from kpis.links.link import PLACEBO, Link, Point, Subject
from kpis.links.verdicts import spoken

#: The cohort of teams that never began.
NEVER = 0
DRAWS = 999
_ALONG = 0.20


@dataclass(frozen=True)
class Effects:
    """The effect on each cohort in each period, and its influence function (teams × effects).

    Attributes:
        cohorts, periods: Of which cohort and period each is.
        att: The average effect on those who began.
        shares: The part of each team that a cohort has, teams × effects.
    """

    cohorts: Ints
    periods: Ints
    att: Floats
    influence: Floats
    shares: Floats
    chances: Floats

    @property
    def since(self) -> Ints:
        """Periods since the start; below zero before it."""
        return np.asarray(self.periods - self.cohorts)

    def weighted(self, which: "np.ndarray[tuple[int], np.dtype[np.bool_]]") -> tuple[float, Floats]:
        """Their average by the cohorts' sizes, and its influence; the weights are estimated too."""
        chances = self.chances[which]
        total = float(chances.sum())
        weights = chances / total
        att = self.att[which]
        estimate = float(weights @ att)
        about = self.shares[:, which] - chances
        of_weights = about @ att / total - about.sum(axis=1) * estimate / total
        return estimate, np.asarray(self.influence[:, which] @ weights + of_weights)


def effects(y: Floats, periods: Ints, starts: Ints, control: str = "never") -> Effects:
    """The effect of each cohort and period (differences beside the period before the start).

    `starts`: each team's first period, NEVER for none. `control`: `never`, or `notyet`: teams that
    had not begun by then too. Before the start the comparison is with one period earlier.
    """
    teams = len(y)
    told: list[tuple[int, int, float, Floats, Floats, float]] = []
    begun = np.where(starts == NEVER, np.iinfo(np.int64).max, starts)
    for cohort in sorted({int(each) for each in starts} - {NEVER}):
        ours = starts == cohort
        for at in range(1, len(periods)):
            period = int(periods[at])
            base = at - 1 if period < cohort else int(np.searchsorted(periods, cohort)) - 1
            if base < 0:
                continue
            later = max(period, int(periods[base]))
            others = starts == NEVER if control == "never" else (begun > later) & ~ours
            change = y[:, at] - y[:, base]
            there = ~np.isnan(change)
            here, beside = ours & there, others & there
            if not here.any() or not beside.any():
                continue
            change = np.where(there, change, 0.0)
            ahead, along = float(change[here].mean()), float(change[beside].mean())
            influence = np.zeros(teams)
            influence[here] = (change[here] - ahead) * teams / here.sum()
            influence[beside] -= (change[beside] - along) * teams / beside.sum()
            told.append(
                (cohort, period, ahead - along, influence, ours.astype(float), float(ours.mean()))
            )
    if not told:
        return Effects(
            *(np.zeros(0, dtype=np.int64),) * 2,
            np.zeros(0),
            *(np.zeros((teams, 0)),) * 2,
            np.zeros(0),
        )
    cohorts, times, att, influences, shares, chances = zip(*told, strict=True)
    return Effects(
        np.array(cohorts, dtype=np.int64),
        np.array(times, dtype=np.int64),
        np.array(att),
        np.column_stack(influences),
        np.column_stack(shares),
        np.array(chances),
    )


def simple(found: Effects) -> tuple[float, Floats]:
    """The average over all cohorts and periods from the start on."""
    return found.weighted(found.since >= 0)


def dynamic(found: Effects) -> tuple[float, Floats]:
    """The average over the periods since the start, each as much as another."""
    ahead = sorted({int(each) for each in found.since if each >= 0})
    return _mean([found.weighted(found.since == each) for each in ahead])


def group(found: Effects) -> tuple[float, Floats]:
    """The average over cohorts by their size, of each cohort's average since its start."""
    cohorts = sorted({int(each) for each in found.cohorts})
    parts, chances, shares = [], [], []
    for cohort in cohorts:
        which = (found.cohorts == cohort) & (found.since >= 0)
        if which.any():
            parts.append((float(found.att[which].mean()), found.influence[:, which].mean(axis=1)))
            first = int(np.flatnonzero(which)[0])
            chances.append(float(found.chances[first]))
            shares.append(found.shares[:, first])
    att, weights = np.array([a for a, _ in parts]), np.array(chances)
    total = float(weights.sum())
    estimate = float(weights @ att) / total
    about = np.column_stack(shares) - weights
    of_weights = about @ att / total - about.sum(axis=1) * estimate / total
    influence = np.column_stack([i for _, i in parts]) @ (weights / total) + of_weights
    return estimate, np.asarray(influence)


AGGREGATIONS = {"simple": simple, "dynamic": dynamic, "group": group}


def error(influence: Floats) -> float:
    """The standard error that an influence function gives."""
    return float(np.sqrt((influence**2).mean() / len(influence)))


def pretrend(found: Effects) -> float:
    """The p-value of no effect before any start (Wald, of all cohorts and periods at once)."""
    from scipy.stats import chi2

    before = found.since < 0
    if not before.any():
        return float("nan")
    influence, teams = found.influence[:, before], len(found.influence)
    covariance = influence.T @ influence / teams**2
    rank = int(np.linalg.matrix_rank(covariance))
    att = found.att[before]
    return float(chi2.sf(float(att @ np.linalg.pinv(covariance, hermitian=True) @ att), rank))


def estimated(
    grid: Grid,
    kpi: str,
    starts: Mapping[str, int],
    subject: Subject,
    *,
    aggregation: str = "simple",
    control: str = "never",
    floor: Floor = ROLLOUT,
    seed: int = 1,
    alone: bool = True,
) -> Link:
    """What followed a rollout: team → its first period of it; teams without one never began."""
    y = grid[kpi]
    some = np.asarray((~np.isnan(y)).any(axis=1))
    y = y[some]
    teams = [team for team, there in zip(grid.teams, some.tolist(), strict=True) if there]
    begins = np.array([starts.get(team, NEVER) for team in teams], dtype=np.int64)
    # Who began before the first week has no week before; who begins after the last has not begun.
    first, last = int(grid.periods[0]), int(grid.periods[-1])
    kept = (begins == NEVER) | (begins > first)
    y, begins = y[kept], np.where(begins[kept] > last, NEVER, begins[kept])
    ours = int((begins != NEVER).sum())
    others = int((begins == NEVER).sum())
    started = begins[begins != NEVER]
    before = int(np.median(started) - first) if ours else 0
    after = int(last + 1 - np.median(started)) if ours else 0
    blank = Link(
        "rollout",
        subject,
        n=int((~np.isnan(y)).sum()),
        clusters=len(y),
        weeks=len(grid.periods),
    )
    lacks = (
        *(f"{each} with the rollout" for each in replace(floor, before=0, after=0).lacks(ours)),
        *(f"{each} without it" for each in replace(floor, before=0, after=0).lacks(others)),
        *floor.lacks(floor.teams, before=before, after=after),
    )
    if lacks:
        return spoken(replace(blank, lacks=lacks))
    found = effects(y, grid.periods, begins, control)
    if not (found.since >= 0).any():
        return spoken(replace(blank, lacks=("a week in which both kinds of team have a figure",)))
    estimate, influence = AGGREGATIONS[aggregation](found)
    link = _judged(blank, estimate, influence, min(ours, others))
    earlier = before_start(y, grid.periods, begins, seed)
    link = replace(
        link,
        profile=tuple(_event_study(found, seed)),
        placebo=earlier.drift,
        placebo_p=earlier.p,
        table=_table(found),
    )
    link = replace(link, doubts=_doubts(link, found, earlier))
    return judged([link])[0] if alone else link


def _judged(link: Link, estimate: float, influence: Floats, smaller: int) -> Link:
    """With as many degrees of freedom as the smaller side has teams, less one."""
    from scipy.stats import t

    spread = error(influence)
    free = max(smaller - 1, 1)
    # What the influence function leaves out in few teams: it divides by n, not by n − 1.
    spread *= float(np.sqrt(smaller / free)) if smaller < 100 else 1.0
    reach = float(t.ppf(0.975, free))
    return replace(
        link,
        estimate=estimate,
        low=estimate - reach * spread,
        high=estimate + reach * spread,
        p=float(2 * t.sf(abs(estimate) / spread, free)) if spread > 0 else float("nan"),
        detectable=(reach + float(t.ppf(0.8, free))) * spread,
    )


def _event_study(found: Effects, seed: int) -> list[Point]:
    """Effects by periods since the start, with simultaneous bands (multiplier bootstrap).

    Wider where few teams are behind an effect, as Student's t is.
    """
    from scipy.stats import t

    ages = sorted({int(each) for each in found.since})
    told = [found.weighted(found.since == age) for age in ages]
    influence = np.column_stack([each for _, each in told])
    teams = len(influence)
    errors = np.array([error(each) for each in influence.T])
    some = errors > 0
    signs = np.random.default_rng(seed).integers(0, 2, (DRAWS, teams)) * 2 - 1
    drawn = np.abs(signs @ influence[:, some] / teams / errors[some])
    band = float(np.quantile(drawn.max(axis=1), 0.95)) if some.any() else 0.0
    points = []
    for age, (estimate, _), spread in zip(ages, told, errors.tolist(), strict=True):
        behind = int((found.shares[:, found.since == age].max(axis=1) > 0).sum())
        wider = float(t.ppf(0.975, max(behind - 1, 1))) / 1.96
        points.append(
            Point(age, estimate, estimate - band * wider * spread, estimate + band * wider * spread)
        )
    return points


@dataclass(frozen=True)
class Before:
    """How those who were to begin differed from the others before they did.

    Attributes:
        largest: The largest change from one period to the next that the others did not have.
        drift: How far they moved from the first period to the last before the start.
        p: Of neither, by giving the starts to other teams at random.
        drift_p: Of no drift alone.
    """

    largest: float
    drift: float
    p: float
    drift_p: float


def before_start(y: Floats, periods: Ints, starts: Ints, seed: int) -> Before:
    """Tests what should be nothing; exact however few teams there are, if they are alike."""
    random = np.random.default_rng(seed)
    orders = np.array([starts, *(random.permutation(starts) for _ in range(DRAWS))])
    changes = np.diff(y, axis=1)
    told = ~np.isnan(changes)
    sums = np.where(told, changes, 0.0)
    cohorts = [int(c) for c in np.unique(starts) if c != NEVER]
    places = {c: int(np.searchsorted(periods, c)) for c in cohorts}
    longest = max(places.values()) - 1
    # Of each draw: changes by periods before the start (the last first), and their sum.
    ages, weights = np.zeros((len(orders), longest)), np.zeros((len(orders), longest))
    drift = np.zeros(len(orders))
    never = (orders == NEVER).astype(float)
    beside = (never @ sums) / np.maximum(never @ told, 1)
    for cohort, place in places.items():
        ours = (orders == cohort).astype(float)
        size = float(ours[0].sum())
        ahead = (ours @ sums) / np.maximum(ours @ told, 1)
        apart = (ahead - beside)[:, : place - 1][:, ::-1]
        ages[:, : apart.shape[1]] += size * apart
        weights[:, : apart.shape[1]] += size
        drift += size * apart.sum(axis=1)
    ages = ages / np.maximum(weights, 1)
    drift = drift / float((starts != NEVER).sum())
    spread = ages.std(axis=0)
    far = np.abs(ages[:, spread > 0] / spread[spread > 0])
    if not far.size or drift.std() == 0:
        return Before(*(float("nan"),) * 4)
    farthest = far.max(axis=1)
    drift_p = float((np.abs(drift) >= abs(drift[0])).mean())
    p = min(1.0, 2 * min(float((farthest >= farthest[0]).mean()), drift_p))
    return Before(float(max(ages[0], key=abs)), float(drift[0]), p, drift_p)


def _table(found: Effects) -> tuple[tuple[str, float, float], ...]:
    rows = []
    for name, aggregate in AGGREGATIONS.items():
        estimate, influence = aggregate(found)
        rows.append((name, estimate, error(influence)))
    rows.append(("pre-trend, p of Wald", pretrend(found), float("nan")))
    rows += [
        (f"ATT({g}, {t})", float(att), error(influence))
        for g, t, att, influence in zip(
            found.cohorts.tolist(),
            found.periods.tolist(),
            found.att.tolist(),
            found.influence.T,
            strict=True,
        )
    ]
    return tuple(rows)


def _doubts(link: Link, found: Effects, earlier: Before) -> tuple[str, ...]:
    doubts = []
    subject = link.subject
    # A test that sees no drift may have missed one (Roth, 2022): less will do where it goes the way
    # of the finding.
    along = earlier.drift * link.estimate > 0 and earlier.drift_p < _ALONG
    if earlier.p < PLACEBO or along:
        doubts.append(
            f"{subject.kpi} of these {subject.teams} went another way before {subject.behaviour} "
            f"began already"
        )
    estimate, influence = simple(found)
    pulls = influence / len(influence)
    most = float(pulls[int(np.argmax(np.abs(pulls)))])
    if (estimate - most) * estimate <= 0 or abs(most) > abs(estimate) / 2:
        doubts.append(f"it rests on one {subject.team}: without it not half of it is left")
    return tuple(doubts)


def _mean(parts: "list[tuple[float, Floats]]") -> tuple[float, Floats]:
    return (
        float(np.mean([estimate for estimate, _ in parts])),
        np.asarray(np.mean([influence for _, influence in parts], axis=0)),
    )
