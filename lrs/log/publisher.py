"""The way into Kafka: a record is accepted when the broker has acknowledged it, and not before.

A request is in one record, so aiokafka carries far fewer messages than statements. It is not asked
for idempotence: a record that a retry wrote twice holds the same ids, and the first wins, whereas
an idempotent aiokafka producer whose batch expired could not go on.
"""

import asyncio
import random
import time
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple, Protocol

import structlog
from aiokafka.errors import KafkaError, MessageSizeTooLargeError
from aiokafka.partitioner import murmur2

from bus import clients
from bus.records import Position, Record
from bus.topics import REJECTED, STATEMENTS, STATEMENTS_MAX_BYTES
from lrs.errors import TooLarge, Unavailable
from serving.tasks import Ended, asked, closed

MEBIBYTE = 1 << 20

log = structlog.get_logger()


class Place(NamedTuple):
    """Where the broker put a record, and when; `sent_ms` is our own clock's time before that."""

    partition: int
    offset: int
    appended_ms: int
    sent_ms: int = 0

    @property
    def first(self) -> int:
        """The position of its first line, as a number; the others count up."""
        return Position(self.appended_ms, self.partition, self.offset, 0).as_uint128()


#: A record's key and value.
Keyed = tuple[bytes, bytes]


class Publisher(Protocol):
    """Where accepted batches go."""

    async def run(self) -> None:
        """Connects, and stays connected until cancelled."""

    async def publish(self, record: Record) -> Place:
        """Writes a record and returns, once it is durable, where it stands.

        Raises Unavailable where it could not be, and TooLarge where it never will.
        """

    async def reject(self, messages: Sequence[bytes]) -> None:
        """Writes messages to `xapi.rejected` and returns once they are durable; else as above."""

    async def load(self, topic: str, entries: Sequence[Keyed], closing: Keyed) -> None:
        """Writes a load, its closing record when all others are durable; else as above."""

    async def ready(self) -> bool:
        """Whether a record could be written now."""


#: Kafka's own hash of a key, which aiokafka computes in Python: actors recur.
_hash = lru_cache(maxsize=65_536)(murmur2)


def partition(key: bytes | None, every: Sequence[int], available: Sequence[int]) -> int:
    """The partition of a key as Kafka's clients choose it; any that is available without a key."""
    if key is None:
        return random.choice(available or every)  # noqa: S311 - spreads load
    return every[(int(_hash(key)) & 0x7FFFFFFF) % len(every)]


class KafkaPublisher:
    """A publisher on Kafka's topic of statements."""

    def __init__(self, bootstrap: str, *, seconds: float) -> None:
        self.bootstrap = bootstrap
        self._seconds = seconds
        self._producer: Any = None

    async def run(self) -> None:
        """Connects, however long the broker takes to come, and closes when cancelled.

        Raises Ended where the producer cannot go on.
        """
        producer = clients.producer(
            self.bootstrap,
            client_id="headwater-lrs",
            acks="all",
            partitioner=partition,
            linger_ms=0,
            max_batch_size=256 << 10,
            max_request_size=STATEMENTS_MAX_BYTES + MEBIBYTE,
            request_timeout_ms=int(self._seconds * 1000),
            retry_backoff_ms=50,
            metadata_max_age_ms=30_000,
        )
        try:
            await self._connect(producer)
            self._producer = producer
            sender = producer._sender.sender_task
            await asyncio.wait({sender})
            why = "cancelled" if sender.cancelled() else repr(sender.exception())
            raise Ended(f"the producer's own task ended, and takes nothing any more: {why}")
        finally:
            self._producer = None
            await closed(producer.stop)

    async def _connect(self, producer: Any) -> None:
        waiting = False
        while True:
            try:
                with asked("connecting to kafka"):
                    await producer.start()
            except (KafkaError, OSError, Ended) as error:
                if not waiting:
                    log.warning(
                        "kafka does not answer yet", bootstrap=self.bootstrap, why=str(error)
                    )
                waiting = True
                await asyncio.sleep(0.25)
            else:
                log.info("connected to kafka", bootstrap=self.bootstrap)
                return

    async def publish(self, record: Record) -> Place:
        """Writes a record and returns once the broker has acknowledged it."""
        size = len(record.value)
        if size > STATEMENTS_MAX_BYTES:
            raise TooLarge(
                f"the batch is {size} bytes with what the LRS adds, more than the "
                f"{STATEMENTS_MAX_BYTES} a record may have; send smaller batches"
            )
        if self._producer is None:
            raise Unavailable("Kafka does not answer; nothing was stored")
        try:
            sent_ms = int(time.time() * 1000)
            # aiokafka gives up by itself; should it not, nobody waits behind this record for good.
            with asked("a record's acknowledgement"):
                async with asyncio.timeout(self._seconds + 1):
                    acknowledged = await self._producer.send(
                        STATEMENTS.name, record.value, record.key or None, headers=record.headers
                    )
                    placed = await acknowledged
            return Place(placed.partition, placed.offset, placed.timestamp, sent_ms)
        except MessageSizeTooLargeError as error:
            raise TooLarge("the batch is larger than Kafka takes; send smaller batches") from error
        except (KafkaError, OSError, Ended) as error:
            log.warning("kafka did not acknowledge", why=repr(error)[:200])
            raise Unavailable(
                "Kafka did not acknowledge in time, so this is not known to be stored; send it "
                "again (with ids, a second delivery changes nothing)"
            ) from error

    async def reject(self, messages: Sequence[bytes]) -> None:
        """Writes messages to `xapi.rejected` and returns once the broker has acknowledged them."""
        if self._producer is None:
            raise Unavailable("Kafka does not answer; nothing was stored")
        try:
            async with asyncio.timeout(self._seconds + 1):
                sent = [await self._producer.send(REJECTED.name, each) for each in messages]
                await asyncio.gather(*sent)
        except MessageSizeTooLargeError as error:
            raise TooLarge("a statement is larger than Kafka takes") from error
        except (TimeoutError, KafkaError, OSError) as error:
            raise Unavailable("Kafka did not acknowledge in time; send it again") from error

    async def load(self, topic: str, entries: Sequence[Keyed], closing: Keyed) -> None:
        """Writes a load; it counts once its closing record, the last, is there."""
        if self._producer is None:
            raise Unavailable("Kafka does not answer; nothing was stored")
        try:
            async with asyncio.timeout(self._seconds + 1):
                sent = [await self._producer.send(topic, value, key) for key, value in entries]
                await asyncio.gather(*sent)
                key, value = closing
                await (await self._producer.send(topic, value, key))
        except (TimeoutError, KafkaError, OSError) as error:
            log.warning("kafka did not acknowledge", why=repr(error)[:200])
            raise Unavailable(
                "Kafka did not acknowledge in time, so this is not known to be stored; send it "
                "again (with revisions, a second delivery changes nothing)"
            ) from error

    async def ready(self) -> bool:
        """Whether the broker answers."""
        if self._producer is None:
            return False
        try:
            return bool(
                await asyncio.wait_for(self._producer.client.force_metadata_update(), timeout=2)
            )
        except (TimeoutError, KafkaError, OSError):
            return False
