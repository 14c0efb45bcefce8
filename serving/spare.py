"""Processors that nobody used lately, for work that takes only what is left."""

import time

import psutil


class Spare:
    """Tells how many of this machine's processors idled since it was asked last."""

    def __init__(self) -> None:
        self._before = self._now()

    def __call__(self) -> float:
        """Processors, from 0 to all there are; 0 where no time has passed."""
        before, self._before = self._before, self._now()
        passed, idled = (new - old for new, old in zip(self._before, before, strict=True))
        return max(0.0, idled / passed) if passed > 0 else 0.0

    @staticmethod
    def _now() -> tuple[float, float]:
        """The clock, and how long all processors together have idled; both in seconds."""
        times = psutil.cpu_times()
        return time.monotonic(), times.idle + getattr(times, "iowait", 0.0)
