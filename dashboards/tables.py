"""Tables, tiles and notes of the page: rows → HTML, every value escaped. Pure."""

from collections.abc import Sequence
from datetime import datetime, tzinfo
from html import escape
from typing import Any

from dashboards import palette
from dashboards.charts import labels, moment, words
from dashboards.panels import Panel

Rows = Sequence[Sequence[Any]]

#: Beside a chart a table is read, not scrolled through for ever.
MOST_ROWS = 600


def latest(rows: Rows, zone: tzinfo, *, newer_than: datetime | None) -> str:
    """The newest events, newest first; those that were not there before are marked."""
    today = datetime.now(zone).date()
    lines = []
    for time, behaviour, tool, team, topic in rows:
        local = moment(time, zone)
        shade = palette.behaviour(behaviour)
        when = f"{local:%H:%M:%S}" if local.date() == today else f"{local:%-d %b, %H:%M}"
        fresh = ' class="fresh"' if newer_than and moment(time, zone) > newer_than else ""
        about = f" <span>on {escape(topic)}</span>" if topic else ""
        lines.append(
            f'<tr{fresh}><td><time datetime="{local.isoformat()}">{when}</time></td>'
            f'<td><i style="background:{shade.colour}"></i>{escape(shade.title)}</td>'
            f"<td>{escape(team)}</td><td>{escape(tool)}{about}</td></tr>"
        )
    head = "".join(f'<th scope="col">{name}</th>' for name in ("Time", "Behaviour", "Team", "Tool"))
    return (
        '<table class="latest"><caption class="unseen">The latest learning events, newest first'
        f"</caption><thead><tr>{head}</tr></thead><tbody>{''.join(lines)}</tbody></table>"
    )


def tiles(rows: Rows) -> str:
    """The events of each scaffold, with what the word means: the legend of the whole page."""
    row = rows[0]
    total = sum(int(value) for value in row) or 1
    shown = []
    for value, (name, hue) in zip(row, palette.SCAFFOLDS.items(), strict=True):
        share = round(100 * int(value) / total)
        shown.append(
            f'<li class="tile" style="--hue:{hue.colour}" data-scaffold="{name}">'
            f"<h3>{hue.title}</h3>"
            f'<p class="number" data-value="{int(value)}">{int(value):,}</p>'
            f'<p class="share">{share}% · {escape(hue.means)}</p></li>'
        )
    return f'<ul class="tiles">{"".join(shown)}</ul>'


def figures(panel: Panel, rows: Rows) -> str:
    """One row as figures with their names."""
    shown = []
    for name, value in zip(panel.columns, rows[0], strict=True):
        title, unit = palette.FIGURES[name]
        raw = "" if value is None else f"{float(value):g}"
        alarm = " alarm" if name in ("rejected", "unresolved") and value else ""
        shown.append(
            f'<div class="figure{alarm}" data-figure="{name}"><dt>{escape(title)}</dt>'
            f'<dd data-value="{raw}">{_figure(value, unit)}</dd></div>'
        )
    return f'<dl class="figures">{"".join(shown)}</dl>'


def _figure(value: Any, unit: str) -> str:
    if value is None:
        return '<span class="none" title="not reporting">not reporting</span>'
    if unit == "s":
        return f"{float(value):.2f} s" if float(value) < 10 else f"{float(value):,.0f} s"
    return f"{float(value):,.0f}"


def alternative(panel: Panel, rows: Rows, zone: tzinfo, kpi: str) -> str:
    """The numbers behind a chart, newest first."""
    over_time = panel.columns[0] == "time"
    ordered = list(reversed(rows)) if over_time else list(rows)
    if panel.name == "behaviours":
        ordered = [row for row in ordered if row[2]]
    cut = ordered[:MOST_ROWS]
    body = []
    every = sorted({row[0] for row in rows}) if over_time else []
    names = dict(zip(every, labels(every, zone), strict=True))
    for row in cut:
        first = names[row[0]] if over_time else str(row[0])
        cells = "".join(f"<td>{_cell(value)}</td>" for value in row[1:])
        body.append(f'<tr><th scope="row">{escape(first)}</th>{cells}</tr>')
    headings = [
        words(kpi) if name == "value" and kpi else palette.HEADINGS[name] for name in panel.columns
    ]
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in headings)
    more = f"<p>The newest {MOST_ROWS} rows.</p>" if len(ordered) > MOST_ROWS else ""
    return (
        f'<table><caption class="unseen">{escape(panel.title)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(body)}</tbody></table>{more}"
    )


def _cell(value: Any) -> str:
    if value is None:
        return '<abbr title="none, or too few people to show">–</abbr>'
    if isinstance(value, str):
        return escape(palette.behaviour(value).title)
    if isinstance(value, float):
        return f"{value:,.2f}".rstrip("0").rstrip(".")
    return f"{value:,}"


def heading(panel: Panel, identifier: str) -> str:
    """A panel's title, and behind a question mark what it says and what to do with it."""
    title = escape(panel.title)
    return (
        f'<h2 id="{identifier}">{title}</h2><details class="help">'
        f'<summary aria-label="About: {title}">?</summary>'
        f"<div><p>{code(panel.says)}</p><p>{code(panel.do)}</p></div></details>"
    )


def note(what: str, do: str = "") -> str:
    """A state in words: what is the case, and what to do."""
    return f"<p><b>{escape(what)}</b></p>" + (f"<p>{code(do)}</p>" if do else "")


def code(text: str) -> str:
    """Escaped text, its `backticks` as code."""
    parts = escape(text).split("`")
    return "".join(f"<code>{part}</code>" if at % 2 else part for at, part in enumerate(parts))
