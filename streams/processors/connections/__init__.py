"""ops.connections → ops.connection_rows: when each connection was heard of, and what was refused.

A part tells what one of its runs did on a day, whole and again and again; the warehouse keeps what
was told last, so a redelivery or a replay writes the same row.
"""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from bus import connections
from bus.connections import Standing
from bus.rejections import Kind
from bus.topics import CONNECTIONS
from streams.context import Context
from streams.processor import Message, Processor, refuse
from streams.retry import until_available

TABLE = "ops.connection_rows"
COLUMNS = (
    "connection", "connector", "part", "stream", "run", "day", "began", "at", "delivered", "read",
    "every", "accepted", "refused", "failing", "platform",
)  # fmt: skip


def row_of(standing: Standing) -> tuple[Any, ...]:
    """The row of a standing. Raises ValueError where a day, a run or a time is none."""
    return (
        standing.connection,
        standing.connector,
        standing.part,
        standing.stream,
        UUID(standing.run),
        date.fromisoformat(standing.day),
        _moment(standing.began),
        _moment(standing.at),
        None if standing.delivered is None else _moment(standing.delivered),
        None if standing.read is None else _moment(standing.read),
        standing.every,
        standing.accepted,
        standing.refused,
        standing.failing,
        standing.platform,
    )


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


async def handle(context: Context, messages: list[Message]) -> None:
    """Stores what was told; what is none is rejected."""
    rows: list[tuple[Any, ...]] = []
    for message in messages:
        if not message.value:
            continue
        try:
            rows.append(row_of(connections.decode(message.value)))
        except (ValueError, OverflowError, OSError) as error:
            await refuse(
                context, message, source="stream:connections", kind=Kind.CONNECTION, error=error
            )
    if rows:
        await until_available(context.warehouse.insert, TABLE, COLUMNS, rows)


processor = Processor("connections", CONNECTIONS, 500, 0.5, handle, output="ops.connection_rows")
