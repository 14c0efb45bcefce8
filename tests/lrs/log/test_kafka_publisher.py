"""The way into Kafka, against the real broker."""

import asyncio
from uuid import UUID

import pytest
from aiokafka import TopicPartition

from bus import clients
from bus.records import encode, ids, lines, source
from bus.topics import STATEMENTS, STATEMENTS_MAX_BYTES
from lrs.errors import TooLarge, Unavailable
from lrs.log.publisher import KafkaPublisher, partition

MEBIBYTE = 1 << 20


def record(*statements, number=1):
    """A record of some lines."""
    return encode(statements, [UUID(int=number)] * len(statements), "lrs:test", "mailto:a@b.c")


async def within(publisher, work):
    """Runs some work while the publisher runs."""
    running = asyncio.create_task(publisher.run())
    try:
        async with asyncio.timeout(30):
            while not await publisher.ready():  # noqa: ASYNC110 - a broker has no event
                await asyncio.sleep(0.02)
        return await work()
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def everything(bootstrap):
    """All records of the topic."""
    consumer = clients.consumer(bootstrap, fetch_max_bytes=64 * MEBIBYTE,
                                max_partition_fetch_bytes=64 * MEBIBYTE)  # fmt: skip
    await consumer.start()
    try:
        every = [TopicPartition(STATEMENTS.name, n) for n in range(STATEMENTS.partitions)]
        consumer.assign(every)
        await consumer.seek_to_beginning()
        ends = await consumer.end_offsets(every)
        found = []
        while any([await consumer.position(each) < ends[each] for each in every]):
            for some in (await consumer.getmany(timeout_ms=500)).values():
                found += some
        return found
    finally:
        await consumer.stop()


@pytest.mark.integration
def test_what_was_acknowledged_is_there_whole(kafka):
    publisher = KafkaPublisher(kafka, seconds=10)
    number = 1000
    large = b'{"x":"%b"}' % (b"x" * (STATEMENTS_MAX_BYTES - 8))

    async def work():
        await asyncio.gather(
            *(publisher.publish(record(b"{}", b"[]", number=number + n)) for n in range(50))
        )
        await publisher.publish(record(large, number=number + 50))
        with pytest.raises(TooLarge):
            await publisher.publish(record(large + b"x"))

    asyncio.run(within(publisher, work))
    found = {
        ids(each.headers)[0].int - number: each
        for each in asyncio.run(everything(kafka))
        if source(each.headers) == "lrs:test"
    }
    assert sorted(found) == list(range(51))
    assert lines(found[0].value) == [b"{}", b"[]"]
    assert found[50].value == large
    assert {each.partition for each in found.values()} == {
        partition(b"mailto:a@b.c", list(range(STATEMENTS.partitions)), [])
    }


def test_before_kafka_is_there_it_is_unavailable():
    publisher = KafkaPublisher("127.0.0.1:1", seconds=1)

    async def work():
        running = asyncio.create_task(publisher.run())
        await asyncio.sleep(0)
        with pytest.raises(Unavailable, match="nothing was stored"):
            await publisher.publish(record(b"{}"))
        assert not await publisher.ready()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    asyncio.run(work())


def test_actors_go_where_other_kafka_clients_send_them():
    from kafka.partitioner.default import murmur2

    every = list(range(STATEMENTS.partitions))
    for number in range(200):
        key = f"account:http://example.org|{number}".encode()
        assert partition(key, every, every) == (murmur2(key) & 0x7FFFFFFF) % len(every)
    assert partition(None, every, [3]) == 3
