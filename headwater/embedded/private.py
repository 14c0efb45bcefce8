"""Files that nobody but their owner reads."""

import os
import stat
from pathlib import Path

#: What every process of a stack takes away from the modes of the files that it makes.
UMASK = 0o077
OTHERS = 0o077


def folder(path: Path) -> None:
    """Make the folder and those above it where they lack; it is its owner's alone."""
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.chmod(0o700)


def write(path: Path, text: str) -> None:
    """Write a file that only its owner can read, whole or not at all."""
    new = path.with_name(f".{path.name}.new")
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    new.replace(path)


def close(path: Path) -> None:
    """Take from others whatever they may do with a folder's files, at any depth."""
    with os.scandir(path) as entries:
        for entry in entries:
            if entry.is_symlink():
                continue
            mode = entry.stat(follow_symlinks=False).st_mode
            if mode & OTHERS:
                os.chmod(entry.path, stat.S_IMODE(mode) & ~OTHERS)
            if stat.S_ISDIR(mode):
                close(Path(entry.path))
