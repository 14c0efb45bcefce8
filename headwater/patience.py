"""Requests that another server puts off: what counts as "not now", and how long to wait."""

from collections.abc import Callable
from datetime import UTC, datetime

import httpx
import tenacity

from producers.polling.limits import retry_after

LONGEST_PAUSE = 30.0

_growing = tenacity.wait_random_exponential(multiplier=0.2, max=10.0)


class NotNow(Exception):
    """One request was put off; `pause` is what the server asks to wait, in seconds."""

    def __init__(self, message: str, pause: float | None = None) -> None:
        super().__init__(message)
        self.pause = pause


def retrying(
    seconds: float | None, told: Callable[[str], None] = lambda line: None
) -> tenacity.AsyncRetrying:
    """Tries again whatever raises NotNow, for so long, or for good; `told` hears of each time."""

    def tell(state: tenacity.RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        told(f"{error}; trying again in {state.upcoming_sleep:.1f} s")

    return tenacity.AsyncRetrying(
        before_sleep=tell,
        retry=tenacity.retry_if_exception_type(NotNow),
        wait=pause,
        stop=tenacity.stop_never if seconds is None else tenacity.stop_after_delay(seconds),
        reraise=True,
    )


def pause(state: tenacity.RetryCallState) -> float:
    """Seconds until the next try: what was asked for, up to a cap, else longer each time."""
    error = state.outcome.exception() if state.outcome else None
    if isinstance(error, NotNow) and error.pause is not None:
        return min(error.pause, LONGEST_PAUSE)
    return _growing(state)


def unreached(error: httpx.TransportError, url: str) -> str:
    """Why a server at an address did not answer, in words."""
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
        return f"cannot be reached at {url} ({error or 'no connection in time'})"
    if isinstance(error, httpx.TimeoutException):
        return f"does not answer at {url}"
    return f"does not answer at {url} ({error or type(error).__name__})"


def asked(header: str | None) -> float | None:
    """The seconds of a Retry-After header, which may be a date."""
    return retry_after({"retry-after": header or ""}, datetime.now(UTC))


def reason_of(answer: httpx.Response) -> str:
    """What an LRS says is wrong: its error's message, else the beginning of what it answered."""
    try:
        return str(answer.json()["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return " ".join(answer.text.split())[:300] or answer.reason_phrase
