"""ops.mark_rows → learning.activity_day_rows: marked days, recomputed from the facts.

Nothing is incremented. Days whose facts changed are computed anew into a staging table and swapped
in whole, so that cells which no longer exist leave no ghosts; a mark goes only after that. A day
that cannot be computed, or comes out empty though it has facts, stays as it is with its marks, and
is reported; the others go on. A day of many facts keeps its cells by the hour in
learning.activity_hour_rows: its marked hours are computed anew, and the day is put together from
all its hours. One worker does it: the one that holds partition 0 of learning.events.
"""

import asyncio
import logging
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from aiokafka import TopicPartition
from prometheus_client import Counter, Gauge

from bus.topics import EVENTS
from streams.app import Worker
from streams.errors import EmptyRollUp, StreamError
from warehouse import Warehouse, WarehouseError, WarehouseUnavailable
from warehouse.client import named
from xapi import days as calendar

log = logging.getLogger(__name__)

COMPUTED = Counter("headwater_rollup_days", "Days recomputed")
TIME = Gauge("headwater_rollup_seconds", "How long the last recomputation took")

#: Marks and days taken at a time, newest first.
MARKS = 20_000
DAYS_AT_ONCE = 200
#: A day of so many events keeps its hours. To read fewer again costs less than to keep them.
LARGE = 200_000
#: From one recomputation to the next pass so many times what it took, so that an hour of millions
#: leaves time for its facts.
SHARE = 8
#: How often marks that are done are dropped, in seconds.
FORGET = 60.0
#: What an error of the worker's begins with that goes with the next roll-up.
ROLL_UP = "roll-up: "
DAYS = "activity_day_rows"
HOURS = "activity_hour_rows"
LEADER = TopicPartition(EVENTS.name, 0)


def forget_stagings(warehouse: Warehouse, own: str) -> None:
    """Drops the staging tables of workers that are gone."""
    for (name,) in warehouse.rows("marts/stagings"):
        if name not in (own, _hourly(own)):
            warehouse.execute(named("marts/staging_forget", staging=name))


def forget_marks(warehouse: Warehouse) -> None:
    """Drops marks that were done a while ago, so that looking for the others stays cheap."""
    for (span,) in warehouse.rows("marts/marks_old"):
        warehouse.command("marts/marks_forget", span=span)


def recompute(warehouse: Warehouse, staging: str, large: int = LARGE) -> int:
    """Recomputes the days of all pending marks; returns how many days were swapped in.

    Days that had `large` events or more when they were last computed are computed by the hour.

    Raises what the first day raised that could not be computed, when all the others are done.
    """
    marks = warehouse.rows("marts/marks_pending", most=MARKS)
    if not marks:
        return 0
    days = warehouse.rows("marts/days", hours=sorted({_hour(hour) for _, hour, _ in marks}))
    failed: dict[str, Exception] = {}
    small: list[str] = []
    for day, marked, hourly, events in days:
        if events >= large:
            with _failing(failed, day):
                _by_hour(warehouse, staging, day, marked if hourly else _hours_around(day))
            continue
        if hourly:
            warehouse.execute(named("marts/drop", table=HOURS), {"day": day})
        small.append(day)
    for at in range(0, len(small), DAYS_AT_ONCE):
        _by_day(warehouse, staging, small[at : at + DAYS_AT_ONCE], failed)
    left = {hour for day, marked, _, _ in days if day in failed for hour in marked}
    done = [
        (_utc(hour), mark, _utc(at), 1, 1) for mark, hour, at in marks if _hour(hour) not in left
    ]
    warehouse.insert("ops.mark_rows", ("hour", "mark", "at", "version", "gone"), done)
    for error in failed.values():
        raise error
    return len(days)


@contextmanager
def _failing(failed: dict[str, Exception], day: str) -> Iterator[None]:
    """Writes down what a day raises. A warehouse that is away raises: no other day would do."""
    try:
        yield
    except WarehouseUnavailable:
        raise
    except (WarehouseError, EmptyRollUp) as error:
        failed[day] = error


