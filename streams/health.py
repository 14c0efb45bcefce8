"""`/healthz` and `/metrics` of a processor: is it doing its work, and how much of it."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable, Iterable

import uvicorn
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from serving.health import told
from serving.progress import Problem
from serving.tasks import Tasks

#: What a processor says of itself: whether it works, and a few figures.
Status = Callable[[], tuple[bool, dict[str, object]]]
#: What does not go on.
Problems = Callable[[], Iterable[Problem | None]]

#: How long answers under way may take at the end.
SECONDS_TO_STOP = 2.0


class _Server(uvicorn.Server):
    def install_signal_handlers(self) -> None:
        """The processor owns the signals."""

    @contextlib.contextmanager
    def capture_signals(self):  # type: ignore[no-untyped-def]
        """The processor owns the signals."""
        yield


@contextlib.asynccontextmanager
async def serving(port: int, status: Status, problems: Problems = tuple) -> AsyncIterator[None]:
    """Serves both addresses on loopback while the block runs; nothing where `port` is 0."""
    if not port:
        yield
        return

    def health(_: Request) -> Response:
        well, figures = status()
        said = told(problems(), whole=True)  # on loopback: errors may be quoted
        word = "standing still" if said else "ok" if well else "starting"
        return JSONResponse(
            {"status": word, **figures, "problems": said},
            status_code=200 if well and not said else 503,
        )

    def metrics(_: Request) -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    app = Starlette(routes=[Route("/healthz", health), Route("/metrics", metrics)])
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    server = _Server(uvicorn.Config(app, log_level="warning", access_log=False, lifespan="off"))
    tasks = Tasks("health")
    serve = tasks.start("server", server.serve(sockets=[listener]))
    try:
        yield
    finally:
        tasks.expect_ends()
        server.should_exit = True
        await asyncio.wait({serve}, timeout=SECONDS_TO_STOP)
        await tasks.stop()
