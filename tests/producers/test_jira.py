"""Jira: its door, all that it sends, recorded pages, and that pushed and asked are the same."""

import asyncio
import json
import random
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from boundary import Kafka, deliver_to, door_of
from counted import counting, statements
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jira_site import ANA, APP, BO, EVA, IDA, SIZE, STAFF, TEXTS, Site
from pydantic import ValidationError
from starlette.testclient import TestClient

from bus import nudges
from producers.connections import Connection
from producers.connector import Found, IgnoredKind, Mapped, Unsupported
from producers.connectors.jira import connector, kind_of, text
from producers.connectors.jira.options import JiraOptions
from producers.connectors.jira.poll import poll
from producers.intake import Intake, Taken
from producers.polling.api import Api
from producers.polling.errors import Refused
from producers.polling.http import client
from producers.signatures import Delivery
from tests.producers.conftest import Published
from tests.waiting import PATIENCE
from xapi.equivalence import equivalent
from xapi.signals import Signal
from xapi.statement import validate
from xapi.vocabulary import TEXT, behaviour_of

SECRET = b"It's a Secret to Everybody"
CLOUD = "https://north.atlassian.net"
CENTER = "https://work.north.example/jira"

#: https://developer.atlassian.com/cloud/jira/platform/webhooks/#available-webhook-events
KINDS = re.findall(
    r"\w+",
    """
issue_created issue_updated issue_deleted issue_property_set issue_property_deleted
worklog_created worklog_updated worklog_deleted comment_created comment_updated comment_deleted
attachment_created attachment_deleted issuelink_created issuelink_deleted issuetype_created
issuetype_updated issuetype_deleted project_created project_updated project_deleted
project_soft_deleted project_restored_deleted project_archived project_restored_archived
version_released version_unreleased version_created version_moved version_updated version_deleted
user_created user_updated user_deleted option_voting_changed option_watching_changed
option_unassigned_issues_changed option_subtasks_changed option_attachments_changed
option_issuelinks_changed option_timetracking_changed option_timetracking_provider_changed
sprint_created sprint_deleted sprint_updated sprint_started sprint_closed board_created
board_updated board_deleted board_configuration_changed filter_created filter_updated
filter_deleted jira_expression_evaluation_failed app_access_to_objects_blocked
app_access_to_objects_in_container_blocked
""",
)
#: What only the poller finds.
FOUND = {"issue.moved", "issue.sorted", "page.linked", "page.unlinked"}


def options(cloud: bool = True, **more: Any) -> JiraOptions:
    given = {"site": CLOUD, "api_user": "us@north.example"} if cloud else {"site": CENTER}
    return JiraOptions.model_validate({**given, "history_days": 30} | more)


def of(site: Site, /, **more: Any) -> JiraOptions:
    """What is said of a site: a Data Center does not tell who is a customer, or an app."""
    untold = {} if site.cloud else {"bots": [APP], "outsiders": [ANA]}
    return options(site.cloud, **untold | more)


def intake(cloud: bool = True, **more: Any) -> Intake:
    return Intake(Connection("jira", connector, SECRET, options(cloud, **more)))


def test_every_event_is_decided() -> None:
    decided = {kind: connector.decide(kind) for kind in KINDS}
    assert [kind for kind, each in decided.items() if isinstance(each, Unsupported)] == []
    mapped = {kind for kind, each in decided.items() if isinstance(each, Mapped)}
    assert mapped | FOUND == connector.mappers.keys()
    assert all(isinstance(decided[kind], IgnoredKind) for kind in decided.keys() - mapped)
    assert isinstance(connector.decide("goal_created"), Unsupported)


# The door


@pytest.fixture
def kafka() -> Kafka:
    return Kafka()


@pytest.fixture
def door(kafka: Kafka, tmp_path: Path) -> Iterator[TestClient]:
    with door_of(intake(), kafka, tmp_path) as made:
        yield made


def deliver(door: TestClient, content: Any, **headers: str) -> httpx.Response:
    plain = {"content-type": "application/json; charset=UTF-8"}
    return deliver_to(door, intake().connection, content, plain, **headers)


