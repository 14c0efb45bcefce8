"""lrs.credentials → the credentials that this process accepts, from the first record on, for good.

A credential that is revoked is refused as soon as its record has come: a few milliseconds after the
broker acknowledged it. While Kafka does not answer, what was known stays as it was.
"""

import asyncio
import time
from collections.abc import Sequence
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from bus import clients
from bus.topics import CREDENTIALS
from lrs import metrics
from lrs.access.credential_records import decode
from lrs.access.credentials import Credentials
from serving.progress import Places, Problem, Progress
from serving.tasks import Ended, asked, closed

AGAIN_SECONDS = 0.5
#: Between two looks at where the topic ends, in seconds.
LOOK_EVERY = 5.0
#: Where it was not followed for so long though there was more, it is begun anew.
TAIL_SECONDS = 20.0
_DO = (
    "see whether Kafka answers (`headwater status`); until then what is revoked may still be taken"
)

_PARTITION = TopicPartition(CREDENTIALS.name, 0)

log = structlog.get_logger()


class CredentialLog:
    """Follows the topic."""

    def __init__(self, bootstrap: str, credentials: Credentials) -> None:
        self._bootstrap = bootstrap
        self._credentials = credentials
        credentials.complete = False
        self._looked = Progress("The LRS's look at its credentials", do=_DO)
        self._followed = Places("The LRS's reading of its credentials", do=_DO)

    @property
    def problems(self) -> Sequence[Problem]:
        """What does not go on."""
        found = (self._looked.problem, self._followed.problem)
        return [problem for problem in found if problem is not None]

    async def run(self) -> None:
        """Follows the topic until cancelled, however often the broker goes."""
        said = False
        while True:
            consumer = clients.consumer(
                self._bootstrap,
                client_id="headwater-lrs-credentials",
                enable_auto_commit=False,
                auto_offset_reset="none",
            )
            try:
                with asked("reading the credentials"):
                    await consumer.start()
                    said = False
                    await self._follow(consumer)
            except (KafkaError, OSError, Ended) as error:
                self._looked.failed(error)
                if not said:
                    log.warning("the credentials cannot be read from kafka", why=repr(error)[:200])
                said = True
            finally:
                await closed(consumer.stop)
            await asyncio.sleep(AGAIN_SECONDS)

    async def _follow(self, consumer: AIOKafkaConsumer) -> None:
        if CREDENTIALS.name not in await consumer.topics():
            self._credentials.complete = True  # nobody was ever given one
            self._looked.got_on()
            return
        consumer.assign([_PARTITION])
        begin = (await consumer.beginning_offsets([_PARTITION]))[_PARTITION]
        end = (await consumer.end_offsets([_PARTITION]))[_PARTITION]
        consumer.seek(_PARTITION, begin)
        # What was revoked long ago may still be there, so nothing counts before the end is reached.
        latest: dict[bytes, bytes | None] = {}
        position = begin
        while position < end:
            latest |= {record.key: record.value for record in await self._next(consumer)}
            position = await consumer.position(_PARTITION)
        for key, value in latest.items():
            self._take(key, value)
        self._credentials.keep({_name(key) for key, value in latest.items() if value})
        self._credentials.complete = True
        await self._tail(consumer, position)

    async def _tail(self, consumer: AIOKafkaConsumer, position: int) -> None:
        begun = look = time.monotonic()
        while True:
            metrics.credentials_position.set(position)
            for record in await self._next(consumer):
                self._take(record.key, record.value)
            position = await consumer.position(_PARTITION)
            if time.monotonic() < look:
                continue
            end = (await consumer.end_offsets([_PARTITION]))[_PARTITION]
            look = time.monotonic() + LOOK_EVERY
            self._looked.got_on()
            self._followed.look({0: (position, end)})
            if min(self._followed.standing, time.monotonic() - begun) > TAIL_SECONDS:
                raise Ended("there are new credentials, and none came")

    async def _next(self, consumer: AIOKafkaConsumer) -> list[Any]:
        found = await consumer.getmany(_PARTITION, timeout_ms=1000)
        return list(found.get(_PARTITION, ()))

    def _take(self, key: bytes | None, value: bytes | None) -> None:
        name = _name(key)
        if value is None:
            self._credentials.drop(name)
            return
        try:
            self._credentials.put(decode(value))
        except ValueError as error:
            log.warning("a credential cannot be read, and is refused", name=name, why=str(error))
            self._credentials.drop(name)


def _name(key: bytes | None) -> str:
    return (key or b"").decode("utf-8", "replace")
