"""faust's way to Kafka, looking at what has come so many times a second, and not at each record.

Left alone, a look follows the last one at once, and each is a fetch of the broker's and a hand-over
from the consumer's thread; in a trickle most of them brought one record. What was fetched and not
yet looked at holds aiokafka's next fetch back.
"""

import time
from typing import Any

from faust.transport.drivers import aiokafka

#: Seconds between two looks. After a silence of so long, what comes is seen at once.
PACE = 0.04


class Consumer(aiokafka.Consumer):
    """A consumer that waits its time between two looks."""

    _looked = 0.0

    async def _getmany(self, *asked: Any, **named: Any) -> Any:
        early = self._looked + PACE - time.monotonic()
        if early > 0:
            await self.sleep(early)
        self._looked = time.monotonic()
        return await super()._getmany(*asked, **named)


class Transport(aiokafka.Transport):
    """Kafka, at that pace."""

    Consumer = Consumer
