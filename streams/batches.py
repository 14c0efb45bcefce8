"""faust, as far as it is ours: it joins the group, reads, and calls; what is committed we decide.

faust acknowledges a batch however it ends: done, failed, cancelled by a stop. It also acknowledges
what it skips after a rebalance, and takes a hole in the offsets for something that was done. So its
acknowledgements count for nothing here: `Processing` hands records to a handler, writes down what
the handler came back from (`streams.done`), and that alone is committed. However a batch ends
otherwise, its records are read again, by this worker or by another.
"""

import asyncio
import contextlib
import logging
import os
import sys
from collections.abc import Awaitable, Callable
from typing import Any, cast

import faust
from aiokafka import TopicPartition
from faust.transport.drivers import aiokafka as driver

from bus import clients
from bus import offsets as positions
from bus.topics import Topic
from streams.done import Done, Missing, Place
from streams.errors import LostRecords

log = logging.getLogger(__name__)

#: A record as faust hands it over: topic, partition, offset, timestamp (seconds), key, value and
#: headers.
Message = Any
Handle = Callable[[list[Message]], Awaitable[None]]
#: What a process ends with that cannot go on; the supervisor starts it anew.
FAILED = 70
#: How long the broker may take to say what stands at an offset, in seconds.
LOOK_SECONDS = 30.0


class Consumer(driver.Consumer):
    """faust's consumer, which commits what is done and heeds no acknowledgement."""

    async def force_commit(self, topics: Any = None, start_new_transaction: bool = True) -> bool:
        """Commits what is done. A commit that came too late for its group is not tried again."""
        done = self._done
        assigned = {Place(*place) for place in self.assignment()}
        offsets: dict[Any, int] = {p: at for p, at in done.due().items() if p in assigned}
        if not offsets or not await self._commit_offsets(offsets):
            return False
        done.committed(offsets)
        return True

    async def perform_seek(self) -> None:
        """Reading starts where the group left off; what is done counts from there."""
        await super().perform_seek()
        self._done.start(
            {Place(*place): at for place, at in self._read_offset.items() if at is not None}
        )

    async def on_partitions_revoked(self, revoked: set[Any]) -> None:
        """Whoever gets the partitions starts at what is committed: nothing is owed here."""
        self._done.forget()
        await super().on_partitions_revoked(revoked)

    async def on_partitions_assigned(self, assigned: set[Any], generation_id: int = 0) -> None:
        """What was done in an earlier generation does not count in this one."""
        self._done.forget()
        await super().on_partitions_assigned(assigned, generation_id)

    @property
    def _done(self) -> Done:
        return cast(App, self.app).done

    def verify_event_path(self, now: float, tp: Any) -> None:
        """faust would judge by its own acknowledgements; how far we are is in ops.beats."""


class Transport(driver.Transport):
    """faust's transport with our consumer."""

    Consumer = Consumer


class App(faust.App):
    """faust's app with our consumer, and with something to close at its end."""

    def __init__(
        self, group: str, bootstrap: str, closing: Callable[[], Awaitable[None]], **options: Any
    ) -> None:
        self.done = Done()
        self.bootstrap = bootstrap
        self._closing = closing
        super().__init__(
            group,
            broker=f"kafka://{bootstrap}",
            broker_credentials=clients.faust_credentials(bootstrap),
            **options,
        )

    def _new_transport(self) -> Transport:
        return Transport(self.conf.broker_consumer, self)

    async def on_shutdown(self) -> None:
        """Everything has stopped."""
        await super().on_shutdown()
        await self._closing()


def end(reason: str) -> None:
    """Ends the process at once, with nothing more committed."""
    log.exception("%s; the worker ends rather than acknowledge what is not done", reason)
    logging.shutdown()
    sys.stderr.flush()
    os._exit(FAILED)


class Processing:
    """One processor at work: records of a topic, in batches, to a handler."""

    def __init__(
        self, app: App, name: str, topic: Topic, handle: Handle, *, most: int, within: float
    ) -> None:
        self.app = app
        self.name = name
        self.topic = topic
        self.handle = handle
        self.most = most
        self.within = within
        self._ready = 0.0
        source = app.topic(topic.name, value_serializer="raw", key_serializer="raw")

        async def agent(stream: Any) -> None:
            await self._run(stream.channel.queue)

        app.agent(source, name=name)(agent)

    async def _run(self, queue: Any) -> None:
        """Works until the worker stops; anything else that ends it ends the process."""
        try:
            while True:
                await self._batch(await self._gather(queue))
        except BaseException as error:
            if not self.app.should_stop:
                end(f"the processor {self.name} failed")
            if isinstance(error, asyncio.CancelledError):
                raise
            log.info("%s: its last batch is left to be read again: %r", self.name, error)

    async def _gather(self, queue: Any) -> list[Message]:
        """The records that come until the batch is full or due, `within` after the last one."""
        loop = asyncio.get_running_loop()
        messages = [(await queue.get()).message]
        due = self._ready + self.within
        while len(messages) < self.most:
            if not queue.empty():
                messages.append(queue.get_nowait().message)
            elif due <= loop.time():
                break
            else:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout_at(due):
                        messages.append((await queue.get()).message)
        return messages

    async def _batch(self, messages: list[Message]) -> None:
        """Handles records and writes them down as done, where they are still ours by then."""
        done: Done = self.app.done
        generation = self.app.consumer_generation_id
        ours = [m for m in messages if m.generation_id == generation and done.holds(_place(m))]
        if ours:
            places = [(_place(message), message.offset) for message in ours]
            await self._whole(places)
            await self.handle(ours)
            if self.app.consumer_generation_id == generation:
                done.add(places)
        self._ready = asyncio.get_running_loop().time()

    async def _whole(self, places: list[tuple[Place, int]]) -> None:
        """Raises LostRecords where a record that stands in the log did not come."""
        if not positions.topics_keep_all([self.topic], self.topic.name):
            return  # compaction leaves holes
        for missing in self.app.done.missing(places):
            first = await first_offset(self.app.bootstrap, missing)
            if first < missing.before:
                raise LostRecords(
                    f"{missing.place.topic}/{missing.place.partition}: record {first} stands in "
                    f"the log and did not come before {missing.before}. The worker starts anew "
                    "where it left off"
                )


def _place(message: Message) -> Place:
    return Place(message.topic, message.partition)


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
