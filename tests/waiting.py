"""How tests wait: for a condition, and as long as a machine with other work may need.

A limit here says only when to give up. What a test claims of a time, it measures.
"""

import asyncio
import time
from collections.abc import Callable

#: Seconds after which what has not come about will not come.
PATIENCE = 240.0


def until(
    condition: Callable[[], object], what: str = "it did not come about", seconds: float = PATIENCE
) -> None:
    """Returns as soon as the condition holds."""
    limit = time.monotonic() + seconds
    asked = time.monotonic()
    while not condition():
        assert time.monotonic() < limit, what
        time.sleep(pause(time.monotonic() - asked))
        asked = time.monotonic()


def pause(took: float) -> float:
    """Seconds until a question that took so many is asked again: who waits for the answer shares
    the machine with who brings it about, and asks a tenth of the time."""
    return min(max(9 * took, 0.05), 0.5)


async def comes(condition: Callable[[], object], seconds: float = PATIENCE) -> None:
    """The same in an event loop."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - what is awaited happens in other processes
            await asyncio.sleep(0.02)
