"""Pictures for the page: a panel's rows → ECharts options, times in the organisation's zone."""

import math
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
        Drawing.BAND: lambda: _band(panel, rows),
        Drawing.INTERVALS: lambda: _intervals(panel, rows),
        Drawing.SMALL: lambda: _small(panel, rows, zone),
    }
    return {**_common(), **draw[panel.drawing]()}


def legend(panel: Panel, rows: Rows) -> list[tuple[str, str]]:
    """Title and colour of every series that a chart shows, in their order."""
    if panel.drawing is Drawing.INTERVALS:
        return [(shade.title, shade.colour) for shade in _kinds(panel, rows)]
    if panel.drawing is Drawing.BAND:
        estimate, band = _of_band(panel)
        return [(estimate[1].title, estimate[2]), (band[1].title, _LIGHT)]
    if panel.drawing is not Drawing.STACK:
        series = [one for one in _series(panel) if not one[1].aim or has_values(rows, one[0])]
        return [(column.title, colour) for _, column, colour in series]
    occur = {row[1] for row in rows if row[2]}
    shown = [(name, shade) for name, shade in _categories(panel, rows) if name in occur]
    return [(shade.title, shade.colour) for _, shade in shown]


def has_values(rows: Rows, at: int) -> bool:
    """Whether any row has a value there."""
    return any(row[at] is not None for row in rows)


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


def _series(panel: Panel) -> list[tuple[int, Column, str]]:
    """Place, column and colour of each series; not what is before them, nor what marks."""
    before = 2 if panel.drawing is Drawing.SMALL else 1
    places = [
        at for at, column in enumerate(panel.columns) if at and not column.marks and column.name
    ]
    drawn = places[before - 1 :]
    coloured = _coloured([panel.columns[at] for at in drawn])
    return [(at, column, colour) for at, (column, colour) in zip(drawn, coloured, strict=True)]


def _marks(panel: Panel, rows: Rows, place: Callable[[Any], Any], **more: Any) -> Options:
    """A line with its words where something began. Where no row says so the lines are said to be
    none: what is left out of an update stays drawn."""
    if not any(column.marks for column in panel.columns):
        return {}
    found: dict[Any, dict[str, None]] = {}
    for at, column in enumerate(panel.columns):
        for row in rows if column.marks else ():
            if row[at]:
                found.setdefault(row[0], {})[str(row[at])] = None
    words = {**_FONT, "color": palette.INK, "width": 150, "overflow": "truncate"}
    return {
        "markLine": {
            "silent": True,
            "symbol": "none",
            "lineStyle": {"color": palette.INK, "type": "dashed", "width": 1},
            "label": {"position": "end", "distance": 4, **words, **more},
            "data": [
                {"xAxis": place(where), "name": ", ".join(said), "label": {"formatter": "{b}"}}
                for where, said in found.items()
            ],
        }
    }


def _marked(marks: Options) -> bool:
    """Whether there is a line to leave room for."""
    return bool(marks and marks["markLine"]["data"])


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
    series = _series(panel)
    *bars, (place, last, colour) = [one for one in series if not one[1].aim]
    aims = [one for one in series if one[1].aim]
    numbers = [_value(row[place]) for row in rows]
    names = dict(zip([row[0] for row in rows], labels([r[0] for r in rows], zone), strict=True))
    marks = _marks(panel, rows, names.__getitem__)
    marked = _marked(marks)
    above: Options = {"nameGap": 32 if marked else 15}
    return {
        "grid": {**_common()["grid"], "top": 48 if marked else 30},
        "xAxis": _time_axis(list(names.values()), gap=True),
        "yAxis": [
            _value_axis(panel.unit, nameTextStyle={**_FONT, "align": "left"}, **above),
            _value_axis(
                last.unit,
                minInterval=0,
                scale=True,
                splitLine={"show": False},
                nameTextStyle={**_FONT, "align": "right", "color": palette.INK},
                axisLabel={**_FONT, "color": palette.INK},
                **above,
            ),
        ],
        "series": [
            *(
                _bar(column.name, column.title, hue, [_value(row[at]) or 0 for row in rows],
                     barCategoryGap="25%")
                for at, column, hue in bars
            ),
            # Always there, with or without values: what is left out of an update stays drawn.
            *(
                _line(aim, hue, [_value(row[at]) for row in rows], 1.5,
                      lineStyle={"color": hue, "width": 1.5, "type": "dashed"},
                      yAxisIndex=1, symbol="none", z=4)
                for at, aim, hue in aims
            ),
            _line(last, colour, numbers, 2.5, yAxisIndex=1, symbolSize=6, z=5, **marks),
        ],
    }  # fmt: skip


def _lines(panel: Panel, rows: Rows, zone: tzinfo) -> Options:
    names = dict(zip([row[0] for row in rows], labels([r[0] for r in rows], zone), strict=True))
    return {
        "tooltip": {**_common()["tooltip"], "axisPointer": {"type": "line"}},
        "xAxis": _time_axis(list(names.values()), gap=False),
        "yAxis": _value_axis(panel.unit, nameTextStyle={**_FONT, "align": "left"}),
        "grid": {**_common()["grid"], "top": 30, "right": 20},
        "series": [
            _line(column, colour, [_value(row[at]) for row in rows], 2)
            for at, column, colour in _series(panel)
        ],
    }


