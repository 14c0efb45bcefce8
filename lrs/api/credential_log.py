"""lrs.credentials → the credentials that this process accepts, from the first record on, for good.

A credential that is revoked is refused as soon as its record has come: a few milliseconds after the
broker acknowledged it. While Kafka does not answer, what was known stays as it was.
"""

import asyncio
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from lrs.api import metrics
from lrs.api.credential_records import decode
from lrs.api.credentials import Credentials
from xapi.topics import CREDENTIALS

AGAIN_SECONDS = 0.5

_PARTITION = TopicPartition(CREDENTIALS.name, 0)

log = structlog.get_logger()


class CredentialLog:
    """Follows the topic."""

    def __init__(self, bootstrap: str, credentials: Credentials) -> None:
        self._bootstrap = bootstrap
        self._credentials = credentials
        credentials.complete = False

    async def run(self) -> None:
        """Follows the topic until cancelled, however often the broker goes."""
        said = False
        while True:
            consumer = AIOKafkaConsumer(
                bootstrap_servers=self._bootstrap,
                client_id="headwater-lrs-credentials",
                enable_auto_commit=False,
                auto_offset_reset="none",
            )
            try:
                await consumer.start()
                said = False
                await self._follow(consumer)
            except (KafkaError, OSError) as error:
                if not said:
                    log.warning("the credentials cannot be read from kafka", why=repr(error)[:200])
                said = True
            finally:
                await consumer.stop()
            await asyncio.sleep(AGAIN_SECONDS)

    async def _follow(self, consumer: AIOKafkaConsumer) -> None:
        if CREDENTIALS.name not in await consumer.topics():
            self._credentials.complete = True  # nobody was ever given one
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
        while True:
            metrics.credentials_position.set(position)
            for record in await self._next(consumer):
                self._take(record.key, record.value)
            position = await consumer.position(_PARTITION)

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