def _by_day(
    warehouse: Warehouse, staging: str, days: Sequence[str], failed: dict[str, Exception]
) -> None:
    """Computes these days together; where that fails, each alone."""
    together: dict[str, Exception] = {}
    with _failing(together, ""):
        _compute(warehouse, staging, days)
    if together:
        for day in days:
            with _failing(failed, day):
                _compute(warehouse, staging, [day])


def _compute(warehouse: Warehouse, staging: str, days: Sequence[str]) -> None:
    with _staged(warehouse, staging, DAYS, days):
        warehouse.execute(named("marts/compute", staging=staging), {"days": days})


def _by_hour(warehouse: Warehouse, staging: str, day: str, hours: Sequence[int]) -> None:
    """Computes these hours of a day, and the day from all its hours."""
    by_hour = _hourly(staging)
    with _staged(warehouse, by_hour, HOURS, [day]):
        warehouse.execute(named("marts/hours", staging=by_hour), {"day": day, "hours": hours})
    with _staged(warehouse, staging, DAYS, [day]):
        warehouse.execute(named("marts/day", staging=staging), {"day": day})


@contextmanager
def _staged(warehouse: Warehouse, staging: str, table: str, days: Sequence[str]) -> Iterator[None]:
    """An empty staging table of the form of `table`; what it holds at the end is swapped in.

    Raises EmptyRollUp, and swaps nothing in, where it lacks a day that has facts.
    """
    warehouse.execute(named("marts/staging_create", staging=staging, table=table))
    clear = named("marts/staging_clear", staging=staging)
    warehouse.execute(clear)
    yield
    filled = {row[0] for row in warehouse.query(named("marts/filled", staging=staging))}
    _whole(warehouse, [day for day in days if day not in filled])
    replace = named("marts/replace", staging=staging, table=table)
    drop = named("marts/drop", table=table)
    for day in days:
        warehouse.execute(replace if day in filled else drop, {"day": day})
    warehouse.execute(clear)


def _whole(warehouse: Warehouse, empty: Sequence[str]) -> None:
    """Raises EmptyRollUp where one of these days has facts."""
    if not empty:
        return
    hours = sorted({hour for day in empty for hour in _hours_around(day)})
    found = sorted(row[0] for row in warehouse.rows("marts/facts", hours=hours, days=list(empty)))
    if found:
        raise EmptyRollUp(
            f"{', '.join(found[:3])}{' and more' if found[3:] else ''}: computed without a cell, "
            "though there are facts. What stood there stays; it is tried again"
        )


def _hour(moment: datetime) -> int:
    """A mark's hour in seconds since 1970; where no fact can be, the nearest where one can."""
    return calendar.moment(int(_utc(moment).timestamp()) * 1000) // 3_600_000 * 3600


def _hourly(staging: str) -> str:
    return f"{staging}_hours"


def _hours_around(day: str) -> list[int]:
    """Every hour that may lie in a day, whatever the time zone: from the day before to the next."""
    noon = datetime.fromisoformat(f"{day}T12:00:00+00:00")
    return [int((noon + timedelta(hours=n)).timestamp()) for n in range(-36, 36)]


def _utc(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def register(worker: Worker) -> None:
    """Declares the timer."""
    app = worker.app
    staging = f"activity_staging_{os.getpid()}"
    busy = asyncio.Lock()
    leading = False
    due = forget_due = 0.0

    async def roll_up() -> None:
        nonlocal leading, due, forget_due
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
                if started >= forget_due:
                    await asyncio.to_thread(forget_marks, worker.warehouse)
                    forget_due = started + FORGET
            except (WarehouseError, StreamError) as error:
                worker.last_error = f"{ROLL_UP}{error}"
                log.warning("the roll-up failed and is tried again: %s", error)
                due = started + SHARE * (time.monotonic() - started)
                return
            if worker.last_error.startswith(ROLL_UP):
                worker.last_error = ""
            took = time.monotonic() - started
            due = started + SHARE * took
            if days:
                COMPUTED.inc(days)
                TIME.set(took)

    app.timer(interval=worker.settings.rollup_interval)(roll_up)
