"""The board: every declared panel with Grafana's own drawings, through the foundation SDK."""

import json
from collections.abc import Callable, Iterable
from typing import Any

from grafana_foundation_sdk.builders import barchart, common, dashboard, stat, table, timeseries
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import common as kinds
from grafana_foundation_sdk.models import dashboard as models

from dashboards import palette
from dashboards.grafana.query import SOURCE, TABLE, TIME_SERIES, Target, grafana_sql
from dashboards.panels import KPIS, NOTICE, PANELS, TEAMS, Drawing, Panel

UID = "headwater-learning"
TITLE = "Headwater: learning in the flow of work"
FOLDER_UID, FOLDER = "headwater", "Headwater"
#: Grafana's grid has 24 columns, ours 12; a row of ours is about one of Grafana's.
COLUMNS = 2

Style = dict[str, Any]


def board(time_zone: str = "browser") -> dict[str, Any]:
    """The board as Grafana's JSON model."""
    made = (
        dashboard.Dashboard(TITLE)
        .uid(UID)
        .tags(["headwater", "learning"])
        .description("Who finds, practises, shares and reinforces what, beside the KPIs.")
        .timezone(time_zone)
        .time("now-24h", "now")
        .refresh("10s")
        .week_start("monday")
        .tooltip(models.DashboardCursorSync.CROSSHAIR)
        .readonly()
        .with_variable(_choice("team", "Team", TEAMS.sql).include_all(True).all_value("''"))
        .with_variable(_choice("kpi", "KPI", KPIS.sql))
        .with_panel(_notice())
    )
    for panel in PANELS:
        made = made.with_panel(_DRAWINGS[panel.drawing](panel))
    found: dict[str, Any] = json.loads(json.dumps(made.build(), cls=JSONEncoder))
    for number, shown in enumerate(found["panels"], 1):
        shown["id"] = number
    return found


