"""GitHub against payloads that GitHub and others published, and the faults that were found so."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from examples import octokit

from producers.connections import Connection
from producers.connector import Disposition, Reply
from producers.connectors.github import connector, webhook
from producers.connectors.github.poll import GitHubOptions, issue_events
from producers.intake import Intake, Taken
from tests.producers.conftest import Published
from xapi import vocabulary
from xapi.equivalence import equivalent
from xapi.statement import validate

#: Files that are not named after their event.
EVENT_OF = {"pull-request-issue-comment": "issue_comment", "repository-edited": "repository"}
VOIDED = vocabulary.VERBS["voided"]
MENTIONED = vocabulary.VERBS["mentioned"]
INTAKE = Intake(Connection("github", connector, b"secret"))


def taken(name: str, payload: dict[str, Any]) -> Taken:
    """What becomes of a payload; every statement of it is valid."""
    found = INTAKE.map(webhook.kind_of({"x-github-event": name}, payload), payload)
    for statement in found.statements:
        validate(json.loads(orjson.dumps(statement)))
    return found


def test_every_published_example_is_decided(published: Published) -> None:
    found = [taken(name, payload) for name, payload in octokit()]
    published("GitHub", found)
    assert Counter(each.disposition for each in found) == {
        Disposition.MAPPED: 70,
        Disposition.IGNORED: 259,
    }
    learned = {each.kind for each in found if each.statements}
    signalled = {each.kind for each in found if each.signals}
    unseen = {
        "issues.closed",
        "issues.labeled",
        "issues.typed",
        "discussion.deleted",
        "pull_request_review_comment.created",
        *(each for each in connector.mappers if each.endswith(".edited")),
    }
    assert learned | signalled >= connector.mappers.keys() - unseen
    people = {s["actor"]["account"]["homePage"] for each in found for s in each.statements}
    assert people == {"https://github.com"}


def test_every_recorded_payload_is_decided(shared: Path, published: Published) -> None:
    files = sorted((shared / "data" / "payloads" / "github").glob("*.json"))
    found = [
        taken(
            EVENT_OF.get(file.stem, file.stem.replace("-", "_")),
            json.loads(file.read_text("utf-8")),
        )
        for file in files
    ]
    published("GitHub", found)
    assert len(found) == 48
    assert {each.disposition for each in found} == {Disposition.MAPPED, Disposition.IGNORED}
    assert Counter(each.kind for each in found if each.statements) == {
        "commit_comment.created": 1,
        "gollum": 1,
        "issue_comment.created": 1,
        "issues.opened": 1,
        "pull_request_review.submitted": 1,
        "pull_request_review_comment.created": 1,
    }


def test_a_deleted_comment_voids_what_its_creation_said() -> None:
    found = Counter[str]()
    for name, payload in octokit():
        if name in ("issue_comment", "discussion_comment", "pull_request_review_comment"):
            if name == "pull_request_review_comment":
                payload["comment"]["pull_request_review_id"] = None
            made = taken(name, {**payload, "action": "created"}).statements
            gone = taken(name, {**payload, "action": "deleted"}).statements
            assert len(gone) == 1
            if made:
                assert [s["object"]["id"] for s in gone] == [s["id"] for s in made]
                found[name] += 1
    assert len(found) == 3


# Faults that were found on a running stack: each case's deliveries, and what counts in the end


def case(shared: Path, number: str) -> list[Taken]:
    """What becomes of a case's deliveries, in order."""
    (folder,) = (shared / "data" / "failing" / "github").glob(f"{number}-*")
    files = sorted(folder.glob("*.json"), key=lambda file: int(file.stem))
    steps = [json.loads(file.read_text("utf-8")) for file in files]
    return [taken(step["event"], step["payload"]) for step in steps if "event" in step]


def counting(found: list[Taken]) -> list[tuple[str, str]]:
    """(behaviour, login) of each statement that counts: of one id once, and not where voided."""
    made = [s for each in found for s in each.statements]
    voided = {s["object"]["id"] for s in made if s["verb"]["id"] == VOIDED}
    first = {s["id"]: s for s in reversed(made) if s["verb"]["id"] != VOIDED}
    return sorted(
        (vocabulary.behaviour_of(s).name, s["actor"]["account"]["name"])
        for s in first.values()
        if s["id"] not in voided
    )


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("02", []),
        ("03", [("ask", "ada-north"), ("ask", "bo-south")]),
        ("04", [("ask", "ada-north")]),
        ("06", [("collaborate", "ada-north"), ("reinforce", "bo-south")]),
        ("07", []),
        ("09", []),
        ("10", [("collaborate", "bo-south")] * 3 + [("record", "ada-north")] * 3),
        ("11", []),
        ("12", []),
        ("13", [("record", "ada-north")]),
        ("14", [("ask", "ada-north")]),
        ("15", []),
    ],
)
def test_a_fault_that_was_found_is_mended(
    shared: Path, number: str, expected: list[tuple[str, str]]
) -> None:
    found = case(shared, number)
    assert found
    assert counting(found) == expected
    rejected = [each for each in found if each.disposition is Disposition.REJECTED]
    assert len(rejected) == (1 if number == "13" else 0)
    assert all(each.disposition is not Disposition.UNSUPPORTED for each in found)


