"""GET and HEAD of the Statement Resource (xAPI 1.0.3 Part Three 2.1.3)."""

import json
from datetime import timedelta
from uuid import UUID

import pytest

STATEMENTS = "/xapi/statements"
THROUGH = "2024-05-31T08:30:00.000Z"


def stored(reader, count):
    """Statements in the reader, numbered by their ids."""
    for number in range(count):
        identifier = UUID(int=number)
        raw = {"id": str(identifier), "actor": {}, "verb": {}, "object": {}, "version": "1.0.0"}
        reader.add(identifier, json.dumps(raw).encode())


def numbers(response):
    """The numbers of the statements of a page."""
    return [UUID(each["id"]).int for each in response.json()["statements"]]


def test_one_statement_by_its_id_with_what_the_lrs_adds(ask, reader):
    raw = b'{"id":"%s","result":{"score":{"raw":1.50}},"version":"1.0.0"}'
    reader.add(UUID(int=7), raw % str(UUID(int=7)).encode())
    response = ask("GET", f"{STATEMENTS}?statementId={UUID(int=7)}")
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    assert b'"raw":1.50' in response.content
    found = response.json()
    assert found["stored"] == found["timestamp"] == "2024-05-31T08:30:00.000Z"


def test_the_default_form_may_be_asked_for(ask, reader):
    stored(reader, 1)
    for query in ("format=exact", "attachments=false", f"statementId={UUID(int=0)}&format=exact"):
        assert ask("GET", f"{STATEMENTS}?{query}").status_code == 200


def test_a_timestamp_of_the_client_is_kept(ask, reader):
    reader.add(UUID(int=7), b'{"timestamp":"2001-01-01T00:00:00+02:00"}')
    found = ask("GET", f"{STATEMENTS}?statementId={UUID(int=7)}").json()
    assert found["timestamp"] == "2001-01-01T00:00:00+02:00"


def test_context_activities_are_arrays(ask, reader):
    around = {"contextActivities": {"parent": {"id": "x:p"}, "other": [{"id": "x:o"}]}}
    raw = {"context": around, "object": {"objectType": "SubStatement", "context": around}}
    reader.add(UUID(int=7), json.dumps(raw).encode())
    found = ask("GET", f"{STATEMENTS}?statementId={UUID(int=7)}").json()
    listed = {"contextActivities": {"parent": [{"id": "x:p"}], "other": [{"id": "x:o"}]}}
    assert found["context"] == found["object"]["context"] == listed


def test_no_such_statement_is_404(ask):
    response = ask("GET", f"{STATEMENTS}?statementId={UUID(int=7)}")
    assert response.status_code == 404
    assert response.json()["error"]["path"] == "?statementId"


def test_nothing_found_is_an_empty_result(ask):
    assert ask("GET", STATEMENTS).json() == {"statements": [], "more": ""}


@pytest.mark.parametrize("ascending", [False, True])
@pytest.mark.parametrize("limit", [1, 2, 3, 100, 0])
def test_more_leads_through_everything_once_in_order(ask, reader, accepted, ascending, limit):
    stored(reader, 13)
    accepted.frontier += timedelta(minutes=1)
    at = f"{STATEMENTS}?limit={limit}" + ("&ascending=true" if ascending else "")
    seen = []
    while at:
        response = ask("GET", at)
        page = numbers(response)
        assert 0 < len(page) <= min(limit or 5, 5)
        seen += page
        at = response.json()["more"]
        assert not at or at.startswith("/xapi/statements?")
    assert seen == (list(range(13)) if ascending else list(range(12, -1, -1)))


def test_more_keeps_the_filters_while_data_arrives(ask, reader):
    stored(reader, 4)
    until = "2024-05-31T10:30:02%2B02:00"
    first = ask("GET", f"{STATEMENTS}?limit=2&since={THROUGH}&until={until}")
    assert numbers(first) == [2, 1]
    stored(reader, 3)
    assert first.json()["more"] == ""
    first = ask("GET", f"{STATEMENTS}?limit=1&since={THROUGH}&until={until}")
    assert numbers(first) == [2]
    assert numbers(ask("GET", first.json()["more"])) == [1]


def test_since_is_exclusive_and_until_inclusive(ask, reader):
    stored(reader, 3)
    assert numbers(ask("GET", f"{STATEMENTS}?since=2024-05-31T08:30:01Z")) == [2]
    assert numbers(ask("GET", f"{STATEMENTS}?until=2024-05-31T08:30:01Z")) == [1, 0]
    assert numbers(ask("GET", f"{STATEMENTS}?until=2024-05-31T10:30:01+02:00")) == [1, 0]


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ("unknown=1", "?unknown"),
        ("StatementId=1", "?StatementId"),
        ("verb=y", "?verb"),
        ("activity=a%20b", "?activity"),
        ("registration=1", "?registration"),
        ("agent=ada", "?agent"),
        ("agent={}", "?agent"),
        ("agent={%22mbox%22:%22ada%22}", "?agent.mbox"),
        ("agent={%22objectType%22:%22Group%22,%22member%22:[]}", "?agent"),
        ("related_agents=1", "?related_agents"),
        (f"statementId={UUID(int=1)}&voidedStatementId={UUID(int=1)}", "?statementId"),
        (f"voidedStatementId={UUID(int=1)}&verb=x:y", "?voidedStatementId"),
        ("verb=%FF", "?"),
        ("verb=a%00b", "?verb"),
        ("&".join(f"v{n}=1" for n in range(101)), "?"),
        ("statementId=x", "?statementId"),
        (f"statementId={UUID(int=1)}&limit=1", "?statementId"),
        ("format=idz", "?format"),
        ("attachments=yes", "?attachments"),
        ("limit=-1", "?limit"),
        ("limit=1.5", "?limit"),
        ("limit=", "?limit"),
        ("limit=1&limit=2", "?limit"),
        ("ascending=yes", "?ascending"),
        ("since=yesterday", "?since"),
        ("until=2024-05-31", "?until"),
        ("from=***", "?from"),
    ],
)
def test_parameters_are_held_to_the_rules(ask, query, path):
    response = ask("GET", f"{STATEMENTS}?{query}")
    assert response.status_code == 400
    assert response.json()["error"]["path"] == path
    assert response.headers["x-experience-api-consistent-through"] == THROUGH


def test_head_is_get_without_a_body(ask, reader):
    stored(reader, 1)
    got = ask("GET", STATEMENTS)
    head = ask("HEAD", STATEMENTS)
    assert head.content == b""
    assert head.status_code == 200
    assert dict(head.headers) == dict(got.headers)


def test_every_answer_says_until_when_reads_are_whole(ask):
    for method, url in (("GET", STATEMENTS), ("POST", STATEMENTS), ("DELETE", STATEMENTS)):
        headers = ask(method, url).headers
        assert headers["x-experience-api-consistent-through"] == THROUGH
