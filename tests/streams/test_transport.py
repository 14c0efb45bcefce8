"""How often the worker looks at what has come from Kafka."""

import asyncio
from typing import Any

import pytest
from faust.transport.drivers import aiokafka

from streams import transport
from streams.transport import PACE, Consumer


class Clock:
    """The time, and what was slept of it."""

    def __init__(self) -> None:
        self.now = 100.0
        self.slept = 0.0

    def monotonic(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.slept += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(transport, "time", clock)
    return clock


def looks(clock: Clock, monkeypatch: pytest.MonkeyPatch, takes: list[float]) -> list[float]:
    """When each look was, where each takes so long."""
    seen = []

    async def getmany(_: Any, *asked: Any, **named: Any) -> dict[str, list[int]]:
        assert (asked, named) == (({1},), {"timeout": 1.0})
        seen.append(clock.now)
        clock.now += takes[len(seen) - 1]
        return {}

    monkeypatch.setattr(aiokafka.Consumer, "_getmany", getmany)
    consumer = Consumer.__new__(Consumer)
    monkeypatch.setattr(consumer, "sleep", clock.sleep)

    async def run() -> None:
        for _ in takes:
            await consumer._getmany({1}, timeout=1.0)

    asyncio.run(run())
    return seen


def test_in_a_trickle_looks_keep_their_distance(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = looks(clock, monkeypatch, [0.0, 0.001, 0.002, 0.0])
    assert seen == pytest.approx([100 + n * PACE for n in range(4)])


@pytest.mark.parametrize("took", [PACE, 1.0])
def test_after_silence_or_much_work_there_is_no_wait(
    clock: Clock, monkeypatch: pytest.MonkeyPatch, took: float
) -> None:
    looks(clock, monkeypatch, [took] * 3)
    assert clock.slept == 0
