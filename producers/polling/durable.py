"""What a page of a tool's holds is written to Kafka, as what a delivery brings is."""

import asyncio
from typing import NamedTuple

from bus import records, signals
from bus.publisher import Publisher
from bus.topics import REJECTED, STATEMENTS
from producers.connector import Disposition, Page
from producers.intake import Intake, Taken


class Written(NamedTuple):
    """What became of each event of a page, and how many statements it made."""

    every: list[Taken]
    statements: int


async def durable(sink: Publisher, intake: Intake, page: Page) -> Written:
    """Returns when all that a page holds is in Kafka."""
    accepted, every = intake.polled(page.events)
    sending = []
    if accepted:
        record = records.encode(accepted.lines, accepted.ids, intake.record_source, accepted.actor)
        sending.append(sink.publish(STATEMENTS.name, record.key, record.value, record.headers))
    for taken, found in zip(every, page.events, strict=True):
        sending += [sink.publish(*signals.message(each)) for each in taken.signals]
        if taken.disposition in (Disposition.UNSUPPORTED, Disposition.REJECTED):
            sending.append(sink.publish(REJECTED.name, None, intake.kept(taken, found)))
    await asyncio.gather(*map(asyncio.wrap_future, sending))
    return Written(every, len(accepted.lines) if accepted else 0)
