"""Reads by id that see what was just written: the end of the log first, then the warehouse."""

from uuid import UUID

import msgspec

from lrs.log.tail import Accepted
from lrs.statements.reader import Reader, Stored
from xapi.statement import VOIDED


class _Verb(msgspec.Struct):
    id: str = ""


class _Said(msgspec.Struct):
    verb: _Verb


_said = msgspec.json.Decoder(_Said)


class ReadYourWrites:
    """The statement with an id, as of now."""

    def __init__(self, log: Accepted, reader: Reader) -> None:
        self._log = log
        self._reader = reader

    async def one(self, identifier: UUID, voided: bool = False) -> Stored | None:
        """The statement with an id that is not voided; with `voided` only one that is (2.1.3)."""
        place = self._log.find([identifier.bytes]).get(identifier.bytes)
        if place is None and not self._log.perhaps_voided(identifier):
            return await self._reader.one(identifier, voided)
        if place is None:
            found = (await self._reader.by_ids([identifier])).get(identifier)
        else:
            found = await self._log.statement(place)
        if found is None:
            return None
        if _said.decode(found.raw).verb.id == VOIDED:  # these cannot be voided (Part Two 2.3.2)
            return None if voided else found
        undone = self._log.voided(identifier, found.raw) or await self._reader.voided(identifier)
        return found if undone == voided else None
