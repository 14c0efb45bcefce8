"""kpi.observations → kpi.observation_rows: the business's figures, load by load.

A load counts once its closing record is there; of a cell's loads the last complete one wins, or of
its revisions the highest (the view `kpi.observations`).
"""

from datetime import date, datetime
from typing import Any

from bus import loads
from bus.topics import OBSERVATIONS, WORKER_GROUP
from streams import loading
from streams.context import Context
from streams.loading import Entry, text
from streams.processor import Message, Periodic, Processor
from streams.processors.observations import declared
from streams.retry import until_available

COLUMNS = (
    "load", "sequence", "kpi", "unit", "direction", "team", "period", "grain", "value", "n",
    "numerator", "denominator", "target", "revision",
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
        _number(message, "numerator"),
        _number(message, "denominator"),
        _number(message, "target"),
        loads.natural(message.get("revision") or 0),
    )


def _number(message: dict[str, Any], key: str) -> float | None:
    """A field that may be missing; ValueError or TypeError for another than a number."""
    found = message.get(key)
    return None if found is None else float(found)


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
    output="kpi.observation_rows, kpi.load_rows, kpi.catalogue_rows",
    group=WORKER_GROUP,
    periodic=(Periodic("catalogue", declared.EVERY, declared.follow),),
)
