"""What the tables must hold, worked out in plain Python from the log alone.

Nothing of the pipeline is used: the topic is read whole with kafka-python; the winner rule,
voiding, pseudonyms and days are written here a second time, as simply as they can be said.
"""

import hashlib
import hmac
import json
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from kafka import TopicPartition

from bus import clients

VOIDED = "http://adlnet.gov/expapi/verbs/voided"


@dataclass(frozen=True, order=True)
class Place:
    """Append time in ms, partition, offset, line: the order of the log. And who sent the record."""

    appended: int
    partition: int
    offset: int
    line: int
    source: str = field(default="", compare=False)


@dataclass(frozen=True)
class Fact:
    """An event as `learning.events` must show it."""

    time: int
    account: int
    behaviour: str


@dataclass
class Expected:
    """Every table's content, by what identifies a row."""

    statements: dict[str, tuple[Place, bytes]] = field(default_factory=dict)
    voided: set[str] = field(default_factory=set)
    facts: dict[str, Fact] = field(default_factory=dict)
    conflicts: set[str] = field(default_factory=set)
    poison: set[str] = field(default_factory=set)
    days: dict[tuple[date, str], tuple[int, int]] = field(default_factory=dict)


def log(bootstrap: clients.At) -> Iterator[tuple[Place, bytes]]:
    """Every line of xapi.statements, in no particular order."""
    consumer = clients.blocking_consumer(
        bootstrap, enable_auto_commit=False, auto_offset_reset="earliest"
    )
    numbers = consumer.partitions_for_topic("xapi.statements")
    assert numbers, "the topic xapi.statements does not exist"
    partitions = [TopicPartition("xapi.statements", number) for number in numbers]
    consumer.assign(partitions)
    consumer.seek_to_beginning(*partitions)
    ends = consumer.end_offsets(partitions)
    while any(consumer.position(p) < ends[p] for p in partitions):
        for records in consumer.poll(timeout_ms=1000).values():
            for record in records:
                source = dict(record.headers).get("source", b"").decode()
                for number, line in enumerate((record.value or b"").split(b"\n")):
                    yield (
                        Place(record.timestamp, record.partition, record.offset, number, source),
                        line,
                    )
    consumer.close()


def expected(
    lines: Iterable[tuple[Place, bytes]], key: bytes, behaviour: Callable[[dict[str, Any]], str]
) -> Expected:
    """What the tables must hold for these lines; `behaviour` classifies a statement."""
    result = Expected()
    arrivals: dict[str, list[tuple[Place, bytes]]] = defaultdict(list)
    for place, line in lines:
        try:
            identifier = str(uuid.UUID(json.loads(line)["id"]))
        except (ValueError, KeyError, TypeError, AttributeError):
            result.poison.add(_path(place))
            continue
        arrivals[identifier].append((place, line))
    for identifier, found in arrivals.items():
        found.sort()
        result.statements[identifier] = found[0]
        first = _content(found[0][1])
        for place, line in found[1:]:
            if _content(line) != first:
                result.conflicts.add(_path(place))
    for place, line in result.statements.values():
        statement = json.loads(line)
        if statement["verb"]["id"] == VOIDED:
            target = statement["object"]["id"]
            _, its = result.statements.get(target, (None, b"{}"))
            own = json.loads(its).get("authority") == statement["authority"]
            if own or "#no-void" not in place.source:
                result.voided.add(target)
    days: dict[tuple[date, str], list[int]] = defaultdict(list)
    for identifier, (place, line) in result.statements.items():
        statement = json.loads(line)
        if statement["verb"]["id"] == VOIDED or identifier in result.voided:
            continue
        fact = Fact(
            _time(statement, place), _pseudonym(key, statement["actor"]), behaviour(statement)
        )
        result.facts[identifier] = fact
        day = datetime.fromtimestamp(fact.time / 1000, UTC).date()
        days[day, fact.behaviour].append(fact.account)
    result.days = {cell: (len(who), len(set(who))) for cell, who in days.items()}
    return result


def _content(line: bytes) -> Any:
    statement = json.loads(line)
    return {k: v for k, v in statement.items() if k not in ("authority", "stored", "version")}


#: Moments that lie from 1970-01-02 to 2105-12-31 in every time zone; others count at the nearer
#: end.
FIRST = datetime(1970, 1, 2, 12, tzinfo=UTC)
LAST = datetime(2105, 12, 31, 9, 59, 59, 999_000, tzinfo=UTC)


def _time(statement: dict[str, Any], place: Place) -> int:
    if "timestamp" not in statement:
        return place.appended
    moment = datetime.fromisoformat(statement["timestamp"])
    return round(min(max(moment, FIRST), LAST).timestamp() * 1000)


def _pseudonym(key: bytes, actor: dict[str, Any]) -> int:
    account = actor["account"]
    identifier = f"account:{account['homePage'].rstrip('/')}|{account['name']}"
    return int.from_bytes(hmac.new(key, identifier.encode(), hashlib.sha256).digest()[:8], "big")


def _path(place: Place) -> str:
    return f"xapi.statements/{place.partition}/{place.offset}/{place.line}"
