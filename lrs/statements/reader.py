"""Reads of statements, from the warehouse."""

import asyncio
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import NamedTuple, Protocol, TypeVar
from uuid import UUID

import structlog

from lrs.errors import Unavailable
from lrs.statements import keys
from lrs.statements.keys import Range as Range
from warehouse.client import Rows, Warehouse
from warehouse.errors import WarehouseError

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
#: Places that are listed at a time, at most, and ids or activities that are asked for at a time.
LISTING = 2_000
ASKED = 5_000
#: How many counts of rows are remembered, and for how long, in seconds; then all are forgotten.
COUNTS, COUNT_SECONDS = 10_000, 60.0

T = TypeVar("T")

log = structlog.get_logger()


class Stored(NamedTuple):
    """A statement as it was accepted, when, and where it stands in the log."""

    raw: bytes
    stored: datetime
    position: int


class Definition(NamedTuple):
    """What a statement said of an activity: its definition as text, where, and by which door."""

    raw: bytes
    position: int
    source: str


class Reader(Protocol):
    """Where statements are read from."""

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


class _Known(NamedTuple):
    """A statement, and whether it is voided."""

    stored: Stored
    voided: bool


class WarehouseReader:
    """A reader on the warehouse. Until `swept`, a moment, duplicate ids are written down there."""

    def __init__(
        self, warehouse: Warehouse, swept: Callable[[], datetime] = lambda: BEGINNING
    ) -> None:
        self._warehouse = warehouse
        self._swept = swept
        self._counted: dict[tuple[keys.Key, int, int], int] = {}
        self._counted_since = 0.0

    async def one(self, identifier: UUID, voided: bool = False) -> Stored | None:
        """The statement with an id that is not voided; with `voided` only one that is."""
        found = (await self._known([identifier])).get(identifier)
        return found.stored if found and found.voided == voided else None

    async def several(self, wanted: Range) -> Sequence[Stored]:
        """Statements of a range in the order of the log, or its reverse, voided ones left out.

        What is listed by key may have lost to an earlier delivery or be voided: it falls out when
        the texts are read, and the page is filled by further reads.
        """
        swept = keys.after(self._swept())
        low, high = keys.places(wanted)
        driving, others = await self._asked(wanted)
        found: dict[int, Stored] = {}
        listing = wanted.limit
        while low < high:
            lists = await asyncio.gather(
                *(self._list(wanted.ascending, key, others, low, high, listing) for key in driving)
            )
            order, more = keys.merged(lists, listing, wanted.ascending)
            known = await self._listed(order, swept)
            for place, identifier in order:
                one = known.get(identifier)
                if one and one.stored.position == place and not one.voided:
                    found[place] = one.stored
            if not more or len(found) >= wanted.limit:
                break
            last = order[-1][0]
            low, high = (last + 1, high) if wanted.ascending else (low, last)
            listing = min(LISTING, listing * 2)
        return list(found.values())[: wanted.limit]

    async def _asked(self, wanted: Range) -> tuple[list[keys.Key], dict[str, object]]:
        """The keys that are listed, those of the filter that has the fewest rows; and the rest."""
        filters = keys.filters(wanted)
        on = [name for name, each in filters.items() if each]
        driving = [(keys.EVERY, "")]
        if len(on) > 1:
            between = keys.places(wanted._replace(beyond=None, through=None))
            rows = await asyncio.gather(*(self._count(filters[name], *between) for name in on))
            on = [on[rows.index(min(rows))]]
        elif wanted.authority and not on:
            # Who wrote a statement is related to it, or it is of them directly.
            driving = [(kind, wanted.authority) for kind in (keys.AGENT, keys.RELATED_AGENT)]
        for name in on:
            driving, filters[name] = filters[name], []
        more = bool(wanted.authority) or any(filters.values())
        return driving, {**filters, "authority": wanted.authority} if more else {}

    async def _list(
        self,
        ascending: bool,
        key: keys.Key,
        others: Mapping[str, object],
        low: int,
        high: int,
        limit: int,
    ) -> list[tuple[int, UUID]]:
        """Places with a key that meet the other filters."""
        name = (
            f"lrs/keys_{'ascending' if ascending else 'descending'}{'_filtered' if others else ''}"
        )
        kind, value = key
        rows = await self._rows(
            name, kind=kind, value=value, low=low, high=high, limit=limit, **others
        )
        return [(int(place), identifier) for place, identifier in rows]

    async def _count(self, some: Sequence[keys.Key], low: int, high: int) -> int:
        """How many rows keys have; as of a while ago, which is good enough to choose by."""
        now = time.monotonic()
        if now - self._counted_since > COUNT_SECONDS or len(self._counted) > COUNTS:
            self._counted, self._counted_since = {}, now
        rows = 0
        for key in some:
            if (known := self._counted.get((key, low, high))) is None:
                kind, value = key
                found = await self._rows("lrs/key_rows", kind=kind, value=value, low=low, high=high)
                known = self._counted[key, low, high] = int(found[0][0])
            rows += known
        return rows

    async def by_ids(self, identifiers: Collection[UUID]) -> Mapping[UUID, Stored]:
        """The statements that are known of these ids, voided ones too; one question for all."""
        return {known: each.stored for known, each in (await self._known(identifiers)).items()}

    async def definitions(self, activities: Collection[str]) -> Mapping[str, Sequence[Definition]]:
        """The distinct definitions of activities by their ids, the first stated first."""
        found: dict[str, list[Definition]] = {}
        for some in batched(activities, ASKED):
            for activity, text, place, source in await self._rows(
                "lrs/activity_definitions", activities=some
            ):
                one = Definition(_bytes(text), int(place), source)
                found.setdefault(activity, []).append(one)
        return found

    async def names(self, agent: str) -> Sequence[str]:
        """The names that statements gave to an agent, the first one first."""
        return [name for (name,) in await self._rows("lrs/agent_names", agent=agent)]

    async def _listed(self, order: Sequence[keys.Listed], swept: int) -> dict[UUID, "_Known"]:
        """The winners of the ids at these places, voided ones too.

        What an id has between two places is found in the parts of the table that reach there. It is
        the winner, unless the id is a duplicate; before `swept` every duplicate id is written down.
        """
        ids = {identifier for place, identifier in order if place >= swept}
        sure = [each for each in order if each[0] < swept]
        found: dict[UUID, _Known] = {}
        for some in batched(sure, ASKED):
            (low, _), (high, _) = min(some), max(some)
            for identifier, raw, place, voided, duplicate in await self._rows(
                "lrs/statements_between", ids=[str(each) for _, each in some], low=low, high=high
            ):
                if duplicate:
                    ids.add(identifier)
                else:
                    _take(found, identifier, _Known(_stored(raw, place), bool(voided)))
        return await self._without_void({**found, **await self._won(ids)})

    async def _known(self, identifiers: Collection[UUID]) -> dict[UUID, "_Known"]:
        """The winners of these ids, voided ones too."""
        return await self._without_void(await self._won(identifiers))

    async def _won(self, identifiers: Collection[UUID]) -> dict[UUID, "_Known"]:
        found: dict[UUID, _Known] = {}
        for some in batched(map(str, identifiers), ASKED):
            for identifier, raw, place, voided in await self._rows(
                "lrs/statements_by_ids", ids=some
            ):
                _take(found, identifier, _Known(_stored(raw, place), bool(voided)))
        return found

    async def _without_void(self, found: Mapping[UUID, "_Known"]) -> dict[UUID, "_Known"]:
        """The same, voided only where the voiding statement won itself."""
        perhaps = [identifier for identifier, each in found.items() if each.voided]
        surely = await self._voided(perhaps) if perhaps else set()
        return {i: each._replace(voided=i in surely) for i, each in found.items()}

    async def _voided(self, identifiers: Collection[UUID]) -> set[UUID]:
        """Those that a voiding statement undoes which itself lost to no other delivery."""
        ids = [str(each) for each in identifiers]
        return {row[0] for row in await self._rows("lrs/voided_ids", ids=ids)}

    async def voided(self, identifier: UUID) -> bool:
        """Whether a voiding statement undoes the one with this id, should it come."""
        return bool(await self._voided([identifier]))

    async def ready(self) -> bool:
        """Whether the warehouse answers."""
        try:
            await self._rows("lrs/answers")
        except Unavailable:
            return False
        return True

    async def _rows(self, name: str, **parameters: object) -> Rows:
        try:
            return await asyncio.to_thread(self._warehouse.rows, name, **parameters)
        except WarehouseError as error:
            raise Unavailable("the warehouse does not answer; try again") from error


def batched(some: Iterable[T], size: int) -> Iterator[list[T]]:
    """Lists of at most `size`."""
    every = iter(some)
    while part := list(islice(every, size)):
        yield part


def _take(found: dict[UUID, _Known], identifier: UUID, one: _Known) -> None:
    """Of several under one id, which a merge has not yet made one, the first in position stays."""
    before = found.get(identifier)
    if before is None or one.stored.position < before.stored.position:
        found[identifier] = one


def _stored(raw: str | bytes, place: str) -> Stored:
    """Stored is when the log took a statement; its position begins with it."""
    position = int(place)
    at = BEGINNING + timedelta(milliseconds=position >> keys.TIME_SHIFT)
    return Stored(_bytes(raw), at, position)


def _bytes(raw: str | bytes) -> bytes:
    return raw.encode() if isinstance(raw, str) else raw
