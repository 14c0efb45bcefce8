"""Slack: its door, all that it sends, and that what is pushed and what is asked are the same."""

import asyncio
import json
import random
import re
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from boundary import Kafka, deliver_to, door_of
from counted import counting, statements
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from slack_workspace import Workspace
from starlette.testclient import TestClient

from bus import records
from producers.connections import Connection
from producers.connector import Disposition, Found, IgnoredKind, Mapped, Unsupported
from producers.connectors.slack import connector, kind_of
from producers.connectors.slack.options import SlackOptions
from producers.connectors.slack.poll import poll
from producers.connectors.slack.web_api import Channel
from producers.intake import Intake
from producers.polling.api import Api
from producers.polling.http import client
from producers.signatures import Delivery
from tests.producers.conftest import Published
from xapi import vocabulary
from xapi.equivalence import equivalent
from xapi.statement import validate

SECRET = b"8f742231b10e8888abcd99yyyzzz85a5"
CHANNELS = {"C0HELP": {"name": "help-data", "use": "help"}, "C0WORK": {"name": "atlas"}}

#: https://docs.slack.dev/reference/events (and what Slack's own libraries know besides).
EVENTS = re.findall(
    r"\w+",
    """
accounts_changed app_context_changed app_deleted app_home_opened app_installed app_mention
app_rate_limited app_requested app_uninstalled app_uninstalled_team
assistant_thread_context_changed assistant_thread_started bot_added bot_changed call_rejected
channel_archive channel_created channel_deleted channel_history_changed channel_id_changed
channel_joined channel_left channel_marked channel_rename channel_shared channel_unarchive
channel_unshared commands_changed dnd_updated dnd_updated_user email_domain_changed emoji_changed
entity_details_requested external_org_migration_finished external_org_migration_started file_change
file_comment_added file_comment_deleted file_comment_edited file_created file_deleted file_public
file_shared file_unshared function_executed goodbye grid_migration_finished grid_migration_started
group_archive group_close group_deleted group_history_changed group_joined group_left group_marked
group_open group_rename group_unarchive hello im_close im_created im_history_changed im_marked
im_open invite_requested link_shared manual_presence_change member_joined_channel
member_left_channel message message_metadata_deleted message_metadata_posted
message_metadata_updated pin_added pin_removed pref_change presence_change reaction_added
reaction_removed reconnect_url resources_added resources_removed scope_denied scope_granted
shared_channel_invite_accepted shared_channel_invite_approved shared_channel_invite_declined
shared_channel_invite_received shared_channel_invite_requested star_added star_removed
subteam_created subteam_members_changed subteam_self_added subteam_self_removed subteam_updated
team_access_granted team_access_revoked team_domain_change team_join team_migration_started
team_plan_change team_pref_change team_profile_change team_profile_delete team_profile_reorder
team_rename tokens_revoked url_verification user_change user_huddle_changed user_profile_changed
user_resource_denied user_resource_granted user_resource_removed user_status_changed user_typing
workflow_deleted workflow_published workflow_step_deleted workflow_step_execute workflow_unpublished
""",
)
SUBTYPES = re.findall(
    r"\w+",
    """
app_conversation_join app_conversation_leave assistant_app_thread bot_add bot_disable bot_enable
bot_message bot_remove channel_archive channel_canvas_updated channel_convert_to_private
channel_convert_to_public channel_join channel_leave channel_name channel_posting_permissions
channel_purpose channel_topic channel_unarchive document_mention ekm_access_denied file_comment
file_mention file_share group_archive group_join group_leave group_name group_purpose group_topic
group_unarchive huddle_thread joiner_notification me_message message_changed message_deleted
message_replied pinned_item reminder_add reply_broadcast sh_room_created share_shortcut
slackbot_response tabbed_canvas_updated thread_broadcast tombstone unpinned_item
""",
)


def test_every_event_and_every_subtype_is_decided() -> None:
    kinds = [*EVENTS, *(f"message.{each}" for each in SUBTYPES)]
    decided = {kind: connector.decide(kind) for kind in kinds}
    assert [kind for kind, each in decided.items() if isinstance(each, Unsupported)] == []
    mapped = {kind for kind, each in decided.items() if isinstance(each, Mapped)}
    assert mapped | {"canvas.begun"} == connector.mappers.keys()
    ignored = {kind for kind, each in decided.items() if isinstance(each, IgnoredKind)}
    assert len(mapped) + len(ignored) == len(kinds)


def test_a_kind_of_tomorrow_is_unsupported() -> None:
    assert isinstance(connector.decide("message.brand_new"), Unsupported)
    assert isinstance(connector.decide("brand_new"), Unsupported)


