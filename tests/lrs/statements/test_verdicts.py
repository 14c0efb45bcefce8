"""Lines of statements in, a verdict for each out: whatever the lines are, and however they come."""

import asyncio
import gzip
import http.client
import json
import random
import socket
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bus.records import ids as ids_of
from lrs.errors import Unavailable
from lrs.http import lines as lines_module
from lrs.http.lines import groups
from lrs.statements.verdicts import MEDIA_TYPE, PATH
from xapi.batch import BYTE_ORDER_MARK

TYPE = {"Content-Type": MEDIA_TYPE}
WRONG = [
    b"{broken",
    b"7",
    b"null",
    b"[]",
    b"[{}]",
    b'{"actor":{}}',
    b'"text"',
    b"\xff\xfe",
    b'{"id":"\xff"}',
    b'{"a":1,"a":1}',
    b"[" * 5000,
    b'{"x":NaN}',
    b"\x00",
]


def statement(number, **more):
    said = {
        "actor": {"mbox": "mailto:anna@example.org"},
        "verb": {"id": "http://example.org/did"},
        "object": {"id": f"http://example.org/{number}"},
        **more,
    }
    return json.dumps(said).encode()


@pytest.fixture
def judge(ask):
    """Sends lines and gives status and verdicts."""

    def judged(*lines, headers=None, **more):
        content = more.pop("content", b"\n".join(lines))
        answer = ask("POST", PATH, content=content, headers={**TYPE, **(headers or {})}, **more)
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == MEDIA_TYPE
        return [json.loads(line) for line in answer.text.splitlines()]

    return judged


def kinds(verdicts):
    return [each["verdict"] for each in verdicts]


def accepted(publisher):
    return [identifier for record in publisher.records for identifier in ids_of(record.headers)]


def test_each_line_has_its_verdict_in_order(judge, publisher):
    mine = str(uuid4())
    found = judge(
        statement(1, id=mine),
        b"{no",
        b"  ",
        statement(2),
        statement(1, id=mine),
        statement(9, id=mine),
        statement(3, verb={"id": "no IRI"}),
    )
    assert kinds(found) == ["stored", "invalid", "stored", "duplicate", "conflict", "invalid"]
    assert [each["line"] for each in found] == [1, 2, 4, 5, 6, 7]
    assert found[0]["id"] == found[3]["id"] == found[4]["id"] == mine
    assert accepted(publisher) == [UUID(found[0]["id"]), UUID(found[2]["id"])]
    assert found[4]["section"] == "Part Three 2.1.2"
    assert found[5]["path"] == "$.verb.id"
    assert found[5]["section"].startswith("Part Two")
    assert found[5]["rule"] in found[5]["message"]


def test_a_group_of_valid_lines_is_one_record(judge, publisher):
    assert kinds(judge(*(statement(n) for n in range(500)))) == ["stored"] * 500
    assert len(publisher.records) == 1
    judge(*(statement(n) for n in range(1200)))
    assert [len(ids_of(each.headers)) for each in publisher.records] == [500, 500, 500, 200]


@given(st.data())
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_wrong_lines_never_cost_the_others(judge, publisher, data):
    publisher.records.clear()
    count = data.draw(st.integers(0, 30))
    sent = {
        n: data.draw(st.sampled_from(WRONG)) if data.draw(st.booleans()) else statement(n)
        for n in range(1, count + 1)
    }
    found = judge(*sent.values())
    assert [each["line"] for each in found] == list(sent)
    for each in found:
        right = sent[each["line"]] not in WRONG
        assert each["verdict"] == ("stored" if right else "invalid")
        assert right or each["rule"]
    assert [str(each) for each in accepted(publisher)] == [e["id"] for e in found if "id" in e]


def test_lines_that_make_json_only_together_are_each_invalid(judge, publisher):
    """Three lines that, joined by commas, are an array of three statements."""
    first = statement(1) + b"," + statement(2)
    third = statement(3)
    cut = third.index(b', "verb"')
    found = judge(first, third[:cut], third[cut + 1 :])
    assert kinds(found) == ["invalid"] * 3
    assert publisher.records == []


