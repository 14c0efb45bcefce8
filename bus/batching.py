"""Requests that come side by side share a record.

A record for each small request costs its writer, the broker and every reader more than the
statement in it. While records are under way, what comes in gathers for the next ones: alone, a
request goes at once; in a crowd, records grow with it. Each is still answered only when the record
that holds it is acknowledged, and is in it whole, so that it stays all or nothing.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, NamedTuple
from uuid import UUID

from bus import records
from bus.records import Record
from xapi.batch import Batch

#: Writes a record; done when it is durable.
Publish = Callable[[Record], Awaitable[None]]


class _Waiting(NamedTuple):
    source: str
    accepted: Batch
    size: int
    done: "asyncio.Future[None]"


class Batching:
    """What waits for its record, and the turns under way: at most `under_way` at once.

    A record is of one source, and a turn has one of each source of which anything waits: so many
    sources wait no longer than one, and the producer sends them together. A record takes no further
    request past `enough` bytes, and a request that has so many goes at once, by itself.
    """

    def __init__(self, publish: Publish, *, under_way: int, enough: int) -> None:
        self._publish = publish
        self._most = under_way
        self._enough = enough
        #: Source → what waits of it.
        self._waiting: dict[str, deque[_Waiting]] = {}
        self._under_way: set[asyncio.Future[Any]] = set()
        self._called = False
        #: Bytes that are not yet acknowledged.
        self.unanswered = 0

    async def durable(self, source: str, accepted: Batch) -> None:
        """Returns when the statements are acknowledged; raises what publishing raises."""
        size = sum(map(len, accepted.lines))
        self.unanswered += size
        try:
            if size >= self._enough:
                await self._publish(_record(source, [accepted]))
                return
            loop = asyncio.get_running_loop()
            done: asyncio.Future[None] = loop.create_future()
            waiting = self._waiting.setdefault(source, deque())
            waiting.append(_Waiting(source, accepted, size, done))
            if not self._called:
                self._called = True
                loop.call_soon(self._send)  # after what else this turn of the loop brings
            await done
        finally:
            self.unanswered -= size

    def _send(self) -> None:
        self._called = False
        while len(self._under_way) < self._most and (shares := self._next()):
            if sending := [begun for shared in shares if (begun := self._begun(shared))]:
                turn = asyncio.gather(*sending, return_exceptions=True)
                self._under_way.add(turn)
                turn.add_done_callback(self._over)

    def _begun(self, shared: list[_Waiting]) -> "asyncio.Future[None] | None":
        """Begins to write a record; None where it cannot be, which its requests are told."""
        try:
            record = _record(shared[0].source, [one.accepted for one in shared])
            sending = asyncio.ensure_future(self._publish(record))
        except Exception as error:  # whatever it is, it is those requests' answer
            _settle(shared, error)
            return None
        sending.add_done_callback(partial(_sent, shared))
        return sending

    def _over(self, turn: "asyncio.Future[Any]") -> None:
        self._under_way.discard(turn)
        self._send()

    def _next(self) -> list[list[_Waiting]]:
        """Of each source the first that wait, until there are enough: a record each."""
        waiting, self._waiting = self._waiting, {}
        shares = []
        for source, some in waiting.items():
            shared = self._taken(some)
            if some:
                self._waiting[source] = some
            if shared:
                shares.append(shared)
        return shares

    def _taken(self, waiting: deque[_Waiting]) -> list[_Waiting]:
        shared: list[_Waiting] = []
        ids: set[UUID] = set()
        size = 0
        while waiting and size < self._enough:
            one = waiting[0]
            if one.done.done():  # answered already: it waited too long, or its sender has gone
                waiting.popleft()
                continue
            # As in a batch, no id stands twice in a record: a repeated request takes the next.
            if not ids.isdisjoint(one.accepted.ids):
                break
            shared.append(waiting.popleft())
            ids.update(one.accepted.ids)
            size += one.size
        return shared


def _record(source: str, shared: Sequence[Batch]) -> Record:
    lines = [line for one in shared for line in one.lines]
    ids = [identifier for one in shared for identifier in one.ids]
    return records.encode(lines, ids, source, shared[0].actor)


def _sent(shared: list[_Waiting], sending: "asyncio.Future[None]") -> None:
    _settle(shared, asyncio.CancelledError() if sending.cancelled() else sending.exception())


def _settle(shared: list[_Waiting], error: BaseException | None) -> None:
    for one in shared:
        if one.done.done():
            continue
        if error:
            one.done.set_exception(error)
        else:
            one.done.set_result(None)
