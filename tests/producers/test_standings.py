"""How connections stand, as parts tell it: what changed at once, everything again, a day by day."""

import asyncio
from concurrent.futures import Future
from typing import Any

import pytest

from bus import connections
from bus.connections import Standing
from bus.errors import BrokerUnavailable
from bus.topics import CONNECTIONS
from producers.connector import Disposition
from producers.errors import TooLarge, Unavailable, Unsigned
from producers.standings import ALL_EVERY, Known, Standings

#: Noon of 2026-06-15, UTC.
NOON = 1_781_524_800.0
DAY = 86_400.0


class Kafka:
    """The broker's fake: keeps what is told, or is away."""

    def __init__(self) -> None:
        self.told: list[Standing] = []
        self.away = False

    def publish(
        self, topic: str, key: bytes | None, value: bytes, headers: Any = ()
    ) -> "Future[None]":
        if self.away:
            raise BrokerUnavailable("Kafka does not answer")
        assert topic == CONNECTIONS.name
        standing = connections.decode(value)
        assert key == standing.connection.encode()
        self.told.append(standing)
        done: Future[None] = Future()
        done.set_result(None)
        return done

    def taken(self) -> list[Standing]:
        """What was told since this was asked last."""
        told, self.told = self.told, []
        return told


class Part:
    """A part's standings, its clock and what it looks after."""

    def __init__(self) -> None:
        self.now = NOON
        self.known = [
            Known("chat", "slack", "Slack"),
            Known("notes", "hypothesis", "Hypothesis", "annotations", 300.0),
        ]
        self.kafka = Kafka()
        self.standings = Standings("hooks", lambda: self.known, lambda: self.now)

    def told(self, after: float = 2.0) -> list[Standing]:
        """What is told some seconds later."""
        self.now += after
        asyncio.run(self.standings.told(self.kafka))
        return self.kafka.taken()


@pytest.fixture
def part() -> Part:
    return Part()


def test_a_connection_that_never_sent_is_told_too(part: Part) -> None:
    chat, notes = part.told()
    assert (chat.connection, chat.connector, chat.platform, chat.stream) == (
        "chat", "slack", "Slack", "",
    )  # fmt: skip
    assert (notes.stream, notes.every) == ("annotations", 300.0)
    assert chat.delivered is None
    assert notes.read is None
    assert chat.began == NOON
    assert chat.day == "2026-06-15"
    assert chat.run == notes.run


def test_what_changed_is_told_and_the_rest_once_a_minute(part: Part) -> None:
    part.told()
    assert part.told() == []
    part.standings.delivered("chat", 3, Disposition.MAPPED)
    part.standings.delivered("chat", 0, Disposition.REJECTED)
    (chat,) = part.told()
    assert (chat.accepted, chat.delivered) == (3, part.now - 2)
    assert chat.refused == {"not understood": 1}
    assert part.told() == []
    assert {each.connection for each in part.told(ALL_EVERY)} == {"chat", "notes"}


def test_refusals_are_counted_by_class_and_never_with_what_was_sent(part: Part) -> None:
    for error in (Unsigned("a secret"), Unsigned("another"), TooLarge("much"), Unavailable("now")):
        part.standings.refused("chat", error)
    (chat, _) = part.told()
    assert chat.refused == {"signature": 2, "size": 1}
    assert chat.delivered is None


def test_a_page_and_the_end_of_a_stream_are_told_apart(part: Part) -> None:
    found = [Disposition.MAPPED, Disposition.UNSUPPORTED, Disposition.IGNORED]
    part.standings.found("notes", "annotations", 2, found)
    notes = {each.connection: each for each in part.told()}["notes"]
    assert (notes.accepted, notes.read, notes.refused) == (2, None, {"unknown kind": 1})
    part.standings.read("notes", "annotations")
    at = part.now
    (notes,) = part.told()
    assert notes.read == at


def test_a_stream_that_cannot_be_read_is_told_until_it_can_be_again(part: Part) -> None:
    part.told()
    part.standings.failed("notes", "annotations")
    (notes,) = part.told()
    assert notes.failing
    part.standings.failed("notes", "annotations")
    assert part.told() == []
    tomorrow = [each for each in part.told(DAY) if each.connection == "notes"]
    assert {each.failing for each in tomorrow} == {True}
    assert tomorrow[-1].day == "2026-06-16"
    part.standings.read("notes", "annotations")
    (notes,) = part.told()
    assert not notes.failing


def test_a_day_is_counted_by_itself(part: Part) -> None:
    part.standings.delivered("chat", 3, Disposition.MAPPED)
    part.told()
    part.standings.delivered("chat", 2, Disposition.MAPPED)
    told = part.told(DAY)
    days = {(each.connection, each.day): each for each in told}
    assert days["chat", "2026-06-15"].accepted == 5
    assert days["chat", "2026-06-16"].accepted == 0
    assert days["chat", "2026-06-16"].delivered is None
    part.standings.delivered("chat", 1, Disposition.MAPPED)
    (chat,) = part.told()
    assert (chat.day, chat.accepted) == ("2026-06-16", 1)


def test_one_that_is_no_more_is_told_no_more_and_a_new_one_at_once(part: Part) -> None:
    part.told()
    part.known = [Known("code", "github")]
    (code,) = part.told()
    assert code.connection == "code"
    assert {each.connection for each in part.told(ALL_EVERY + 1)} == {"code"}


def test_what_kafka_did_not_take_is_told_when_it_is_back(part: Part) -> None:
    part.told()
    part.standings.delivered("chat", 3, Disposition.MAPPED)
    part.kafka.away = True
    assert part.told() == []
    part.kafka.away = False
    (chat,) = part.told()
    assert chat.accepted == 3
