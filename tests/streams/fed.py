"""Processors' own handlers in this process, fed from their topics: a worker's part, at once."""

import asyncio
import threading
from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from kafka import KafkaConsumer, TopicPartition

from bus import clients
from streams.context import Context
from streams.processor import Message, Processor
from streams.settings import StreamSettings

#: The key of the pseudonyms that these processors make.
KEY = "ab" * 16


def context(kafka: str, admin: str) -> Context:
    """What processors are given, on the real broker and the real warehouse."""
    told: dict[str, Any] = {"kafka": kafka, "clickhouse": admin, "pseudonym_key": KEY}
    return Context(StreamSettings(**told))


@contextmanager
def feeding(kafka: str, admin: str, processors: Collection[Processor]) -> Iterator[None]:
    """Takes in what comes from now on, until the end; raises there what a handler raised."""
    over = threading.Event()
    consumer = clients.blocking_consumer(kafka, enable_auto_commit=False)
    topics = {each.topic.name: each.topic for each in processors}.values()
    places = [TopicPartition(topic.name, n) for topic in topics for n in range(topic.partitions)]
    consumer.assign(places)
    for place, end in consumer.end_offsets(places).items():
        consumer.seek(place, end)
    with ThreadPoolExecutor() as pool:
        following = pool.submit(
            asyncio.run, _follow(consumer, context(kafka, admin), processors, over)
        )
        try:
            yield
        finally:
            over.set()
        following.result()


async def _follow(
    consumer: KafkaConsumer,
    given: Context,
    processors: Collection[Processor],
    over: threading.Event,
) -> None:
    try:
        while not over.is_set():
            for records in consumer.poll(timeout_ms=100).values():
                messages = [
                    Message(r.topic, r.partition, r.offset, r.timestamp, r.key, r.value, r.headers)
                    for r in records
                ]
                for each in processors:
                    if each.topic.name == messages[0].topic:
                        await each.handle(given, messages)
    finally:
        consumer.close()
        await given.close()
