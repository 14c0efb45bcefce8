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
from learning_board import LEARNING

from dashboards.board import Board
from dashboards.boards import boards
from dashboards.errors import BoardsStale
from dashboards.grafana import files
from dashboards.grafana.board import model
from dashboards.grafana.query import PLUGIN, SOURCE_UID, grafana_sql, panel_sql
from dashboards.queries import NOTICE, RELEASES, ROLLOUTS, TEAM

#: What marks the charts, by the name of the annotation.
MARKING = {"Rollouts": ROLLOUTS, "Releases": RELEASES}


@pytest.fixture(scope="module", params=boards(), ids=lambda board: board.name)
def board(request: pytest.FixtureRequest) -> Board:
    found: Board = request.param
    return found


@pytest.fixture(scope="module")
def made(board: Board) -> dict[str, Any]:
    return model(board)


@pytest.fixture(scope="module")
def learning() -> dict[str, Any]:
    return model(LEARNING)


def test_the_files_are_current() -> None:
    files.check()


def test_a_stale_file_is_named_with_the_remedy(tmp_path: Path) -> None:
    files.build(tmp_path)
    assert files.build(tmp_path) == []
    (tmp_path / "boards" / "learning.json").write_text("{}")
    with pytest.raises(BoardsStale, match=r"boards/learning\.json.*headwater dashboards build"):
        files.check(tmp_path)


def test_a_board_that_is_gone_leaves_no_file(tmp_path: Path) -> None:
    files.build(tmp_path)
    gone = tmp_path / "boards" / "gone.json"
    gone.write_text("{}")
    with pytest.raises(BoardsStale, match=r"boards/gone\.json"):
        files.check(tmp_path)
    assert files.build(tmp_path) == [gone]
    assert not gone.exists()
    files.check(tmp_path)


def test_the_board_survives_grafanas_own_types(made: dict[str, Any]) -> None:
    register_default_plugins()
    again = json.loads(json.dumps(Dashboard.from_json(made), cls=JSONEncoder))
    # The types know no question of a data source's own in an annotation; Grafana hands it on.
    asking = [each for each in made["annotations"]["list"] if "rawSql" in each.get("target", {})]
    own = {each["name"]: each.pop("target") for each in asking}
    for each in again["annotations"]["list"]:
        if each["name"] in own:
            each.pop("target")
    assert again == made
    asked = {name: grafana_sql(query.sql) for name, query in MARKING.items()}
    assert {name: target["rawSql"] for name, target in own.items()} in ({}, asked)


def test_what_was_rolled_out_is_an_annotation_where_it_is_drawn(
    board: Board, made: dict[str, Any]
) -> None:
    marked = [p for p in board.panels if any(column.marks for column in p.columns)]
    named = [each["name"] for each in made["annotations"]["list"]]
    assert (named[-len(MARKING) :] == list(MARKING)) == bool(marked)
    for panel in marked:
        (drawn,) = [p for p in made["panels"] if p["title"].partition(" (")[0] == panel.title]
        head = drawn["targets"][0]["rawSql"].partition("FROM")[0]
        assert "mark" not in head, "a text would part a series in two"


def test_every_panel_is_there_in_order_with_the_pages_sql(
    board: Board, made: dict[str, Any]
) -> None:
    asked = [*([board.caption] if board.caption else []), *board.panels]
    expected = [grafana_sql(NOTICE.sql), *(panel_sql(board, each) for each in asked)]
    assert [p["targets"][0]["rawSql"] for p in made["panels"]] == expected
    for drawn in made["panels"]:
        (target,) = drawn["targets"]
        assert target["datasource"] == {"type": PLUGIN, "uid": "${source}"}


def test_macros_take_every_parameters_place(board: Board, made: dict[str, Any]) -> None:
    known = {f"{{{variable.name}:sqlstring}}" for variable in board.variables}
    for panel in made["panels"]:
        sql = panel["targets"][0]["rawSql"]
        assert set(re.findall(r"\{\w+:\w+\}", sql)) <= known
        assert "[[" not in sql


