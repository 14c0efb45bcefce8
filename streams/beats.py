"""What a part says of itself in `ops.beats`, where it is news."""

import time
from collections.abc import Callable, Sequence

from streams.context import Beat
from warehouse import Warehouse

#: What stays as it was is said again after so many seconds, long before somebody misses it.
AGAIN = 5.0


class Beats:
    """The beats of one part: each time costs an insert, however little is said."""

    def __init__(self, warehouse: Warehouse, clock: Callable[[], float] = time.monotonic) -> None:
        self._warehouse = warehouse
        self._clock = clock
        self._said: list[Beat] = []
        self._due = 0.0

    def say(self, beats: Sequence[Beat]) -> None:
        """Writes them all where one is another than last time, or it is time; else nothing."""
        now = self._clock()
        if list(beats) == self._said and now < self._due:
            return
        self._warehouse.insert("ops.beat_rows", ("part", "metric", "value", "text"), beats)
        self._said, self._due = list(beats), now + AGAIN
