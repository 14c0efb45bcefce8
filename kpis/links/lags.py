"""By how many weeks a KPI follows learning: prewhitened cross-correlation over many teams.

Both series of a team go through the filter that makes learning's white (Box and Jenkins), what a
week has in common for all teams is taken out first, and the correlations of all teams are averaged
by Fisher's z. How far chance goes is told by shifting each team's KPI in a circle by a distance of
its own: its own waves stay, what it has to do with learning goes.
"""

from dataclasses import dataclass, replace

import numpy as np

from kpis.links.families import adjusted, judged
from kpis.links.floors import LAGS, Floor
from kpis.links.frames import Floats, Grid
from kpis.links.link import PLACEBO, Link, Point, Subject
from kpis.links.verdicts import spoken

#: Draws; more where few were beyond what is tested, so that small p-values are told.
DRAWS = (999, 9_999)
#: The longest memory of a team's learning that is looked for, in periods.
_MEMORY = 6
#: A team with more of its weeks missing is left out.
_GAPS = 0.2


@dataclass(frozen=True)
class White:
    """A model that makes a series white: ARMA of its `d`-th differences.

    Attributes:
        ar, ma: Its coefficients.
        mean: Of the differences.
        variance: Of what is left.
    """

    d: int
    ar: tuple[float, ...]
    ma: tuple[float, ...]
    mean: float
    variance: float

    def filtered(self, series: Floats, *, mean: float | None = None) -> Floats:
        """What is left of a series, as long as its differences are."""
        from scipy.signal import lfilter

        changes = np.diff(series, n=self.d)
        changes = changes - (float(changes.mean()) if mean is None else mean)
        return np.asarray(lfilter([1.0, *(-a for a in self.ar)], [1.0, *self.ma], changes))


def modelled(series: Floats, order: tuple[int, int, int]) -> White:
    """The ARIMA model of a series with drift, of an order that is given, by maximum likelihood."""
    from statsmodels.tsa.arima.model import ARIMA

    p, d, q = order
    fit = ARIMA(np.diff(series, n=d), order=(p, 0, q), trend="c").fit()
    told = dict(zip(fit.model.param_names, fit.params, strict=True))
    return White(
        d,
        tuple(float(told[f"ar.L{lag}"]) for lag in range(1, p + 1)),
        tuple(float(told[f"ma.L{lag}"]) for lag in range(1, q + 1)),
        float(told["const"]),
        float(told["sigma2"]),
    )


def autoregressed(series: Floats) -> White:
    """The autoregression of a series whose length of memory is told by AIC (Yule and Walker)."""
    from scipy.linalg import solve_toeplitz

    centred = series - series.mean()
    size = len(centred)
    products = [float(centred[lag:] @ centred[: size - lag]) / size for lag in range(_MEMORY + 1)]
    best = White(0, (), (), float(series.mean()), products[0])
    if products[0] <= 0:
        return best
    least = size * np.log(products[0])
    for order in range(1, _MEMORY + 1):
        ar = solve_toeplitz(products[:order], products[1 : order + 1])
        variance = products[0] - float(ar @ np.array(products[1 : order + 1]))
        if variance <= 0:
            break
        score = size * np.log(variance) + 2 * order
        if score < least:
            least, best = score, White(0, tuple(map(float, ar)), (), best.mean, variance)
    return best


def correlated(x: Floats, y: Floats, lags: int) -> Floats:
    """The correlation of x with y of `lag` periods later, for lags from −`lags` to `lags`."""
    x, y = x - x.mean(), y - y.mean()
    scale = float(np.sqrt((x @ x) * (y @ y)))
    size = len(x)
    if scale <= 0 or size <= lags:
        return np.zeros(2 * lags + 1)
    return np.array(
        [
            (x[: size - lag] @ y[lag:] if lag >= 0 else x[-lag:] @ y[: size + lag]) / scale
            for lag in range(-lags, lags + 1)
        ]
    )


