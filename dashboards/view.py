"""One browser's view: header, panels and their states, redrawn as its feed tells of news."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from functools import partial
from html import escape
from importlib.resources import files
from typing import Any
from urllib.parse import urlencode

from nicegui import ui
from nicegui.events import GenericEventArguments

from dashboards import charts, tables
from dashboards.errors import UnknownSpan
from dashboards.feeds import BROWSERS, Feed, Feeds
from dashboards.notices import Notices, drawn
from dashboards.panels import PANELS, Drawing, Panel
from dashboards.spans import RANGES, Span

WELCOME = (files("dashboards") / "welcome.html").read_text("utf-8")
#: A first answer is waited for this long, so that the page usually arrives filled.
FIRST_ANSWER_SECONDS = 1.5
#: Between two looks at what is wrong.
NOTICES_SECONDS = 2.0

_SELECTED = "(event) => emit(event.target.value)"
_OPENED = "(event) => emit(event.target.open)"
_BETWEEN = """() => {
  const at = (name) => document.getElementById(name).value;
  emit([at('from'), at('until')]);
}"""
_IN_SIGHT = """
document.addEventListener('visibilitychange', () => emitEvent('in_sight', !document.hidden));
window.addEventListener('popstate', () => location.reload());
"""


_REFUSED = "`headwater migrate` brings the schema up to date; `headwater status` shows the parts."
_SILENT = "`headwater status` shows which part is down; the page goes on by itself."


class Card:
    """A panel on the page: heading, help, picture or words, and the numbers as a table."""

    def __init__(self, panel: Panel) -> None:
        self.panel = panel
        self.drawn: Any = None
        self.table_open = False
        self.newest: datetime | None = None
        heading = f"panel-{panel.name}"
        with ui.element("section") as self.section:
            self.section.classes(f"card w{panel.width} is-loading").props(
                f'aria-labelledby="{heading}" data-panel="{panel.name}"'
            )
            _html(tables.heading(panel, heading), "header")
            with ui.element("div").classes("body").style(f"--rows:{panel.height}"):
                self.chart: ui.echart | None = None
                self.content: ui.html | None = None
                if panel.drawing in (Drawing.TABLE, Drawing.TILES, Drawing.STAT):
                    self.content = _html("", "div").classes("content")
                    if panel.drawing is Drawing.TABLE:
                        self.content.props(
                            f'tabindex=0 role=region aria-label="{escape(panel.title)}: rows"'
                        )
                else:
                    self.chart = ui.echart({"series": []}, renderer="svg").classes("chart")
                    self.chart.props(f'role=img aria-label="{escape(panel.title)}: chart; the '
                                     'numbers are in the table below"')  # fmt: skip
                self.note = _html(tables.note("Loading…"), "div").classes("note")
                self.note.props("role=status")
            if self.chart is not None:
                with ui.element("details").classes("numbers") as numbers:
                    _html("Numbers as a table", "summary")
                    self.table = _html("", "div").classes("scroll")
                    self.table.props(
                        f'tabindex=0 role=region aria-label="{escape(panel.title)}: numbers"'
                    )
                numbers.on("toggle", self._opened, js_handler=_OPENED)
        self.redraw_table: Callable[[], None] = lambda: None

    def _opened(self, event: GenericEventArguments) -> None:
        self.table_open = bool(event.args)
        self.redraw_table()

    def state(self, name: str, words: str = "") -> None:
        """Show the panel as `loading`, `empty`, `failed` or (without a name) with its picture."""
        for other in ("loading", "empty", "failed"):
            self.section.classes(
                add=f"is-{other}" if other == name else None,
                remove=None if other == name else f"is-{other}",
            )
        self.note.set_content(words)


class View:
    """What one browser shows, and what it asked for."""

    def __init__(
        self,
        feeds: Feeds,
        span: Span,
        team: str,
        kpi: str,
        problem: str,
        mark: str,
        notices: Notices,
    ) -> None:
        self.feeds = feeds
        self.notices = notices
        self.span, self.team, self.kpi = span, team, kpi
        self.problem, self.mark = problem, mark
        self.feed: Feed | None = None
        self.watching = False
        self.cards: dict[str, Card] = {}
        self._answered = asyncio.Event()

    async def open(self) -> None:
        """Draw the page, and follow its feed while the browser is there and in sight."""
        client = ui.context.client
        ui.add_body_html(f"<script>{_IN_SIGHT}</script>")
        self.watch()
        if not self._settled():
            await self._first_answers()
        self._build()
        self._draw_common()
        self._draw_notices()
        for panel in PANELS:
            self._draw(panel)
        ui.timer(NOTICES_SECONDS, self._draw_notices)
        ui.on("in_sight", lambda event: self.watch() if event.args else self.leave())
        client.on_connect(self.watch)
        client.on_disconnect(self.leave)
        client.on_delete(self.leave)

    def watch(self) -> None:
        """Follow the feed of what was asked for."""
        if self.watching:
            return
        self.watching = True
        BROWSERS.inc()
        self.feed = self.feeds.of(self.span, self.team, self.kpi)
        self.feeds.common.listen(self._news)
        self.feed.listen(self._news)
        if self.cards:
            self._draw_common()
            for panel in PANELS:
                self._draw(panel)

    def leave(self) -> None:
        """Follow nothing: the browser is gone or out of sight."""
        if not self.watching or self.feed is None:
            return
        self.watching = False
        BROWSERS.dec()
        self.feed.leave(self._news)
        self.feeds.common.leave(self._news)

    def change(
        self, *, span: Span | None = None, team: str | None = None, kpi: str | None = None
    ) -> None:
        """Look at something else; the address follows."""
        self.leave()
        self.span = self.span if span is None else span
        self.team = self.team if team is None else team
        self.kpi = self.kpi if kpi is None else kpi
        for card in self.cards.values():
            card.drawn = card.newest = None
            card.section.classes(add="is-waiting")
        self.watch()
        chosen = {**self.span.query, "team": self.team, "kpi": self.kpi}
        ui.navigate.history.push("/?" + urlencode({k: v for k, v in chosen.items() if v}))

    async def _first_answers(self) -> None:
        try:
            await asyncio.wait_for(self._answered.wait(), FIRST_ANSWER_SECONDS)
        except TimeoutError:
            return

    def _settled(self) -> bool:
        feed, common = self.feed, self.feeds.common
        if feed is None or common.stale_since is not None or feed.stale_since is not None:
            return True
        return feed.filled and common.filled

    def _build(self) -> None:
        with ui.element("div").classes("page"):
            self.banner = _html("", "div").classes("banner").props("role=note")
            with ui.element("header").classes("top"):
                _html(f"<h1>{self.mark}<span>Headwater</span></h1>", "div").classes("brand")
                self.live = _html("", "div").classes("live").props("role=status")
                self._controls()
            self.wrong = _html("", "div").classes("wrong").props("role=alert")
            self.notice = _html("", "div").classes("notice").props("role=alert")
            with ui.element("div"):  # Quasar puts the page into <main>
                self.welcome = _html(WELCOME, "section").classes("welcome")
                with ui.element("div").classes("grid"):
                    for panel in PANELS:
                        card = self.cards[panel.name] = Card(panel)
                        card.redraw_table = partial(self._draw_table, panel)
            self.foot = _html("", "footer")

    def _controls(self) -> None:
        with ui.element("nav").classes("controls").props('aria-label="What is shown"'):
            with ui.element("div").classes("ranges").props('role=group aria-label="Time range"'):
                self.ranges = {}
                for name, (_, label) in RANGES.items():
                    button = _html(label, "button").props(f'type=button data-range="{name}"')
                    button.on("click", partial(self._chose_range, name))
                    self.ranges[name] = button
                with ui.element("details").classes("between") as self.between:
                    _html("From–until", "summary")
                    with ui.element("div"):
                        _html(
                            '<label>From <input id="from" type="datetime-local"></label>'
                            '<label>Until <input id="until" type="datetime-local"></label>'
                            '<p class="zone"></p>',
                            "div",
                        )
                        apply = _html("Show", "button").props("type=button")
                        apply.on("click", self._chose_between, js_handler=_BETWEEN)
            with ui.element("label"):
                _html("Team", "span")
                self.team_select = _html("", "select").props("id=team")
                self.team_select.on(
                    "change", lambda e: self.change(team=str(e.args)), js_handler=_SELECTED
                )
            with ui.element("label"):
                _html("KPI", "span")
                self.kpi_select = _html("", "select").props("id=kpi")
                self.kpi_select.on(
                    "change", lambda e: self.change(kpi=str(e.args)), js_handler=_SELECTED
                )

    def _chose_range(self, name: str) -> None:
        self.problem = ""
        self.change(span=Span(name))

    def _chose_between(self, event: GenericEventArguments) -> None:
        start, until = (str(part) for part in event.args)
        try:
            span = Span.read("", start, until)
        except UnknownSpan as error:
            self.notice.set_content(tables.note("That range cannot be shown.", str(error)))
            return
        self.problem = ""
        self.between.run_method("removeAttribute", "open")
        self.change(span=span)

    def _news(self, name: str) -> None:
        if not self.cards:
            if self._settled():
                self._answered.set()
            return
        known = {panel.name: panel for panel in PANELS}
        if name in known:
            self._draw(known[name])
        else:
            self._draw_common()
        self._draw_live()

    def _draw_common(self) -> None:
        common = self.feeds.common.readings
        zone = str(self.feeds.zone)
        installed = common["installation"].rows
        synthetic = bool(installed and installed[0][2])
        self.banner.set_content(
            "<b>Synthetic data.</b> This organisation and its people are made up."
            if synthetic
            else ""
        )
        self.banner.set_visibility(synthetic)
        teams = [str(row[0]) for row in common["teams"].rows or ()]
        kpis = [str(row[0]) for row in common["kpis"].rows or ()]
        self.team_select.set_content(
            _choices([("", "All teams"), *((t, t) for t in teams)], self.team)
        )
        shown = self.kpi or self.feeds.first_kpi
        named = [(k, charts.words(k)) for k in kpis] or [("", "none loaded")]
        self.kpi_select.set_content(_choices(named, shown))
        for name, button in self.ranges.items():
            button.props(f"aria-pressed={'true' if name == self.span.range else 'false'}")
        self.between.classes(
            add=None if self.span.range else "chosen", remove="chosen" if self.span.range else None
        )
        pulse = common["pulse"].rows
        nothing = pulse is not None and not pulse[0][-1] and not self._any_rows()
        self.welcome.set_visibility(nothing)
        least = installed[0][1] if installed else 5
        self.foot.set_content(
            f"Times in {escape(zone)}. Groups of fewer than {least} people are not shown, "
            "and nobody is named."
        )
        self.notice.set_content(
            tables.note("That range cannot be shown; here is the default.", self.problem)
            if self.problem
            else ""
        )
        self._draw_live()

    def _draw_notices(self) -> None:
        """What is wrong with the stack, in the words of `headwater status`."""
        said = drawn(self.notices.now(), self.feeds.zone)
        if said != self.wrong.content:
            self.wrong.set_content(said)
        self.wrong.set_visibility(bool(said))

    def _any_rows(self) -> bool:
        """Whether facts have arrived that the roll-ups do not hold yet."""
        readings = self.feed.readings if self.feed else {}
        return any(readings[name].rows for name in ("behaviours", "latest") if name in readings)

    def _draw_live(self) -> None:
        since = (self.feed and self.feed.stale_since) or self.feeds.common.stale_since
        zone = self.feeds.zone
        if since:
            at = f"{charts.moment(since, zone):%H:%M:%S}"
            self.live.set_content(
                f'<span class="dot off"></span><b>The warehouse has not answered since {at}.</b> '
                "Shown is what it said last. <code>headwater status</code> shows which part is "
                "down; the page goes on by itself."
            )
        else:
            self.live.set_content(
                f'<span class="dot"></span>Live · {escape(self.span.label)} · {escape(str(zone))}'
            )
        self.live.classes(add="stale" if since else None, remove=None if since else "stale")
        for card in self.cards.values():
            card.section.classes(
                add="is-stale" if since else None, remove=None if since else "is-stale"
            )

    def _draw(self, panel: Panel) -> None:
        if self.feed is None:
            return
        card, reading = self.cards[panel.name], self.feed.readings[panel.name]
        if reading.rows is None:
            if reading.error is not None:
                refused = tables.note("The warehouse refused this question.", reading.error)
                card.state("failed", refused + tables.note("What to do", _REFUSED))
            elif self.feed.stale_since is not None:
                card.state("failed", tables.note("The warehouse does not answer.", _SILENT))
            return
        card.section.classes(remove="is-waiting")
        if not reading.rows:
            card.state("empty", tables.note("Nothing to show", panel.empty))
            card.drawn = None
            return
        card.state("")
        if reading.rows == card.drawn:
            return
        card.drawn = reading.rows
        self._picture(panel, card, reading.rows)
        self._draw_table(panel)

    def _picture(self, panel: Panel, card: Card, rows: Any) -> None:
        zone = self.feeds.zone
        if card.chart is not None:
            card.chart.options.clear()
            card.chart.options.update(charts.options(panel, rows, zone, self._chosen_kpi()))
            card.chart.update()
        elif card.content is not None:
            if panel.drawing is Drawing.TABLE:
                self._draw_rows(panel, card, rows)
            elif panel.drawing is Drawing.TILES:
                card.content.set_content(tables.tiles(rows))
            else:
                card.content.set_content(tables.figures(panel, rows))

    def _draw_rows(self, panel: Panel, card: Card, rows: Any) -> None:
        zone = self.feeds.zone
        if card.content is None:
            return
        if panel.name != "latest":
            card.content.set_content(tables.alternative(panel, rows, zone, ""))
            return
        card.content.set_content(tables.latest(rows, zone, newer_than=card.newest))
        card.newest = charts.moment(rows[0][0], zone)

    def _draw_table(self, panel: Panel) -> None:
        card = self.cards[panel.name]
        if card.chart is None or not card.table_open or self.feed is None:
            return
        rows = self.feed.readings[panel.name].rows or ()
        kpi = self.kpi or self.feeds.first_kpi
        card.table.set_content(tables.alternative(panel, rows, self.feeds.zone, kpi))

    def _chosen_kpi(self) -> tuple[str, str, str] | None:
        chosen = self.kpi or self.feeds.first_kpi
        for name, unit, direction in self.feeds.common.readings["kpis"].rows or ():
            if name == chosen:
                return str(name), str(unit), str(direction)
        return None


def _html(content: str, tag: str) -> ui.html:
    """An element with markup of our own; every value in it was escaped."""
    return ui.html(content, sanitize=False, tag=tag)


def _choices(options: list[tuple[str, str]], chosen: str) -> str:
    if chosen not in {value for value, _ in options}:
        options = [*options, (chosen, f"{chosen} (unknown)")]
    return "".join(
        f'<option value="{escape(value)}"{" selected" if value == chosen else ""}>{escape(label)}'
        "</option>"
        for value, label in options
    )
