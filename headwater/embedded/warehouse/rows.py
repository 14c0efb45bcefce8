"""The rows of an insert: whole before the engine sees them, then read by an ordinary query.

The binding's streaming insert says "done" to rows that the engine refused at their end: over a
memory limit, on a full disk. A query tells every error but those of writes to the disk, which
`storage.py` counts. `INSERT … FROM INFILE` is one, and reads the bytes at the speed of the stream;
in the statement itself they cost five times as much.
"""

import errno
import os
import tempfile
from collections.abc import Iterable, Mapping
from io import FileIO
from itertools import pairwise
from pathlib import Path
from typing import Any, Self

from headwater.embedded.warehouse.errors import EngineError
from headwater.embedded.warehouse.statement import tokens

#: Rows up to this size, in bytes, are kept in memory, larger ones in a file without a name.
IN_MEMORY = 4 << 20

#: What a system says where there is no room for a file: on the disk, in a quota, in a limit.
NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class Rows:
    """Bytes in one of ClickHouse's formats; `folder` holds them where they are many.

    Whoever carries the insert out closes them: while the engine reads, the file's number must not
    become another file's.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._size = 0
        self._file = FileIO(os.memfd_create("rows", os.MFD_CLOEXEC), "r+")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def add(self, pieces: Iterable[bytes]) -> None:
        """Takes more bytes; raises EngineError (243, 173) where there is no room for them."""
        held = list(pieces)
        size = self._size + sum(map(len, held))
        try:
            if self._folder is not None and size > IN_MEMORY >= self._size:
                self._move(self._folder)
            for piece in held:
                _write(self._file, piece)
        except OSError as error:
            raise _told(error) from error
        self._size = size

    def into(
        self, connection: Any, insert: bytes, form: str, values: Mapping[str, str] | None = None
    ) -> Any:
        """Carries out `INSERT INTO …` (without FORMAT) with these rows; raises RuntimeError."""
        at = _settings_at(insert)
        file = f"\nFROM INFILE '/proc/self/fd/{self._file.fileno()}' COMPRESSION 'none'\n"
        sql = insert[:at] + file.encode() + insert[at:] + f"\nFORMAT {form}".encode()
        return connection.query(sql, "Null", params=dict(values or {}))

    def close(self) -> None:
        """Forgets the bytes."""
        self._file.close()

    def _move(self, folder: Path) -> None:
        """From memory into a file without a name."""
        with tempfile.TemporaryFile(dir=folder, buffering=0) as unnamed:
            file = FileIO(os.dup(unnamed.fileno()), "r+")
        _write(file, os.pread(self._file.fileno(), self._size, 0))
        before, self._file = self._file, file
        before.close()


def _write(file: FileIO, data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[os.write(file.fileno(), left) :]


def _settings_at(insert: bytes) -> int:
    """Where an insert's own SETTINGS begin: the file is named before them."""
    found = [token for token in tokens(insert) if token.depth == 0]
    for place, (token, after) in enumerate(pairwise(found)):
        follows = found[place + 2].text if place + 2 < len(found) else b""
        if token.is_word(b"SETTINGS") and after.kind == "word" and follows == b"=":
            return token.start
    return len(insert)


def _told(error: OSError) -> EngineError:
    why = os.strerror(error.errno or 0)
    if error.errno in NO_ROOM:
        return EngineError(243, "NOT_ENOUGH_SPACE", f"The rows cannot be put aside: {why}")
    return EngineError(173, "CANNOT_ALLOCATE_MEMORY", f"The rows cannot be put aside: {why}")
