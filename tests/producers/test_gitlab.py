"""GitLab: its two signatures, all that it sends, and that what is pushed and asked is the same."""

import asyncio
import json
import random
import re
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from boundary import Kafka, deliver_to, door_of
from counted import counting, statements
from gitlab_project import BO, IDA, MAY, SIZE, TOKEN, Project, busy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from producers.connections import Connection
from producers.connector import Found, IgnoredKind, Mapped, Page, Unsupported, one_event
from producers.connectors.gitlab import connector, kind_of
from producers.connectors.gitlab.options import GitLabOptions
from producers.connectors.gitlab.poll import poll
from producers.connectors.gitlab.source import moment
from producers.errors import Unreadable
from producers.intake import Intake, Taken
from producers.polling.api import Api
from producers.polling.errors import Refused
from producers.polling.http import client
from producers.signatures import Delivery
from tests.producers.conftest import Published
from xapi.equivalence import equivalent
from xapi.signals import Signal
from xapi.statement import validate
from xapi.vocabulary import behaviour_of

SIGNING_TOKEN = b"whsec_dGVzdHRlc3R0ZXN0dGVzdHRlc3R0ZXN0dGVzdHRlc3Q="
SECRET_TOKEN = b"a-secret-token"
OPTIONS: dict[str, Any] = {"projects": ["north/atlas"], "bots": [str(TOKEN)], "history_days": 3}

#: https://docs.gitlab.com/user/project/integrations/webhook_events/ and, of servers of one's own,
#: https://docs.gitlab.com/administration/system_hooks/.
KINDS = re.findall(
    r"[\w.]+",
    """
push tag_push issue.open issue.close issue.reopen issue.update work_item.open work_item.close
work_item.reopen work_item.update note.issue note.merge_request note.commit note.snippet note.update
merge_request.open merge_request.close merge_request.reopen merge_request.update
merge_request.approved merge_request.unapproved merge_request.approval merge_request.unapproval
merge_request.merge wiki_page.create wiki_page.update wiki_page.delete pipeline build deployment
user_add_to_group user_update_for_group user_remove_from_group user_access_request_to_group
user_access_request_denied_for_group project_create project_destroy subgroup_create
subgroup_destroy feature_flag release.create release.update release.delete milestone.create
milestone.close milestone.reopen milestone.delete emoji.award emoji.revoke access_token
vulnerability group_create group_destroy group_rename key_create key_destroy project_rename
project_transfer project_update repository_update user_access_request_to_project
user_access_request_denied_for_project user_add_to_team user_create user_destroy user_failed_login
user_rename user_remove_from_team user_update_for_team gitlab_subscription_member_approval
gitlab_subscription_member_approvals
""",
)


def intake(**more: Any) -> Intake:
    options = GitLabOptions.model_validate(OPTIONS | more)
    return Intake(Connection("gitlab", connector, SIGNING_TOKEN, options))


def test_every_kind_that_is_documented_is_decided() -> None:
    decided = {kind: connector.decide(kind) for kind in KINDS}
    assert [kind for kind, each in decided.items() if isinstance(each, Unsupported)] == []
    mapped = {kind for kind, each in decided.items() if isinstance(each, Mapped)}
    assert mapped | {"snippet.created"} == connector.mappers.keys()
    ignored = {kind for kind, each in decided.items() if isinstance(each, IgnoredKind)}
    assert len(mapped) + len(ignored) == len(set(KINDS))


def test_what_is_confidential_is_not_kept_even_if_it_is_not_understood(
    door: TestClient, kafka: Kafka, secret: bytes
) -> None:
    for headers, content in (
        ({"x-gitlab-event": "Confidential Note Hook"}, {"object_kind": "note"}),
        ({}, {"object_kind": "brand_new", "event_type": "confidential_brand_new"}),
        ({}, question() | {"event_type": "confidential_issue"}),
    ):
        answer = deliver(door, secret, content, **headers)
        assert (answer.status_code, answer.json()["result"]) == (200, "ignored")
    assert kafka.messages == []


@pytest.mark.parametrize("kind", ["issue.brand_new", "note.epic", "brand_new", ""])
def test_a_kind_of_tomorrow_is_unsupported(kind: str) -> None:
    assert isinstance(connector.decide(kind), Unsupported)


