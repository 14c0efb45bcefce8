"""Zendesk: its door, all that it sends, and that rounds of asking bring what is there, once."""

import asyncio
import json
import random
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from boundary import Kafka, deliver_to, door_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from starlette.testclient import TestClient
from zendesk_desk import Desk

from bus import nudges
from producers.connections import Connection
from producers.connector import Found, IgnoredKind, Mapped, Unsupported
from producers.connectors.zendesk import connector
from producers.connectors.zendesk.options import ZendeskOptions
from producers.connectors.zendesk.poll import poll
from producers.intake import Intake
from producers.polling.api import Api
from producers.polling.errors import Refused
from producers.polling.http import client
from producers.signatures import Delivery
from xapi import vocabulary
from xapi.equivalence import equivalent
from xapi.signals import Signal

SECRET = b"dGhpcyBpcyBub3QgYSBzZWNyZXQ="
SITE = "https://north.zendesk.com"
VOIDED = vocabulary.VERBS["voided"]

#: https://developer.zendesk.com/api-reference/webhooks/event-types/webhook-event-types
EVENTS = re.findall(
    r"[\w.]+",
    """
ticket.agent_assignment_changed ticket.attachment_linked_to_comment
ticket.attachment_redacted_from_comment ticket.brand_changed ticket.comment_added
ticket.comment_made_private ticket.comment_redacted ticket.created ticket.custom_field_changed
ticket.custom_status_changed ticket.description_changed ticket.email_ccs_changed
ticket.external_id_changed ticket.followers_changed ticket.form_changed
ticket.group_assignment_changed ticket.marked_as_spam ticket.merged ticket.organization_changed
ticket.permanently_deleted ticket.priority_changed ticket.problem_link_changed
ticket.requester_changed ticket.soft_deleted ticket.status_changed ticket.subject_changed
ticket.submitter_changed ticket.tags_changed ticket.task_due_at_changed ticket.type_changed
ticket.undeleted article.author_changed article.published article.subscription_created
article.unpublished article.vote_created article.vote_changed article.vote_removed
article.comment_created article.comment_changed article.comment_published
article.comment_unpublished community_post.created community_post.changed
community_post.published community_post.unpublished community_post.subscription_created
community_post.vote_created community_post.vote_changed community_post.vote_removed
community_post.comment_created community_post.comment_changed community_post.comment_published
community_post.comment_unpublished community_post.comment_vote_created
community_post.comment_vote_changed organization.created organization.custom_field_changed
organization.deleted organization.external_id_changed organization.name_changed
organization.tags_changed user.active_changed user.alias_changed user.created
user.custom_field_changed user.deleted user.role_changed user.merged agent.state_changed
agent.work_item_added agent.channel_created messaging_ticket.message_added
omnichannel_config.omnichannel_routing_feature_changed
""",
)
#: What only the poller finds.
FOUND = {
    "ticket.opened", "ticket.comment", "ticket.status", "ticket.rated", "article.written",
    "article.edited", "community_post.written", "community_post.comment",
}  # fmt: skip


def test_every_event_is_decided() -> None:
    decided = {kind: connector.decide(kind) for kind in EVENTS}
    assert [kind for kind, each in decided.items() if isinstance(each, Unsupported)] == []
    mapped = {kind for kind, each in decided.items() if isinstance(each, Mapped)}
    assert mapped | FOUND == connector.mappers.keys()
    assert all(isinstance(decided[kind], IgnoredKind) for kind in decided.keys() - mapped)
    assert isinstance(connector.decide("ticket.sung"), Unsupported)


# The door


@pytest.fixture
def kafka() -> Kafka:
    return Kafka()


@pytest.fixture
def door(kafka: Kafka, tmp_path: Path) -> Iterator[TestClient]:
    with door_of(intake(), kafka, tmp_path) as made:
        yield made


def deliver(door: TestClient, content: Any, **headers: str) -> httpx.Response:
    return deliver_to(door, intake().connection, content, {}, **headers)


