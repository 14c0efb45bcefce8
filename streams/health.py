"""`/healthz` and `/metrics` of a processor: is it doing its work, and how much of it."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable

import uvicorn
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

#: What a processor says of itself: whether it works, and a few figures.
Status = Callable[[], tuple[bool, dict[str, object]]]


class _Server(uvicorn.Server):
    def install_signal_handlers(self) -> None:
        """The processor owns the signals."""

    @contextlib.contextmanager
    def capture_signals(self):  # type: ignore[no-untyped-def]
        """The processor owns the signals."""
        yield


@contextlib.asynccontextmanager
async def serving(port: int, status: Status) -> AsyncIterator[None]:
    """Serves both addresses on loopback while the block runs; nothing where `port` is 0."""
    if not port:
        yield
        return

    def health(_: Request) -> Response:
        well, figures = status()
        return JSONResponse(
            {"status": "ok" if well else "starting", **figures}, status_code=200 if well else 503
        )

    def metrics(_: Request) -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    app = Starlette(routes=[Route("/healthz", health), Route("/metrics", metrics)])
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    server = _Server(uvicorn.Config(app, log_level="warning", access_log=False, lifespan="off"))
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield
    finally:
        server.should_exit = True
        await task
