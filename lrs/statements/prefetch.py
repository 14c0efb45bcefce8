"""The next pages of a walk, read together with the one that is asked for.

What a page costs is mostly asking, not how many statements are on it. Who follows a `more` link
walks, and will ask for the next page within the second: so several are read at once, and kept for a
moment. Where first pages have mostly been followed by a second one lately, they are read with the
first. A statement that is voided meanwhile is left out that moment later.
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
#: How much the latest walk says of whether the next first page begins one, and what must be said.
LATEST, LIKELY = 0.25, 0.5
#: First pages that are remembered until they are followed, and kinds of first pages.
REMEMBERED = 1_000


class _Kept(NamedTuple):
    read: float
    statements: Sequence[Stored]
    size: int


class _Habits:
    """Which kinds of first pages are followed by a second one, as a moving average of each.

    First pages are of one kind where they have as many statements and filters of the same names.
    """

    def __init__(self) -> None:
        self._followed: OrderedDict[tuple[object, ...], float] = OrderedDict()
        self._begun: OrderedDict[Range, tuple[object, ...]] = OrderedDict()

    def likely(self, first: Range) -> bool:
        """Whether this first page will be followed, as far as can be told."""
        return self._followed.get(_kind(first), 0.0) >= LIKELY

    def began(self, following: Range) -> None:
        """A first page was read, and there is a page that follows."""
        kind = _kind(following)
        self._followed[kind] = self._followed.pop(kind, 0.0) * (1 - LATEST)
        self._begun[following] = kind
        for some in (self._followed, self._begun):
            while len(some) > REMEMBERED:
                some.popitem(last=False)

    def asked(self, page: Range) -> None:
        """A page was asked for: perhaps one that follows a first page."""
        kind = self._begun.pop(page, None)
        if kind is not None:
            self._followed[kind] = self._followed.get(kind, 0.0) + LATEST


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
        self._habits = _Habits()

    async def page(self, wanted: Range) -> tuple[Sequence[Stored], bool]:
        """The statements of a range, at most its limit, and whether there are more."""
        first, here = wanted.beyond is None, _next(wanted, wanted.beyond)
        self._habits.asked(here)
        read, found = self._taken(here)
        if len(found) <= wanted.limit:
            ahead = 1 if first and not self._habits.likely(wanted) else PAGES
            most = max(wanted.limit, min(STATEMENTS, ahead * wanted.limit))
            read = self._clock()
            found = await self._reader.several(wanted._replace(limit=most + 1))
        page, rest = found[: wanted.limit], found[wanted.limit :]
        if rest:
            following = _next(wanted, page[-1].position)
            if first:
                self._habits.began(following)
            if len(rest) > wanted.limit:
                self._keep(following, read, rest)
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


def _kind(wanted: Range) -> tuple[object, ...]:
    """What first pages of one kind have in common: their size, and what is filtered by."""
    of_all = wanted._replace(beyond=None, through=None, limit=0)
    return (wanted.limit, *(bool(each) for each in of_all))