def estimated(
    grid: Grid,
    kpi: str,
    on: str,
    subject: Subject,
    *,
    lags: int = 8,
    order: tuple[int, int, int] | None = None,
    floor: Floor = LAGS,
    seed: int = 1,
    alone: bool = True,
) -> Link:
    """The lag at which the KPI follows learning, pooled over teams.

    `order`: of the ARIMA model of learning; unset, an autoregression by AIC.
    """
    pairs = _white(grid, kpi, on, order)
    weeks = int(np.median([len(x) for x, _, _ in pairs])) if pairs else 0
    found = Link(
        "lags",
        subject,
        n=sum(len(x) for x, _, _ in pairs),
        clusters=len(pairs),
        weeks=len(grid.periods),
    )
    lacks = floor.lacks(len(pairs), weeks=max(weeks, 0))
    if lacks:
        return spoken(replace(found, lacks=lacks))
    told = np.array([correlated(x, y, lags) for x, y, _ in pairs])
    sizes = np.array([len(x) for x, _, _ in pairs], dtype=float)
    ours = _pooled(told, sizes)
    circles = [_circle(x, y) for x, y, _ in pairs]
    chance = _chance(circles, sizes, lags, DRAWS[0], seed)
    after = slice(lags, 2 * lags + 1)
    best = int(np.argmax(np.abs(ours[after])))
    p = _beyond(np.abs(chance[:, after]).max(axis=1), abs(float(ours[after][best])))
    if p * (DRAWS[0] + 1) < 10:
        chance = _chance(circles, sizes, lags, DRAWS[1], seed)
        p = _beyond(np.abs(chance[:, after]).max(axis=1), abs(float(ours[after][best])))
    spread = chance.std(axis=0)
    each = [_beyond(np.abs(chance[:, at]), abs(float(z))) for at, z in enumerate(ours)]
    before = float(ours[:lags][np.argmax(np.abs(ours[:lags]))]) if lags else 0.0
    before_p = _beyond(np.abs(chance[:, :lags]).max(axis=1), abs(before)) if lags else float("nan")
    p = max(p, _finest(pairs, lags))
    # As wide as the farthest of all lags goes by chance, for the lag was chosen among them.
    reach = float(np.quantile(np.abs(chance[:, after]).max(axis=1), 0.95))
    estimate = float(ours[lags + best])
    found = replace(
        found,
        lag=best,
        estimate=float(np.tanh(estimate)),
        low=float(np.tanh(estimate - reach)),
        high=float(np.tanh(estimate + reach)),
        p=p,
        detectable=float(np.tanh(reach + 0.84 * float(spread[lags + best]))),
        placebo=float(np.tanh(before)),
        placebo_p=before_p,
        profile=tuple(
            Point(
                lag,
                float(np.tanh(z)),
                float(np.tanh(-1.96 * s)),
                float(np.tanh(1.96 * s)),
                q,
            )
            for lag, z, s, q in zip(
                range(-lags, lags + 1), ours, spread, adjusted(each), strict=True
            )
        ),
        table=_table(pairs, ours, lags),
        doubts=_doubts(subject, ours, lags, best, before_p, told, sizes, spread),
    )
    return judged([found])[0] if alone else found


def _doubts(
    subject: Subject,
    ours: Floats,
    lags: int,
    best: int,
    before_p: float,
    told: Floats,
    sizes: Floats,
    spread: Floats,
) -> tuple[str, ...]:
    doubts = []
    if before_p < PLACEBO:
        doubts.append(
            f"{subject.behaviour} also follows {subject.kpi}, so the KPI may come first, or both "
            f"may follow something else"
        )
    if best == 0:
        doubts.append(f"both move in the same {subject.period}, so which comes first is not told")
    if len(told) > 2:
        at = lags + best
        pulls = np.arctanh(np.clip(told[:, at], -0.999, 0.999)) * sizes
        without = np.delete(np.arange(len(told)), int(np.argmax(np.abs(pulls))))
        left = float(_pooled(told[without], sizes[without])[at])
        if left * ours[at] <= 0 or abs(left) < abs(ours[at]) / 2:
            doubts.append(f"it rests on one {subject.team}: without it not half of it is left")
    return tuple(doubts)


def _table(
    pairs: "list[tuple[Floats, Floats, White]]", ours: Floats, lags: int
) -> tuple[tuple[str, float, float], ...]:
    nothing = float("nan")
    rows = [
        (f"correlation at lag {lag}", float(np.tanh(z)), nothing)
        for lag, z in zip(range(-lags, lags + 1), ours, strict=True)
    ]
    if len(pairs) == 1:
        model = pairs[0][2]
        rows += [(f"AR {at}", value, nothing) for at, value in enumerate(model.ar, 1)]
        rows += [(f"MA {at}", value, nothing) for at, value in enumerate(model.ma, 1)]
        rows += [("variance", model.variance, nothing)]
    return tuple(rows)


