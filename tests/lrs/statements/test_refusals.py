"""What is refused is seen: listed, counted, bounded; a batch's answer says how much is wrong."""

import asyncio
import base64
import hashlib
import json
from uuid import uuid4

import pytest

from bus.rejections import Kind
from lrs.access.credential_records import made
from lrs.access.credentials import principal_of
from lrs.errors import BadRequest, Unavailable
from lrs.statements.refusals import Refusal, Refusals, refusals_of
from xapi.errors import StatementError

STATEMENTS = "/xapi/statements"
GOOD = {
    "actor": {"mbox": "mailto:a@b.c"},
    "verb": {"id": "http://example.org/did"},
    "object": {"id": "http://example.org/it"},
}
BAD = {**GOOD, "verb": {"id": "no IRI"}}
ONE = "9dc99b37-e920-4a68-a066-917faca28949"
LINES = {"Content-Type": "application/x-ndjson"}


def refusals(application):
    """What the application has taken note of, sent."""
    noted = application._refusals
    noted._report()
    asyncio.run(noted._flush())
    return [json.loads(each) for each in application._publisher.rejected]


def test_a_refused_post_is_listed_with_its_rule_place_credential_and_digest(ask, application):
    answer = ask("POST", STATEMENTS, content=json.dumps([GOOD, BAD]))
    assert answer.status_code == 400
    (found,) = refusals(application)
    assert found["source"] == "lrs:tool"
    assert found["kind"] == "refused"
    assert found["path"] == "$[1].verb.id"
    assert "IRI" in found["reason"]
    assert found["body"] == ""
    headers = found["headers"]
    assert headers["credential"] == "tool"
    assert headers["rule"] == "2.4.3" or headers["rule"].startswith("Part Two")
    assert headers["digest"] == hashlib.sha256(json.dumps(BAD).encode()).hexdigest()


@pytest.mark.parametrize(
    ("method", "url", "more", "kind"),
    [
        ("POST", STATEMENTS, {"content": b"not json"}, "refused"),
        ("PUT", f"{STATEMENTS}?statementId={ONE}", {"content": json.dumps(BAD)}, "refused"),
        (
            "POST",
            STATEMENTS,
            {"content": b"{}", "headers": {"Content-Type": "text/plain"}},
            "refused",
        ),
        ("POST", STATEMENTS, {"content": b"x" * 200_000}, "refused"),
        ("POST", "/verdicts", {"content": b"not json", "headers": LINES}, "refused"),
        ("POST", "/verdicts", {"content": json.dumps(BAD).encode(), "headers": LINES}, "refused"),
    ],
)
def test_every_way_to_be_refused_is_listed(ask, application, method, url, more, kind):
    ask(method, url, **more)
    assert [each["kind"] for each in refusals(application)] == [kind]


def test_a_conflict_is_listed_too(ask, application):
    said = {**GOOD, "id": str(uuid4())}
    assert ask("POST", STATEMENTS, content=json.dumps(said)).status_code == 200
    other = {**said, "verb": {"id": "http://example.org/other"}}
    assert ask("POST", STATEMENTS, content=json.dumps(other)).status_code == 409
    (found,) = refusals(application)
    assert (found["kind"], found["path"]) == ("conflict", "$.id")


def test_strangers_and_what_is_taken_are_not_listed(ask, application):
    assert ask("POST", STATEMENTS, content=json.dumps(GOOD)).status_code == 200
    for authorization in (None, "Basic " + base64.b64encode(b"tool:wrong").decode()):
        answer = ask("POST", STATEMENTS, content=b"{}", headers={"Authorization": authorization})
        assert answer.status_code == 401
    assert refusals(application) == []


