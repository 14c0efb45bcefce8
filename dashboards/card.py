"""A panel on the page: heading, help, picture or words, and the numbers behind it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo
from html import escape
from itertools import pairwise

from nicegui import ui
from nicegui.events import EChartPointClickEventArguments, GenericEventArguments

from dashboards import charts, tables
from dashboards.board import TABLES, Column, Drawing, Panel, Rows

#: A shorter bucket has nothing finer behind it.
FINEST = timedelta(hours=1)
_OPENED = "(event) => emit(event.target.open)"
_STATES = ("loading", "empty", "failed")

#: What a click on a chart means: a time and its length, or a value of the first column.
Clicked = Callable[[datetime | str, timedelta], None]


class Card:
    """A panel and its state; it shows rows until it is given others."""

    def __init__(self, panel: Panel, clicked: Clicked) -> None:
        self.declared = panel
        #: The panel as it was drawn last: its columns have the names of what was chosen then.
        self.panel = panel
        self.rows: Rows = ()
        self.zone: tzinfo | None = None
        self._clicked = clicked
        self._table_open = False
        self._newest: datetime | None = None
        heading = f"panel-{panel.name}"
        drawing = Drawing.TABLE if panel.drawing in TABLES else panel.drawing
        kind = f"d-{drawing.name.lower()}" + (" always" if panel.always else "")
        if drawing is Drawing.TABLE and panel.over_time:
            kind += " feed"
        with ui.element("section") as self.section:
            self.section.classes(f"card w{panel.width} {kind} is-loading").props(
                f'aria-labelledby="{heading}" data-panel="{panel.name}"'
            )
            with ui.element("header"):
                html(tables.heading(panel, heading), "div").classes("heading")
                self._build_tools()
            self.legend = html("", "div").classes("legend")
            with ui.element("div").classes("body").style(f"--rows:{panel.height}"):
                self._build_picture()
                self.note = html(tables.note("Loading…"), "div").classes("note")
                self.note.props("role=status")
            self.remark = html("", "p").classes("remark")
            if panel.charted:
                self.caption = html("", "p").classes("caption")
                self._build_numbers()

    def _build_tools(self) -> None:
        with ui.element("div").classes("tools"):
            for kind, what in (("CSV", "the numbers"), ("PNG", "the picture")):
                button = html(kind, "button").props(
                    f'type=button class="{kind.lower()}" '
                    f'aria-label="{escape(self.declared.title)}: {what} as {kind}"'
                )
                if kind == "CSV":
                    button.on("click", self._download)

    def _build_picture(self) -> None:
        panel = self.declared
        self.chart: ui.echart | None = None
        self.content: ui.html | None = None
        if panel.charted:
            self.chart = ui.echart(
                {"series": []}, on_point_click=self._point, renderer="svg"
            ).classes("chart")
            self.chart.props(
                f'role=img aria-label="{escape(panel.title)}: chart; the numbers are in the table '
                'below"'
            )
            return
        self.content = html("", "div").classes("content")
        if panel.drawing in TABLES:
            self.content.props(f'tabindex=0 role=region aria-label="{escape(panel.title)}: rows"')

    def _build_numbers(self) -> None:
        with ui.element("details").classes("numbers") as numbers:
            html("Numbers as a table", "summary")
            self.table = html("", "div").classes("scroll")
            label = f"{escape(self.declared.title)}: numbers"
            self.table.props(f'tabindex=0 role=region aria-label="{label}"')
        numbers.on("toggle", self._opened, js_handler=_OPENED)

    def state(self, name: str, words: str = "") -> None:
        """Show the panel as `loading`, `empty`, `failed` or (without a name) with its picture."""
        self.section.classes(
            add=f"is-{name}" if name else None,
            remove=" ".join(f"is-{other}" for other in _STATES if other != name),
        )
        self.note.set_content(words)

    def wait(self, waits: bool) -> None:
        """Dim what is shown, under its old names, until what was asked for is there."""
        self.section.classes(**{"add" if waits else "remove": "is-waiting"})
        self.section.props(f"aria-busy={'true' if waits else 'false'}")
        if waits:
            self._newest = None

    def draw(self, panel: Panel, rows: Rows, zone: tzinfo) -> None:
        """Show rows; `panel` is the declaration with the names of what was chosen."""
        self.wait(False)
        same = (panel, rows, zone) == (self.panel, self.rows, self.zone)
        self.panel, self.rows, self.zone = panel, rows, zone
        if not rows:
            self.state("empty", tables.note("Nothing to show", panel.empty))
            return
        self.state("")
        if same:
            return
        self.remark.set_content(_remark(panel, rows))
        if self.chart is not None:
            self.chart.options.clear()
            self.chart.options.update(charts.options(panel, rows, zone))
            self.chart.update()
            self.legend.set_content(tables.legend(charts.legend(panel, rows)))
            self._draw_table()
        elif self.content is not None:
            self.content.set_content(self._written(rows, zone))

    def _written(self, rows: Rows, zone: tzinfo) -> str:
        if self.panel.drawing is Drawing.TILES:
            return tables.tiles(self.panel, rows)
        if self.panel.drawing is Drawing.STAT:
            return tables.figures(self.panel, rows)
        if self.panel.drawing is Drawing.MATRIX:
            return tables.matrix(self.panel, rows)
        newest = self._newest
        if self.panel.over_time:
            self._newest = charts.moment(rows[0][0], zone)
        return tables.listed(self.panel, rows, zone, newer_than=newest)

    def _opened(self, event: GenericEventArguments) -> None:
        self._table_open = bool(event.args)
        self._draw_table()

    def _draw_table(self) -> None:
        if self._table_open and self.zone is not None:
            self.table.set_content(tables.alternative(self.panel, self.rows, self.zone))

    def _download(self) -> None:
        if self.zone is not None:
            text = tables.numbers(self.panel, self.rows, self.zone)
            ui.download.content(text, f"headwater-{self.panel.name}.csv", "text/csv")

    def _point(self, event: EChartPointClickEventArguments) -> None:
        if self.zone is None:
            return
        if not self.panel.over_time:
            self._clicked(str(event.name), timedelta())
            return
        times = sorted({row[0] for row in self.rows})
        step = min((b - a for a, b in pairwise(times)), default=timedelta())
        if step >= FINEST and 0 <= event.data_index < len(times):
            self._clicked(charts.moment(times[event.data_index], self.zone), step)


def _remark(panel: Panel, rows: Rows) -> str:
    """That something chosen has no value at all that may be shown."""
    columns = enumerate(panel.columns)
    lacking = [c for at, c in columns if c.of and not charts.has_values(rows, at)]
    return " ".join(
        f"<b>{escape(column.title)}</b> is loaded, but no figure in these times is of a group that "
        "is large enough to be shown."
        for column in lacking
    )


def named(panel: Panel, chosen: Callable[[Column], Column]) -> Panel:
    """A panel whose columns have the names of what was chosen."""
    if not any(column.of for column in panel.columns):
        return panel
    columns = tuple(chosen(column) if column.of else column for column in panel.columns)
    return replace(panel, columns=columns)


def html(content: str, tag: str) -> ui.html:
    """An element with markup of our own; every value in it was escaped."""
    return ui.html(content, sanitize=False, tag=tag)
