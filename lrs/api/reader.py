"""Reads of statements, from the warehouse.

`frontier` is the moment before which every statement that was stored can be read: the least that
the recorder has confirmed over the topic's partitions, asked for again and again and never guessed.
"""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple, Protocol
from uuid import UUID

import structlog

from lrs.api.errors import Unavailable
from lrs.warehouse.client import Rows, Warehouse
from lrs.warehouse.errors import WarehouseError
from xapi.topics import STATEMENTS

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)

log = structlog.get_logger()


class Stored(NamedTuple):
    """A statement as it was accepted, when, and where it stands in the log."""

    raw: bytes
    stored: datetime
    position: int


class Range(NamedTuple):
    """Which statements: stored after `since` and until `until`, beyond a position, how many."""

    since: datetime | None = None
    until: datetime | None = None
    ascending: bool = False
    beyond: int | None = None
    limit: int = 100


class Reader(Protocol):
    """Where statements are read from."""

    frontier: datetime

    async def run(self) -> None:
        """Keeps `frontier` current until cancelled."""

    async def one(self, identifier: UUID) -> Stored | None:
        """The statement with an id, unless it is voided."""

    async def several(self, wanted: Range) -> Sequence[Stored]:
        """Statements of a range in the order of the log, or its reverse."""

    async def ready(self) -> bool:
        """Whether statements could be read now."""


class WarehouseReader:
    """A reader on the warehouse."""

    def __init__(self, warehouse: Warehouse, *, interval: float) -> None:
        self.frontier = BEGINNING
        self._warehouse = warehouse
        self._interval = interval

    async def run(self) -> None:
        """Asks for the frontier again and again; an old one stays true."""
        answered = True
        while True:
            try:
                rows = await self._rows("frontier", partitions=STATEMENTS.partitions)
                self.frontier = max(self.frontier, _utc(rows[0][0]))
                answered = True
            except Unavailable as error:
                if answered:
                    log.warning("the warehouse does not answer", why=str(error.__cause__)[:300])
                answered = False
            await asyncio.sleep(self._interval)

    async def one(self, identifier: UUID) -> Stored | None:
        """The statement with an id, unless it is voided."""
        rows = await self._rows("statement_by_id", id=str(identifier))
        return _stored(rows)[0] if rows else None

    async def several(self, wanted: Range) -> Sequence[Stored]:
        """Statements of a range in the order of the log, or its reverse."""
        name = "statements_ascending" if wanted.ascending else "statements_descending"
        rows = await self._rows(
            name,
            since=_parameter(wanted.since),
            until=_parameter(wanted.until),
            beyond=None if wanted.beyond is None else str(wanted.beyond),
            limit=wanted.limit,
        )
        return _stored(rows)

    async def ready(self) -> bool:
        """Whether the warehouse answers."""
        try:
            await self._rows("frontier", partitions=STATEMENTS.partitions)
        except Unavailable:
            return False
        return True

    async def _rows(self, name: str, **parameters: object) -> Rows:
        try:
            return await asyncio.to_thread(self._warehouse.rows, name, **parameters)
        except WarehouseError as error:
            raise Unavailable("the warehouse does not answer; try again") from error


def _stored(rows: Rows) -> list[Stored]:
    return [Stored(_bytes(raw), _utc(stored), int(position)) for raw, stored, position in rows]


def _bytes(raw: str | bytes) -> bytes:
    return raw.encode() if isinstance(raw, str) else raw


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _parameter(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
