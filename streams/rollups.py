"""ops.mark_rows → learning.activity_day_rows: marked days, recomputed from the facts.

Nothing is incremented. Days whose facts changed are computed anew into a staging table and swapped
in whole, so that cells which no longer exist leave no ghosts; a mark goes only after that. One
worker does it: the one that holds partition 0 of learning.events.
"""

import asyncio
import logging
import os
import time
from datetime import UTC, datetime

from aiokafka import TopicPartition
from prometheus_client import Counter, Gauge

from lrs.warehouse import Warehouse, WarehouseError
from lrs.warehouse.client import named
from streams.app import Worker
from xapi.topics import EVENTS

log = logging.getLogger(__name__)

DAYS = Counter("headwater_rollup_days", "Days recomputed")
TIME = Gauge("headwater_rollup_seconds", "How long the last recomputation took")

#: Marks and days taken at a time, newest first.
MARKS = 20_000
DAYS_AT_ONCE = 200
#: From one recomputation to the next pass ten times what it took, or five seconds where that is
#: less; but four times what it took at least, so that a day of millions leaves time for its facts.
SHARE = 10
LONGEST_PAUSE = 5.0
LEAST_SHARE = 4
LEADER = TopicPartition(EVENTS.name, 0)


def forget_stagings(warehouse: Warehouse, own: str) -> None:
    """Drops the staging tables of workers that are gone."""
    for (name,) in warehouse.rows("rollup_stagings"):
        if name != own:
            warehouse.execute(named("rollup_staging_forget", staging=name))


def recompute(warehouse: Warehouse, staging: str) -> int:
    """Recomputes the days of all pending marks; returns how many days were swapped in."""
    marks = warehouse.rows("marks_pending", most=MARKS)
    if not marks:
        return 0
    hours = sorted({_utc(hour) for _, hour in marks})
    days = [row[0] for row in warehouse.rows("days_of_hours", hours=hours)]
    days.sort(reverse=True)
    for at in range(0, len(days), DAYS_AT_ONCE):
        _swap(warehouse, staging, days[at : at + DAYS_AT_ONCE])
    for at in range(0, len(marks), 1000):
        warehouse.command("marks_done", marks=[mark for mark, _ in marks[at : at + 1000]])
    return len(days)


def _swap(warehouse: Warehouse, staging: str, days: list[str]) -> None:
    warehouse.execute(named("rollup_staging_create", staging=staging))
    clear = named("rollup_staging_clear", staging=staging)
    warehouse.execute(clear)
    warehouse.execute(named("rollup_compute", staging=staging), {"days": days})
    filled = {row[0] for row in warehouse.query(named("rollup_filled", staging=staging))}
    replace = named("rollup_replace", staging=staging)
    drop = named("rollup_drop")
    for day in days:
        warehouse.execute(replace if day in filled else drop, {"day": day})
    warehouse.execute(clear)


def spacing(took: float) -> float:
    """How long after its start a recomputation is followed by the next, in seconds."""
    return max(LEAST_SHARE * took, min(LONGEST_PAUSE, SHARE * took))


def _utc(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def register(worker: Worker) -> None:
    """Declares the timer."""
    app = worker.app
    staging = f"activity_staging_{os.getpid()}"
    busy = asyncio.Lock()
    leading = False
    due = 0.0

    async def roll_up() -> None:
        nonlocal leading, due
        consumer = app.consumer
        if busy.locked() or time.monotonic() < due:
            return
        if consumer is None or LEADER not in consumer.assignment():
            leading = False
            return
        async with busy:
            started = time.monotonic()
            try:
                if not leading:
                    await asyncio.to_thread(forget_stagings, worker.warehouse, staging)
                    leading = True
                days = await asyncio.to_thread(recompute, worker.warehouse, staging)
            except WarehouseError as error:
                worker.last_error = f"roll-up: {error}"
                log.warning("the roll-up failed and is tried again: %s", error)
                return
            took = time.monotonic() - started
            due = started + spacing(took)
            if days:
                DAYS.inc(days)
                TIME.set(took)

    app.timer(interval=worker.settings.rollup_interval)(roll_up)