def test_an_id_that_comes_twice_is_judged_like_any_other(judge, publisher):
    one = str(uuid4())
    found = judge(*[statement(1, id=one)] * 3, statement(2, id=one), statement(3))
    assert kinds(found) == ["stored", "duplicate", "duplicate", "conflict", "stored"]
    assert len(accepted(publisher)) == 2


def test_a_line_that_is_too_long_is_invalid_and_the_rest_goes_on(judge, publisher):
    long = statement(1, result={"response": "x" * 200_000})
    found = judge(statement(0), long, statement(2), b"x" * 300_000)
    assert kinds(found) == ["stored", "invalid", "stored", "invalid"]
    assert "longer than 100000 bytes" in found[1]["message"]
    assert len(accepted(publisher)) == 2


def test_gzip_is_read_all_its_members(judge, publisher):
    parts = [gzip.compress(b"\n".join(statement(n) for n in range(700)) + b"\n") for _ in (1, 2)]
    found = judge(content=b"".join(parts), headers={"Content-Encoding": "gzip"})
    assert kinds(found) == ["stored"] * 1400
    assert judge(content=b"", headers={"Content-Encoding": "gzip"}) == []


def test_a_gzip_bomb_is_one_line_that_is_too_long(judge):
    bomb = gzip.compress(b" " * 50_000_000 + b"\n" + statement(1))
    assert kinds(judge(content=bomb, headers={"Content-Encoding": "gzip"})) == [
        "invalid",
        "stored",
    ]


def test_broken_gzip_stops_after_what_was_whole(ask, judge, publisher):
    headers = {**TYPE, "Content-Encoding": "gzip"}
    answer = ask("POST", PATH, content=b"\x1f\x8bnot gzip", headers=headers)
    assert answer.status_code == 400
    random.seed(1)
    noise = b"\n".join(
        statement(n, result={"response": random.randbytes(900).hex()}) for n in range(1500)
    )
    found = judge(content=gzip.compress(noise)[:-9], headers={"Content-Encoding": "gzip"})
    assert kinds(found)[:1000] == ["stored"] * 1000
    assert found[-1]["verdict"] == "stopped"
    assert found[-1]["status"] == 400
    assert found[-1]["line"] == len(found)
    assert len(accepted(publisher)) == len(found) - 1


def test_nothing_is_said_of_what_kafka_did_not_acknowledge(ask, judge, publisher):
    publisher.refusal = Unavailable("not now")
    answer = ask("POST", PATH, content=statement(1), headers=TYPE)
    assert answer.status_code == 503
    assert answer.headers["retry-after"]
    publisher.refusal = None
    publish = publisher.publish

    async def once(record):
        place = await publish(record)
        publisher.refusal = Unavailable("not now")
        return place

    publisher.publish = once
    found = judge(*(statement(n) for n in range(1200)))
    assert kinds(found) == ["stored"] * 500 + ["stopped"]
    assert (found[-1]["line"], found[-1]["status"]) == (501, 503)
    assert len(accepted(publisher)) == 500


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Content-Type": "text/plain"}, 415),
        ({"Content-Type": None}, 415),
        ({"Content-Encoding": "br"}, 415),
        ({"Authorization": None}, 401),
        ({"X-Experience-API-Version": "0.9"}, 400),
    ],
)
def test_what_is_wrong_with_the_request_is_answered_with_a_status(ask, publisher, headers, status):
    answer = ask("POST", PATH, content=statement(1), headers={**TYPE, **headers})
    assert answer.status_code == status
    assert answer.json()["error"]["message"]
    assert publisher.records == []


def test_the_version_need_not_be_said(judge):
    assert kinds(judge(statement(1), headers={"X-Experience-API-Version": None})) == ["stored"]


# Reading lines