def test_the_signature_of_atlassians_documentation_fits_and_no_other() -> None:
    """https://developer.atlassian.com/cloud/jira/platform/webhooks/#secure-admin-webhooks."""
    assert connector.webhook
    scheme, body = connector.webhook.signature, b"Hello World!"
    made = "sha256=a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9"
    assert scheme.verify(Delivery({"x-hub-signature": made}, body), SECRET)
    for place in range(len(body)):
        other = body[:place] + bytes([body[place] ^ 1]) + body[place + 1 :]
        assert not scheme.verify(Delivery({"x-hub-signature": made}, other), SECRET)
    for place in range(len(SECRET)):
        other = SECRET[:place] + bytes([SECRET[place] ^ 1]) + SECRET[place + 1 :]
        assert not scheme.verify(Delivery({"x-hub-signature": made}, body), other)
    assert not scheme.possible({"x-hub-signature": made.replace("sha256", "sha1")})


def test_a_comment_of_the_cloud_makes_the_poller_look_and_leaves_nothing_else(
    door: TestClient, kafka: Kafka
) -> None:
    site = Site()
    site.say(site.open(IDA), BO, "The disk was full, see the log.")
    answer = deliver(door, site.deliveries[-1])
    assert (answer.status_code, answer.json()["result"]) == (200, "mapped")
    ((topic, key, value),) = [(m.topic, m.key, m.value) for m in kafka.messages]
    assert topic == "poller.nudges"
    assert nudges.decode(key, value) == ("jira", "issues")
    assert "issues" in poll.streams


@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        (b"{}", {"x-hub-signature": "sha256=" + "0" * 64}, 401),
        (b"{}", {"x-hub-signature": "sha256=00"}, 401),
        (b"{broken", {}, 422),
        (b"[1]", {}, 422),
        (b"x" * 100_001, {}, 413),
        (b"<a/>", {"content-type": "text/xml"}, 415),
    ],
)
def test_what_is_no_delivery_gets_a_clear_answer_and_leaves_nothing(
    door: TestClient, kafka: Kafka, content: bytes, headers: dict[str, str], status: int
) -> None:
    assert deliver(door, content, **headers).status_code == status
    assert kafka.messages == []