def test_variables_offer_one_column_each(learning: dict[str, Any]) -> None:
    """The plugin shows the second column of a list and would hand the unit on for the name."""
    source, team, kpi, unit = learning["templating"]["list"]
    assert (source["type"], source["query"]) == ("datasource", PLUGIN)
    assert source["current"]["value"] == SOURCE_UID
    assert (team["name"], team["query"]) == ("team", TEAM.query.sql)
    assert (team["includeAll"], team["allValue"]) == (True, "''")
    assert kpi["query"].startswith("SELECT kpi\nFROM\n(")
    assert (unit["name"], unit["hide"]) == ("kpi_unit", 2)
    assert unit["query"].rstrip().endswith("WHERE kpi = ${kpi:sqlstring}")


def test_what_the_published_schema_asks_for_is_there(made: dict[str, Any]) -> None:
    variables = made["templating"]["list"]
    assert all(variable["id"] for variable in variables)
    assert len({variable["id"] for variable in variables}) == len(variables)
    assert not [variable for variable in variables if variable["type"] == "adhoc"]
    assert made["annotations"]["list"][0]["name"] == "Annotations & Alerts"
    assert made["refresh"] == "1m"
    assert made["timezone"] == ""
    (links,) = made["links"]
    assert (links["type"], links["includeVars"], links["keepTime"]) == ("dashboards", True, True)
    assert {*links["tags"]} <= {*made["tags"]}


def test_panels_that_reach_back_have_a_range_of_their_own(
    board: Board, made: dict[str, Any]
) -> None:
    told = {panel.title: panel.least_weeks for panel in board.panels}
    for drawn in made["panels"]:
        weeks = told.get(drawn["title"].partition(" (")[0], 0)
        assert drawn.get("timeFrom") == (f"{weeks}w" if weeks else None)


def test_an_alarm_is_a_threshold(learning: dict[str, Any]) -> None:
    (pipeline,) = [p for p in learning["panels"] if p["title"].startswith("Pipeline")]
    steps = {
        override["matcher"]["options"]: prop["value"]["steps"][1]["value"]
        for override in pipeline["fieldConfig"]["overrides"]
        for prop in override["properties"]
        if prop["id"] == "thresholds"
    }
    assert {"lag", "rejected"} <= steps.keys()
    assert steps["rejected"] == 1


def test_every_chart_says_what_its_colours_mean(board: Board, made: dict[str, Any]) -> None:
    charted = {panel.title for panel in board.panels if panel.charted}
    drawn = [p for p in made["panels"] if p["title"].partition(" (")[0] in charted]
    assert len(drawn) == len(charted)
    for panel in drawn:
        legend = panel["options"]["legend"]
        assert (legend["showLegend"], legend["displayMode"]) == (True, "list")


def test_what_several_share_is_said_in_a_table(learning: dict[str, Any]) -> None:
    (latest,) = [p for p in learning["panels"] if p["title"] == "Happening lately"]
    told = {
        override["matcher"]["options"]: prop["value"]
        for override in latest["fieldConfig"]["overrides"]
        for prop in override["properties"]
        if prop["id"] == "mappings"
    }
    empty = {"match": "empty", "result": {"text": "several"}}
    for column in ("team", "tool"):
        assert told[column] == [{"type": "special", "options": empty}]


def test_the_kpis_axis_says_its_unit_and_direction(learning: dict[str, Any]) -> None:
    (kpi,) = [p for p in learning["panels"] if p["title"].startswith("Learning beside a KPI")]
    told = {
        prop["id"]: prop["value"]
        for override in kpi["fieldConfig"]["overrides"]
        if override["matcher"]["options"] == "value"
        for prop in override["properties"]
    }
    assert told["custom.axisLabel"] == "${kpi} (${kpi_unit})"
    assert told["displayName"] == "${kpi}"


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
