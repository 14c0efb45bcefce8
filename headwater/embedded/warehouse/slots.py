"""Who runs how much at once: slots and a queue for each kind of user; none waits for others.

A slot is held until its call has ended in the engine, not until its client has left. A statement
that finds no room in its queue, or waits too long in it, is told to come back.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from headwater.embedded.warehouse.errors import Busy

Result = TypeVar("Result")


class Slots:
    """So many calls at once in threads of their own; so many more wait, for so long.

    Used from the event loop alone.
    """

    def __init__(self, name: str, at_once: int, waiting: int, seconds: float) -> None:
        self.name = name
        self._pool = ThreadPoolExecutor(at_once, name)
        self._free = at_once
        self._at_once = at_once
        self._most = waiting
        self._seconds = seconds
        self._queue: deque[asyncio.Future[None]] = deque()

    @property
    def running(self) -> int:
        """Calls that run."""
        return self._at_once - self._free

    @property
    def waiting(self) -> int:
        """Calls that wait."""
        return sum(not one.done() for one in self._queue)

    def taken(self) -> bool:
        """Takes a slot, if there is one at once."""
        if not self._free or self.waiting:
            return False
        self._free -= 1
        return True

    async def take(self) -> None:
        """Waits for a slot; raises Busy where there is none in time."""
        if self.taken():
            return
        if self.waiting >= self._most:
            raise Busy(self.name, self.running, self.waiting)
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.append(turn)
        try:
            async with asyncio.timeout(self._seconds):
                await turn
        except TimeoutError as error:
            self._leave(turn)
            raise Busy(self.name, self.running, self.waiting) from error
        except BaseException:
            self._leave(turn)
            raise

    def begin(self, call: Callable[..., Result], *given: object) -> "asyncio.Future[Result]":
        """Begins a call in the slot that was taken, which is free again when the call has ended."""
        running = asyncio.get_running_loop().run_in_executor(self._pool, call, *given)
        running.add_done_callback(lambda _: self.give())
        return running

    def give(self) -> None:
        """Gives a slot that was taken to who waits longest."""
        while self._queue:
            turn = self._queue.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1

    async def run(self, call: Callable[..., Result], *given: object) -> Result:
        """What a call gives, when it has a slot."""
        await self.take()
        return await asyncio.shield(self.begin(call, *given))

    def close(self) -> None:
        """Waits for what runs."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _leave(self, turn: "asyncio.Future[None]") -> None:
        if turn.done() and not turn.cancelled():
            self.give()  # the slot came at the same moment
        else:
            turn.cancel()
