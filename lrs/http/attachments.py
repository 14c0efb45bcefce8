"""The files of attachments: a folder, one file for each SHA-2, written once and never changed.

Files never pass through Kafka. What comes is written to `incoming/` while it is hashed, then made
durable and given its name (`<first two digits>/<sha2>`) before the statements that it belongs to
are published. A file whose statements were refused afterwards is harmless: nothing refers to it.
"""

import hashlib
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Self
from uuid import uuid4

from lrs.errors import Unavailable

#: What an interrupted upload leaves is removed when it is older than this.
STALE_SECONDS = 86_400
CHUNK = 256 << 10
#: The SHA-2 functions by the length of their digests in hexadecimal (Part Two 2.4.11).
_FUNCTIONS = {56: "sha224", 64: "sha256", 96: "sha384", 128: "sha512"}


class Incoming:
    """A file that is being received; leaves nothing behind unless it was kept."""

    def __init__(self, store: "Attachments", sha2: str) -> None:
        self.sha2 = sha2.lower()
        self.size = 0
        self._store = store
        self._digest = hashlib.new(_FUNCTIONS[len(sha2)])
        self._path = store.incoming / str(uuid4())
        self._file = self._path.open("wb")

    def write(self, chunk: bytes) -> None:
        """Takes a piece; Unavailable where the disk does not."""
        try:
            self._file.write(chunk)
        except OSError as error:
            raise Unavailable(f"the attachment cannot be written: {error.strerror}") from error
        self._digest.update(chunk)
        self.size += len(chunk)

    @property
    def matches(self) -> bool:
        """Whether what came has the SHA-2 that was announced."""
        return self._digest.hexdigest() == self.sha2

    def content(self) -> bytes:
        """All that came."""
        self._file.flush()
        return self._path.read_bytes()

    def keep(self) -> None:
        """Makes the file durable under its name."""
        target = self._store.path(self.sha2)
        try:
            if not target.exists():
                self._file.flush()
                os.fsync(self._file.fileno())
                target.parent.mkdir(exist_ok=True)
                self._path.replace(target)
                _sync(target.parent)
        except OSError as error:
            raise Unavailable(f"the attachment cannot be written: {error.strerror}") from error
        finally:
            self.discard()

    def discard(self) -> None:
        """Forgets what came, unless it was kept."""
        self._file.close()
        self._path.unlink(missing_ok=True)


class Attachments:
    """The folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.incoming = folder / "incoming"

    def opened(self) -> Self:
        """Removes what interrupted uploads left."""
        for left in self.incoming.glob("*"):
            if time.time() - left.stat().st_mtime > STALE_SECONDS:
                left.unlink(missing_ok=True)
        return self

    def receive(self, sha2: str) -> Incoming:
        """A file that begins to come."""
        self.incoming.mkdir(parents=True, exist_ok=True)
        return Incoming(self, sha2)

    def path(self, sha2: str) -> Path:
        """Where the file of a SHA-2 is, or would be."""
        return self._folder / sha2[:2].lower() / sha2.lower()

    def size(self, sha2: str) -> int | None:
        """How many bytes a file has; None where there is none."""
        try:
            return self.path(sha2).stat().st_size
        except OSError:
            return None

    def chunks(self, sha2: str) -> Iterator[bytes]:
        """A file, piece by piece."""
        with self.path(sha2).open("rb") as file:
            while chunk := file.read(CHUNK):
                yield chunk


def _sync(folder: Path) -> None:
    """Makes a name durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