@pytest.mark.parametrize(
    ("body", "result"),
    [
        ({"issueKey": "ATLAS-1"}, "unsupported"),
        ({"webhookEvent": "jira:goal_created"}, "unsupported"),
        ({"webhookEvent": "jira:issue_created", "issue": {"id": "1"}}, "rejected"),
        ({"webhookEvent": "jira:issue_created", "issue": None}, "rejected"),
        ({"webhookEvent": "comment_created", "comment": "hm"}, "mapped"),
        ({"webhookEvent": "comment_deleted", "comment": "hm"}, "rejected"),
        ({"webhookEvent": "jira:issue_updated", "changelog": {"items": [1]}}, "rejected"),
    ],
)
def test_what_is_not_understood_is_kept_and_told(
    door: TestClient, kafka: Kafka, body: dict[str, Any], result: str
) -> None:
    answer = deliver(door, body)
    assert answer.json()["result"] == result
    assert len(kafka.of("xapi.rejected")) == (result != "mapped")


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"site": "north"}, "must begin with https"),
        ({"projects": ["my project"]}, "a project's key is like ATLAS"),
        ({"customers": "robots"}, "colleagues"),
    ],
)
def test_what_a_connection_says_wrongly_is_told(wrong: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        options(**wrong)


def test_the_cloud_is_asked_by_password_or_at_the_gateway_and_a_center_by_bearer() -> None:
    assert poll.address(options()) == f"{CLOUD}/rest/api/2/"
    assert poll.address(options(cloud_id="11-22")) == (
        "https://api.atlassian.com/ex/jira/11-22/rest/api/2/"
    )
    assert poll.address(options(cloud=False)) == f"{CENTER}/rest/api/2/"
    assert poll.login(options(), b"t").user == "us@north.example"
    assert poll.login(options(cloud=False), b"t").token


# What a text tells


@pytest.mark.parametrize(
    "said",
    ["Thanks!", "thank you very much :)", "ok", "(y)", "(/)", "+1", "Done.", "",
     "{quote}Why is that?{quote} thanks", "{code}import os{code}", "bq. Why is that?\nThx", None,
     "[~bo] thanks", "LGTM"],
)  # fmt: skip
def test_a_nod_says_nothing(said: str | None) -> None:
    assert not text.told(said).says


@pytest.mark.parametrize(
    "said",
    ["The disk was full.", "It works now, thank you.", "See [the log|https://ci.example.org/1].",
     "https://wiki.example.org/x", "!screenshot.png|thumbnail!", "2", "好的", "No", "[~bo] fixed"],
)  # fmt: skip
def test_what_people_say_says_something(said: str) -> None:
    assert text.told(said).says


@pytest.mark.parametrize(
    ("said", "asks", "mentioned"),
    [
        ("[~accountid:5b10:a-b] have you seen this?", True, ("5b10:a-b",)),
        ("[~bo.sund] and [~ida]: see [why?|https://x.example/?q=1]", False, ("bo.sund", "ida")),
        ("{code}is it a question?{code} it is none.", False, ()),
        ("{panel:title=Why so?}quoted?{panel} Why is it so?", True, ()),
        ("see https://x.example/is?a=b&c=d?", False, ()),
        ("{color:red}Which disk is it?{color}", True, ()),
    ],
)
def test_what_a_text_tells(said: str, asks: bool, mentioned: tuple[str, ...]) -> None:
    told = text.told(said)
    assert (told.asks, told.mentioned) == (asks, mentioned)


@pytest.mark.parametrize("cloud", [True, False])
@pytest.mark.parametrize("keeps", ["nothing", "titles", "texts"])
def test_a_round_brings_summaries_and_descriptions_where_they_are_kept(
    cloud: bool, keeps: str
) -> None:
    site = Site(cloud=cloud, at=datetime.now(UTC) - timedelta(days=1))
    number = site.open(IDA, kind="Question")
    site.issues[number]["fields"]["description"] = "It began on Monday."
    site.say(number, BO, "Was the disk full?")
    given = of(site, keeps=keeps)
    one = intake(cloud, **given.model_dump(include={"site", "keeps"}))
    found = asked(site, given)
    every = [each for f in found for each in one.map(f.kind, f.event).statements]
    names = {each["object"]["definition"]["name"]["und"] for each in every}
    assert names == {"ATLAS-1" if keeps == "nothing" else "The export ends with an error"}
    said = [each["context"]["extensions"].get(TEXT) for each in every]
    assert said == (
        ["It began on Monday.", "Was the disk full?"] if keeps == "texts" else [None, None]
    )


@pytest.mark.parametrize("piece", ["{code:a}", "[", "[~", "!a", "{code:", "{", "[a|", "a? ", "\n"])
def test_a_text_that_nobody_writes_is_read_in_no_time(piece: str) -> None:
    started = time.perf_counter()
    text.told(piece * 1_000_000)
    assert time.perf_counter() - started < PATIENCE, "whose square would take an hour"


@given(st.text("[~]{}|!?:(y) code\nhttps/.a", max_size=200))
def test_no_text_is_beyond_reading(said: str) -> None:
    assert text.told(said).says in (True, False)


def test_a_document_of_version_3_tells_what_wiki_text_does() -> None:
    say = {"type": "text", "text": "have you seen "}
    link = {"type": "text", "text": "this?", "marks": [
        {"type": "link", "attrs": {"href": "https://x.example"}}]}  # fmt: skip
    mention = {"type": "mention", "attrs": {"id": "5b10:a", "text": "@Bo"}}
    quote = {"type": "blockquote", "content": [{"type": "paragraph", "content": [say]}]}
    space = {"type": "text", "text": " "}
    body = {"type": "doc", "version": 1, "content": [
        quote, {"type": "paragraph", "content": [mention, space, say, link]},
        {"type": "codeBlock", "content": [say]}]}  # fmt: skip
    assert text.told(body) == text.told(
        "[~accountid:5b10:a] have you seen [this?|https://x.example]"
    )
    card = {
        "type": "doc",
        "content": [{"type": "inlineCard", "attrs": {"url": "https://x.example"}}],
    }
    assert text.told(card).says
    smile = {"type": "doc", "content": [{"type": "emoji", "attrs": {"shortName": ":tada:"}}]}
    assert not text.told(smile).says


# Recorded pages


def told_of(every: list[Taken]) -> Counter[tuple[str, str]]:
    for each in every:
        for statement in each.statements:
            validate(json.loads(orjson.dumps(statement)))
    return Counter((each.kind, str(each.disposition)) for each in every)


def read(
    handler: Callable[[httpx.Request], httpx.Response],
    given: JiraOptions,
    cursors: dict[str, str] | None = None,
) -> list[Found]:
    """One round; `cursors` are moved."""
    cursors = {} if cursors is None else cursors

    async def follow() -> list[Found]:
        http = client(poll.address(given), poll.login(given, b"t"), httpx.MockTransport(handler))
        found = []
        async with Api(http) as api:
            async for page in poll.streams["issues"](api, given, cursors.get("issues", "")):
                found += page.events
                cursors["issues"] = page.cursor
        return found

    return asyncio.run(follow())


def lines(shared: Path, name: str) -> list[Any]:
    path = shared / "data" / "payloads" / "devlake" / "jira" / f"{name}.jsonl"
    found = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    for each in found:
        each["data"] = json.loads(each["data"]) if isinstance(each["data"], str) else each["data"]
    return found


def test_every_recorded_page_of_the_cloud_is_decided(shared: Path, published: Published) -> None:
    """Issues, changes and worklogs of a real site through the poll."""
    recorded = [*lines(shared, "api_issues"), *lines(shared, "external_epics")]
    issues = {each["data"]["id"]: each["data"] for each in recorded}
    statuses = [each["data"] for each in lines(shared, "api_status")]
    logs, changes = dict[str, list[Any]](), dict[str, list[Any]]()
    for kept, name in ((logs, "api_worklogs"), (changes, "api_issue_changelogs")):
        for each in lines(shared, name):
            kept.setdefault(each["url"].partition("/issue/")[2].partition("/")[0], []).append(
                each["data"]
            )
    for number, log in logs.items():
        if number in issues:
            issues[number]["fields"]["worklog"] = {"worklogs": log, "total": len(log)}
    # Changes whose issue was not recorded, in place of those of one that was.
    number, issue = next(iter(issues.items()))
    every = [each for some in changes.values() for each in some]
    issues["1"] = {**issue, "id": "1", "key": "EE-9999", "changelog": {
        "total": len(every), "histories": every}}  # fmt: skip

    def handler(request: httpx.Request) -> httpx.Response:
        match request.url.path.removeprefix("/rest/api/2/").split("/"):
            case ["search", "jql"]:
                return httpx.Response(200, json={"issues": list(issues.values())})
            case ["status"]:
                return httpx.Response(200, json=statuses)
            case ["issue", _, "remotelink"]:
                return httpx.Response(200, json=[
                    {"id": int(item["to"]), "object": {"url": "https://git.example.org/a/commit/1"}}
                    for each in every for item in each["items"]
                    if item["field"] == "RemoteIssueLink" and item["to"]])  # fmt: skip
        return httpx.Response(404)

    one = intake()
    taken = [one.map(each.kind, each.event) for each in read(handler, options(history_days=36_500))]
    published("Jira", taken)
    assert told_of(taken) == {
        ("issue_created", "mapped"): 34,
        ("issue.moved", "mapped"): 40,
        ("issue.moved", "ignored"): 135,  # nearly all between two statuses in which nothing is done
        ("comment_created", "mapped"): 3,
        ("comment_created", "ignored"): 6,  # written by a forge in the name of whoever pushed
        ("worklog_created", "mapped"): 6,
        ("page.linked", "ignored"): 243,  # commits
        ("page.unlinked", "mapped"): 1,
    }
    happened = Counter(signal.happened for each in taken for signal in each.signals)
    assert happened == {"opened": 34, "closed": 34, "answered": 5, "reopened": 1}
    said_by = Counter(behaviour_of(s).name for each in taken for s in each.statements)
    assert said_by == {"collaborate": 8, "ask": 1, "unclassified": 1}


def test_every_recorded_page_of_a_center_is_decided(shared: Path, published: Published) -> None:
    """Issues of a public Data Center and comments of a Cloud, with names and account ids."""
    folder = shared / "data" / "payloads" / "jira"
    pages = [json.loads((folder / f"jira_issues_page_{n}.json").read_text()) for n in (1, 2)]
    said = [json.loads((folder / f"jira_comments_issue_page_{n}.json").read_text())["comments"]
            for n in (1, 2)]  # fmt: skip
    issues = [each for page in pages for each in page["issues"]]
    for each, comments in zip(issues, said, strict=False):
        each["fields"]["comment"] = {"comments": comments, "total": len(comments)}

    def handler(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/search"):
            page = {"issues": issues, "startAt": 0, "total": len(issues)}
            return httpx.Response(200, json=page)
        return httpx.Response(200, json=[])

    found = read(handler, options(cloud=False, question_types=["extRequest"],
                                  history_days=36_500))  # fmt: skip
    one = intake(cloud=False, question_types=["extRequest"])
    taken = [one.map(each.kind, each.event) for each in found]
    published("Jira", taken)
    assert told_of(taken) == {("issue_created", "mapped"): 3, ("comment_created", "mapped"): 4}
    said_by = Counter(behaviour_of(s).name for each in taken for s in each.statements)
    assert said_by == {"ask": 3, "help": 4}


# Asked in rounds, and pushed


def asked(
    site: Site, given: JiraOptions, cursors: dict[str, str] | None = None, forgets: float = 0.0,
    chance: random.Random | None = None,
) -> list[Found]:  # fmt: skip
    """One round; `forgets` is the share of tokens that are not known any more."""

    def handler(request: httpx.Request) -> httpx.Response:
        shown = request.headers["authorization"]
        assert shown.startswith("Basic " if site.cloud else "Bearer ")
        if "nextPageToken" in request.url.params and chance and chance.random() < forgets:
            return httpx.Response(400, json={"errorMessages": ["the token is not valid"]})
        status, content = site.answer(request.url.path, dict(request.url.params))
        return httpx.Response(status, json=content)

    return read(handler, given, cursors)


def pushed(site: Site) -> list[Found]:
    return [Found(kind_of({}, each), each) for each in site.deliveries]


def signals(one: Intake, found: list[Found]) -> dict[str, Signal]:
    """Signals by id; a first reply is another one where it is deleted."""
    made: dict[str, Signal] = {}
    for each in found:
        for signal in one.map(each.kind, each.event).signals:
            before = made.setdefault(str(signal.id), signal)
            assert before == signal or signal.detail == "replied"
    return made


def for_good(made: dict[str, Signal]) -> set[str]:
    """The ids of signals that no deletion of a comment changes."""
    return {name for name, each in made.items() if each.detail != "replied"}


def act(site: Site, chance: random.Random) -> None:
    """Somebody does something."""
    people = [*STAFF, *STAFF, ANA, APP]
    does = chance.choice(["open", "say", "say", "say", "edit", "unsay", "log", "unlog", "link",
                          "unlink", "move", "move", "label", "give", "carry", "all"])  # fmt: skip
    if does == "open" or not site.issues:
        kind = chance.choice(["Task", "Question", "Incident", "Service Request"])
        site.open(chance.choice(people), chance.choice(["ATLAS", "HELP"]), kind)
        return
    number = chance.choice(list(site.issues))
    issue = site.issues[number]
    match does:
        case "say":
            said, public = chance.choice(TEXTS)[0], chance.random() < 0.7
            site.say(number, chance.choice(people), said, public=public)
        case "edit":
            # What is edited twice may be void, and so may a mention that is edited out.
            plain = [each["id"] for each in issue["comments"]
                     if each["id"] not in site.edited and "[~" not in each["body"]]  # fmt: skip
            if plain:
                site.edit(number, chance.choice(plain), chance.choice(TEXTS)[0])
        case "unsay" if issue["comments"]:
            site.unsay(number, chance.choice(issue["comments"])["id"])
        case "log":
            site.log(number, chance.choice(people))
        case "unlog" if issue["worklogs"]:
            site.unlog(number, chance.choice(issue["worklogs"])["id"])
        case "link":
            place = chance.choice(["docs.example.org/exports", "git.example.org/-/commit/8748a06"])
            site.link(number, chance.choice(STAFF), f"https://{place}")
        case "unlink" if issue["links"]:
            site.unlink(number, str(chance.choice(issue["links"])["id"]))
        case "move":
            site.move(number, chance.choice(people), chance.choice(["1", "3", "5", "6"]))
        case "label":
            site.label(number, chance.choice([[], ["question"], ["export", "incident"]]))
        case "give":
            # A question is whose it was when it was asked, here always one of ours or never.
            ours = issue["fields"]["reporter"] in map(site.user, STAFF)
            site.give(number, chance.choice(STAFF),
                      "reporter" if ours and chance.random() < 0.5 else "assignee")  # fmt: skip
        case "carry":
            to = "DESK" if issue["fields"]["project"]["projectTypeKey"] == "service_desk" else "OPS"
            site.carry(number, to)
        case "all":
            site.sort_all(chance.choice([["export"], ["question"]]))


@settings(max_examples=12, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.booleans(), st.integers(0, 10_000), st.lists(st.integers(0, 15), min_size=1, max_size=4))
def test_pushed_and_asked_in_any_order_are_what_one_clean_pass_brings(
    cloud: bool, seed: int, steps: list[int]
) -> None:
    chance, cursors = random.Random(seed), dict[str, str]()
    site = Site(cloud=cloud, at=datetime.now(UTC) - timedelta(days=1))
    given, rounds = of(site), list[Found]()
    one = Intake(Connection("jira", connector, SECRET, given))
    for place, number in enumerate(steps):
        for _ in range(number):
            act(site, chance)
        site.live = place == 0 or site.live  # what is done between two rounds is done now
        rounds += asked(site, given, cursors, 0.3, chance)
    once = asked(site, given)
    clean = counting(statements(one, once))
    assert len(clean) == site.counting()
    mixed = [*rounds, *rounds, *pushed(site), *pushed(site)]
    chance.shuffle(mixed)
    found = counting(statements(one, mixed))
    assert found.keys() == clean.keys()
    assert all(equivalent(found[name], each) for name, each in clean.items())
    assert for_good(signals(one, mixed)) == for_good(signals(one, once))


def acts(one: Intake, found: list[Found]) -> Counter[tuple[str, str, str]]:
    """Who does what, to whom, of all that counts."""
    told = Counter[tuple[str, str, str]]()
    for each in counting(statements(one, found)).values():
        extensions = each["context"].get("extensions", {})
        whom = [v["account"]["name"] for k, v in extensions.items() if k.endswith("counterpart")]
        told[each["actor"]["account"]["name"], behaviour_of(each).name, "".join(whom)] += 1
    return told


def test_an_edit_and_a_deletion_void_what_they_undo_in_any_order() -> None:
    site = Site(cloud=False, at=datetime.now(UTC) - timedelta(days=1))
    one = intake(cloud=False)
    issue = site.open(IDA)
    comment = site.say(issue, BO, "The disk was full.")
    given, told = of(site), list[Found]()

    def found() -> list[Found]:
        return [*pushed(site), *told, *asked(site, given)]

    site.edit(issue, comment, "Which disk was full?")
    assert acts(one, found()) == {("bo", "ask", "ida"): 1}
    assert acts(one, [*reversed(found())]) == {("bo", "ask", "ida"): 1}
    told += asked(site, given)
    site.edit(issue, comment, "Thanks!")
    assert acts(one, found()) == {}
    other = site.say(issue, EVA, "{bo} the log says which.")
    assert acts(one, found()) == {("eva", "help", "bo"): 1}
    site.unsay(issue, other)
    for some in (found(), [*reversed(found())]):
        assert acts(one, some) == {}


def test_a_comment_that_is_edited_after_its_issue_was_moved_is_where_it_was_said() -> None:
    site = Site(cloud=False, at=datetime.now(UTC) - timedelta(days=1))
    one, given = intake(cloud=False), of(site)
    issue = site.open(IDA)
    comment = site.say(issue, EVA, "The disk was full.")
    site.carry(issue, "OPS")
    site.edit(issue, comment, "The disk was full again.")
    pushes, polled = statements(one, pushed(site)), statements(one, asked(site, given))
    assert pushes
    assert counting([*pushes, *polled]) == counting([*polled, *pushes])


def test_a_deleted_issue_asked_nothing() -> None:
    site, one = Site(), intake()
    site.open(IDA, kind="Question")
    issue = site.deliveries[-1]["issue"]
    gone = Found("issue_deleted", {"webhookEvent": "jira:issue_deleted", "issue": issue})
    assert acts(one, pushed(site)) == {("712020:ida", "ask", ""): 1}
    assert acts(one, [gone, *pushed(site)]) == {}


def test_an_issue_is_told_as_it_was_whatever_it_became() -> None:
    """What a webhook told at once is what the poll tells after the issue was changed."""
    for cloud in (True, False):
        site = Site(cloud=cloud, at=datetime.now(UTC) - timedelta(days=1))
        issue = site.open(IDA, kind="Question", labels=("export",))
        site.give(issue, EVA)
        site.say(issue, BO, "The disk was full.")
        by_push = pushed(site)
        site.give(issue, BO, "reporter")
        site.give(issue, BO)
        site.label(issue, ["question", "x"])
        site.carry(issue, "OPS")
        site.issues[issue]["fields"]["priority"] = {"id": "1", "name": "Highest"}
        item = {"field": "priority", "from": "3", "fromString": "Medium", "to": "1"}
        site.issues[issue]["histories"][-1]["items"].append(item)
        one = Intake(Connection("jira", connector, SECRET, of(site)))
        clean = counting(statements(one, asked(site, of(site))))
        pushes = counting(statements(one, by_push))
        assert len(clean) == 2
        assert len(pushes) == (1 if cloud else 2)
        assert all(equivalent(clean[name], each) for name, each in pushes.items())
        told = signals(one, asked(site, of(site)))
        assert signals(one, by_push).items() <= told.items()
        assert "/browse/ATLAS-1" in str(clean)


def test_a_site_keeps_its_path() -> None:
    site = Site(cloud=False, at=datetime.now(UTC) - timedelta(days=1))
    site.open(IDA, kind="Question")
    seen = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request.url.path)
        status, content = site.answer(request.url.path, dict(request.url.params))
        return httpx.Response(status, json=content)

    given = of(site, site="https://Work.north.example/jira/")
    (one,) = counting(statements(intake(cloud=False), read(handler, given))).values()
    assert set(seen) == {"/jira/rest/api/2/search", "/jira/rest/api/2/status"}
    assert one["object"]["id"] == "https://work.north.example/jira/browse/ATLAS-1"
    assert one["actor"]["account"] == {"homePage": CENTER, "name": "ida"}


@pytest.mark.parametrize("cloud", [True, False])
def test_issues_that_change_while_they_are_read_are_read(cloud: bool) -> None:
    """Before each question somebody comments, and what was on a later page moves to an earlier."""
    site = Site(cloud=cloud, at=datetime.now(UTC) - timedelta(hours=2))
    for _ in range(13):
        site.open(IDA)
    site.sort_all(["export"], 13)
    site.live, left = True, list(site.issues)

    def handler(request: httpx.Request) -> httpx.Response:
        if "/search" in request.url.path and left:
            site.say(left.pop(0), BO, "The disk was full, see the log.")
        status, content = site.answer(request.url.path, dict(request.url.params))
        return httpx.Response(status, json=content)

    one, cursors = Intake(Connection("jira", connector, SECRET, of(site))), dict[str, str]()
    first = read(handler, of(site), cursors)
    assert len(counting(statements(one, first))) == site.counting() > SIZE
    both = [*first, *read(handler, of(site), cursors)]
    assert len(counting(statements(one, both))) == site.counting()


@pytest.mark.parametrize("status", [403, 404])
def test_users_and_links_that_are_not_shown_cost_nothing_else(status: int) -> None:
    site = Site(cloud=False, at=datetime.now(UTC) - timedelta(hours=2))
    issue = site.open(IDA)
    site.say(issue, BO, "The disk was full, see the log.")
    site.give(issue, EVA, "reporter")
    site.give(issue, BO, "reporter")
    site.say(issue, IDA, "The disk was full, see the log.")
    site.link(issue, BO, "https://docs.example.org/exports")

    def handler(request: httpx.Request) -> httpx.Response:
        if request.url.path.rpartition("/")[2] in ("user", "remotelink"):
            return httpx.Response(status, json={"errorMessages": ["no"]})
        found, content = site.answer(request.url.path, dict(request.url.params))
        return httpx.Response(found, json=content)

    found = read(handler, of(site))
    kinds = Counter(each.kind for each in found)
    expected = {"issue_created": 1, "comment_created": 2} if status == 403 else {}
    assert kinds == expected


@pytest.mark.parametrize(("status", "told"), [(404, False), (403, True)])
def test_an_issue_that_is_gone_costs_no_other_and_one_that_is_closed_to_us_is_told(
    status: int, told: bool
) -> None:
    site = Site(at=datetime.now(UTC) - timedelta(hours=2))
    gone, left = site.open(IDA), site.open(IDA)
    for _ in range(4):
        site.say(gone, BO, "The disk was full, see the log.")

    def handler(request: httpx.Request) -> httpx.Response:
        if f"/issue/{gone}/" in request.url.path:
            return httpx.Response(status, json={"errorMessages": ["no"]})
        found, content = site.answer(request.url.path, dict(request.url.params))
        return httpx.Response(found, json=content)

    if told:
        with pytest.raises(Refused, match="403"):
            read(handler, options())
    else:
        assert [each.event["issue"]["id"] for each in read(handler, options())] == [left]


def test_a_token_that_is_never_known_comes_to_an_end_and_so_does_a_search_that_is_refused() -> None:
    site = Site(at=datetime.now(UTC) - timedelta(hours=2))
    for _ in range(5):
        site.open(IDA)
    site.sort_all(["export"])
    cursors: dict[str, str] = {}
    with pytest.raises(Refused, match="not valid"):
        asked(site, options(), cursors, 1.0, random.Random(1))
    assert json.loads(cursors["issues"])["after"], "what was read before is kept"

    def closed(_: httpx.Request) -> httpx.Response:
        return httpx.Response(401, json={"errorMessages": ["no"]})

    with pytest.raises(Refused, match="401"):
        read(closed, options())


def test_only_the_projects_that_are_named_are_asked_for_and_taken() -> None:
    site = Site(at=datetime.now(UTC) - timedelta(hours=2))
    site.open(IDA, kind="Question")
    site.open(IDA, project="HELP", kind="Question")
    queries = []

    def handler(request: httpx.Request) -> httpx.Response:
        if "jql" in request.url.params:
            queries.append(request.url.params["jql"])
        status, content = site.answer(request.url.path, dict(request.url.params))
        return httpx.Response(status, json=content)

    read(handler, options(projects=["help", "ATLAS"]))
    assert all(each.startswith('project in ("ATLAS","HELP") AND updated') for each in queries)
    one = intake(projects=["HELP"])
    told = [one.map(each.kind, each.event) for each in pushed(site)]
    assert [str(each.disposition) for each in told] == ["ignored", "mapped"]


def test_a_round_in_which_nothing_is_new_asks_for_nothing_but_the_search() -> None:
    site, cursors = Site(at=datetime.now(UTC) - timedelta(minutes=5)), dict[str, str]()
    first, second = site.open(IDA), site.open(IDA)
    for _ in range(4):
        site.say(first, BO, "The disk was full, see the log.")
    assert asked(site, options(), cursors)
    seen = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request.url.path.rpartition("/rest/api/2/")[2])
        status, content = site.answer(request.url.path, dict(request.url.params))
        return httpx.Response(status, json=content)

    assert read(handler, options(), cursors) == []
    assert seen == ["search/jql"]
    site.live = True
    site.say(second, BO, "The disk was full, see the log.")
    assert [each.kind for each in read(handler, options(), cursors)] == [
        "issue_created",
        "comment_created",
    ]
