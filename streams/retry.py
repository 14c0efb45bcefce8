"""Waiting for a warehouse that is away: nothing is acknowledged until it has taken what it must."""

import asyncio
import functools
import logging
import time
from collections.abc import Callable
from typing import TypeVar

from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception_type,
    wait_exponential_jitter,
)

from serving.progress import Problem, first_line
from warehouse import WarehouseUnavailable

log = logging.getLogger(__name__)
Result = TypeVar("Result")


#: A call that is tried for so many seconds is told of.
PATIENCE = 10.0
_DO = "`headwater status` shows the warehouse; it is tried until it is taken, and nothing is lost"


class _Tried:
    """A call that the warehouse has not taken yet."""

    def __init__(self) -> None:
        self.since = time.time()
        self.error = ""


_tried: list[_Tried] = []


def problem() -> Problem | None:
    """That the warehouse does not take something for a while, where that is so."""
    waiting = [one for one in _tried if one.error and time.time() - one.since > PATIENCE]
    if not waiting:
        return None
    oldest = min(waiting, key=lambda one: one.since)
    return Problem("The warehouse does not take what it must", oldest.since, _DO, oldest.error)


def _say(tried: _Tried, state: RetryCallState) -> None:
    error = state.outcome.exception() if state.outcome else None
    tried.error = first_line(error)
    if state.attempt_number in (1, 5) or state.attempt_number % 20 == 0:
        log.warning("warehouse away (try %d), waiting: %s", state.attempt_number, error)


async def until_available(call: Callable[..., Result], *arguments: object) -> Result:
    """Runs a blocking warehouse call in a thread, again and again while the warehouse is away.

    Other errors come through: they would not go away by waiting.
    """
    tried = _Tried()
    _tried.append(tried)
    try:
        async for attempt in AsyncRetrying(
            retry=retry_if_exception_type(WarehouseUnavailable),
            wait=wait_exponential_jitter(multiplier=0.1, max=3),
            before_sleep=functools.partial(_say, tried),
            reraise=True,
        ):
            with attempt:
                return await asyncio.to_thread(call, *arguments)
    finally:
        _tried.remove(tried)
    raise AssertionError("unreachable: the retry has no end")  # pragma: no cover