def test_only_what_was_done_says_how_long_it_took(shared: Path) -> None:
    results = [each.statements[0].get("result") for each in case(shared, "05")]
    assert results == [{"duration": "PT259200S"}, None, None]


def test_labels_of_later_make_no_other_statement(shared: Path) -> None:
    (before,), (after,) = (each.statements for each in case(shared, "14"))
    assert before != after
    assert equivalent(before, after)
    after["context"]["extensions"][vocabulary.TOPIC] = "elsewhere"
    assert not equivalent(before, after)


def test_what_is_merged_and_deployed_is_tied_by_its_commit(shared: Path) -> None:
    merged, deployed = (each.signals[0] for each in case(shared, "15"))
    assert (merged.kind, merged.happened, merged.detail) == ("change", "closed", "merged")
    assert (deployed.kind, deployed.happened) == ("deployment", "succeeded")
    assert merged.revision == deployed.revision
    assert merged.revision


@pytest.mark.parametrize(
    ("body", "called"),
    [
        ("@May, is it the second file?\n\nElse cc @jonas.", {"asked:may", "mentioned:jonas"}),
        ("Is it so?\n\nThanks @may.\n\n@may, which file is it?", {"asked:may"}),
        ("(@may-holm), **@jonas_north**: @eva's", {"may-holm", "jonas_north", "eva"}),
        ("> @may said so\n\n`@jonas` ``@eva`` <!-- @ida --> [@kim](https://e.org/@kim)", set()),
        ("```py\n@cached\n```\n@may\n~~~\n@open", {"may"}),
        ("@north/operators @types/node foo@latest ida@north.example https://e.org/@ida", set()),
        ("@dependabot, @north-app[bot], @north-bot and @ghost", set()),
        ("@ole-berg and @Ida-Lund, who write it and whom it is for", set()),
        ("/cc @may", set()),
        ("@-x @x- @", set()),
        # As long as GitHub lets texts be: each sign is looked at once, or it would never end.
        ("@may " + "[" * 65_000, {"may"}),
        ("[a](" * 16_000 + "@may", {"may"}),
        ("@may " + "?" * 65_000 + "x", {"may"}),
    ],
)
def test_a_text_calls_in_whom_it_names_itself(body: str, called: set[str]) -> None:
    comment = {"id": 7, "user": {"login": "ole-berg"}, "body": body}
    issue = {
        "id": 1,
        "number": 1,
        "user": {"login": "ida-lund"},
        "html_url": "https://github.com/i",
    }
    repository = {"full_name": "north/atlas", "html_url": "https://github.com/north/atlas"}
    times = {"created_at": "2026-05-04T08:00:00Z"}
    event = {
        "action": "created", "comment": comment | times, "issue": issue | times,
        "repository": repository,
    }  # fmt: skip
    made = [s for s in taken("issue_comment", event).statements if s["verb"]["id"] == MENTIONED]
    whom = {
        f"{vocabulary.behaviour_of(s).name}:"
        f"{s['context']['extensions'][vocabulary.COUNTERPART]['account']['name']}"
        for s in made
    }
    words = {"asked": "ask", "mentioned": "collaborate"}
    expected = {each if ":" in each else f"mentioned:{each}" for each in called}
    assert whom == {f"{words[w]}:{name}" for w, _, name in (e.partition(":") for e in expected)}


def test_a_list_that_is_read_newest_first_ends_at_what_is_known() -> None:
    """Its cursor stands until all of it was read, and is then at the newest."""
    times = ["2026-05-06T08:00:00Z", "2026-05-05T08:00:00Z", "2026-05-01T08:00:00Z"]
    turns = [{"event": "labeled", "created_at": at, "actor": None} for at in times]
    asked: list[int] = []

    class Client:
        async def get(self, path: str) -> Reply:
            return Reply({"full_name": "north/atlas"})

        async def pages(self, path: str, **_: Any) -> AsyncIterator[Reply]:
            for number, page in enumerate((turns[:1], turns[1:], turns[2:])):
                asked.append(number)
                yield Reply(page)

    options = GitHubOptions(repositories=("north/atlas",))
    before = '{"north/atlas": "2026-05-04T08:00:00Z"}'

    async def cursors() -> list[str]:
        return [page.cursor async for page in issue_events(Client(), options, before)]  # type: ignore[arg-type]

    found = asyncio.run(cursors())
    assert asked == [0, 1]
    assert found == [before, before, '{"north/atlas": "2026-05-06T08:00:00Z"}']
