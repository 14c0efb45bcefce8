"""Pictures for the page: a panel's rows → ECharts options, times in the organisation's zone."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import cycle, pairwise
from typing import Any

from dashboards import palette
from dashboards.board import Column, Drawing, Panel, Rows, Shade, Shades

Options = dict[str, Any]

_FONT = {"fontFamily": "Roboto, system-ui, sans-serif", "color": palette.MUTED, "fontSize": 12}


def options(panel: Panel, rows: Rows, zone: tzinfo) -> Options:
    """The picture of a panel; its columns' titles and units are as they are to be read."""
    draw: dict[Drawing, Callable[[], Options]] = {
        Drawing.STACK: lambda: _stack(panel, rows, zone),
        Drawing.BARS: lambda: _bars(panel, rows),
        Drawing.AXES: lambda: _axes(panel, rows, zone),
        Drawing.LINES: lambda: _lines(panel, rows, zone),
    }
    return {**_common(), **draw[panel.drawing]()}


def legend(panel: Panel, rows: Rows) -> list[tuple[str, str]]:
    """Title and colour of every series that a chart shows, in their order."""
    if panel.drawing is not Drawing.STACK:
        return [(column.title, colour) for column, colour in _coloured(panel.columns[1:])]
    occur = {row[1] for row in rows if row[2]}
    shown = [(name, shade) for name, shade in _categories(panel, rows) if name in occur]
    return [(shade.title, shade.colour) for _, shade in shown]


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
        # The legend is HTML (tables.legend): it wraps, prints whole and takes the keyboard.
        "legend": {"show": False},
        "grid": {"left": 4, "right": 26, "top": 12, "bottom": 4, "containLabel": True},
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
        "axisLabel": {**_FONT, "hideOverlap": True},
        "splitLine": {"lineStyle": {"color": palette.LINE}},
        **more,
    }


def _categories(panel: Panel, rows: Rows) -> list[tuple[str, Shade]]:
    """Each category with its shade: those that are known first, then by name."""
    hue, found = panel.columns[1].hue, {str(row[1]) for row in rows}
    if isinstance(hue, Shades):
        known = dict(hue.known)
        return [*known.items(), *((name, hue.of(name)) for name in sorted(found - known.keys()))]
    colours = cycle(palette.CYCLE)
    return [(name, Shade(name, colour)) for name, colour in zip(sorted(found), colours)]  # noqa: B905


def _coloured(columns: Sequence[Column]) -> list[tuple[Column, str]]:
    colours = cycle(palette.CYCLE)
    return [(column, column.colour or next(colours)) for column in columns]


def _stack(panel: Panel, rows: Rows, zone: tzinfo) -> Options:
    times = sorted({row[0] for row in rows})
    place = {time: at for at, time in enumerate(times)}
    counts: dict[str, list[float]] = {}
    for time, category, value in rows:
        counts.setdefault(category, [0] * len(times))[place[time]] = value or 0
    known = _categories(panel, rows)
    return {
        "tooltip": {**_common()["tooltip"], ":formatter": _NONZERO % {"unit": panel.unit}},
        "legend": {"show": False, "data": [shade.title for name, shade in known if name in counts]},
        "xAxis": _time_axis(labels(times, zone), gap=True),
        "yAxis": _value_axis(),
        "series": [
            _bar(name, shade.title, shade.colour, counts.get(name, []), barCategoryGap="18%")
            for name, shade in known
        ],
    }


#: Many categories are too many lines for a tooltip: those that occurred, and their sum.
_NONZERO = """(items) => {
  const shown = items.filter((item) => item.value > 0);
  const sum = shown.reduce((total, item) => total + item.value, 0);
  const plain = (text) => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
  const lines = shown.reverse().map((item) =>
    `<div style="display:flex;gap:16px;justify-content:space-between"><span>${item.marker}` +
    `${plain(item.seriesName)}</span><b>${item.value.toLocaleString()}</b></div>`);
  return `<div style="margin-bottom:4px">${items[0].axisValue} · <b>${sum.toLocaleString()}</b>` +
    ` %(unit)s</div>` + lines.join("");
}"""


def _bars(panel: Panel, rows: Rows) -> Options:
    ordered = list(reversed(rows))
    return {
        "grid": {**_common()["grid"], "top": 4, "right": 20},
        "yAxis": {
            "type": "category",
            "data": [str(row[0]) for row in ordered],
            "axisTick": {"show": False},
            "axisLine": {"show": False},
            "axisLabel": {**_FONT, "color": palette.INK, "width": 130, "overflow": "truncate"},
        },
        "xAxis": _value_axis(),
        "series": [
            _bar(column.name, column.title, colour, [_value(row[at]) or 0 for row in ordered],
                 barMaxWidth=22)
            for at, (column, colour) in enumerate(_coloured(panel.columns[1:]), 1)
        ],
    }  # fmt: skip


def _bar(name: str, title: str, colour: str, data: Sequence[Any], **more: Any) -> Options:
    return {
        "id": name,
        "name": title,
        "type": "bar",
        "stack": "all",
        "itemStyle": {"color": colour},
        "emphasis": {"focus": "series"},
        "data": data,
        **more,
    }


def _line(column: Column, colour: str, data: Sequence[Any], width: float, **more: Any) -> Options:
    return {
        "id": column.name,
        "name": column.title,
        "type": "line",
        "symbolSize": 5,
        "connectNulls": False,
        "lineStyle": {"color": colour, "width": width},
        "itemStyle": {"color": colour},
        "data": data,
        **more,
    }


def _axes(panel: Panel, rows: Rows, zone: tzinfo) -> Options:
    *bars, (last, colour) = _coloured(panel.columns[1:])
    numbers = [_value(row[-1]) for row in rows]
    return {
        "grid": {**_common()["grid"], "top": 30},
        "xAxis": _time_axis(labels([row[0] for row in rows], zone), gap=True),
        "yAxis": [
            _value_axis(panel.unit, nameTextStyle={**_FONT, "align": "left"}),
            _value_axis(
                last.unit,
                minInterval=0,
                scale=True,
                splitLine={"show": False},
                nameTextStyle={**_FONT, "align": "right", "color": palette.INK},
                axisLabel={**_FONT, "color": palette.INK},
            ),
        ],
        "series": [
            *(
                _bar(column.name, column.title, hue, [_value(row[at]) or 0 for row in rows],
                     barCategoryGap="25%")
                for at, (column, hue) in enumerate(bars, 1)
            ),
            _line(last, colour, numbers, 2.5, yAxisIndex=1, symbolSize=6, z=5),
        ],
    }  # fmt: skip


def _lines(panel: Panel, rows: Rows, zone: tzinfo) -> Options:
    return {
        "tooltip": {**_common()["tooltip"], "axisPointer": {"type": "line"}},
        "xAxis": _time_axis(labels([row[0] for row in rows], zone), gap=False),
        "yAxis": _value_axis(panel.unit, nameTextStyle={**_FONT, "align": "left"}),
        "grid": {**_common()["grid"], "top": 30, "right": 20},
        "series": [
            _line(column, colour, [_value(row[at]) for row in rows], 2)
            for at, (column, colour) in enumerate(_coloured(panel.columns[1:]), 1)
        ],
    }


def _value(value: Any) -> float | int | None:
    """A number as a chart takes it: counts whole, the rest to three places."""
    if value is None or isinstance(value, int):
        return value
    return round(float(value), 3)
