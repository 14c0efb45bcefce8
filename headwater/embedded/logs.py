"""One log file a part: what its process prints, kept small, quoted when it dies."""

import re
import shutil
from pathlib import Path
from typing import BinaryIO

LARGEST = 10 << 20
KEPT = 2
TAIL = 16 << 10

#: Lines that only lead to, or decorate, the line that says what happened.
NOISE = re.compile(r"^\s|^$|^Traceback|^During handling|^The above exception|^[│╭╰|]|^WARNING: ")
TELLING = re.compile(r"cannot start|error|exception|fatal|refused|denied|killed|failed", re.I)


class LogFile:
    """A part's log; the process appends to it, so it can be cut while it is written."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._from = 0

    def open(self) -> BinaryIO:
        """Open for a new process to append to; what was there before is not quoted any more."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.rotate()
        file = self.path.open("ab")
        self.path.chmod(0o600)
        self._from = file.tell()
        return file

    def rotate(self) -> None:
        """Move a large log aside; its process goes on writing to the same, now empty, file."""
        try:
            if self.path.stat().st_size < LARGEST:
                return
        except FileNotFoundError:
            return
        for n in range(KEPT, 1, -1):
            older = self._old(n - 1)
            if older.exists():
                older.replace(self._old(n))
        shutil.copyfile(self.path, self._old(1))
        with self.path.open("r+b") as file:
            file.truncate()
        self._from = 0

    def last_error(self) -> str:
        """Return the line that best says why the newest process ended, or an empty text."""
        lines = [line.strip() for line in self._tail() if not NOISE.match(line)]
        telling = [line for line in lines if TELLING.search(line)]
        return (telling or lines or [""])[-1][:300]

    def _tail(self) -> list[str]:
        try:
            with self.path.open("rb") as file:
                size = file.seek(0, 2)
                file.seek(max(self._from if self._from <= size else 0, size - TAIL))
                return file.read().decode("utf-8", "replace").splitlines()
        except FileNotFoundError:
            return []

    def _old(self, n: int) -> Path:
        return self.path.with_name(f"{self.path.name}.{n}")
