"""Our own LRS as the one that is asked: the connector `lrs` reads it, even where it is this one."""

import asyncio
import json
from dataclasses import replace
from typing import Any
from uuid import uuid4

import orjson
import pytest

from bus import records
from bus.topics import REJECTED, STATEMENTS
from producers.connections import Connection
from producers.connector import Found
from producers.connectors.lrs import connector
from producers.connectors.lrs.options import LrsOptions
from producers.connectors.lrs.poll import statements
from producers.intake import Intake
from producers.poller import Poller, interface
from producers.settings import PollerSettings
from serving import tasks
from tests.lrs.process import Server
from tests.topics import held
from tests.waiting import comes, until
from xapi.equivalence import equivalent
from xapi.statement import VOIDED
from xapi.vocabulary import ORIGIN

pytestmark = pytest.mark.integration

SOURCE = b"hook:itself#no-void"


def person(name: str) -> dict[str, Any]:
    account = {"homePage": "https://learn.north.example", "name": name}
    return {"objectType": "Agent", "account": account}


def said(name: str, verb: str = "http://example.org/did", **more: Any) -> dict[str, Any]:
    thing = {"id": "http://example.org/it"}
    return {
        "id": str(uuid4()),
        "actor": person(name),
        "verb": {"id": verb},
        "object": thing,
        **more,
    }


def stored(server: Server, *some: dict[str, Any], version: str = "1.0.3") -> None:
    told = server.ask(content=json.dumps(some).encode(), X_Experience_API_Version=version)
    assert told[0] == 200, told


def intake(server: Server, **more: Any) -> Intake:
    """A connection to a server, which is asked again at once."""
    assert connector.poll
    quick = replace(connector, poll=replace(connector.poll, every=0.1))
    options = LrsOptions(
        endpoint=f"http://127.0.0.1:{server.port}/xapi", user="tool", version="2.0.0", **more
    )
    return Intake(Connection("itself", quick, b"", options, b"secret"), real=True)


async def found(one: Intake, last: str) -> list[Found]:
    """What rounds find, until one finds the statement with the last id."""
    every: list[Found] = []
    api, cursor = interface(one), ""
    try:
        while last not in {each.event["id"] for each in every}:
            async for page in statements(api, one.connection.options, cursor):
                every += page.events
                cursor = page.cursor
            await asyncio.sleep(0.05)
    finally:
        await api.close()
    return every


def filled(server: Server) -> tuple[list[dict[str, Any]], dict[str, Any], dict[str, Any]]:
    """Statements that were stored; one that is voided, and what voids it."""
    plain = [said("ida", timestamp="2026-05-04T09:46:00.120+02:00") for _ in range(17)]
    agents = [{"objectType": "contextAgent", "agent": person("omar")}]
    two = said("ida", version="2.0.0", context={"contextAgents": agents})
    gone = said("omar")
    reference = {"objectType": "StatementRef", "id": gone["id"]}
    void = {**said("teacher", VOIDED), "object": reference}
    stored(server, *plain, gone)
    stored(server, two, version="2.0.0")
    stored(server, void)
    return [*plain, two], gone, void


def test_it_gives_all_that_it_holds_as_it_was_sent(
    running: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(statements.__globals__, "PAGE", 7)  # so that `more` leads on
    plain, gone, void = filled(running)
    one = intake(running)
    every = asyncio.run(asyncio.wait_for(found(one, void["id"]), 120))
    ids = [each.event["id"] for each in every]
    assert len(ids) == len(set(ids)), "nothing is read twice"
    assert [each.kind for each in every if each.event["id"] == gone["id"]] == ["voided"]
    assert ids.index(gone["id"]) + 1 == ids.index(void["id"])
    made = {s["id"]: s for each in every for s in one.map(each.kind, each.event).statements}
    assert set(ids) == made.keys()
    for sent in [*plain, gone, void]:
        came = made[sent["id"]]
        (hop,) = came["context"]["extensions"][ORIGIN]
        assert hop["authority"]["account"]["name"] == "tool"
        assert hop["stored"]
        assert equivalent(sent, came)
    two = plain[-1]
    assert made[two["id"]]["version"] == "2.0.0"
    assert made[two["id"]]["context"]["contextAgents"] == two["context"]["contextAgents"]


def test_one_that_asks_itself_comes_to_an_end(running: Server, kafka: str) -> None:
    plain, gone, void = filled(running)
    one = intake(running)

    async def rounds() -> None:
        poller = Poller(PollerSettings(kafka=kafka), {"itself": one})
        async with tasks.running("poller", poller.works):
            await comes(lambda: void["id"] in _brought(kafka))
            before = poller.streams[0].rounds
            await comes(lambda: poller.streams[0].rounds > before + 5)
        await poller.close()

    asyncio.run(rounds())
    brought = _brought(kafka)
    assert len(brought) == len(set(brought)), "what came back does not go round"
    assert {each["id"] for each in [*plain, gone, void]} <= set(brought)
    last = said("ida")
    stored(running, last)  # all that came back is in the warehouse with it
    until(lambda: last["id"] in str(running.ask("GET", "/xapi/statements?limit=1")[1]))
    status, came = running.ask("GET", f"/xapi/statements?statementId={plain[0]['id']}")
    assert (status, came.get("context")) == (200, None), "the first stays"
    assert running.ask("GET", f"/xapi/statements?statementId={gone['id']}")[0] == 404
    assert held(kafka, REJECTED) == []


def _brought(kafka: str) -> list[str]:
    """The ids that the connection brought."""
    return [
        orjson.loads(line)["id"]
        for record in held(kafka, STATEMENTS)
        if dict(record.headers)["source"] == SOURCE
        for line in records.lines(record.value)
    ]
