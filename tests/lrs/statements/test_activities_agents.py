"""The Activities and Agents Resources (Part Three 2.4, 2.5)."""

import json
from urllib.parse import urlencode
from uuid import uuid4

import pytest

from lrs.statements import activities as activities_module
from tests.lrs.fakes import FakeLog

COURSE = "http://example.org/course"
ADA = {"mbox": "mailto:ada@example.org"}


def activities(**query):
    return f"/xapi/activities?{urlencode(query)}"


def agents(agent, **more):
    text = agent if isinstance(agent, str) else json.dumps(agent)
    return f"/xapi/agents?{urlencode({'agent': text, **more})}"


def say(reader, definition=None, actor=ADA):
    """A statement that is in the warehouse."""
    identifier = uuid4()
    thing = {"id": COURSE, **({"definition": definition} if definition else {})}
    said = {"id": str(identifier), "actor": actor, "verb": {"id": "x:did"}, "object": thing}
    reader.add(identifier, json.dumps(said).encode())


def test_an_activity_has_all_that_statements_said_of_it(ask, reader):
    say(reader, {"name": {"en": "Course"}, "type": "http://example.org/type"})
    say(reader, {"name": {"fr": "Cours"}, "moreInfo": "http://example.org/more"})
    answer = ask("GET", activities(activityId=COURSE))
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == {
        "objectType": "Activity",
        "id": COURSE,
        "definition": {
            "name": {"en": "Course", "fr": "Cours"},
            "type": "http://example.org/type",
            "moreInfo": "http://example.org/more",
        },
    }
    head = ask("HEAD", activities(activityId=COURSE))
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == answer.headers["content-length"]


def test_an_activity_that_nobody_defined_is_answered(ask):
    answer = ask("GET", activities(activityId="http://example.org/never-seen"))
    assert answer.status_code == 200
    assert answer.json() == {"objectType": "Activity", "id": "http://example.org/never-seen"}


@pytest.mark.parametrize("query", [{}, {"activityId": ""}, {"activityId": "course"}])
def test_an_activity_is_named_by_its_iri(ask, query):
    answer = ask("GET", activities(**query))
    assert answer.status_code == 400
    assert answer.json()["error"]["path"] == "?activityId"
    assert ask("GET", activities(activityId=COURSE, other="1")).status_code == 400


def test_a_person_has_the_agents_identifier_and_names(ask, reader):
    say(reader, actor={"name": "Ada", **ADA})
    say(reader, actor={"name": "Ada Lovelace", **ADA})
    answer = ask("GET", agents({"objectType": "Agent", **ADA}))
    assert answer.status_code == 200
    person = answer.json()
    assert sorted(person.pop("name")) == ["Ada", "Ada Lovelace"]
    assert person == {"objectType": "Person", "mbox": [ADA["mbox"]]}


def test_who_is_not_known_is_a_person_with_what_was_asked(ask):
    account = {"homePage": "http://example.org", "name": "nobody"}
    answer = ask("GET", agents({"account": account, "name": "Nobody"}))
    assert answer.json() == {"objectType": "Person", "account": [account], "name": ["Nobody"]}


@pytest.mark.parametrize("agent", ["", "ada", "[]", "{}", '{"account":{}}', '{"mbox":"ada"}'])
def test_an_agent_is_an_agent(ask, agent):
    assert ask("GET", agents(agent)).status_code == 400
    assert ask("GET", "/xapi/agents").status_code == 400
    assert ask("GET", agents(ADA, other="1")).status_code == 400


@pytest.mark.parametrize("url", [activities(activityId=COURSE), agents(ADA)])
def test_what_the_same_client_wrote_is_waited_for(ask, url, monkeypatch):
    waited = []

    async def settled(self, by):
        waited.append(by)

    monkeypatch.setattr(FakeLog, "settled", settled)
    assert ask("GET", url).status_code == 200
    assert waited == ["lrs:tool"]


def test_a_recorder_that_is_away_is_503(ask, monkeypatch):
    async def settled(self, by):
        await activities_module.asyncio.Event().wait()

    monkeypatch.setattr(FakeLog, "settled", settled)
    monkeypatch.setattr(activities_module, "SETTLE_SECONDS", 0.01)
    answer = ask("GET", activities(activityId=COURSE))
    assert answer.status_code == 503
    assert "retry-after" in answer.headers


def test_only_get_is_known(ask):
    for url in (activities(activityId=COURSE), agents(ADA)):
        for method in ("PUT", "POST", "DELETE"):
            assert ask(method, url).status_code == 405
        assert ask("GET", url, headers={"Authorization": None}).status_code == 401
