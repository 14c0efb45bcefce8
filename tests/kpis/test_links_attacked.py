"""What a statistician would try: data that look like a link and are none, and a few that are.

`python -m tests.benchmarks --only links` does the same on thousands of organisations.
"""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kpis.links import (
    bootstrap,
    floors,
    frames,
    interruption,
    lags,
    panel,
    rollouts,
    verdicts,
    within,
)
from kpis.links.errors import BadTable
from kpis.links.families import adjusted, judged
from kpis.links.floors import Floor
from kpis.links.frames import Grid
from kpis.links.link import Kind, Link, Subject
from kpis.links.told import as_dict
from tests.kpis.planted import Organisation, Rollout, remembered, table

SUBJECT = Subject("hours to close", "hours", "down", "answers")
CLAIMS = (Kind.ASSOCIATION, Kind.EFFECT)


def of(grid: Grid, **options: int) -> Link:
    told = {"lags": 4, "leads": 3, **options}
    return panel.estimated(grid, "kpi", ["learning"], SUBJECT, **told)  # type: ignore[arg-type]


def test_what_was_planted_is_found_with_lag_sign_and_size() -> None:
    grid = Organisation(teams=40, effect=-0.4, lag=2).made(4)
    link = of(grid)
    assert link.kind is Kind.ASSOCIATION
    assert link.low <= -0.4 <= link.high < 0
    assert "is 0." in link.verdict
    assert "hours lower" in link.verdict
    share = verdicts.spoken(replace(link, subject=replace(SUBJECT, unit="%")))
    assert "percentage points lower" in share.verdict, "a difference of shares is no share"
    assert max(link.profile, key=lambda point: abs(point.estimate)).at == 2
    found = lags.estimated(grid, "kpi", "learning", SUBJECT)
    assert (found.kind, found.lag) == (Kind.ASSOCIATION, 2)
    assert "2 weeks after" in found.verdict


def test_intervals_hold_what_was_planted() -> None:
    """Of 40, 38 are expected; fewer than 33 would be less than one in a hundred times."""
    organisation = Organisation(teams=12, weeks=40, effect=0.3)
    found = [of(organisation.made(seed), leads=0, lags=2) for seed in range(40)]
    assert sum(link.low <= 0.3 <= link.high for link in found) >= 33


def test_nothing_is_told_of_nothing() -> None:
    """Seasons, drifts, teams that hear from others and a reorganisation, and no link at all."""
    links = [
        panel.estimated(
            Organisation(teams=12, weeks=40).made(seed), "kpi", ["learning"], SUBJECT, alone=False
        )
        for seed in range(40)
    ]
    assert all(link.kind not in CLAIMS for link in judged(links))


def test_reversed_causality_is_no_link() -> None:
    link = of(Organisation(teams=40, reverse=0.5).made(1))
    assert link.p < 0.05, "it looks like one"
    assert link.kind is Kind.DOUBTFUL
    assert "so it may come first" in link.verdict
    assert "Association" not in link.verdict


def test_a_kpi_that_leads_is_not_said_to_follow() -> None:
    grid = Organisation(teams=40, reverse=0.5).made(1)
    assert lags.estimated(grid, "kpi", "learning", SUBJECT).kind not in CLAIMS


def test_a_season_that_both_share_is_no_link() -> None:
    grid = Organisation(teams=30, season=8.0, drift=0.0, reorganised=0.0).made(2)
    pooled = np.corrcoef(grid["learning"].ravel(), grid["kpi"].ravel())[0, 1]
    assert pooled > 0.7, "by itself it is a large correlation"
    assert of(grid).kind is Kind.NOTHING
    assert lags.estimated(grid, "kpi", "learning", SUBJECT).kind is Kind.NOTHING


def test_one_team_that_dominates_is_named_as_such() -> None:
    grid = Organisation(teams=40, drift=0.0, reorganised=0.0).made(3)
    random = np.random.default_rng(3)
    burst = 30 * (random.random(grid["learning"].shape[1]) < 0.2)
    grid["learning"][7] += burst
    grid["kpi"][7] += burst + random.normal(size=len(burst))
    link = of(grid, lags=0, leads=0)
    assert link.estimate > 0.5
    assert link.kind not in CLAIMS, link.verdict


