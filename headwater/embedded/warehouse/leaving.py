"""Queries whose client has left: ended in the engine, their results read to their end by nobody.

A pipe that is closed while the engine writes to it would be a write that failed, which must mean
one thing alone: the disk (`storage.py`).
"""

import asyncio
import os
from collections.abc import Callable
from typing import Any

from headwater.embedded.warehouse.work import Job

#: A query that has not begun when it is to be ended goes on: it is told again, every so often.
AGAIN = 0.5
PIECE = 1 << 20


class Leaving:
    """The pipes that nobody reads any more; used from the event loop alone."""

    def __init__(self, end: Callable[[Job], None]) -> None:
        self._end = end
        self._pipes: set[int] = set()

    def leave(self, pipe: int, running: "asyncio.Future[Any]", job: Job) -> None:
        """Takes over the reading end of a query's pipe; at once where the query has ended."""
        if running.done():
            os.close(pipe)
            return
        running.add_done_callback(lambda done: done.cancelled() or done.exception())
        self._pipes.add(pipe)
        asyncio.get_running_loop().add_reader(pipe, self._read, pipe)
        self._tell(running, job)

    def close(self) -> None:
        """Closes every pipe, for nothing reads them once the event loop has ended."""
        while self._pipes:
            os.close(self._pipes.pop())

    def _tell(self, running: "asyncio.Future[Any]", job: Job) -> None:
        if running.done():
            return
        loop = asyncio.get_running_loop()
        loop.run_in_executor(None, self._end, job)
        loop.call_later(AGAIN, self._tell, running, job)

    def _read(self, pipe: int) -> None:
        try:
            piece = os.read(pipe, PIECE)
        except BlockingIOError:
            return
        if not piece:  # the engine and the query's thread have closed theirs
            asyncio.get_running_loop().remove_reader(pipe)
            self._pipes.discard(pipe)
            os.close(pipe)
