"""Deliveries that come side by side share a record.

A tool sends one event a delivery, and a record for each costs the client, the broker and every
reader more than the statement in it. While a record is under way, what comes in gathers for the
next one: alone, a delivery goes at once; in a crowd, records grow with it. Each delivery is still
answered only when the record that holds it is acknowledged.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from typing import NamedTuple
from uuid import UUID

from producers.intake import Message
from xapi import records
from xapi.batch import Batch
from xapi.topics import MEBIBYTE, STATEMENTS

#: How many records may be under way at once.
UNDER_WAY = 2
#: A record takes no further delivery once it holds so many bytes.
ENOUGH_BYTES = MEBIBYTE

Publish = Callable[[Message], "Future[None]"]


class _Waiting(NamedTuple):
    source: str
    accepted: Batch
    done: "asyncio.Future[None]"


class Gathering:
    """What waits for its record, and the records under way."""

    def __init__(self, publish: Publish) -> None:
        self._publish = publish
        self._waiting: deque[_Waiting] = deque()
        self._under_way: set[asyncio.Future[None]] = set()
        self._called = False

    async def durable(self, source: str, accepted: Batch) -> None:
        """Returns when the statements are acknowledged; raises what the publisher raises."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()
        self._waiting.append(_Waiting(source, accepted, done))
        if not self._called:
            self._called = True
            loop.call_soon(self._send)  # after what else this turn of the loop brings
        await done

    def _send(self) -> None:
        self._called = False
        while len(self._under_way) < UNDER_WAY and (shared := self._next()):
            try:
                sending = asyncio.wrap_future(self._publish(_message(shared)))
            except Exception as error:  # whatever it is, it is those deliveries' answer
                _settle(shared, error)
                continue
            self._under_way.add(sending)
            sending.add_done_callback(partial(self._sent, shared))

    def _sent(self, shared: list[_Waiting], sending: "asyncio.Future[None]") -> None:
        self._under_way.discard(sending)
        error = asyncio.CancelledError() if sending.cancelled() else sending.exception()
        _settle(shared, error)
        self._send()

    def _next(self) -> list[_Waiting]:
        """The first that wait, of one source, until there are enough; none where nothing waits."""
        shared: list[_Waiting] = []
        ids: set[UUID] = set()
        size = 0
        while self._waiting and size < ENOUGH_BYTES:
            one = self._waiting[0]
            if one.done.done():  # answered already: it waited too long, or its sender has gone
                self._waiting.popleft()
                continue
            # As in a batch, no id stands twice in a record: a repeated delivery takes the next.
            if shared and (one.source != shared[0].source or not ids.isdisjoint(one.accepted.ids)):
                break
            shared.append(self._waiting.popleft())
            ids.update(one.accepted.ids)
            size += sum(map(len, one.accepted.lines))
        return shared


def _message(shared: list[_Waiting]) -> Message:
    lines = [line for one in shared for line in one.accepted.lines]
    ids = [identifier for one in shared for identifier in one.accepted.ids]
    record = records.encode(lines, ids, shared[0].source, shared[0].accepted.actor)
    return Message(STATEMENTS.name, record.key, record.value, list(record.headers))


def _settle(shared: list[_Waiting], error: BaseException | None) -> None:
    for one in shared:
        if one.done.done():
            continue
        if error:
            one.done.set_exception(error)
        else:
            one.done.set_result(None)
