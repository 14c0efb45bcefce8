"""How often links' intervals hold what was planted, and how often nothing is taken for a link.

Each figure is of many organisations (`tests/kpis/planted.py`); an interval of 95 % should hold what
was planted in 95 of a hundred, give or take what chance gives in so many runs.
"""

import time
from collections.abc import Callable

import numpy as np

from kpis.links import interruption, lags, panel, rollouts
from kpis.links.families import judged
from kpis.links.frames import Grid
from kpis.links.link import Kind, Link, Subject
from tests.benchmarks.measure import Result
from tests.kpis.planted import Organisation, Rollout, remembered

EFFECT = 0.3


def of_panel(organisation: Organisation, seed: int) -> Link:
    """The panel's link of an organisation."""
    grid = organisation.made(seed)
    return panel.estimated(grid, "kpi", ["learning"], Subject(), lags=4, leads=3, seed=seed)


def of_rollout(rollout: Rollout, seed: int) -> Link:
    """A rollout's link."""
    grid, starts = rollout.made(seed)
    return rollouts.estimated(grid, "kpi", starts, Subject(), seed=seed)


def of_interruption(effect: float, seed: int) -> Link:
    """The link of one series that wanders, with a step."""
    random = np.random.default_rng(seed)
    level = np.cumsum(0.1 * random.normal(size=100))
    series = level + random.normal(size=100) + effect * (np.arange(100) >= 70)
    return interruption.estimated(series, 70, Subject())


def held(links: list[Link], effect: float) -> float:
    """The share of intervals that hold an effect, in percent."""
    return 100 * float(np.mean([link.low <= effect <= link.high for link in links]))


def discovered(links: list[Link]) -> float:
    """The share that is told as an association or an effect, in percent."""
    told = (Kind.ASSOCIATION, Kind.EFFECT)
    return 100 * float(np.mean([link.kind in told for link in links]))


def families(runs: int, pairs: int = 20) -> float:
    """The share of families of pairs without any link in which one is told, in percent."""
    wrong = 0
    for run in range(runs):
        links = []
        for pair in range(pairs):
            grid = Organisation(teams=12, weeks=52).made(1000 * run + pair)
            links.append(
                panel.estimated(grid, "kpi", ["learning"], Subject(), leads=2, alone=False)
            )
        wrong += any(link.kind is Kind.ASSOCIATION for link in judged(links))
    return 100 * wrong / runs


def coverage(runs: int) -> list[Result]:
    """Every figure; a run of 500 takes some minutes."""
    results = []
    for teams in (10, 12, 24, 60):
        for effect in (0.0, EFFECT):
            found = many(
                runs, lambda s, t=teams, e=effect: of_panel(Organisation(teams=t, effect=e), s)
            )
            name = f"panel, {teams} teams, planted {effect}"
            results.append(
                Result(f"{name}: interval holds it", held(found, effect), "%", "higher", runs, 93)
            )
            goal = None if effect else 5.0
            results.append(
                Result(f"{name}: association told", discovered(found), "%", "lower", runs, goal)
            )
    missing = many(runs, lambda s: of_panel(Organisation(effect=EFFECT, missing=0.2), s))
    results.append(
        Result(
            "panel, a fifth missing: interval holds it",
            held(missing, EFFECT),
            "%",
            "higher",
            runs,
            93,
        )
    )
    for sides in (8, 15, 40):
        found = many(runs, lambda s, n=sides: of_rollout(Rollout(n, n, effect=1.0), s))
        name = f"rollout, {sides} and {sides} teams"
        results.append(
            Result(f"{name}: interval holds it", held(found, 1.0), "%", "higher", runs, 93)
        )
        nothing = many(runs, lambda s, n=sides: of_rollout(Rollout(n, n), s))
        results.append(
            Result(f"{name}, nothing planted: told", discovered(nothing), "%", "lower", runs, 5.0)
        )
    some = many(runs // 5, lambda s: of_interruption(1.5, s))
    results.append(
        Result("interruption: interval holds it", held(some, 1.5), "%", "higher", runs // 5, 93)
    )
    null = many(runs, lambda s: lagged(Organisation(), s))
    results.append(Result("lags, nothing planted: told", discovered(null), "%", "lower", runs, 5.0))
    planted = many(runs // 5, lambda s: lagged(Organisation(effect=EFFECT), s))
    right = 100 * float(
        np.mean([link.lag == 2 and link.kind is Kind.ASSOCIATION for link in planted])
    )
    results.append(Result("lags, planted at 2: told at 2", right, "%", "higher", runs // 5, 90))
    results.append(
        Result(
            "families of 20 without a link: one told",
            families(runs // 10),
            "%",
            "lower",
            runs // 10,
            5.0,
        )
    )
    return results


def lagged(organisation: Organisation, seed: int) -> Link:
    """The lags' link of an organisation."""
    return lags.estimated(organisation.made(seed), "kpi", "learning", Subject(), seed=seed)


def many(runs: int, one: Callable[[int], Link]) -> list[Link]:
    """One link a seed."""
    return [one(seed) for seed in range(runs)]


def beside_a_loop(
    teams: int = 200, weeks: int = 104, kpis: int = 10, behaviours: int = 13
) -> list[Result]:
    """All links of a large organisation, beside one plain loop of statsmodels over the same fits.

    The loop fits a tenth of the pairs, each with a dummy a team and a week; its time is ten times
    that.
    """
    import statsmodels.api as sm

    random = np.random.default_rng(1)
    names = tuple(map(str, range(teams)))
    values = {
        f"x{n}": remembered(random.normal(size=(teams, weeks)), 0.4) for n in range(behaviours)
    }
    values |= {f"y{n}": remembered(random.normal(size=(teams, weeks)), 0.5) for n in range(kpis)}
    grid = Grid(names, np.arange(weeks, dtype=np.int64), values)
    pairs = [(f"y{k}", f"x{b}") for k in range(kpis) for b in range(behaviours)]
    began = time.perf_counter()
    ours = [
        panel.estimated(grid, y, [x], Subject(), lags=4, leads=0, alone=False) for y, x in pairs
    ]
    judged(ours)
    took = time.perf_counter() - began
    began = time.perf_counter()
    for (y, x), link in list(zip(pairs, ours, strict=True))[::10]:
        told = _plain(sm, grid[y], grid[x], 4)
        assert np.isclose(told, link.estimate), (told, link.estimate)
    loop = (time.perf_counter() - began) * 10
    name = f"{teams} teams × {weeks} weeks × {kpis} KPIs × {behaviours} behaviours"
    return [
        Result(f"{name}: links", took, "s", "lower", len(pairs), loop),
        Result(f"{name}: a plain loop of statsmodels", loop, "s", "lower", len(pairs)),
    ]


def _plain(sm: object, y: np.ndarray, x: np.ndarray, most: int) -> float:
    """The sum over the lags by ordinary least squares with dummies, errors clustered."""
    teams, weeks = y.shape
    rows = [(team, week) for team in range(teams) for week in range(most, weeks)]
    which = np.array([team for team, _ in rows])
    when = np.array([week for _, week in rows])
    columns = [x[which, when - lag] for lag in range(most + 1)]
    columns += [(which == team).astype(float) for team in range(teams)]
    columns += [(when == week).astype(float) for week in range(most + 1, weeks)]
    fit = sm.OLS(y[which, when], np.column_stack(columns)).fit(  # type: ignore[attr-defined]
        cov_type="cluster", cov_kwds={"groups": which}
    )
    return float(fit.params[: most + 1].sum())


def find(runs: int) -> list[Result]:
    """Everything."""
    return [*beside_a_loop(), *coverage(runs)]
