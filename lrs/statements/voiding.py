"""Voiding statements (Part Two 2.3.2): what one undoes, and who may undo what others wrote.

Who has the scope `statements/void` may undo every statement, another one those that have the same
authority. The pipeline holds to that whatever comes first, the statement or the one that undoes it
(docs/decisions/voiding.md); what can be known when it comes is refused here.
"""

import contextlib
import hashlib
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Protocol
from uuid import UUID

import msgspec

from lrs.errors import Unavailable
from lrs.statements.reader import Stored
from xapi.batch import Batch
from xapi.identity import canonical
from xapi.statement import VOIDED

RULE = "voids a statement of another authority, which needs the scope statements/void"
SECTION = "Part Two 2.3.2"
DIGEST_BYTES = 16

_VOIDED = VOIDED.encode()


class _Object(msgspec.Struct):
    id: str = ""
    objectType: str = ""


class _Verb(msgspec.Struct):
    id: str = ""


class _Voiding(msgspec.Struct):
    verb: _Verb
    object: _Object


class _Signed(msgspec.Struct):
    authority: dict[str, Any] = {}


_voiding = msgspec.json.Decoder(_Voiding)
_signed = msgspec.json.Decoder(_Signed)


def target(line: bytes) -> UUID | None:
    """The id that a statement undoes; None where it is no voiding one."""
    with contextlib.suppress(ValueError):
        said = _voiding.decode(line)
        if said.verb.id == VOIDED and said.object.objectType == "StatementRef":
            return UUID(said.object.id)
    return None


def authority(line: bytes) -> str:
    """The canonical identifier of who wrote a statement."""
    return canonical(_signed.decode(line).authority)


def digest(identifier: str) -> bytes:
    """A short form of an identifier."""
    return hashlib.blake2b(identifier.encode(), digest_size=DIGEST_BYTES).digest()


class Log(Protocol):
    """The end of the log."""

    def find(self, ids: Sequence[bytes]) -> dict[bytes, int]:
        """The positions of those ids that are there."""

    async def statement(self, position: int) -> Stored | None:
        """The statement at a position."""


class Stock(Protocol):
    """What is stored."""

    async def by_ids(self, identifiers: Collection[UUID]) -> Mapping[UUID, Stored]:
        """The statements that are known of these ids."""


class Foreign:
    """Which voiding statements of a batch undo what another authority wrote."""

    def __init__(self, log: Log, stock: Stock) -> None:
        self._log = log
        self._stock = stock

    async def places(self, batch: Batch) -> list[int]:
        """Their places, as far as can be known now: a target may come later, or not be read."""
        targets = {
            place: found
            for place, line in enumerate(batch.lines)
            if _VOIDED in line and (found := target(line)) and found not in batch.ids
        }
        if not targets:
            return []
        known = await self._authorities(set(targets.values()))
        return [
            place
            for place, identifier in targets.items()
            if known.get(identifier, authority(batch.lines[place])) != authority(batch.lines[place])
        ]

    async def _authorities(self, identifiers: set[UUID]) -> dict[UUID, str]:
        found: dict[UUID, str] = {}
        # What cannot be asked is decided where it is stored.
        with contextlib.suppress(Unavailable):
            places = self._log.find([each.bytes for each in identifiers])
            for identifier, position in places.items():
                stored = await self._log.statement(position)
                if stored is not None:
                    found[UUID(bytes=identifier)] = authority(stored.raw)
            left = identifiers - found.keys()
            if left:
                stock = await self._stock.by_ids(sorted(left))
                found |= {each: authority(stored.raw) for each, stored in stock.items()}
        return found
