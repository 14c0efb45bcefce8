"""The disk watermark: writes are refused before the disk is full, not when it is."""

import asyncio
import shutil
import time
from collections.abc import Callable
from pathlib import Path

from serving.progress import Problem

INTERVAL = 1.0


class Disk:
    """The free space of the disk that holds a folder, as of the last second."""

    def __init__(
        self,
        folder: Path,
        minimum_free: int,
        *,
        setting: str,
        what: str,
        refusal: Callable[[str], Exception],
    ) -> None:
        """`what` needs the room that a setting names; `refusal` makes the error that says so."""
        self.folder = folder
        self.minimum_free = minimum_free
        self._setting = setting
        self._what = what
        self._refusal = refusal
        self.free = 0
        self._roomy = time.time()
        self.look()

    def look(self) -> None:
        """Reads the free space again."""
        try:
            self.free = shutil.disk_usage(self.folder).free
        except OSError:
            self.free = 0
        if not self.full:
            self._roomy = time.time()

    async def watch(self) -> None:
        """Reads the free space every second, for good."""
        while True:
            self.look()
            await asyncio.sleep(INTERVAL)

    @property
    def full(self) -> bool:
        """Whether there is less free than there must be."""
        return self.free < self.minimum_free

    @property
    def problem(self) -> Problem | None:
        """That there is too little room, where that is so."""
        if not self.full:
            return None
        what = (
            f"The disk of the data folder has {self.free >> 20} MiB free, and {self._what} need "
            f"{self.minimum_free >> 20} MiB: they are refused"
        )
        return Problem(what, self._roomy, f"make room, or lower {self._setting}")

    def check(self) -> None:
        """Raises the refusal while the disk is too full."""
        if self.full:
            raise self._refusal(
                f"the disk of {self.folder.absolute()} has {self.free >> 20} MiB free, and "
                f"{self._what} need {self.minimum_free >> 20} MiB; make room or lower "
                f"{self._setting}"
            )
