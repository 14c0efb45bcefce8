"""The id of a statement, once accepted, stands for that statement for good (Part Two 2.3.1, 2.4.1).

A batch that brings ids of its own is compared with what is accepted under them: the same statement
again is a success without a second record, another one is 409 and the batch is refused whole. Asked
in turn, each with the ids that are still unknown: requests under way in this process, the end of
the log (`lrs/log`), and the warehouse, in one question a batch and only for ids that it may hold.

Of two processes that take in different statements with one id at the same moment, both may answer
2xx: the first in position wins, and the recorder refuses the other.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Protocol
from uuid import UUID

import orjson

from lrs.errors import Conflict
from lrs.log.tail import Accepted
from lrs.statements.reader import Reader
from xapi.batch import Batch
from xapi.equivalence import equivalent


class WriteOutcome(StrEnum):
    """What became of a statement."""

    STORED = "stored"
    #: The same statement was accepted before: nothing changes.
    DUPLICATE = "duplicate"
    #: Another one was accepted under its id, and stays.
    CONFLICT = "conflict"
    #: It voids what its principal may not void.
    FORBIDDEN = "forbidden"


@dataclass(frozen=True)
class Checked:
    """Places of a batch: what was accepted before, what differs from what was, what may not be."""

    duplicates: list[int] = field(default_factory=list)
    conflicts: list[int] = field(default_factory=list)
    forbidden: list[int] = field(default_factory=list)

    def new(self, batch: Batch) -> Batch:
        """What of a batch is new: the rest is left out."""
        gone = {*self.duplicates, *self.conflicts, *self.forbidden}
        if not gone:
            return batch
        kept = [place for place in range(len(batch.lines)) if place not in gone]
        given = set(batch.given)
        return replace(
            batch,
            lines=[batch.lines[place] for place in kept],
            ids=[batch.ids[place] for place in kept],
            given=[new for new, place in enumerate(kept) if place in given],
        )

    def taken(self, batch: Batch) -> Batch:
        """What of a batch is accepted, now or before."""
        return replace(self, duplicates=[]).new(batch)

    def outcomes(self, batch: Batch) -> Sequence[WriteOutcome]:
        """What became of each statement, once what is new is written."""
        found = [WriteOutcome.STORED] * len(batch.lines)
        for places, outcome in (
            (self.duplicates, WriteOutcome.DUPLICATE),
            (self.conflicts, WriteOutcome.CONFLICT),
            (self.forbidden, WriteOutcome.FORBIDDEN),
        ):
            for place in places:
                found[place] = outcome
        return found


NOTHING = Checked()


class MayHold(Protocol):
    """Which ids the warehouse may hold."""

    async def load(self) -> None:
        """Learns them."""

    def perhaps(self, ids: Sequence[bytes]) -> list[bytes]:
        """Those ids that it may hold."""


class Ids:
    """What is accepted under which id, as far as this process can know."""

    def __init__(self, log: Accepted, older: MayHold, reader: Reader) -> None:
        self._log = log
        self._older = older
        self._reader = reader
        self._under_way: dict[bytes, asyncio.Event] = {}

    async def run(self) -> None:
        """Learns which ids the warehouse holds."""
        await self._older.load()

    @contextlib.asynccontextmanager
    async def checked(self, batch: Batch) -> AsyncIterator[Batch]:
        """What of a batch is to be written; until the end, other requests with its ids wait.

        Raises Conflict where a statement differs from what is accepted under its id.
        """
        async with self.held(batch) as said:
            if said.conflicts:
                raise _conflict(batch, said.conflicts)
            yield said.new(batch)

    @contextlib.asynccontextmanager
    async def held(self, batch: Batch) -> AsyncIterator[Checked]:
        """A batch's given ids, held against what is accepted; others with the same ids wait."""
        if not batch.given:
            yield NOTHING
            return
        ids = {batch.ids[place].bytes: place for place in batch.given}
        while waited := [self._under_way[i] for i in ids if i in self._under_way]:
            await waited[0].wait()
        ended = asyncio.Event()
        self._under_way.update(dict.fromkeys(ids, ended))
        try:
            yield await self._check(batch, ids)
        finally:
            for i in ids:
                del self._under_way[i]
            ended.set()

    async def _check(self, batch: Batch, ids: dict[bytes, int]) -> Checked:
        # The log first: what is confirmed meanwhile is found in the warehouse afterwards.
        known = list(ids)
        positions = self._log.find(known)
        asked = self._older.perhaps([i for i in known if i not in positions])
        if not (positions or asked):
            return NOTHING
        said = Checked()
        for i, position in positions.items():
            found = await self._log.statement(position)
            _sort(said, ids[i], batch.lines[ids[i]], found.raw if found else None)
        if asked:
            stored = await self._reader.by_ids([UUID(bytes=i) for i in asked])
            for identifier, found in stored.items():
                place = ids[identifier.bytes]
                _sort(said, place, batch.lines[place], found.raw)
        return said


def _sort(said: Checked, place: int, line: bytes, accepted: bytes | None) -> None:
    same = accepted is not None and equivalent(orjson.loads(line), orjson.loads(accepted))
    (said.duplicates if same else said.conflicts).append(place)


def _conflict(batch: Batch, conflicts: Sequence[int]) -> Conflict:
    place = min(conflicts)
    path = "$.id" if batch.single else f"$[{place}].id"
    others = f" (and {len(conflicts) - 1} more of the batch)" if len(conflicts) > 1 else ""
    return Conflict(
        f"another statement was accepted under the id {batch.ids[place]}{others}; an id never "
        "changes its statement",
        path=path,
        section="Part Three 2.1.2",
    )
