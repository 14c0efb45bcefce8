"""The part: looks at what happened, raises what is new, stores its statements, and tells of them.

One turn after the other, by one process: of two, each would tell the same with the same ids. What
stops a turn is tried again in the next, from what is written down.
"""

import asyncio
import contextlib
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from prometheus_client import Counter as Metric

from bus.errors import BrokerUnavailable
from bus.publisher import Publisher
from bus.topics import STATEMENTS
from reactions import letter, memory, message, rules
from reactions.delivery import Courier
from reactions.document import Document, Rule, Target
from reactions.errors import NotNow, ReactionsError, Refused
from reactions.letter import Page
from reactions.memory import InForce, Waiting
from reactions.message import Message
from reactions.plan import plan
from reactions.rules import Case
from reactions.settings import ReactionSettings
from reactions.worktime import WorkTime
from serving.pacing import Pacing
from serving.progress import Problem, Progress, first_line
from serving.tasks import Tasks
from streams.health import serving
from warehouse import Warehouse, WarehouseError

log = structlog.get_logger()

#: How far back a turn looks for cases that it does not know: marts may be rebuilt, and parts down.
LOOK_BACK = timedelta(days=7)
#: How long a target that did not take a message is left alone, in seconds; longer each time.
REST, LONGEST_REST = 30.0, 900.0
RAISED = Metric("headwater_reactions_raised", "Cases that rules raised", ["rule"])
TOLD = Metric("headwater_reactions_told", "Messages, by what became of them", ["state"])


def work_time(warehouse: Warehouse) -> WorkTime:
    """When the organisation works."""
    ((zone, days, begin, end, holidays),) = warehouse.rows("reactions/work_time")
    working = frozenset(map(int, days))
    return WorkTime(ZoneInfo(zone), working, int(begin), int(end), frozenset(holidays))


