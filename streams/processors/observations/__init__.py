"""kpi.observations → kpi.observation_rows: the business's figures, load by load.

A load counts once its closing record is there; of a cell's loads the last complete one wins.
"""

from datetime import date, datetime
from typing import Any

from bus import loads
from bus.topics import OBSERVATIONS, WORKER_GROUP
from streams import loading
from streams.context import Context
from streams.loading import Entry, text
from streams.processor import Message, Processor
from streams.retry import until_available

COLUMNS = (
    "load", "sequence", "kpi", "unit", "direction", "team", "period", "grain", "value", "n",
)  # fmt: skip


def row_of(message: dict[str, Any], sequence: int) -> tuple[Any, ...]:
    """The row of `kpi.observation_rows`."""
    return (
        message["load"],
        sequence,
        text(message, "kpi"),
        text(message, "unit"),
        text(message, "direction"),
        text(message, "team"),
        date.fromisoformat(message["period"]),
        text(message, "grain"),
        float(message["value"]),
        loads.natural(message.get("n") or 0),
    )


async def handle(context: Context, messages: list[Message]) -> None:
    """Stores figures; a closing record makes those before it count."""
    await loading.take(
        context, messages, counted="observations", source="kpi", row=row_of, put=_put, close=_close
    )


async def _put(context: Context, entries: list[Entry]) -> None:
    rows = [entry.row for entry in entries]
    await until_available(context.warehouse.insert, "kpi.observation_rows", COLUMNS, rows)


async def _close(context: Context, closing: loads.Closing, sequence: int, at: datetime) -> None:
    row = (closing.load, sequence, closing.count, at)
    columns = ("load", "sequence", "observations", "at")
    await until_available(context.warehouse.insert, "kpi.load_rows", columns, [row])


processor = Processor(
    "observations",
    OBSERVATIONS,
    2000,
    0.1,
    handle,
    output="kpi.observation_rows, kpi.load_rows",
    group=WORKER_GROUP,
)
