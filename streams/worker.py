"""The worker: every stream processor in one process, on the runner that the settings choose.

It says how it is (`/healthz`, ops.beats), and does what is to be done every so often.
"""

import asyncio
import importlib
import logging
import time
from collections.abc import Awaitable, Callable, Collection, Iterator, Sequence
from typing import Any, Protocol

from aiokafka import TopicPartition

from bus import offsets as positions
from bus.errors import OffsetGap
from bus.topics import WORKER_GROUP, Topic
from serving.progress import Problem
from serving.tasks import Tasks
from streams import retry
from streams.batches import Work
from streams.beats import Beats
from streams.context import Beat, Context
from streams.errors import StreamError
from streams.health import serving
from streams.processor import Periodic, Processor
from streams.processors import chosen
from streams.progress import Followed
from streams.settings import StreamSettings
from warehouse import Warehouse, WarehouseError

log = logging.getLogger(__name__)

BEAT_SECONDS = 1.0
#: The modules with a `Runner`, by their name in the settings.
RUNNERS = {"faust": "streams.app", "plain": "streams.plain"}


class Runner(Protocol):
    """What reads Kafka for the processors."""

    def assigned(self, group: str) -> Collection[TopicPartition]:
        """The partitions of a group that this worker consumes."""

    async def stopped(self) -> None:
        """Returns when the worker is being stopped."""

    def run(self) -> None:
        """Runs until SIGTERM or SIGINT."""


class Worker:
    """Some processors, what they share, and a runner."""

    def __init__(self, settings: StreamSettings, processors: Sequence[Processor]) -> None:
        self.settings = settings
        self.context = Context(settings)
        self.works = [Work(processor, self.context) for processor in processors]
        self._periodic = [each for one in processors for each in one.periodic]
        self._runner: Runner | None = None

    @property
    def warehouse(self) -> Warehouse:
        """The warehouse of its processors."""
        return self.context.warehouse

    @property
    def last_error(self) -> str:
        """The last error that is worth a look."""
        return self.context.last_error

    @last_error.setter
    def last_error(self, error: str) -> None:
        self.context.last_error = error

    def every(self, seconds: float, name: str, run: Callable[[], Awaitable[None]]) -> None:
        """From the start on, does something every so many seconds."""

        async def periodic(_: Context) -> None:
            await run()

        self._periodic.append(Periodic(name, seconds, periodic))

    def assigned(self) -> set[TopicPartition]:
        """The partitions that this worker consumes."""
        runner = self._runner
        return {p for group in self._groups() for p in runner.assigned(group)} if runner else set()

    def leads(self, topic: Topic) -> bool:
        """Whether this is the one worker that does what one worker must do for a topic.

        Of the group that all processors share unless they have their own: others divide the same
        topic in another way.
        """
        if self._runner is None or WORKER_GROUP not in self._groups():
            return False
        return TopicPartition(topic.name, 0) in self._runner.assigned(WORKER_GROUP)

    async def prepare(self) -> None:
        """Gives each group its first positions.

        A processor whose next records are gone stands still; raises OffsetGap where all do.
        """
        gaps = await asyncio.gather(*map(self._begins, self.works))
        lost = [gap for gap in gaps if gap]
        if lost and len(lost) == len(self.works):
            raise lost[0]

    async def _begins(self, work: Work) -> OffsetGap | None:
        """Gives a processor its first positions; the gap where its next records are gone."""
        one = work.processor
        try:
            await positions.ensure(self.settings.kafka, one.reads_as, [one.topic])
        except OffsetGap as error:
            log.exception("the processor %s does not start", one.name)
            work.lost(error)
            return error
        return None

    def run(self) -> None:
        """Runs until SIGTERM or SIGINT."""
        works = [work for work in self.works if not work.gap]
        module = importlib.import_module(RUNNERS[self.settings.worker_runner])
        runner: Runner = module.Runner(self.settings, works, self._beside, self.context.close)
        self._runner = runner
        runner.run()

    def _groups(self) -> list[str]:
        return list(dict.fromkeys(w.processor.reads_as for w in self.works if not w.gap))

    async def _beside(self) -> None:
        """Everything but the processors, until the worker stops."""
        runner = self._runner
        assert runner is not None
        tasks = Tasks("worker")
        followed = [
            Followed(self.settings.kafka, group, lambda group=group: runner.assigned(group))  # type: ignore[misc]
            for group in self._groups()
        ]
        for number, each in enumerate(followed):
            tasks.start(f"look {number}" if number else "look", each.run())
        for periodic in self._periodic:
            tasks.start(periodic.name, self._again(periodic))
        tasks.start("beat", self._beat())

        def problems() -> Iterator[Problem | None]:
            yield retry.problem()
            yield from (work.problem() for work in self.works)
            for each in followed:
                yield from each.problems

        try:
            async with serving(self.settings.worker_port, self._status, problems):
                await runner.stopped()
        finally:
            await tasks.stop()

    def _status(self) -> tuple[bool, dict[str, Any]]:
        assigned = self.assigned()
        failing = {work.processor.name: work.error for work in self.works if work.error}
        figures = {
            "partitions": len(assigned),
            "last_error": self.last_error,
            "processors": [work.processor.name for work in self.works],
            "standing": failing,
        }
        return bool(assigned), figures

    async def _again(self, periodic: Periodic) -> None:
        while True:
            began = time.monotonic()
            if periodic.leader is None or self.leads(periodic.leader):
                await self._once(periodic)
            await asyncio.sleep(max(0.0, periodic.every - (time.monotonic() - began)))

    async def _once(self, periodic: Periodic) -> None:
        """Does something; an error of its own that it told is gone when it succeeds."""
        try:
            await periodic.run(self.context)
        except WarehouseError as error:
            self.last_error = f"{periodic.name}: {error}"
        else:
            if self.last_error.startswith(f"{periodic.name}: "):
                self.last_error = ""

    async def _beat(self) -> None:
        beats = Beats(self.warehouse)
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            try:
                await asyncio.to_thread(beats.say, self._beats())
            except WarehouseError as error:
                self.last_error = str(error)

    def _beats(self) -> list[Beat]:
        said = [
            beat
            for work in self.works
            if work.processor.beats
            for beat in work.processor.beats(self.context)
        ]
        standing = [
            ("worker", f"standing_{work.processor.name}", float(bool(work.error)), work.error[:500])
            for work in self.works
        ]
        error = self.last_error
        return [*said, *standing, ("worker", "last_error", float(bool(error)), error[:500])]


def build(settings: StreamSettings, only: str = "") -> Worker:
    """A worker with every processor, and the marts; or with one processor alone."""
    # Imported here: it needs this module's names.
    from streams import rollups

    worker = Worker(settings, chosen(only))
    if not only:
        rollups.register(worker)
    return worker


def imported(settings: StreamSettings) -> None:
    """Imports what a worker with these settings needs: its runner, and what computes the marts."""
    importlib.import_module(RUNNERS[settings.worker_runner])
    if not settings.worker_only:
        importlib.import_module("streams.rollups")


def serve(settings: StreamSettings | None = None) -> None:
    """Runs the worker until SIGTERM or SIGINT."""
    settings = settings or StreamSettings()
    try:
        worker = build(settings, settings.worker_only)
        asyncio.run(worker.prepare())
    except (StreamError, OffsetGap) as error:
        raise SystemExit(f"worker: {error}") from error
    worker.run()
