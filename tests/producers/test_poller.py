"""The poller: what a tool has is read page by page into the real broker, once, and gone on with."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import orjson
import pytest

from bus import connections, nudges, records
from bus.connections import Standing
from bus.publisher import Publisher
from bus.topics import CONNECTIONS, CURSORS, REJECTED, STATEMENTS
from producers import poller as polling
from producers.connections import Connection
from producers.connector import Client, Connector, Found, Options, Page, Poll, Reply
from producers.intake import Intake
from producers.poller import Poller
from producers.polling import cursors
from producers.polling.errors import Refused, Unavailable
from producers.settings import PollerSettings
from producers.statements import activity, agent, statement
from serving import tasks
from tests.topics import held
from tests.waiting import comes
from xapi.ids import statement_id

pytestmark = pytest.mark.integration

HOST = "https://toy.headwater.invalid"
SIZE = 2
#: What is known of a connection that nobody has told of.
NOT_TOLD = Standing("", "", "", "", "", "", 0.0, 0.0)


class Toy:
    """A tool that has notes, and gives a page of them from a number on."""

    def __init__(self, notes: int) -> None:
        self.notes = [{"id": number, "kind": "note.written"} for number in range(1, notes + 1)]
        self.asked: list[tuple[str, int]] = []
        self.refusing: set[str] = set()
        self.away = self.closed = False

    async def get(self, path: str, **parameters: str | int) -> Reply:
        since = int(parameters["since"])
        self.asked.append((path, since))
        if self.away:
            raise Unavailable(f"{HOST}/{path} does not answer")
        if path in self.refusing:
            raise Refused(f"{HOST}/{path} answers 401: bad token")
        return Reply([note for note in self.notes if note["id"] > since][:SIZE])  # type: ignore[operator]

    async def post(self, path: str, content: Any) -> Reply:
        raise NotImplementedError

    def pages(
        self, path: str, next_of: Any = None, **parameters: str | int
    ) -> AsyncIterator[Reply]:
        raise NotImplementedError

    async def close(self) -> None:
        self.closed = True


async def notes(client: Client, _: Options, cursor: str) -> AsyncIterator[Page]:
    since = int(cursor or 0)
    while found := (await client.get("notes", since=since)).content:
        since = found[-1]["id"]
        yield Page([Found(note["kind"], note) for note in found], str(since))


async def others(client: Client, _: Options, cursor: str) -> AsyncIterator[Page]:
    reply = await client.get("others", since=int(cursor or 0))
    yield Page([], str(len(reply.content)))


def connector(**streams: Any) -> Connector:
    made = Connector("toy", "Toy", HOST, poll=Poll(streams, 3_600.0, lambda _: HOST))

    @made.maps("note.written")
    def written(event: Mapping[str, Any], _: Options) -> list[dict[str, Any]]:
        at = "2026-03-02T09:00:00Z"
        target = activity(f"{HOST}/notes/{event['id']}", "issue", "a note")
        return [
            statement(
                statement_id("toy", f"note:{event['id']}"),
                agent(HOST, "anna"),
                "commented",
                target,
                behaviour="record",
                platform="Toy",
                at=at,
                topic="notes",
            )
        ]

    return made


def intake(name: str, **streams: Any) -> Intake:
    return Intake(Connection(name, connector(**streams), b"", token=b"t"), real=True)


@asynccontextmanager
async def reading(kafka: str, toy: Toy, *intakes: Intake) -> AsyncIterator[Poller]:
    settings = PollerSettings(kafka=kafka)
    each = {one.connection.name: one for one in intakes}
    poller = Poller(settings, each, api_of=lambda _: toy)
    async with tasks.running("poller", poller.works):
        yield poller
    await poller.close()


def ids(kafka: str, name: str) -> list[str]:
    """The ids of the statements that a connection brought."""
    found = []
    for record in held(kafka, STATEMENTS):
        if records.source(record.headers) == f"hook:{name}":
            found += [orjson.loads(line)["id"] for line in records.lines(record.value)]
    return found


def note_ids(count: int) -> list[str]:
    return [str(statement_id("toy", f"note:{number}")) for number in range(1, count + 1)]


def test_a_stream_is_read_to_its_end_and_gone_on_with_where_it_was_left(kafka: str) -> None:
    toy = Toy(5)

    async def scenario() -> None:
        async with reading(kafka, toy, intake("first", notes=notes)) as poller:
            await comes(lambda: len(toy.asked) == 4)
        assert poller.read_until()[0]["stream"] == "first/notes"
        toy.notes.append({"id": 6, "kind": "note.written"})
        async with reading(kafka, toy, intake("first", notes=notes)):
            await comes(lambda: len(toy.asked) == 6)

    asyncio.run(scenario())
    assert [since for _, since in toy.asked] == [0, 2, 4, 5, 5, 6]
    assert sorted(ids(kafka, "first")) == sorted(note_ids(6))
    assert toy.closed


def test_the_cursor_moves_only_after_what_was_before_it_is_durable(kafka: str) -> None:
    """A poller that falls between the two reads the page again; its statements are the same."""
    toy = Toy(4)

    async def falls(client: Client, options: Options, cursor: str) -> AsyncIterator[Page]:
        async for page in notes(client, options, cursor):
            yield page
            raise Refused("the tool went away")

    async def scenario() -> None:
        async with reading(kafka, toy, intake("second", notes=falls)) as poller:
            await comes(lambda: poller.streams[0].progress.error)
        known = await cursors.read(kafka)
        stood = known.of("second", "notes")
        assert stood
        assert stood.mark == "2"
        async with reading(kafka, toy, intake("second", notes=notes)):
            await comes(lambda: toy.asked[-1][1] == 4)

    asyncio.run(scenario())
    assert ids(kafka, "second") == note_ids(4)


def test_what_no_mapper_knows_is_kept_with_its_reason(kafka: str) -> None:
    toy = Toy(3)
    toy.notes[1]["kind"] = "note.burnt"

    async def scenario() -> None:
        async with reading(kafka, toy, intake("third", notes=notes)):
            await comes(lambda: toy.asked and toy.asked[-1][1] == 3)

    asyncio.run(scenario())
    assert ids(kafka, "third") == [note_ids(3)[0], note_ids(3)[2]]
    said = [orjson.loads(record.value) for record in held(kafka, REJECTED)]
    (kept,) = [each for each in said if each["source"] == "hook:third"]
    assert kept["kind"] == "unsupported"
    assert "note.burnt" in kept["reason"]
    assert orjson.loads(kept["body"]) == {"id": 2, "kind": "note.burnt"}


def test_a_stream_that_is_refused_is_told_at_once_and_the_others_go_on(kafka: str) -> None:
    toy = Toy(2)
    toy.refusing = {"others"}

    async def scenario() -> list[Any]:
        async with reading(kafka, toy, intake("fourth", notes=notes, others=others)) as poller:
            await comes(lambda: len(toy.asked) == 3)
            await comes(lambda: poller.streams[1].progress.error)
            return [each for each in poller.problems if each]

    (told,) = asyncio.run(scenario())
    assert ids(kafka, "fourth") == note_ids(2)
    assert "others" in told.what
    assert "401" in told.detail
    assert "token" in told.do


def test_a_tool_that_does_not_answer_is_told_after_a_while(
    kafka: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(polling, "LATE_SECONDS", 3.0)
    monkeypatch.setattr(polling, "AGAIN_SECONDS", 0.1)
    toy = Toy(2)
    toy.away = True

    async def scenario() -> None:
        async with reading(kafka, toy, intake("away", notes=notes)) as poller:
            (stream,) = poller.streams
            await comes(lambda: stream.failures)
            assert stream.progress.problem is None
            await comes(lambda: stream.progress.problem is not None)
            toy.away = False
            await comes(lambda: stream.progress.problem is None)

    asyncio.run(scenario())


def test_a_stream_that_was_not_read_is_tried_again_long_before_its_interval_is_over(
    kafka: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(polling, "AGAIN_SECONDS", 0.01)
    toy = Toy(2)
    toy.refusing = {"notes"}

    async def scenario() -> None:
        async with reading(kafka, toy, intake("again", notes=notes)) as poller:
            (stream,) = poller.streams
            await comes(lambda: stream.failures >= 3)
            await comes(lambda: connections.decode(newest(kafka, "again")).failing)
            toy.refusing = set()
            await comes(lambda: stream.rounds)
            assert stream.failures == 0
            await comes(lambda: not connections.decode(newest(kafka, "again")).failing)

    asyncio.run(scenario())
    assert ids(kafka, "again") == note_ids(2)


def newest(kafka: str, connection: str) -> bytes:
    """The last standing that was told of a connection."""
    told = [each.value for each in held(kafka, CONNECTIONS) if each.key == connection.encode()]
    return bytes(told[-1]) if told else connections.message(NOT_TOLD).value


def test_a_nudge_makes_the_poller_look_at_once(kafka: str) -> None:
    toy = Toy(1)

    async def scenario() -> None:
        async with reading(kafka, toy, intake("fifth", notes=notes)):
            await comes(lambda: len(toy.asked) == 2)
            toy.notes.append({"id": 2, "kind": "note.written"})
            with Publisher(kafka) as sink:
                # Until it is heard: the listener may still be on its way to the topic's end.
                async with asyncio.timeout(60):
                    while len(toy.asked) == 2:
                        done = sink.publish(*nudges.message("fifth", "notes"))
                        await asyncio.wrap_future(done)
                        await asyncio.sleep(0.2)
            await comes(lambda: toy.asked[-1][1] == 2)

    asyncio.run(scenario())
    assert ids(kafka, "fifth") == note_ids(2)


def test_a_connection_without_a_token_is_not_asked() -> None:
    silent = Intake(Connection("sixth", connector(notes=notes), b"", token=b""))
    assert Poller(PollerSettings(), {"sixth": silent}, api_of=lambda _: Toy(1)).streams == []


def test_the_topic_of_cursors_holds_one_record_a_stream() -> None:
    assert CURSORS.partitions == 1
    assert CURSORS.config["cleanup.policy"] == "compact"
