"""Secrets that a connection names, and does not hold: `env:NAME` or `file:PATH`."""

import os
from pathlib import Path


def named(text: str, folder: Path) -> bytes:
    """What a name stands for; a file is relative to `folder`. Raises ValueError."""
    kind, _, name = text.partition(":")
    if kind == "env":
        return os.environ.get(name, "").encode()
    if kind != "file":
        raise ValueError("must read env:NAME or file:PATH, not a secret")
    try:
        return (folder / name).read_bytes().strip()
    except OSError as error:
        raise ValueError(f"cannot be read from its file: {error}") from error
