"""What real clients and proxies do that is no mistake, or none that anybody could misread."""

import hashlib
import json
from email.parser import BytesParser
from uuid import UUID, uuid4

import httpx
import pytest

from lrs.http.public import PublicAddress
from lrs.server import Application
from tests.lrs.conftest import HEADERS

STATEMENTS = "/xapi/statements"
PROFILE = "/xapi/agents/profile?profileId=p&agent=" + json.dumps({"mbox": "mailto:a@b.c"})
SAID = {
    "actor": {"mbox": "mailto:a@b.c"},
    "verb": {"id": "http://example.org/did"},
    "object": {"id": "http://example.org/it"},
}
BOM = b"\xef\xbb\xbf"
FORWARDED = {
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "lrs.example.org",
    "X-Forwarded-Prefix": "/mylrs",
}


@pytest.fixture
def pages(reader):
    """More statements than a page holds."""
    for number in range(12):
        reader.add(UUID(int=number), json.dumps({**SAID, "id": str(UUID(int=number))}).encode())


@pytest.fixture
def served(settings, publisher, reader, disk, accepted, ids, documents):
    """Sends a request to an LRS with other settings, from some address."""

    def made(client="127.0.0.1", **changed):
        changed_settings = settings.model_copy(update=changed)
        parts = (publisher, reader, disk, accepted, ids)
        application = Application(changed_settings, *parts, documents=documents)

        async def sent(method, url, headers):
            transport = httpx.ASGITransport(application, client=(client, 1234))
            async with httpx.AsyncClient(transport=transport, base_url="http://own:8080") as http:
                return await http.request(method, url, headers={**HEADERS, **headers})

        def asked(method, url, **headers):
            import asyncio

            return asyncio.run(sent(method, url, headers))

        return asked

    return made


# Behind a proxy


def test_more_leads_below_the_public_address_and_works_there_and_here(served, pages):
    ask = served(lrs_public_url="https://lrs.example.org/mylrs/")
    url, found = STATEMENTS, []
    while url:
        answer = ask("GET", url)
        assert answer.status_code == 200, answer.text
        found += [each["id"] for each in answer.json()["statements"]]
        url = answer.json()["more"]
        assert not url or url.startswith("/mylrs/xapi/statements?")
    assert len(set(found)) == 12
    assert "https://lrs.example.org/mylrs/xapi" in ask("GET", "/").text


def test_a_proxy_that_is_trusted_says_the_prefix(served, pages):
    answer = served()("GET", STATEMENTS, **FORWARDED)
    assert answer.json()["more"].startswith("/mylrs/xapi/statements?")
    assert "https://lrs.example.org/mylrs/xapi" in served()("GET", "/", **FORWARDED).text
    inside = served("10.1.2.3", lrs_trusted_proxies="10.0.0.0/8")
    assert inside("GET", STATEMENTS, **FORWARDED).json()["more"].startswith("/mylrs/")


@pytest.mark.parametrize(
    ("client", "trusted", "prefix"),
    [
        ("203.0.113.9", "127.0.0.1, ::1", "/mylrs"),
        ("127.0.0.1", "", "/mylrs"),
        ("127.0.0.1", "127.0.0.1", "//evil.example"),
        ("127.0.0.1", "127.0.0.1", "/a/../b"),
        ("127.0.0.1", "127.0.0.1", "evil"),
        ("127.0.0.1", "127.0.0.1", "/a b"),
    ],
)
def test_from_a_stranger_or_in_an_odd_form_it_says_nothing(served, pages, client, trusted, prefix):
    ask = served(client, lrs_trusted_proxies=trusted)
    answer = ask("GET", STATEMENTS, **{**FORWARDED, "X-Forwarded-Prefix": prefix})
    assert answer.json()["more"].startswith("/xapi/statements?")


@pytest.mark.parametrize(
    ("url", "trusted"),
    [("lrs.example.org", ""), ("https://a.b/c?d", ""), ("ftp://a.b", ""), ("", "localhost")],
)
def test_an_address_that_is_none_is_told_at_the_start(url, trusted):
    with pytest.raises(ValueError, match="HEADWATER_LRS_"):
        PublicAddress(url, trusted)


# Addresses


@pytest.mark.parametrize(
    "path",
    ["/xapi//statements", "/xapi/statements/", "/xapi//statements//"],
)
def test_a_doubled_slash_is_one(ask, pages, path):
    answer = ask("GET", f"{path}?limit=1")
    assert answer.status_code == 200
    assert answer.headers["X-Experience-API-Version"] == "1.0.3"
    assert answer.json()["more"].startswith("/xapi/statements?")
    assert ask("POST", path, content=json.dumps(SAID)).status_code == 200
    assert ask("GET", "/xapi//nothing").status_code == 404


# Attachments


