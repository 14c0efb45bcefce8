"""xapi.statements → learning.events: who (as a pseudonym), what they did, what it means.

Account → pseudonym → person where known; statement → behaviour. Each statement becomes one event.
Events of a partition share records, a line each (docs/decisions/events-share.md); those of a person
stay in one partition, in order. Names and addresses stay behind: only `vault.account_rows` keeps
which identifier a pseudonym stands for.
"""

from collections.abc import Awaitable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import orjson
from aiokafka import AIOKafkaProducer
from prometheus_client import Counter

from bus import records
from bus.records import Position
from bus.topics import EVENTS, STATEMENTS
from streams.app import Worker
from streams.batches import Message
from streams.pseudonyms import Pseudonyms
from streams.retry import until_available
from xapi import days, vocabulary
from xapi.durations import seconds
from xapi.event import Event, encoded
from xapi.formats import is_uuid, plain_timestamp
from xapi.identity import canonical

CLASSIFIED = Counter("headwater_classified_events", "Events written to learning.events")
#: Records of statements taken together, and how long the first waits for others, in seconds.
TAKE = 500
WITHIN = 0.1
#: A record of learning.events takes no further event past so many bytes.
RECORD_BYTES = 32 * 1024


class Unclassifiable(Exception):
    """A statement that the recorder accepts and no event can be made of."""


def event_of(
    line: bytes, position: Position, source: str, pseudonyms: Pseudonyms, seen: dict[str, int]
) -> Event | None:
    """The event of one statement; None for voids, and for lines that the recorder refuses (what is
    no JSON, or has no id or verb).

    `seen` gathers the identifiers met and their pseudonyms.

    Raises Unclassifiable where the recorder takes the line and its parts have the wrong shape.
    """
    try:
        statement = orjson.loads(line)
        if not is_uuid(statement["id"]):
            UUID(statement["id"])  # in another form, or an error
        if not isinstance(statement["verb"]["id"], str):
            return None
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
    try:
        return _event(statement, position, source, pseudonyms, seen)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise Unclassifiable(f"{type(error).__name__}: {error}") from error


def _event(
    statement: Mapping[str, Any],
    position: Position,
    source: str,
    pseudonyms: Pseudonyms,
    seen: dict[str, int],
) -> Event | None:
    verb = vocabulary.canonical_iri(statement["verb"]["id"])
    if verb == vocabulary.VERBS["voided"]:
        return None
    target = statement.get("object") or {}
    context = statement.get("context") or {}
    extensions = context.get("extensions") or {}
    definition = target.get("definition") or {}
    behaviour = vocabulary.behaviour_of(statement)
    duration = (statement.get("result") or {}).get("duration")
    return Event(
        id=statement["id"],
        time=_milliseconds(statement.get("timestamp"), position.appended_ms),
        account=_pseudonym(statement.get("actor"), pseudonyms, seen),
        counterpart=_pseudonym(extensions.get(vocabulary.COUNTERPART), pseudonyms, seen),
        tool=_tool(statement, context),
        behaviour=behaviour.name,
        scaffold=behaviour.scaffold,
        know=behaviour.know,
        verb=verb,
        object="" if target.get("objectType") in _PEOPLE else str(target.get("id", "")),
        object_type=vocabulary.canonical_iri(definition.get("type", "")),
        topic=_topic(extensions, context),
        duration=seconds(duration) if isinstance(duration, str) else 0.0,
        source=source,
        position=str(position.as_uint128()),
    )


_PEOPLE = frozenset(("Agent", "Group"))


def _pseudonym(actor: Any, pseudonyms: Pseudonyms, seen: dict[str, int]) -> int:
    identifier = canonical(actor) if isinstance(actor, dict) else ""
    if not identifier:
        return 0
    account = pseudonyms.account(identifier)
    seen[identifier] = account
    return account


def _milliseconds(timestamp: str | None, appended_ms: int) -> int:
    if not timestamp:
        return days.moment(appended_ms)
    moment = datetime.fromisoformat(plain_timestamp(timestamp))
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return days.moment(int(moment.timestamp() * 1000))


