"""How a KPI moves with learning within teams and weeks (two-way effects, clustered errors).

What teams always are and what a week is for all of them is taken out, so a season that is shared
and a team that is larger tell nothing. The headline is the sum over the lags; the placebo are the
leads: learning in weeks to come, which can tell nothing of this week's KPI unless the KPI comes
first.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from kpis.links import bootstrap, within
from kpis.links.families import judged
from kpis.links.floors import PANEL, Floor
from kpis.links.frames import Floats, Grid, shifted
from kpis.links.link import PLACEBO, Link, Point, Subject
from kpis.links.verdicts import spoken

#: A team's level may change with each quarter, where a break or a slow drift is looked for.
QUARTER = 13
_CHANCE = 0.05


def estimated(
    grid: Grid,
    kpi: str,
    on: Sequence[str],
    subject: Subject,
    *,
    lags: int = 0,
    leads: int = 0,
    effects: str = "both",
    floor: Floor = PANEL,
    seed: int = 1,
    alone: bool = True,
) -> Link:
    """The link of a KPI with the first column of `on`; the others are held fixed.

    `effects`: `both`, or `team`. `alone`: whether it is the whole of its family, so that the
    verdict is spoken at once; otherwise `families.judged` does it.
    """
    y, xs = grid[kpi], [grid[column] for column in on]
    delayed = [shifted(xs[0], lag) for lag in range(lags + 1)]
    fit = within.fitted(y, [*delayed, *xs[1:]], periods=effects == "both")
    blank = Link("panel", subject, lag=lags)
    cells = ~np.isnan(y) & ~np.isnan(np.array(delayed)).any(axis=0)
    weeks = int(np.median(cells.sum(axis=1)[cells.any(axis=1)])) if cells.any() else 0
    found = replace(
        blank,
        n=int(cells.sum()),
        clusters=int(cells.any(axis=1).sum()),
        weeks=int(cells.any(axis=0).sum()),
    )
    # A team that always learns alike tells nothing: what is told must not rest on the one that is
    # left.
    telling = sum(
        float(np.ptp(learned[some])) > 0
        for learned, some in zip(xs[0], cells, strict=True)
        if some.any()
    )
    changed = f"in which {subject.behaviour} changed from week to week"
    lacks = floor.lacks(found.clusters, weeks=weeks) or tuple(
        f"{more} {changed}" for more in floor.lacks(telling, weeks=weeks)
    )
    if not lacks and fit is None:
        lacks = (f"{subject.teams} {changed}",)
    if lacks or fit is None:
        return spoken(replace(found, lacks=lacks))
    weights = np.zeros(len(fit.coefficients))
    weights[: lags + 1] = 1.0
    names = [*(f"{on[0]}, lag {lag}" if lags else on[0] for lag in range(lags + 1)), *on[1:]]
    errors = np.sqrt(np.diag(fit.covariance))
    found = replace(
        _judged(found, fit, weights, seed),
        n=fit.n,
        clusters=fit.clusters,
        profile=_profile(fit, lags, subject.by),
        table=(
            *(
                (n, float(b), float(e))
                for n, b, e in zip(names, fit.coefficients, errors, strict=True)
            ),
            *(
                (f"{n}, classical error", float(b), float(e))
                for n, b, e in zip(
                    names, fit.coefficients, np.sqrt(np.diag(fit.classical)), strict=True
                )
            ),
            ("R² within", fit.r2, float("nan")),
        ),
    )
    if leads:
        found = _with_placebo(found, y, xs, delayed, leads, effects)
    if found.p < _CHANCE:
        found = replace(
            found, doubts=_doubts(found, y, [*delayed, *xs[1:]], weights, grid, effects)
        )
    return judged([found])[0] if alone else found


def _judged(found: Link, fit: within.Fit, weights: Floats, seed: int) -> Link:
    from scipy.stats import t

    by = found.subject.by
    estimate, error = fit.along(weights)
    free = fit.clusters - 1
    reach = float(t.ppf(0.975, free))
    low, high = estimate - reach * error, estimate + reach * error
    p = float(2 * t.sf(abs(estimate) / error, free)) if error > 0 else float("nan")
    if fit.clusters < bootstrap.ENOUGH and error > 0:
        wild = bootstrap.wild(fit, weights, seed=seed)
        p, low, high = wild.p, wild.low, wild.high
    return replace(
        found,
        estimate=estimate * by,
        low=low * by,
        high=high * by,
        p=p,
        detectable=(reach + float(t.ppf(0.8, free))) * error * by,
    )


def _profile(fit: within.Fit, lags: int, by: float) -> tuple[Point, ...]:
    from scipy.stats import t

    reach = float(t.ppf(0.975, fit.clusters - 1))
    errors = np.sqrt(np.diag(fit.covariance))
    return tuple(
        Point(lag, by * told, by * (told - reach * error), by * (told + reach * error))
        for lag, (told, error) in enumerate(
            zip(fit.coefficients[: lags + 1].tolist(), errors[: lags + 1].tolist(), strict=True)
        )
    )


def _with_placebo(
    found: Link,
    y: Floats,
    xs: Sequence[Floats],
    delayed: Sequence[Floats],
    leads: int,
    effects: str,
) -> Link:
    ahead = [shifted(xs[0], -lead) for lead in range(1, leads + 1)]
    fit = within.fitted(y, [*ahead, *delayed, *xs[1:]], periods=effects == "both")
    if fit is None:
        return found
    placebo = float(fit.coefficients[:leads].sum()) * found.subject.by
    return replace(found, placebo=placebo, placebo_p=fit.jointly(range(leads)))


def _doubts(
    found: Link,
    y: Floats,
    regressors: Sequence[Floats],
    weights: Floats,
    grid: Grid,
    effects: str,
) -> tuple[str, ...]:
    """What speaks against a link that was found."""
    from scipy.stats import t

    doubts = []
    subject, by = found.subject, found.subject.by
    if found.placebo_p < PLACEBO:
        doubts.append(
            f"{subject.kpi} also moves with {subject.behaviour} of the {subject.period}s to come, "
            f"so it may come first, or both may follow something else"
        )
    both = effects == "both"
    alone = _weightiest(y, regressors, weights, both)
    if alone is not None:
        others = np.delete(np.arange(len(y)), alone)
        fit = within.fitted(y[others], [each[others] for each in regressors], periods=both)
        if fit is None or _less_than_half(fit, weights, found.estimate / by):
            doubts.append(f"it rests on one {subject.team}: without it not half of it is left")
    fit = within.fitted(y, regressors, periods=both, spell=QUARTER)
    if fit is not None:
        estimate, error = fit.along(weights)
        reach = float(t.ppf(0.975, fit.clusters - 1)) * error
        # What stays itself a finding of the same sign is no break's doing, whatever its size.
        gone = abs(estimate) < reach or estimate * found.estimate < 0
        if gone and abs(estimate - found.estimate / by) > reach:
            doubts.append(
                f"it is not the same within a quarter of a year, so a break or a slow drift of "
                f"some {subject.teams} may be all that is seen"
            )
    return tuple(doubts)


def _weightiest(
    y: Floats, regressors: Sequence[Floats], weights: Floats, periods: bool
) -> int | None:
    """The row of the team whose leaving out would change the estimate most."""
    fit = within.fitted(y, regressors, periods=periods)
    if fit is None or fit.clusters < 3:
        return None
    pull = fit.x @ np.linalg.solve(fit.x.T @ fit.x, weights)
    rest = fit.y - fit.x @ fit.coefficients
    size = np.bincount(fit.teams, pull * pull)
    share = size / size.sum()
    moved = np.bincount(fit.teams, pull * rest) / np.maximum(1 - share, 1e-9)
    there = ~np.isnan(y) & ~np.isnan(np.array(list(regressors))).any(axis=0)
    return int(np.flatnonzero(there.any(axis=1))[int(np.argmax(np.abs(moved)))])


def _less_than_half(fit: within.Fit, weights: Floats, estimate: float) -> bool:
    """Whether a fit has another sign, or not half of an estimate."""
    again, _ = fit.along(weights)
    return again * estimate <= 0 or abs(again) < abs(estimate) / 2
