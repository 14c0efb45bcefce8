"""The next pages of a walk, read together with the one that is asked for.

What a page costs is mostly asking, not how many statements are on it. A client that follows a
`more` link asks for the next page within the second: so from the second page on several are read
at once, and kept for a moment. A statement that is voided meanwhile is left out that moment later.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import NamedTuple

from lrs.statements.reader import Range, Reader, Stored

#: Statements that are read ahead, at most, and pages.
STATEMENTS = 250
PAGES = 10
#: How long what was read ahead is good for, in seconds.
FRESH_SECONDS = 2.0
#: What all walks together may keep, in bytes.
KEPT_BYTES = 32 << 20


class _Kept(NamedTuple):
    read: float
    statements: Sequence[Stored]
    size: int


class Prefetch:
    """Pages of statements; one process, one thread."""

    def __init__(
        self,
        reader: Reader,
        kept_bytes: int = KEPT_BYTES,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._reader = reader
        self._kept_bytes = kept_bytes
        self._clock = clock
        self._kept: OrderedDict[Range, _Kept] = OrderedDict()
        self._size = 0

    async def page(self, wanted: Range) -> tuple[Sequence[Stored], bool]:
        """The statements of a range, at most its limit, and whether there are more."""
        read, found = self._taken(_next(wanted, wanted.beyond))
        if len(found) <= wanted.limit:
            ahead = 1 if wanted.beyond is None else PAGES
            most = max(wanted.limit, min(STATEMENTS, ahead * wanted.limit))
            read = self._clock()
            found = await self._reader.several(wanted._replace(limit=most + 1))
        page, rest = found[: wanted.limit], found[wanted.limit :]
        if len(rest) > wanted.limit:
            self._keep(_next(wanted, page[-1].position), read, rest)
        return page, bool(rest)

    def _taken(self, page: Range) -> tuple[float, Sequence[Stored]]:
        """What was read ahead of this page, where it is fresh; nothing else."""
        kept = self._kept.pop(page, None)
        if kept is None:
            return 0.0, ()
        self._size -= kept.size
        fresh = self._clock() - kept.read <= FRESH_SECONDS
        return (kept.read, kept.statements) if fresh else (0.0, ())

    def _keep(self, key: Range, read: float, statements: Sequence[Stored]) -> None:
        size = sum(len(each.raw) for each in statements)
        before = self._kept.pop(key, None)
        self._kept[key] = _Kept(read, statements, size)
        self._size += size - (before.size if before else 0)
        while self._size > self._kept_bytes:
            _, oldest = self._kept.popitem(last=False)
            self._size -= oldest.size


def _next(wanted: Range, beyond: int | None) -> Range:
    """What of a range is the same for all of a walk, and where its next page begins."""
    return wanted._replace(beyond=beyond, through=None)
