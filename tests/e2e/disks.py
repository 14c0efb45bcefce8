"""A file system of a test's own, so that its disk can become full."""

import errno
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

CHUNK = 16 << 20
FULL_SECONDS = 3.0


@contextmanager
def small_disk(folder: Path, size: int) -> Iterator[Path]:
    """Mounts a file system of `size` bytes at `folder`; unmounts it at the end.

    Raises PermissionError where this user may mount nothing.
    """
    if os.geteuid() != 0:
        raise PermissionError("a disk that becomes full needs a mount: run this test as root")
    folder.mkdir()
    subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "headwater-test", str(folder)], check=True
    )
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def full(disk: Path, seconds: float = FULL_SECONDS) -> bool:
    """Fills a disk to the last byte, keeps it so for a moment, and frees it."""
    ballast = disk / "ballast"
    try:
        with ballast.open("wb", buffering=0) as file:
            until = time.monotonic() + seconds
            while time.monotonic() < until:  # what others free meanwhile is taken too
                try:
                    file.write(bytes(CHUNK))
                except OSError as error:
                    if error.errno != errno.ENOSPC:
                        raise
                    time.sleep(0.05)  # full: this is the moment that is wanted
        return True
    finally:
        ballast.unlink()