def test_a_signature_made_by_openssl_fits_at_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """`printf '2026-05-04T08:00:00Z{"a":1}' | openssl dgst -hmac SECRET -binary | base64`."""
    assert connector.webhook
    scheme, body, stamp = connector.webhook.signature, b'{"a":1}', "2026-05-04T08:00:00Z"
    at = datetime.fromisoformat(stamp).timestamp()
    monkeypatch.setattr("time.time", lambda: at + 200)
    made = "MCdg+peQPcFNHCKUg/76pycT1OFWPLyDwT0ZNHSVFt4="
    headers = {"x-zendesk-webhook-signature": made, "x-zendesk-webhook-signature-timestamp": stamp}
    assert scheme.verify(Delivery(headers, body), SECRET)
    for place in range(len(body)):
        other = body[:place] + bytes([body[place] ^ 1]) + body[place + 1 :]
        assert not scheme.verify(Delivery(headers, other), SECRET)
    other_time = headers | {"x-zendesk-webhook-signature-timestamp": "2026-05-04T08:00:01Z"}
    assert not scheme.verify(Delivery(other_time, body), SECRET)
    monkeypatch.setattr("time.time", lambda: at + 301)
    assert not scheme.possible(headers), "it may have been overheard"


def test_a_delivery_makes_the_poller_look_and_leaves_nothing_else(
    door: TestClient, kafka: Kafka
) -> None:
    body = {"type": "zen:event-type:ticket.comment_added", "event": {"comment": {"body": "Hm."}}}
    answer = deliver(door, body)
    assert (answer.status_code, answer.json()["result"]) == (200, "mapped")
    ((topic, key, value),) = [(m.topic, m.key, m.value) for m in kafka.messages]
    assert topic == "poller.nudges"
    assert nudges.decode(key, value) == ("desk", "tickets")


@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        (b"{}", {"x-zendesk-webhook-signature": "AAAA"}, 401),
        (b"{}", {"x-zendesk-webhook-signature-timestamp": "2026-05-04T08:00:00Z"}, 401),
        (b"{}", {"x-zendesk-webhook-signature-timestamp": "1777881600"}, 401),
        (b"{broken", {}, 422),
        (b"x" * 100_001, {}, 413),
        (b"<a/>", {"content-type": "text/xml"}, 415),
    ],
)
def test_what_is_no_delivery_gets_a_clear_answer_and_leaves_nothing(
    door: TestClient, kafka: Kafka, content: bytes, headers: dict[str, str], status: int
) -> None:
    assert deliver(door, content, **headers).status_code == status
    assert kafka.messages == []