def test_every_recorded_message_is_decided(shared: Path, published: Published) -> None:
    """Pages of a real channel's history, years old."""
    one, channel = Intake(Connection("slack", connector, SECRET, SlackOptions())), Channel(
        "C011DUKE8", "channel", {"type": "event_callback", "team_id": "T0"}
    )  # fmt: skip
    folder = shared / "data" / "payloads" / "slack"
    pages = [json.loads(each.read_text("utf-8")) for each in sorted(folder.glob("*_history*.json"))]
    found = [channel.message(each) for page in pages for each in page["messages"]]
    taken = [one.map(each.kind, each.event) for each in found]
    published("Slack", taken)
    assert len(taken) == 14
    assert Counter(each.disposition for each in taken) == {
        Disposition.MAPPED: 8,
        Disposition.IGNORED: 6,
    }
    for each in taken:
        for statement in each.statements:
            validate(json.loads(orjson.dumps(statement)))


# The door


@pytest.fixture
def vector(shared: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Slack's published signature, at its time."""
    vectors = json.loads((shared / "data" / "signature_vectors.json").read_text("utf-8"))
    (found,) = [each for each in vectors if each["tool"] == "slack"]
    monkeypatch.setattr(time, "time", lambda: float(found["timestamp"]))
    return dict(found)


def fits(body: bytes, stamp: str, signature: str, secret: bytes) -> bool:
    assert connector.webhook
    headers = {"x-slack-request-timestamp": stamp, "x-slack-signature": signature}
    return connector.webhook.signature.verify(Delivery(headers, body), secret)


def others(value: bytes) -> Iterator[bytes]:
    """A value with each of its bytes changed, one left out, and one more."""
    for place, byte in enumerate(value):
        yield value[:place] + bytes([byte ^ 1]) + value[place + 1 :]
    yield value[:-1]
    yield value + b"0"


def test_the_published_signature_fits_and_no_changed_byte_does(vector: dict[str, Any]) -> None:
    body, stamp, secret = vector["body"].encode(), vector["timestamp"], vector["secret"].encode()
    signature = vector["header"]["X-Slack-Signature"]
    assert fits(body, stamp, signature, secret)
    assert not any(fits(each, stamp, signature, secret) for each in others(body))
    assert not any(fits(body, stamp, signature, each) for each in others(secret))
    assert not any(fits(body, each.decode("latin-1"), signature, secret)
                   for each in others(stamp.encode()))  # fmt: skip
    assert not any(fits(body, stamp, each.decode("latin-1"), secret)
                   for each in others(signature.encode()))  # fmt: skip


@pytest.mark.parametrize("seconds", [301, -301, 86_400])
def test_a_delivery_that_was_overheard_is_not_taken_later(
    vector: dict[str, Any], seconds: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = float(vector["timestamp"]) + seconds
    monkeypatch.setattr(time, "time", lambda: now)
    signature = vector["header"]["X-Slack-Signature"]
    assert not fits(vector["body"].encode(), vector["timestamp"], signature, SECRET)


@pytest.fixture
def kafka() -> Kafka:
    return Kafka()


@pytest.fixture
def door(kafka: Kafka, tmp_path: Path) -> Iterator[TestClient]:
    connection = Connection("slack", connector, SECRET, SlackOptions())
    with door_of(Intake(connection), kafka, tmp_path) as made:
        yield made


def deliver(door: TestClient, content: Any, **headers: str) -> httpx.Response:
    connection = Connection("slack", connector, SECRET, SlackOptions())
    return deliver_to(door, connection, content, {}, **headers)


def question() -> dict[str, Any]:
    workspace = Workspace()
    workspace.write("U0IDA", "C0WORK", "Where does the export keep its logs?")
    return workspace.deliveries[0]


def test_slacks_question_is_answered_once_its_signature_fits(
    door: TestClient, kafka: Kafka
) -> None:
    asked = {"type": "url_verification", "token": "t", "challenge": "3eZbrw1a"}
    answer = deliver(door, asked)
    assert (answer.status_code, answer.text) == (200, "3eZbrw1a")
    assert answer.headers["content-type"].startswith("text/plain")
    assert deliver(door, asked, **{"x-slack-signature": "v0=" + "0" * 64}).status_code == 401
    assert kafka.messages == []


def test_what_slack_sends_again_is_the_same_statement(door: TestClient, kafka: Kafka) -> None:
    for number in ("", "1", "2", "3"):
        more = {"x-slack-retry-num": number, "x-slack-retry-reason": "http_timeout"}
        assert deliver(door, question(), **(more if number else {})).status_code == 200
    ids = [orjson.loads(line)["id"] for value in kafka.of("xapi.statements")
           for line in records.lines(value)]  # fmt: skip
    assert len(ids) == 4
    assert len(set(ids)) == 1


def test_one_message_in_two_workspaces_is_one_statement(door: TestClient, kafka: Kafka) -> None:
    for team in ("T0NORTH", "T0SECOND"):
        deliver(door, question() | {"team_id": team, "enterprise_id": "E0NORTH"})
    lines = [
        orjson.loads(line) for value in kafka.of("xapi.statements") for line in records.lines(value)
    ]
    assert len(lines) == 2
    assert lines[0] == lines[1]


@pytest.mark.parametrize(
    ("content", "headers", "status", "says"),
    [
        (b"{}", {"x-slack-signature": "v0=" + "0" * 64}, 401, "does not fit"),
        (b"{}", {"x-slack-signature": ""}, 401, "missing"),
        (b"{}", {"x-slack-request-timestamp": "1531420618"}, 401, "too old"),
        (b"{}", {"x-slack-request-timestamp": "now"}, 401, "too old"),
        (b"{broken", {}, 422, "JSON"),
        (b"[]", {}, 422, "JSON object"),
        (b"x" * 100_001, {}, 413, "bytes"),
        (b"payload=1", {"content-type": "application/x-www-form-urlencoded"}, 415, "json"),
    ],
)
def test_what_is_no_delivery_gets_a_clear_answer_and_leaves_nothing(
    door: TestClient, kafka: Kafka, content: bytes, headers: dict[str, str], status: int, says: str
) -> None:
    answer = deliver(door, content, **headers)
    assert answer.status_code == status
    assert says in answer.json()["error"]
    assert kafka.messages == []
    assert deliver(door, question()).status_code == 200


@pytest.mark.parametrize(
    ("content", "result"),
    [
        ({"type": "event_callback", "event": {"type": "brand_new"}}, "unsupported"),
        ({"type": "event_callback", "event": 5}, "unsupported"),
        ({"type": "event_callback", "event": {"type": "reaction_added"}}, "rejected"),
        ({"type": "event_callback", "event": {"type": "message", "ts": "soon", "text": "hi there",
          "channel": "C1", "channel_type": "channel", "user": "U1"}}, "rejected"),
        ({}, "unsupported"),
    ],
)  # fmt: skip
def test_what_is_not_understood_is_kept_whole(
    door: TestClient, kafka: Kafka, content: dict[str, Any], result: str
) -> None:
    answer = deliver(door, content)
    assert (answer.status_code, answer.json()["result"]) == (202, result)
    (kept,) = kafka.of("xapi.rejected")
    assert orjson.loads(orjson.loads(kept)["body"]) == content


@pytest.mark.parametrize("kind", ["im", "mpim", "group"])
def test_what_is_private_is_not_kept_even_if_it_is_not_understood(
    door: TestClient, kafka: Kafka, kind: str
) -> None:
    said = {"type": "message", "channel": "C1", "channel_type": kind, "text": "between us"}
    for event in (said, said | {"subtype": "brand_new"}, said | {"subtype": "message_changed"}):
        answer = deliver(door, {"type": "event_callback", "event": event})
        assert (answer.status_code, answer.json()["result"]) == (200, "ignored")
    assert kafka.messages == []


# Pushed and asked


def intake(**more: Any) -> Intake:
    options = SlackOptions.model_validate(
        {"channels": CHANNELS, "history_days": 36_500, "settled_hours": 0} | more
    )
    return Intake(Connection("slack", connector, SECRET, options))


def pushed(workspace: Workspace) -> list[Found]:
    return [Found(kind_of({}, each), each) for each in workspace.deliveries]


def asked(workspace: Workspace, options: SlackOptions) -> list[Found]:
    """All that a poll finds, by the real client over the workspace's interface."""

    def handler(request: httpx.Request) -> httpx.Response:
        method = request.url.path.removeprefix("/api/")
        return httpx.Response(200, json=workspace.answer(method, dict(request.url.params)))

    async def read() -> list[Found]:
        login = poll.login(options, b"xoxb-token")
        http = client("https://slack.invalid/api/", login, httpx.MockTransport(handler))
        async with Api(http, denied=poll.denied) as api:
            start = json.dumps(dict.fromkeys(workspace.channels, f"{workspace.start}.000000"))
            return [
                event
                for name in ("messages", "threads", "reactions", "pins")
                async for page in poll.streams[name](api, options, start)
                for event in page.events
            ]

    return asyncio.run(read())


def test_a_channel_that_closes_while_it_is_read_is_no_loss_and_costs_no_other() -> None:
    """It is read from where it was left, should it open again."""
    workspace = Workspace()
    for channel in workspace.channels:
        for _ in range(7):
            workspace.write("U0IDA", channel, "It is through again.")

    def handler(request: httpx.Request) -> httpx.Response:
        method, given = request.url.path.removeprefix("/api/"), dict(request.url.params)
        if given.get("channel") == "C0HELP" and given.get("cursor"):
            return httpx.Response(200, json={"ok": False, "error": "not_in_channel"})
        return httpx.Response(200, json=workspace.answer(method, given))

    async def read() -> str:
        options = SlackOptions()
        http = client("https://slack.invalid/api/", poll.login(options, b"t"),
                      httpx.MockTransport(handler))  # fmt: skip
        async with Api(http, denied=poll.denied) as api:
            start = json.dumps(dict.fromkeys(workspace.channels, f"{workspace.start}.000000"))
            return [page.cursor async for page in poll.streams["messages"](api, options, start)][-1]

    marks = json.loads(asyncio.run(read()))
    assert marks["C0HELP"] == f"{workspace.start}.000000"
    assert marks["C0WORK"] >= max(workspace.messages["C0WORK"])


TEXTS = [
    "Where does the export keep its logs?", "It is through again.", ":+1:",
    "See <https://docs.python.org/3/|this>", "Should it be `a ? b : c`",
]  # fmt: skip
PEOPLE = ["U0IDA", "U0OLE", "U0MAY"]


@st.composite
def workspaces(draw: st.DrawFn) -> tuple[Workspace, int]:
    """A workspace where people did things, and how many of its messages and signs should count."""
    made = Workspace()
    people, texts = st.sampled_from(PEOPLE), st.sampled_from(TEXTS)
    for channel in made.channels:
        for _ in range(draw(st.integers(0, 4))):
            root = made.write(draw(people), channel, draw(texts))
            for _ in range(draw(st.integers(0, 4))):
                made.write(draw(people), channel, draw(texts), under=root)
    every = [(c, ts) for c, of in made.messages.items() for ts in of]
    left = draw(st.permutations(every))
    for channel, ts in left[: draw(st.integers(0, 4))]:
        made.edit(channel, ts, draw(texts))
    signed = left[len(left) // 2 :]
    signs = 0
    for channel, ts in signed[:5]:
        author = made.messages[channel][ts]["user"]
        for user in draw(st.sets(people)):
            emoji = draw(st.sampled_from(["pray", "bookmark", "eyes"]))
            made.react(user, channel, ts, emoji)
            counts = emoji == "bookmark" or (emoji == "pray" and user != author)
            if draw(st.booleans()):
                made.unreact(user, channel, ts, emoji)
            else:
                signs += counts
        if draw(st.booleans()):
            made.pin(draw(people), channel, ts)
            signs += 1
            if draw(st.booleans()):
                made.unpin(draw(people), channel, ts)
                signs -= 1
    for channel, ts in left[: len(left) // 2]:
        if draw(st.integers(0, 3)) == 0:
            made.delete(channel, ts)
    written = sum(
        each["text"] != ":+1:" and each.get("subtype") != "tombstone"
        for of in made.messages.values() for each in of.values()
    )  # fmt: skip
    return made, written + signs


@settings(max_examples=20, suppress_health_check=[HealthCheck.too_slow])
@given(workspaces(), st.randoms(use_true_random=False))
def test_pushed_and_asked_in_any_order_count_once(
    made: tuple[Workspace, int], chance: random.Random
) -> None:
    workspace, expected = made
    one = intake()
    options = one.connection.options
    assert isinstance(options, SlackOptions)
    by_push, by_poll = pushed(workspace), asked(workspace, options)
    clean = counting(statements(one, by_push))
    assert len(clean) == expected
    alone = counting(statements(one, by_poll))
    assert alone.keys() == clean.keys()
    mixed = [*by_push, *by_push, *by_poll, *by_poll]
    chance.shuffle(mixed)
    both = counting(statements(one, mixed))
    assert both.keys() == clean.keys()
    for name, each in clean.items():
        assert equivalent(both[name], each)
        assert equivalent(alone[name], each)


def test_a_thread_is_read_where_its_message_says_whether_it_is_help() -> None:
    workspace = Workspace()
    asks = workspace.write("U0IDA", "C0WORK", "Where does the export keep its logs?")
    workspace.write("U0OLE", "C0WORK", "Under /var/log/atlas.", under=asks)
    tells = workspace.write("U0IDA", "C0WORK", "It begins at six from Monday on.")
    workspace.write("U0OLE", "C0WORK", "I shall be there.", under=tells)
    one = intake(read_threads=True)
    by_push = [one.map(each.kind, each.event) for each in pushed(workspace)]
    assert [len(each.statements) for each in by_push] == [1, 0, 1, 0]
    assert [nudge.stream for each in by_push for nudge in each.nudges] == ["threads", "threads"]
    assert isinstance(one.connection.options, SlackOptions)
    found = counting(statements(one, asked(workspace, one.connection.options)))
    by = sorted(
        (each["actor"]["account"]["name"], vocabulary.behaviour_of(each).name)
        for each in found.values()
    )
    assert by == [("U0IDA", "ask"), ("U0IDA", "collaborate"), ("U0OLE", "collaborate"),
                  ("U0OLE", "help")]  # fmt: skip