class Reactions:
    """The turns of one process; `clock` says what time it is."""

    def __init__(
        self,
        settings: ReactionSettings,
        courier: Courier,
        page: Page,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.warehouse = Warehouse(settings.clickhouse.get_secret_value())
        self._settings = settings
        self._courier = courier
        self._page = page
        self._clock = clock
        self._publisher: Publisher | None = None
        self._resting: dict[str, tuple[float, int]] = {}
        self._failing: dict[str, tuple[float, str]] = {}
        #: Rules that cannot be raised: since when, and why.
        self._unwritten: dict[str, tuple[float, str]] = {}
        self.rules = 0
        #: How long the warehouse was asked for cases in this turn, in seconds.
        self._looked = 0.0
        self.progress = Progress(
            "The look for reactions",
            patience=600.0,
            do="`headwater status` shows the warehouse and Kafka; nothing is lost meanwhile",
        )

    def problems(self) -> Iterator[Problem | None]:
        """What does not go on."""
        yield self.progress.problem
        for name, (since, why) in self._failing.items():
            do = "correct its entry (docs/reactions.md) or its receiver; it is tried for a week"
            yield Problem(f"Reactions cannot be delivered to {name}", since, do, why)
        for name, (since, why) in self._unwritten.items():
            do = "save the view that it names (`headwater views save`), or correct the rule"
            yield Problem(f"The reaction {name} cannot be written", since, do, why)

    async def run(self) -> None:
        """Goes round for good."""
        pacing = Pacing(self._settings.reactions_every, 3600.0, 20.0)
        while True:
            self._looked = 0.0
            try:
                await self.turn()
                self.progress.got_on()
            except (WarehouseError, BrokerUnavailable, ReactionsError) as error:
                self.progress.failed(error)
                log.warning("reactions wait", why=first_line(error))
            await asyncio.sleep(pacing.rest(self._looked))

    async def turn(self) -> None:
        """One turn. Raises WarehouseError, BrokerUnavailable, and DocumentError."""
        held = await asyncio.to_thread(memory.in_force, self.warehouse)
        self.rules = len(held.document.rule)
        if not held.version:
            return
        work = await asyncio.to_thread(work_time, self.warehouse)
        began = time.monotonic()
        raised = await asyncio.to_thread(self._raise, held, work)
        self._looked = time.monotonic() - began
        for name, count in raised.items():
            RAISED.labels(name).inc(count)
        waiting = await asyncio.to_thread(memory.waiting, self.warehouse)
        if to_store := [each for each in waiting if not each.target]:
            await asyncio.to_thread(self._store, to_store)
            waiting = await asyncio.to_thread(memory.waiting, self.warehouse)
        await self._tell([each for each in waiting if each.target], held.document, work)

    def _raise(self, held: InForce, work: WorkTime) -> Counter[str]:
        """Writes down the cases that are new; how many, by rule."""
        now = self._clock()
        raised: Counter[str] = Counter()
        for rule in held.document.rule:
            settled = now - timedelta(seconds=self._settings.reactions_settle)
            end = rules.until(self.warehouse, [rule.when], settled)
            begin = max(held.since[rule.name], end - LOOK_BACK)
            found = memory.unknown(
                self.warehouse, rules.cases(self.warehouse, rule, work, begin, end)
            )
            new = [(said, rule.deliver) for said in self._said(found, rule, held.document)]
            raised[rule.name] += memory.raise_new(self.warehouse, new, now)
        for name in self._unwritten.keys() - {rule.name for rule in held.document.rule}:
            del self._unwritten[name]
        return raised

    def _said(self, found: list[Case], rule: Rule, document: Document) -> list[Message]:
        """What is said of new cases; of a week whose view is not there, nothing yet."""
        try:
            said = [letter.written(case, rule, document, self._page) for case in found]
        except NotNow as error:
            since, _ = self._unwritten.get(rule.name, (time.time(), ""))
            self._unwritten[rule.name] = since, str(error)
            return []
        self._unwritten.pop(rule.name, None)
        return [each for each in said if each is not None]

    def _store(self, waiting: list[Waiting]) -> None:
        """Sends statements to Kafka, and notes them when it has taken them."""
        if self._publisher is None or not self._publisher.alive:
            self._publisher = Publisher(self._settings.kafka)
        sent = [
            self._publisher.publish(STATEMENTS.name, *message.record(each.message))
            for each in waiting
        ]
        for each in sent:
            each.result()
        memory.note(self.warehouse, waiting, "stored", self._clock())

    async def _tell(self, waiting: list[Waiting], document: Document, work: WorkTime) -> None:
        """Delivers what may be delivered now."""
        now = self._clock()
        today = work.midnight(work.day(now))
        had = await asyncio.to_thread(memory.delivered, self.warehouse, today)
        found = plan(waiting, document, work, now, had)
        for each, why in found.expired:
            await self._note(each, "expired", why)
        targets = {each.name: each for each in document.target}
        for name in self._failing.keys() - {each.target for each in waiting}:
            del self._failing[name]
        for name, due in found.due.items():
            await self._to(targets[name], due)

    async def _to(self, target: Target, waiting: list[Waiting]) -> None:
        until, failed = self._resting.get(target.name, (0.0, 0))
        if time.monotonic() < until:
            return
        for each in waiting:
            try:
                await self._courier.deliver(target, each.message)
            except NotNow as error:
                rest = max(error.seconds, min(LONGEST_REST, REST * 2**failed))
                self._resting[target.name] = time.monotonic() + rest, min(failed + 1, 10)
                since, _ = self._failing.get(target.name, (time.time(), ""))
                self._failing[target.name] = since, str(error)
                log.warning("a reaction is not delivered yet", target=target.name, why=str(error))
                return
            except Refused as error:
                await self._note(each, "refused", str(error))
                log.warning("a reaction is refused", target=target.name, why=str(error))
            else:
                await self._note(each, "delivered")
        self._resting.pop(target.name, None)
        self._failing.pop(target.name, None)

    async def _note(self, each: Waiting, state: str, reason: str = "") -> None:
        now = self._clock()
        await asyncio.to_thread(memory.note, self.warehouse, [each], state, now, reason)
        TOLD.labels(state).inc()

    def close(self) -> None:
        """Hangs up."""
        if self._publisher is not None:
            self._publisher.close()


async def _main(settings: ReactionSettings, page: Page) -> None:
    courier = Courier(settings.data, page)
    reactions = Reactions(settings, courier, page)
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, stopped.set)
    tasks = Tasks("reactions")
    tasks.start("turns", reactions.run())

    def status() -> tuple[bool, dict[str, Any]]:
        return True, {"rules": reactions.rules}

    try:
        async with serving(settings.reactions_port, status, reactions.problems):
            await stopped.wait()
    finally:
        await tasks.stop()
        with contextlib.suppress(BrokerUnavailable):
            reactions.close()
        await courier.close()


def serve(settings: ReactionSettings, page: Page) -> None:
    """Runs until SIGTERM or SIGINT."""
    asyncio.run(_main(settings, page))
