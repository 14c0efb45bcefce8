"""What each of GitHub's kinds becomes, against payloads that GitHub and others published."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import orjson
import pytest
from examples import octokit

from producers.connector import Ignored, IgnoredKind, Mapped, Options, Unsupported
from producers.connectors.github import connector, webhook
from xapi import vocabulary
from xapi.statement import validate

V = vocabulary.VERBS
T = vocabulary.ACTIVITY_TYPES
VOIDED = "voided"

#: kind → (verb, object type, its behaviour when it is for somebody else, and when it is not).
EXPECTED: dict[str, tuple[str, str, str, str]] = {
    "issues.opened": ("submit", "issue", "", "ask"),
    "issues.closed": ("close", "issue", "collaborate", "collaborate"),
    "issues.reopened": ("reopened", "issue", "collaborate", "collaborate"),
    "issues.deleted": (VOIDED, "StatementRef", "", ""),
    "issue_comment.created": ("commented", "issue|pull-request", "help", "collaborate"),
    "issue_comment.deleted": (VOIDED, "StatementRef", "", ""),
    "commit_comment.created": ("commented", "code-commit", "", "collaborate"),
    "pull_request_review.submitted": (
        "reviewed|approve", "pull-request", "reinforce", "collaborate",
    ),
    "pull_request_review_comment.created": ("commented", "pull-request", "help", "collaborate"),
    "pull_request_review_comment.deleted": (VOIDED, "StatementRef", "", ""),
    "discussion.created": ("asked|posted", "question|discussion", "", "ask|record"),
    "discussion.answered": ("answered", "question", "help", "record"),
    "discussion.unanswered": (VOIDED, "StatementRef", "", ""),
    "discussion.deleted": (VOIDED, "StatementRef", "", ""),
    "discussion_comment.created": ("replied", "question|discussion", "help", "collaborate"),
    "discussion_comment.deleted": (VOIDED, "StatementRef", "", ""),
    "gollum": ("author|edited", "page", "", "record"),
}  # fmt: skip

#: The field that holds whom an event is for.
COUNTERPARTS = {
    "issues.closed": ("issue", "user"),
    "issues.reopened": ("issue", "user"),
    "issue_comment.created": ("issue", "user"),
    "pull_request_review.submitted": ("pull_request", "user"),
    "pull_request_review_comment.created": ("pull_request", "user"),
    "discussion.answered": ("discussion", "user"),
    "discussion_comment.created": ("discussion", "user"),
}
#: The field that holds who did it, where that is not the sender.
ACTORS = {
    "issues.opened": ("issue", "user"),
    "issue_comment.created": ("comment", "user"),
    "commit_comment.created": ("comment", "user"),
    "pull_request_review.submitted": ("review", "user"),
    "pull_request_review_comment.created": ("comment", "user"),
    "discussion.created": ("discussion", "user"),
    "discussion.answered": ("answer", "user"),
    "discussion_comment.created": ("comment", "user"),
}


def sorted_out(name: str, payload: dict[str, Any]) -> tuple[str, str, list[dict[str, Any]]]:
    """(kind, which of the three, statements) of a payload."""
    kind = webhook.kind_of({"x-github-event": name}, payload)
    sort = connector.decide(kind)
    if isinstance(sort, IgnoredKind):
        return kind, "ignored", []
    if isinstance(sort, Unsupported):
        return kind, "unsupported", []
    assert isinstance(sort, Mapped)
    try:
        return kind, "mapped", list(sort.mapper(payload, Options()))
    except Ignored:
        return kind, "ignored", []


def check(kind: str, payload: dict[str, Any], statements: list[dict[str, Any]]) -> None:
    """Every statement is valid, and says what EXPECTED says of its kind."""
    verbs, types, with_other, alone = EXPECTED[kind]
    assert statements, kind
    for statement in statements:
        validate(json.loads(orjson.dumps(statement)))
        assert statement["verb"]["id"] in {V[name] for name in verbs.split("|")}
        if verbs == VOIDED:
            assert statement["object"]["objectType"] == "StatementRef"
            continue
        assert statement["object"]["definition"]["type"] in {T[n] for n in types.split("|")}
        assert statement["actor"]["account"] == {
            "homePage": "https://github.com",
            "name": _user(payload, ACTORS.get(kind, ("sender",)))["login"].lower(),
        }
        other = statement["context"].get("extensions", {}).get(vocabulary.COUNTERPART)
        behaviour = vocabulary.behaviour_of(statement).name
        if kind in COUNTERPARTS and _is_other(payload, kind):
            login = _user(payload, COUNTERPARTS[kind])["login"].lower()
            assert other["account"]["name"] == login
            assert behaviour == with_other
        else:
            assert other is None
            assert behaviour in alone.split("|")


def _user(payload: dict[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
    found: Any = payload
    for key in path:
        found = found[key]
    return dict(found)


def _is_other(payload: dict[str, Any], kind: str) -> bool:
    other = _user(payload, COUNTERPARTS[kind])
    doer = _user(payload, ACTORS.get(kind, ("sender",)))
    return other["login"].lower() != doer["login"].lower() and other.get("type") != "Bot"


def test_every_published_example_is_mapped_ignored_or_unsupported() -> None:
    examples = octokit()
    sorts: Counter[str] = Counter()
    mapped: set[str] = set()
    for name, payload in examples:
        kind, sort, statements = sorted_out(name, payload)
        sorts[sort] += 1
        if sort == "mapped":
            mapped.add(kind)
            check(kind, payload, statements)
    assert len(examples) == 329
    assert sum(sorts.values()) == 329
    assert sorts["unsupported"] == 0
    assert sorts["mapped"] == 35
    assert mapped == EXPECTED.keys() - {"issues.closed", "discussion.deleted"}


def test_every_recorded_payload_is_mapped_ignored_or_unsupported(shared: Path) -> None:
    files = sorted((shared / "data" / "payloads" / "github").glob("*.json"))
    mapped = Counter[str]()
    for file in files:
        name = EVENT_OF.get(file.stem, file.stem.replace("-", "_"))
        payload = json.loads(file.read_text("utf-8"))
        kind, sort, statements = sorted_out(name, payload)
        assert sort in ("mapped", "ignored"), (file.name, kind)
        if sort == "mapped":
            mapped[kind] += 1
            check(kind, payload, statements)
    assert len(files) == 48
    assert mapped == {
        "commit_comment.created": 1,
        "gollum": 1,
        "issue_comment.created": 2,
        "issues.opened": 1,
        "pull_request_review.submitted": 1,
        "pull_request_review_comment.created": 1,
    }


#: Files that are not named after their event.
EVENT_OF = {"pull-request-issue-comment": "issue_comment", "repository-edited": "repository"}

REPOSITORY = {
    "id": 7,
    "full_name": "acme/widgets",
    "html_url": "https://github.com/acme/widgets",
}
ADA = {"login": "Ada", "id": 1, "type": "User"}
BOB = {"login": "bob", "id": 2, "type": "User"}
BOT = {"login": "dependabot[bot]", "id": 3, "type": "Bot"}


def issue(**changes: Any) -> dict[str, Any]:
    """An issue event's payload, after GitHub's documentation."""
    return {
        "action": "closed",
        "issue": {
            "id": 99,
            "number": 4,
            "html_url": "https://github.com/acme/widgets/issues/4",
            "title": "Salaries of the sales team leak",
            "user": ADA,
            "labels": [{"name": "security"}],
            "created_at": "2026-03-01T10:00:00Z",
            "updated_at": "2026-03-02T10:30:00Z",
            "closed_at": "2026-03-02T10:30:00Z",
        },
        "repository": REPOSITORY,
        "sender": BOB,
        **changes,
    }


def test_closing_an_issue_says_how_long_it_was_open_and_for_whom() -> None:
    kind, sort, (statement,) = sorted_out("issues", issue())
    assert (kind, sort) == ("issues.closed", "mapped")
    check(kind, issue(), [statement])
    assert statement["result"]["duration"] == "PT88200S"
    assert statement["timestamp"] == "2026-03-02T10:30:00.000Z"
    extensions = statement["context"]["extensions"]
    assert extensions[vocabulary.TOPIC] == "acme/widgets"
    assert extensions[vocabulary.TAGS] == ["security"]


def test_no_title_and_no_body_leaves_github() -> None:
    _, _, statements = sorted_out("issues", issue())
    assert "Salaries" not in json.dumps(statements)


def test_an_issue_closed_again_is_another_statement() -> None:
    first, again = issue(), issue()
    again["issue"] = {**again["issue"], "closed_at": "2026-03-05T10:30:00Z"}
    assert sorted_out("issues", first)[2][0]["id"] != sorted_out("issues", again)[2][0]["id"]


def test_the_same_delivery_twice_is_the_same_statement() -> None:
    assert sorted_out("issues", issue()) == sorted_out("issues", issue())


def test_what_a_bot_does_is_ignored() -> None:
    assert sorted_out("issues", issue(sender=BOT))[1] == "ignored"


def test_helping_a_bot_is_helping_nobody() -> None:
    event = issue()
    event["issue"]["user"] = BOT
    statement = sorted_out("issues", event)[2][0]
    assert vocabulary.COUNTERPART not in statement["context"]["extensions"]


def test_a_deleted_discussion_voids_its_opening() -> None:
    discussion = {
        "id": 5,
        "number": 1,
        "html_url": "https://github.com/acme/widgets/discussions/1",
        "user": ADA,
        "category": {"is_answerable": True},
        "created_at": "2026-03-01T10:00:00Z",
    }
    event = {"discussion": discussion, "repository": REPOSITORY, "sender": ADA}
    made = sorted_out("discussion", {**event, "action": "created"})[2][0]
    kind, _, statements = sorted_out("discussion", {**event, "action": "deleted"})
    check(kind, event, statements)
    assert statements[0]["object"]["id"] == made["id"]


def test_a_deleted_comment_voids_what_its_creation_said() -> None:
    found: dict[Any, dict[str, str]] = {}
    for name, payload in octokit():
        if name in ("issue_comment", "discussion_comment", "pull_request_review_comment"):
            _, sort, statements = sorted_out(name, {**payload, "action": "created"})
            gone = sorted_out(name, {**payload, "action": "deleted"})[2]
            if sort == "mapped":
                found[name] = {s["id"]: s["object"]["id"] for s in gone}
                assert [s["object"]["id"] for s in gone] == [s["id"] for s in statements]
    assert len(found) == 3


def test_nobody_listed_a_kind_twice() -> None:
    assert not connector.mappers.keys() & connector.ignored.keys()
    assert connector.mappers.keys() == EXPECTED.keys()
    with pytest.raises(ValueError, match="already mapped"):
        connector.maps("gollum")(lambda *_: [])
