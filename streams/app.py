"""The faust app: every stateful or ordered processor of the pipeline, in one worker.

One processor a file, named after its output; each names its topic and a handler of batches
(`Worker.process`). A handler comes back when all that its batch asks for is done: it retries
inside, sends poison to `xapi.rejected`, awaits its sends. What it came back from is committed,
nothing else (`streams/batches.py`); where it fails, the process ends.
"""

import asyncio
import functools
import gc
import logging
import os
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, ParamSpec, TypeVar

import faust
import uvloop
from aiokafka import AIOKafkaProducer
from prometheus_client import Counter

from bus import clients
from bus import offsets as positions
from bus.rejections import Kind, rejected
from bus.topics import (
    EVENTS,
    MEBIBYTE,
    OBSERVATIONS,
    PEOPLE,
    REJECTED,
    REJECTED_MAX_BYTES,
    SIGNALS,
    STATEMENTS,
    Topic,
)
from serving.progress import Problem
from serving.tasks import Tasks, end_process
from streams import retry
from streams.batches import App, Handle, Processing, end
from streams.errors import StreamError
from streams.health import serving
from streams.progress import Followed
from streams.pseudonyms import Pseudonyms
from streams.settings import StreamSettings
from warehouse import Warehouse

log = logging.getLogger(__name__)
P = ParamSpec("P")
Result = TypeVar("Result")

GROUP = "headwater-streams"
READS = [STATEMENTS, EVENTS, PEOPLE, OBSERVATIONS, REJECTED, SIGNALS]
REFUSED = Counter(
    "headwater_worker_rejected", "Messages the worker sent to xapi.rejected", ["kind"]
)


class _App(App):
    """faust takes a task or a timer that was cancelled for one that is done, and says nothing."""

    def task(self, fun: Any = None, **options: Any) -> Any:  # type: ignore[override]
        """Declares a task, as faust does; where it fails, or is cancelled, the worker ends."""
        if fun is None:
            return lambda given: self.task(given, **options)
        return super().task(self._guarded(fun), **options)

    def _guarded(self, fun: Callable[[], Awaitable[Any]]) -> Callable[[], Awaitable[Any]]:
        name = fun.__qualname__.replace(".<locals>", "")

        @functools.wraps(fun)
        async def guarded() -> Any:
            try:
                return await fun()
            except BaseException as error:  # a cancellation too, where nobody stops the worker
                if not self.should_stop:
                    log.exception("the worker's task %s failed", name)
                    end_process(f"worker failed: its task {name} ended with {error!r:.300}")
                raise

        return guarded


class Worker:
    """What the processors of one worker share: settings, warehouse, pseudonyms, a producer."""

    def __init__(self, settings: StreamSettings) -> None:
        self.settings = settings
        self.warehouse = Warehouse(settings.clickhouse.get_secret_value())
        self.pseudonyms = Pseudonyms(settings.pseudonym_key.get_secret_value())
        self.app = _App(
            GROUP,
            settings.kafka,
            self.close,
            store="memory://",
            datadir=str(settings.data.resolve() / "worker"),
            value_serializer="raw",
            key_serializer="raw",
            topic_disable_leader=True,
            topic_allow_declare=False,
            stream_wait_empty=False,
            stream_buffer_maxsize=2_048,
            broker_session_timeout=10.0,
            broker_heartbeat_interval=2.0,
            broker_commit_interval=1.0,
            broker_max_poll_interval=3_600.0,
            broker_request_timeout=3_660.0,
            consumer_auto_offset_reset="none",
            consumer_max_fetch_size=4 * MEBIBYTE,
            web_enabled=False,
            loghandlers=[],
        )
        self._producer: AIOKafkaProducer | None = None
        self.people: dict[int, int] = {}
        self.last_error = ""

    def assigned(self) -> set[Any]:
        """The partitions that this worker consumes."""
        return self.app.consumer.assignment() if self.app.consumer else set()

    async def producer(self) -> AIOKafkaProducer:
        """The worker's own producer, started at first use; faust's sends one event at a time."""
        if self._producer is None:
            producer = clients.producer(
                self.settings.kafka,
                acks="all",
                max_batch_size=256 * 1024,
                max_request_size=REJECTED_MAX_BYTES + MEBIBYTE,
                linger_ms=0,
            )
            await producer.start()
            self._producer = producer
        return self._producer

    async def reject(self, where: str, *, source: str, kind: str, reason: str, body: bytes) -> None:
        """Sends what could not be done to `xapi.rejected` and waits until it is there."""
        message = rejected(
            where, source=source, kind=Kind(kind), reason=reason, path=where, body=body
        )
        REFUSED.labels(kind).inc()
        producer = await self.producer()
        await producer.send_and_wait(REJECTED.name, value=message, key=source.encode() or None)

    async def close(self) -> None:
        """Stops the worker's own producer."""
        if self._producer is not None:
            await self._producer.stop()

    def process(
        self, name: str, topic: Topic, handle: Handle, *, most: int, within: float
    ) -> Processing:
        """Registers a processor: up to `most` records at a time, or what came `within` seconds."""
        return Processing(self.app, name, topic, handle, most=most, within=within)


def ends_on_error(
    work: Callable[P, Awaitable[Result]],
) -> Callable[P, Awaitable[Result]]:
    """Ends the process where a task of the worker fails."""

    @functools.wraps(work)
    async def guarded(*arguments: P.args, **named: P.kwargs) -> Result:
        try:
            return await work(*arguments, **named)
        except asyncio.CancelledError:
            raise
        except BaseException:
            end(f"{work.__qualname__} failed")
            raise

    return guarded


def build(settings: StreamSettings) -> Worker:
    """A worker with every processor registered."""
    # Imported here: each processor needs this module's names.
    from streams import (
        activity,
        classified,
        directory,
        observations,
        refused,
        rollups,
        signals,
    )

    worker = Worker(settings)
    for processor in (
        classified,
        activity,
        rollups,
        directory,
        observations,
        refused,
        signals,
    ):
        processor.register(worker)
    return worker


async def _prepare(worker: Worker) -> None:
    await positions.ensure(worker.settings.kafka, GROUP, READS)


def serve(settings: StreamSettings | None = None) -> None:
    """Runs the worker until SIGTERM or SIGINT."""
    settings = settings or StreamSettings()
    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
    worker = build(settings)
    gc.freeze()  # faust imports most of itself when an app is made
    try:
        asyncio.run(_prepare(worker))
    except StreamError as error:
        raise SystemExit(f"worker: {error}") from error

    def status() -> tuple[bool, dict[str, Any]]:
        assigned = worker.assigned()
        return bool(assigned), {"partitions": len(assigned), "last_error": worker.last_error}

    followed = Followed(settings.kafka, GROUP, worker.assigned)

    def problems() -> Iterator[Problem | None]:
        yield retry.problem()
        yield from followed.problems

    async def health() -> None:
        tasks = Tasks("worker")
        tasks.start("look", followed.run())
        try:
            async with serving(settings.worker_port, status, problems):
                while not worker.app.should_stop:
                    await worker.app.sleep(0.2)
        finally:
            await tasks.stop()

    worker.app.task(health)

    with open(os.devnull, "w") as nowhere:  # faust draws a spinner there
        faust.Worker(
            worker.app,
            loglevel="WARNING",
            redirect_stdouts=False,
            quiet=True,
            stdout=nowhere,
            override_logging=False,
        ).execute_from_commandline()