def test_missing_weeks_do_not_move_what_is_found() -> None:
    holes = of(Organisation(teams=24, effect=0.5, missing=0.3).made(5))
    assert holes.n < 0.75 * 24 * 78
    assert holes.low <= 0.5 <= holes.high
    rest = Organisation(teams=24, missing=0.7).made(5)
    link = panel.estimated(rest, "kpi", ["learning"], SUBJECT, lags=4)
    assert link.kind is Kind.MISSING
    assert "more weeks" in link.verdict


def test_a_break_of_some_teams_in_both_is_no_link() -> None:
    """A reorganisation: ten of thirty teams learn more and have a higher KPI from then on."""
    grid = Organisation(teams=30, drift=0.0, reorganised=0.0).made(6)
    grid["learning"][:10, 39:] += 4
    grid["kpi"][:10, 39:] += 4
    link = of(grid)
    assert link.p < 0.05, "it looks like one"
    assert link.kind is Kind.DOUBTFUL
    assert "break" in link.verdict


def test_a_break_of_the_kpi_alone_is_no_link() -> None:
    grid = Organisation(teams=30).made(7)
    grid["kpi"][:, 39:] += 10
    grid["kpi"][3, 20:] += 25
    assert of(grid).kind not in CLAIMS
    assert lags.estimated(grid, "kpi", "learning", SUBJECT).kind not in CLAIMS


def test_ten_thousand_pairs_at_once_give_no_more_than_they_should() -> None:
    """A hundred KPIs and a hundred behaviours of twelve teams, and no link between any."""
    random = np.random.default_rng(8)
    shape = (12, 30)
    values = {
        f"{kind}{n}": remembered(random.normal(size=shape), 0.4)
        for kind in "xy"
        for n in range(100)
    }
    grid = Grid(tuple(map(str, range(12))), np.arange(30, dtype=np.int64), values)
    pairs = [(f"y{k}", f"x{b}") for k in range(100) for b in range(100)]
    chance = _quickly(grid, pairs)
    by_itself = [p for p in chance if p < 0.05]
    assert len(by_itself) > 300, "one by one, hundreds would be told"
    # All that might pass, by the bootstrap that is used for so few teams; the others by what they
    # are at best.
    close = sorted(range(len(pairs)), key=chance.__getitem__)[:20]
    links = [
        panel.estimated(grid, pairs[at][0], [pairs[at][1]], SUBJECT, alone=False) for at in close
    ]
    rest = Link("panel", SUBJECT, estimate=1.0, low=-1.0, high=3.0, n=360, clusters=12)
    links += [replace(rest, p=chance[at]) for at in range(len(pairs)) if at not in set(close)]
    told = judged(links)
    assert [link.verdict for link in told if link.kind in CLAIMS] == []
    assert "of 10,000 pairs tested" in told[0].verdict


def _quickly(grid: Grid, pairs: list[tuple[str, str]]) -> list[float]:
    """The p-values by clustered errors alone."""
    from scipy.stats import t

    fits = [within.fitted(grid[y], [grid[x]]) for y, x in pairs]
    told = np.array([fit.along(np.ones(1)) for fit in fits if fit is not None])
    assert len(told) == len(pairs)
    return [float(p) for p in 2 * t.sf(np.abs(told[:, 0] / told[:, 1]), len(grid.teams) - 1)]


@pytest.mark.parametrize("teams", [floors.PANEL.teams - 1, floors.PANEL.teams])
def test_just_below_and_just_above_the_floor(teams: int) -> None:
    link = of(Organisation(teams=teams, effect=0.1).made(9))
    if teams < floors.PANEL.teams:
        assert link.kind is Kind.MISSING
        assert link.verdict.endswith("what is missing is 1 more team.")
        assert np.isnan(link.estimate), "no figure gets out below the floor"
        return
    assert link.kind is Kind.NOTHING
    assert "would most likely have been found; a smaller one may be there" in link.verdict
    assert link.detectable > 0.1


def test_learning_that_never_changes_says_what_is_missing() -> None:
    grid = Organisation(teams=12).made(1)
    grid["learning"][:] = 3.0
    link = of(grid)
    assert link.kind is Kind.MISSING
    assert "10 more teams in which answers changed from week to week" in link.verdict


def rolled(rollout: Rollout, seed: int) -> Link:
    grid, starts = rollout.made(seed)
    return rollouts.estimated(grid, "kpi", starts, replace(SUBJECT, behaviour="the coach"))


