"""What Kafka's topics hold."""

from typing import Any

from kafka import TopicPartition

from bus import clients
from bus.topics import Topic


def held(kafka: str, topic: Topic) -> list[Any]:
    """Every record that a topic holds now, the oldest first: what a test counted before stands
    before what comes later, in whichever order the partitions answer."""
    consumer = clients.blocking_consumer(kafka, enable_auto_commit=False)
    try:
        partitions = [TopicPartition(topic.name, n) for n in range(topic.partitions)]
        consumer.assign(partitions)
        consumer.seek_to_beginning(*partitions)
        ends = consumer.end_offsets(partitions)
        found: list[Any] = []
        while any(consumer.position(one) < ends[one] for one in partitions):
            for some in consumer.poll(1000).values():
                found += some
        return sorted(found, key=lambda each: (each.timestamp, each.partition, each.offset))
    finally:
        consumer.close()