#: A band: what is behind it and the line on it are seen, on light and on dark paper.
_LIGHT = "#2c6e9133"


def _of_band(panel: Panel) -> list[tuple[int, Column, str]]:
    """The line's place, column and colour, and those of the band's lower edge."""
    return _series(panel)[:2]


def _band(panel: Panel, rows: Rows) -> Options:
    """Line and band over whole numbers; the band is an area between two lines that are not seen."""
    (at, estimate, colour), (low, band, _) = _of_band(panel)
    names = [f"{row[0]:+d}".replace("-", "−") if row[0] else "0" for row in rows]
    edges = [(_value(row[low]), _value(row[low + 1])) for row in rows]
    marks = _marks(panel, rows, lambda number: [row[0] for row in rows].index(number))
    marked = _marked(marks)
    plain = {"symbol": "none", "lineStyle": {"opacity": 0}, "stack": "band", "stackStrategy": "all"}
    unseen = {"silent": True, "tooltip": {"show": False}}
    return {
        "tooltip": {
            **_common()["tooltip"],
            "axisPointer": {"type": "line"},
            ":formatter": _WITH_BAND % {"title": _plain(panel.columns[0].title)},
        },
        "grid": {**_common()["grid"], "top": 48 if marked else 30, "bottom": 22},
        "xAxis": {
            **_time_axis(names, gap=False),
            "name": panel.columns[0].title,
            "nameLocation": "middle",
            "nameGap": 28,
            "nameTextStyle": _FONT,
            "axisLine": {"onZero": False, "lineStyle": {"color": palette.LINE}},
        },
        "yAxis": _value_axis(
            estimate.unit or panel.unit,
            minInterval=0,
            nameTextStyle={**_FONT, "align": "left"},
            nameGap=32 if marked else 15,
        ),
        "series": [
            {
                "id": "edge", "type": "line", "name": band.title, **plain, **unseen,
                "data": [one for one, _ in edges],
            },
            {
                "id": band.name, "type": "line", "name": band.title, **plain,
                "areaStyle": {"color": _LIGHT, "opacity": 1},
                "itemStyle": {"color": _LIGHT},
                "data": [
                    None if one is None or other is None else round(other - one, 6)
                    for one, other in edges
                ],
            },
            _line(estimate, colour, [_value(row[at]) for row in rows], 2.5, z=5, **marks),
        ],
    }  # fmt: skip


#: Of a band both edges, which its two series have as one and a distance.
_WITH_BAND = """(items) => {
  const plain = (text) => String(text).replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
  const line = items[items.length - 1], low = items[0].value, more = items[1].value;
  const told = (number) => number == null ? "–" : Number(number.toPrecision(4)).toLocaleString();
  return `<div>%(title)s: <b>${plain(items[0].axisValue)}</b></div><div>${line.marker}` +
    `${plain(line.seriesName)} <b>${told(line.value)}</b></div><div>${items[1].marker}` +
    `${plain(items[1].seriesName)} ${told(low)} – ${told(low == null ? null : low + more)}</div>`;
}"""


def _plain(text: str) -> str:
    """A text within markup within a script."""
    return "".join(each for each in text if each not in "<>&`\\\"'${}")


def _kinds(panel: Panel, rows: Rows) -> list[Shade]:
    """How the kinds that occur are shown, in their order."""
    hue = panel.columns[4].hue
    assert isinstance(hue, Shades)
    occur = {str(row[4]) for row in rows}
    known = [shade for name, shade in hue.known if name in occur]
    return known + [hue.of(name) for name in sorted(occur - {name for name, _ in hue.known})]


def _intervals(panel: Panel, rows: Rows) -> Options:
    """A line for each category from low to high with its estimate on it, the first on top."""
    ordered = list(reversed(rows))
    first, estimate, *_ = panel.columns
    hue = panel.columns[4].hue
    assert isinstance(hue, Shades)
    series: list[Options] = []
    for shade in _kinds(panel, rows):
        mine = [at for at, row in enumerate(ordered) if hue.of(str(row[4])) == shade]
        common = {"name": shade.title, "itemStyle": {"color": shade.colour}}
        series += [
            {
                **common,
                "id": f"interval {shade.title}",
                "type": "custom",
                ":renderItem": _INTERVAL,
                "encode": {"x": [0, 1], "y": 2},
                "data": [[_value(ordered[at][2]), _value(ordered[at][3]), at] for at in mine],
            },
            {
                **common,
                "id": f"estimate {shade.title}",
                "type": "scatter",
                "symbolSize": 9,
                "data": [[_value(ordered[at][1]), at] for at in mine],
            },
        ]
    series[0]["markLine"] = {
        "silent": True,
        "symbol": "none",
        "label": {"show": False},
        "lineStyle": {"color": palette.INK, "type": "solid", "width": 1},
        "data": [{"xAxis": 0}],
    }
    return {
        "tooltip": {**_common()["tooltip"], "trigger": "item", ":formatter": _NAMED_INTERVAL},
        "grid": {**_common()["grid"], "top": 8, "right": 20, "bottom": 22},
        "yAxis": {
            "type": "category",
            "data": [first.shown(row[0]) for row in ordered],
            "axisTick": {"show": False},
            "axisLine": {"show": False},
            "axisLabel": {**_FONT, "color": palette.INK, "width": 130, "overflow": "truncate"},
        },
        "xAxis": _value_axis(
            estimate.unit or panel.unit, minInterval=0, nameLocation="middle", nameGap=28
        ),
        "series": series,
    }


