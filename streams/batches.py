"""One processor at work: records in batches to its handler, and what became of them.

Nothing that a library acknowledges counts here. What a handler came back from is written down
(`streams.done`), and that alone is committed, by whichever runner reads Kafka (`streams.app`,
`streams.plain`). However a batch ends otherwise, its records are read again, by this worker or by
another. A handler that fails is given its batch again, after a growing pause: its processor stands
still and says so, and the others go on.
"""

import asyncio
import contextlib
import logging
import os
import sys
import time
from collections.abc import Collection
from typing import Any, NamedTuple, Protocol

from aiokafka import TopicPartition

from bus import clients
from bus import offsets as positions
from bus.errors import OffsetGap
from serving.progress import Problem, first_line
from streams.context import Context
from streams.done import Done, Missing, Place
from streams.errors import LostRecords
from streams.processor import Message, Processor

log = logging.getLogger(__name__)

#: What a process ends with that cannot go on; the supervisor starts it anew.
FAILED = 70
#: How long the broker may take to say what stands at an offset, in seconds.
LOOK_SECONDS = 30.0
#: Between two tries of a batch that failed, in seconds: at first, and at most.
PAUSE_LEAST = 0.5
PAUSE_MOST = 30.0
_DO = (
    "see the worker's log. The batch is tried again and nothing is lost; the other processors go on"
)


class Taken(NamedTuple):
    """A record as a runner hands it over, with the group's generation that it was read in."""

    generation: int
    message: Message


class Reading(Protocol):
    """What a runner tells of the group that it reads for."""

    done: Done

    def generation(self) -> int:
        """Changes with every rebalance: what was read in an earlier one is read again."""

    def stopping(self) -> bool:
        """Whether the worker is being stopped."""

    def assigned(self) -> Collection[TopicPartition]:
        """The partitions that are this worker's."""

    def unpack(self, item: Any) -> Taken:
        """What came out of a processor's queue."""


class Work:
    """One processor at work."""

    def __init__(self, processor: Processor, context: Context) -> None:
        self.processor = processor
        self.context = context
        #: Why it stands still, "" where it does not, and since when.
        self.error = ""
        self.since = 0.0
        #: Whether records that it had to read are gone from its topic: it reads no further.
        self.gap = False
        self._ready = 0.0

    def problem(self) -> Problem | None:
        """That the processor stands still, where it does."""
        if not self.error:
            return None
        return Problem(f"Processor {self.processor.name} stands still", self.since, _DO, self.error)

    def stands(self, error: BaseException) -> None:
        """It does not go on, for this reason."""
        self.since = self.since if self.error else time.time()
        self.error = first_line(error)

    def lost(self, error: BaseException) -> None:
        """Records that it had to read are gone: it stands still until the worker is begun anew."""
        self.gap = True
        self.stands(error)

    def gone(self, group: str, place: Place, offset: int) -> None:
        """The next records of a partition are gone from the topic, as the broker says."""
        self.lost(
            OffsetGap(
                f"{place.topic}/{place.partition}: group {group} stands at offset {offset}, which "
                "the topic does not hold any more. Lengthen the topic's retention, set the group's "
                "position by hand, and start the worker anew"
            )
        )
        log.error("%s", self.error)

    async def run(self, queue: Any, reading: Reading) -> None:
        """Works until the worker stops; anything else that ends it ends the process."""
        try:
            while True:
                await self._batch(await self._gather(queue, reading), reading)
        except BaseException as error:
            if not reading.stopping():
                end(f"the processor {self.processor.name} failed")
            if isinstance(error, asyncio.CancelledError):
                raise
            log.info("%s: its last batch is read again: %r", self.processor.name, error)

    async def _gather(self, queue: Any, reading: Reading) -> list[Taken]:
        """The records that come until the batch is full or due, `within` after the last one."""
        loop = asyncio.get_running_loop()
        taken = [reading.unpack(await queue.get())]
        due = self._ready + self.processor.within
        while len(taken) < self.processor.take:
            if not queue.empty():
                taken.append(reading.unpack(queue.get_nowait()))
            elif due <= loop.time():
                break
            else:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout_at(due):
                        taken.append(reading.unpack(await queue.get()))
        return taken

    async def _batch(self, taken: list[Taken], reading: Reading) -> None:
        """Handles records and writes them down as done, where they are still ours by then."""
        generation = reading.generation()
        done = reading.done
        ours = [
            message for read_in, message in taken
            if read_in == generation and done.holds(_place(message))
        ]  # fmt: skip
        if ours:
            places = [(_place(message), message.offset) for message in ours]
            await self._whole(places, done)
            if await self._handled(ours, generation, reading):
                done.add(places)
        self._ready = asyncio.get_running_loop().time()

    async def _handled(self, ours: list[Message], generation: int, reading: Reading) -> bool:
        """Hands a batch over until it is done; False where it is not ours any more."""
        pause = PAUSE_LEAST
        while reading.generation() == generation:
            try:
                await self.processor.handle(self.context, ours)
            except Exception as error:
                self.stands(error)
                log.exception("the processor %s failed; tried again", self.processor.name)
                await asyncio.sleep(pause)
                pause = min(PAUSE_MOST, 2 * pause)
            else:
                self._goes_on()
                return reading.generation() == generation
        self._goes_on()
        return False

    def _goes_on(self) -> None:
        if not self.gap:
            self.error = ""

    async def _whole(self, places: list[tuple[Place, int]], done: Done) -> None:
        """Raises LostRecords where a record that stands in the log did not come."""
        topic = self.processor.topic
        if not positions.topics_keep_all([topic], topic.name):
            return  # compaction leaves holes
        for missing in done.missing(places):
            first = await first_offset(self.context.settings.kafka, missing)
            if first < missing.before:
                raise LostRecords(
                    f"{missing.place.topic}/{missing.place.partition}: record {first} stands in "
                    f"the log and did not come before {missing.before}. The worker starts anew "
                    "where it left off"
                )


def _place(message: Message) -> Place:
    return Place(message.topic, message.partition)


def end(reason: str) -> None:
    """Ends the process at once, with nothing more committed."""
    log.exception("%s; the worker ends rather than acknowledge what is not done", reason)
    logging.shutdown()
    sys.stderr.flush()
    os._exit(FAILED)


async def first_offset(bootstrap: str, missing: Missing) -> int:
    """The first offset from `missing.first` on at which a record stands."""
    consumer = clients.consumer(bootstrap, enable_auto_commit=False)
    await consumer.start()
    try:
        partition = TopicPartition(missing.place.topic, missing.place.partition)
        consumer.assign([partition])
        consumer.seek(partition, missing.first)
        record = await asyncio.wait_for(consumer.getone(partition), LOOK_SECONDS)
        return int(record.offset)
    finally:
        await consumer.stop()