def test_the_answer_to_a_batch_says_how_much_is_wrong_and_where_to_send_it(ask, application):
    bad = [GOOD, BAD, GOOD, {**GOOD, "actor": 1}, {**GOOD, "x": 1}]
    error = ask("POST", STATEMENTS, content=json.dumps(bad)).json()["error"]
    assert error["path"] == "$[1].verb.id"
    assert "2 more of the batch break a rule" in error["message"]
    assert "POST /verdicts" in error["message"]
    assert [each["path"] for each in refusals(application)] == [
        "$[1].verb.id",
        "$[3].actor",
        "$[4]",
    ]
    error = ask("POST", STATEMENTS, content=json.dumps([BAD])).json()["error"]
    assert "no other one of the batch does" in error["message"]
    error = ask("POST", STATEMENTS, content=json.dumps(BAD)).json()["error"]
    assert "batch" not in error["message"]


def test_the_text_is_kept_where_the_setting_allows_it(settings, ask, application):
    application._refusals._body_bytes = 200
    ask("POST", STATEMENTS, content=json.dumps([BAD, {**BAD, "result": {"response": "x" * 300}}]))
    short, long = refusals(application)
    assert json.loads(short["body"]) == BAD
    assert long["body"] == ""
    assert int(long["headers"]["bytes"]) > 300


# Bounds


@pytest.fixture
def principal():
    credential, _ = made("bot", ["statements/write"], {"mbox": "mailto:b@o.t"}, "")
    return principal_of(credential)


class Kafka:
    """Takes messages, or is away."""

    def __init__(self):
        self.away = False
        self.got = []

    async def send(self, messages):
        if self.away:
            raise Unavailable("away")
        self.got += [json.loads(each) for each in messages]


def refusal(number, rule="Part Two 2.2"):
    return Refusal(Kind.REFUSED, f"$[{number}]", "why", rule, b"%d" % number)


def flushed(noted):
    noted._report()
    asyncio.run(noted._flush())


def test_a_credential_is_listed_so_often_an_hour_and_counted_beyond(principal):
    kafka, now = Kafka(), [0.0]
    noted = Refusals(kafka.send, hourly=10, body_bytes=0, clock=lambda: now[0])
    noted.note(principal, [refusal(n) for n in range(1000)])
    noted.note(principal, [refusal(n, "Part Two 2.4") for n in range(7)])
    flushed(noted)
    assert len(kafka.got) == 12
    counts = {
        each["headers"]["rule"]: int(each["headers"]["count"])
        for each in kafka.got
        if each["path"] == ""
    }
    assert counts == {"Part Two 2.2": 990, "Part Two 2.4": 7}
    assert sum(int(each["headers"]["count"]) for each in kafka.got) == 1007
    now[0] = 1800.0  # half an hour later there is room for five
    noted.note(principal, [refusal(n) for n in range(2000, 2010)])
    flushed(noted)
    assert len(kafka.got) == 12 + 5 + 1


def test_what_is_sent_again_and_again_is_listed_once_and_counted(principal):
    kafka = Kafka()
    noted = Refusals(kafka.send, hourly=1000, body_bytes=0)
    for _ in range(500):
        noted.note(principal, [refusal(1)])
    flushed(noted)
    assert [int(each["headers"]["count"]) for each in kafka.got] == [1, 499]
    assert len({each["id"] for each in kafka.got}) == 2


def test_memory_stays_bounded_while_kafka_is_away_and_nothing_counts_twice(principal, monkeypatch):
    monkeypatch.setattr("lrs.statements.refusals.WAITING", 100)
    kafka = Kafka()
    kafka.away = True
    noted = Refusals(kafka.send, hourly=10**6, body_bytes=0)
    for start in range(0, 1000, 100):
        noted.note(principal, [refusal(n) for n in range(start, start + 100)])
        asyncio.run(noted._flush())
    assert len(noted._listed) <= 100
    kafka.away = False
    flushed(noted)
    asyncio.run(noted._flush())
    assert sum(int(each["headers"]["count"]) for each in kafka.got) == 1000


def test_refusals_of_a_body_that_cannot_be_divided_are_of_all_of_it():
    (found,) = refusals_of(StatementError("$[3]", "why", "Part Two 2.2"), b"[1,")
    assert found.raw == b"[1,"
    (found,) = refusals_of(BadRequest("why", path="Content-Type"), b"")
    assert found.path == "Content-Type"
