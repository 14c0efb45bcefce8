"""How much a credential may send: so many statements or requests a second, by a token bucket.

A request costs one, and a batch one for each statement. A second's worth may come at once. What a
batch holds is known only when it was read, so a batch is taken while anything is left and paid for
afterwards: over time nobody gets more than their rate, and no batch is too large to be sent.
"""

import math
import time
from collections.abc import Callable

from lrs.errors import TooMany

#: What rounding may leave of a token.
_NEXT_TO_NOTHING = 1e-6


class RateLimit:
    """A token bucket that refills at `per_second` and may go into debt."""

    def __init__(self, per_second: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.per_second = per_second
        self._clock = clock
        self._room = max(per_second, 1.0)
        self._left = self._room
        self._at = clock()

    def take(self) -> None:
        """Pays for one request; TooMany, with the seconds to wait, where nothing is left."""
        wait = self.wait()
        if wait > 0:
            message = f"more than {self.per_second:g} statements or requests a second came"
            raise TooMany(message, seconds=math.ceil(wait))
        self._left -= 1

    def pay(self, more: int) -> None:
        """Pays for what a request held beyond the first statement."""
        self._left -= more

    def wait(self) -> float:
        """Seconds until a request may come; 0 where it may come now."""
        now = self._clock()
        self._left = min(self._room, self._left + (now - self._at) * self.per_second)
        self._at = now
        lacking = 1 - self._left
        return lacking / self.per_second if lacking > _NEXT_TO_NOTHING else 0.0