def _tool(statement: Mapping[str, Any], context: Mapping[str, Any]) -> str:
    if context.get("platform"):
        return str(context["platform"])
    home = ((statement.get("actor") or {}).get("account") or {}).get("homePage", "")
    return urlsplit(home).hostname or "xAPI"


def _topic(extensions: Mapping[str, Any], context: Mapping[str, Any]) -> str:
    if extensions.get(vocabulary.TOPIC):
        return str(extensions[vocabulary.TOPIC])
    activities = context.get("contextActivities") or {}
    for kind in ("parent", "grouping"):
        some = activities.get(kind) or ()
        for activity in (some,) if isinstance(some, dict) else some:
            names = (activity.get("definition") or {}).get("name") or {}
            return str(next(iter(names.values()), activity.get("id", "")))
    return ""


def events_of(
    values: Iterable[tuple[Position, str, bytes]],
    pseudonyms: Pseudonyms,
    seen: dict[str, int],
    refused: list[tuple[Position, str, bytes, str]],
) -> Iterator[Event]:
    """The events of some records (position of the first line, source, value).

    `refused` gathers what no event can be made of, with the reason.
    """
    for first, source, value in values:
        for number, line in enumerate(records.lines(value)):
            position = Position(first.appended_ms, first.partition, first.offset, number)
            try:
                event = event_of(line, position, source, pseudonyms, seen)
            except Unclassifiable as error:
                refused.append((position, source, line, str(error)))
                continue
            if event is not None:
                yield event


class Packing:
    """Packs events into records by partition, and sends each when it is large enough."""

    def __init__(self, producer: AIOKafkaProducer) -> None:
        self._producer = producer
        self._open: dict[int, _Record] = {}
        self._sent: list[Awaitable[Any]] = []

    async def add(self, key: int, event: bytes) -> None:
        """Adds one event; those of one key stay in order."""
        partition = key % EVENTS.partitions
        record = self._open.get(partition)
        if record is None:
            record = self._open[partition] = _Record(str(key).encode(), [], 0)
        record.events.append(event)
        record.size += len(event)
        if record.size >= RECORD_BYTES:
            await self._send(partition)

    async def finish(self) -> None:
        """Sends what is left and waits until every event is acknowledged."""
        for partition in list(self._open):
            await self._send(partition)
        for sent in self._sent:
            await sent

    async def _send(self, partition: int) -> None:
        record = self._open.pop(partition)
        value = records.DELIMITER.join(record.events)
        sent = await self._producer.send(
            EVENTS.name, key=record.key, value=value, partition=partition
        )
        self._sent.append(sent)


@dataclass(slots=True)
class _Record:
    key: bytes
    events: list[bytes]
    size: int


def register(worker: Worker) -> None:
    """Declares the processor."""
    known: set[int] = set()

    async def classify(messages: list[Message]) -> None:
        values = [
            (
                Position(int(m.timestamp * 1000 + 0.5), m.partition, m.offset, 0),
                records.source(m.headers.items() if isinstance(m.headers, dict) else m.headers),
                m.value or b"",
            )
            for m in messages
        ]
        seen: dict[str, int] = {}
        refused: list[tuple[Position, str, bytes, str]] = []
        packing = Packing(await worker.producer())
        count = 0
        for event in events_of(values, worker.pseudonyms, seen, refused):
            account = event.account
            await packing.add(worker.people.get(account, account), encoded(event))
            count += 1
        new = [(a, i) for i, a in seen.items() if a not in known]
        if new:
            await until_available(
                worker.warehouse.insert, "vault.account_rows", ("account", "identifier"), new
            )
            known.update(a for a, _ in new)
        await packing.finish()
        for position, source, line, reason in refused:
            where = f"{STATEMENTS.name}/{position.partition}/{position.offset}/{position.line}"
            await worker.reject(
                where, source=source, kind="unclassifiable", reason=reason, body=line
            )
        CLASSIFIED.inc(count)

    worker.process("classified", STATEMENTS, classify, most=TAKE, within=WITHIN)
