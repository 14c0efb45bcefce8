"""State, Agent Profile and Activity Profile over HTTP (Part Three 2.2, 2.3, 2.6, 2.7, 3.1)."""

import hashlib
import json
from urllib.parse import urlencode
from uuid import uuid4

import pytest

from lrs.errors import Unavailable

STATE, AGENTS, ACTIVITIES = (
    "/xapi/activities/state",
    "/xapi/agents/profile",
    "/xapi/activities/profile",
)
ADA = {"account": {"homePage": "http://example.org", "name": "ada"}, "objectType": "Agent"}
ABOUT = {
    STATE: {"activityId": "http://example.org/course", "agent": json.dumps(ADA)},
    AGENTS: {"agent": json.dumps(ADA)},
    ACTIVITIES: {"activityId": "http://example.org/course"},
}
NAME = {STATE: "stateId", AGENTS: "profileId", ACTIVITIES: "profileId"}
EACH = pytest.mark.parametrize("resource", [STATE, AGENTS, ACTIVITIES])
NEW = {"If-None-Match": "*"}


def url(resource, name="one", **more):
    """The address of a document, or of a list where the name is None; None drops a parameter."""
    query = {**ABOUT[resource], NAME[resource]: name, **more}
    return f"{resource}?{urlencode({k: v for k, v in query.items() if v is not None})}"


@EACH
def test_a_document_comes_back_as_it_was_sent(ask, resource):
    content = b'\x00\xff binary "\r\n'
    kind = "application/x-thing; v=1"
    put = ask("PUT", url(resource), content=content, headers={"Content-Type": kind, **NEW})
    assert (put.status_code, put.content) == (204, b"")
    got = ask("GET", url(resource))
    assert (got.status_code, got.content, got.headers["content-type"]) == (200, content, kind)
    assert got.headers["etag"] == f'"{hashlib.sha1(content).hexdigest()}"' == put.headers["etag"]
    assert got.headers["last-modified"].endswith(" GMT")
    assert got.headers["x-content-type-options"] == "nosniff"
    assert got.headers["x-experience-api-version"] == "1.0.3"


@EACH
def test_head_says_what_get_says(ask, resource):
    ask("POST", url(resource), content=b'{"a":1}')
    got, head = ask("GET", url(resource)), ask("HEAD", url(resource))
    assert (head.status_code, head.content) == (200, b"")
    for name in ("etag", "last-modified", "content-type", "content-length"):
        assert head.headers[name] == got.headers[name]
    assert ask("HEAD", url(resource, "none")).status_code == 404


@EACH
def test_a_post_merges_and_a_delete_deletes(ask, resource):
    assert ask("POST", url(resource), content=b'{"a":1,"b":{"c":2}}').status_code == 204
    assert ask("POST", url(resource), content=b'{"b":{"d":3}}').status_code == 204
    assert ask("GET", url(resource)).json() == {"a": 1, "b": {"d": 3}}
    assert ask("DELETE", url(resource)).status_code == 204
    assert ask("GET", url(resource)).status_code == 404
    assert ask("DELETE", url(resource)).status_code == 204


@EACH
def test_lists_hold_ids_of_what_changed_after_since(ask, resource, documents):
    for name in ("one", "two", "three é"):
        ask("POST", url(resource, name), content=b"{}")
    every = ask("GET", url(resource, None))
    assert every.json() == ["one", "two", "three é"]
    assert every.headers["content-type"] == "application/json"
    assert "last-modified" in every.headers
    middle = ask("GET", url(resource, None, since="2024-05-31T08:30:01.5Z"))
    assert middle.json() == ["two", "three é"]
    late = ask("GET", url(resource, None, since="2999-01-01T00:00:00+01:00"))
    assert (late.status_code, late.json()) == (200, [])


def test_state_without_an_id_is_deleted_by_context_and_registration(ask):
    one, other = str(uuid4()), str(uuid4())
    for registration in (None, one, one.upper(), other):
        ask("PUT", url(STATE, "s", registration=registration), content=b"x")
    assert ask("GET", url(STATE, None)).json() == ["s"]
    assert ask("DELETE", url(STATE, None, registration=one)).status_code == 204
    assert ask("GET", url(STATE, "s", registration=one)).status_code == 404
    assert ask("GET", url(STATE, "s", registration=other)).status_code == 200
    assert ask("GET", url(STATE, "s")).status_code == 200
    assert ask("DELETE", url(STATE, None)).status_code == 204
    assert ask("GET", url(STATE, None)).json() == []
    assert ask("GET", url(STATE, "s", registration=other)).status_code == 404


