"""What aiokafka knows of a membership that ended, and tells nobody who does not ask.

`streams/app.py` asks what is not public: these tests fail where a release of aiokafka or faust
changes it. They run aiokafka's own coordinator, of a client that never connects.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.consumer.group_coordinator import GroupCoordinator
from aiokafka.errors import GroupAuthorizationFailedError, KafkaError, UnknownError
from faust.transport.drivers import aiokafka as driver

from bus import clients
from streams.app import Consumer


@asynccontextmanager
async def coordinator() -> AsyncIterator[GroupCoordinator]:
    consumer: Any = clients.consumer("127.0.0.1:9", group_id="group")
    assert consumer._coordinator is None  # until it is started, and `start` makes one
    subscription = consumer._subscription
    subscription.subscribe({"topic"})
    subscription.register_fetch_waiters(set())  # as the consumer's fetcher does
    found = GroupCoordinator(consumer._client, subscription, group_id="group")
    await cancelled(found._coordination_task)  # it would connect
    found._coordination_task = asyncio.get_running_loop().create_future()
    yield found


async def cancelled(task: "asyncio.Future[Any]") -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def asking(consumer: Any) -> Any:
    """Our consumer on a thread of faust's that has this consumer of aiokafka's."""
    return SimpleNamespace(_thread=SimpleNamespace(_consumer=consumer))


def test_where_faust_keeps_its_consumer() -> None:
    assert driver.AIOKafkaConsumerThread._consumer is None  # until it makes one


async def _given_up(error: KafkaError) -> None:
    async with coordinator() as found:
        consumer = SimpleNamespace(_coordinator=found)
        await Consumer._ask(asking(consumer))  # a member, as far as it knows
        await Consumer._ask(asking(None))  # not begun yet
        waiting = asyncio.ensure_future(found._push_error_to_user(error))
        await asyncio.sleep(0)
        with pytest.raises(type(error)):
            await Consumer._ask(asking(consumer))
        await waiting  # heard: aiokafka goes on


def test_what_stopped_a_membership_is_raised() -> None:
    asyncio.run(_given_up(GroupAuthorizationFailedError("group")))


async def _ended(error: KafkaError) -> None:
    async with coordinator() as found:
        found._coordination_task.set_exception(error)
        with pytest.raises(type(error)):
            await Consumer._ask(asking(SimpleNamespace(_coordinator=found)))


def test_what_ended_a_membership_is_raised() -> None:
    asyncio.run(_ended(UnknownError("unexpected")))
