"""How long a loop rests between two turns, so that its work leaves time for others."""

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pacing:
    """Rests `share` times as long as the last turn took, from `least` to `most` seconds.

    So work whose cost grows, on a busy machine or over more rows, is done less often, and never
    takes more than one part in `share` + 1 of the time.
    """

    least: float = 0.0
    most: float = math.inf
    share: float = 0.0

    def __post_init__(self) -> None:
        if not 0 <= self.least <= self.most or self.share < 0:
            raise ValueError(
                f"no pace rests from {self.least} to {self.most} s, {self.share} times"
            )

    def rest(self, took: float) -> float:
        """Seconds to rest after a turn that took so many."""
        return min(self.most, max(self.least, self.share * took))
