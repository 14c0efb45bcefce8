"""Pictures for the page: a panel's rows → ECharts options, times in the organisation's zone."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import pairwise
from typing import Any

from dashboards import palette
from dashboards.panels import SCAFFOLDS, Drawing, Panel

Rows = Sequence[Sequence[Any]]
Options = dict[str, Any]

_FONT = {"fontFamily": "Roboto, system-ui, sans-serif", "color": palette.MUTED, "fontSize": 12}


def options(panel: Panel, rows: Rows, zone: tzinfo, kpi: tuple[str, str, str] | None) -> Options:
    """The picture of a panel; `kpi` is (name, unit, direction) of the chosen KPI."""
    draw: dict[Drawing, Callable[[], Options]] = {
        Drawing.STACK: lambda: _stack(rows, zone),
        Drawing.BARS: lambda: _bars(rows),
        Drawing.AXES: lambda: _axes(rows, zone, kpi),
        Drawing.LINES: lambda: _lines(panel, rows, zone),
    }
    return {**_common(), **draw[panel.drawing]()}


def moment(value: datetime | float, zone: tzinfo) -> datetime:
    """A time of the warehouse (UTC, with or without saying so) in the organisation's zone."""
    if not isinstance(value, datetime):
        return datetime.fromtimestamp(value, zone)
    return (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(zone)


def labels(times: Sequence[datetime], zone: tzinfo, *, now: datetime | None = None) -> list[str]:
    """What stands under the buckets of a time axis: as much as their distance asks for.

    A day or week that is not over at `now` says so: less in it need not mean less is done.
    """
    local = [moment(time, zone) for time in times]
    step = min((b - a for a, b in pairwise(local)), default=timedelta(days=1))
    if step < timedelta(hours=1):
        return [f"{t:%H:%M}" for t in local]
    if step < timedelta(hours=23):
        return [f"{t:%a %-d %b, %H:%M}" for t in local]
    named = [f"{t:%-d %b %Y}" for t in local]
    if local and local[-1] <= (now or datetime.now(zone)) < local[-1] + step:
        named[-1] += ", so far"
    return named


#: Under the axis the hour stands below its day, and the year is left out.
_SHORT = r"(label) => label.replace(', ', '\n').replace(/ \d{4}(?=\n|$)/, '')"


def _common() -> Options:
    return {
        "animationDuration": 0,
        "animationDurationUpdate": 250,
        "textStyle": _FONT,
        "tooltip": {
            "trigger": "axis",
            "axisPointer": {"type": "shadow", "shadowStyle": {"color": "rgba(29,43,47,0.06)"}},
            "confine": True,
            "borderColor": palette.LINE,
            "padding": [8, 12],
            "textStyle": {**_FONT, "color": palette.INK},
        },
        "legend": {
            "type": "scroll",
            "top": 0,
            "left": 0,
            "icon": "roundRect",
            "itemWidth": 11,
            "itemHeight": 11,
            "itemGap": 14,
            "textStyle": {**_FONT, "color": palette.INK},
            "pageIconSize": 10,
        },
        "grid": {"left": 4, "right": 26, "top": 40, "bottom": 4, "containLabel": True},
    }


def _time_axis(names: list[str], *, gap: bool) -> Options:
    return {
        "type": "category",
        "data": names,
        "boundaryGap": gap,
        "axisTick": {"show": False},
        "axisLine": {"lineStyle": {"color": palette.LINE}},
        "axisLabel": {
            **_FONT,
            "hideOverlap": True,
            "showMaxLabel": True,
            "lineHeight": 15,
            ":formatter": _SHORT,
        },
    }


def _value_axis(name: str = "", **more: Any) -> Options:
    return {
        "type": "value",
        "name": name,
        "nameTextStyle": _FONT,
        "minInterval": 1,
        "splitNumber": 4,
        "axisLabel": _FONT,
        "splitLine": {"lineStyle": {"color": palette.LINE}},
        **more,
    }


def _stack(rows: Rows, zone: tzinfo) -> Options:
    times = sorted({row[0] for row in rows})
    place = {time: at for at, time in enumerate(times)}
    counts: dict[str, list[int]] = {}
    for time, behaviour, events in rows:
        counts.setdefault(behaviour, [0] * len(times))[place[time]] = int(events)
    known = [*palette.BEHAVIOURS, *sorted(counts.keys() - palette.BEHAVIOURS.keys())]
    series = [
        {
            "id": name,
            "name": palette.behaviour(name).title,
            "type": "bar",
            "stack": "all",
            "barCategoryGap": "18%",
            "itemStyle": {"color": palette.behaviour(name).colour},
            "emphasis": {"focus": "series"},
            "data": counts.get(name, []),
        }
        for name in known
    ]
    tooltip = {**_common()["tooltip"], ":formatter": _NONZERO}
    return {
        "tooltip": tooltip,
        "legend": {
            **_common()["legend"],
            "data": [palette.behaviour(name).title for name in known if name in counts],
        },
        "xAxis": _time_axis(labels(times, zone), gap=True),
        "yAxis": _value_axis(),
        "series": series,
    }


#: Fourteen behaviours are too many lines for a tooltip: those that occurred, and their sum.
_NONZERO = """(items) => {
  const shown = items.filter((item) => item.value > 0);
  const sum = shown.reduce((total, item) => total + item.value, 0);
  const plain = (text) => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
  const lines = shown.reverse().map((item) =>
    `<div style="display:flex;gap:16px;justify-content:space-between"><span>${item.marker}` +
    `${plain(item.seriesName)}</span><b>${item.value.toLocaleString()}</b></div>`);
  return `<div style="margin-bottom:4px">${items[0].axisValue} · <b>${sum.toLocaleString()}</b>` +
    ` events</div>` + lines.join("");
}"""


def _bars(rows: Rows) -> Options:
    ordered = list(reversed(rows))
    return {
        "grid": {**_common()["grid"], "right": 20},
        "yAxis": {
            "type": "category",
            "data": [row[0] for row in ordered],
            "axisTick": {"show": False},
            "axisLine": {"show": False},
            "axisLabel": {**_FONT, "color": palette.INK, "width": 130, "overflow": "truncate"},
        },
        "xAxis": _value_axis(),
        "series": [
            _scaffold(name, [int(row[at]) for row in ordered], barMaxWidth=22)
            for at, name in enumerate(SCAFFOLDS, 1)
        ],
    }


def _scaffold(name: str, data: list[int], **more: Any) -> Options:
    hue = palette.SCAFFOLDS[name]
    return {
        "id": name,
        "name": hue.title,
        "type": "bar",
        "stack": "all",
        "itemStyle": {"color": hue.colour},
        "emphasis": {"focus": "series"},
        "data": data,
        **more,
    }


def _axes(rows: Rows, zone: tzinfo, kpi: tuple[str, str, str] | None) -> Options:
    name, unit, direction = kpi or ("KPI", "", "")
    better = {"up": "higher is better", "down": "lower is better"}.get(direction, "")
    axis = ", ".join(part for part in (unit, better) if part)
    line: Options = {
        "id": "value",
        "name": words(name),
        "type": "line",
        "yAxisIndex": 1,
        "symbolSize": 6,
        "connectNulls": False,
        "lineStyle": {"color": palette.KPI, "width": 2.5},
        "itemStyle": {"color": palette.KPI},
        "z": 5,
        "data": [None if row[-1] is None else round(float(row[-1]), 3) for row in rows],
    }
    return {
        "grid": {**_common()["grid"], "top": 66},
        "xAxis": _time_axis(labels([row[0] for row in rows], zone), gap=True),
        "yAxis": [
            _value_axis("learning events", nameTextStyle={**_FONT, "align": "left"}),
            _value_axis(
                axis,
                minInterval=0,
                scale=True,
                splitLine={"show": False},
                nameTextStyle={**_FONT, "align": "right", "color": palette.INK},
                axisLabel={**_FONT, "color": palette.INK},
            ),
        ],
        "series": [
            *(
                _scaffold(scaffold, [int(row[at]) for row in rows], barCategoryGap="25%")
                for at, scaffold in enumerate(SCAFFOLDS, 1)
            ),
            line,
        ],
    }


def _lines(panel: Panel, rows: Rows, zone: tzinfo) -> Options:
    series = []
    for at, name in enumerate(panel.columns[1:], 1):
        title, colour = palette.SERIES[name]
        series.append(
            {
                "id": name,
                "name": title,
                "type": "line",
                "symbolSize": 5,
                "lineStyle": {"color": colour, "width": 2},
                "itemStyle": {"color": colour},
                "data": [None if row[at] is None else float(row[at]) for row in rows],
            }
        )
    return {
        "tooltip": {**_common()["tooltip"], "axisPointer": {"type": "line"}},
        "xAxis": _time_axis(labels([row[0] for row in rows], zone), gap=False),
        "yAxis": _value_axis(panel.unit, nameTextStyle={**_FONT, "align": "left"}),
        "grid": {**_common()["grid"], "top": 62, "right": 20},
        "series": series,
    }


def words(name: str) -> str:
    """A KPI's name as it is read: `issue_hours_to_close` → `issue hours to close`."""
    return name.replace("_", " ")
