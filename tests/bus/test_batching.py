"""Deliveries that come side by side share a record, and none is answered before it is durable."""

import asyncio
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from bus import records
from bus.batching import Batching
from bus.records import Record
from xapi.batch import Batch

UNDER_WAY = 2
ENOUGH_BYTES = 1000


class Gone(Exception):
    """The broker went away."""


class Broker:
    """Holds what was sent until it is told to acknowledge, in order."""

    def __init__(self) -> None:
        self.sent: list[tuple[Record, asyncio.Future[None]]] = []

    def publish(self, record: Record) -> "asyncio.Future[None]":
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.sent.append((record, done))
        return done

    def acknowledge(self, *, error: Exception | None = None) -> None:
        pending = next(done for _, done in self.sent if not done.done())
        if error:
            pending.set_exception(error)
        else:
            pending.set_result(None)

    @property
    def ids(self) -> list[list[int]]:
        return [[one.int for one in records.ids(record.headers)] for record, _ in self.sent]


def delivery(*ids: int, size: int = 2) -> Batch:
    lines = [b"{%s}" % (b" " * (size - 2)) for _ in ids]
    return Batch(lines, [UUID(int=n) for n in ids], [], f"actor {ids[0]}", True)


def gathered(publish: Callable[[Record], "asyncio.Future[None]"]) -> Batching:
    return Batching(publish, under_way=UNDER_WAY, enough=ENOUGH_BYTES)


def during(test: Callable[[Batching, Broker], Any]) -> None:
    broker = Broker()
    asyncio.run(test(gathered(broker.publish), broker))


async def turn() -> None:
    for _ in range(6):
        await asyncio.sleep(0)


async def acknowledged(broker: Broker, waiting: list["asyncio.Task[None]"]) -> None:
    """Has the broker acknowledge record after record until all who wait are answered."""
    while not all(one.done() for one in waiting):
        broker.acknowledge()
        await turn()


def test_those_of_one_turn_share_a_record_and_wait_for_it() -> None:
    async def test(batching: Batching, broker: Broker) -> None:
        waiting = [asyncio.create_task(batching.durable("hook:a", delivery(n))) for n in (1, 2, 3)]
        await turn()
        assert broker.ids == [[1, 2, 3]]
        record, _ = broker.sent[0]
        assert records.lines(record.value) == [b"{}"] * 3
        assert record.key == b"actor 1"
        assert not any(one.done() for one in waiting)
        broker.acknowledge()
        await asyncio.gather(*waiting)

    during(test)


def test_while_records_are_under_way_the_next_grows() -> None:
    async def test(batching: Batching, broker: Broker) -> None:
        waiting = []
        for n in range(1, UNDER_WAY + 4):
            waiting.append(asyncio.create_task(batching.durable("hook:a", delivery(n))))
            await turn()
        first = [[n] for n in range(1, UNDER_WAY + 1)]
        assert broker.ids == first
        broker.acknowledge()
        await turn()
        assert broker.ids == [*first, [UNDER_WAY + 1, UNDER_WAY + 2, UNDER_WAY + 3]]
        assert [one.done() for one in waiting] == [True] + [False] * (len(waiting) - 1)
        await acknowledged(broker, waiting)

    during(test)


def test_a_record_is_of_one_source_and_holds_no_id_twice() -> None:
    async def test(batching: Batching, broker: Broker) -> None:
        arrivals = [("a", 1), ("a", 1), ("b", 2), ("b", 3)]
        waiting = [
            asyncio.create_task(batching.durable(f"hook:{source}", delivery(n)))
            for source, n in arrivals
        ]
        await turn()
        await acknowledged(broker, waiting)
        assert broker.ids == [[1], [2, 3], [1]]
        sources = [records.source(record.headers) for record, _ in broker.sent]
        assert sources == ["hook:a", "hook:b", "hook:a"]

    during(test)


def test_sources_that_come_by_turns_share_records_too_and_none_waits_for_another() -> None:
    async def test(batching: Batching, broker: Broker) -> None:
        waiting = []
        for n in range(1, 3 * (UNDER_WAY + 5) + 1):
            durable = batching.durable(f"hook:{'abc'[n % 3]}", delivery(n))
            waiting.append(asyncio.create_task(durable))
            await turn()
        await acknowledged(broker, waiting)
        later = broker.sent[UNDER_WAY:]
        assert [records.source(record.headers) for record, _ in later[:3]] in (
            ["hook:a", "hook:b", "hook:c"],
            ["hook:b", "hook:c", "hook:a"],
            ["hook:c", "hook:a", "hook:b"],
        )
        assert len(later) == 3, "what came by turns while others were under way is a record each"
        assert sorted(n for some in broker.ids for n in some) == [*range(1, len(waiting) + 1)]

    during(test)