def taken(event: dict[str, Any], headers: dict[str, str] | None = None) -> Taken:
    found = intake().map(kind_of(headers or {}, event), event)
    for statement in found.statements:
        validate(json.loads(orjson.dumps(statement)))
    return found


#: Its message has an escape that JSON does not know.
BROKEN = "comment-commit-event"


def test_every_recorded_delivery_is_decided(shared: Path, published: Published) -> None:
    files = sorted((shared / "data" / "payloads" / "gitlab").glob("*.json"))
    assert len(files) == 39
    bodies = {file.stem: file.read_bytes() for file in files}
    with pytest.raises(Unreadable):
        one_event(Delivery({}, bodies.pop(BROKEN)))
    hidden = {"x-gitlab-event": "Confidential Issue Hook"}
    found = {
        name: taken(json.loads(body), hidden if name == "confidential-issue-event" else {})
        for name, body in bodies.items()
    }
    published("GitLab", found.values())
    told = Counter((each.kind, str(each.disposition)) for each in found.values())
    assert {kind for kind, each in told if each == "mapped"} == {
        "deployment", "issue.open", "merge_request.open", "note.issue", "note.merge_request",
        "note.snippet", "pipeline", "push", "release.create",
    }  # fmt: skip
    assert Counter(each for _, each in told.elements()) == {"mapped": 10, "ignored": 28}
    assert Counter(each.kind for each in found.values() if each.statements) == {
        "issue.open": 1,
        "note.issue": 1,
        "note.merge_request": 1,
        "note.snippet": 1,
    }
    assert not found["confidential-issue-event"].statements
    assert not found["confidential-comment-event"].statements
    assert "number" in found["wikipage-event"].detail


RECORDED = {
    "issues": "api_issues",
    "merge_requests": "api_merge_requests",
    "deployments": "api_deployments",
    "pipelines": "api_pipeline",
}


def recorded(shared: Path, name: str) -> list[Any]:
    path = shared / "data" / "payloads" / "devlake" / "gitlab" / f"{RECORDED.get(name, name)}.jsonl"
    lines = path.read_text("utf-8").splitlines()
    found = [json.loads(line)["data"] for line in lines if line]
    return [json.loads(each) if isinstance(each, str) else each for each in found]


