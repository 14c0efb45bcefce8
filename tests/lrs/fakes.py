"""The end of the log and the warehouse's ids without Kafka: a fake at each boundary."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from bus import records
from bus.records import Position
from lrs.api.publisher import Place
from lrs.api.reader import Stored
from tests.lrs import meaning

FRONTIER = datetime(2024, 5, 31, 8, 30, tzinfo=UTC)


class FakeLog:
    """Remembers what was accepted; a test moves it to the reader to have it confirmed."""

    problems = ()

    def __init__(self) -> None:
        self.frontier = FRONTIER
        self.ready = True
        self.known: dict[bytes, int] = {}
        self.lines: dict[int, bytes] = {}
        self.undone: set[bytes] = set()

    async def run(self) -> None:
        """Nothing to follow."""
        await asyncio.Event().wait()

    def accepted(self, by: str, place: Place, value: bytes, ids: Sequence[bytes]) -> None:
        """Keeps a record's statements."""
        for number, (identifier, line) in enumerate(zip(ids, records.lines(value), strict=True)):
            self.known.setdefault(identifier, place.first + number)
            self.lines[place.first + number] = line
            self.undone |= {each.bytes for each in meaning.voided([meaning.parsed(line)])}

    def find(self, ids: Sequence[bytes]) -> dict[bytes, int]:
        """The positions of ids."""
        return {i: self.known[i] for i in ids if i in self.known}

    async def statement(self, position: int) -> Stored | None:
        """The statement at a position."""
        place = Position.from_uint128(position)
        stored = datetime.fromtimestamp(place.appended_ms / 1000, UTC)
        return Stored(self.lines[position], stored, position)

    def perhaps_voided(self, identifier: UUID) -> bool:
        """Whether an accepted statement is about it."""
        return identifier.bytes in self.undone

    def voided(self, identifier: UUID, raw: bytes) -> bool:
        """Whether an accepted statement voids it: all who send here may."""
        return self.perhaps_voided(identifier)

    async def settled(self, by: str) -> None:
        """At once."""


class EveryId:
    """Rules no id out, as while the warehouse's ids are being loaded."""

    async def load(self) -> None:
        """Nothing to load."""

    def perhaps(self, ids: Sequence[bytes]) -> list[bytes]:
        """All of them."""
        return list(ids)
