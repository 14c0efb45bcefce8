"""Discourse: its door, all that it sends; what is pushed and what is asked are the same."""

import asyncio
import json
import random
import re
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
from discourse_forum import Forum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from starlette.testclient import TestClient

from producers.connections import Connection
from producers.connector import Disposition, Found, IgnoredKind, Mapped, Unsupported
from producers.connectors.discourse import connector, kind_of, text
from producers.connectors.discourse.options import DiscourseOptions
from producers.connectors.discourse.poll import poll
from producers.intake import Intake
from producers.polling.api import Api
from producers.polling.http import client
from producers.signatures import Delivery
from tests.producers.conftest import Published
from xapi import vocabulary
from xapi.equivalence import equivalent
from xapi.statement import validate

SECRET = b"a secret of twelve or more"
SITE = "https://forum.north.example"

#: `WebHookEventType` of Discourse and of the plugins that it brings; the statuses that a topic
#: may get; and, at the end, what only older versions send.
EVENTS = re.findall(
    r"\w+",
    """
ping topic_created topic_edited topic_destroyed topic_recovered topic_revised
topic_closed_status_updated topic_autoclosed_status_updated topic_archived_status_updated
topic_pinned_status_updated topic_pinned_globally_status_updated topic_visible_status_updated
topic_banner_status_updated
post_created post_edited post_destroyed post_recovered post_liked
user_logged_in user_logged_out user_confirmed_email user_created user_approved user_updated
user_destroyed user_suspended user_unsuspended user_anonymized user_promoted
user_badge_granted user_badge_revoked user_added_to_group user_removed_from_group
group_created group_updated group_destroyed category_created category_updated category_destroyed
tag_created tag_updated tag_destroyed reviewable_created reviewable_updated
reviewable_transitioned_to reviewable_score_updated notification_created
accepted_solution unaccepted_solution assigned unassigned topic_upvote topic_unvote
chat_message_created chat_message_edited chat_message_trashed chat_message_restored
flag_created flag_agreed flag_disagreed flag_deferred queued_post_created approved_post
rejected_post reviewable_ready
""",
)


def test_every_event_is_decided() -> None:
    decided = {kind: connector.decide(kind) for kind in EVENTS}
    assert [kind for kind, each in decided.items() if isinstance(each, Unsupported)] == []
    mapped = {kind for kind, each in decided.items() if isinstance(each, Mapped)}
    assert mapped == connector.mappers.keys()
    ignored = {kind for kind, each in decided.items() if isinstance(each, IgnoredKind)}
    assert ignored | {"private.*", "chat_message"} == connector.ignored.keys()


def test_a_kind_of_tomorrow_is_unsupported() -> None:
    assert isinstance(connector.decide("post_sung"), Unsupported)


def posts_of(folder: Path) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """(file, post, its topic) of recorded answers of two forums, years old."""
    for path in sorted((folder / "data" / "payloads" / "discourse").glob("*.json")):
        content = json.loads(path.read_text("utf-8"))
        for post in (content.get("post_stream") or {}).get("posts", ()):
            yield path.name, post, content
        if "cooked" in content:
            yield path.name, content, {"title": content["topic_slug"], "category_id": None}


def test_every_recorded_post_is_decided(shared: Path, published: Published) -> None:
    """Lists of topics hold no act of their own: what is in them is told by posts."""
    one = intake()
    taken = []
    for _, post, topic in posts_of(shared):
        about = {"topic_title": topic["title"], "category_id": topic["category_id"]}
        taken.append(one.map("post_created", {"post": {"raw": post["cooked"], **post, **about}}))
    published("Discourse", taken)
    assert len(taken) == 29
    assert Counter(each.disposition for each in taken) == {Disposition.MAPPED: 29}
    for each in taken:
        for statement in each.statements:
            validate(json.loads(orjson.dumps(statement)))


def test_recorded_lists_of_topics_are_read_and_pinned_ones_do_not_end_them(shared: Path) -> None:
    for path in sorted((shared / "data" / "payloads" / "discourse").glob("*topics*.json")):
        listed = json.loads(path.read_text("utf-8"))
        pages = {"latest.json": listed}

        def handler(request: httpx.Request, pages: dict[str, Any] = pages) -> httpx.Response:
            return httpx.Response(200, json=pages[request.url.path.strip("/")])

        read = asyncio.run(reading(handler, options(history_days=36_500), "solutions"))
        assert read == [], path.name


# The door


@pytest.fixture
def kafka() -> Kafka:
    return Kafka()


@pytest.fixture
def door(kafka: Kafka, tmp_path: Path) -> Iterator[TestClient]:
    with door_of(intake(), kafka, tmp_path) as made:
        yield made


