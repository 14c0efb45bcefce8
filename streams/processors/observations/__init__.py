"""kpi.observations → kpi.observation_rows: the business's figures, load by load.

A load counts once its closing record is there; of a cell's loads the last complete one wins.
"""

from datetime import UTC, date, datetime
from typing import Any

import orjson

from bus import loads
from bus.topics import OBSERVATIONS, WORKER_GROUP
from streams.context import Context
from streams.processor import Message, Processor
from streams.retry import until_available

#: What a message that is none of ours raises.
MALFORMED = (orjson.JSONDecodeError, KeyError, TypeError, ValueError, AttributeError)
COLUMNS = (
    "load", "sequence", "kpi", "unit", "direction", "team", "period", "grain", "value", "n",
)  # fmt: skip


def row_of(message: dict[str, Any], sequence: int) -> tuple[Any, ...]:
    """The row of `kpi.observation_rows`."""
    return (
        message["load"],
        sequence,
        message["kpi"],
        message["unit"],
        message["direction"],
        message["team"],
        date.fromisoformat(message["period"]),
        message["grain"],
        float(message["value"]),
        int(message.get("n") or 0),
    )


async def handle(context: Context, messages: list[Message]) -> None:
    """Stores figures; a closing record makes those before it count."""
    rows: list[tuple[Any, ...]] = []
    for message in messages:
        if not message.value:
            continue
        try:
            value = loads.read(message.value, "observations")
            if isinstance(value, loads.Closing):
                await _put(context, rows)
                rows = []
                await _close(context, value, message.offset)
            else:
                rows.append(row_of(value, message.offset))
        except MALFORMED as error:
            await context.reject(
                f"{OBSERVATIONS.name}/{message.partition}/{message.offset}",
                source="kpi",
                kind="kpi",
                reason=f"{type(error).__name__}: {error}",
                body=message.value,
            )
    await _put(context, rows)


async def _put(context: Context, rows: list[tuple[Any, ...]]) -> None:
    await until_available(context.warehouse.insert, "kpi.observation_rows", COLUMNS, rows)


async def _close(context: Context, closing: loads.Closing, sequence: int) -> None:
    at = datetime.fromtimestamp(context.clock(), UTC)
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
