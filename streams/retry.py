"""Waiting for a warehouse that is away: nothing is acknowledged until it has taken what it must."""

import asyncio
import logging
from collections.abc import Callable
from typing import TypeVar

from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception_type,
    wait_exponential_jitter,
)

from lrs.warehouse import WarehouseUnavailable

log = logging.getLogger(__name__)
Result = TypeVar("Result")


def _say(state: RetryCallState) -> None:
    error = state.outcome.exception() if state.outcome else None
    if state.attempt_number in (1, 5) or state.attempt_number % 20 == 0:
        log.warning("warehouse away (try %d), waiting: %s", state.attempt_number, error)


async def until_available(call: Callable[..., Result], *arguments: object) -> Result:
    """Runs a blocking warehouse call in a thread, again and again while the warehouse is away.

    Other errors come through: they would not go away by waiting.
    """
    async for attempt in AsyncRetrying(
        retry=retry_if_exception_type(WarehouseUnavailable),
        wait=wait_exponential_jitter(initial=0.1, max=3),
        before_sleep=_say,
        reraise=True,
    ):
        with attempt:
            return await asyncio.to_thread(call, *arguments)
    raise AssertionError("unreachable: the retry has no end")  # pragma: no cover