def test_a_custom_body_of_a_trigger_is_kept_and_told(door: TestClient, kafka: Kafka) -> None:
    answer = deliver(door, {"ticket": "{{ticket.id}}"})
    assert (answer.status_code, answer.json()["result"]) == (202, "unsupported")
    assert len(kafka.of("xapi.rejected")) == 1


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"site": "north"}, "must begin with https"),
        ({"streams": ["tickets", "wiki"]}, "wiki is none of"),
        ({"requesters": "robots"}, "colleagues"),
    ],
)
def test_what_a_connection_says_wrongly_is_told(wrong: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        options(**wrong)


# Asked in rounds


def options(**more: Any) -> ZendeskOptions:
    given = {"site": SITE, "api_user": "headwater@north.example", "history_days": 36_500}
    return ZendeskOptions.model_validate(given | more)


def intake(**more: Any) -> Intake:
    return Intake(Connection("desk", connector, SECRET, options(**more)))


def asked(
    desk: Desk, given: ZendeskOptions, cursors: dict[str, str] | None = None, expired: bool = False
) -> list[Found]:
    """One round of all streams; `cursors` are moved. `expired`: the first cursor is not known."""
    cursors = {} if cursors is None else cursors
    forgotten = [expired]

    def handler(request: httpx.Request) -> httpx.Response:
        assert request.headers["authorization"].startswith("Basic ")
        if "cursor" in request.url.params and forgotten.pop():
            forgotten.append(False)
            return httpx.Response(400, json={"error": "InvalidCursor"})
        forgotten.append(False)
        status, content = desk.answer(request.url.path, dict(request.url.params))
        return httpx.Response(status, json=content)

    async def read() -> list[Found]:
        base = f"{given.site}/api/v2/"
        http = client(base, poll.login(given, b"token"), httpx.MockTransport(handler))
        found = []
        async with Api(http) as api:
            for name, pages in poll.streams.items():
                async for page in pages(api, given, cursors.get(name, "")):
                    found += page.events
                    cursors[name] = page.cursor
        return found

    return asyncio.run(read())


def rows(intake: Intake, found: Iterable[Found]) -> tuple[dict[str, Any], dict[str, Signal]]:
    """What counts: statements by id, of one id the first and not voided, and signals by id."""
    taken = [intake.map(each.kind, each.event) for each in found]
    every = [statement for each in taken for statement in each.statements]
    voided = {each["object"]["id"] for each in every if each["verb"]["id"] == VOIDED}
    first: dict[str, dict[str, Any]] = {}
    for each in every:
        assert equivalent(first.setdefault(each["id"], each), each)
    signals: dict[str, Signal] = {}
    for signal in (signal for each in taken for signal in each.signals):
        assert signals.setdefault(str(signal.id), signal) == signal
    counting = {name: each for name, each in first.items()
                if name not in voided and each["verb"]["id"] != VOIDED}  # fmt: skip
    return counting, signals


def recently() -> datetime:
    """Since when a desk works that is asked in rounds: what is new is told by its time."""
    return datetime.now(UTC) - timedelta(minutes=50)


def act(desk: Desk, chance: random.Random) -> None:
    """Somebody does something."""
    staff, customers = [21, 22, 23], [901, 902]
    does = chance.choice(["open", "comment", "comment", "note", "move", "hide", "rate", "write",
                          "edit", "post", "say", "say"])  # fmt: skip
    if does == "open" or not desk.tickets:
        desk.open(chance.choice([*staff, *customers]), "It ends with an error.")
        return
    ticket = chance.choice(list(desk.tickets))
    match does:
        case "comment":
            said = chance.choice(["Try it again.", ":+1:", "It works now, thank you."])
            desk.comment(ticket, chance.choice([*staff, *customers]), said)
        case "note":
            desk.comment(ticket, chance.choice(staff), "The disk was full.", public=False)
        case "move":
            desk.move(ticket, chance.choice(staff), chance.choice(["open", "pending", "solved"]))
        case "rate":
            desk.rate(ticket, chance.choice(["good", "bad"]))
        case "hide":
            public = [e["id"] for a in desk.audits[ticket][1:] for e in a["events"]
                      if e["type"] == "Comment" and e["public"]]  # fmt: skip
            hidden = {e["comment_id"] for a in desk.audits[ticket] for e in a["events"]
                      if e["type"] == "CommentPrivacyChange"}  # fmt: skip
            if left := [each for each in public if each not in hidden]:
                desk.hide(ticket, 22, chance.choice(left))
        case "write":
            desk.write(chance.choice(staff))
        case "post":
            title = chance.choice(["May exports be timed?", "How exports are timed"])
            desk.post(chance.choice([*staff, *customers]), title)
        case "say":
            if desk.posts:
                post = chance.choice(list(desk.posts))
                desk.say(post, chance.choice([*staff, *customers]), "From the next version on.")
        case "edit":
            if desk.articles:
                desk.edit(desk.articles[-1], chance.choice(staff))


@settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.integers(0, 10_000), st.lists(st.integers(0, 12), min_size=1, max_size=4))
def test_rounds_bring_what_one_clean_pass_brings_in_any_order(seed: int, steps: list[int]) -> None:
    chance = random.Random(seed)
    desk, one = Desk(start=recently()), intake()
    cursors: dict[str, str] = {}
    by_rounds: list[Found] = []
    for number in steps:
        for _ in range(number):
            act(desk, chance)
        by_rounds += asked(desk, options(), cursors, expired=chance.random() < 0.3)
    clean = rows(one, asked(desk, options()))
    mixed = [*by_rounds, *by_rounds]
    chance.shuffle(mixed)
    found = rows(one, mixed)
    # An edit that another one followed before it was asked for is not seen by the clean pass.
    latest = {name for name, each in found[0].items() if each["verb"]["display"]["en"] == "edited"}
    assert found[0].keys() - latest == clean[0].keys() - latest
    assert clean[0].keys() <= found[0].keys()
    assert found[1].keys() == clean[1].keys()


def test_the_first_reply_is_the_first_by_a_person_of_the_staff() -> None:
    desk = Desk()
    ticket = desk.open(901, "It ends with an error.")
    desk.comment(ticket, 902, "With us, too.")
    desk.comment(ticket, 21, "Was the disk full?", public=False)
    desk.comment(ticket, 22, "Try it again.")
    desk.comment(ticket, 21, "It should work now.")
    one = intake()
    _, signals = rows(one, asked(desk, options()))
    assert Counter(each.happened for each in signals.values()) == {"opened": 1, "answered": 1}
    (answered,) = [each for each in signals.values() if each.happened == "answered"]
    assert answered.actor.endswith("|22")
    assert not any("|90" in each.actor for each in signals.values()), "no customer is named"