def test_every_recorded_page_is_decided(shared: Path, published: Published) -> None:
    """Pages of real projects through the poll, and their notes as a project's events show them."""
    held = {name: recorded(shared, name) for name in RECORDED}
    runs = {each["id"]: each for each in recorded(shared, "api_pipeline_details")}
    notes = recorded(shared, "api_merge_request_notes")
    changes = {each["iid"]: each for each in held["merge_requests"]}

    def handler(request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix("/api/v4/projects/")
        *_, last = path.split("/")
        if "/" not in path or path == "north/atlas":
            return httpx.Response(200, json={"id": 1, "web_url": "https://gitlab.com/north/atlas",
                                             "path_with_namespace": "north/atlas"})  # fmt: skip
        if path.startswith("1/pipelines/"):
            listed = next(each for each in held["pipelines"] if each["id"] == int(last))
            return httpx.Response(200, json=runs.get(int(last), listed))
        if path.startswith("1/merge_requests/"):
            change = changes.get(int(last))
            return httpx.Response(200 if change else 404, json=change)
        if last == "events":
            bounds = request.url.params
            shown = [
                {
                    "action_name": "commented on",
                    "target_type": "Note",
                    "note": each,
                    "author": each["author"],
                    "created_at": each["created_at"],
                }
                for each in notes
                if bounds["after"] < each["created_at"][:10] < bounds["before"]
            ]
            return httpx.Response(200, json=shown)
        return httpx.Response(200, json=held[last])

    since = json.dumps({"1": "2019-01-01T00:00:00.000Z"})
    found = read(handler, ["issues", "changes", "deployments", "pipelines", "events"], since)
    every = [intake().map(each.kind, each.event) for each in found]
    published("GitLab", every)
    for each in every:
        for statement in each.statements:
            validate(json.loads(orjson.dumps(statement)))
    told = Counter((each.kind, str(each.disposition)) for each in every)
    assert told == {
        ("issue.open", "mapped"): 16,
        ("issue.close", "mapped"): 12,
        ("merge_request.open", "mapped"): 18,
        ("merge_request.merge", "mapped"): 10,
        ("merge_request.close", "mapped"): 3,
        ("deployment", "mapped"): 4,
        ("deployment", "ignored"): 4,
        ("pipeline", "mapped"): 20,
        ("note.merge_request", "mapped"): 4,
        ("note.merge_request", "ignored"): 16,
    }


# Signatures


def others(value: bytes) -> Iterator[bytes]:
    """A value with each of its bytes changed, one left out, and one more."""
    for place, byte in enumerate(value):
        yield value[:place] + bytes([byte ^ 1]) + value[place + 1 :]
    yield value[:-1]
    yield value + b"0"


def fits(headers: dict[str, str], body: bytes, secret: bytes) -> bool:
    assert connector.webhook
    return connector.webhook.signature.verify(Delivery(headers, body), secret)


def test_the_published_signature_fits_and_no_changed_byte_does(
    shared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vectors = json.loads((shared / "data" / "signature_vectors.json").read_text("utf-8"))
    (vector,) = [each for each in vectors if each["tool"].startswith("standard-webhooks")]
    now = float(vector["timestamp"])
    monkeypatch.setattr(time, "time", lambda: now)
    body, secret = vector["body"].encode(), vector["secret"].encode()
    headers = {"webhook-id": vector["id"], "webhook-timestamp": vector["timestamp"],
               "webhook-signature": vector["header"]["webhook-signature"]}  # fmt: skip
    assert fits(headers, body, secret)
    assert fits(headers | {"x-gitlab-token": "whatever"}, body, secret)
    assert not any(fits(headers, each, secret) for each in others(body))
    for name, value in headers.items():
        for each in others(value.encode()):
            assert not fits(headers | {name: each.decode("latin-1")}, body, secret), name
    assert not fits(headers, body, SIGNING_TOKEN)
    for seconds in (301, -301):
        monkeypatch.setattr(time, "time", lambda late=seconds: now + late)
        assert not fits(headers, body, secret)


def test_a_secret_token_fits_as_it_is_and_no_changed_byte_does() -> None:
    token = SECRET_TOKEN.decode()
    assert fits({"x-gitlab-token": token}, b"{}", SECRET_TOKEN)
    for each in others(SECRET_TOKEN):
        assert not fits({"x-gitlab-token": each.decode("latin-1")}, b"{}", SECRET_TOKEN)
        assert not fits({"x-gitlab-token": token}, b"{}", each)
    # Who has a signing token is not fooled by the same text in the open.
    assert not fits({"x-gitlab-token": SIGNING_TOKEN.decode()}, b"{}", SIGNING_TOKEN)


# The door


@pytest.fixture
def kafka() -> Kafka:
    return Kafka()


@pytest.fixture(params=[SIGNING_TOKEN, SECRET_TOKEN], ids=["signed", "token"])
def secret(request: pytest.FixtureRequest) -> bytes:
    return bytes(request.param)


@pytest.fixture
def door(kafka: Kafka, tmp_path: Path, secret: bytes) -> Iterator[TestClient]:
    connection = Connection("gitlab", connector, secret, GitLabOptions())
    with door_of(Intake(connection), kafka, tmp_path) as made:
        yield made


def deliver(door: TestClient, secret: bytes, content: Any, **headers: str) -> httpx.Response:
    connection = Connection("gitlab", connector, secret, GitLabOptions())
    return deliver_to(door, connection, content, {"x-gitlab-event": "Issue Hook"}, **headers)


def question() -> dict[str, Any]:
    project = Project(datetime(2026, 5, 4, tzinfo=UTC))
    project.open_issue(IDA)
    return project.deliveries[0]


def test_what_gitlab_sends_again_is_the_same_statement(
    door: TestClient, kafka: Kafka, secret: bytes
) -> None:
    for _ in range(3):
        answer = deliver(door, secret, question(), **{"idempotency-key": "f5e5f430-f57b"})
        assert (answer.status_code, answer.json()["result"]) == (200, "mapped")
    assert len(set(kafka.of("xapi.statements"))) == 1


@pytest.mark.parametrize(
    ("content", "headers", "status", "says"),
    [
        (b"{}", {"webhook-signature": "v1,AAAA", "x-gitlab-token": "x"}, 401, "does not fit"),
        (b"{}", {"webhook-signature": "", "x-gitlab-token": ""}, 401, "missing"),
        (b"{}", {"webhook-timestamp": "1614265330", "x-gitlab-token": ""}, 401, "too old"),
        (b"{broken", {}, 422, "JSON"),
        (b"[]", {}, 422, "JSON object"),
        (b"x" * 100_001, {}, 413, "bytes"),
        (b"a=1", {"content-type": "application/x-www-form-urlencoded"}, 415, "json"),
    ],
)
def test_what_is_no_delivery_gets_a_clear_answer_and_leaves_nothing(
    door: TestClient,
    kafka: Kafka,
    secret: bytes,
    content: bytes,
    headers: dict[str, str],
    status: int,
    says: str,
) -> None:
    answer = deliver(door, secret, content, **headers)
    assert answer.status_code == status
    assert says in answer.json()["error"]
    assert kafka.messages == []
    assert deliver(door, secret, question()).status_code == 200


@pytest.mark.parametrize(
    ("content", "result"),
    [
        ({"object_kind": "brand_new"}, "unsupported"),
        ({"object_kind": "note", "object_attributes": {"noteable_type": "Epic"}}, "unsupported"),
        ({"object_kind": "note", "object_attributes": 5}, "unsupported"),
        ({"object_kind": "issue", "object_attributes": {"action": "open"}}, "rejected"),
        (question() | {"project": {"web_url": 5}}, "rejected"),
        ({}, "unsupported"),
    ],
)
def test_what_is_not_understood_is_kept_whole(
    door: TestClient, kafka: Kafka, secret: bytes, content: dict[str, Any], result: str
) -> None:
    answer = deliver(door, secret, content, **{"x-gitlab-event": ""})
    assert (answer.status_code, answer.json()["result"]) == (202, result)
    (kept,) = kafka.of("xapi.rejected")
    assert orjson.loads(orjson.loads(kept)["body"]) == content


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2026-05-04 08:00:00 UTC", "2026-05-04T08:00:00.000Z"),
        ("2026-05-04T08:00:00.999Z", "2026-05-04T08:00:00.000Z"),
        ("2026-05-04 10:00:00 +0200", "2026-05-04T08:00:00.000Z"),
        ("2026-05-04T10:00:00.123+02:00", "2026-05-04T08:00:00.000Z"),
        ("2026-05-04T08:00:00", "2026-05-04T08:00:00.000Z"),
    ],
)
def test_a_time_is_the_same_however_gitlab_writes_it(written: str, expected: str) -> None:
    assert moment(written) == expected