def deliver(door: TestClient, kind: str, content: Any, **headers: str) -> httpx.Response:
    plain = {"x-discourse-event": kind}
    return deliver_to(door, intake().connection, content, plain, **headers)


def written() -> dict[str, Any]:
    forum = Forum()
    forum.begin("Ida", "Where does the export keep its logs?", 5)
    return forum.deliveries[0][1]


def test_a_signature_made_by_openssl_fits_and_none_of_another_body_or_secret_does() -> None:
    """`printf '{"ping":"OK"}' | openssl dgst -sha256 -hmac 'a secret of twelve or more'`."""
    assert connector.webhook
    body = b'{"ping":"OK"}'
    made = "sha256=294b83c26ceab8f21872b0834881611f8bf7549c1367367f67b181be1fbc8f3f"
    headers = {"x-discourse-event-signature": made}
    verify = connector.webhook.signature.verify
    assert verify(Delivery(headers, body), SECRET)
    for place in range(len(body)):
        other = body[:place] + bytes([body[place] ^ 1]) + body[place + 1 :]
        assert not verify(Delivery(headers, other), SECRET)
    for place in range(len(SECRET)):
        other = SECRET[:place] + bytes([SECRET[place] ^ 1]) + SECRET[place + 1 :]
        assert not verify(Delivery(headers, body), other)


def test_a_ping_is_answered_and_leaves_nothing(door: TestClient, kafka: Kafka) -> None:
    answer = deliver(door, "ping", {"ping": "OK"})
    assert (answer.status_code, answer.json()["result"]) == (200, "ignored")
    assert kafka.messages == []


def test_a_form_is_json_too_as_discourse_sends_it(door: TestClient, kafka: Kafka) -> None:
    form = {"content-type": "application/x-www-form-urlencoded"}
    assert deliver(door, "post_created", written(), **form).json()["statements"] == 1
    assert len(kafka.of("xapi.statements")) == 1


@pytest.mark.parametrize(
    ("content", "headers", "status", "says"),
    [
        (b"{}", {"x-discourse-event-signature": "sha256=" + "0" * 64}, 401, "does not fit"),
        (b"{}", {"x-discourse-event-signature": ""}, 401, "missing"),
        (b"{broken", {}, 422, "JSON"),
        (b"[]", {}, 422, "JSON object"),
        (b"x" * 100_001, {}, 413, "bytes"),
        (b"<post/>", {"content-type": "text/xml"}, 415, "json"),
    ],
)
def test_what_is_no_delivery_gets_a_clear_answer_and_leaves_nothing(
    door: TestClient, kafka: Kafka, content: bytes, headers: dict[str, str], status: int, says: str
) -> None:
    answer = deliver(door, "post_created", content, **headers)
    assert answer.status_code == status
    assert says in answer.json()["error"]
    assert kafka.messages == []
    assert deliver(door, "post_created", written()).status_code == 200


@pytest.mark.parametrize(
    ("kind", "content", "result"),
    [
        ("post_sung", {"post": {"id": 1}}, "unsupported"),
        ("", {}, "unsupported"),
        ("post_created", {"post": {"id": 1}}, "rejected"),
        ("post_created", {"post": None}, "rejected"),
        ("post_liked", {"like": {"user": {}}}, "rejected"),
    ],
)
def test_what_is_not_understood_is_kept_whole(
    door: TestClient, kafka: Kafka, kind: str, content: dict[str, Any], result: str
) -> None:
    answer = deliver(door, kind, content)
    assert (answer.status_code, answer.json()["result"]) == (202, result)
    (kept,) = kafka.of("xapi.rejected")
    assert orjson.loads(orjson.loads(kept)["body"]) == content


