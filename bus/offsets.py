"""Where a consumer group starts: at the beginning once, afterwards only where it left off.

`auto.offset.reset=none` once a position exists: a gap stops the consumer and is reported.
"""

import asyncio

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import CommitFailedError, KafkaError
from aiokafka.structs import OffsetAndMetadata

from bus import clients
from bus.errors import OffsetGap
from bus.topics import Topic


async def ensure(bootstrap: str, group: str, topics: list[Topic]) -> None:
    """Gives the group a position on every partition that has none: the beginning.

    Raises OffsetGap where a position is older than what the topic still holds.
    """
    consumer = clients.consumer(bootstrap, group_id=group, enable_auto_commit=False)
    try:
        await consumer.start()
        partitions = [TopicPartition(t.name, p) for t in topics for p in range(t.partitions)]
        consumer.assign(partitions)
        first = await consumer.beginning_offsets(partitions)
        known = await asyncio.gather(*(consumer.committed(p) for p in partitions))
        missing = {}
        for partition, committed in zip(partitions, known, strict=True):
            if committed is None:
                missing[partition] = OffsetAndMetadata(first[partition], "")
            elif committed < first[partition] and topics_keep_all(topics, partition.topic):
                raise OffsetGap(
                    f"{partition.topic}/{partition.partition}: group {group} stands at offset "
                    f"{committed}, but the topic starts at {first[partition]}: "
                    f"{first[partition] - committed} records are gone. Lengthen the topic's "
                    "retention, and set the group's position by hand to go on without them"
                )
        if missing:
            await _commit(consumer, missing)
    finally:
        await consumer.stop()


def topics_keep_all(topics: list[Topic], name: str) -> bool:
    """Whether a topic's beginning moves only by retention, not by compaction."""
    return all(t.config.get("cleanup.policy") != "compact" for t in topics if t.name == name)


async def _commit(
    consumer: AIOKafkaConsumer, missing: dict[TopicPartition, OffsetAndMetadata]
) -> None:
    try:
        await consumer.commit(missing)
    except CommitFailedError:
        return  # another worker of the group is at it already, and sets the same positions
    except KafkaError as error:
        raise OffsetGap(f"the group's first positions could not be stored: {error}") from error