@pytest.mark.parametrize(
    ("username", "counts"),
    [
        ("project_4100_bot", False), ("project_4100_bot3", False), ("alert-bot", False),
        ("group_12_bot_1a2b3c4d5e6f", False), ("service_account_00a1", False),
        ("support-bot1", False), ("GitLabDuo", False), ("GitLab-Duo", False), ("ghost", False),
        ("ida.lund", True), ("project_bot_ida", True), ("abbot", True), ("robot", True),
    ],
)  # fmt: skip
def test_machines_are_known_by_their_username(username: str, counts: bool) -> None:
    event = question()
    event["user"]["username"] = username
    assert bool(taken(event).statements) is counts


# Pushed and asked


def read(handler: Any, streams: list[str], cursor: str, **more: Any) -> list[Found]:
    """All that a poll finds, by the real client over an interface."""

    async def all_of() -> list[Found]:
        options = GitLabOptions.model_validate(OPTIONS | more)
        login = poll.login(options, b"glpat-token")
        http = client(poll.address(options), login, httpx.MockTransport(handler))
        async with Api(http) as api:
            return [
                event
                for name in streams
                async for page in poll.streams[name](api, options, cursor)
                for event in page.events
            ]

    return asyncio.run(all_of())


def answering(project: Project) -> Any:
    def handler(request: httpx.Request) -> httpx.Response:
        path = request.url.raw_path.decode().partition("?")[0]
        assert request.headers["authorization"] == "Bearer glpat-token"
        status, headers, content = project.answer(path, dict(request.url.params))
        return httpx.Response(status, headers=headers, json=content)

    return handler


def pushed(project: Project) -> list[Found]:
    return [Found(kind_of({}, each), each) for each in project.deliveries]


def asked(project: Project, **more: Any) -> list[Found]:
    return read(answering(project), list(poll.streams), "", **more)


def signals(one: Intake, found: list[Found]) -> dict[str, Signal]:
    every = [each for one_found in found
             for each in one.map(one_found.kind, one_found.event).signals]  # fmt: skip
    return {str(each.id): each for each in every}


