"""Reads of statements, from the warehouse.

`frontier` is the moment before which every statement that was stored can be read: the least that
the recorder has confirmed over the topic's partitions, asked for again and again and never guessed.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence
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
    """Which statements: stored after `since` and until `until`, beyond a position, how many.

    The filters are those of Part Three 2.1.3, each off where it is empty. `agent` and `authority`
    are canonical identifiers (`xapi.identity`). `authority` is no parameter of the standard: it is
    for those who may read only what they wrote. `through` ends a walk where reads are whole:
    nothing stored after it is returned, in whichever direction.
    """

    since: datetime | None = None
    until: datetime | None = None
    ascending: bool = False
    beyond: int | None = None
    limit: int = 100
    agent: str = ""
    verb: str = ""
    activity: str = ""
    registration: UUID | None = None
    related_agents: bool = False
    related_activities: bool = False
    authority: str = ""
    through: datetime | None = None


class Definition(NamedTuple):
    """What a statement said of an activity: its definition as text, where, and by which door."""

    raw: bytes
    position: int
    source: str


class Reader(Protocol):
    """Where statements are read from."""

    frontier: datetime

    async def run(self) -> None:
        """Keeps `frontier` current until cancelled."""

    async def one(self, identifier: UUID, voided: bool = False) -> Stored | None:
        """The statement with an id that is not voided; with `voided` only one that is."""

    async def several(self, wanted: Range) -> Sequence[Stored]:
        """Statements of a range in the order of the log, or its reverse, voided ones left out.

        A statement that refers to another meets a filter where the other does (2.1.4).
        """

    async def by_ids(self, identifiers: Collection[UUID]) -> Mapping[UUID, Stored]:
        """The statements that are known of these ids, voided ones too; one question for all."""

    async def voided(self, identifier: UUID) -> bool:
        """Whether a voiding statement undoes the one with this id, should it come."""

    async def definitions(self, activities: Collection[str]) -> Mapping[str, Sequence[Definition]]:
        """The distinct definitions of activities by their ids, the first stated first.

        An activity that was never defined is missing.
        """

    async def names(self, agent: str) -> Sequence[str]:
        """The names that statements gave to an agent (a canonical id), the first one first."""

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

    async def one(self, identifier: UUID, voided: bool = False) -> Stored | None:
        """The statement with an id that is not voided; with `voided` only one that is."""
        if voided:
            found = (await self.by_ids([identifier])).get(identifier)
            return found if found and await self.voided(identifier) else None
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

    async def by_ids(self, identifiers: Collection[UUID]) -> Mapping[UUID, Stored]:
        """The statements that are known of these ids, voided ones too; one question for all."""
        rows = await self._rows("statements_by_ids", ids=[str(each) for each in identifiers])
        return {row[3]: each for row, each in zip(rows, _stored(rows), strict=True)}

    async def definitions(self, activities: Collection[str]) -> Mapping[str, Sequence[Definition]]:
        """The distinct definitions of activities by their ids, the first stated first."""
        raise NotImplementedError

    async def names(self, agent: str) -> Sequence[str]:
        """The names that statements gave to an agent, the first one first."""
        raise NotImplementedError

    async def voided(self, identifier: UUID) -> bool:
        """Whether a voiding statement undoes the one with this id, should it come."""
        return bool(await self._rows("voided_id", id=str(identifier)))

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
    return [Stored(_bytes(row[0]), _utc(row[1]), int(row[2])) for row in rows]


def _bytes(raw: str | bytes) -> bytes:
    return raw.encode() if isinstance(raw, str) else raw


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _parameter(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