def test_agents_are_the_same_by_their_identifier(ask):
    ask("PUT", url(STATE), content=b"x")
    named = json.dumps({"name": "Ada", **ADA})
    assert ask("GET", url(STATE, agent=named)).content == b"x"
    other = json.dumps({"mbox": "mailto:ada@example.org"})
    assert ask("GET", url(STATE, agent=other)).status_code == 404


@pytest.mark.parametrize("resource", [AGENTS, ACTIVITIES])
def test_a_profile_is_not_put_unseen(ask, resource):
    assert ask("PUT", url(resource), content=b"1").status_code == 400
    assert ask("PUT", url(resource), content=b"1", headers=NEW).status_code == 204
    refused = ask("PUT", url(resource), content=b"2")
    assert refused.status_code == 409
    assert "If-Match" in refused.json()["error"]["message"]
    assert ask("PUT", url(resource), content=b"2", headers=NEW).status_code == 412
    etag = ask("GET", url(resource)).headers["etag"]
    for tag, status in (('"other"', 412), (etag, 204), (etag, 412)):
        put = ask("PUT", url(resource), content=b"3", headers={"If-Match": tag})
        assert put.status_code == status
    assert ask("GET", url(resource)).content == b"3"


def test_state_is_put_freely_and_held_to_if_match_where_it_is_given(ask):
    for content in (b"1", b"2"):
        assert ask("PUT", url(STATE), content=content).status_code == 204
    wrong = {"If-Match": '"other"'}
    for method in ("PUT", "POST", "DELETE"):
        assert ask(method, url(STATE), content=b"{}", headers=wrong).status_code == 412
    assert ask("GET", url(STATE)).content == b"2"


@EACH
def test_a_reader_who_has_it_already_is_told_so(ask, resource):
    ask("POST", url(resource), content=b"{}")
    etag = ask("GET", url(resource)).headers["etag"]
    again = ask("GET", url(resource), headers={"If-None-Match": etag})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
    assert ask("GET", url(resource), headers={"If-None-Match": '"x"'}).status_code == 200


@EACH
@pytest.mark.parametrize(
    ("changes", "at"),
    [
        ({"agent": None}, "?agent"),
        ({"agent": ""}, "?agent"),
        ({"agent": "ada"}, "?agent"),
        ({"agent": "[]"}, "?agent"),
        ({"agent": "{}"}, "?agent"),
        ({"agent": '{"mbox":"ada"}'}, "?agent.mbox"),
        ({"agent": '{"mbox":"mailto:a@b.c","x":1}'}, "?agent"),
        ({"agent": '{"objectType":"Group","member":[{"mbox":"mailto:a@b.c"}]}'}, "?agent"),
        ({"agent": "[" * 10_000}, "?agent"),
        ({"agent": '{"mbox":"\\ud800"}'}, "?agent"),
        ({"activityId": None}, "?activityId"),
        ({"activityId": "course"}, "?activityId"),
        ({"activityId": "http://example.org/" + "x" * 5000}, "?activityId"),
        ({"registration": "true"}, "?registration"),
        ({"other": "1"}, "?other"),
        ({"name": ""}, "name"),
        ({"name": "a\0b"}, "name"),
        ({"name": "x" * 5000}, "name"),
    ],
)
def test_what_is_missing_or_wrong_is_said(ask, documents, resource, changes, at):
    about = {"registration", "other", "name", *ABOUT[resource]}
    if not changes.keys() <= about:
        return
    if resource != STATE and "registration" in changes:
        at = "?registration"  # a profile has none
    name = changes.get("name", "one")
    rest = {key: value for key, value in changes.items() if key != "name"}
    for method in ("GET", "PUT", "POST", "DELETE"):
        more = {} if method in ("GET", "DELETE") else {"content": b"{}"}
        answer = ask(method, url(resource, name, **rest), **more)
        assert answer.status_code == 400, method
        assert answer.json()["error"]["path"] == (f"?{NAME[resource]}" if at == "name" else at)
    assert documents.written == []


