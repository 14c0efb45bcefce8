"""Questions asked together: what comes while an answer is under way waits for the next round.

A round starts after everything in it was asked, so its answer is as of the asking or later.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")

#: Asks for some keys; a key that is not in the answer has None.
Ask = Callable[[list[K]], Awaitable[Mapping[K, V]]]


class Coalescing(Generic[K, V]):
    """One question at a time for however many callers."""

    def __init__(self, ask: Ask[K, V], *, most: int = 500) -> None:
        self._ask = ask
        self._most = most
        self._waiting: dict[K, asyncio.Future[V | None]] = {}
        self._running: asyncio.Task[None] | None = None

    async def get(self, key: K) -> V | None:
        """The answer to a key; raises what the question raised."""
        future = self._waiting.get(key)
        if future is None:
            future = self._waiting[key] = asyncio.get_running_loop().create_future()
            future.add_done_callback(_seen)
        if self._running is None or self._running.done():
            self._running = asyncio.create_task(self._run())
        return await asyncio.shield(future)

    async def _run(self) -> None:
        while self._waiting:
            keys = list(self._waiting)[: self._most]
            futures = [self._waiting.pop(key) for key in keys]
            try:
                found = await self._ask(keys)
            except Exception as error:  # it belongs to those who asked
                for future in futures:
                    future.set_exception(error)
                continue
            for key, future in zip(keys, futures, strict=True):
                future.set_result(found.get(key))


def _seen(future: "asyncio.Future[V | None]") -> None:
    """An answer that nobody waits for any more is no mishap."""
    if not future.cancelled():
        future.exception()
