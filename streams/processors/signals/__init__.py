"""work.signals → work.signal_rows: what happened to work items, with pseudonyms for who did it.

A signal's id and item follow from the tool's own event, so a redelivery or a replay writes the same
row again, and the warehouse keeps one. What follows from signals follows soon: the derived KPIs.
"""

import asyncio
from datetime import UTC, datetime
from typing import Any

from bus import signals
from bus.rejections import Kind
from bus.topics import PEOPLE, SIGNALS, WORKER_GROUP
from streams import identifiers
from streams.context import Context
from streams.derived import Computed
from streams.processor import Message, Periodic, Processor, refuse
from streams.pseudonyms import Pseudonyms
from streams.retry import until_available
from xapi import days
from xapi.signals import Signal

TABLE = "work.signal_rows"
#: How often it is looked whether derived KPIs differ, in seconds.
DERIVE_EVERY = 2.0
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


async def handle(context: Context, messages: list[Message]) -> None:
    """Stores signals, the identifiers of who did them first; what is none is rejected."""
    rows: list[tuple[Any, ...]] = []
    accounts: dict[int, str] = {}
    for message in messages:
        if not message.value:
            continue
        try:
            signal = signals.decode(message.value)
            rows.append(row_of(signal, message.offset, context.pseudonyms))
        except (ValueError, OverflowError) as error:
            await refuse(context, message, source="stream:signals", kind=Kind.SIGNAL, error=error)
            continue
        if signal.actor:
            accounts[context.pseudonyms.account(signal.actor)] = signal.actor
    await identifiers.keep(context, accounts)
    if rows:
        await until_available(context.warehouse.insert, TABLE, COLUMNS, rows)


async def derive(context: Context) -> None:
    """Computes the derived KPIs that differ from what there is."""
    await asyncio.to_thread(context.kept(Computed).take, context.warehouse)


processor = Processor(
    "signals",
    SIGNALS,
    2000,
    0.1,
    handle,
    output="work.signal_rows, vault.account_rows, kpi.derived_rows",
    group=WORKER_GROUP,
    # No gap may keep every worker from reading the leader's topic: it is compacted.
    periodic=(Periodic("derived KPIs", DERIVE_EVERY, derive, leader=PEOPLE),),
)
