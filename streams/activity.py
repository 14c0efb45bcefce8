"""learning.events → learning.fact_rows, read as learning.activity: who did what, by the minute.

Facts are upserts under a deterministic key. After an insert the hours touched are marked for the
roll-ups, and twins and voided statements are looked for, so that no mart counts a loser; only then
is the batch acknowledged.
"""

import asyncio
import time

from prometheus_client import Counter, Gauge

from bus import records
from bus.rejections import cause_id
from bus.topics import EVENTS
from streams import rowbinary, twins
from streams.app import Worker
from streams.batches import Message
from streams.retry import until_available
from warehouse import WarehouseError

FACTS = Counter("headwater_activity_facts", "Events written to learning.fact_rows")
LAG = Gauge("headwater_activity_lag_ms", "From a statement's append to its fact being queryable")
#: Records taken together, and how long the first waits for others, in seconds.
TAKE = 500
WITHIN = 0.25
#: Storing takes at most one in so many seconds, unless that meant to wait longer than `PAUSE`.
SHARE = 2
PAUSE = 0.5


def pause(took: float) -> float:
    """How long to let events gather before the next are taken, where storing took so long.

    On a busy machine fewer and larger inserts leave more of it to others; on an idle one it is 0.
    """
    return min(PAUSE, max(0.0, (SHARE - 1) * took - WITHIN))


def appended_ms(value: bytes) -> int:
    """When the statement of an event was appended, from its position; 0 where it has none."""
    at = value.rfind(b'"position":"')
    if at < 0:
        return 0
    digits = value[at + 12 : value.find(b'"', at + 12)]
    return int(digits) >> 80 if digits.isdigit() else 0


def percentile(values: list[int], share: float) -> float:
    """The value below which `share` of the values lie; 0 of none."""
    ordered = sorted(values)
    return float(ordered[min(len(ordered) - 1, int(len(ordered) * share))]) if ordered else 0.0


def register(worker: Worker) -> None:
    """Declares the processor and the report."""
    app = worker.app
    warehouse = worker.warehouse
    lags: list[int] = []
    total = 0

    async def insert(batch: int, values: list[bytes]) -> None:
        block = rowbinary.events(batch, values)
        try:
            await until_available(
                warehouse.insert_bytes,
                "learning.events_in",
                rowbinary.EVENT_COLUMNS,
                block,
                "RowBinary",
            )
        except WarehouseError as error:
            worker.last_error = str(error)
            if len(values) == 1:
                await refuse(values[0], str(error))
                return
            middle = len(values) // 2
            await insert(batch, values[:middle])
            await insert(batch, values[middle:])

    async def refuse(value: bytes, reason: str) -> None:
        where = f"{EVENTS.name}/{cause_id(value.decode('utf-8', 'replace'))}"
        await worker.reject(
            where, source="stream:activity", kind="event", reason=reason, body=value
        )

    async def store(values: list[bytes]) -> None:
        nonlocal total
        batch = time.time_ns()
        await insert(batch, values)
        now = int(time.time() * 1000)
        fresh = [now - at for at in map(appended_ms, values) if at]
        poison, *_ = await asyncio.gather(
            until_available(lambda: warehouse.rows_of_bytes("facts/poison", batch=batch)),
            until_available(lambda: warehouse.command("facts/dirty", batch=batch)),
            until_available(twins.bury, warehouse, twins.FACTS, [batch]),
        )
        for (value,) in poison:
            await refuse(value, "not an event: id, time or position is missing or unreadable")
        lags.extend(fresh)
        total += len(values)
        FACTS.inc(len(values))
        LAG.set(percentile(fresh, 0.95))

    async def take(messages: list[Message]) -> None:
        events = [event for m in messages for event in records.lines(m.value or b"")]
        began = time.monotonic()
        for at in range(0, len(events), worker.settings.activity_batch):
            await store(events[at : at + worker.settings.activity_batch])
        if len(messages) < TAKE:
            await asyncio.sleep(pause(time.monotonic() - began))

    worker.process("activity", EVENTS, take, most=TAKE, within=WITHIN)

    async def report() -> None:
        taken = lags[:]
        lags.clear()
        beats = [
            *(
                ("activity", f"lag_ms_p{share}", percentile(taken, share / 100), "")
                for share in (50, 95, 99)
                if taken  # in a silent second the last one measured stands
            ),
            ("activity", "facts", float(total), ""),
            ("activity", "events_last_second", float(len(taken)), ""),
            ("worker", "last_error", 1.0 if worker.last_error else 0.0, worker.last_error[:500]),
        ]
        try:
            await asyncio.to_thread(
                warehouse.insert, "ops.beat_rows", ("part", "metric", "value", "text"), beats
            )
        except WarehouseError as error:
            worker.last_error = str(error)

    app.timer(interval=1.0)(report)
