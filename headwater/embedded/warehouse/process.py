"""The warehouse's process: opens the engine, serves until SIGTERM, closes the engine."""

import asyncio
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from headwater.embedded.warehouse import mending
from headwater.embedded.warehouse.engine import Engine
from headwater.embedded.warehouse.errors import EngineError
from headwater.embedded.warehouse.server import Application, BrokenAnswer
from headwater.embedded.warehouse.settings import WarehouseServerSettings
from headwater.embedded.warehouse.storage import UNSURE_SINCE
from headwater.errors import CannotStart
from serving.headers import INTERFACE
from serving.protocol import bounded
from serving.tasks import running

#: How long the engine may take to close after the last request.
SECONDS_TO_CLOSE = 6.0
#: A statement may stand in the address: ClickHouse's own bound of it, and its patience for data.
HEAD_BYTES = 1 << 20
SILENCE_SECONDS = 300.0


def run(settings: WarehouseServerSettings) -> None:
    """Serves until told to end; raises CannotStart where it cannot begin."""
    settings.passwords()  # said before anything is opened
    listener = _listener(settings.warehouse_host, settings.warehouse_port)
    engine = Engine(settings)
    _mend(engine)
    app = Application(engine, settings)
    logging.getLogger("uvicorn.error").addFilter(_quiet)
    server = _Server(
        uvicorn.Config(
            app,
            loop="uvloop",
            http=bounded(head_bytes=HEAD_BYTES, silence_seconds=SILENCE_SECONDS),
            headers=list(INTERFACE),
            lifespan="off",
            log_level="error",
            access_log=False,
            server_header=False,
            timeout_keep_alive=65,
            timeout_graceful_shutdown=3,
        )
    )
    app.ended = lambda: setattr(server, "should_exit", True)
    host, port = listener.getsockname()[:2]
    os.environ["HEADWATER_WAREHOUSE_PORT"] = str(port)  # where it is found when it starts again
    print(f"warehouse ready on http://{host}:{port}", file=sys.stderr, flush=True)
    try:
        with asyncio.Runner(loop_factory=_loop) as runner:
            runner.run(_serve(server, listener, app))
    finally:
        late = threading.Timer(SECONDS_TO_CLOSE, _by_force, (app,))  # what is on disk stays whole
        late.daemon = True
        late.start()
        app.close()
        late.cancel()
    if app.again:
        _begin_again()


def _mend(engine: Engine) -> None:
    """Deals with what the process before this one left, where it ended for writes that failed."""
    since = os.environ.pop(UNSURE_SINCE, "")
    if not since:
        return
    try:
        for line in mending.parts(engine, float(since)):
            print(f"warehouse: {line}", file=sys.stderr, flush=True)
    except EngineError as error:  # what is left is named by `headwater status`
        print(f"warehouse: not whole parts stay: {error}", file=sys.stderr, flush=True)


def _begin_again() -> None:
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606 - this program


def _by_force(app: Application) -> None:
    """Ends a process whose engine does not close."""
    if app.again:
        _begin_again()
    os._exit(1)


class _Server(uvicorn.Server):
    """Leaves the signals to us: uvicorn raises them again before the engine is closed."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def _serve(server: uvicorn.Server, listener: socket.socket, app: Application) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, app.end)
    async with running("warehouse", {"disk": app.storage.watch(app.begin_again)}):
        await server.serve(sockets=[listener])


def _loop() -> asyncio.AbstractEventLoop:
    import uvloop

    return uvloop.new_event_loop()


def _listener(host: str, port: int) -> socket.socket:
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(512)
    except OSError as error:
        raise CannotStart(
            "warehouse",
            f"{host}:{port} cannot be listened on ({os.strerror(error.errno or 0)})",
            "stop what listens there, or set HEADWATER_WAREHOUSE_PORT",
        ) from error
    return listener


def _quiet(record: logging.LogRecord) -> bool:
    """An answer broken off on purpose is not an error of the server's."""
    return not (record.exc_info and isinstance(record.exc_info[1], BrokenAnswer))
