"""connections.toml while it is in use: what it says is taken up when it, or a secret that it names,
has changed.

What is in force is always of one file, read whole. One that cannot be read changes nothing, and is
told of by `problem`. Whoever writes a file may be in the midst of it, so it is read once it has
stood still. Where a delivery would be refused, the file is looked at before that: a tool may be
quicker than the next look. What a file said before holds for a moment more, for what is on its way.
"""

import asyncio
import contextlib
import time
import tomllib
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

import structlog

from producers.connections import load
from producers.errors import ConnectionsError
from producers.intake import Intake
from serving.followed import Mark, mark
from serving.progress import Problem, first_line

#: Between two looks at the files, in seconds.
EVERY = 1.0
#: For how long files must have stood still before they are read, and how long that is awaited.
STILL, MOVING = 0.2, 3.0
#: For how long what a file said before is still taken, in seconds.
LINGER = 10.0
_DO = "correct it (docs/connecting.md); it is read again as soon as it has changed"

log = structlog.get_logger()


class Followed:
    """The connections that are in force, each by its intake.

    Without a `path` they stay as they are given. Raises ConnectionsError where the file cannot be
    read at the beginning.
    """

    def __init__(
        self,
        intakes: Mapping[str, Intake] | None = None,
        *,
        path: Path | None = None,
        synthetic: bool = False,
    ) -> None:
        self.intakes: Mapping[str, Intake] = dict(intakes or {})
        #: That the file cannot be read as it stands, where that is so.
        self.problem: Problem | None = None
        self._path = path
        self._real = not synthetic
        self._marks: dict[Path, Mark] = {}
        self._left: deque[tuple[float, Intake]] = deque()
        self._lock = asyncio.Lock()
        if path:
            self.intakes = self._read(path)

    async def follow(self) -> NoReturn:
        """Looks for good."""
        while True:
            await asyncio.sleep(EVERY)
            await self.look()

    async def look(self) -> bool:
        """Takes up what the files say, where they have changed; whether anything else is in force.

        It returns when they have stood still, or do not within some seconds.
        """
        async with self._lock:
            if self._path is None or self._now() == self._marks or not await self._still():
                return False
            return await self._taken_up(self._path)

    async def others(self, name: str, tried: Intake | None) -> Sequence[Intake]:
        """Which intakes may have a delivery that one would not have: that of a file which changed
        just now, then those that were in force a moment ago."""
        await self.look()
        now = self.intakes.get(name)
        lately = [
            each
            for until, each in reversed(self._left)
            if until > time.monotonic() and each.connection.name == name
        ]
        return [each for each in (now, *lately) if each and each is not tried]

    async def _still(self) -> bool:
        until = time.monotonic() + MOVING
        marks = self._now()
        while time.monotonic() < until:
            await asyncio.sleep(STILL)
            if marks == (marks := self._now()):
                return True
        return False

    async def _taken_up(self, path: Path) -> bool:
        try:
            found = await asyncio.to_thread(self._read, path)
        except Exception as error:  # whatever it is, what was in force is better than nothing
            self._refuse(path, error)
            return False
        self.problem = None
        before, self.intakes = self.intakes, found
        gone = [each for name, each in before.items() if found.get(name) is not each]
        linger = time.monotonic() + LINGER
        self._left.extend((linger, each) for each in gone)
        while self._left and self._left[0][0] < time.monotonic():
            self._left.popleft()
        new = [name for name, each in found.items() if before.get(name) is not each]
        if gone or new:
            log.info("connections are taken up", file=str(path), changed=_names(gone, new))
        return bool(gone or new)

    def _refuse(self, path: Path, error: Exception) -> None:
        told = error.plain if isinstance(error, ConnectionsError) else type(error).__name__
        self.problem = Problem(
            f"{path.name} cannot be taken up ({told}): what it said before is in force",
            time.time(),
            _DO,
            first_line(error),
        )
        log.warning("connections are not taken up", why=str(error)[:500])

    def _read(self, path: Path) -> dict[str, Intake]:
        """The intakes of the file as it stands; one whose connection is the same stays.

        Marks are from before what they mark was read: what changes meanwhile is read again.
        """
        self._marks = {**self._marks, path: mark(path)}
        with contextlib.suppress(OSError, ValueError, RecursionError):  # `load` says it below
            document = tomllib.loads(path.read_text("utf-8"))
            named = set(_files(document, path.parent))
            self._marks = {path: self._marks[path], **{each: mark(each) for each in named}}
        found = {}
        for name, connection in load(path).items():
            before = self.intakes.get(name)
            same = before is not None and before.connection == connection
            found[name] = before if before and same else Intake(connection, real=self._real)
        return found

    def _now(self) -> dict[Path, Mark]:
        return {path: mark(path) for path in self._marks}


def _files(value: Any, folder: Path) -> Iterator[Path]:
    """The files that a document names."""
    if isinstance(value, str) and value.startswith("file:"):
        yield folder / value.removeprefix("file:")
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _files(each, folder)
    elif isinstance(value, list):
        for each in value:
            yield from _files(each, folder)


def _names(gone: list[Intake], new: list[str]) -> list[str]:
    return sorted({*(each.connection.name for each in gone), *new})
