"""The demo's tools: each delivers and answers as the tool itself does, and names nobody real."""

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Any

import httpx
import pytest

from headwater.demo import accounts, asked, servers
from headwater.demo.acts import PAST, Act, acts, minutes
from headwater.demo.connections import CONNECTED, declared
from headwater.demo.deliveries import SENT, pulse, slack
from headwater.demo.event import Event
from headwater.demo.held import Held
from headwater.demo.organisation import Organisation
from headwater.demo.sender import _with_token
from headwater.embedded.datafolder import DataFolder
from producers.connections import Connection, load
from producers.connector import Found
from producers.intake import Intake, Outcome
from producers.loads import directory
from producers.polling.api import Api
from producers.polling.errors import Refused
from producers.polling.http import client
from producers.polling.users import wanted
from producers.signatures import Delivery
from tests.conftest import REPOSITORY
from xapi import synthetic

NOON = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)
#: Between two rounds of a poll.
LATER = timedelta(minutes=5)
HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def connected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Connection]:
    """The connections as the first start of a demo writes them."""
    return load(DataFolder(tmp_path_factory.mktemp("demo")).connections("github", declared()))


def delivered(organisation: Organisation, tool: str, until: datetime = NOON) -> list[Event]:
    """What a tool delivers in some hours."""
    return [
        event
        for minute in minutes(until - 3 * HOUR, until)
        for event in pulse(organisation, minute, [tool])
    ]


def taken(connection: Connection, event: Event, *, real: bool = False) -> Outcome:
    """What becomes of a delivery that is signed as the tool signs it."""
    webhook, beacon = connection.connector.webhook, connection.connector.beacon
    assert webhook
    body = json.dumps(event.body).encode()
    if beacon:
        now = event.at.timestamp()
        signed = _with_token(event, connection.secret)
        body = beacon.admit(signed, connection.options, connection.secret, now)
    said = {"content-type": "application/json", **event.headers}
    headers = webhook.signed(said, body, connection.secret, connection.options)
    outcome = Intake(connection, real=real).take(Delivery(headers, body))
    assert isinstance(outcome, Outcome)
    return outcome


def every(statement: Any) -> Iterator[str]:
    """All texts of a statement."""
    if isinstance(statement, dict):
        yield from chain.from_iterable(map(every, statement.values()))
    elif isinstance(statement, list):
        yield from chain.from_iterable(map(every, statement))
    elif isinstance(statement, str):
        yield statement


def test_ten_tools_are_connected(connected: dict[str, Connection]) -> None:
    assert len(connected) == 10
    assert connected.keys() == {"github", *CONNECTED}
    assert {*SENT, *servers.ASKED} == CONNECTED.keys()
    for name, connection in connected.items():
        assert connection.connector.name == name
        assert connection.polled == (name in servers.ASKED)
        assert bool(connection.secret) == (name == "github" or name in SENT)


