"""A verification from end to end, and the repair of what it finds."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from typing import TypeVar

from headwater.verification import facts, log, marts, progress, refusals, rollups
from headwater.verification.facts import Differences
from headwater.verification.findings import Finding, Report, where
from streams import deduplication
from streams.context import Context
from streams.events import event_of
from streams.mart import Mart
from streams.packing import Packing
from streams.recorder.recorder import Recorder
from streams.rules import in_force
from streams.settings import StreamSettings
from warehouse import Warehouse
from xapi.event import encoded

Say = Callable[[str], None]
#: A period by its first day, as whoever compares it has it.
Period = TypeVar("Period", date, str)


class Verification:
    """One run against a Kafka and a warehouse; `settings` name both and hold the pseudonyms' key.

    Raises WarehouseError where the warehouse does not answer, KafkaError where the broker does not.
    """

    def __init__(self, settings: StreamSettings, *, wait: float, say: Say) -> None:
        self._settings = settings
        self._warehouse = Warehouse(settings.clickhouse.get_secret_value(), timeout=600)
        self._wait = wait
        self._say = say
        self.report = Report()

    async def run(self, *, repair: bool) -> Report:
        """Compares everything; with `repair` writes what lacks. The report is kept."""
        self._say("waiting until what is in Kafka now is stored and counted")
        self.report.waiting = await self._caught_up()
        self._say("comparing what was refused")
        self.report.findings += await refusals.compare(
            self._settings.kafka, self._warehouse, repair=repair
        )
        self._say("comparing the log with the statements")
        await self._log(repair)
        self._say("comparing the statements with the facts")
        await self._facts(repair)
        self._say("comparing the facts with the roll-ups")
        await self._rollups(repair)
        self._say("comparing the facts with the other marts")
        for mart in marts.compared():
            await self._mart(mart, repair)
        await asyncio.to_thread(self.report.keep, self._warehouse)
        return self.report

    async def _log(self, repair: bool) -> None:
        if not repair:
            await log.compare(self._settings.kafka, self._warehouse, self.report, None)
            return
        async with Recorder(self._settings).writing() as recorder:
            await log.compare(self._settings.kafka, self._warehouse, self.report, recorder.again)

    async def _facts(self, repair: bool) -> None:
        worker = Context(self._settings)
        before = int(time.time() * 1000) << 80
        hours, events = await asyncio.to_thread(facts.differing, self._warehouse, before)
        self.report.events = events
        found = await self._persistent(worker, before, hours)
        if repair and found:
            try:
                await self._mend(worker, found)
            finally:
                await worker.close()
        self.report.findings += found.findings(repair)

    async def _persistent(self, worker: Context, before: int, hours: Sequence[int]) -> Differences:
        """What differs, and still does when the pipeline has gone past what it was at."""
        for _ in range(2):
            if not hours:
                return Differences()
            await self._caught_up()
            found = await asyncio.to_thread(
                facts.differences, self._warehouse, worker.pseudonyms, before, hours
            )
            hours = sorted(
                {hour for _, hour in (*found.lost, *found.unkept)}
                | {hour for _, hour, _ in found.wrong}
            )
        return found

    async def _mend(self, worker: Context, found: Differences) -> None:
        """Sends the events that lack once more, and tombstones facts that should not stand."""
        seen: dict[str, int] = {}
        rules = await asyncio.to_thread(in_force, self._warehouse)
        packing = Packing(await worker.producer())
        for one, _ in found.lost:
            event = event_of(one.line, one.position, one.source, worker.pseudonyms, seen, rules)
            if event is not None:
                await packing.add(event.account, encoded(event))
        accounts = [(account, identifier) for identifier, account in seen.items()]
        await asyncio.to_thread(
            self._warehouse.insert, "vault.account_rows", ("account", "identifier"), accounts
        )
        await packing.finish()
        for one, _ in found.unkept:
            await worker.reject(
                where(one.position),
                source=one.source,
                kind="unclassifiable",
                reason=one.reason,
                body=one.line,
            )
        wrong = sorted({identifier for identifier, _, why in found.wrong if why != facts.ORPHAN})
        await asyncio.to_thread(self._tombstone, wrong)
        self._say(f"{len(found.lost)} events sent again, {len(wrong)} facts tombstoned")

    def _tombstone(self, ids: Sequence[str]) -> None:
        """Puts ids on the work lists of the reconciling, and has it done."""
        if not ids:
            return
        batch = time.time_ns()
        self._warehouse.command("verify/ids_again", batch=batch, ids=ids)
        self._warehouse.command("verify/facts_again", batch=batch, ids=ids)
        deduplication.note(self._warehouse, [batch])
        deduplication.tombstone(self._warehouse, deduplication.FACTS, [batch])

    async def _rollups(self, repair: bool) -> None:
        await self._caught_up()
        every = await asyncio.to_thread(rollups.days, self._warehouse)
        self.report.days = len(every)
        compare = partial(rollups.differing, self._warehouse)
        again = partial(rollups.again, self._warehouse) if repair else None
        await self._computed(every, compare, again, "days")

    async def _mart(self, mart: Mart, repair: bool) -> None:
        every = await asyncio.to_thread(marts.periods, self._warehouse, mart)
        compare = partial(marts.differing, self._warehouse, mart)
        again = partial(marts.again, self._warehouse, mart) if repair else None
        await self._computed(every, compare, again, f"periods of {mart.table}")

    async def _computed(
        self,
        every: Sequence[Period],
        compare: Callable[[Sequence[Period]], dict[Period, Finding]],
        again: Callable[[Sequence[Period]], None] | None,
        what: str,
    ) -> None:
        """Compares what is computed of periods; has those that differ computed `again`, if so."""
        found = await asyncio.to_thread(compare, every)
        if found:  # what is computed just now looks like a difference
            await self._caught_up()
            found = await asyncio.to_thread(compare, sorted(found))
        if again and found:
            await asyncio.to_thread(again, sorted(found))
            self._say(f"{len(found)} {what} are computed again")
        self.report.findings += [
            replace(one, mended=True) if again else one for one in found.values()
        ]

    async def _caught_up(self) -> list[str]:
        return await progress.caught_up(self._settings.kafka, self._warehouse, self._wait)
