"""A topic of one partition, read from its beginning to where it ends now."""

import time
from collections.abc import Callable
from typing import Any

from aiokafka import TopicPartition

from bus import clients
from bus.topics import Topic
from serving.tasks import closed

#: How long a topic may take to be read to its end, in seconds.
SECONDS = 60.0


async def read_whole(
    bootstrap: clients.At, topic: Topic, client_id: str, take: Callable[[Any], None]
) -> None:
    """Gives `take` each record that the topic holds, in order.

    Raises KafkaError where Kafka does not answer, TimeoutError where it takes too long.
    """
    partition = TopicPartition(topic.name, 0)
    consumer = clients.consumer(
        bootstrap,
        client_id=client_id,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
    )
    try:
        await consumer.start()
        consumer.assign([partition])
        await consumer.seek_to_beginning(partition)
        end = (await consumer.end_offsets([partition]))[partition]
        until = time.monotonic() + SECONDS
        while await consumer.position(partition) < end:
            if time.monotonic() > until:
                raise TimeoutError(f"{topic.name} could not be read within {SECONDS:.0f} s")
            batch = await consumer.getmany(partition, timeout_ms=1000)
            for record in batch.get(partition, ()):
                take(record)
    finally:
        await closed(consumer.stop)