@pytest.mark.parametrize("tool", sorted(SENT))
def test_each_delivery_is_one_statement_of_somebody_invented(
    organisation: Organisation,
    connected: dict[str, Connection],
    tool: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("headwater.demo.sender.time.time", NOON.timestamp)
    some = delivered(organisation, tool)
    ids = set()
    assert len(some) > 100
    for event in some:
        outcome = taken(connected[tool], event)
        assert outcome.disposition == "mapped", (event, outcome)
        assert outcome.accepted
        (line,) = outcome.accepted.lines
        said = json.loads(line)
        ids.add(said["id"])
        assert synthetic.is_address(said["actor"]["account"]["homePage"])
        assert synthetic.is_address(said["object"]["id"])
        refused = taken(connected[tool], event, real=True)
        assert "a demo invented it" in refused.detail
    assert len(ids) == len(some)


@pytest.mark.parametrize("tool", sorted(SENT))
def test_payloads_have_the_shape_of_the_connectors_examples(
    organisation: Organisation, tool: str
) -> None:
    """Every property stands in an example of its kind, too."""
    folder = REPOSITORY / "producers" / "connectors" / tool / "examples"
    bodies = [
        json.loads(path.read_text("utf-8")).get("body")
        for path in folder.glob("*.json")
        if not path.name.endswith(".expected.json")
    ]
    known = {name for body in bodies if body for name in paths(body)}
    for event in delivered(organisation, tool):
        assert set(paths(event.body)) <= known, event


def paths(value: Any, at: str = "") -> Iterator[str]:
    """The places of a JSON value."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield f"{at}.{name}"
            yield from paths(inner, f"{at}.{name}")
    elif isinstance(value, list):
        for inner in value:
            yield from paths(inner, f"{at}[]")


# Asked


class Clock:
    """The demo's time: a while ago, as a poll reads what is new by the clock of today."""

    def __init__(self) -> None:
        self.later = datetime.now(UTC).replace(microsecond=0)
        self.now = self.later - LATER

    def __call__(self) -> datetime:
        return self.now


async def read(
    app: Any, connection: Connection, cursors: dict[str, str], *, token: bytes | None = None
) -> list[Found]:
    """What a round of the poller finds, by the connector's own poll."""
    poll = connection.connector.poll
    assert poll
    login = poll.login(connection.options, connection.token if token is None else token)
    address = poll.address(connection.options)
    found: list[Found] = []
    way = httpx.ASGITransport(app=app)
    async with Api(
        client(address, login, way), denied=poll.denied, waits=poll.waits, patience=0
    ) as api:
        for stream, pages in poll.streams.items():
            async for page in pages(api, connection.options, cursors.get(stream, "")):
                found += page.events
                cursors[stream] = page.cursor
    return found


def said(connection: Connection, found: list[Found]) -> dict[str, dict[str, Any]]:
    """The statements of what was found, by id; nothing of it may be refused."""
    accepted, kept = Intake(connection).polled(found)
    assert {one.disposition for one in kept} <= {"mapped", "ignored"}, kept
    lines = [json.loads(line) for line in (accepted.lines if accepted else ())]
    return {line["id"]: line for line in lines}


#: What is told of without being an act: a shared bookmark, and a question that is answered.
BESIDE: dict[str, Callable[[Act, datetime], bool]] = {
    "linkding": lambda act, now: act.at <= now and act.draw >= servers.linkding.SHARED,
    "slack": lambda act, now: act.before <= now and slack.ASKED <= act.draw < slack.ANSWERED,
}


@pytest.mark.parametrize("tool", sorted(servers.ASKED.keys() - {"gitlab"}))
def test_a_tool_that_is_asked_tells_all_that_was_done_page_by_page(
    organisation: Organisation,
    connected: dict[str, Connection],
    tool: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock, cursors = Clock(), dict[str, str]()
    module = getattr(servers, tool)
    if hasattr(module, "PAGE"):
        monkeypatch.setattr(module, "PAGE", 7)
    connection = connected[tool]
    app = asked.application(organisation, connected, clock)

    async def rounds() -> list[set[str]]:
        found = [set(said(connection, await read(app, connection, cursors)))]
        clock.now = clock.later
        found.append(set(said(connection, await read(app, connection, cursors))))
        return found

    first, later = asyncio.run(rounds())
    some = [
        act
        for minute in minutes(clock.later - LATER - PAST, clock.later + HOUR)
        for act in acts(organisation, tool, minute)
    ]
    done = [act for act in some if act.at <= clock.later]
    assert first
    assert len(done) > 7
    beside = BESIDE.get(tool, lambda *_: False)
    assert len(first | later) == len(done) + sum(beside(act, clock.later) for act in some)


def test_a_wrong_token_is_not_let_in(
    organisation: Organisation, connected: dict[str, Connection]
) -> None:
    app = asked.application(organisation, connected, Clock())
    for tool in servers.ASKED:
        with pytest.raises(Refused, match="401"):
            asyncio.run(read(app, connected[tool], {}, token=b"another"))


@pytest.mark.parametrize("tool", sorted(servers.ASKED))
def test_where_nobody_lives_nothing_was_done(connected: dict[str, Connection], tool: str) -> None:
    app = asked.application(None, connected, Clock())
    assert asyncio.run(read(app, connected[tool], {})) == []


@pytest.mark.parametrize("tool", ["jira", "slack"])
def test_what_a_tool_delivers_is_what_it_says_when_it_is_asked(
    organisation: Organisation, connected: dict[str, Connection], tool: str
) -> None:
    connection = connected[tool]
    clock = Clock()
    app = asked.application(organisation, connected, clock)
    found = said(connection, asyncio.run(read(app, connection, {})))
    sent = {}
    since = (clock.now - PAST).replace(second=0)
    for event in delivered(organisation, tool, clock.now):
        if since <= event.at <= clock.now:
            outcome = taken(connection, event)
            assert outcome.accepted
            line = json.loads(outcome.accepted.lines[0])
            sent[line["id"]] = line
    assert sent
    assert sent == {name: line for name, line in found.items() if name in sent}
    assert len(sent) == len(found) or tool in BESIDE


def test_two_tools_tell_whose_addresses_accounts_have(
    organisation: Organisation, connected: dict[str, Connection]
) -> None:
    """Of guests none counts; the directory has those of everybody else."""
    app = asked.application(organisation, connected, Clock())
    reading = [name for name, each in connected.items() if wanted(each.connector, each.options)]
    assert reading == ["slack", "gitlab"]
    people = directory.load.read(organisation.directory().encode(), {}, synthetic=True).entries
    known = {name: person.id for person in people for name in person.accounts}
    for tool in reading:
        found = asyncio.run(listed(app, connected[tool]))
        assert found.keys() == {accounts.name(tool, person) for person in organisation.people}
        for person in organisation.people:
            addresses = found[accounts.name(tool, person)]
            whose = [known.get(f"mailto:{address}") for address in addresses]
            assert whose == ([person.id] if person.listed else [])
        unnamed = {f"account:{accounts.home(tool)}|{name}" for name in found} - known.keys()
        assert len(unnamed) > len(found) / 2, "people.csv names most of them"


async def listed(app: Any, connection: Connection) -> dict[str, tuple[str, ...]]:
    """Account → addresses, as a tool's user list says."""
    poll = connection.connector.poll
    assert poll
    assert poll.users
    login = poll.login(connection.options, connection.token)
    way = httpx.ASGITransport(app=app)
    http = client(poll.address(connection.options), login, way)
    async with Api(http, denied=poll.denied, patience=0) as api:
        pages = poll.users.pages(api, connection.options)
        return {each.name: each.addresses async for some in pages for each in some}


def test_a_tool_forgets_what_is_older_than_a_day(organisation: Organisation) -> None:
    clock = Clock()
    held = Held(organisation, "lrs", clock)
    first = held.acts()[0]
    clock.now += timedelta(hours=25)
    kept = held.acts()
    assert first not in kept
    assert all(clock.now - timedelta(hours=24) <= act.at <= clock.now for act in kept)


def test_nobodys_name_can_be_real(
    organisation: Organisation, connected: dict[str, Connection]
) -> None:
    app = asked.application(organisation, connected, Clock())
    known = {accounts.site(tool) for tool in CONNECTED}
    for tool in servers.ASKED:
        found = asyncio.run(read(app, connected[tool], {}))
        for line in said(connected[tool], found).values():
            for text in every([line["actor"], line["object"]["id"]]):
                if text.startswith("http"):
                    assert synthetic.is_address(text), (tool, text)
    assert all(synthetic.is_address(address) for address in known)


def test_as_many_acts_as_there_are_minutes(organisation: Organisation) -> None:
    counts = Counter(
        tool
        for tool in CONNECTED
        for minute in minutes(NOON - 3 * HOUR, NOON)
        for _ in acts(organisation, tool, minute)
    )
    assert counts.keys() == CONNECTED.keys()
    assert all(75 < count < 300 for count in counts.values())