def test_a_rollout_with_a_clean_pre_trend_is_an_effect() -> None:
    link = rolled(Rollout(20, 20, effect=2.0), 1)
    assert link.kind is Kind.EFFECT
    assert link.low <= 2.0 <= link.high
    assert link.verdict.startswith("Effect, if teams would else have gone on alike: ")
    after = [point.estimate for point in link.profile if point.at >= 0]
    assert np.mean(after) > 1


def test_a_rollout_to_teams_that_drifted_already_is_none() -> None:
    link = rolled(Rollout(20, 20, effect=1.0, drift=0.1), 1)
    assert link.p < 0.05
    assert link.kind is Kind.DOUBTFUL
    assert "went another way before" in link.verdict


def test_a_rollout_below_the_floor_says_what_is_missing() -> None:
    link = rolled(Rollout(3, 4, effect=9.0), 1)
    assert link.kind is Kind.MISSING
    assert "2 more teams with the rollout and 1 more team without it" in link.verdict


def test_a_step_elsewhere_is_not_what_began() -> None:
    random = np.random.default_rng(1)
    series = random.normal(size=90) + 6 * (np.arange(90) >= 25)
    link = interruption.estimated(series, 60, SUBJECT)
    assert link.kind not in CLAIMS
    here = interruption.estimated(series, 25, SUBJECT, floor=Floor(1, before=20, after=8))
    assert here.kind is Kind.ASSOCIATION
    assert here.low <= 6 <= here.high


@given(st.lists(st.floats(0, 1), min_size=1, max_size=40))
@settings(max_examples=50)
def test_q_values_are_scipys(p: list[float]) -> None:
    from scipy.stats import false_discovery_control

    assert np.allclose(adjusted(p), false_discovery_control(p))
    mixed = adjusted([p[0], float("nan"), *p[1:]])
    assert np.isnan(mixed[1]), "what was not tested is not of the family"
    assert np.allclose([mixed[0], *mixed[2:]], adjusted(p))


def test_the_bootstrap_of_sums_is_the_bootstrap_of_rows() -> None:
    """One number a pair of clusters gives what estimating each draw anew gives."""
    grid = Organisation(teams=13, weeks=20, missing=0.1).made(2)
    delayed = [frames.shifted(grid["learning"], lag) for lag in range(3)]
    fit = within.fitted(grid["kpi"], delayed)
    assert fit is not None
    weights = np.ones(3)
    told = bootstrap._Told(fit, weights)
    drawn = told.draws(50, 1)
    null = 0.07
    ours = told.p(null, drawn)
    first, others = fit.x[:, 0], fit.x[:, 1:] - fit.x[:, :1]
    left = fit.y - null * first
    rest = left - others @ np.linalg.lstsq(others, left, rcond=None)[0]

    def far(y: np.ndarray) -> float:
        y = y - fit.basis @ (fit.basis.T @ y)
        told = np.linalg.lstsq(fit.x, y, rcond=None)[0]
        scores = np.zeros((fit.clusters, 3))
        np.add.at(scores, fit.teams, fit.x * (y - fit.x @ told)[:, None])
        pull = np.linalg.solve(fit.x.T @ fit.x, weights)
        return abs(weights @ told - null) / np.sqrt(((scores @ pull) ** 2).sum())

    beyond = [far(fit.y - rest + rest * draw[fit.teams]) >= far(fit.y) for draw in drawn]
    assert ours == pytest.approx((1 + sum(beyond)) / 51)


def test_the_same_data_give_the_same_link() -> None:
    grid = Organisation(teams=12, weeks=40).made(3)
    shuffled = table(grid).sample(frac=1, random_state=1)
    again = frames.laid_out(shuffled, "team", "week", ["learning", "kpi"])
    first, second = as_dict(of(grid)), as_dict(of(again))
    assert first == second


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda f: f.assign(kpi=["x", *f.kpi[1:]]), "row 2: 'kpi' is no figure: 'x'"),
        (lambda f: f.drop(columns="week"), "there is no column 'week'"),
        (lambda f: f.assign(week=3), "has this week twice"),
        (lambda f: f.assign(week="soon"), "neither whole numbers nor dates"),
        (lambda f: f.assign(kpi=float("inf")), "not finite"),
        (lambda f: f.iloc[:0], "no row"),
    ],
)
def test_a_table_that_is_wrong_says_where(change: object, said: str) -> None:
    frame = change(table(Organisation(teams=3, weeks=5).made(1)))  # type: ignore[operator]
    with pytest.raises(BadTable, match=said):
        frames.laid_out(frame, "team", "week", ["learning", "kpi"])
