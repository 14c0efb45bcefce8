"""What followed a date in one series: a structural model (Harvey and Durbin, 1986).

A level that wanders, a season where more than two rounds of it are there, and a step at the date.
The placebo is the same step in the middle of what was before.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from kpis.links.families import judged
from kpis.links.floors import INTERRUPTION, Floor
from kpis.links.frames import Floats
from kpis.links.link import PLACEBO, Link, Subject
from kpis.links.verdicts import spoken

_CHANCE = 0.05


def estimated(
    series: Floats,
    start: int,
    subject: Subject,
    *,
    season: int = 0,
    beside: Sequence[Floats] = (),
    floor: Floor = INTERRUPTION,
    alone: bool = True,
) -> Link:
    """The step of a series from its `start`-th figure on.

    `season`: how many periods a round has; 0 for none. `beside`: other series that are held fixed.
    Figures that lack are NaN.
    """
    there = ~np.isnan(series)
    before, after = int(there[:start].sum()), int(there[start:].sum())
    blank = Link(
        "interruption",
        subject,
        n=int(there.sum()),
        clusters=1,
        weeks=len(series),
    )
    lacks = floor.lacks(floor.teams, before=before, after=after)
    if lacks:
        return spoken(replace(blank, lacks=lacks))
    season = season if len(series) > 2 * season else 0
    told = _step(series, start, season, beside)
    if told is None:
        return spoken(replace(blank, lacks=("a figure that changes from week to week",)))
    estimate, error, table = told
    from scipy.stats import norm

    middle = start // 2
    earlier = _step(
        series[:start], middle, season if start > 2 * season else 0, [b[:start] for b in beside]
    )
    placebo, placebo_p = float("nan"), float("nan")
    if earlier is not None and earlier[1] > 0:
        placebo = earlier[0]
        placebo_p = float(2 * norm.sf(abs(earlier[0]) / earlier[1]))
    found = replace(
        blank,
        estimate=estimate,
        low=estimate - 1.96 * error,
        high=estimate + 1.96 * error,
        p=float(2 * norm.sf(abs(estimate) / error)),
        detectable=2.8 * error,
        placebo=placebo,
        placebo_p=placebo_p,
        table=table,
    )
    if found.p < _CHANCE:
        found = replace(found, doubts=_doubts(found, series, start))
    return judged([found])[0] if alone else found


def _step(
    series: Floats, start: int, season: int, beside: Sequence[Floats]
) -> tuple[float, float, tuple[tuple[str, float, float], ...]] | None:
    """The step, its error and every coefficient."""
    import warnings

    from statsmodels.tools.sm_exceptions import ModelWarning
    from statsmodels.tsa.statespace.structural import UnobservedComponents

    if np.nanstd(series) == 0:
        return None
    step = (np.arange(len(series)) >= start).astype(float)
    model = UnobservedComponents(
        series,
        level="local level",
        seasonal=season or None,
        exog=np.column_stack([step, *beside]),
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ModelWarning)
        warnings.simplefilter("ignore", RuntimeWarning)
        fit = model.fit(disp=False, maxiter=500)
    names = [*model.param_names]
    first = names.index("beta.x1")
    error = float(fit.bse[first])
    if not np.isfinite(error) or error <= 0:
        return None
    rows = tuple(
        ("step" if name == "beta.x1" else name, float(told), float(spread))
        for name, told, spread in zip(names, fit.params, fit.bse, strict=True)
    )
    return float(fit.params[first]), error, rows


def _doubts(found: Link, series: Floats, start: int) -> tuple[str, ...]:
    doubts = []
    if found.placebo_p < PLACEBO:
        doubts.append(
            f"{found.subject.kpi} changed as much in the middle of what was before, where nothing "
            f"began"
        )
    best = _break(series)
    if best is not None and abs(best - start) > max(4, len(series) // 20):
        doubts.append(
            f"{found.subject.kpi} changed more in another {found.subject.period} "
            f"({abs(best - start)} {found.subject.period}s {'before' if best < start else 'after'})"
        )
    return tuple(doubts)


def _break(series: Floats) -> int | None:
    """Where one step tells most of a series, by least squares."""
    there = np.flatnonzero(~np.isnan(series))
    values = series[there]
    size = len(values)
    if size < 10:
        return None
    at = np.arange(3, size - 3)
    sums = np.cumsum(values)
    ahead, behind = sums[at - 1] / at, (sums[-1] - sums[at - 1]) / (size - at)
    told = (ahead - behind) ** 2 * at * (size - at)
    return int(there[at[int(np.argmax(told))]])
