"""Looks every few seconds whether the stack is well, and writes down what is not, and since when.

`headwater status` looks for itself; from here it learns since when. The page shows what is written.
"""

import asyncio
import contextlib
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from headwater.embedded import checks, findings
from headwater.embedded.checks import Seen
from headwater.embedded.findings import Finding

EVERY = 5.0
#: Between two looks that may cost something.
THOROUGH_EVERY = 300.0


class Watch:
    """What is wrong with the stack of a data folder, as of some seconds ago."""

    def __init__(
        self,
        folder: Path,
        state: Callable[[], dict[str, Any]],
        tell: Callable[[str], None],
        look: Callable[[Seen], list[Finding]] = checks.looked,
    ) -> None:
        self._folder = folder
        self._state = state
        self._tell = tell
        self._look = look
        self._known: list[Finding] = []
        self._told: dict[tuple[str, str], Finding] = {}
        self._thorough = time.monotonic() + THOROUGH_EVERY

    async def run(self) -> None:
        """Looks for good."""
        while True:
            await asyncio.sleep(EVERY)
            await asyncio.to_thread(self.look)

    def look(self) -> None:
        """Looks once."""
        thorough = time.monotonic() > self._thorough
        seen = Seen(self._folder, self._state(), _addresses(self._folder), thorough=thorough)
        try:
            found = self._look(seen)
        except (
            Exception
        ) as error:  # a fault of the look is told, and is not to end what it looks at
            do = "see what `headwater status` says; this is a fault of Headwater's"
            found = [
                Finding("supervisor", "its look at the stack fails", do, 0.0, repr(error)[:200])
            ]
        if thorough:
            self._thorough = time.monotonic() + THOROUGH_EVERY
        found = findings.dated(found, self._known, time.time())
        self._say(found)
        self._known = found
        with contextlib.suppress(OSError):  # a full disk; who reads sees that this is old
            findings.keep(self._folder, findings.merged(found))

    def _say(self, found: list[Finding]) -> None:
        """Tells what is there for the second time, and of what was told that it is over."""
        now = {finding.key: finding for finding in found}
        before = {finding.key for finding in self._known}
        for key, finding in now.items():
            if key in before and key not in self._told:
                self._told[key] = finding
                self._tell(f"not well: {finding.sentence}")
        for key in [key for key in self._told if key not in now and key not in before]:
            over = self._told.pop(key)
            self._tell(f"well again: {over.part}: {over.what}")


def _addresses(folder: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads((folder / "stack.json").read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found
