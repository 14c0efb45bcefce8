"""The runner on aiokafka alone: records that come while its partitions are being assigned."""

import asyncio
from collections.abc import Coroutine
from types import SimpleNamespace
from typing import Any

import aiokafka
import pytest
from aiokafka import AIOKafkaProducer

from bus import clients
from bus import offsets as positions
from bus.topics import EVENTS
from streams import batches
from streams.batches import Work
from streams.plain import _Reading
from streams.processor import Message, Processor
from tests.waiting import comes

pytestmark = pytest.mark.integration

GROUP = "headwater-tests-assigned"
#: A batch is gathered for so many seconds after the last one: here until partitions are assigned.
WITHIN = 3.0


class Together:
    """Tasks that end no process when one of them fails."""

    def __init__(self) -> None:
        self.running: list[asyncio.Task[None]] = []

    def start(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        self.running.append(asyncio.create_task(work, name=name))

    async def stop(self) -> None:
        for task in self.running:
            task.cancel()
        await asyncio.gather(*self.running, return_exceptions=True)


class Assigning:
    """Lets the runner learn where its group stands only after aiokafka has brought records."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked = asyncio.Event()
        self.told = asyncio.Event()
        real = aiokafka.AIOKafkaConsumer.committed

        async def committed(consumer: Any, partition: Any) -> Any:
            if consumer._group_id == GROUP:
                self.asked.set()
                await self.told.wait()
            return await real(consumer, partition)

        monkeypatch.setattr(aiokafka.AIOKafkaConsumer, "committed", committed)


async def _send(producer: AIOKafkaProducer, first: int, last: int) -> None:
    for number in range(first, last):
        await producer.send_and_wait(EVENTS.name, str(number).encode(), partition=4)


async def _assigned_late(
    kafka: str, monkeypatch: pytest.MonkeyPatch, ended: list[str]
) -> list[str]:
    """Ten records come and are taken while the partitions are being assigned, and ten wait."""
    handled: list[str] = []

    async def handle(_: Any, messages: list[Message]) -> None:
        handled.extend((message.value or b"").decode() for message in messages)

    processor = Processor(
        name="told", topic=EVENTS, take=100, within=WITHIN, handle=handle, output="", group=GROUP
    )
    await positions.ensure(kafka, GROUP, [EVENTS])
    assigning = Assigning(monkeypatch)
    settings: Any = SimpleNamespace(kafka=kafka)
    context: Any = SimpleNamespace(settings=settings)
    work = Work(processor, context)
    reading = _Reading(GROUP, settings, [work])
    tasks = Together()
    producer = clients.producer(kafka, acks="all")
    await producer.start()
    try:
        reading.start(tasks)  # type: ignore[arg-type]
        await asyncio.wait_for(assigning.asked.wait(), 60)
        consumer: Any = reading._consumer
        await _send(producer, 0, 10)
        await comes(lambda: any(consumer._subscription.subscription.assignment.tps))
        place = next(p for p in consumer.assignment() if p.partition == 4)
        await comes(lambda: _position(consumer, place) == 10)
        await comes(lambda: work._ready > 0)  # a batch of no partition that is assigned yet
        await _send(producer, 10, 20)
        await comes(lambda: _position(consumer, place) == 20)
        assigning.told.set()
        await comes(lambda: len(handled) >= 20 or ended)
    finally:
        reading.stop()
        await tasks.stop()
        await reading.leave()
        await producer.stop()
    return handled


def _position(consumer: Any, place: Any) -> int:
    state = consumer._subscription.subscription.assignment.state_value(place)
    return int(state.position) if state.has_valid_position else -1


def test_what_comes_while_partitions_are_assigned_is_read_again(
    kafka: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended: list[str] = []
    monkeypatch.setattr(batches, "end", ended.append)
    handled = asyncio.run(_assigned_late(kafka, monkeypatch, ended))
    assert handled == [str(number) for number in range(20)]
    assert ended == []