@pytest.mark.parametrize("kind", [*EVENTS, "post_sung"])
def test_what_is_private_is_not_kept_even_if_it_is_not_understood(
    door: TestClient, kafka: Kafka, kind: str
) -> None:
    post = {"raw": "between us", "topic_archetype": "private_message"}
    for body in ({"post": post}, {"topic": {"archetype": "private_message"}},
                 {"like": {"post": post}}, {"new": {"post": post}}):  # fmt: skip
        answer = deliver(door, kind, body)
        assert (answer.status_code, answer.json()["result"]) == (200, "ignored")
    assert kafka.messages == []


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"site": "forum.north.example"}, "must begin with https"),
        ({"site": SITE, "categories": {"5": {"use": "questions"}}}, "help"),
        ({"site": SITE, "category": {}}, "Extra inputs"),
        ({}, "Field required"),
    ],
)
def test_what_a_connection_says_wrongly_is_told(wrong: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        DiscourseOptions.model_validate(wrong)


@pytest.mark.parametrize(
    ("raw", "says", "hosts"),
    [
        ("See https://www.example.org/a?b=1 and https://forum.north.example/t/1.", True,
         ["example.org"]),
        ("[quote=\"Ida, post:1\"]\nhttps://example.org\n[/quote]\n+1", False, []),
        ("> https://example.org\n\nIt does.", True, []),
        ("```\ncurl https://example.org\n```", True, []),
        ("`https://example.org` is an example", True, []),
        ("(https://example.org) and http://[", True, ["example.org"]),
        ("", False, []),
        (None, False, []),
        ("[quote=\"Ida\"]https://example.org", True, ["example.org"]),
        ("See https://example.org\n~~~ py\nhttps://other.example", True, ["example.org"]),
        ("[quote]" * 20_000, True, []),
        ("~~~ py\n" * 20_000, True, []),
    ],
)  # fmt: skip
def test_what_is_told_of_a_text(raw: str | None, says: bool, hosts: list[str]) -> None:
    assert text.says(raw) is says
    assert text.hosts(raw, SITE) == hosts


# Pushed and asked


def options(**more: Any) -> DiscourseOptions:
    given = {"site": SITE, "categories": {5: {"name": "help-data", "use": "help"}},
             "history_days": 36_500, "settled_hours": 0}  # fmt: skip
    return DiscourseOptions.model_validate(given | more)


def intake(**more: Any) -> Intake:
    return Intake(Connection("forum", connector, SECRET, options(**more)))


def pushed(forum: Forum) -> list[Found]:
    return [Found(kind_of({"x-discourse-event": kind}, body), body)
            for kind, body in forum.deliveries]  # fmt: skip


async def reading(
    handler: Any, given: DiscourseOptions, *streams: str, cursors: dict[str, str] | None = None
) -> list[Found]:
    """One round of streams; `cursors` are moved."""
    cursors = {} if cursors is None else cursors
    http = client(f"{SITE}/", poll.login(given, b"key"), httpx.MockTransport(handler))
    found = []
    async with Api(http, denied=poll.denied, waits=poll.waits) as api:
        for name in streams or poll.streams:
            async for page in poll.streams[name](api, given, cursors.get(name, "")):
                found += page.events
                cursors[name] = page.cursor
    return found


def asked(
    forum: Forum, given: DiscourseOptions, cursors: dict[str, str] | None = None, *streams: str
) -> list[Found]:
    """All that a poll finds, by the real client over the forum's interface."""

    def handler(request: httpx.Request) -> httpx.Response:
        assert request.headers["api-key"] == "key"
        assert request.headers["api-username"] == "system"
        status, content = forum.answer(request.url.path, dict(request.url.params))
        return httpx.Response(status, json=content)

    return asyncio.run(reading(handler, given, *streams, cursors=cursors))


TITLES = ["Where does the export keep its logs?", "How we keep exports apart", "Export fails"]
RAWS = ["Under the logs.", "+1", "See https://docs.python.org/3/ for more."]
NAMES = ["Ida", "Ole", "May"]


@st.composite
def forums(draw: st.DrawFn, taken_back: bool = False) -> Forum:
    """A forum where people did things; `taken_back`: with likes that were taken back."""
    made = Forum(older=draw(st.booleans()), gap=draw(st.sampled_from([0, 0, 7, 60])))
    name, raw, title = st.sampled_from(NAMES), st.sampled_from(RAWS), st.sampled_from(TITLES)
    for _ in range(draw(st.integers(1, 5))):
        topic = made.begin(draw(name), draw(title), draw(st.sampled_from([5, 11])))
        replies = []
        for _ in range(draw(st.integers(0, 4))):
            to = draw(st.sampled_from([None, made.first(topic), *replies]))
            replies.append(made.reply(draw(name), topic, draw(raw), to))
        if draw(st.booleans()):
            made.retitle(topic, made.topics[topic]["title"] + " Again")
        for number in [made.first(topic), *replies]:
            for liker in draw(st.sets(name)) - {made.posts[number]["username"]}:
                made.like(liker, number)
                if taken_back and draw(st.booleans()):
                    made.unlike(liker, number)
        if replies and draw(st.booleans()):
            made.solve(draw(st.sampled_from(replies)))
            if draw(st.integers(0, 2)) == 0:
                made.unsolve(topic)
    return made


@settings(max_examples=12, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(forums(), st.randoms(use_true_random=False))
def test_pushed_and_asked_in_any_order_count_once(forum: Forum, chance: random.Random) -> None:
    one = intake()
    by_push, by_poll = pushed(forum), asked(forum, options())
    clean = counting(statements(one, by_push))
    says = sum(p["post_number"] == 1 or text.says(p["raw"]) for p in forum.posts.values())
    likes = sum(map(len, forum.likes.values()))
    assert len(clean) == says + likes + len(forum.solutions)
    alone = counting(statements(one, by_poll))
    assert alone.keys() == clean.keys()
    mixed = [*by_push, *by_push, *by_poll, *by_poll]
    chance.shuffle(mixed)
    both = counting(statements(one, mixed))
    assert both.keys() == clean.keys()
    for name, each in clean.items():
        assert equivalent(both[name], each)
        assert equivalent(alone[name], each)


@settings(max_examples=12, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(forums(taken_back=True), st.randoms(use_true_random=False))
def test_what_is_left_to_the_poller_counts_by_it_alone(forum: Forum, chance: random.Random) -> None:
    """With the topic's author as whom a reply answers, and without likes that were taken back."""
    given = options(read_topics=True, read_likes=True)
    one = Intake(Connection("forum", connector, SECRET, given))
    by_poll = asked(forum, given)
    found = [*pushed(forum), *by_poll, *by_poll]
    chance.shuffle(found)
    both = counting(statements(one, found))
    assert both.keys() == counting(statements(one, by_poll)).keys()
    verbs = Counter(each["verb"]["display"]["en"] for each in both.values())
    assert verbs["liked"] == sum(map(len, forum.likes.values()))
    authors = {topic: each["by"].lower() for topic, each in forum.topics.items()}
    for each in both.values():
        if each["verb"]["display"]["en"] == "replied":
            by = each["actor"]["account"]["name"]
            topic = int(each["object"]["id"].rpartition("/")[2])
            told = each["context"].get("extensions", {}).get(vocabulary.COUNTERPART)
            assert told or by == authors[topic] or _answers_itself(forum, topic, by)


def _answers_itself(forum: Forum, topic: int, by: str) -> bool:
    return any(
        post["topic_id"] == topic and post["username"].lower() == by
        and (post.get("reply_to_user") or {}).get("username", "").lower() == by
        for post in forum.posts.values()
    )  # fmt: skip


def busy() -> tuple[Forum, int]:
    forum = Forum(start=datetime.now(UTC) - timedelta(hours=1))
    topic = forum.begin("Ida", "Where does the export keep its logs?", 5)
    number = forum.reply("Ole", topic, "Under the logs.", forum.first(topic))
    return forum, number


def verbs_of(forum: Forum, *more: Found, **given: Any) -> list[str]:
    one = intake(**given)
    every = counting(statements(one, [*pushed(forum), *more]))
    return sorted(each["verb"]["display"]["en"] for each in every.values())


def test_what_is_deleted_does_not_count_and_what_is_recovered_counts_once() -> None:
    forum, number = busy()
    forum.delete(number)
    assert verbs_of(forum) == ["asked"]
    forum.recover(number)
    assert verbs_of(forum) == ["asked", "replied"]
    assert verbs_of(forum, *asked(forum, options())) == ["asked", "replied"]


def test_a_deleted_topic_does_not_count_by_whichever_event_tells_of_it() -> None:
    forum, _ = busy()
    forum.delete(forum.first(800))
    assert verbs_of(forum) == ["replied"]
    forum.deliveries = [each for each in forum.deliveries if each[0] != "post_destroyed"]
    assert verbs_of(forum) == ["replied"]
    assert asked(forum, options()) == []
    forum.recover(forum.first(800))
    assert verbs_of(forum) == ["asked", "replied"]


def test_a_solution_that_is_deleted_is_none() -> None:
    forum, number = busy()
    forum.solve(number)
    assert verbs_of(forum) == ["answered", "asked", "replied"]
    forum.delete(number)
    assert verbs_of(forum) == ["asked"]


def test_a_solution_that_is_none_any_more_is_found_by_asking() -> None:
    """Another one replaced it, or nobody listened when it was taken back."""
    forum, number = busy()
    other = forum.reply("May", 800, "It is in the syslog.")
    forum.solve(number)
    cursors: dict[str, str] = {}
    found = asked(forum, options(), cursors)
    assert solved(found) == {"ole"}
    forum.solve(other)
    forum.reply("Ida", 800, "Thank you, that was it.")
    found += asked(forum, options(), cursors)
    assert solved(found) == {"may"}
    forum.unsolve(800)
    found += asked(forum, options(), cursors)
    assert solved(found) == set()
    assert asked(forum, options(), cursors, "solutions") == []


def test_a_topic_that_cannot_be_read_keeps_its_solution() -> None:
    forum, number = busy()
    forum.solve(number)
    cursors: dict[str, str] = {}
    asked(forum, options(), cursors)
    forum.reply("Ida", 800, "Thank you.")
    closed = Forum(posts=forum.posts, topics=forum.topics, solutions=forum.solutions)
    closed.closed = True
    assert asked(closed, options(), cursors, "solutions") == []


def solved(found: list[Found]) -> set[str]:
    """Whose replies are solutions."""
    return {
        each["actor"]["account"]["name"]
        for each in counting(statements(intake(), found)).values()
        if each["verb"]["display"]["en"] == "answered"
    }


def test_an_edit_that_makes_a_question_of_a_topic_voids_what_it_was() -> None:
    forum = Forum()
    topic = forum.begin("Ida", "Exports", 11)
    forum.retitle(topic, "Where do exports go to?")
    assert verbs_of(forum) == ["asked"]
    assert verbs_of(forum, *asked(forum, options())) == ["asked"]
    forum.deliveries = forum.deliveries[:1]  # nobody listened when it was edited
    assert verbs_of(forum, *asked(forum, options())) == ["asked"]


def test_a_round_reads_what_is_new_since_the_last_one() -> None:
    forum = Forum(gap=3)
    topic = forum.begin("Ida", "Where does the export keep its logs?", 5)
    for _ in range(40):
        forum.reply("Ole", topic, "Under the logs.")
    questions: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        questions.append(str(request.url))
        return httpx.Response(200, json=forum.answer(request.url.path, dict(request.url.params))[1])

    async def cursors(cursor: str) -> tuple[list[int], str]:
        http = client(f"{SITE}/", poll.login(options(), b"key"), httpx.MockTransport(handler))
        ids, last = [], cursor
        async with Api(http) as api:
            async for page in poll.streams["posts"](api, options(), cursor):
                ids += [each.event["post"]["id"] for each in page.events]
                last = page.cursor
        return ids, last

    ids, last = asyncio.run(cursors(""))
    assert ids == sorted(forum.posts)
    assert int(last) == max(forum.posts)
    new = forum.reply("May", topic, "It is in the syslog.")
    questions.clear()
    assert asyncio.run(cursors(last)) == ([new], str(new))
    assert len(questions) == 3, "the newest, one window, one category"


@pytest.mark.parametrize(
    ("older", "first", "gap"), [(True, 0, 0), (False, 0, 0), (False, 900_000, 60), (False, 0, 60)]
)
def test_history_begins_where_the_connection_says(older: bool, first: int, gap: int) -> None:
    forum = Forum(older=older, last=first, gap=gap)
    topic = forum.begin("Ida", "Where does the export keep its logs?", 5)
    for _ in range(1_000):
        forum.reply("Ole", topic, "Under the logs.")
    now = datetime.now(UTC)
    for number, post in enumerate(forum.posts.values()):
        post["created_at"] = post["updated_at"] = (
            now - timedelta(hours=1_001 - number)
        ).isoformat()
    questions = 0

    def handler(request: httpx.Request) -> httpx.Response:
        nonlocal questions
        questions += 1
        return httpx.Response(200, json=forum.answer(request.url.path, dict(request.url.params))[1])

    found = asyncio.run(reading(handler, options(history_days=10), "posts"))
    since = (now - timedelta(days=10, minutes=-1)).isoformat()
    wanted = {number for number, post in forum.posts.items() if post["created_at"] >= since}
    got = {each.event["post"]["id"] for each in found}
    assert wanted <= got
    assert len(got) <= len(wanted) + 100, "no more than a window or two before"
    assert questions < 30 + len(wanted) * (gap + 1) / 49


def test_a_post_of_this_minute_is_read_again_for_others_may_come_before_it() -> None:
    forum = Forum(start=datetime.now(UTC))
    topic = forum.begin("Ida", "Where does the export keep its logs?", 5)

    def handler(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=forum.answer(request.url.path, dict(request.url.params))[1])

    async def last(cursor: str) -> list[str]:
        http = client(f"{SITE}/", poll.login(options(), b"key"), httpx.MockTransport(handler))
        async with Api(http) as api:
            return [page.cursor async for page in poll.streams["posts"](api, options(), cursor)]

    assert asyncio.run(last("3990"))[-1] == str(forum.first(topic) - 1)


def test_discourse_may_say_in_the_body_alone_how_long_to_wait() -> None:
    body = {"errors": ["too often"], "error_type": "rate_limit", "extras": {"wait_seconds": 11}}
    assert poll.waits(body) == 11
