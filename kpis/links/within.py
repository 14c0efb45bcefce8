"""Regression within teams and periods: effects of both taken out, errors clustered by team.

The effects go by projection (Frisch, Waugh and Lovell): each team's level first, then what periods
share. Errors are CRV1 (Liang and Zeger, 1986, with the factor G/(G−1)·(n−1)/(n−k)).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from kpis.links.frames import Floats, Ints

#: What is left of a column, to what it was, below which it does not vary within teams and periods.
_NOTHING = 1e-9


@dataclass(frozen=True)
class Fit:
    """A regression within teams.

    Attributes:
        coefficients: One a regressor.
        covariance: Clustered by team.
        classical: As if errors were independent and alike.
        x, y: Regressors and KPI without the effects.
        basis: What periods share, orthonormal, without teams' levels.
        teams: The team of each row, numbered from 0.
        r2: The share of what varies within teams that regressors and periods tell.
    """

    coefficients: Floats
    covariance: Floats
    classical: Floats
    x: Floats
    y: Floats
    basis: Floats
    teams: Ints
    n: int
    clusters: int
    r2: float

    def along(self, weights: Floats) -> tuple[float, float]:
        """A sum of coefficients by weights, and its clustered error."""
        variance = float(weights @ self.covariance @ weights)
        return float(weights @ self.coefficients), float(np.sqrt(max(variance, 0.0)))

    def jointly(self, which: Sequence[int]) -> float:
        """The p-value of some coefficients being nothing, all at once (Hotelling's T²)."""
        from scipy.stats import f

        some, size = list(which), len(which)
        free = self.clusters - size
        if free < 1 or not size:
            return float("nan")
        told = self.coefficients[some]
        wald = float(told @ np.linalg.pinv(self.covariance[np.ix_(some, some)]) @ told)
        return float(f.sf(wald * free / (size * (self.clusters - 1)), size, free))


def fitted(
    y: Floats, regressors: Sequence[Floats], *, periods: bool = True, spell: int = 0
) -> Fit | None:
    """Fits grids (teams × periods) on the cells that all of them have.

    `spell`: each team has a level of its own in every so many periods, not one for all. None where
    a regressor does not vary within teams and periods, or nothing is left to estimate from.
    """
    there = ~np.isnan(y)
    for each in regressors:
        there &= ~np.isnan(each)
    rows, columns = np.nonzero(there)
    if not len(rows):
        return None
    levels = rows if spell == 0 else rows * (y.shape[1] // spell + 1) + columns // spell
    levels = np.unique(levels, return_inverse=True)[1].astype(np.int64)
    table = np.column_stack([y[there], *(each[there] for each in regressors)])
    within = _centred(table, levels)
    shape = there.shape[1] if periods else 0
    basis = _basis(levels.tobytes(), columns.astype(np.int64).tobytes(), shape)
    left = within - basis @ (basis.T @ within)
    if len(regressors) and (_norm(left[:, 1:]) <= _NOTHING * _norm(table[:, 1:])).any():
        return None
    y_left, x_left = left[:, 0], left[:, 1:]
    teams = np.unique(rows, return_inverse=True)[1].astype(np.int64)
    n, k, clusters = len(y_left), x_left.shape[1], int(teams.max()) + 1
    free = n - k - basis.shape[1] - int(levels.max()) - 1
    if clusters < 2 or free < 1 or np.linalg.matrix_rank(x_left) < k:
        return None
    inverse = np.linalg.inv(x_left.T @ x_left)
    told = inverse @ (x_left.T @ y_left)
    rest = y_left - x_left @ told
    scores = np.zeros((clusters, k))
    np.add.at(scores, teams, x_left * rest[:, None])
    factor = clusters / (clusters - 1) * (n - 1) / (n - k)
    total = float(within[:, 0] @ within[:, 0])
    left_over = float(rest @ rest)
    return Fit(
        coefficients=told,
        covariance=factor * inverse @ (scores.T @ scores) @ inverse,
        classical=inverse * (left_over / free),
        x=x_left,
        y=y_left,
        basis=basis,
        teams=teams,
        n=n,
        clusters=clusters,
        r2=1.0 - left_over / total if total > 0 else float("nan"),
    )


def _centred(table: Floats, levels: Ints) -> Floats:
    counts = np.bincount(levels)
    means = np.column_stack([np.bincount(levels, column) / counts for column in table.T])
    return np.asarray(table - means[levels])


@lru_cache(maxsize=8)
def _basis(levels: bytes, columns: bytes, width: int) -> Floats:
    """An orthonormal basis of what periods share, beside the levels; the same cells share one."""
    which = np.frombuffer(levels, dtype=np.int64)
    when = np.unique(np.frombuffer(columns, dtype=np.int64), return_inverse=True)[1]
    if width == 0 or when.max() == 0:
        return np.zeros((len(which), 0))
    dummies = (when[:, None] == np.arange(1, when.max() + 1)).astype(float)
    vectors, sizes, _ = np.linalg.svd(_centred(dummies, which), full_matrices=False)
    return np.ascontiguousarray(vectors[:, sizes > 1e-8 * sizes[0]])


def _norm(columns: Floats) -> Floats:
    return np.asarray(np.sqrt((columns**2).sum(axis=0)))
