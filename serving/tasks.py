"""The tasks that a process lives by: one that ends ends the process, with a line that says so.

A task that ended is silent in asyncio until somebody looks at it, and a process that has lost one
of its tasks still answers. So each task that is to last is started here. Whatever starts processes
(the embedded supervisor, Docker, systemd) starts it again, whole.
"""

import asyncio
import contextlib
import functools
import logging
import os
import signal
import sys
import threading
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from typing import Any, NoReturn

log = logging.getLogger(__name__)

#: How long the requests under way may take to be answered before the process is ended at once.
SECONDS_TO_END = 10.0
#: The exit code of a process that could not go on: EX_SOFTWARE of sysexits.h.
ENDED = 70
#: How long a client may take to close.
SECONDS_TO_CLOSE = 10.0


class Ended(Exception):
    """Something that is to last came to its end by itself."""


_why: list[str] = []


def ended() -> bool:
    """Whether this process is ending because it could not go on."""
    return bool(_why)


def end_process(line: str) -> None:
    """Says why, and ends this process as an orderly stop does; by force where that takes long."""
    _why.append(line)
    print(line, file=sys.stderr, flush=True)
    late = threading.Timer(SECONDS_TO_END, os._exit, (ENDED,))
    late.daemon = True
    late.start()
    signal.raise_signal(signal.SIGTERM)


class Tasks:
    """The tasks that a part of the pipeline lives by.

    `end` is told why the part cannot go on, once; it is expected to end the part.
    """

    def __init__(self, part: str, end: Callable[[str], None] = end_process) -> None:
        self.part = part
        self._end = end
        self._tasks: dict[asyncio.Task[Any], str] = {}
        self._expected = False

    @property
    def names(self) -> list[str]:
        """What is under way."""
        return list(self._tasks.values())

    def start(
        self, name: str, work: Coroutine[Any, Any, Any], *, once: bool = False
    ) -> "asyncio.Task[Any]":
        """Starts a task; with `once` it may return, and must not fail."""
        task = asyncio.create_task(work, name=f"{self.part}: {name}")
        self._tasks[task] = name
        task.add_done_callback(functools.partial(self._done, once))
        return task

    def cancel(self, task: "asyncio.Task[Any]") -> None:
        """Cancels one task, whose end is expected then."""
        self._tasks.pop(task, None)
        task.cancel()

    def expect_ends(self) -> None:
        """From now on tasks may end: the part is being stopped."""
        self._expected = True

    async def stop(self) -> None:
        """Cancels every task and waits until each has ended."""
        self.expect_ends()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _done(self, once: bool, task: "asyncio.Task[Any]") -> None:
        error = None if task.cancelled() else task.exception()
        name = self._tasks.pop(task, None)
        if name is None or self._expected or (once and not task.cancelled() and error is None):
            return
        self._expected = True  # the first says why; the others end with it
        if error is not None:
            traceback.print_exception(error, file=sys.stderr)
        self._end(f"{self.part} failed: its task {name!r} {_how(task)}; it ends, to be begun anew")


@contextlib.asynccontextmanager
async def running(
    part: str, works: dict[str, Coroutine[Any, Any, Any]], end: Callable[[str], None] = end_process
) -> AsyncIterator[Tasks]:
    """Tasks that run as long as the block does."""
    tasks = Tasks(part, end)
    for name, work in works.items():
        tasks.start(name, work)
    try:
        yield tasks
    finally:
        await tasks.stop()


async def lasting(name: str, work: Awaitable[object]) -> NoReturn:
    """Awaits what is to last: it comes to an end only with an error, Ended if it gives none.

    A TaskGroup takes a task that returns, or that something within it cancelled, for well done.
    """
    with asked(name):
        await work
    raise Ended(f"{name} returned, and is to last")


@contextlib.contextmanager
def asked(name: str) -> Iterator[None]:
    """Lets a cancellation through that was asked of this task; any other one becomes Ended.

    A client that cancels a task of its own and awaits it can raise CancelledError in whoever calls.
    """
    try:
        yield
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise
        raise Ended(f"{name} was cancelled, and nobody asked for it") from error


async def closed(
    *ends: Callable[[], Coroutine[Any, Any, object]], seconds: float = SECONDS_TO_CLOSE
) -> list[BaseException]:
    """Closes clients, however they take it; returns what went wrong.

    Each end is a task of its own, so that what it raises (a cancellation within the client too) is
    not this task's, and one that hangs does not keep the others.
    """
    if not ends:
        return []
    tasks = [asyncio.create_task(end()) for end in ends]
    try:
        _, late = await asyncio.wait(tasks, timeout=seconds)
    finally:
        for task in tasks:
            task.cancel()
    if late:
        await asyncio.wait(late, timeout=1.0)
    errors = [error for task in tasks if (error := _error(task)) is not None]
    for error in errors:
        log.info("a client did not close well: %r", error)
    return errors


def _error(task: "asyncio.Task[Any]") -> BaseException | None:
    if not task.done():
        return TimeoutError("it did not close in time")
    return asyncio.CancelledError() if task.cancelled() else task.exception()


def _how(task: "asyncio.Task[Any]") -> str:
    if task.cancelled():
        return "was cancelled, and nobody asked for it"
    error = task.exception()
    if error is None:
        return "returned, and is to last"
    return f"ended with {_line(error)}"


def _line(error: BaseException) -> str:
    if isinstance(error, BaseExceptionGroup):
        return "; ".join(_line(each) for each in error.exceptions)
    first = next(iter(str(error).splitlines()), "")
    return f"{type(error).__name__}: {first[:300]}"