_INTERVAL = """(params, api) => {
  const y = api.value(2), from = api.coord([api.value(0), y]), to = api.coord([api.value(1), y]);
  const style = {stroke: api.visual("color"), lineWidth: 2, fill: null};
  const line = (x1, y1, x2, y2) => ({type: "line", style, shape: {x1, y1, x2, y2}});
  const cap = (at) => line(at[0], at[1] - 4, at[0], at[1] + 4);
  return {type: "group", children: [line(...from, ...to), cap(from), cap(to)]};
}"""

_NAMED_INTERVAL = """(item) => {
  const told = (number) => Number(number.toPrecision(4)).toLocaleString();
  const value = item.value.length === 3 ? `${told(item.value[0])} – ${told(item.value[1])}`
    : told(item.value[0]);
  return `${item.marker}<b>${value}</b>`;
}"""

#: Small charts beside each other where there is room, and where there is little.
_WIDE, _NARROW, _LITTLE = 4, 2, 620


def _small(panel: Panel, rows: Rows, zone: tzinfo) -> Options:
    """A chart for each category, with one axis of time and one of values for all of them."""
    times = sorted({row[0] for row in rows})
    names = labels(times, zone)
    place = {time: at for at, time in enumerate(times)}
    groups = [*dict.fromkeys(str(row[1]) for row in rows)]
    drawn = _series(panel)
    told = [_value(row[at]) for row in rows for at, _, _ in drawn]
    known = [value for value in told if value is not None]
    low, high = -_round(-min([0, *known])), _round(max([0, *known]))
    series: list[Options] = []
    for number, group in enumerate(groups):
        mine = [row for row in rows if str(row[1]) == group]
        by_time = {row[0]: row for row in mine}
        marks = _marks(panel, mine, place.__getitem__, show=False)
        for at, column, colour in drawn:
            data = [_value(by_time[time][at]) if time in by_time else None for time in times]
            line = _line(column, colour, data, 2, xAxisIndex=number, yAxisIndex=number, **marks)
            series.append({**line, "id": f"{column.name} {number}", "symbol": "none"})
            marks = {}
    count = len(groups)
    small = {**_FONT, "fontSize": 10}
    axis: Options = {"axisLabel": small, "splitNumber": 2, "min": low, "max": high}
    under = {"axisLabel": {**small, "interval": max(len(times) - 2, 0), ":formatter": _SHORT}}
    wide, narrow = _laid(groups, _WIDE), _laid(groups, _NARROW)
    return {
        "tooltip": {**_common()["tooltip"], "axisPointer": {"type": "line"}},
        **wide,
        "xAxis": [
            {**_time_axis(names, gap=False), **under, "gridIndex": at} for at in range(count)
        ],
        "yAxis": [{**_value_axis(**axis), "gridIndex": at} for at in range(count)],
        "series": series,
        "media": [{"query": {"maxWidth": _LITTLE}, "option": narrow}, {"option": wide}],
    }


def _round(most: float) -> float:
    """The end of an axis: a round number that is no less."""
    if most <= 0:
        return 0.0
    step = 10.0 ** math.floor(math.log10(most)) / 2
    return math.ceil(most / step) * step


def _laid(groups: Sequence[str], across: int) -> Options:
    """Where each small chart and its title stand, so many in a row; in shares of the picture."""
    down = -(-len(groups) // across)
    width, height = 100 / across, 100 / down
    grids, titles = [], []
    for at, group in enumerate(groups):
        left, top = at % across * width, at // across * height
        grids.append(
            {
                "left": f"{left + 0.5:.2f}%",
                "top": f"{top + 0.22 * height:.2f}%",
                "width": f"{width - 2:.2f}%",
                "height": f"{0.72 * height:.2f}%",
                "containLabel": True,
            }
        )
        titles.append(
            {
                "text": group,
                "left": f"{left + 0.5:.2f}%",
                "top": f"{top + 0.03 * height:.2f}%",
                "textStyle": {**_FONT, "color": palette.INK, "fontWeight": 600},
            }
        )
    return {"grid": grids, "title": titles}


def _value(value: Any) -> float | int | None:
    """A number as a chart takes it: counts whole, the rest to three places."""
    if value is None or isinstance(value, int):
        return value
    return round(float(value), 3)
