"""The wild cluster bootstrap, for fewer clusters than the usual error is good for.

Cameron, Gelbach and Miller (2008), with the null imposed; weights of Rademacher, of Webb below 12
clusters. All of it is done with one number a pair of clusters (as Roodman and others, 2019, do), so
a hundred thousand draws take less than a second.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from kpis.links.frames import Floats
from kpis.links.within import Fit

#: From so many clusters on, the clustered error with Student's t is used as it is.
ENOUGH = 40
#: Draws: more where fewer than ten were beyond what is tested, so that small p-values are told.
DRAWS = (999, 9_999, 99_999)
_FEW = 12
_WEBB = np.sqrt(np.array([0.5, 1.0, 1.5]))


@dataclass(frozen=True)
class Wild:
    """What the bootstrap says: a p-value of nothing, and the interval of what is not rejected."""

    p: float
    low: float
    high: float


def wild(fit: Fit, weights: Floats, *, seed: int, level: float = 0.95) -> Wild:
    """Tests a sum of coefficients by weights (the first not 0), and inverts the test."""
    told = _Told(fit, weights)
    p = told.p(0.0, told.draws(DRAWS[0], seed))
    for more in DRAWS[1:]:
        if p * (more + 1) >= 100:
            break
        p = told.p(0.0, told.draws(more, seed))
    drawn = told.draws(DRAWS[0], seed)
    step = 2.0 * told.error
    return Wild(
        p,
        _edge(lambda r: told.p(r, drawn), told.estimate, -step, 1 - level),
        _edge(lambda r: told.p(r, drawn), told.estimate, step, 1 - level),
    )


class _Told:
    """One coefficient of a fit, as sums by cluster that any null needs."""

    def __init__(self, fit: Fit, weights: Floats) -> None:
        lead = int(np.flatnonzero(weights)[0])
        # The sum itself becomes a coefficient: each other column less its share of the first.
        first = fit.x[:, lead] / weights[lead]
        others = np.delete(fit.x - first[:, None] * weights, lead, axis=1)
        basis = fit.basis
        if others.shape[1]:
            basis = np.column_stack([basis, np.linalg.qr(others)[0]])
        z = first - basis @ (basis.T @ first)
        y = fit.y - basis @ (basis.T @ fit.y)
        self._clusters = fit.clusters
        self._squared = float(z @ z)
        self.estimate = float(z @ y) / self._squared

        def by_cluster(values: Floats) -> Floats:
            sums = np.zeros((fit.clusters, *values.shape[1:]))
            np.add.at(sums, fit.teams, values)
            return sums

        self._zz = by_cluster(z * z)
        self._zy = by_cluster(z * y)
        reach = by_cluster(z[:, None] * basis)
        self._cross_y = reach @ by_cluster(y[:, None] * basis).T
        self._cross_z = reach @ by_cluster(z[:, None] * basis).T
        self.error = float(np.sqrt(((self._zy - self.estimate * self._zz) ** 2).sum()))
        self.error /= self._squared

    def draws(self, count: int, seed: int) -> Floats:
        """Weights: draws × clusters."""
        random = np.random.default_rng(seed)
        if self._clusters < _FEW:
            signs = random.integers(0, 2, (count, self._clusters)) * 2 - 1
            return np.asarray(signs * _WEBB[random.integers(0, 3, (count, self._clusters))])
        return np.asarray(random.integers(0, 2, (count, self._clusters)) * 2.0 - 1.0)

    def p(self, null: float, drawn: Floats) -> float:
        """How often a draw is as far from the null as the estimate is."""
        scores = self._zy - null * self._zz
        cross = self._cross_y - null * self._cross_z
        moved = drawn @ scores / self._squared
        again = drawn * scores - drawn @ cross.T - moved[:, None] * self._zz
        spread = np.sqrt((again**2).sum(axis=1)) / self._squared
        with np.errstate(divide="ignore", invalid="ignore"):
            far = np.abs(np.where(spread > 0, moved / spread, 0.0))
        ours = abs(self.estimate - null) / self.error if self.error > 0 else np.inf
        return float((1 + (far >= ours * (1 - 1e-9)).sum()) / (1 + len(drawn)))


def _edge(p: Callable[[float], float], inside: float, step: float, alpha: float) -> float:
    """The border between what is rejected and what is not, from the estimate outward."""
    outside = inside + step
    for _ in range(12):
        if p(outside) < alpha:
            break
        inside, outside = outside, outside + 2.0 * (outside - inside)
    else:
        return float(np.copysign(np.inf, step))
    for _ in range(20):
        middle = (inside + outside) / 2
        if p(middle) < alpha:
            outside = middle
        else:
            inside = middle
    return inside