def _white(
    grid: Grid, kpi: str, on: str, order: tuple[int, int, int] | None
) -> "list[tuple[Floats, Floats, White]]":
    """Each team's learning and KPI without what they remember of themselves."""
    x, y = grid[on].copy(), grid[kpi].copy()
    if len(grid.teams) > 1:
        x, y = _without_weeks(x), _without_weeks(y)
    found = []
    for learning, figures in zip(x, y, strict=True):
        there = np.flatnonzero(~np.isnan(learning) & ~np.isnan(figures))
        if len(there) < _MEMORY * 3:
            continue
        span = slice(int(there[0]), int(there[-1]) + 1)
        learning, figures = learning[span], figures[span]
        gaps = np.isnan(learning) | np.isnan(figures)
        if gaps.mean() > _GAPS:
            continue
        learning, figures = _bridged(learning), _bridged(figures)
        if learning.std() == 0 or figures.std() == 0:
            continue
        model = autoregressed(learning) if order is None else modelled(learning, order)
        white_x, white_y = model.filtered(learning), model.filtered(figures)
        lost = gaps[model.d :]
        white_x[lost], white_y[lost] = white_x.mean(), white_y.mean()
        found.append((white_x, white_y, model))
    return found


def _without_weeks(values: Floats) -> Floats:
    """Figures without each team's level and what each week has for all teams."""
    there = np.maximum((~np.isnan(values)).sum(axis=1, keepdims=True), 1)
    left = values - np.nansum(values, axis=1, keepdims=True) / there
    counts = (~np.isnan(left)).sum(axis=0)
    week = np.where(counts > 0, np.nansum(left, axis=0) / np.maximum(counts, 1), 0.0)
    return np.asarray(left - week)


def _bridged(series: Floats) -> Floats:
    there = ~np.isnan(series)
    if there.all():
        return series
    at = np.arange(len(series))
    return np.asarray(np.interp(at, at[there], series[there]))


def _pooled(told: Floats, sizes: Floats) -> Floats:
    """The teams' correlations as one, in Fisher's z, each by its length."""
    z = np.arctanh(np.clip(told, -0.999_999, 0.999_999))
    return np.asarray((z * sizes[:, None]).sum(axis=0) / sizes.sum())


def _circle(x: Floats, y: Floats) -> Floats:
    """The correlation of x with y shifted in a circle, at every distance."""
    x, y = x - x.mean(), y - y.mean()
    scale = float(np.sqrt((x @ x) * (y @ y)))
    size = len(x)
    return np.asarray(np.fft.irfft(np.conj(np.fft.rfft(x)) * np.fft.rfft(y), size) / scale)


def _chance(circles: "list[Floats]", sizes: Floats, lags: int, draws: int, seed: int) -> Floats:
    """What chance gives at each lag: draws × lags, in Fisher's z."""
    random = np.random.default_rng(seed)
    reach = np.arange(-lags, lags + 1)
    total = np.zeros((draws, len(reach)))
    for circle, size in zip(circles, sizes, strict=True):
        length = len(circle)
        least = _least(length, lags)
        shifts = random.integers(least, length - least + 1, draws)
        told = circle[(shifts[:, None] + reach) % length]
        total += np.arctanh(np.clip(told, -0.999_999, 0.999_999)) * size
    return np.asarray(total / sizes.sum())


def _least(length: int, lags: int) -> int:
    """The least shift: so far that no lag that is looked for comes to lie on another."""
    return min(2 * lags + 1, length // 3)


def _finest(pairs: "list[tuple[Floats, Floats, White]]", lags: int) -> float:
    """The least p-value that may be told: of one team there are only so many shifts."""
    ways = 1.0
    for x, _, _ in pairs:
        ways *= len(x) - 2 * _least(len(x), lags) + 1
    return 1.0 / (1.0 + ways)


def _beyond(chance: Floats, ours: float) -> float:
    return float((1 + (chance >= ours).sum()) / (1 + len(chance)))
