"""A file that people write, while it is in use: what it says is taken up when it has changed.

What is in force is always of one text, read whole. A text that cannot be read changes nothing, and
is told of by `problem`. Whoever writes a file may be in the midst of it, so it is read once it has
stood still.
"""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

from serving.progress import Problem, first_line

T = TypeVar("T")

#: For how long a file that was read before must have stood still, in seconds.
STILL = 0.2

#: What tells two states of a file apart; None where it is not there.
Mark = tuple[int, int, int] | None


def mark(path: Path) -> Mark:
    """The state of a file."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


class FollowedFile(Generic[T]):
    """What a file says; `absent` where there is none. `read` raises an error of `wrong`."""

    def __init__(
        self,
        path: Path,
        read: Callable[[str], T],
        absent: T,
        *,
        wrong: type[Exception],
        do: str,
    ) -> None:
        self.path = path
        #: That the file cannot be read as it stands, where that is so.
        self.problem: Problem | None = None
        self._read = read
        self._absent = absent
        self._wrong = wrong
        self._do = do
        self._mark: Mark = None
        self._said = absent

    def now(self) -> T:
        """What is in force now."""
        found = mark(self.path)
        if found != self._mark and self._still(found):
            self._mark = found
            self._take_up(found)
        return self._said

    def _still(self, found: Mark) -> bool:
        return self._mark is None or found is None or time.time() - found[0] / 1e9 > STILL

    def _take_up(self, found: Mark) -> None:
        try:
            self._said = self._absent if found is None else self._read(self.path.read_text("utf-8"))
        except (OSError, UnicodeDecodeError, self._wrong) as error:
            what = f"{self.path.name} cannot be taken up: what it said before is in force"
            self.problem = Problem(what, time.time(), self._do, first_line(error))
        else:
            self.problem = None