def but_for_time(every: dict[str, Signal]) -> dict[str, tuple[str, ...]]:
    """Signals without their time: of some a webhook and the interface tell another moment."""
    return {
        name: (each.kind, each.item, each.happened, each.place, each.link, each.actor, each.detail,
               each.revision)
        for name, each in every.items()
    }  # fmt: skip


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 4), st.booleans(), st.randoms(use_true_random=False))
def test_pushed_and_asked_in_any_order_count_once(
    much: int, authors: bool, chance: random.Random
) -> None:
    project = busy(datetime.now(UTC).replace(microsecond=0) - timedelta(days=1), chance, much)
    one = intake(read_authors=authors)
    by_push, by_poll = pushed(project), asked(project)
    clean = counting(statements(one, [*by_push, *by_poll]))
    assert len(clean) == len(project.acts)
    if not authors:
        told = project.acts - project.untold | project.moved
        assert len(counting(statements(one, by_push))) == len(told)
    alone = project.acts - project.unasked | (project.taken_back - project.unasked)
    assert len(counting(statements(one, by_poll))) == len(alone)
    mixed = [*by_push, *by_push, *by_poll, *by_poll]
    chance.shuffle(mixed)
    both = counting(statements(one, mixed))
    assert both.keys() == clean.keys()
    assert all(equivalent(both[name], each) for name, each in clean.items())
    rows = but_for_time(signals(one, [*by_push, *by_poll]))
    assert but_for_time(signals(one, mixed)) == rows
    assert but_for_time(signals(one, by_poll)).items() <= rows.items()


def test_a_review_of_many_lines_is_one_act_and_what_is_said_beside_is_another() -> None:
    project = Project(datetime(2026, 5, 4, 8, 1, tzinfo=UTC), step=timedelta(seconds=60))
    change = project.open_change(IDA)
    for _ in range(5):
        project.note(change, BO, "This one is never closed.", line=True)
    project.note(change, MAY, "Nor is it here.", line=True)
    project.note(change, BO, "Would it not be simpler with one file?")
    found = counting(statements(intake(), pushed(project)))
    said = Counter((s["actor"]["account"]["name"], s["verb"]["display"]["en"])
                   for s in found.values())  # fmt: skip
    assert said == {("919", "reviewed"): 1, ("1020", "reviewed"): 1, ("919", "commented"): 1}
    told = [s for s in signals(intake(), pushed(project)).values() if s.happened == "reviewed"]
    assert len(told) == 2


def test_a_machine_is_known_by_name_where_authors_are_read() -> None:
    project = Project(datetime.now(UTC) - timedelta(hours=3))
    change, other = project.open_change(TOKEN), project.open_change(IDA)
    project.note(change, BO, "It is through again.")
    project.note(change, BO, "Not this line.", line=True)
    project.approve(change, BO)
    project.approve(other, BO)
    project.award(change, BO, "pray")
    one = intake(read_authors=True, bots=[])
    by_push = [one.map(each.kind, each.event) for each in pushed(project)]
    assert not [each.statements for each in by_push if each.statements]
    nudged = [nudge.stream for each in by_push for nudge in each.nudges]
    assert nudged == ["events"] * 4 + ["emoji"]
    assert set(nudged) <= poll.streams.keys()
    found = counting(statements(one, asked(project)))
    assert Counter(behaviour_of(each).name for each in found.values()) == {
        "collaborate": 3,
        "reinforce": 1,
    }


def test_groups_and_a_tokens_own_projects_are_found_page_by_page() -> None:
    project = Project(datetime.now(UTC) - timedelta(days=1))
    project.open_issue(IDA)
    by_name = asked(project)
    assert by_name
    for more in ({"groups": ["north"], "projects": []}, {"projects": []}):
        assert asked(project, **more) == by_name


