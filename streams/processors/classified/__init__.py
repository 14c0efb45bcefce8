"""xapi.statements → learning.events: who (as a pseudonym), what they did, what it means.

Each statement becomes one event (`streams.events`); events of a partition share records, a line
each (`streams.packing`). Which identifier a pseudonym stands for is kept in the vault first.
"""

from prometheus_client import Counter

from bus import records
from bus.records import Position
from bus.topics import STATEMENTS, WORKER_GROUP
from streams.context import Context
from streams.events import events_of
from streams.packing import Packing
from streams.processor import Message, Processor
from streams.retry import until_available
from xapi.event import encoded

CLASSIFIED = Counter("headwater_classified_events", "Events written to learning.events")
Refused = list[tuple[Position, str, bytes, str]]


class Known(set[int]):
    """Accounts whose identifiers are in the vault."""


async def handle(context: Context, messages: list[Message]) -> None:
    """Sends an event for each statement; what no event can be made of is rejected."""
    values = [
        (
            Position(m.timestamp_ms, m.partition, m.offset, 0),
            records.source(m.headers),
            m.value or b"",
        )
        for m in messages
    ]
    seen: dict[str, int] = {}
    refused: Refused = []
    packing = Packing(await context.producer())
    count = 0
    for event in events_of(values, context.pseudonyms, seen, refused):
        account = event.account
        await packing.add(context.people.get(account, account), encoded(event))
        count += 1
    await _keep(context, seen)
    await packing.finish()
    await _reject(context, refused)
    CLASSIFIED.inc(count)


async def _keep(context: Context, seen: dict[str, int]) -> None:
    known = context.kept(Known)
    new = [(account, identifier) for identifier, account in seen.items() if account not in known]
    if new:
        columns = ("account", "identifier")
        await until_available(context.warehouse.insert, "vault.account_rows", columns, new)
        known.update(account for account, _ in new)


async def _reject(context: Context, refused: Refused) -> None:
    for position, source, line, reason in refused:
        where = f"{STATEMENTS.name}/{position.partition}/{position.offset}/{position.line}"
        await context.reject(where, source=source, kind="unclassifiable", reason=reason, body=line)


processor = Processor(
    "classified", STATEMENTS, 500, 0.1, handle, output="learning.events", group=WORKER_GROUP
)
