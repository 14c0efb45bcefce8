"""PUT and POST of the Statement Resource (xAPI 1.0.3 Part Three 2.1.1 and 2.1.2)."""

import gzip
import json
from uuid import UUID

import pytest

from bus.records import ids, lines, source
from lrs import server
from lrs.errors import Unavailable

ONE = "11111111-1111-1111-1111-111111111111"
TWO = "22222222-2222-2222-2222-222222222222"
STATEMENTS = "/xapi/statements"
PLAIN = {
    "actor": {"mbox": "mailto:Ada@example.org"},
    "verb": {"id": "http://example.org/did"},
    "object": {"id": "http://example.org/thing"},
}


def body(*statements, **changes):
    """JSON of a statement, or of several."""
    return json.dumps(list(statements) if statements else {**PLAIN, **changes})


def error(response):
    """What is said of a refusal."""
    assert response.headers["content-type"] == "application/json"
    said = response.json()["error"]
    assert set(said) == {"path", "rule", "section", "message"}
    assert said["message"]
    return said


def test_a_statement_is_one_record_and_its_id_the_answer(ask, publisher):
    response = ask("POST", STATEMENTS, content=body(id=ONE))
    assert (response.status_code, response.json()) == (200, [ONE])
    (record,) = publisher.records
    assert record.key == b"mailto:ada@example.org"
    assert source(record.headers) == "lrs:tool"
    assert ids(record.headers) == [UUID(ONE)]
    kept = json.loads(record.value)
    assert kept.pop("authority") == {
        "objectType": "Agent",
        "account": {"homePage": "https://w3id.org/xapi/headwater/lrs", "name": "tool"},
    }
    assert kept == {**PLAIN, "id": ONE, "version": "1.0.0"}


def test_a_batch_is_one_record_too(ask, publisher):
    response = ask("POST", STATEMENTS, content=body({**PLAIN, "id": ONE}, PLAIN, PLAIN))
    assert response.status_code == 200
    (record,) = publisher.records
    kept = [json.loads(line)["id"] for line in lines(record.value)]
    assert response.json() == kept == [str(each) for each in ids(record.headers)]
    assert kept[0] == ONE
    assert len(set(kept)) == 3


def test_an_empty_array_is_answered_with_one(ask, publisher):
    response = ask("POST", STATEMENTS, content="[]")
    assert (response.status_code, response.json()) == (200, [])
    assert publisher.records == []


@pytest.mark.parametrize("given", [{}, {"id": ONE}, {"id": ONE.upper()}])
def test_put_stores_one_statement_under_its_id(ask, publisher, given):
    response = ask("PUT", f"{STATEMENTS}?statementId={ONE}", content=body(**given))
    assert (response.status_code, response.content) == (204, b"")
    assert ids(publisher.records[0].headers) == [UUID(ONE)]
    assert json.loads(publisher.records[0].value)["id"].lower() == ONE


@pytest.mark.parametrize(
    ("query", "content", "path"),
    [
        ("", body(id=ONE), "?statementId"),
        ("?statementId=1", body(id=ONE), "?statementId"),
        (f"?statementId={ONE}&x=1", body(id=ONE), "?x"),
        (f"?statementId={ONE}&statementId={TWO}", body(id=ONE), "?statementId"),
        (f"?statementId={ONE}", body(id=TWO), "$.id"),
        (f"?statementId={ONE}", body(PLAIN), "$"),
    ],
)
def test_put_that_does_not_fit_is_refused(ask, publisher, query, content, path):
    response = ask("PUT", STATEMENTS + query, content=content)
    assert response.status_code == 400
    assert error(response)["path"] == path
    assert publisher.records == []


def test_one_wrong_statement_refuses_the_batch(ask, publisher):
    response = ask("POST", STATEMENTS, content=body(PLAIN, {**PLAIN, "actor": {}}, PLAIN))
    assert response.status_code == 400
    said = error(response)
    assert said["path"] == "$[1].actor"
    assert said["section"] == "Part Two 2.4.2.1"
    assert "exactly one of" in said["rule"]
    assert publisher.records == []


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"\xff", b"nul", b'{"a":"\x00"}', body({**PLAIN, "id": ONE}, {**PLAIN, "id": ONE})],
)
def test_garbage_is_400_and_nothing_is_stored(ask, publisher, content):
    response = ask("POST", STATEMENTS, content=content)
    assert response.status_code == 400
    assert error(response)["path"].startswith("$")
    assert publisher.records == []


