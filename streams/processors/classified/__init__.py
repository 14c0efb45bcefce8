"""xapi.statements → learning.events: who (as a pseudonym), what they did, what it means.

Each statement becomes one event (`streams.events`); events of a partition share records, a line
each (`streams.packing`). Which identifier a pseudonym stands for is kept in the vault first.
"""

import asyncio

from prometheus_client import Counter

from bus import records
from bus.records import Position
from bus.topics import STATEMENTS, WORKER_GROUP
from streams import identifiers
from streams.context import Beat, Context
from streams.events import events_of
from streams.packing import Packing
from streams.processor import Message, Periodic, Processor
from streams.retry import until_available
from streams.rules import NONE, Rules, in_force
from xapi.event import encoded

CLASSIFIED = Counter("headwater_classified_events", "Events written to learning.events")
Refused = list[tuple[Position, str, bytes, str]]


#: How often a worker asks which rules are in force, in seconds.
RULES_EVERY = 2.0


class House:
    """The rules of the house as this worker knows them; None until it has asked."""

    rules: Rules | None = None


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
    house = context.kept(House)
    if house.rules is None:
        await until_available(_ask, context)
    seen: dict[str, int] = {}
    refused: Refused = []
    packing = Packing(await context.producer())
    count = 0
    for event in events_of(values, context.pseudonyms, seen, refused, house.rules or NONE):
        account = event.account
        await packing.add(context.people.get(account, account), encoded(event))
        count += 1
    await identifiers.keep(context, {account: name for name, account in seen.items()})
    await packing.finish()
    await _reject(context, refused)
    CLASSIFIED.inc(count)


async def _reject(context: Context, refused: Refused) -> None:
    for position, source, line, reason in refused:
        where = f"{STATEMENTS.name}/{position.partition}/{position.offset}/{position.line}"
        await context.reject(where, source=source, kind="unclassifiable", reason=reason, body=line)


def _ask(context: Context) -> None:
    house = context.kept(House)
    house.rules = in_force(context.warehouse, house.rules or NONE)


async def ask(context: Context) -> None:
    """Asks which rules are in force; those that were known go on while nobody answers."""
    await asyncio.to_thread(_ask, context)


def beats(context: Context) -> list[Beat]:
    """Which rules it goes by."""
    rules = context.kept(House).rules
    return [("classified", "rules", float(rules.version), "")] if rules is not None else []


processor = Processor(
    "classified",
    STATEMENTS,
    500,
    0.1,
    handle,
    output="learning.events",
    group=WORKER_GROUP,
    beats=beats,
    periodic=(Periodic("rules", RULES_EVERY, ask),),
)
