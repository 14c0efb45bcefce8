"""kpi.observations → kpi.observation_rows: the business's figures, load by load.

A load counts once its closing record is there; of a cell's loads the last complete one wins.
"""

from datetime import UTC, date, datetime
from typing import Any

import orjson

from bus.topics import OBSERVATIONS
from streams.app import Worker
from streams.batches import Message
from streams.retry import until_available

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


def register(worker: Worker) -> None:
    """Declares the processor."""
    warehouse = worker.warehouse

    async def put(rows: list[tuple[Any, ...]]) -> None:
        await until_available(warehouse.insert, "kpi.observation_rows", COLUMNS, rows)

    async def take(messages: list[Message]) -> None:
        rows: list[tuple[Any, ...]] = []
        for message in messages:
            if not message.value:
                continue
            try:
                value = orjson.loads(message.value)
                if value.get("closed"):
                    await put(rows)
                    rows = []
                    closing = (
                        value["load"],
                        message.offset,
                        int(value["observations"]),
                        datetime.now(UTC),
                    )  # fmt: skip
                    await until_available(
                        warehouse.insert,
                        "kpi.load_rows",
                        ("load", "sequence", "observations", "at"),
                        [closing],
                    )
                else:
                    rows.append(row_of(value, message.offset))
            except (
                orjson.JSONDecodeError,
                KeyError,
                TypeError,
                ValueError,
                AttributeError,
            ) as error:
                await worker.reject(
                    f"{OBSERVATIONS.name}/{message.partition}/{message.offset}",
                    source="kpi",
                    kind="kpi",
                    reason=f"{type(error).__name__}: {error}",
                    body=message.value,
                )
        await put(rows)

    worker.process("observations", OBSERVATIONS, take, most=2000, within=0.1)
