"""The Alternate Request Syntax, and pages of other origins."""

import json
from typing import Any
from urllib.parse import urlencode

import pytest

STATEMENTS = "/xapi/statements"
ONE = "fd41c918-b88b-4b20-a0a5-a4c32391aaa0"
SAID = {
    "actor": {"mbox": "mailto:zoë@example.org", "name": "Zoë + Ada & co"},
    "verb": {"id": "http://example.org/did"},
    "object": {"id": "http://example.org/it"},
}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def form(**fields: str) -> dict[str, Any]:
    return {"content": urlencode(fields).encode(), "headers": FORM}


def test_a_form_stands_for_a_put(ask, publisher) -> None:
    sent = form(
        **{
            "statementId": ONE,
            "content": json.dumps(SAID, ensure_ascii=False),
            "Content-Type": "application/json",
        }
    )
    assert ask("POST", f"{STATEMENTS}?method=PUT", **sent).status_code == 204
    assert "Zoë + Ada & co" in publisher.records[0].value.decode()


def test_a_form_stands_for_a_get_with_its_headers(ask) -> None:
    fields = {
        "limit": "1",
        "Authorization": "Basic dG9vbDpzZWNyZXQ=",
        "X-Experience-API-Version": "1.0.1",
    }
    sent = form(**fields)
    sent["headers"] = {**FORM, "Authorization": None, "X-Experience-API-Version": None}
    answer = ask("POST", f"{STATEMENTS}?method=GET", **sent)
    assert answer.status_code == 200
    assert answer.json() == {"statements": [], "more": ""}
    assert answer.headers["x-experience-api-version"] == "1.0.1"


@pytest.mark.parametrize(
    ("query", "changes"),
    [
        ("method=PUT&limit=1", {}),
        ("method=PATCH", {}),
        ("method=PUT", {"content": urlencode({"statementId": ONE}).encode()}),
        ("method=PUT", {"content": json.dumps(SAID).encode()}),
        ("method=PUT", {"content": b"a=1&a=2&content=x"}),
        ("method=PUT", {"content": b"\xff=1"}),
        ("method=PUT", {"headers": {"Content-Type": "application/json"}}),
        ("method=PUT", {"headers": {**FORM, "X-Experience-API-Version": "2.0.0"}}),
        ("method=GET", {"content": urlencode({"nothing": "1"}).encode()}),
    ],
)
def test_what_is_no_such_form_is_400(ask, publisher, query: str, changes: dict[str, Any]) -> None:
    sent = {**form(statementId=ONE, content=json.dumps(SAID)), **changes}
    answer = ask("POST", f"{STATEMENTS}?{query}", **sent)
    assert answer.status_code == 400, answer.text
    assert publisher.records == []


@pytest.mark.parametrize("value", ["text/plain\r\nX-Evil: 1", "a/b\n", "a/b\0", "a/\x7f"])
def test_a_form_makes_no_header_that_could_be_no_header(ask, publisher, value: str) -> None:
    sent = form(**{"statementId": ONE, "content": json.dumps(SAID), "Content-Type": value})
    answer = ask("POST", f"{STATEMENTS}?method=PUT", **sent)
    assert answer.status_code == 400
    assert "content-type" in answer.text
    assert "control character" in answer.text
    assert publisher.records == []


def test_other_origins_may_ask_and_read(ask) -> None:
    none = {"Authorization": None, "X-Experience-API-Version": None, "Origin": "https://a.example"}
    asked = ask(
        "OPTIONS",
        "/xapi/activities/state",
        headers={**none, "Access-Control-Request-Method": "PUT"},
    )
    assert asked.status_code == 204
    assert "PUT" in asked.headers["access-control-allow-methods"]
    assert "If-Match" in asked.headers["access-control-allow-headers"]
    for path in (STATEMENTS, "/xapi/about"):
        answer = ask("GET", path, headers={"Origin": "https://a.example"})
        assert answer.headers["access-control-allow-origin"] == "*"
        assert (
            "X-Experience-API-Consistent-Through" in answer.headers["access-control-expose-headers"]
        )
    refused = ask("GET", STATEMENTS, headers={"Origin": "https://a.example", "Authorization": None})
    assert refused.status_code == 401
    assert refused.headers["access-control-allow-origin"] == "*"