@pytest.mark.parametrize("keeps", ["nothing", "titles", "texts"])
def test_a_round_brings_subjects_and_titles_where_they_are_kept(keeps: str) -> None:
    desk, one = Desk(), intake(keeps=keeps)
    ticket = desk.open(901, "It ends with an error.")
    desk.tickets[ticket]["subject"] = "The export"
    desk.comment(ticket, 22, "Was the disk full?")
    desk.write(21)
    desk.articles[-1] |= {"title": "How exports are timed", "body": "<p>At night.</p>"}
    every, _ = rows(one, found := asked(desk, options(keeps=keeps)))
    shown = json.dumps([each.event for each in found])
    assert ("How exports" in shown) is ("The export" in shown) is (keeps != "nothing")
    assert "At night" not in shown
    made = {each["object"]["definition"].get("name", {}).get("und", "") for each in every.values()}
    assert made == (
        {f"#{ticket}", ""} if keeps == "nothing" else {"The export", "How exports are timed"}
    )
    assert ("Was the disk full?" in json.dumps(every)) is (keeps == "texts")


def test_a_comment_made_private_later_answered_nobody() -> None:
    start = recently() - timedelta(days=2)
    desk, cursors, one = Desk(start=start), dict[str, str](), intake()
    ticket = desk.open(901, "It ends with an error.")
    comment = desk.comment(ticket, 21, "The password is on the wall.")
    before = asked(desk, options(), cursors)
    behaviours = [vocabulary.behaviour_of(each).name for each in rows(one, before)[0].values()]
    assert behaviours == ["connect"]
    desk.clock += 2 * 1440
    desk.hide(ticket, 22, comment)
    after = [*before, *asked(desk, options(), cursors)]
    behaviours = [vocabulary.behaviour_of(each).name for each in rows(one, after)[0].values()]
    assert behaviours == ["collaborate"]


@pytest.mark.parametrize(("status", "told"), [(404, False), (403, True)])
def test_a_ticket_that_is_gone_costs_no_other_and_one_that_is_closed_to_us_is_told(
    status: int, told: bool
) -> None:
    desk = Desk(start=recently())
    gone, left = desk.open(21, "It ends with an error."), desk.open(22, "It is slow.")

    def handler(request: httpx.Request) -> httpx.Response:
        if f"/tickets/{gone}/" in request.url.path:
            return httpx.Response(status, json={"error": "RecordNotFound"})
        found, content = desk.answer(request.url.path, dict(request.url.params))
        return httpx.Response(found, json=content)

    async def read() -> list[Found]:
        transport = httpx.MockTransport(handler)
        http = client(f"{SITE}/api/v2/", poll.login(options(), b"t"), transport)
        async with Api(http) as api:
            pages = poll.streams["tickets"](api, options(), "")
            return [event async for page in pages for event in page.events]

    if told:
        with pytest.raises(Refused, match="403"):
            asyncio.run(read())
    else:
        assert [each.event["ticket"]["id"] for each in asyncio.run(read())] == [left]


def test_streams_that_are_left_out_are_not_asked() -> None:
    found = asked(Desk(), options(streams=["tickets"]), cursors := {})
    assert found == []
    assert cursors.keys() == {"tickets"}


def test_a_cursor_that_is_not_known_begins_anew_and_a_token_that_is_none_is_told() -> None:
    desk, cursors = Desk(start=recently()), dict[str, str]()
    ticket = desk.open(21, "It ends with an error.")
    asked(desk, options(), cursors)
    desk.comment(ticket, 22, "Try it again.")
    kinds = [each.kind for each in asked(desk, options(), cursors, expired=True)]
    assert "ticket.comment" in kinds

    def never(request: httpx.Request) -> httpx.Response:
        """No cursor is ever known: reading comes to an end all the same."""
        if "cursor" in request.url.params:
            return httpx.Response(400, json={"error": "InvalidCursor"})
        status, content = desk.answer(request.url.path, dict(request.url.params))
        return httpx.Response(status, json=content | {"end_of_stream": False})

    def unknown(_: httpx.Request) -> httpx.Response:
        return httpx.Response(401, json={"error": "no"})

    async def refused(handler: Callable[[httpx.Request], httpx.Response]) -> None:
        transport = httpx.MockTransport(handler)
        http = client(f"{SITE}/api/v2/", poll.login(options(), b"t"), transport)
        async with Api(http) as api:
            async for _ in poll.streams["tickets"](api, options(), cursors["tickets"]):
                pass

    with pytest.raises(Refused, match="401"):
        asyncio.run(refused(unknown))
    with pytest.raises(Refused, match="InvalidCursor"):
        asyncio.run(refused(never))
    assert json.loads(cursors["tickets"])["after"]
