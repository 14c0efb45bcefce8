"""The live page: one view a browser, fed by pollers that views share.

`/<board>` draws a board, `/` the first one; `?range=24h&team=Platform&kpi=…` (or `from` and
`until`) says of what.
`/healthz` answers 200 while the warehouse can be read. All that a browser loads comes from here.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from importlib.resources import files

import uvicorn
from fastapi import FastAPI
from nicegui import ui
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from dashboards.board import Board
from dashboards.boards import boards
from dashboards.errors import NotConfigured, UnknownSpan
from dashboards.feeds import Feeds
from dashboards.guard import Guard
from dashboards.notices import Notices
from dashboards.policy import Policed
from dashboards.queries import INSTALLATION
from dashboards.saved import SavedViews
from dashboards.settings import DashboardSettings
from dashboards.spans import Span
from dashboards.view import MARK, View
from serving.health import Answers, told
from serving.protocol import bounded
from warehouse import Warehouse

STYLE = (files("dashboards") / "style.css").read_text("utf-8")
#: A query that takes longer says that the warehouse is not answering.
PATIENCE_SECONDS = 10.0
#: In how many seconds what a browser sends must be there.
BODY_SECONDS = 30.0

log = logging.getLogger(__name__)


def serve(settings: DashboardSettings | None = None) -> None:
    """Serve the page until told to stop."""
    try:
        settings = settings or DashboardSettings()
    except NotConfigured as error:
        raise SystemExit(f"page cannot start: {error}") from error
    # The client writes a line for every refused connection; the feeds say it once.
    logging.getLogger("clickhouse_connect").setLevel(logging.CRITICAL)
    uvicorn.run(
        application(settings),
        host=settings.page_host,
        port=settings.page_port,
        http=bounded(body_seconds=BODY_SECONDS),
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=2,
    )


def application(settings: DashboardSettings) -> Policed:
    """The page as an ASGI application; nothing connects before the first request."""
    warehouse = Warehouse(settings.clickhouse_viewer.get_secret_value(), timeout=PATIENCE_SECONDS)
    feeds = Feeds(warehouse, boards())
    notices = Notices(settings.data)
    saved = SavedViews(settings.saved) if settings.saved else None

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        await asyncio.to_thread(warehouse.close)

    api = FastAPI(lifespan=lifespan, openapi_url=None)
    api.add_api_route("/healthz", _health(warehouse), include_in_schema=False)
    api.add_api_route("/metrics", _metrics(feeds), include_in_schema=False)

    for board in feeds.boards:
        _route(f"/{board.name}", board, feeds, notices, saved)
    _route("/", feeds.boards[0], feeds, notices, saved)

    ui.add_css(STYLE, shared=True)
    ui.run_with(
        api,
        title="Headwater",
        favicon=MARK,
        language="en-US",
        tailwind=False,
        binding_refresh_interval=None,
        reconnect_timeout=10.0,
        message_history_length=50,
        show_welcome_message=False,
    )
    return Policed(Guard(api, settings.login, settings.origins))


def _route(
    path: str, board: Board, feeds: Feeds, notices: Notices, saved: SavedViews | None
) -> None:
    """Draw a board at a path, of what the address asks for."""

    async def draw(request: Request) -> None:
        asked = request.query_params
        told = [asked.get(name, "") for name in ("range", "from", "until")]
        span, problem = None, ""
        try:
            span = Span.read(*told) if any(told) else None
        except UnknownSpan as error:
            problem = str(error)
        chosen = {variable: asked.get(variable.name, "") for variable in board.variables}
        await View(feeds, board, span, chosen, problem, notices, saved).open()

    ui.page(path, title=f"Headwater: {board.title}", response_timeout=20)(draw)


def _health(warehouse: Warehouse):  # type: ignore[no-untyped-def]
    async def ask() -> bool:
        return bool(await asyncio.to_thread(warehouse.query, INSTALLATION.sql))

    do = "`headwater status` shows the parts; the page goes on by itself"
    asked = Answers("The warehouse", ask, do=do)

    async def health() -> Response:
        well = await asked.now()
        said = {"status": "ok" if well else "no warehouse"}
        problems = told([asked.problem], whole=False)
        return JSONResponse({**said, "problems": problems}, 200 if well else 503)

    return health


def _metrics(feeds: Feeds):  # type: ignore[no-untyped-def]
    async def metrics() -> Response:
        feeds.count()
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return metrics


if __name__ == "__main__":
    serve()