def attached():
    content = b"hello"
    sha2 = hashlib.sha256(content).hexdigest()
    about = {
        "usageType": "http://example.org/u",
        "display": {"en": "a"},
        "contentType": "text/plain",
        "length": len(content),
        "sha2": sha2,
    }
    head = (
        "Content-Type: text/plain\r\nContent-Transfer-Encoding: binary\r\n"
        f"X-Experience-API-Hash: {sha2}"
    )
    return about, f"--b\r\n{head}\r\n\r\n".encode()


def send(ask, bodies):
    about, head = attached()
    said = [{**SAID, "id": str(uuid4()), "attachments": [about]} for _ in bodies]
    text = json.dumps(said).encode()
    body = b"--b\r\nContent-Type: application/json\r\n\r\n" + text + b"\r\n"
    body += b"".join(head + each + b"\r\n" for each in bodies) + b"--b--\r\n"
    headers = {"Content-Type": "multipart/mixed; boundary=b"}
    return said, ask("POST", STATEMENTS, content=body, headers=headers)


def test_a_file_may_come_once_for_each_statement(ask, settings):
    said, answer = send(ask, [b"hello", b"hello"])
    assert answer.status_code == 200, answer.text
    files = [each for each in (settings.data / "attachments").rglob("*") if each.is_file()]
    assert [each.read_bytes() for each in files] == [b"hello"]
    found = ask("GET", f"{STATEMENTS}?statementId={said[0]['id']}&attachments=true")
    kind = found.headers["content-type"]
    assert '"' not in kind  # RFC 2045 5.1; some clients take what follows `=` as it is
    whole = BytesParser().parsebytes(f"Content-Type: {kind}\r\n\r\n".encode() + found.content)
    assert [part.get_payload(decode=True) for part in whole.get_payload()][1:] == [b"hello"]


def test_each_copy_of_a_file_must_be_what_it_says(ask, settings, publisher):
    _, answer = send(ask, [b"hello", b"hullo"])
    assert answer.status_code == 400
    assert answer.json()["error"]["path"] == "part 3"
    assert publisher.records == []
    assert [each for each in settings.data.rglob("*") if each.is_file()] == []


# Headers and parameters


@pytest.mark.parametrize("tag", ["*", '"*"'])
def test_any_in_quotes_is_any(ask, tag):
    headers = {"If-None-Match": tag, "Content-Type": "text/plain"}
    assert ask("PUT", PROFILE, content=b"one", headers=headers).status_code == 204
    assert ask("PUT", PROFILE, content=b"two", headers=headers).status_code == 412
    assert ask("GET", PROFILE).content == b"one"


def test_the_headers_that_a_page_asks_for_are_granted(ask):
    asked = "authorization, x-request-id,X-My-Header, bad header, évil, x\r\ny"
    answer = ask(
        "OPTIONS",
        STATEMENTS,
        headers={
            "Authorization": None,
            "Origin": "https://a.example",
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": asked.encode("latin-1").replace(b"\r\n", b" "),
        },
    )
    granted = [each.strip() for each in answer.headers["Access-Control-Allow-Headers"].split(",")]
    assert {"Authorization", "If-Match", "x-request-id", "X-My-Header"} <= set(granted)
    assert not {"bad header", "évil", "x y"} & set(granted)


@pytest.mark.parametrize("word", ["True", "TRUE", "true", "False", "FALSE"])
@pytest.mark.parametrize("name", ["related_agents", "related_activities", "ascending"])
def test_true_and_false_are_taken_in_any_case(ask, pages, name, word):
    whose = "&agent=" + json.dumps(SAID["actor"])
    answer = ask("GET", f"{STATEMENTS}?{name}={word}{whose}")
    assert answer.status_code == 200
    wanted = ask("GET", f"{STATEMENTS}?{name}={word.lower()}{whose}")
    assert answer.json()["statements"] == wanted.json()["statements"]
    assert ask("GET", f"{STATEMENTS}?{name}=yes").status_code == 400


# Bodies


@pytest.mark.parametrize("body", [SAID, [SAID, SAID]])
def test_a_byte_order_mark_is_passed_over(ask, publisher, body):
    answer = ask("POST", STATEMENTS, content=BOM + json.dumps(body).encode())
    assert answer.status_code == 200
    assert BOM not in publisher.records[0].value
    lines = BOM + json.dumps(SAID).encode() + b"\n" + json.dumps(SAID).encode()
    answer = ask(
        "POST", "/verdicts", content=lines, headers={"Content-Type": "application/x-ndjson"}
    )
    assert [json.loads(each)["verdict"] for each in answer.text.splitlines()] == ["stored"] * 2


def test_nul_in_an_answer_comes_back_as_it_was(ask, publisher):
    said = {**SAID, "result": {"response": "a\0b"}}
    assert ask("POST", STATEMENTS, content=json.dumps(said)).status_code == 200
    assert json.loads(publisher.records[0].value)["result"]["response"] == "a\0b"
    whose = {**SAID, "actor": {"account": {"homePage": "http://x.y", "name": "a\0b"}}}
    refused = ask("POST", STATEMENTS, content=json.dumps(whose))
    assert refused.status_code == 400
    assert "identifies" in refused.json()["error"]["message"]