def test_many_sources_are_sent_together_and_answered_each_by_its_own_record() -> None:
    async def test(batching: Batching, broker: Broker) -> None:
        waiting = {
            n: asyncio.create_task(batching.durable(f"hook:{n}", delivery(n)))
            for n in range(1, UNDER_WAY + 4)
        }
        await turn()
        assert broker.ids == [[n] for n in waiting], "more than may be under way of one source"
        broker.acknowledge(error=Gone("1"))
        broker.acknowledge()
        await turn()
        assert [n for n, one in waiting.items() if one.done()] == [1, 2]
        with pytest.raises(Gone):
            await waiting.pop(1)
        after = [
            asyncio.create_task(batching.durable(f"hook:{n}", delivery(10 * n))) for n in (2, 3)
        ]
        await turn()
        assert broker.ids[-2:] == [[20], [30]], "a second turn is under way beside the first"
        last = asyncio.create_task(batching.durable("hook:2", delivery(200)))
        await turn()
        assert broker.ids[-1] == [30], "no more turns than may be under way"
        await acknowledged(broker, [*waiting.values(), *after, last])
        assert broker.ids[-1] == [200]

    during(test)


def test_a_record_ends_where_it_is_large_enough() -> None:
    async def test(batching: Batching, broker: Broker) -> None:
        half = ENOUGH_BYTES // 2
        waiting = [
            asyncio.create_task(batching.durable("hook:a", delivery(n, size=half)))
            for n in (1, 2, 3)
        ]
        await turn()
        assert broker.ids == [[1, 2], [3]]
        broker.acknowledge()
        broker.acknowledge()
        await asyncio.gather(*waiting)

    during(test)


def test_a_failure_is_told_to_all_who_shared_the_record_and_to_nobody_else() -> None:
    async def test(batching: Batching, broker: Broker) -> None:
        shared = [asyncio.create_task(batching.durable("hook:a", delivery(n))) for n in (1, 2)]
        await turn()
        other = asyncio.create_task(batching.durable("hook:a", delivery(3)))
        await turn()
        broker.acknowledge(error=Gone("gone"))
        for one in shared:
            with pytest.raises(Gone):
                await one
        broker.acknowledge()
        await other

    during(test)


def test_what_cannot_even_be_sent_is_told_at_once() -> None:
    def away(_: Record) -> "asyncio.Future[None]":
        raise Gone("no broker")

    async def test() -> None:
        batching = gathered(away)
        for _ in range(UNDER_WAY + 1):
            with pytest.raises(Gone):
                await batching.durable("hook:a", delivery(1))

    asyncio.run(test())


def test_who_has_gone_is_not_sent_later() -> None:
    async def test(batching: Batching, broker: Broker) -> None:
        first = []
        for n in (1, 2):
            first.append(asyncio.create_task(batching.durable("hook:a", delivery(n))))
            await turn()
        gone = asyncio.create_task(batching.durable("hook:a", delivery(3)))
        await turn()
        gone.cancel()
        await turn()
        broker.acknowledge()
        broker.acknowledge()
        await asyncio.gather(*first)
        await turn()
        assert broker.ids == [[1], [2]]

    during(test)


def test_one_that_is_large_enough_goes_at_once_by_itself() -> None:
    async def test(batching: Batching, broker: Broker) -> None:
        small = []
        for n in range(1, UNDER_WAY + 2):
            small.append(asyncio.create_task(batching.durable("hook:a", delivery(n))))
            await turn()
        large = asyncio.create_task(
            batching.durable("hook:a", delivery(9, size=ENOUGH_BYTES))
        )  # nothing waits for it, and it waits for nothing
        await turn()
        assert broker.ids == [*([n] for n in range(1, UNDER_WAY + 1)), [9]]
        assert batching.unanswered == ENOUGH_BYTES + 2 * (UNDER_WAY + 1)
        await acknowledged(broker, [*small, large])
        assert batching.unanswered == 0

    during(test)
