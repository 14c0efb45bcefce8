"""Who may void what: at the door, where it can be known (Part Two 2.3.2)."""

import base64
import json
from uuid import UUID, uuid4

import pytest

from lrs.access.credential_records import made
from lrs.errors import Unavailable
from lrs.log.publisher import Place
from lrs.log.tail import Log

STATEMENTS = "/xapi/statements"
VOIDED = "http://adlnet.gov/expapi/verbs/voided"
WRITE, VOID = "statements/write", "statements/void"


def agent(name):
    return {"objectType": "Agent", "account": {"homePage": "https://lms.example.org", "name": name}}


def said(identifier, **more):
    return {
        "id": str(identifier),
        "actor": {"mbox": "mailto:a@b.c"},
        "verb": {"id": "http://example.org/did"},
        "object": {"id": "http://example.org/it"},
        **more,
    }


def void(target, **more):
    thing = {"objectType": "StatementRef", "id": str(target)}
    return said(uuid4(), verb={"id": VOIDED}, object=thing, **more)


@pytest.fixture
def given(application):
    """Gives the headers of a new credential of the topic."""

    def give(name, *scopes):
        credential, secret = made(name, scopes, agent(name), "2024-05-31T08:30:00Z")
        application._credentials.put(credential)
        token = base64.b64encode(f"{name}:{secret}".encode()).decode()
        return {"Authorization": f"Basic {token}"}

    return give


@pytest.mark.parametrize(
    ("scopes", "authority", "status"),
    [
        ([WRITE], "tool-x", 200),
        ([WRITE], "another", 403),
        ([WRITE, VOID], "another", 200),
        (["all"], "another", 200),
    ],
)
@pytest.mark.parametrize("where", ["warehouse", "log"])
def test_what_others_wrote_is_voided_with_the_scope_only(
    ask, given, reader, accepted, publisher, scopes, authority, status, where
):
    target = uuid4()
    text = json.dumps(said(target, authority=agent(authority))).encode()
    if where == "log":
        accepted.accepted("lrs:x", Place(0, 7, 1_700_000_000_000), text, [target.bytes])
    else:
        reader.add(target, text)
    body = [said(uuid4()), void(target)]
    answer = ask("POST", STATEMENTS, content=json.dumps(body), headers=given("tool-x", *scopes))
    assert answer.status_code == status
    assert len(publisher.records) == (1 if status == 200 else 0)
    if status == 403:
        error = answer.json()["error"]
        assert error["path"] == "$[1]"
        assert error["section"] == "Part Two 2.3.2"
        assert "statements/void" in error["message"]


def test_a_target_that_is_not_known_yet_is_for_the_pipeline_to_decide(ask, given, publisher):
    headers = given("tool-x", WRITE)
    answer = ask("POST", STATEMENTS, content=json.dumps(void(uuid4())), headers=headers)
    assert answer.status_code == 200
    assert dict(publisher.records[0].headers)["source"] == b"lrs:tool-x#no-void#no-define"


def test_of_lines_the_forbidden_one_alone_is_refused(ask, given, reader, publisher):
    target = uuid4()
    reader.add(target, json.dumps(said(target, authority=agent("another"))).encode())
    lines = [said(uuid4()), void(target), said(uuid4())]
    answer = ask(
        "POST",
        "/verdicts",
        content=b"\n".join(json.dumps(each).encode() for each in lines),
        headers={**given("tool-x", WRITE), "Content-Type": "application/x-ndjson"},
    )
    verdicts = [json.loads(line) for line in answer.text.splitlines()]
    assert [each["verdict"] for each in verdicts] == ["stored", "forbidden", "stored"]
    assert verdicts[1]["section"] == "Part Two 2.3.2"
    assert sum(record.value.count(b"\n") + 1 for record in publisher.records) == 2


def test_writes_do_not_wait_for_a_warehouse_that_is_away(ask, given, reader, monkeypatch):
    async def away(identifiers):
        raise Unavailable("the warehouse does not answer")

    statement = void(uuid4())
    del statement["id"]
    monkeypatch.setattr(reader, "by_ids", away)
    answer = ask("POST", STATEMENTS, content=json.dumps(statement), headers=given("tool-x", WRITE))
    assert answer.status_code == 200


def test_reads_of_the_logs_end_hold_to_the_same(tmp_path):
    log = Log("127.0.0.1:1", tmp_path, interval=1)
    mine, others = UUID(int=1), UUID(int=2)
    texts = {each: json.dumps(said(each, authority=agent(name))).encode() for each, name in
             ((mine, "tool-x"), (others, "another"))}  # fmt: skip
    for number, target in enumerate((mine, others)):
        undoing = json.dumps(void(target, authority=agent("tool-x"))).encode()
        place = Place(0, number, 1_700_000_000_000)
        log.accepted("lrs:tool-x#no-void", place, undoing, [uuid4().bytes])
    assert log.voided(mine, texts[mine])
    assert log.perhaps_voided(others)
    assert not log.voided(others, texts[others])
    undoing = json.dumps(void(others, authority=agent("admin"))).encode()
    log.accepted("lrs:admin", Place(0, 9, 1_700_000_000_000), undoing, [uuid4().bytes])
    assert log.voided(others, texts[others])
