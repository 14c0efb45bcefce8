"""xapi.rejected → vault.rejected_rows: what was refused, and why, to be listed and replayed."""

from datetime import UTC, datetime
from typing import Any

import orjson

from bus.rejections import Kind, cause_id
from bus.topics import REJECTED, WORKER_GROUP
from streams.context import Context
from streams.processor import Message, Processor
from streams.retry import until_available

COLUMNS = ("id", "at", "source", "kind", "reason", "path", "body", "encoding", "headers")


def row_of(value: bytes, partition: int, offset: int, appended_ms: int) -> tuple[Any, ...]:
    """The row of one message; a message that is none of ours is kept as it is."""
    appended = datetime.fromtimestamp(appended_ms / 1000, UTC)
    try:
        message = orjson.loads(value)
        return (
            message.get("id") or str(cause_id(f"{partition}/{offset}")),
            appended,
            str(message.get("source", "")),
            str(message.get("kind", "")),
            str(message.get("reason", "")),
            str(message.get("path", "")),
            str(message.get("body", "")),
            str(message.get("encoding", "")),
            {str(k): str(v) for k, v in (message.get("headers") or {}).items()},
        )
    except (orjson.JSONDecodeError, AttributeError):
        return (
            str(cause_id(f"{partition}/{offset}")), appended, "", Kind.UNREADABLE,
            "not a message of xapi.rejected", f"{REJECTED.name}/{partition}/{offset}",
            value.decode("utf-8", "replace"), "", {},
        )  # fmt: skip


async def handle(context: Context, messages: list[Message]) -> None:
    """Keeps what was refused."""
    rows = [row_of(m.value, m.partition, m.offset, m.timestamp_ms) for m in messages if m.value]
    await until_available(context.warehouse.insert, "vault.rejected_rows", COLUMNS, rows)


processor = Processor(
    "rejections", REJECTED, 200, 0.1, handle, output="vault.rejected_rows", group=WORKER_GROUP
)
