"""How many processors idle."""

from types import SimpleNamespace
from unittest.mock import patch

import psutil

from serving.spare import Spare


def test_what_idled_since_it_was_asked_last_is_told_in_processors() -> None:
    seen = iter([(10.0, 100.0, 5.0), (12.0, 102.0, 6.0), (12.0, 102.0, 6.0), (13.0, 102.0, 6.0)])
    now: list[float] = []

    def times() -> SimpleNamespace:
        at, idle, iowait = next(seen)
        now.append(at)
        return SimpleNamespace(idle=idle, iowait=iowait)

    with (
        patch("serving.spare.psutil.cpu_times", times),
        patch("serving.spare.time.monotonic", lambda: now[-1]),
    ):
        spare = Spare()
        assert spare() == 1.5, "three processor-seconds in two seconds"
        assert spare() == 0.0, "no time has passed"
        assert spare() == 0.0, "none idled"


def test_no_more_idle_than_there_are() -> None:
    spare = Spare()
    assert 0 <= spare() <= (psutil.cpu_count() or 1) + 1
