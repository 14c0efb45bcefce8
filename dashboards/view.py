"""One browser's view of a board: header, panels, redrawn as their feeds tell of news."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from html import escape
from importlib.resources import files

from nicegui import Client, ui
from nicegui.events import GenericEventArguments

from dashboards import charts, tables
from dashboards.board import Asked, Board, Column, Panel, Variable
from dashboards.card import Card, html, named
from dashboards.errors import UnknownSpan
from dashboards.feeds import BROWSERS, Feed, Feeds
from dashboards.notices import Notices, drawn
from dashboards.queries import COUNTED, HISTORY, INSTALLATION, PULSE
from dashboards.saved import SavedViews, address_of
from dashboards.saving import Saving
from dashboards.spans import FULL_WEEKS, RANGES, YOUNG, Span, around

WELCOME = (files("dashboards") / "welcome.html").read_text("utf-8")
SCRIPT = (files("dashboards") / "page.js").read_text("utf-8")
MARK = (files("dashboards") / "mark.svg").read_text("utf-8")
#: A first answer is waited for this long, so that the page usually arrives filled.
FIRST_ANSWER_SECONDS = 1.5
#: A browser connects this soon after the page, in seconds, or is taken to be gone until it does.
CONNECTED_WITHIN = 10.0
#: Between two looks at what is wrong.
NOTICES_SECONDS = 2.0

_SELECTED = "(event) => emit(event.target.value)"
_OPENED = "(event) => emit(event.target.open)"
_BETWEEN = """() => {
  const at = (name) => document.getElementById(name).value;
  emit([at('from'), at('until')]);
}"""
_BETTER = {"up": "higher is better", "down": "lower is better"}
_TOO_SMALL = "of groups too small to be shown"
_REFUSED = "`headwater migrate` brings the schema up to date; `headwater status` shows the parts."
_SILENT = "`headwater status` shows which part is down; the page goes on by itself."


class View:
    """What one browser shows, and what it asked for."""

    def __init__(
        self,
        feeds: Feeds,
        board: Board,
        span: Span | None,
        chosen: Mapping[Variable, str],
        problem: str,
        notices: Notices,
        saved: SavedViews | None = None,
    ) -> None:
        self.feeds, self.board, self.notices = feeds, board, notices
        self.saved = Saving(saved, partial(self._address, board)) if saved else None
        self.chosen = dict(chosen)
        self.problem = problem
        self.span = span or Span()
        #: Whether the range is the page's own choice.
        self._span_open = span is None
        self.watching = False
        self.cards: dict[str, Card] = {}
        self._followed: dict[str, Feed] = {}
        self._news_came = asyncio.Event()

    async def open(self) -> None:
        """Draw the page, and follow its feeds while the browser is there and in sight."""
        client = ui.context.client
        client.on_connect(self.watch)
        client.on_disconnect(self.leave)
        client.on_delete(self.leave)
        ui.add_body_html(f"<script>{SCRIPT}</script>")
        self._watch_common()
        await self._choose_span()
        self.watch()
        await self._within(lambda: all(feed.settled for feed in self._all()))
        self._build()
        self._draw_all()
        self._draw_notices()
        ui.timer(NOTICES_SECONDS, self._draw_notices)
        ui.on("in_sight", lambda event: self.watch() if event.args else self.leave())
        asyncio.get_running_loop().call_later(CONNECTED_WITHIN, self._leave_unless_there, client)

    async def _choose_span(self) -> None:
        """Whole weeks by default; where there is no history that long, what is newest."""
        if not self._span_open:
            return
        history = self.feeds.common[HISTORY]
        await self._within(lambda: history.current)
        if history.rows is None:
            return
        self._span_open = False
        start, _ = Span(FULL_WEEKS).instants(time.time(), self.feeds.zone)
        since = self.feeds.since
        if since is None or since > datetime.fromtimestamp(start, self.feeds.zone).date():
            self.span = Span(YOUNG)

    async def _within(self, settled: object) -> None:
        """Wait for news until that is so, or long enough."""
        assert callable(settled)
        deadline = time.monotonic() + FIRST_ANSWER_SECONDS
        while not settled() and (left := deadline - time.monotonic()) > 0:
            self._news_came.clear()
            try:
                await asyncio.wait_for(self._news_came.wait(), left)
            except TimeoutError:
                return

    def _all(self) -> list[Feed]:
        return [*self.feeds.common.values(), *self._followed.values()]

    def _watch_common(self) -> None:
        for feed in self.feeds.common.values():
            feed.listen(self._news)

    def watch(self) -> None:
        """Follow the feeds of what was asked for."""
        if self.watching:
            return
        self.watching = True
        BROWSERS.inc()
        self._watch_common()
        self._follow()
        if self.cards:
            self._draw_all()

    def leave(self) -> None:
        """Follow nothing: the browser is gone or out of sight."""
        if not self.watching:
            return
        self.watching = False
        BROWSERS.dec()
        for feed in self._all():
            feed.leave(self._news)
        self._followed.clear()

    def _leave_unless_there(self, client: Client) -> None:
        if not client.has_socket_connection:
            self.leave()

    def _follow(self) -> None:
        """Listen to what is asked for now, and no longer to what was asked for before."""
        wanted = {
            each.file: self.feeds.of(self.board.query(each), self.span, self.chosen)
            for each in self.board.asked
        }
        for file, feed in wanted.items():
            if self._followed.get(file) is not feed:
                feed.listen(self._news)
        for file, feed in self._followed.items():
            if wanted[file] is not feed:
                feed.leave(self._news)
        self._followed = wanted

    def change(
        self, *, span: Span | None = None, chosen: Mapping[Variable, str] | None = None
    ) -> None:
        """Look at something else: only what that touches waits for it; the address follows."""
        before = dict(self._followed)
        self.span = self.span if span is None else span
        self.chosen |= chosen or {}
        self._span_open, self.problem = False, ""
        self.watch()
        self._follow()
        for panel in self.board.panels:
            if before.get(panel.file) is not self._followed[panel.file]:
                self.cards[panel.name].wait(True)
        self._draw_all()
        ui.navigate.history.push(self._address(self.board))

    def _address(self, board: Board) -> str:
        told = {variable.name: value for variable, value in self.chosen.items()}
        return address_of(board, None if self._span_open else self.span, told)

    def _build(self) -> None:
        with ui.element("div").classes("page"):
            self.banner = html("", "div").classes("banner").props("role=note")
            with ui.element("header").classes("top"):
                html(f"<h1>{MARK}<span>Headwater</span></h1>", "div").classes("brand")
                self.live = html("", "div").classes("live").props("role=status")
                self._build_controls()
            self.boards = html("", "nav").classes("boards").props('aria-label="Boards"')
            self.printed = html("", "p").classes("printed")
            html("", "div").classes("lost").props("role=alert")
            self.wrong = html("", "div").classes("wrong").props("role=alert")
            self.notice = html("", "div").classes("notice").props("role=alert")
            with ui.element("div"):  # Quasar puts the page into <main>
                self.welcome = html(WELCOME, "section").classes("welcome")
                with ui.element("div").classes("grid"):
                    for panel in self.board.panels:
                        clicked = partial(self._clicked, panel)
                        self.cards[panel.name] = Card(panel, clicked)
            self.foot = html("", "footer")

    def _build_controls(self) -> None:
        with ui.element("nav").classes("controls").props('aria-label="What is shown"'):
            with ui.element("div").classes("ranges").props('role=group aria-label="Time range"'):
                self.ranges = {}
                for name, (_, label) in RANGES.items():
                    button = html(label, "button").props(f'type=button data-range="{name}"')
                    button.on("click", partial(self._chose_range, name))
                    self.ranges[name] = button
                self._build_between()
            self.selects = {}
            for variable in self.board.variables:
                with ui.element("label"):
                    html(escape(variable.title), "span")
                    select = html("", "select").props(f"id={variable.name}")
                    chose = partial(self._chose, variable)
                    select.on("change", chose, js_handler=_SELECTED)
                    self.selects[variable] = select
            if self.saved:
                self.saved.build()

    def _build_between(self) -> None:
        with ui.element("details").classes("between popup") as self.between:
            with ui.element("summary") as self.between_opens:
                html("From–until", "span")
            with ui.element("div"):
                self.moments = html("", "div")
                self.unfit = html("", "p").classes("unfit").props("role=alert")
                apply = html("Show", "button").props("type=button")
                apply.on("click", self._chose_between, js_handler=_BETWEEN)
        self.between.on("toggle", self._opened_between, js_handler=_OPENED)

    def _opened_between(self, event: GenericEventArguments) -> None:
        """The moments of what is shown stand in the fields when they are opened."""
        if not event.args:
            return
        zone = self.feeds.zone
        instants = self.span.instants(time.time(), zone)
        first, last = (f"{charts.moment(at, zone):%Y-%m-%dT%H:%M}" for at in instants)
        self.unfit.set_content("")
        self.moments.set_content(
            f'<label>From <input id="from" type="datetime-local" value="{first}"></label>'
            f'<label>Until <input id="until" type="datetime-local" value="{last}"></label>'
            f'<p class="zone">Times in {escape(str(zone))}</p>'
        )

    def _chose_range(self, name: str) -> None:
        self.change(span=Span(name))

    def _chose(self, variable: Variable, event: GenericEventArguments) -> None:
        self.change(chosen={variable: str(event.args)})

    def _chose_between(self, event: GenericEventArguments) -> None:
        start, until = (str(part) for part in event.args)
        try:
            span = Span.between(start, until)
        except UnknownSpan as error:
            self.unfit.set_content(escape(f"That range cannot be shown: {error}."))
            return
        self.between.run_method("removeAttribute", "open")
        self.between_opens.run_method("focus")
        self.change(span=span)

    def _clicked(self, panel: Panel, what: datetime | str, step: timedelta) -> None:
        """Look into a bar: its time, or what it is of."""
        if isinstance(what, datetime):
            self.change(span=around(what, step))
            return
        for variable in self.board.variables:
            offered = {str(row[0]) for row in self.feeds.choices(variable)}
            if variable.name == panel.columns[0].name and what in offered:
                self.change(chosen={variable: what})

    def _news(self, feed: Feed) -> None:
        self._news_came.set()
        if not self.cards:
            return
        if feed.query in self.feeds.common:
            self._draw_common()
        for panel in self.board.panels:
            if self._followed.get(panel.file) is feed:
                self._draw(panel)
        self._draw_caption()
        self._draw_live()

    def _draw_all(self) -> None:
        self._draw_common()
        for panel in self.board.panels:
            self._draw(panel)
        self._draw_caption()

    def _draw_common(self) -> None:
        installed = self.feeds.common[INSTALLATION].rows
        synthetic = bool(installed and installed[0][2])
        self.banner.set_content(
            "<b>Synthetic data.</b> This organisation and its people are made up."
            if synthetic
            else ""
        )
        self.banner.set_visibility(synthetic)
        for variable, select in self.selects.items():
            select.set_content(self._choices(variable))
        for name, button in self.ranges.items():
            button.props(f"aria-pressed={'true' if name == self.span.range else 'false'}")
        self.between.classes(**{"remove" if self.span.range else "add": "chosen"})
        self._draw_boards()
        pulse = self.feeds.common[PULSE].rows
        nothing = pulse is not None and not pulse[0][-1] and not self._any_rows()
        self.welcome.set_visibility(nothing)
        least = installed[0][1] if installed else 5
        self.foot.set_content(
            f"Times in {escape(str(self.feeds.zone))}. Groups of fewer than {least} people are not "
            "shown, and nobody is named who did not agree."
        )
        notes = [tables.note(told) for (told,) in self.feeds.common[COUNTED].rows or ()]
        if self.problem:
            default = "That range cannot be shown; here is the default."
            notes.append(tables.note(default, self.problem))
        self.notice.set_content("".join(notes))
        self._draw_live()

    def _draw_boards(self) -> None:
        if len(self.feeds.boards) > 1:
            self.boards.set_content(
                "".join(
                    f'<a href="{escape(self._address(board))}"'
                    f"{' aria-current=page' if board is self.board else ''}>"
                    f"{escape(board.title)}</a>"
                    for board in self.feeds.boards
                )
            )

    def _choices(self, variable: Variable) -> str:
        options = []
        for name, *more in self.feeds.choices(variable):
            shown = dict(zip(variable.query.columns[1:], more, strict=True)).get("shown", True)
            why = "" if shown else f" ({_TOO_SMALL})"
            options.append((str(name), self._words(variable, str(name)) + why))
        if variable.everything:
            options.insert(0, ("", variable.everything))
        chosen = self.chosen.get(variable) or self.feeds.default(variable)
        if not options:
            options = [("", variable.none)]
        if chosen not in {value for value, _ in options}:
            why = f" (not loaded, or {_TOO_SMALL})"
            options.append((chosen, variable.words(chosen) + why))
        return "".join(
            f'<option value="{escape(value)}"{" selected" if value == chosen else ""}>'
            f"{escape(label)}</option>"
            for value, label in options
        )

    def _draw_notices(self) -> None:
        """What is wrong with the stack, in the words of `headwater status`."""
        said = drawn(self.notices.now(), self.feeds.zone)
        if said != self.wrong.content:
            self.wrong.set_content(said)
        self.wrong.set_visibility(bool(said))

    def _any_rows(self) -> bool:
        """Whether facts have arrived that the roll-ups do not hold yet."""
        return any(feed.rows for feed in self._followed.values() if feed.query.wakes)

    def _draw_live(self) -> None:
        since = min((f.stale_since for f in self._all() if f.stale_since), default=None)
        zone = escape(str(self.feeds.zone))
        dates = self.span.dates(time.time(), self.feeds.zone)
        if since:
            at = f"{charts.moment(since, self.feeds.zone):%H:%M:%S}"
            said = (
                f'<span class="dot off"></span><b>The warehouse has not answered since {at}.</b> '
                "Shown is what it said last. <code>headwater status</code> shows which part is "
                "down; the page goes on by itself."
            )
        elif self.span.live:
            said = f'<span class="dot"></span>Live · {escape(self.span.label)} · {zone}'
        else:
            whole = f"{self.span.label} ({dates})" if self.span.range else self.span.label
            said = f"Standing still · {escape(whole)} · {zone}"
        if said != self.live.content:
            self.live.set_content(said)
        self.live.classes(**{"add" if since else "remove": "stale"})
        for card in self.cards.values():
            card.section.classes(**{"add" if since else "remove": "is-stale"})
        self._draw_printed(dates, since)

    def _draw_printed(self, dates: str, since: float | None) -> None:
        """What paper has instead of controls: title, range and filters in words."""
        told = [f"{self.span.label} ({dates})" if self.span.range else self.span.label]
        if since:
            told[0] += f", as it stood at {charts.moment(since, self.feeds.zone):%H:%M}"
        for variable in self.board.variables:
            value = self.chosen.get(variable) or self.feeds.default(variable)
            words = self._words(variable, value) or variable.everything or variable.none
            told.append(f"{variable.title}: {words}")
        self.printed.set_content(
            f"<b>{escape(self.board.title)}</b><br>{escape(' · '.join(told))} · times in "
            f'{escape(str(self.feeds.zone))}<br>Printed <time data-zone="{self.feeds.zone}"></time>'
        )

    def _draw(self, panel: Panel) -> None:
        feed = self._followed.get(panel.file)
        if feed is None:
            return
        card = self.cards[panel.name]
        if feed.error is not None:
            card.wait(False)
            refused = tables.note("The warehouse refused this question.", feed.error)
            card.state("failed", refused + tables.note("What to do", _REFUSED))
        elif feed.rows is not None:
            rows = self.board.rows(panel, feed.rows)
            card.draw(named(panel, partial(self._named, feed)), rows, self.feeds.zone)
            card.wait(self.feeds.of_before(feed, self.chosen))
        elif feed.stale_since is not None and not card.rows:
            card.state("failed", tables.note("The warehouse does not answer.", _SILENT))

    def _draw_caption(self) -> None:
        asked: Asked | None = self.board.caption
        feed = self._followed.get(asked.file) if asked else None
        if asked is None or feed is None or feed.rows is None:
            return
        rows = self.board.rows(asked, feed.rows)
        for card in self.cards.values():
            if card.declared.charted:
                said = tables.caption(asked, rows, card.declared.drawing)
                if card.caption.content != said:
                    card.caption.set_content(said)

    def _named(self, feed: Feed, column: Column) -> Column:
        """A column with the name and unit of what its rows were asked with."""
        for variable in self.board.variables:
            if variable.name == column.of and (value := str(feed.told.get(column.of, ""))):
                return replace(
                    column, title=self._words(variable, value), unit=self._unit(variable, value)
                )
        return column

    def _words(self, variable: Variable, value: str) -> str:
        """A choice as it is read: by its title, where it has one."""
        return self._told(variable, value).get("title") or variable.words(value)

    def _unit(self, variable: Variable, value: str) -> str:
        told = self._told(variable, value)
        better = _BETTER.get(told.get("direction", ""), "")
        return ", ".join(part for part in (told.get("unit", ""), better) if part)

    def _told(self, variable: Variable, value: str) -> dict[str, str]:
        """What is known of a choice; nothing where it is none."""
        for row in self.feeds.choices(variable):
            if str(row[0]) == value:
                return dict(zip(variable.query.columns[1:], map(str, row[1:]), strict=True))
        return {}
