"""What a processor is given beside its messages: the warehouse, a way to send, a way to reject."""

import time
from collections.abc import Callable
from typing import Any, TypeVar

from aiokafka import AIOKafkaProducer
from prometheus_client import Counter

from bus import clients
from bus.rejections import Kind, rejected
from bus.topics import MEBIBYTE, REJECTED, REJECTED_MAX_BYTES
from streams.pseudonyms import Pseudonyms
from streams.settings import StreamSettings
from warehouse import Warehouse

Kept = TypeVar("Kept")
#: A row of ops.beats: part, metric, value, text.
Beat = tuple[str, str, float, str]
REFUSED = Counter(
    "headwater_worker_rejected", "Messages the worker sent to xapi.rejected", ["kind"]
)


class Context:
    """What the processors of one worker share."""

    def __init__(self, settings: StreamSettings, *, clock: Callable[[], float] = time.time) -> None:
        self.settings = settings
        self.warehouse = Warehouse(settings.clickhouse.get_secret_value())
        self.pseudonyms = Pseudonyms(settings.pseudonym_key.get_secret_value())
        self.clock = clock
        #: Which person an account is of, as the directory has it.
        self.people: dict[int, int] = {}
        self.last_error = ""
        self._producer: AIOKafkaProducer | None = None
        self._kept: dict[type[Any], Any] = {}

    def kept(self, kind: type[Kept]) -> Kept:
        """What a processor remembers between two batches; gone with the worker."""
        return self._kept.setdefault(kind, kind())  # type: ignore[no-any-return]

    async def producer(self) -> AIOKafkaProducer:
        """The worker's own producer, started at first use."""
        if self._producer is None:
            producer = clients.producer(
                self.settings.kafka,
                acks="all",
                max_batch_size=256 * 1024,
                max_request_size=REJECTED_MAX_BYTES + MEBIBYTE,
                linger_ms=0,
            )
            await producer.start()
            self._producer = producer
        return self._producer

    async def reject(self, where: str, *, source: str, kind: str, reason: str, body: bytes) -> None:
        """Sends what could not be done to `xapi.rejected` and waits until it is there."""
        message = rejected(
            where, source=source, kind=Kind(kind), reason=reason, path=where, body=body
        )
        REFUSED.labels(kind).inc()
        producer = await self.producer()
        await producer.send_and_wait(REJECTED.name, value=message, key=source.encode() or None)

    async def close(self) -> None:
        """Stops the worker's own producer."""
        if self._producer is not None:
            await self._producer.stop()
