"""What `/healthz` asks and says: whether what a part needs answers, soon, and since when not."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from serving.progress import Problem

#: Health is told within so many seconds, whatever hangs.
SECONDS = 1.0


class Answers:
    """Whether somebody answers. However often it is asked, one question is under way at a time."""

    def __init__(
        self, who: str, ask: Callable[[], Awaitable[bool]], *, do: str, seconds: float = SECONDS
    ) -> None:
        self.who = who
        self._ask = ask
        self._do = do
        self._seconds = seconds
        self._asking: asyncio.Task[bool] | None = None
        self._last = time.time()
        self.well = True

    async def now(self) -> bool:
        """Asks, and says no where the answer takes too long."""
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._asked())
        await asyncio.wait({self._asking}, timeout=self._seconds)
        self.well = self._asking.done() and not self._asking.cancelled() and self._asking.result()
        if self.well:
            self._last = time.time()
        return self.well

    @property
    def problem(self) -> Problem | None:
        """That it did not answer when it was last asked, where that is so."""
        return None if self.well else Problem(f"{self.who} does not answer", self._last, self._do)

    async def _asked(self) -> bool:
        try:
            return await self._ask()
        except Exception:  # whatever it is, that is no answer
            return False


def told(problems: Iterable[Problem | None], *, whole: bool) -> list[dict[str, Any]]:
    """Problems as JSON has them; errors are quoted where `whole`, which is not for strangers."""
    found = [problem.as_data() for problem in problems if problem is not None]
    return found if whole else [{k: v for k, v in one.items() if k != "detail"} for one in found]
