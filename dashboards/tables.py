"""Tables, tiles and notes of the page: rows → HTML, every value escaped. Pure."""

import csv
import io
from collections.abc import Sequence
from datetime import datetime, tzinfo
from html import escape
from typing import Any

from dashboards.board import Asked, Column, Drawing, Panel, Rows, Shades
from dashboards.charts import labels, moment

#: Beside a chart a table is read, not scrolled through for ever.
MOST_ROWS = 600


def listed(panel: Panel, rows: Rows, zone: tzinfo, *, newer_than: datetime | None = None) -> str:
    """Rows as they are; of those over time the ones that were not there before are marked."""
    lines = []
    for row in rows:
        fresh = newer_than and panel.over_time and moment(row[0], zone) > newer_than
        cells = _cells(panel, row, zone)
        mark = ' class="fresh"' if fresh else ""
        lines.append(f"<tr{mark}>{''.join(cells)}</tr>")
    heads = [_heading(column) for column in panel.columns if not column.joined]
    head = "".join(f'<th scope="col">{escape(title)}</th>' for title in heads)
    return _table(panel, head, lines, " said" if panel.drawing is Drawing.SENTENCES else "")


def matrix(panel: Panel, rows: Rows) -> str:
    """Rows of row, column and value as a table, both in the order in which they come first; a value
    as large as the column's alarm is marked."""
    down, across, shown = panel.columns
    names = [*dict.fromkeys(row[1] for row in rows)]
    values = {(row[0], row[1]): row[2] for row in rows}
    lines = [
        f'<tr><th scope="row">{escape(down.shown(name))}</th>'
        f"{''.join(_crossing(shown, values.get((name, other))) for other in names)}</tr>"
        for name in dict.fromkeys(row[0] for row in rows)
    ]
    corner = f'<th scope="col">{escape(down.title)} <span>· {escape(across.title)}</span></th>'
    head = "".join(f'<th scope="col">{escape(across.shown(name))}</th>' for name in names)
    note = f'<p class="remark">{escape(_heading(shown))}. – is {escape(shown.none)}.</p>'
    return _table(panel, corner + head, lines, " matrix") + note


def _crossing(column: Column, value: Any) -> str:
    alarmed = column.alarm is not None and isinstance(value, int | float) and value >= column.alarm
    return f'<td class="number{" alarm" if alarmed else ""}">{_cell(column, value)}</td>'


def _table(panel: Panel, head: str, lines: Sequence[str], kind: str) -> str:
    return (
        f'<table class="listed{kind}"><caption class="unseen">{escape(panel.title)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(lines)}</tbody></table>"
    )


def _heading(column: Column) -> str:
    return f"{column.title} ({column.unit})" if column.unit else column.title


def _cells(panel: Panel, row: Sequence[Any], zone: tzinfo) -> list[str]:
    found: list[str] = []
    for column, value in zip(panel.columns, row, strict=True):
        if column.joined:
            beside = f" <span>· {escape(column.shown(value))}</span>" if value else ""
            found[-1] = found[-1].removesuffix("</td>") + f"{beside}</td>"
        else:
            found.append(f"<td{_number(value)}>{_entry(column, value, zone)}</td>")
    return found


def _number(value: Any) -> str:
    return ' class="number"' if isinstance(value, int | float) else ""


def _entry(column: Column, value: Any, zone: tzinfo) -> str:
    if isinstance(value, datetime):
        local = moment(value, zone)
        same_day = local.date() == datetime.now(zone).date()
        # What is published begins at a minute: its seconds would say more than is known.
        today = f"{local:%H:%M:%S}" if local.second else f"{local:%H:%M}"
        when = today if same_day else f"{local:%-d %b, %H:%M}"
        return f'<time datetime="{local.isoformat()}">{when}</time>'
    if value == "" and column.blank:
        return f"<span>{escape(column.blank)}</span>"
    if column.leads and value:
        return f'<a href="/{escape(str(value))}">{escape(column.shown(value))}</a>'
    if isinstance(column.hue, Shades) and value is not None:
        colour = column.hue.of(str(value)).colour
        return f'<i style="background:{colour}"></i>{escape(column.shown(value))}'
    return _cell(column, value)


def tiles(panel: Panel, rows: Rows) -> str:
    """One row as large figures with their share, and what each word means."""
    row = rows[0]
    total = sum(value or 0 for value in row) or 1
    shown = []
    for column, value in zip(panel.columns, row, strict=True):
        value = value or 0
        share = f"{round(100 * value / total)}%"
        said = " · ".join(escape(part) for part in (share, column.means) if part)
        shown.append(
            f'<li class="tile" style="--hue:{column.colour}" data-column="{column.name}">'
            f"<h3>{escape(column.title)}</h3>"
            f'<p class="number" data-value="{value}">{value:,}</p>'
            f'<p class="share">{said}</p></li>'
        )
    return f'<ul class="tiles">{"".join(shown)}</ul>'


