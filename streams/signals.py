"""work.signals → work.signal_rows: what happened to work items, with pseudonyms for who did it.

A signal's id and item follow from the tool's own event, so a redelivery or a replay writes the same
row again, and the warehouse keeps one.
"""

from datetime import UTC, datetime
from typing import Any

from bus import signals
from bus.rejections import Kind
from bus.topics import SIGNALS
from streams.app import Worker
from streams.batches import Message
from streams.pseudonyms import Pseudonyms
from streams.retry import until_available
from xapi import days
from xapi.signals import Signal

TABLE = "work.signal_rows"
COLUMNS = (
    "item", "id", "kind", "happened", "time", "account", "host", "place", "link", "detail",
    "revision", "sequence",
)  # fmt: skip


def row_of(signal: Signal, sequence: int, pseudonyms: Pseudonyms) -> tuple[Any, ...]:
    """The row of a signal. Raises ValueError where its time is none."""
    written = datetime.fromisoformat(signal.at)
    at = written if written.tzinfo else written.replace(tzinfo=UTC)
    milliseconds = days.moment(int(at.timestamp() * 1000))
    return (
        signal.item,
        signal.id,
        signal.kind.value,
        signal.happened.value,
        datetime.fromtimestamp(milliseconds / 1000, UTC),
        pseudonyms.account(signal.actor),
        signal.host,
        signal.place,
        signal.link,
        signal.detail,
        signal.revision,
        sequence,
    )


def register(worker: Worker) -> None:
    """Declares the processor."""
    warehouse, known = worker.warehouse, set[int]()

    async def take(messages: list[Message]) -> None:
        rows: list[tuple[Any, ...]] = []
        accounts: dict[int, str] = {}
        for message in messages:
            if not message.value:
                continue
            try:
                signal = signals.decode(message.value)
                rows.append(row_of(signal, message.offset, worker.pseudonyms))
            except (ValueError, OverflowError) as error:
                await worker.reject(
                    f"{SIGNALS.name}/{message.partition}/{message.offset}",
                    source="stream:signals",
                    kind=Kind.SIGNAL,
                    reason=f"{type(error).__name__}: {error}",
                    body=message.value,
                )
                continue
            if signal.actor:
                accounts[worker.pseudonyms.account(signal.actor)] = signal.actor
        new = [(account, name) for account, name in accounts.items() if account not in known]
        if new:
            columns = ("account", "identifier")
            await until_available(warehouse.insert, "vault.account_rows", columns, new)
            known.update(account for account, _ in new)
        if rows:
            await until_available(warehouse.insert, TABLE, COLUMNS, rows)

    worker.process("signals", SIGNALS, take, most=2000, within=0.1)
