"""The LRS's boundaries without Kafka and without a warehouse: a fake at each."""

import asyncio
import json
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from bus import records
from bus.records import Position, Record
from lrs.documents.log import Named
from lrs.log.publisher import Place
from lrs.statements.reader import Definition, Range, Stored
from tests.lrs import meaning
from xapi.documents import Document, Intent, Key, Outcome, decide
from xapi.identity import canonical

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


class FakePublisher:
    """Keeps records instead of sending them; refuses with `refusal` where one is set."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.rejected: list[bytes] = []
        self.loads: list[tuple[str, list[tuple[bytes, bytes]], tuple[bytes, bytes]]] = []
        self.refusal: Exception | None = None

    async def run(self) -> None:
        """Nothing to connect."""
        await asyncio.Event().wait()

    async def publish(self, record: Record) -> Place:
        """Keeps the record, or raises what the test set."""
        if self.refusal is not None:
            raise self.refusal
        self.records.append(record)
        return Place(0, len(self.records), int(FRONTIER.timestamp() * 1000) + len(self.records))

    async def reject(self, messages: Sequence[bytes]) -> None:
        """Keeps messages, or raises what the test set."""
        if self.refusal is not None:
            raise self.refusal
        self.rejected += messages

    async def load(
        self, topic: str, entries: Sequence[tuple[bytes, bytes]], closing: tuple[bytes, bytes]
    ) -> None:
        """Keeps the load, or raises what the test set."""
        if self.refusal is not None:
            raise self.refusal
        self.loads.append((topic, list(entries), closing))

    async def ready(self) -> bool:
        """Whether nothing is refused."""
        return self.refusal is None


class FakeReader:
    """Reads statements from a list, in the order of their positions."""

    def __init__(self) -> None:
        self.stored: list[tuple[UUID, Stored]] = []

    def add(self, identifier: UUID, raw: bytes) -> Stored:
        """A statement stored one second after the last."""
        number = len(self.stored)
        found = Stored(raw, FRONTIER + timedelta(seconds=number), (1 << 80) + number)
        self.stored.append((identifier, found))
        return found

    async def one(self, identifier: UUID, voided: bool = False) -> Stored | None:
        """The statement with an id that is, or is not, voided."""
        if (identifier in self._voided()) != voided:
            return None
        return self._known().get(identifier)

    async def several(self, wanted: Range) -> Sequence[Stored]:
        """A page as the warehouse would give it."""
        known, voided = self._known(), self._voided()
        said = {identifier: meaning.parsed(each.raw) for identifier, each in known.items()}
        found = [
            each
            for identifier, each in known.items()
            if self._fits(each, wanted)
            and identifier not in voided
            and meaning.matches(said[identifier], wanted, said)
        ]
        found.sort(key=lambda each: each.position, reverse=not wanted.ascending)
        return found[: wanted.limit]

    async def by_ids(self, identifiers: Collection[UUID]) -> Mapping[UUID, Stored]:
        """The statements of these ids."""
        return {known: each for known, each in self._known().items() if known in identifiers}

    async def voided(self, identifier: UUID) -> bool:
        """Whether a voiding statement undoes it."""
        return identifier in self._voided()

    async def definitions(self, activities: Collection[str]) -> Mapping[str, Sequence[Definition]]:
        """The distinct definitions of activities, the first first."""
        found: dict[str, list[Definition]] = {}
        for each in sorted(self._known().values(), key=lambda one: one.position):
            for _, activity in meaning.activities(meaning.parsed(each.raw)):
                if activity.get("id") in activities and activity.get("definition"):
                    raw = json.dumps(activity["definition"]).encode()
                    known = found.setdefault(activity["id"], [])
                    if raw not in [one.raw for one in known]:
                        known.append(Definition(raw, each.position, "lrs:tool"))
        return found

    async def names(self, agent: str) -> Sequence[str]:
        """The distinct names of an agent, the first first."""
        found: dict[str, None] = {}
        for each in self._known().values():
            for actor in meaning.people(meaning.parsed(each.raw)):
                if canonical(actor) == agent and isinstance(actor.get("name"), str):
                    found[actor["name"]] = None
        return list(found)

    def _known(self) -> dict[UUID, Stored]:
        """The winners: the first of each id."""
        return dict(reversed(self.stored))

    def _voided(self) -> set[UUID]:
        return meaning.voided(meaning.parsed(each.raw) for each in self._known().values())

    def _fits(self, found: Stored, wanted: Range) -> bool:
        if wanted.beyond is not None:
            beyond = found.position - wanted.beyond
            if (beyond <= 0) if wanted.ascending else (beyond >= 0):
                return False
        ends = [at for at in (wanted.until, wanted.through) if at is not None]
        return (wanted.since is None or found.stored > wanted.since) and all(
            found.stored <= at for at in ends
        )

    async def ready(self) -> bool:
        """Always."""
        return True


class FakeDocuments:
    """Decides at once, in memory; refuses with `refusal` where one is set."""

    following = True
    problems = ()

    def __init__(self) -> None:
        self.stored: dict[Key, Document] = {}
        self.written: list[tuple[Key, Intent]] = []
        self.refusal: Exception | None = None
        self.now = 1_717_144_200_000

    async def run(self) -> None:
        """Nothing to follow."""
        await asyncio.Event().wait()

    async def write(self, key: Key, intent: Intent) -> Outcome:
        """Decides a write, a second after the last."""
        if self.refusal is not None:
            raise self.refusal
        self.written.append((key, intent))
        self.now += 1000
        if key.whole:
            self.stored = {k: v for k, v in self.stored.items() if not key.covers(k)}
            return Outcome(204, None)
        outcome = decide(key.context.kind, self.stored.get(key), intent, self.now)
        if outcome.document is None:
            self.stored.pop(key, None)
        else:
            self.stored[key] = outcome.document
        return outcome

    async def read(self, key: Key) -> Document | None:
        """The document."""
        if self.refusal is not None:
            raise self.refusal
        return self.stored.get(key)

    async def listed(self, whole: Key, since: int | None) -> Sequence[Named]:
        """Those that the key stands for."""
        found = sorted((v.updated, k.name) for k, v in self.stored.items() if whole.covers(k))
        latest = {name: at for at, name in found if since is None or at > since}
        return [Named(name, at) for name, at in latest.items()]