def test_a_list_that_is_refused_costs_no_other_project_and_is_told() -> None:
    """A feature that is switched off is none; what the token may not see is told in the end."""
    project = Project(datetime.now(UTC) - timedelta(hours=1))
    project.open_issue(IDA)
    refusing = {"north/closed": 404, "4101/issues": 403}
    off = {"id": 4102, "web_url": project.web, "path_with_namespace": "north/off",
           "issues_access_level": "disabled"}  # fmt: skip

    def handler(request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix("/api/v4/projects/")
        if path in refusing:
            return httpx.Response(refusing[path], json={"message": "no"})
        if path == "north/hidden":
            return httpx.Response(200, json=off | {"id": 4101, "issues_access_level": "enabled"})
        if path == "north/off":
            return httpx.Response(200, json=off)
        assert not path.startswith("4102/"), "a list that is switched off is not asked for"
        handled: httpx.Response = answering(project)(request)
        return handled

    found: list[Found] = []

    async def follow() -> None:
        options = GitLabOptions.model_validate(
            {"projects": ["north/closed", "north/hidden", "north/off", "north/atlas"]}
        )
        http = client(poll.address(options), poll.login(options, b"glpat-token"),
                      httpx.MockTransport(handler))  # fmt: skip
        async with Api(http) as api:
            async for page in poll.streams["issues"](api, options, ""):
                found.extend(page.events)
                assert "4100" in json.loads(page.cursor)

    with pytest.raises(Refused, match="403"):
        asyncio.run(follow())
    assert [each.kind for each in found] == ["issue.open"]
    refusing.clear()


# Lists that change while they are read


class Changing:
    """A project in which something happens before some of its pages are asked for."""

    def __init__(self, project: Project, named: str, happens: Any) -> None:
        self.project, self.named, self.happens = project, named, happens
        self.asked = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith(self.named):
            self.asked += 1
            self.happens(self.asked)
        handled: httpx.Response = answering(self.project)(request)
        return handled


def quiet(count: int) -> Project:
    project = Project(datetime.now(UTC) - timedelta(hours=20))
    for _ in range(count):
        project.open_issue(IDA)
    return project


def test_what_changes_while_the_list_is_read_moves_and_hides_nothing() -> None:
    project = quiet(5 * SIZE)

    def happens(turn: int) -> None:
        if turn > 1:  # one that was read moves to the end, and all others forward
            project.touch(project.issues[turn - 1])

    handler = Changing(project, "/issues", happens)
    found = read(handler, ["issues"], "")
    assert {each.event["object_attributes"]["iid"] for each in found} == set(project.issues)
    assert handler.asked > 5


def test_many_that_were_changed_in_one_moment_are_read_by_number() -> None:
    project = quiet(3 * SIZE)
    at = datetime.now(UTC)
    for issue in project.issues.values():
        issue["updated"] = at
    found = read(answering(project), ["issues"], "")
    assert {each.event["object_attributes"]["iid"] for each in found} == set(project.issues)


@pytest.mark.parametrize("much", [1, 2, SIZE, SIZE + 2])
@pytest.mark.parametrize("new", [0, 1])
def test_what_goes_while_the_list_is_read_hides_nothing(much: int, new: int) -> None:
    """Notes go from pages that were read, as many at once; maybe one is new at the same time."""
    project = Project(datetime.now(UTC).replace(hour=0, minute=0) - timedelta(days=1))
    issue = project.open_issue(IDA)
    notes = [project.note(issue, BO, "It is in the folder.") for _ in range(8 * SIZE)]
    nods = [project.note(issue, BO, ":+1:") for _ in range(3 * SIZE)]

    def happens(turn: int) -> None:
        # Each day has two questions before; nods are the newest, so on the first pages.
        if turn in (6, 7, 9):
            for _ in range(min(much, len(nods))):
                project.gone(nods.pop())
            for _ in range(new):
                project.note(issue, BO, "It is beside the queue.")

    handler = Changing(project, "/events", happens)
    found = read(handler, ["events"], "")
    read_of = {each.event["object_attributes"]["id"] for each in found}
    assert {each["note"]["id"] for each in notes} <= read_of
    assert len(nods) < 3 * SIZE


def test_the_cursor_of_the_events_moves_on_where_nothing_happens() -> None:
    """Else each round would read all days again."""
    project = Project(datetime.now(UTC) - timedelta(days=1))
    handler = Changing(project, "/events", lambda _: None)

    async def cursors(cursor: str) -> list[str]:
        options = GitLabOptions.model_validate(OPTIONS | {"history_days": 30})
        http = client(poll.address(options), poll.login(options, b"glpat-token"),
                      httpx.MockTransport(handler))  # fmt: skip
        async with Api(http) as api:
            pages: list[Page] = [p async for p in poll.streams["events"](api, options, cursor)]
        return [page.cursor for page in pages]

    (*_, last) = asyncio.run(cursors(""))
    assert handler.asked > 30
    handler.asked = 0
    asyncio.run(cursors(last))
    assert handler.asked <= 4
