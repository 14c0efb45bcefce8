"""The disk watermark: writes are refused before the disk is full, not when it is."""

import asyncio
import shutil
import time
from pathlib import Path

from lrs.errors import Unavailable
from serving.progress import Problem

INTERVAL = 1.0


class Disk:
    """The free space of the disk that holds a folder, as of the last second."""

    def __init__(self, folder: Path, minimum_free: int) -> None:
        self.folder = folder
        self.minimum_free = minimum_free
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
        """That writes are refused, where they are."""
        if not self.full:
            return None
        what = (
            f"The disk of the data folder has {self.free >> 20} MiB free, and writes need "
            f"{self.minimum_free >> 20} MiB: they are refused"
        )
        return Problem(what, self._roomy, "make room, or lower HEADWATER_LRS_MINIMUM_FREE")

    def check(self) -> None:
        """Raises Unavailable while the disk is too full for writes."""
        if self.full:
            mebibytes = self.free >> 20
            raise Unavailable(
                f"the disk of {self.folder.absolute()} has {mebibytes} MiB free, and writes need "
                f"{self.minimum_free >> 20} MiB; make room or lower HEADWATER_LRS_MINIMUM_FREE",
                seconds=30,
            )
