"""How far a consumer group is on its topics, asked of the broker beside whoever consumes.

A consumer that lives and consumes nothing looks like one that has nothing to do. So it is asked for
by itself: where the group stands, and where the topics end.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Collection, Iterator

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from bus import clients
from serving.progress import Places, Problem, Progress
from serving.tasks import Ended, asked, closed
from streams import retry

log = logging.getLogger(__name__)

LOOK_EVERY = 2.0
AGAIN_SECONDS = 1.0
#: A consumer that stood still for so long though Kafka and the warehouse answer does not come back.
STUCK_SECONDS = 300.0
_DO = "see the part's log; what it reads is safe in Kafka"


class Followed:
    """How a group gets on with the partitions that this process consumes."""

    def __init__(
        self, bootstrap: str, group: str, assigned: Callable[[], Collection[TopicPartition]]
    ) -> None:
        self._bootstrap = bootstrap
        self._group = group
        self._assigned = assigned
        kafka = "see whether Kafka answers (`headwater status`); it goes on by itself"
        self._looked = Progress(f"The look at what group {group} has done", do=kafka)
        self._places = Places(f"Consumer group {group}", do=_DO)
        #: Records that are not done yet.
        self.behind = 0

    @property
    def problems(self) -> Iterator[Problem | None]:
        """What does not go on."""
        yield self._looked.problem
        yield self._places.problem

    async def run(self) -> None:
        """Looks for good; Ended where the consumer will not come back by itself."""
        while True:
            consumer = clients.consumer(self._bootstrap, group_id=None, enable_auto_commit=False)
            admin = clients.admin(self._bootstrap)
            try:
                with asked("the look at Kafka"):
                    await consumer.start()
                    await admin.start()
                    await self._look(consumer, admin)
            except (KafkaError, OSError) as error:
                self._looked.failed(error)
                log.warning("group %s cannot be looked at: %r", self._group, error)
            finally:
                await closed(consumer.stop, admin.close)
            await asyncio.sleep(AGAIN_SECONDS)

    async def _look(self, consumer: AIOKafkaConsumer, admin: AIOKafkaAdminClient) -> None:
        begun = time.monotonic()
        while True:
            ours = list(self._assigned())
            ends = await consumer.end_offsets(ours) if ours else {}
            done = await admin.list_consumer_group_offsets(self._group)
            places = {p: (max(0, done[p].offset), end) for p, end in ends.items() if p in done}
            self.behind = sum(max(0, end - place) for place, end in places.values())
            self._looked.got_on()
            self._places.look(places)
            stuck = min(self._places.standing, time.monotonic() - begun)
            if stuck > STUCK_SECONDS and retry.problem() is None:
                raise Ended(f"group {self._group} has done nothing for {stuck:.0f} s")
            await asyncio.sleep(LOOK_EVERY)