def figures(panel: Panel, rows: Rows) -> str:
    """One row as figures with their names."""
    shown = []
    for column, value in zip(panel.columns, rows[0], strict=True):
        raw = "" if value is None else f"{float(value):g}"
        alarmed = column.alarm is not None and value is not None and value >= column.alarm
        alarm = " alarm" if alarmed else ""
        shown.append(
            f'<div class="figure{alarm}" data-figure="{column.name}">'
            f"<dt>{escape(column.title)}</dt>"
            f'<dd data-value="{raw}">{_figure(column, value)}</dd></div>'
        )
    return f'<dl class="figures">{"".join(shown)}</dl>'


def _figure(column: Column, value: Any) -> str:
    if value is None:
        return f'<span class="none">{escape(column.none)}</span>'
    if column.unit == "s":
        return f"{float(value):.2f} s" if float(value) < 10 else f"{float(value):,.0f} s"
    return f"{float(value):,.0f}" + (f" {escape(column.unit)}" if column.unit else "")


def legend(shown: Sequence[tuple[str, str]]) -> str:
    """The series of a chart, each a button that leaves it out."""
    items = "".join(
        f'<li><button type="button" aria-pressed="true" data-series="{escape(title)}">'
        f'<i style="background:{colour}"></i>{escape(title)}</button></li>'
        for title, colour in shown
    )
    return f"<ul>{items}</ul>"


def caption(asked: Asked, rows: Rows, drawing: Drawing | None = None) -> str:
    """One row of shares in words: `3% not classified · 12% of unknown accounts`.

    Those that are about one drawing only stand under that one.
    """
    if not rows:
        return ""
    parts = [
        f'<span data-share="{column.name}">{_share(value)} {escape(column.title)}</span>'
        for column, value in zip(asked.columns, rows[0], strict=True)
        if value is not None and column.under in (None, drawing)
    ]
    return " · ".join(parts)


def _share(value: float) -> str:
    percent = 100 * value
    return "under 1%" if 0 < percent < 1 else f"{percent:.0f}%"


def alternative(panel: Panel, rows: Rows, zone: tzinfo) -> str:
    """The numbers behind a chart, newest first."""
    ordered = list(reversed(rows)) if panel.over_time else list(rows)
    if panel.drawing is Drawing.STACK:
        ordered = [row for row in ordered if row[2]]
    every = sorted({row[0] for row in rows}) if panel.over_time else []
    names = dict(zip(every, labels(every, zone), strict=True))
    body = []
    for row in ordered[:MOST_ROWS]:
        first = names[row[0]] if panel.over_time else str(row[0])
        pairs = zip(panel.columns[1:], row[1:], strict=True)
        cells = "".join(f"<td>{_cell(column, value)}</td>" for column, value in pairs)
        body.append(f'<tr><th scope="row">{escape(first)}</th>{cells}</tr>')
    head = "".join(f'<th scope="col">{escape(column.title)}</th>' for column in panel.columns)
    more = f"<p>The newest {MOST_ROWS} rows.</p>" if len(ordered) > MOST_ROWS else ""
    return (
        f'<table><caption class="unseen">{escape(panel.title)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(body)}</tbody></table>{more}"
    )


def _cell(column: Column, value: Any) -> str:
    if value is None:
        return f'<abbr title="{escape(column.none)}">–</abbr>'
    if isinstance(value, str):
        return escape(column.shown(value))
    if isinstance(value, float):
        return f"{value:,.2f}".rstrip("0").rstrip(".")
    return f"{value:,}"


def numbers(panel: Panel, rows: Rows, zone: tzinfo) -> str:
    """The rows as CSV: a heading of titles with units, times in the organisation's zone."""
    written = io.StringIO()
    to = csv.writer(written)
    to.writerow(map(_heading, panel.columns))
    for row in rows:
        to.writerow(
            _exported(column, value, zone) for column, value in zip(panel.columns, row, strict=True)
        )
    return written.getvalue()


def _exported(column: Column, value: Any, zone: tzinfo) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return moment(value, zone).isoformat()
    if not isinstance(value, str):
        return str(value)
    text = column.shown(value)
    # A spreadsheet reads a text that begins so as a formula.
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def heading(panel: Panel, identifier: str) -> str:
    """A panel's title, and behind a question mark what it says and what to do with it."""
    title = escape(panel.title)
    reach = f' <small class="reach">{escape(panel.reach)}</small>' if panel.reach else ""
    return (
        f'<h2 id="{identifier}">{title}{reach}</h2><details class="help popup">'
        f'<summary aria-label="About: {title}">?</summary>'
        f'<div tabindex="0" role="note"><p>{code(panel.says)}</p><p>{code(panel.do)}</p></div>'
        "</details>"
    )


def note(what: str, do: str = "") -> str:
    """A state in words: what is the case, and what to do."""
    return f"<p><b>{escape(what)}</b></p>" + (f"<p>{code(do)}</p>" if do else "")


def code(text: str) -> str:
    """Escaped text, its `backticks` as code."""
    parts = escape(text).split("`")
    return "".join(f"<code>{part}</code>" if at % 2 else part for at, part in enumerate(parts))
