"""The demo's rollout and its planted link are told of its own figures, its decoys are not."""

import csv
import io
from collections import Counter
from datetime import date, timedelta
from typing import Any

import numpy as np

from headwater.demo.organisation import SATISFIED, SEED, Organisation
from kpis.links import panel, rollouts
from kpis.links.frames import Grid, laid_out, week_of
from kpis.links.link import Kind, Link, Subject
from xapi.observations import period


def figures(organisation: Organisation, kpi: str) -> list[dict[str, Any]]:
    """The figures that the demo loads."""
    lines = csv.DictReader(io.StringIO(organisation.kpis(organisation.today)))
    return [
        {"team": line["team"], "week": str(period(line["period"])[0]), kpi: float(line["value"])}
        for line in lines
        if line["kpi"] == kpi
    ]


def followed(organisation: Organisation, kpi: str) -> Link:
    """What followed the rollout."""
    import pandas as pd

    told = figures(organisation, kpi)
    grid: Grid = laid_out(pd.DataFrame(told), "team", "week", [kpi])
    begun, teams = organisation.rollout
    return rollouts.estimated(grid, kpi, dict.fromkeys(teams, week_of(begun)), Subject(kpi=kpi))


def test_what_followed_is_an_effect_on_most_days_and_of_its_size() -> None:
    days = [date(2026, 6, 1) + timedelta(days=step) for step in range(0, 120, 12)]
    organisations = [Organisation.of(SEED, day) for day in days]
    found = [followed(one, "customer_satisfaction") for one in organisations]
    kinds = Counter(link.kind for link in found)
    assert kinds[Kind.EFFECT] >= 7, kinds
    assert Kind.MISSING not in kinds
    assert sum(link.low <= SATISFIED <= link.high for link in found) >= 9
    others = Counter(followed(one, "time_to_resolve").kind for one in organisations)
    assert others[Kind.EFFECT] <= 1, "the others have nothing to do with it"


def linked(organisation: Organisation, kpi: str) -> Link:
    """A KPI beside help, of which a team does some 15 a week, as its mood has it."""
    import pandas as pd

    told, chance = figures(organisation, kpi), np.random.default_rng(organisation.today.toordinal())
    for row in told:
        thursday = date.fromisoformat(row["week"]) + timedelta(days=3)
        row["help"] = chance.poisson(15 * organisation.mood(row["team"], thursday))
    grid: Grid = laid_out(pd.DataFrame(told), "team", "week", [kpi, "help"])
    return panel.estimated(grid, kpi, ["help"], Subject(kpi=kpi, behaviour="help"), lags=4, leads=3)


def test_the_planted_link_is_found_and_no_decoy_is() -> None:
    """One true link in seven is doubted, for a placebo that chance made."""
    organisations = [Organisation.of(SEED, date(2026, month, 2)) for month in range(1, 13)]
    planted = [linked(one, "time_to_resolve") for one in organisations]
    kinds = Counter(link.kind for link in planted)
    assert kinds[Kind.ASSOCIATION] >= 8, kinds
    assert kinds[Kind.ASSOCIATION] + kinds[Kind.DOUBTFUL] == 12, kinds
    assert all(link.high < 0 for link in planted), "who helps more resolves sooner"
    largest = [max(link.profile, key=lambda at: abs(at.estimate)).at for link in planted]
    assert all(1 <= lag <= 3 for lag in largest), largest
    for decoy in ("escalations", "site_visitors"):
        found = Counter(linked(one, decoy).kind for one in organisations)
        assert found.keys() <= {Kind.NOTHING, Kind.DOUBTFUL}, (decoy, found)
