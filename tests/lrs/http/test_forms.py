"""How statements are returned: format, language, version."""

import json
from uuid import UUID

STATEMENTS = "/xapi/statements"
ONE = UUID("fd41c918-b88b-4b20-a0a5-a4c32391aaa0")
TWO = {"X-Experience-API-Version": "2.0.0"}


def stored(reader, number: int = 0, **more) -> None:
    said = {
        "id": str(UUID(int=ONE.int + number)),
        "actor": {"mbox": "mailto:ada@example.org", "name": "Ada"},
        "verb": {"id": "http://example.org/did", "display": {"en-US": "did", "de": "tat"}},
        "object": {
            "id": "http://example.org/it",
            "definition": {"name": {"en-US": f"It {number}", "de": "Es"}},
        },
        "version": "1.0.0",
        **more,
    }
    reader.add(UUID(said["id"]), json.dumps(said).encode())


def test_ids(ask, reader) -> None:
    stored(reader)
    found = ask("GET", f"{STATEMENTS}?statementId={ONE}&format=ids").json()
    assert found["actor"] == {"mbox": "mailto:ada@example.org"}
    assert found["verb"] == {"id": "http://example.org/did"}
    assert found["object"] == {"id": "http://example.org/it"}
    assert found["stored"]


def test_canonical_in_the_readers_language(ask, reader) -> None:
    stored(reader)
    stored(reader, 1)
    headers = {"Accept-Language": "de-CH, en;q=0.5"}
    for query in (f"statementId={ONE}", "limit=2"):
        answer = ask("GET", f"{STATEMENTS}?{query}&format=canonical", headers=headers).json()
        for found in answer.get("statements", [answer]):
            assert found["object"]["definition"] == {"name": {"de": "Es"}}
            assert found["verb"]["display"] == {"de": "tat"}
    headers = {"Accept-Language": "en"}
    found = ask("GET", f"{STATEMENTS}?statementId={ONE}&format=canonical", headers=headers).json()
    assert found["object"]["definition"] == {"name": {"en-US": "It 1"}}


def test_a_reader_of_1_0_3_sees_no_2_0(ask, reader) -> None:
    context = {"contextAgents": [], "platform": "x"}
    stored(reader, version="2.0.0", context=context)
    new = ask("GET", f"{STATEMENTS}?statementId={ONE}", headers=TWO)
    assert new.json()["context"] == context
    assert new.json()["version"] == "2.0.0"
    assert new.headers["x-experience-api-version"] == "2.0.0"
    assert new.headers["last-modified"] == "Fri, 31 May 2024 08:30:00 GMT"
    old = ask("GET", f"{STATEMENTS}?statementId={ONE}")
    assert old.json()["context"] == {"platform": "x"}
    assert old.json()["version"] == "1.0.3"
    assert "last-modified" not in old.headers


def test_a_voided_statement_is_found_as_such_only(ask, reader) -> None:
    stored(reader)
    stored(
        reader,
        1,
        verb={"id": "http://adlnet.gov/expapi/verbs/voided"},
        object={"objectType": "StatementRef", "id": str(ONE)},
    )
    assert ask("GET", f"{STATEMENTS}?statementId={ONE}").status_code == 404
    found = ask("GET", f"{STATEMENTS}?voidedStatementId={ONE}")
    assert (found.status_code, found.json()["id"]) == (200, str(ONE))
    void = UUID(int=ONE.int + 1)
    assert ask("GET", f"{STATEMENTS}?voidedStatementId={void}").status_code == 404
    assert ask("GET", f"{STATEMENTS}?statementId={void}").status_code == 200
    assert [s["id"] for s in ask("GET", STATEMENTS).json()["statements"]] == [str(void)]
