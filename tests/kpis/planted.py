"""Organisations whose links are known: learning and a KPI by team and week, from a seed.

What makes links look like what they are not is in all of them: a season that both share, teams that
drift, teams that learn from each other, a KPI that remembers, a reorganisation.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from kpis.links.frames import Floats, Grid


@dataclass(frozen=True)
class Organisation:
    """How one is made.

    Attributes:
        effect: What one more of learning adds to the KPI `lag` weeks later.
        reverse: What the KPI adds to learning a week later.
        season, drift, spill, reorganised: How much of each there is.
        missing: The share of team-weeks without a KPI.
    """

    teams: int = 24
    weeks: int = 78
    effect: float = 0.0
    lag: int = 2
    reverse: float = 0.0
    season: float = 2.0
    drift: float = 1.0
    spill: float = 0.2
    reorganised: float = 1.5
    missing: float = 0.0

    def made(self, seed: int) -> Grid:
        """Learning and KPI as a grid."""
        random = np.random.default_rng(seed)
        shape = (self.teams, self.weeks)
        at = np.arange(self.weeks)
        season = self.season * np.sin(2 * np.pi * at / 52)
        path = np.linspace(-1, 1, self.weeks)

        def slow() -> Floats:
            drifts = self.drift * random.normal(size=(self.teams, 1)) * path
            steps = self.reorganised * random.normal(size=(self.teams, 1))
            moved = random.random((self.teams, 1)) < 0.4
            return np.asarray(drifts + steps * moved * (at >= self.weeks // 2))

        own = remembered(random.normal(size=shape), 0.4) + 6 + season
        rest = remembered(random.normal(size=shape), 0.5) + season
        own += 0.3 * slow()
        rest += slow() + 3 * random.normal(size=(self.teams, 1))
        learning, kpi = np.zeros(shape), np.zeros(shape)
        for week in at:
            heard = learning[:, week - 1].mean() if week else 6.0
            before = rest[:, week - 1] if week else np.zeros(self.teams)
            learning[:, week] = own[:, week] + self.spill * heard + self.reverse * before
            learned = learning[:, week - self.lag] if week >= self.lag else 6.0
            kpi[:, week] = rest[:, week] + self.effect * learned
        kpi[random.random(shape) < self.missing] = np.nan
        names = tuple(f"team {number:03}" for number in range(self.teams))
        return Grid(names, at.astype(np.int64), {"learning": learning, "kpi": kpi})


def remembered(noise: Floats, memory: float) -> Floats:
    """Noise by team that remembers a share of the week before."""
    made = noise.copy()
    for week in range(1, noise.shape[1]):
        made[:, week] += memory * made[:, week - 1]
    return made


def table(grid: Grid) -> pd.DataFrame:
    """A grid as a long table."""
    teams = np.repeat(grid.teams, len(grid.periods))
    columns = {name: values.ravel() for name, values in grid.values.items()}
    return pd.DataFrame({"team": teams, "week": np.tile(grid.periods, len(grid.teams)), **columns})


@dataclass(frozen=True)
class Rollout:
    """An organisation in which some teams begin something, in three cohorts."""

    ours: int = 15
    others: int = 15
    weeks: int = 40
    effect: float = 0.0
    #: How far those who begin drift a week before and after it, which breaks what is assumed.
    drift: float = 0.0

    def made(self, seed: int) -> tuple[Grid, dict[str, int]]:
        """The KPI as a grid, and each team's first week of it."""
        random = np.random.default_rng(seed)
        count = self.ours + self.others
        at = np.arange(1, self.weeks + 1)
        names = tuple(f"team {number:03}" for number in range(count))
        starts = {name: 16 + 6 * (row % 3) for row, name in enumerate(names[: self.ours])}
        kpi = remembered(random.normal(size=(count, self.weeks)), 0.4)
        kpi += 2 * np.sin(2 * np.pi * at / 26) + 3 * random.normal(size=(count, 1))
        for row, start in enumerate(starts.values()):
            kpi[row] += self.effect * (at >= start) + self.drift * at
        return Grid(names, at.astype(np.int64), {"kpi": kpi}), starts
