"""learning.events → learning.fact_rows, read as learning.activity: who did what, by the minute.

Facts are upserts under a deterministic key. After an insert the hours touched become dirty, for the
marts, and duplicate ids and voided statements are looked for, so that no mart counts a loser; only
then is the batch acknowledged.
"""

import asyncio
import time

from prometheus_client import Counter, Gauge

from bus import records
from bus.rejections import cause_id
from bus.topics import EVENTS, WORKER_GROUP
from serving.pacing import Pacing
from streams import deduplication, rowbinary
from streams.context import Beat, Context
from streams.processor import Message, Processor
from streams.retry import until_available
from warehouse import WarehouseError

FACTS = Counter("headwater_activity_facts", "Events written to learning.fact_rows")
LAG = Gauge("headwater_activity_lag_ms", "From a statement's append to its fact being queryable")
#: Records taken together, and how long the first waits for others, in seconds.
TAKE = 500
WITHIN = 0.25
#: Storing takes at most half of the time, with what the first record waits: on a busy machine fewer
#: and larger inserts leave more of it to others.
PACE = Pacing(least=WITHIN, most=WITHIN + 0.5, share=1)


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


class Figures:
    """What was stored since the last beat, and in all."""

    def __init__(self) -> None:
        self.lags: list[int] = []
        self.total = 0


async def handle(context: Context, messages: list[Message]) -> None:
    """Stores the events of some records as facts."""
    events = [event for m in messages for event in records.lines(m.value or b"")]
    began = time.monotonic()
    for at in range(0, len(events), context.settings.activity_batch):
        await _store(context, events[at : at + context.settings.activity_batch])
    if len(messages) < TAKE:
        await asyncio.sleep(PACE.rest(time.monotonic() - began) - WITHIN)


async def _store(context: Context, values: list[bytes]) -> None:
    warehouse = context.warehouse
    batch = time.time_ns()
    await _insert(context, batch, values)
    now = int(context.clock() * 1000)
    fresh = [now - at for at in map(appended_ms, values) if at]
    poison, *_ = await asyncio.gather(
        until_available(lambda: warehouse.rows_of_bytes("facts/poison", batch=batch)),
        until_available(lambda: warehouse.command("facts/dirty", batch=batch)),
        until_available(deduplication.tombstone, warehouse, deduplication.FACTS, [batch]),
    )
    for (value,) in poison:
        reason = "not an event: id, time or position is missing or unreadable"
        await _refuse(context, value, reason)
    figures = context.kept(Figures)
    figures.lags.extend(fresh)
    figures.total += len(values)
    FACTS.inc(len(values))
    LAG.set(percentile(fresh, 0.95))


async def _insert(context: Context, batch: int, values: list[bytes]) -> None:
    """Inserts events; those that the warehouse takes in no company are rejected, one by one."""
    block = rowbinary.events(batch, values)
    table, columns = "learning.events_in", rowbinary.EVENT_COLUMNS
    try:
        await until_available(context.warehouse.insert_bytes, table, columns, block, "RowBinary")
    except WarehouseError as error:
        context.last_error = str(error)
        if len(values) == 1:
            await _refuse(context, values[0], str(error))
            return
        middle = len(values) // 2
        await _insert(context, batch, values[:middle])
        await _insert(context, batch, values[middle:])


async def _refuse(context: Context, value: bytes, reason: str) -> None:
    where = f"{EVENTS.name}/{cause_id(value.decode('utf-8', 'replace'))}"
    await context.reject(where, source="stream:activity", kind="event", reason=reason, body=value)


def beats(context: Context) -> list[Beat]:
    """How fresh facts are; in a silent second the lag that was measured last stands."""
    figures = context.kept(Figures)
    taken, figures.lags = figures.lags, []
    lags: list[Beat] = [
        ("activity", f"lag_ms_p{share}", percentile(taken, share / 100), "")
        for share in (50, 95, 99)
        if taken
    ]
    return [
        *lags,
        ("activity", "facts", float(figures.total), ""),
        ("activity", "events_last_second", float(len(taken)), ""),
    ]


processor = Processor(
    "facts",
    EVENTS,
    TAKE,
    WITHIN,
    handle,
    output="learning.fact_rows",
    group=WORKER_GROUP,
    beats=beats,
)
