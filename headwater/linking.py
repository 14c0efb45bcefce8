"""The part that estimates links by night: it looks whether a run is due, and begins it.

A run is a process of its own (`python -m kpis.links`): what it imports is large and gone with it,
nobody waits for it, and it ends with this one. What is to be done follows from what the warehouse
holds, so whoever is killed in between begins again, and nothing is told twice.
"""

import asyncio
import contextlib
import os
import signal
import sys
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime

import structlog
from prometheus_client import Counter

from kpis.links import history
from kpis.links.settings import LinkSettings
from serving.progress import Problem, Progress, first_line
from serving.tasks import Tasks
from streams.health import serving
from warehouse import Warehouse, WarehouseError

log = structlog.get_logger()

RUNS = Counter("headwater_link_runs", "Runs of links, by how they ended", ["state"])
#: One thread of linear algebra: the other core is for who is waited for.
THREADS = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


class Nights:
    """The runs of one process."""

    def __init__(self, settings: LinkSettings) -> None:
        self._settings = settings
        self._warehouse = Warehouse(settings.clickhouse.get_secret_value())
        self._last: history.Known | None = None
        #: The run that is under way.
        self.child: asyncio.subprocess.Process | None = None
        self._progress = Progress(
            "The look whether links are due",
            patience=300.0,
            do="`headwater status` shows the warehouse; nothing is lost meanwhile",
        )

    def problems(self) -> Iterator[Problem | None]:
        """What does not go on."""
        yield self._progress.problem if self.child is None else None
        last = self._last
        if last and last.failure and last.tried:
            do = "see its log, then `headwater links run`; the last links that were told stay"
            yield Problem("The last run of links failed", last.tried.timestamp(), do, last.failure)

    def status(self) -> tuple[bool, dict[str, object]]:
        """Whether it works, and what it does."""
        began = self._last.began.isoformat() if self._last and self._last.began else ""
        return True, {"running": self.child is not None, "last": began}

    async def run(self) -> None:
        """Looks again and again, for good."""
        while True:
            try:
                await self.turn(datetime.now(UTC))
                self._progress.got_on()
            except WarehouseError as error:
                self._progress.failed(error)
                log.warning("links wait", why=first_line(error))
            await asyncio.sleep(self._settings.links_every)

    async def turn(self, now: datetime) -> str:
        """One look, and the run that is due; why it was. Raises WarehouseError."""
        self._last = await asyncio.to_thread(history.known, self._warehouse)
        why = history.due(self._last, self._settings.links_at, now)
        if why:
            await self._estimate(why, now)
            self._last = await asyncio.to_thread(history.known, self._warehouse)
        return why

    async def _estimate(self, why: str, now: datetime) -> None:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", "kpis.links", why),
            env={**os.environ, **THREADS},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        assert process.stderr
        self.child = process
        try:
            said = (await process.stderr.read()).decode(errors="replace")
            code = await process.wait()
        finally:
            self.child = None
            with contextlib.suppress(ProcessLookupError):
                process.kill()
        RUNS.labels("well" if code == 0 else "failed").inc()
        if code:
            log.error("a run of links failed", why=why, code=code, said=said[-2000:])
            await asyncio.to_thread(self._written_down, why, now, f"its process ended with {code}")

    def _written_down(self, why: str, now: datetime, failure: str) -> None:
        """Writes a failure down where the run itself could not."""
        tried = history.known(self._warehouse).tried
        if tried is None or tried < now:
            history.ended(self._warehouse, uuid.uuid4(), now, why, failure=failure)


async def _main(settings: LinkSettings) -> None:
    nights = Nights(settings)
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, stopped.set)
    tasks = Tasks("links")
    tasks.start("nights", nights.run())
    try:
        async with serving(settings.links_port, nights.status, nights.problems):
            await stopped.wait()
    finally:
        await tasks.stop()


def serve(settings: LinkSettings | None = None) -> None:
    """Estimates links by night until told to stop."""
    asyncio.run(_main(settings or LinkSettings()))
