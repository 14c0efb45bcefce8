"""A board for Grafana: every declared panel with its own drawings, through the foundation SDK."""

import json
from collections.abc import Callable, Iterable
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from grafana_foundation_sdk.builders import (
    barchart,
    common,
    dashboard,
    stat,
    table,
    timeseries,
    trend,
)
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import common as kinds
from grafana_foundation_sdk.models import dashboard as models

from dashboards import palette
from dashboards.board import Board, Column, Drawing, Panel, Shades, Variable
from dashboards.grafana.query import (
    PLUGIN,
    SOURCE,
    SOURCE_UID,
    SOURCE_VARIABLE,
    TABLE,
    TIME_SERIES,
    ClickHouseQuery,
    Target,
    choices_sql,
    grafana_sql,
    panel_sql,
    unit_sql,
)
from dashboards.queries import NOTICE, RELEASES, ROLLOUTS

FOLDER_UID, FOLDER = "headwater", "Headwater"
TAG = "headwater"
#: Grafana's grid has 24 columns, ours 12; a row of ours is about one of Grafana's.
COLUMNS = 2
#: The last four whole weeks, as on the page.
FROM, TO = "now-4w/w", "now-1w/w"

Style = dict[str, Any]


def uid(board: Board) -> str:
    """What Grafana knows a board by."""
    return uid_of(board.name)


def uid_of(name: str) -> str:
    """What Grafana knows the board of a name by."""
    return f"headwater-{name}"


def model(board: Board, time_zone: str = "") -> dict[str, Any]:
    """The board as Grafana's JSON model; without a time zone it has Grafana's own default."""
    made = (
        dashboard.Dashboard(f"Headwater: {board.title}")
        .uid(uid(board))
        .tags([TAG, board.name])
        .description(board.says)
        .timezone(time_zone)
        .time(FROM, TO)
        .refresh("1m")
        .week_start("monday")
        .tooltip(models.DashboardCursorSync.CROSSHAIR)
        .readonly()
        .link(_other_boards())
        .with_variable(_source())
    )
    for variable in board.variables:
        for choice in _variables(variable):
            made = made.with_variable(choice)
    for annotation in _annotations():
        made = made.annotation(annotation)
    if any(column.marks for panel in board.panels for column in panel.columns):
        made = made.annotation(_marking("Rollouts", ROLLOUTS.sql, palette.INK))
        made = made.annotation(_marking("Releases", RELEASES.sql, palette.CYCLE[2]))
    made = made.with_panel(_notice(NOTICE.sql, 24 - (8 if board.caption else 0)))
    if board.caption:
        made = made.with_panel(_caption(board))
    for panel in board.panels:
        made = made.with_panel(_drawn(board, panel))
    found: dict[str, Any] = json.loads(json.dumps(made.build(), cls=JSONEncoder))
    for number, shown in enumerate(found["panels"], 1):
        shown["id"] = number
    return found


def _other_boards() -> dashboard.DashboardLink:
    return (
        dashboard.DashboardLink("Boards")
        .type(models.DashboardLinkType.DASHBOARDS)
        .tags([TAG])
        .as_dropdown(False)
        .include_vars(True)
        .keep_time(True)
    )


def _source() -> dashboard.DatasourceVariable:
    return (
        dashboard.DatasourceVariable(SOURCE_VARIABLE)
        .id(_id(SOURCE_VARIABLE))
        .label("Data source")
        .type(PLUGIN)
        .current(models.VariableOption(selected=True, text="Headwater", value=SOURCE_UID))
    )


def _variables(variable: Variable) -> Iterable[dashboard.QueryVariable]:
    """What a reader chooses, and hidden beside it the unit of what was chosen."""
    choice = _choice(variable.name, choices_sql(variable)).label(variable.title)
    if variable.everything:
        choice = choice.include_all(True).all_value("''")
    yield choice
    if unit := unit_sql(variable):
        yield _choice(f"{variable.name}_unit", unit).hide(models.VariableHide.HIDE_VARIABLE)


