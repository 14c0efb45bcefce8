"""The Grafana side: the same SQL, JSON that Grafana's own types take, files that are current."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard

from dashboards.errors import BoardsStale
from dashboards.grafana import files
from dashboards.grafana.board import board
from dashboards.grafana.query import MACROS, PLUGIN, SOURCE_UID, grafana_sql
from dashboards.panels import KPIS, NOTICE, PANELS, TEAMS


@pytest.fixture(scope="module")
def made() -> dict[str, Any]:
    return board()


def test_the_files_are_current() -> None:
    files.check()


def test_a_stale_file_is_named_with_the_remedy(tmp_path: Path) -> None:
    files.build(tmp_path)
    assert files.build(tmp_path) == []
    (tmp_path / "boards" / "headwater.json").write_text("{}")
    with pytest.raises(BoardsStale, match=r"boards/headwater\.json.*headwater dashboards build"):
        files.check(tmp_path)


def test_the_board_survives_grafanas_own_types(made: dict[str, Any]) -> None:
    register_default_plugins()
    again = json.loads(json.dumps(Dashboard.from_json(made), cls=JSONEncoder))
    assert again == made


def test_every_panel_is_there_in_order_with_the_pages_sql(made: dict[str, Any]) -> None:
    shown = made["panels"]
    assert [p["title"] for p in shown] == ["", *(p.title for p in PANELS)]
    for drawn, declared in zip(shown, [NOTICE, *PANELS], strict=True):
        (target,) = drawn["targets"]
        assert target["rawSql"] == grafana_sql(declared.sql)
        assert target["datasource"] == {"type": PLUGIN, "uid": SOURCE_UID}
    for drawn, declared in zip(shown[1:], PANELS, strict=True):
        assert declared.says in drawn["description"]
        assert drawn["fieldConfig"]["defaults"]["noValue"] == declared.empty


def test_macros_take_every_parameters_place(made: dict[str, Any]) -> None:
    for panel in made["panels"]:
        sql = panel["targets"][0]["rawSql"]
        assert set(re.findall(r"\{\w+:\w+\}", sql)) <= {"{team:sqlstring}", "{kpi:sqlstring}"}
        assert "[[" not in sql
    assert set(MACROS.values()) == {
        "$__fromTime", "$__toTime", "${team:sqlstring}", "${kpi:sqlstring}"
    }  # fmt: skip


def test_variables_ask_what_the_page_asks(made: dict[str, Any]) -> None:
    team, kpi = made["templating"]["list"]
    assert (team["name"], team["query"]) == ("team", TEAMS.sql)
    assert (team["includeAll"], team["allValue"]) == (True, "''")
    assert (kpi["name"], kpi["query"]) == ("kpi", KPIS.sql)


def test_panels_do_not_overlap_and_fill_the_grid(made: dict[str, Any]) -> None:
    taken: set[tuple[int, int]] = set()
    for panel in made["panels"]:
        at = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(at["x"], at["x"] + at["w"])
            for y in range(at["y"], at["y"] + at["h"])
        }
        assert not taken & cells
        assert max(x for x, _ in cells) < 24
        taken |= cells


def test_provisioning_holds_no_secret_and_reads_as_the_viewer() -> None:
    text = (files.HERE / "provisioning/datasources/headwater.yaml").read_text()
    (source,) = yaml.safe_load(text)["datasources"]
    assert source["type"] == PLUGIN
    assert source["uid"] == SOURCE_UID
    assert source["jsonData"]["protocol"] == "http"
    told = [*source["secureJsonData"].values(), source["jsonData"]["username"]]
    assert all(value.startswith("$HEADWATER_VIEWER_") for value in told)
    provider = yaml.safe_load((files.HERE / "provisioning/dashboards/headwater.yaml").read_text())
    assert provider["providers"][0]["options"]["path"] == files.MOUNTED