def _choice(name: str, label: str, sql: str) -> dashboard.QueryVariable:
    return (
        dashboard.QueryVariable(name)
        .label(label)
        .datasource(SOURCE)
        .query(grafana_sql(sql))
        .refresh(models.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(models.VariableSort.DISABLED)
    )


def _notice() -> Builder[models.Panel]:
    values = common.ReduceDataOptions().values(False).calcs(["lastNotNull"]).fields("/.*/")
    return (
        stat.Panel()
        .title("")
        .transparent(True)
        .datasource(SOURCE)
        .with_target(Target(NOTICE.sql, TABLE))
        .reduce_options(values)
        .text(common.VizTextDisplayOptions().value_size(14))
        .text_mode(kinds.BigValueTextMode.VALUE)
        .color_mode(kinds.BigValueColorMode.NONE)
        .graph_mode(kinds.BigValueGraphMode.NONE)
        .span(24)
        .height(2)
    )


def _declared(made: Any, panel: Panel, form: int) -> Any:
    """What every panel takes from its declaration, whatever draws it."""
    return (
        made.title(panel.title)
        .description(f"{panel.says}\n\n{panel.do}")
        .datasource(SOURCE)
        .with_target(Target(panel.sql, form))
        .no_value(panel.empty)
        .span(panel.width * COLUMNS)
        .height(panel.height)
    )


def _stack(panel: Panel) -> Builder[models.Panel]:
    made = _declared(timeseries.Panel(), panel, TIME_SERIES)
    made = _bars_of(made)
    for name, shade in palette.BEHAVIOURS.items():
        # The data source names a series after its value and its label.
        made = made.override_by_regexp(
            f"/(^|\\s){name}$/", _style(displayName=shade.title, color=shade.colour)
        )
    return _typed(made)


def _axes(panel: Panel) -> Builder[models.Panel]:
    made = _bars_of(_declared(timeseries.Panel(), panel, TIME_SERIES))
    made = _named(made, panel.columns[1:-1]).override_by_name(
        "value",
        _style(
            displayName="${kpi}",
            color=palette.KPI,
            **{
                "custom.drawStyle": "line",
                "custom.lineWidth": 2,
                "custom.fillOpacity": 0,
                "custom.axisPlacement": "right",
                "custom.axisLabel": "${kpi}",
                "custom.showPoints": "always",
                "custom.stacking": {"mode": "none", "group": "B"},
            },
        ),
    )
    return _typed(made)


def _lines(panel: Panel) -> Builder[models.Panel]:
    made = _declared(timeseries.Panel(), panel, TIME_SERIES).axis_label(panel.unit).min(0)
    made = made.line_width(2).show_points(kinds.VisibilityMode.ALWAYS)
    made = made.tooltip(common.VizTooltipOptions().mode(kinds.TooltipDisplayMode.MULTI))
    return _typed(_named(made, panel.columns[1:]))


def _bars(panel: Panel) -> Builder[models.Panel]:
    made = (
        _declared(barchart.Panel(), panel, TABLE)
        .x_field(panel.columns[0])
        .orientation(kinds.VizOrientation.HORIZONTAL)
        .stacking(kinds.StackingMode.NORMAL)
        .fill_opacity(100)
        .line_width(0)
    )
    return _typed(_named(made, panel.columns[1:]))


def _table(panel: Panel) -> Builder[models.Panel]:
    made = _declared(table.Panel().show_header(True), panel, TABLE)
    for name in panel.columns:
        made = made.override_by_name(name, _style(displayName=palette.HEADINGS[name]))
    titles = {name: {"text": shade.title} for name, shade in palette.BEHAVIOURS.items()}
    mappings = [{"type": "value", "options": titles}]
    return _typed(made.override_by_name("behaviour", _style(mappings=mappings)))


def _figures(panel: Panel) -> Builder[models.Panel]:
    values = common.ReduceDataOptions().values(False).calcs(["lastNotNull"])
    made = (
        _declared(stat.Panel(), panel, TABLE)
        .reduce_options(values)
        .graph_mode(kinds.BigValueGraphMode.NONE)
        .color_mode(kinds.BigValueColorMode.VALUE)
        .text_mode(kinds.BigValueTextMode.VALUE_AND_NAME)
    )
    if panel.drawing is Drawing.TILES:
        return _typed(_named(made, panel.columns))
    for name in panel.columns:
        title, unit = palette.FIGURES[name]
        style = {"unit": unit} if unit else {"decimals": 0}
        made = made.override_by_name(name, _style(displayName=title, color=palette.ACCENT, **style))
    return _typed(made)


_DRAWINGS: dict[Drawing, Callable[[Panel], Builder[models.Panel]]] = {
    Drawing.STACK: _stack,
    Drawing.AXES: _axes,
    Drawing.LINES: _lines,
    Drawing.BARS: _bars,
    Drawing.TABLE: _table,
    Drawing.TILES: _figures,
    Drawing.STAT: _figures,
}


def _bars_of(made: Any) -> Any:
    return (
        made.draw_style(kinds.GraphDrawStyle.BARS)
        .fill_opacity(100)
        .line_width(0)
        .stacking(common.StackingConfig().mode(kinds.StackingMode.NORMAL).group("A"))
        .tooltip(common.VizTooltipOptions().mode(kinds.TooltipDisplayMode.MULTI))
        .min(0)
    )


def _named(made: Any, names: Iterable[str]) -> Any:
    for name in names:
        title, colour = palette.SERIES[name]
        made = made.override_by_name(name, _style(displayName=title, color=colour))
    return made


def _style(*, color: str = "", **properties: Any) -> list[models.DynamicConfigValue]:
    if color:
        properties["color"] = {"mode": "fixed", "fixedColor": color}
    return [models.DynamicConfigValue(id_val=k, value=v) for k, v in properties.items()]


def _typed(made: Any) -> Builder[models.Panel]:
    built: Builder[models.Panel] = made
    return built
