"""Tries of one thing that grow apart, until it is done or patience ends."""

from collections.abc import Callable
from typing import Any

import tenacity


def tries(
    later: type[Exception],
    *,
    patience: float,
    longest: float,
    sleep: Callable[[float], Any],
    told: Callable[[tenacity.RetryCallState], None] | None = None,
) -> tenacity.AsyncRetrying:
    """Calls a function until it raises something else than `later`, or nothing.

    Between tries it rests for the exception's `seconds`; where these are 0, at random, up to twice
    as long each time and `longest` seconds at most. When the rests would take more than `patience`
    seconds in all, what was raised last is raised. `told` is called before each rest.
    """
    growing = tenacity.wait_random_exponential(multiplier=0.5, max=longest)
    waited = 0.0

    async def rest(seconds: float) -> None:
        nonlocal waited
        waited += seconds
        await sleep(seconds)

    def pause(state: tenacity.RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        asked: float = getattr(error, "seconds", 0.0)
        return asked or float(growing(state))

    def over(state: tenacity.RetryCallState) -> bool:
        return waited + (state.upcoming_sleep or 0.0) > patience

    return tenacity.AsyncRetrying(
        sleep=rest,
        retry=tenacity.retry_if_exception_type(later),
        wait=pause,
        stop=over,
        before_sleep=told,
        reraise=True,
    )
