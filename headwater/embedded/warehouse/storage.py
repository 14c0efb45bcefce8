"""Whether what the engine writes reaches the disk, and what is done where it does not.

The engine in process goes on after a write to a file that failed (a full disk, a quota, a fault of
the disk) as if it had been done: an insert is called stored and is not, a merge leaves a part of
empty files, a sort that goes on on the disk gives fewer rows. But it counts such writes. So:

- A statement is called done only if the count has not moved, read after its end (`prove`).
- Once it has moved nobody knows what lacks: writes are refused (243, try again), and the process
  opens the engine anew, which finds the parts that are not whole and reads what they were merged
  from. The engine keeps that for a while after each merge (`OLD_PARTS_SECONDS`).
- Where there is little room, or a file cannot be written to its end, writes are refused before it
  comes to that, and nothing is merged.
"""

import asyncio
import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path

from headwater.embedded.warehouse.engine import Engine
from headwater.embedded.warehouse.errors import EngineError, NoRoom
from headwater.embedded.warehouse.statement import tokens
from serving.progress import Problem

#: How often it is looked at, in seconds.
EVERY = 0.5
#: A process stays at least so long before it opens the engine anew, in seconds. With EVERY and the
#: time of an orderly end it is well within OLD_PARTS_SECONDS.
PAUSE = 5.0
#: What is written to see whether a file can be.
PROBE = bytes(64 << 10)
#: Tells the process that comes next since when it is not known what was written, in Unix seconds.
UNSURE_SINCE = "HEADWATER_WAREHOUSE_UNSURE_SINCE"
#: Statements that make room, or stop what takes it: their first tokens, with a blank between.
_FREES = re.compile(
    rb"(?:DROP|TRUNCATE|KILL|SYSTEM) |ALTER TABLE (?:\S+ ){1,3}DROP (?:PARTITION|PART|DETACHED) ",
    re.IGNORECASE,
)
#: ClickHouse's codes for a file of a part that is cut off or empty.
_UNREADABLE = frozenset({27, 32, 33, 40, 226, 228, 246, 271})
#: What changes files that define databases and tables.
_DEFINES = (
    b"ALTER",
    b"ATTACH",
    b"CREATE",
    b"DETACH",
    b"EXCHANGE",
    b"RENAME",
    b"REPLACE",
    b"UNDROP",
)


class Storage:
    """The disk under the engine; `least` is what must be free for writes, in bytes."""

    def __init__(self, engine: Engine, folder: Path, least: int) -> None:
        self._engine = engine
        self._folder = folder
        self._least = least
        self._opened = time.monotonic()
        #: Since when it is not known whether all was written: the last time that it was.
        self._sure = time.time()
        self._failed = 0
        self._roomy = False
        self._merges_held = False
        self._well = time.time()
        self._count()
        self._failed_opening = self._failed
        self._look_for_room()

    @property
    def problem(self) -> Problem | None:
        """That writes are refused, where that is so."""
        if self._failed:
            what = "Writes to the disk failed: writes are refused until the tables are read anew"
            do = "make room on the disk of the data folder; the rest is done by itself"
            return Problem(what, self._well, do)
        if self._roomy:
            return None
        what = (
            f"The disk of the data folder has {self._free() >> 20} MiB free that can be written "
            f"to, and the warehouse needs {self._least >> 20} MiB: writes are refused"
        )
        return Problem(what, self._well, "make room, or lower HEADWATER_WAREHOUSE_MINIMUM_FREE")

    def check(self, statement: bytes) -> None:
        """Raises NoRoom (243) for a statement that writes while writes are refused."""
        if self._failed:
            why = "Writes to the disk failed, and the tables are to be read anew"
        elif not self._roomy or self._free() < self._least:
            why = f"The disk has less than {self._least >> 20} MiB free that can be written to"
        else:
            return
        words = b"".join(token.text + b" " for token in islice(tokens(statement), 7))
        if not _FREES.match(words):
            raise NoRoom(why)

    def keep_definitions(self, statement: bytes) -> None:
        """Before a statement that changes definitions; raises NoRoom (243) where it cannot."""
        first = next(tokens(statement), None)
        if first is None or not first.is_word(*_DEFINES):
            return
        try:
            self._engine.definitions.keep()
        except OSError as error:
            raise NoRoom(f"Definitions cannot be kept ({error.strerror})") from error

    def prove(self) -> None:
        """Raises NoRoom (243) unless all that the engine has written until now is on the disk."""
        if self._count():
            raise NoRoom("A write to the disk failed meanwhile: it may not be stored")

    @contextmanager
    def proved_read(self) -> Iterator[None]:
        """Raises NoRoom (243) where rows were put aside on the disk, and a write failed meanwhile.

        Whoever puts rows aside makes a file, and removes it at its end: that a folder has the same
        time as before, which costs nothing to ask, says that nobody did.
        """
        failed, before = self._failed, self._put_aside()
        yield
        if (before is None or self._put_aside() != before) and self._count() > failed:
            raise NoRoom("A write to the disk failed meanwhile: rows put aside may lack")

    def _put_aside(self) -> int | None:
        """When a file that holds rows put aside was last made or removed; None: not known."""
        try:
            return (self._folder / "store" / "tmp").stat().st_mtime_ns
        except OSError:
            return None

    def meant(self, error: EngineError) -> EngineError:
        """NoRoom (243) for a part that cannot be read while tables are to be read anew."""
        if self._failed and error.code in _UNREADABLE:
            return NoRoom("A part is not whole, and its table is to be read anew")
        return error

    async def watch(self, begin_anew: Callable[[], None]) -> None:
        """Looks for good; has the process begin anew once where that is due."""
        begun = False
        while True:
            await asyncio.sleep(EVERY)
            if not begun and await asyncio.to_thread(self.look):
                os.environ[UNSURE_SINCE] = repr(self._sure)
                _tell("writes to the disk failed: it begins anew, and reads its tables again")
                begin_anew()
                begun = True

    def look(self) -> bool:
        """Looks once: holds merges while there is no room; whether to begin anew."""
        with suppress(EngineError):  # no memory to look; each statement looks for itself
            self._count()
            self._look_for_room()
            self._hold_merges(bool(self._failed) or not self._roomy)
        if self._failed == 0 and self._roomy:
            self._well = time.time()
        if time.monotonic() - self._opened < PAUSE:
            return False
        return self._failed > self._failed_opening or (self._failed > 0 and self._roomy)

    def _count(self) -> int:
        began = time.time()
        failed = self._engine.failed_writes()
        if failed:
            self._failed = max(self._failed, failed)
        else:
            self._sure = max(self._sure, began)
        return failed

    def _look_for_room(self) -> None:
        sure = self._roomy and not self._failed  # what was written lately need not be tried
        self._roomy = self._free() >= self._least and (sure or self._writable())

    def _free(self) -> int:
        try:
            return shutil.disk_usage(self._folder).free
        except OSError:
            return 0

    def _writable(self) -> bool:
        """Whether a file can be written to its end: free room may not be ours (a quota)."""
        try:
            with tempfile.TemporaryFile(dir=self._folder, buffering=0) as file:
                return file.write(PROBE) == len(PROBE)
        except OSError:
            return False

    def _hold_merges(self, hold: bool) -> None:
        if hold != self._merges_held:
            self._engine.hold_merges(hold)
            self._merges_held = hold
            if hold:
                _tell("the disk has no room: writes are refused, and nothing is merged")
            else:
                _tell("the disk has room again: writes are taken")


def _tell(line: str) -> None:
    print(f"warehouse: {line}", file=sys.stderr, flush=True)
