"""The way of a request's statements into the log: alone, or with others that come side by side.

Small requests of one credential share a record while another is under way (`bus/batching.py`).
Once it is acknowledged, its ids can be found by everybody here, before any of them is answered.
"""

from bus import records
from bus.batching import Batching
from bus.records import Record
from lrs.access.credentials import Principal
from lrs.errors import Unavailable
from lrs.log.publisher import Publisher
from lrs.log.tail import Accepted
from xapi.batch import Batch

#: aiokafka has one request to a broker under way; what would wait for it there gathers here.
UNDER_WAY = 1
#: A request of so many bytes is a record by itself: there is nothing to spare.
ENOUGH_BYTES = 64 << 10


class BatchedLog:
    """Where accepted batches wait to be durable, up to a number of bytes."""

    def __init__(self, publisher: Publisher, accepted: Accepted, waiting_limit: int) -> None:
        self._publisher = publisher
        self._log = accepted
        self._waiting_limit = waiting_limit
        self._batching = Batching(self._publish, under_way=UNDER_WAY, enough=ENOUGH_BYTES)

    async def durable(self, batch: Batch, principal: Principal) -> None:
        """Returns when a batch is acknowledged; Unavailable where it is not, or cannot wait."""
        waiting = self._batching.unanswered
        if waiting and waiting + sum(map(len, batch.lines)) > self._waiting_limit:
            raise Unavailable("too much waits for Kafka already; nothing was stored")
        await self._batching.durable(principal.source, batch)

    async def _publish(self, record: Record) -> None:
        place = await self._publisher.publish(record)
        by = records.source(record.headers)
        self._log.accepted(by, place, record.value, records.packed_ids(record.headers))