@EACH
def test_an_id_is_needed_where_one_document_is_meant(ask, documents, resource):
    methods = ["PUT", "POST"] if resource == STATE else ["PUT", "POST", "DELETE"]
    for method in methods:
        more = {} if method == "DELETE" else {"content": b"{}"}
        assert ask(method, url(resource, None), **more).status_code == 400
    for since in ("yesterday", "true", ""):
        assert ask("GET", url(resource, None, since=since)).status_code == 400
    assert ask("GET", url(resource, since="2024-05-31T08:30:00Z")).status_code == 400
    assert ask("DELETE", url(STATE, None), headers={"If-Match": "*"}).status_code == 400
    assert documents.written == []


@EACH
@pytest.mark.parametrize("content", [b"", b"{", b'{"a":NaN}', b'{"a":"\xff"}', b"[" * 100_000])
def test_malformed_json_is_not_merged(ask, documents, resource, content):
    content = content[:90_000]
    answer = ask("POST", url(resource), content=content)
    assert answer.status_code == 400
    assert "JSON" in answer.json()["error"]["message"]
    assert documents.written == []


@EACH
def test_what_is_no_json_object_is_not_merged(ask, resource):
    ask("POST", url(resource), content=b'{"a":1}')
    for content, kind in ((b"[1]", "application/json"), (b"{}", "text/plain"), (b"a", None)):
        answer = ask("POST", url(resource), content=content, headers={"Content-Type": kind})
        assert answer.status_code == 400
    assert ask("GET", url(resource)).json() == {"a": 1}


@EACH
def test_a_large_document_is_413(ask, documents, resource):
    assert ask("PUT", url(resource), content=b"x" * 100_001, headers=NEW).status_code == 413
    assert documents.written == []


@EACH
def test_who_must_not_does_not(ask, resource):
    for authorization in (None, "Basic eDp5"):
        headers = {"Authorization": authorization}
        assert ask("GET", url(resource), headers=headers).status_code == 401
    assert ask("PATCH", url(resource)).status_code == 405


@EACH
def test_what_cannot_be_done_now_is_503(ask, documents, resource):
    documents.refusal = Unavailable("Kafka does not answer; nothing was done")
    for method in ("GET", "PUT", "POST", "DELETE"):
        more = {} if method in ("GET", "DELETE") else {"content": b"{}"}
        answer = ask(method, url(resource), **more)
        assert answer.status_code == 503
        assert "retry-after" in answer.headers


TWO = {"X-Experience-API-Version": "2.0.0"}


@EACH
def test_in_2_0_a_put_without_headers_creates_and_does_not_overwrite(ask, resource):
    assert ask("PUT", url(resource), content=b"1", headers=TWO).status_code == 204
    refused = ask("PUT", url(resource), content=b"2", headers=TWO)
    assert refused.status_code == 409
    assert refused.headers["x-experience-api-version"] == "2.0.0"
    assert ask("GET", url(resource), headers=TWO).content == b"1"


@EACH
def test_in_2_0_if_match_is_for_put_post_and_delete(ask, resource):
    ask("POST", url(resource), content=b'{"a":1}', headers=TWO)
    etag = ask("GET", url(resource), headers=TWO).headers["etag"]
    for method in ("PUT", "POST", "DELETE"):
        wrong = {**TWO, "If-Match": '"1234"'}
        assert ask(method, url(resource), content=b"{}", headers=wrong).status_code == 412
    assert ask("GET", url(resource), headers=TWO).json() == {"a": 1}
    for method in ("PUT", "POST", "DELETE"):
        etag = ask("GET", url(resource), headers=TWO).headers["etag"]
        right = {**TWO, "If-Match": etag}
        assert ask(method, url(resource), content=b"{}", headers=right).status_code == 204


def test_a_form_may_stand_for_a_write_in_1_0_3(ask, documents):
    form = {
        **ABOUT[STATE],
        "stateId": "one",
        "content": "resume=7&é",
        "Content-Type": "text/plain; charset=utf-8",
        "X-Experience-API-Version": "1.0.3",
    }
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = ask("POST", f"{STATE}?method=PUT", content=urlencode(form), headers=headers)
    assert answer.status_code == 204
    assert ask("GET", url(STATE)).text == "resume=7&é"