def _choice(name: str, sql: str) -> dashboard.QueryVariable:
    return (
        dashboard.QueryVariable(name)
        .id(_id(name))
        .datasource(SOURCE)
        .query(sql)
        .refresh(models.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(models.VariableSort.DISABLED)
    )


def _id(name: str) -> str:
    """An id of a variable, which the published schema asks for; always the same."""
    return str(uuid5(NAMESPACE_URL, f"headwater/grafana/{name}"))


def _annotations() -> Iterable[dashboard.AnnotationQuery]:
    """What somebody noted at a time: on this board, and on any with the tag."""
    store = models.DataSourceRef(type_val="grafana", uid="-- Grafana --")
    own = models.AnnotationTarget(limit=100, match_any=False, tags=[], type_val="dashboard")
    tagged = models.AnnotationTarget(limit=100, match_any=False, tags=[TAG], type_val="tags")
    for name, target, colour in (
        ("Annotations & Alerts", own, "rgba(0, 211, 255, 1)"),
        (f"Noted with the tag {TAG}", tagged, palette.CYCLE[4]),
    ):
        yield (
            dashboard.AnnotationQuery()
            .name(name)
            .datasource(store)
            .enable(True)
            .icon_color(colour)
            .type(target.type_val)
            .target(_Built(target))
        )


def _marking(name: str, sql: str, colour: str) -> dashboard.AnnotationQuery:
    """What marks every chart over time, from the warehouse."""
    return (
        dashboard.AnnotationQuery()
        .name(name)
        .datasource(SOURCE)
        .enable(True)
        .icon_color(colour)
        .target(_Asking(ClickHouseQuery(grafana_sql(sql), TABLE)))
    )


class _Asking(Builder[Any]):
    """The target of an annotation that the warehouse is asked for."""

    def __init__(self, query: ClickHouseQuery) -> None:
        self._query = query

    def build(self) -> Any:
        """The target."""
        return self._query


class _Built(Builder[models.AnnotationTarget]):
    """A target that is made already."""

    def __init__(self, target: models.AnnotationTarget) -> None:
        self._target = target

    def build(self) -> models.AnnotationTarget:
        """The target."""
        return self._target


def _notice(sql: str, span: int) -> Builder[models.Panel]:
    values = common.ReduceDataOptions().values(False).calcs(["lastNotNull"]).fields("/.*/")
    made = (
        stat.Panel()
        .title("")
        .transparent(True)
        .datasource(SOURCE)
        .with_target(Target(grafana_sql(sql), TABLE))
        .reduce_options(values)
        .text(common.VizTextDisplayOptions().value_size(14))
        .text_mode(kinds.BigValueTextMode.VALUE)
        .color_mode(kinds.BigValueColorMode.NONE)
        .graph_mode(kinds.BigValueGraphMode.NONE)
        .span(span)
        .height(2)
    )
    return _typed(made)


def _caption(board: Board) -> Builder[models.Panel]:
    """The shares that stand under every chart of the page."""
    assert board.caption is not None
    sizes = common.VizTextDisplayOptions().value_size(14).title_size(12)
    made = (
        stat.Panel()
        .title("")
        .transparent(True)
        .datasource(SOURCE)
        .with_target(Target(panel_sql(board, board.caption), TABLE))
        .reduce_options(common.ReduceDataOptions().values(False).calcs(["lastNotNull"]))
        .text(sizes)
        .unit("percentunit")
        .decimals(0)
        .no_value("–")
        .color_mode(kinds.BigValueColorMode.NONE)
        .graph_mode(kinds.BigValueGraphMode.NONE)
        .span(8)
        .height(2)
    )
    for column in board.caption.columns:
        made = made.override_by_name(column.name, _style(displayName=column.title))
    return _typed(made)


def _drawn(board: Board, panel: Panel) -> Builder[models.Panel]:
    make, form = _DRAWINGS[panel.drawing]
    shown = panel.title + (f" ({panel.scope})" if panel.scope else "")
    made = (
        make(panel)
        .title(shown)
        .description(f"{panel.says}\n\n{panel.do}")
        .datasource(SOURCE)
        .with_target(Target(panel_sql(board, panel), form))
        .no_value(panel.empty)
        .span(panel.width * COLUMNS)
        .height(panel.height)
    )
    if panel.least_weeks:
        made = made.time_from(f"{panel.least_weeks}w")
    return _typed(made)


def _stack(panel: Panel) -> Any:
    made = _stacked_bars(timeseries.Panel())
    hue = panel.columns[1].hue
    for name, shade in hue.known if isinstance(hue, Shades) else ():
        # The data source names a series after its value and its label.
        made = made.override_by_regexp(
            f"/(^|\\s){name}$/", _style(displayName=shade.title, color=shade.colour)
        )
    return made


def _axes(panel: Panel) -> Any:
    *bars, last = [column for column in _drawn_columns(panel) if not column.aim]
    made = _stacked_bars(timeseries.Panel()).axis_label(panel.unit)
    title = f"${{{last.of}}}" if last.of else last.title
    axis = f"{title} (${{{last.of}_unit}})" if last.of else ", ".join((title, last.unit))
    line = {
        "custom.drawStyle": "line",
        "custom.fillOpacity": 0,
        "custom.axisPlacement": "right",
        "custom.axisLabel": axis,
        "custom.stacking": {"mode": "none", "group": "B"},
    }
    drawn = {"custom.lineWidth": 2, "custom.showPoints": "always"}
    style = _style(displayName=title, color=last.colour or palette.INK, **line, **drawn)
    made = _named(made, bars).override_by_name(last.name, style)
    broken = {
        "custom.lineWidth": 1,
        "custom.lineStyle": {"fill": "dash", "dash": [8, 6]},
        "custom.showPoints": "never",
    }
    for aim in (column for column in panel.columns if column.aim):
        style = _style(displayName=aim.title, color=aim.colour or palette.INK, **line, **broken)
        made = made.override_by_name(aim.name, style)
    return made


def _lines(panel: Panel) -> Any:
    made = timeseries.Panel().axis_label(panel.unit).min(0).legend(_legend())
    made = made.line_width(2).show_points(kinds.VisibilityMode.ALWAYS)
    made = made.tooltip(common.VizTooltipOptions().mode(kinds.TooltipDisplayMode.MULTI))
    return _named(made, _drawn_columns(panel))


def _drawn_columns(panel: Panel) -> list[Column]:
    """What a chart has a series of: what marks is an annotation."""
    return [column for column in panel.columns[1:] if not column.marks]


def _band(panel: Panel) -> Any:
    """Line and band over numbers: Grafana fills from the upper edge down to the lower."""
    first, estimate, low, high = (column for column in panel.columns if not column.marks)
    made = trend.Panel().x_field(first.name).legend(_legend()).axis_label(panel.unit)
    made = made.tooltip(common.VizTooltipOptions().mode(kinds.TooltipDisplayMode.MULTI))
    made = made.line_width(2).show_points(kinds.VisibilityMode.ALWAYS)
    edge = {"custom.lineWidth": 0, "custom.showPoints": "never"}
    filled = {"custom.fillBelowTo": low.name, "custom.fillOpacity": 20}
    return (
        made.override_by_name(
            estimate.name, _style(displayName=estimate.title, color=palette.ACCENT)
        )
        .override_by_name(low.name, _style(color=_BAND, **edge))
        .override_by_name(high.name, _style(color=_BAND, **edge, **filled))
    )


_BAND = "#2c6e91"
_EDGE = "#b7c6cc"


def _intervals(panel: Panel) -> Any:
    """Three bars for each category: the lower end, the estimate, the upper end."""
    first, estimate, low, high, *others = panel.columns
    made = (
        barchart.Panel()
        .x_field(first.name)
        .legend(_legend())
        .orientation(kinds.VizOrientation.HORIZONTAL)
        .stacking(kinds.StackingMode.NONE)
        .fill_opacity(100)
        .line_width(0)
    )
    for column, colour in ((estimate, palette.ACCENT), (low, _EDGE), (high, _EDGE)):
        made = made.override_by_name(column.name, _style(displayName=column.title, color=colour))
    for column in others:
        unseen = {"tooltip": False, "viz": True, "legend": True}
        made = made.override_by_name(
            column.name, _style(displayName=column.title, **{"custom.hideFrom": unseen})
        )
    return made


def _small(panel: Panel) -> Any:
    """Lines of all categories on one axis; the data source names each after its value and label."""
    made = timeseries.Panel().axis_label(panel.unit).min(0).legend(_legend())
    return made.tooltip(common.VizTooltipOptions().mode(kinds.TooltipDisplayMode.MULTI))


def _bars(panel: Panel) -> Any:
    made = (
        barchart.Panel()
        .x_field(panel.columns[0].name)
        .legend(_legend())
        .orientation(kinds.VizOrientation.HORIZONTAL)
        .stacking(kinds.StackingMode.NORMAL)
        .fill_opacity(100)
        .line_width(0)
    )
    return _named(made, panel.columns[1:])


def _table(panel: Panel) -> Any:
    made: Any = table.Panel().show_header(True)
    for column in panel.columns:
        style = _style(displayName=column.title)
        if isinstance(column.hue, Shades):
            titles = {name: {"text": shade.title} for name, shade in column.hue.known}
            style += _style(mappings=[{"type": "value", "options": titles}])
        if column.leads:
            there = {"title": column.title, "url": f"/d/{uid_of('${__value.raw}')}"}
            style += _style(links=[there])
        if column.blank:
            empty = {"match": "empty", "result": {"text": column.blank}}
            style += _style(mappings=[{"type": "special", "options": empty}])
        made = made.override_by_name(column.name, style)
    return made


def _sentences(panel: Panel) -> Any:
    """A table whose texts wrap, the first of them with most of the room."""
    wrapped = {"custom.cellOptions": {"type": "auto", "wrapText": True}}
    made = _table(panel)
    for column in panel.columns[:2]:
        made = made.override_by_name(column.name, _style(**wrapped))
    last = panel.columns[-1]
    return made.override_by_name(last.name, _style(**{"custom.width": 160}))


def _matrix(panel: Panel) -> Any:
    down, across, shown = panel.columns
    fields = {"rowField": down.name, "columnField": across.name, "valueField": shown.name}
    made: Any = table.Panel().show_header(True).decimals(0)
    made = made.with_transformation(
        models.DataTransformerConfig(
            id_val="groupingToMatrix", options={**fields, "emptyValue": "null"}
        )
    )
    corner = f"{down.name}\\{across.name}"
    made = made.override_by_name(corner, _style(displayName=down.title))
    if shown.alarm is None:
        return made
    style = _style(
        color={"mode": "thresholds"},
        thresholds=_thresholds(shown, "transparent"),
        **{"custom.cellOptions": {"type": "color-background", "mode": "basic"}},
    )
    return made.override_by_field_type("number", style)


def _tiles(panel: Panel) -> Any:
    return _named(_figures_of(), panel.columns)


def _stat(panel: Panel) -> Any:
    made = _figures_of()
    for column in panel.columns:
        style: Style = {"unit": column.unit} if column.unit else {"decimals": 0}
        if column.alarm is not None:
            style |= {"thresholds": _thresholds(column), "color": {"mode": "thresholds"}}
        else:
            style["color"] = {"mode": "fixed", "fixedColor": palette.ACCENT}
        made = made.override_by_name(column.name, _style(displayName=column.title, **style))
    return made


def _thresholds(column: Column, usual: str = "green") -> Style:
    steps = [{"color": usual, "value": None}, {"color": "orange", "value": column.alarm}]
    return {"mode": "absolute", "steps": steps}


def _figures_of() -> Any:
    return (
        stat.Panel()
        .reduce_options(common.ReduceDataOptions().values(False).calcs(["lastNotNull"]))
        .graph_mode(kinds.BigValueGraphMode.NONE)
        .color_mode(kinds.BigValueColorMode.VALUE)
        .text_mode(kinds.BigValueTextMode.VALUE_AND_NAME)
    )


_DRAWINGS: dict[Drawing, tuple[Callable[[Panel], Any], int]] = {
    Drawing.STACK: (_stack, TIME_SERIES),
    Drawing.AXES: (_axes, TIME_SERIES),
    Drawing.LINES: (_lines, TIME_SERIES),
    Drawing.BARS: (_bars, TABLE),
    Drawing.BAND: (_band, TABLE),
    Drawing.INTERVALS: (_intervals, TABLE),
    Drawing.SMALL: (_small, TIME_SERIES),
    Drawing.TABLE: (_table, TABLE),
    Drawing.SENTENCES: (_sentences, TABLE),
    Drawing.MATRIX: (_matrix, TABLE),
    Drawing.TILES: (_tiles, TABLE),
    Drawing.STAT: (_stat, TABLE),
}


def _stacked_bars(made: Any) -> Any:
    return (
        made.legend(_legend())
        .draw_style(kinds.GraphDrawStyle.BARS)
        .fill_opacity(100)
        .line_width(0)
        .stacking(common.StackingConfig().mode(kinds.StackingMode.NORMAL).group("A"))
        .tooltip(common.VizTooltipOptions().mode(kinds.TooltipDisplayMode.MULTI))
        .min(0)
    )


def _legend() -> common.VizLegendOptions:
    """What each colour means, below the picture; the builder leaves it out."""
    return (
        common.VizLegendOptions()
        .display_mode(kinds.LegendDisplayMode.LIST)
        .placement(kinds.LegendPlacement.BOTTOM)
        .show_legend(True)
    )


def _named(made: Any, columns: Iterable[Column]) -> Any:
    for column in columns:
        style = _style(displayName=column.title, color=column.colour)
        made = made.override_by_name(column.name, style)
    return made


def _style(*, color: Any = "", **properties: Any) -> list[models.DynamicConfigValue]:
    if color:
        fixed = {"mode": "fixed", "fixedColor": color}
        properties["color"] = fixed if isinstance(color, str) else color
    return [models.DynamicConfigValue(id_val=k, value=v) for k, v in properties.items()]


def _typed(made: Any) -> Builder[models.Panel]:
    built: Builder[models.Panel] = made
    return built