def read(chunks, zipped=False, longest=1000):
    """The groups of a body that comes in chunks; a number is a pause of so many seconds."""

    async def all_of_it():
        coming = iter(chunks)

        async def receive():
            chunk = next(coming, None)
            if chunk is None:
                return {"type": "http.request", "body": b"", "more_body": False}
            if isinstance(chunk, float):
                await asyncio.sleep(chunk)
                chunk = b""
            return {"type": "http.request", "body": chunk, "more_body": True}

        return [group async for group in groups(receive, zipped=zipped, longest=longest)]

    return asyncio.run(all_of_it())


@given(
    texts=st.lists(st.binary(max_size=30).map(lambda each: each.replace(b"\n", b"_"))),
    cuts=st.lists(st.integers(0, 400)),
    zipped=st.booleans(),
)
@example(texts=[BYTE_ORDER_MARK, b"a"], cuts=[1], zipped=False)
def test_lines_come_whole_however_the_body_is_cut(texts, cuts, zipped):
    body = b"\n".join(texts)
    wire = gzip.compress(body) if zipped else body
    places = sorted({min(cut, len(wire)) for cut in cuts})
    chunks = [wire[a:b] for a, b in zip([0, *places], [*places, len(wire)], strict=True)]
    found = [line for group in read(chunks, zipped) for line in group]
    texts = body.removeprefix(BYTE_ORDER_MARK).split(b"\n")
    expected = [(n, t.strip(b" \t\r")) for n, t in enumerate(texts, 1) if t.strip(b" \t\r")]
    assert [tuple(line) for line in found] == expected


def test_groups_are_small(monkeypatch):
    monkeypatch.setattr(lines_module, "GROUP_LINES", 4)
    monkeypatch.setattr(lines_module, "GROUP_BYTES", 100)
    body = b"\n".join(b"x" * size for size in (10, 20, 80, 10, 10, 1, 1, 1, 1, 1, 300, 1))
    sizes = [[len(line.text) for line in group] for group in read([body])]
    assert sizes == [[10, 20], [80, 10, 10], [1, 1, 1, 1], [1], [300], [1]]


def test_who_sends_slowly_is_answered_too():
    found = read([b"a\nb\nc", 0.2, b"d\n"])
    assert [[line.text for line in group] for group in found] == [[b"a", b"b"], [b"cd"]]


# On a real socket


def test_a_client_that_reads_nothing_until_it_has_sent_all_is_answered(address, publisher):
    """60,000 verdicts are more than the sockets hold; the LRS keeps them until they are taken."""
    body = b"\n".join(statement(n) for n in range(60_000))
    connection = http.client.HTTPConnection(*address, timeout=60)
    headers = {"Authorization": "Basic dG9vbDpzZWNyZXQ=", **TYPE}
    connection.request("POST", PATH, body, headers)
    answer = connection.getresponse()
    found = [json.loads(line) for line in answer.read().splitlines()]
    connection.close()
    assert [each["line"] for each in found] == list(range(1, 60_001))
    assert set(kinds(found)) == {"stored"}
    assert len(accepted(publisher)) == 60_000


def test_verdicts_come_while_lines_are_still_sent(address, publisher):
    with socket.create_connection(address, timeout=20) as client:
        head = [f"POST {PATH} HTTP/1.1", "Host: a", "Transfer-Encoding: chunked"]
        head += ["Authorization: Basic dG9vbDpzZWNyZXQ=", f"Content-Type: {MEDIA_TYPE}"]
        client.sendall("\r\n".join(head).encode() + b"\r\n\r\n")
        received = b""
        for number in range(3):
            line = statement(number) + b"\n"
            client.sendall(b"%x\r\n%b\r\n" % (len(line), line))
            while received.count(b'"verdict":"stored"') <= number:
                received += client.recv(4096)
            assert len(publisher.records) == number + 1
        client.sendall(b"0\r\n\r\n")
        while not received.endswith(b"0\r\n\r\n"):
            received += client.recv(4096)
