"""Tolerant credentials: what is wrong is set aside, durable, and costs the rest nothing."""

import base64
import json
from uuid import UUID, uuid4

import pytest

from lrs.access.credential_records import decode, encode, made
from lrs.errors import Unavailable

STATEMENTS = "/xapi/statements"
HEADER = "X-Headwater-Rejected"
GOOD = {
    "actor": {"mbox": "mailto:a@b.c"},
    "verb": {"id": "http://example.org/did"},
    "object": {"id": "http://example.org/it"},
}
KNOWN = {**GOOD, "object": {"id": "http://example.org/it", "objectType": "GroupActivity"}}
WRONG = {**GOOD, "object": {"definition": {"type": "http://example.org/t"}}}


@pytest.fixture
def given(application):
    """Gives the headers of a new credential of the topic."""

    def give(tolerant=True):
        agent = {"account": {"homePage": "https://edx.example.org", "name": "x"}}
        credential, secret = made("openedx", ["statements/write"], agent, "", tolerant=tolerant)
        application._credentials.put(decode(encode(credential)))
        token = base64.b64encode(f"openedx:{secret}".encode()).decode()
        return {"Authorization": f"Basic {token}"}

    return give


def stored(publisher):
    return [json.loads(line) for record in publisher.records for line in record.value.splitlines()]


def test_what_is_known_is_mended_and_what_is_wrong_is_set_aside(ask, given, publisher):
    said = [{**each, "id": str(uuid4())} for each in (GOOD, WRONG, KNOWN)]
    answer = ask("POST", STATEMENTS, content=json.dumps(said), headers=given())
    assert answer.status_code == 200
    assert answer.json() == [said[0]["id"], said[2]["id"]]
    assert answer.headers[HEADER] == "1"
    assert [each["object"].get("objectType") for each in stored(publisher)] == [None, "Activity"]
    (aside,) = [json.loads(each) for each in publisher.rejected]
    assert json.loads(aside["body"]) == said[1]
    assert (aside["source"], aside["path"]) == ("lrs:openedx", "$[1].object")
    again = ask("POST", STATEMENTS, content=json.dumps(said), headers=given())
    assert again.json() == answer.json()
    assert len(stored(publisher)) == 2
    assert len({json.loads(each)["id"] for each in publisher.rejected}) == 1


def test_a_credential_is_strict_unless_it_was_made_tolerant(ask, given, publisher):
    for said in (KNOWN, [GOOD, KNOWN]):
        answer = ask("POST", STATEMENTS, content=json.dumps(said), headers=given(tolerant=False))
        assert answer.status_code == 400
        assert ask("POST", STATEMENTS, content=json.dumps(said)).status_code == 400
    assert publisher.records == []


def test_a_statement_alone_is_mended_or_refused(ask, given, publisher, application):
    headers = given()
    assert ask("POST", STATEMENTS, content=json.dumps(KNOWN), headers=headers).status_code == 200
    url = f"{STATEMENTS}?statementId={uuid4()}"
    assert ask("PUT", url, content=json.dumps(KNOWN), headers=headers).status_code == 204
    assert ask("POST", STATEMENTS, content=json.dumps(WRONG), headers=headers).status_code == 400
    assert len(stored(publisher)) == 2
    (listed,) = application._refusals._listed
    assert json.loads(json.loads(listed)["body"]) == WRONG


def test_a_conflict_and_a_foreign_void_are_set_aside_too(ask, given, publisher, reader):
    target, taken = uuid4(), uuid4()
    reader.add(target, json.dumps({**GOOD, "id": str(target), "authority": {}}).encode())
    reader.add(taken, json.dumps({**GOOD, "id": str(taken), "authority": {}}).encode())
    void = {
        **GOOD,
        "verb": {"id": "http://adlnet.gov/expapi/verbs/voided"},
        "object": {"objectType": "StatementRef", "id": str(target)},
    }
    other = {**GOOD, "id": str(taken), "verb": {"id": "http://example.org/other"}}
    answer = ask("POST", STATEMENTS, content=json.dumps([void, other, GOOD]), headers=given())
    assert answer.status_code == 200
    assert len(answer.json()) == 1
    assert UUID(answer.json()[0])
    kinds = sorted(json.loads(each)["kind"] for each in publisher.rejected)
    assert kinds == ["conflict", "forbidden"]
    assert len(stored(publisher)) == 1


def test_where_kafka_does_not_take_what_is_set_aside_nothing_is_answered_well(
    ask, given, publisher
):
    publisher.refusal = Unavailable("away")
    body = json.dumps([GOOD, WRONG])
    assert ask("POST", STATEMENTS, content=body, headers=given()).status_code == 503
    assert publisher.records == []


def test_lines_are_mended_too(ask, given, publisher):
    lines = b"\n".join(json.dumps(each).encode() for each in (KNOWN, WRONG, GOOD))
    headers = {**given(), "Content-Type": "application/x-ndjson"}
    answer = ask("POST", "/verdicts", content=lines, headers=headers)
    verdicts = [json.loads(line)["verdict"] for line in answer.text.splitlines()]
    assert verdicts == ["stored", "invalid", "stored"]


def test_an_array_of_nothing_but_faults_is_taken_and_nothing_is_stored(ask, given, publisher):
    answer = ask("POST", STATEMENTS, content=json.dumps([WRONG]), headers=given())
    assert (answer.status_code, answer.json(), answer.headers[HEADER]) == (200, [], "1")
    assert publisher.records == []
    broken = ask("POST", STATEMENTS, content=b"[{]", headers=given())
    assert broken.status_code == 400