@pytest.mark.parametrize("kind", ["text/plain", "multipart/form-data; boundary=x", None])
def test_only_json_is_taken(ask, publisher, kind):
    response = ask("POST", STATEMENTS, content=body(), headers={"Content-Type": kind})
    assert response.status_code == 400
    assert error(response)["path"] == "Content-Type"
    assert publisher.records == []


def test_a_charset_beside_the_content_type_does_not_matter(ask):
    kind = {"Content-Type": "Application/JSON; charset=UTF-8"}
    assert ask("POST", STATEMENTS, content=body(), headers=kind).status_code == 200


def test_gzip_is_understood(ask, publisher):
    packed = gzip.compress(body(id=ONE).encode())
    response = ask(
        "POST",
        STATEMENTS,
        content=packed + gzip.compress(b" "),
        headers={"Content-Encoding": "gzip"},
    )
    assert response.json() == [ONE]


@pytest.mark.parametrize(
    "content",
    [b"no gzip", gzip.compress(b"[" * 50)[:-4], b""],
    ids=["no gzip", "cut off", "empty"],
)
def test_broken_gzip_is_400(ask, content):
    response = ask("POST", STATEMENTS, content=content, headers={"Content-Encoding": "gzip"})
    assert response.status_code == 400


def test_a_gzip_bomb_is_413(ask, monkeypatch):
    monkeypatch.setattr(server, "LINGER_SECONDS", 10_000)  # all has come: nothing is waited for
    bomb = gzip.compress(b" " * 50_000_000)
    response = ask("POST", STATEMENTS, content=bomb, headers={"Content-Encoding": "gzip"})
    assert response.status_code == 413
    assert error(response)


def test_an_encoding_that_is_not_known_is_415(ask):
    response = ask("POST", STATEMENTS, content=body(), headers={"Content-Encoding": "br"})
    assert response.status_code == 415


@pytest.mark.parametrize("announced", [True, False])
def test_a_body_that_is_too_large_is_413(ask, publisher, announced):
    content = b" " * 200_000

    async def chunks():
        yield content

    response = ask("POST", STATEMENTS, content=content if announced else chunks())
    assert response.status_code == 413
    assert publisher.records == []


def test_chunks_make_a_body(ask, publisher):
    async def chunks():
        for byte in body(id=ONE).encode():
            yield bytes([byte])

    assert ask("POST", STATEMENTS, content=chunks()).json() == [ONE]


def test_without_kafka_it_is_503_and_says_when_to_come_again(ask, publisher):
    publisher.refusal = Unavailable("Kafka does not answer", seconds=2)
    response = ask("POST", STATEMENTS, content=body())
    assert response.status_code == 503
    assert response.headers["retry-after"] == "2"
    assert "Kafka" in error(response)["message"]
    assert ask("GET", "/healthz").status_code == 503


def test_a_full_disk_refuses_writes_and_nothing_else(ask, publisher, disk):
    disk.minimum_free = 1 << 60
    response = ask("POST", STATEMENTS, content=body())
    assert response.status_code == 503
    assert response.headers["retry-after"]
    assert "MiB free" in error(response)["message"]
    assert publisher.records == []
    assert ask("GET", STATEMENTS).status_code == 200
    health = ask("GET", "/healthz").json()
    [problem] = health.pop("problems")
    assert problem["what"].startswith("The disk of the data folder has ")
    assert problem["do"] == "make room, or lower HEADWATER_LRS_MINIMUM_FREE"
    assert health == {
        "ok": False,
        "kafka": True,
        "documents": True,
        "warehouse": True,
        "log": True,
        "disk": False,
    }


def test_parameters_that_post_does_not_know_are_refused(ask, publisher):
    response = ask("POST", f"{STATEMENTS}?statementId={ONE}", content=body())
    assert response.status_code == 400
    assert publisher.records == []
