"""What a Monday's letter takes from the page; and the part of reactions, which sends it.

Its words are the board's own, asked as a viewer may ask; its PDF is printed of the running page.
"""

import time
from collections.abc import Sequence
from datetime import date
from zoneinfo import ZoneInfo

from dashboards.boards import boards
from dashboards.errors import DashboardError
from dashboards.queries import INSTALLATION
from dashboards.saved import SavedViews
from dashboards.settings import DashboardSettings
from dashboards.spans import Span
from headwater import sheets
from headwater.embedded import ports
from headwater.errors import CannotStart, StackError
from reactions import server
from reactions.errors import NotNow
from reactions.letter import THIS_WEEK
from reactions.settings import ReactionSettings
from reactions.worktime import DAY
from warehouse import Warehouse

BOARD, PANEL = "this_week", "changes"


class Letters:
    """The page of a stack; `url` is where this machine reaches it, `viewer` its warehouse."""

    def __init__(
        self, viewer: str, url: str, login: str | None = None, saved: SavedViews | None = None
    ) -> None:
        self._viewer = Warehouse(viewer)
        self._url = url
        self._login = login
        self._saved = saved

    def sentences(self, week: date) -> Sequence[str]:
        """What changed in that week, each sentence with what it is of."""
        board = next(each for each in boards() if each.name == BOARD)
        zone = ZoneInfo(str(self._viewer.query(INSTALLATION.sql)[0][0]))
        whole = Span.between(str(week), str(week + DAY * 6))
        start, until = whole.instants(time.time(), zone)
        told = {"from": start, "until": until, "zone": str(zone)}
        query = board.query(board.panel(PANEL))
        asked = {name: told[name] for name in query.parameters}
        rows = self._viewer.query(query.sql, asked)
        return [f"{sentence} ({base})." for sentence, base, *_ in rows]

    def address(self, view: str) -> str:
        """A saved view's address, from the path on."""
        if view == THIS_WEEK:
            return f"/{BOARD}"
        try:
            found = self._saved.named(view) if self._saved else None
        except DashboardError as error:
            raise NotNow(str(error)) from error
        if found is None:
            raise NotNow(f"there is no saved view {view!r}")
        return found.address

    def sheet(self, view: str) -> bytes:
        """A saved view on one page."""
        try:
            return sheets.printed(self._url + self.address(view), self._login)
        except StackError as error:
            raise NotNow(str(error)) from error


def of(settings: DashboardSettings) -> Letters:
    """The letters of the stack that the environment names."""
    return Letters(
        settings.clickhouse_viewer.get_secret_value(),
        ports.url((settings.page_host, settings.page_port)),
        settings.login,
        SavedViews(settings.saved) if settings.saved else None,
    )


def serve(settings: ReactionSettings) -> None:
    """Runs the part of reactions until it is told to stop."""
    try:
        page = of(DashboardSettings())
    except DashboardError as error:
        raise CannotStart("reactions", str(error), "correct the setting") from error
    server.serve(settings, page)
