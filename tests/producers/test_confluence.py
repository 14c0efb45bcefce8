"""Confluence: its door, all that it sends, and that rounds of asking bring what is there, once."""

import asyncio
import json
import random
import re
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from boundary import Kafka, deliver_to, door_of
from confluence_wiki import BOT, IDA, MAY, OLE, Wiki
from counted import counting, statements
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from starlette.testclient import TestClient

from bus import nudges
from producers.connections import Connection
from producers.connector import Disposition, Found, IgnoredKind, Mapped, Unsupported
from producers.connectors.confluence import connector, kind_of, text
from producers.connectors.confluence.options import ConfluenceOptions
from producers.connectors.confluence.poll import poll
from producers.connectors.confluence.source import Source
from producers.intake import Intake
from producers.people import NOBODY
from producers.polling.api import Api
from producers.polling.errors import Refused
from producers.polling.http import client
from producers.signatures import Delivery
from tests.producers.conftest import Published

SECRET = b"a secret of twelve"
CLOUD = "https://north.atlassian.net/wiki"
DATA_CENTER = "https://wiki.north.example/confluence"

#: https://confluence.atlassian.com/doc/managing-webhooks-1021225606.html, and those that apps of
#: Cloud may have.
WEBHOOKS = re.findall(
    r"\w+",
    """
attachment_created attachment_removed attachment_restored attachment_trashed attachment_updated
blog_created blog_removed blog_restored blog_trashed blog_updated blueprint_page_created
comment_created comment_removed comment_updated content_created content_restored content_trashed
content_updated content_permissions_updated group_created group_removed label_added label_created
label_deleted label_removed page_children_reordered page_created page_moved page_removed
page_restored page_trashed page_updated space_created space_logo_updated space_permissions_updated
space_removed space_updated theme_enabled user_created user_deactivated user_followed
user_reactivated user_removed
""",
)
#: https://developer.atlassian.com/platform/forge/events-reference/confluence/
FORGE = re.findall(
    r"[\w:]+",
    """
liked:page viewed:page archived:page unarchived:page moved:page copied:page
children_reordered:page permissions_updated:page trashed:page restored:page deleted:page
created:page updated:page initialized:page started:page snapshotted:page published:page
created:blogpost updated:blogpost liked:blogpost viewed:blogpost permissions_updated:blogpost
trashed:blogpost restored:blogpost deleted:blogpost created:whiteboard moved:whiteboard
copied:whiteboard permissions_updated:whiteboard created:database moved:database created:embed
copied:embed created:folder moved:folder created:task updated:task removed:task created:comment
updated:comment liked:comment deleted:comment created:space:V2 updated:space:V2
permissions_updated:space:V2 deleted:space:V2 created:attachment updated:attachment
viewed:attachment archived:attachment unarchived:attachment trashed:attachment
restored:attachment deleted:attachment created:custom_content updated:custom_content
trashed:custom_content created:label added:label removed:label deleted:label created:user
deleted:user created:group deleted:group created:relation deleted:relation performed:search
""",
)
#: What only the poller finds.
FOUND = {
    "page.written", "page.edited", "blogpost.written", "blogpost.edited", "attachment.written",
    "comment.written", "like.given",
}  # fmt: skip


def test_every_event_is_decided() -> None:
    told = [{"event": each} for each in WEBHOOKS]
    told += [{"eventType": f"avi:confluence:{each}"} for each in FORGE]
    decided = {kind_of({}, each): connector.decide(kind_of({}, each)) for each in told}
    assert len(decided) == len(told)
    assert [kind for kind, each in decided.items() if isinstance(each, Unsupported)] == []
    mapped = {kind for kind, each in decided.items() if isinstance(each, Mapped)}
    assert mapped | FOUND == connector.mappers.keys()
    assert all(isinstance(decided[kind], IgnoredKind) for kind in decided.keys() - mapped)
    for unknown in ({"event": "page_sung"}, {"eventType": "avi:confluence:sung:page"}, {}):
        assert isinstance(connector.decide(kind_of({}, unknown)), Unsupported)


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


def test_a_signature_made_by_openssl_fits_and_no_changed_byte_does() -> None:
    """`printf '{"event":"page_created"}' | openssl dgst -sha256 -hmac 'a secret of twelve'`."""
    assert connector.webhook
    scheme, body = connector.webhook.signature, b'{"event":"page_created"}'
    made = "dfd33b44bbffc2af83ac53cd8f3309f7704373b7ddcccdef3e2ca3fb6bc593e9"
    assert scheme.verify(Delivery({"x-hub-signature": f"sha256={made}"}, body), SECRET)
    assert not scheme.possible({"x-hub-signature": made}), "Confluence names the algorithm"
    for place in range(len(body)):
        other = body[:place] + bytes([body[place] ^ 1]) + body[place + 1 :]
        assert not scheme.verify(Delivery({"x-hub-signature": f"sha256={made}"}, other), SECRET)


def test_a_delivery_makes_the_poller_look_and_leaves_nothing_else(
    door: TestClient, kafka: Kafka
) -> None:
    answer = deliver(door, {"event": "comment_created", "userKey": "8a7f", "comment": {"id": 7}})
    assert (answer.status_code, answer.json()["result"]) == (200, "mapped")
    ((topic, key, value),) = [(m.topic, m.key, m.value) for m in kafka.messages]
    assert topic == "poller.nudges"
    assert nudges.decode(key, value) == ("wiki", "comments")


@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        (b"{}", {"x-hub-signature": "sha256=00"}, 401),
        (b"{}", {"x-hub-signature": ""}, 401),
        (b"{}", {"x-hub-signature": "sha256=" + "0" * 64}, 401),
        (b"{broken", {}, 422),
        (b"[]", {}, 422),
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
        ({"event": "page_sung"}, "unsupported"),
        ({"event": "page_trashed", "userKey": "8a7f"}, "rejected"),
        ({"event": "page_trashed", "page": {"number": 7}}, "rejected"),
        ({"eventType": "avi:confluence:viewed:page", "content": {"id": 7}}, "rejected"),
        ({"eventType": "avi:confluence:performed:search", "atlassianId": "712020:ida",
          "eventCreatedDate": "yesterday"}, "rejected"),
    ],
)  # fmt: skip
def test_what_is_not_understood_is_kept_and_told(
    door: TestClient, kafka: Kafka, body: dict[str, Any], result: str
) -> None:
    answer = deliver(door, body)
    assert (answer.status_code, answer.json()["result"]) == (202, result)
    (kept,) = kafka.of("xapi.rejected")
    assert orjson.loads(orjson.loads(kept)["body"]) == body


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"site": "north"}, "must begin with https"),
        ({"streams": ["pages", "boards"]}, "boards is none of"),
        ({"spaces": {"OPS": {"use": "questions"}}}, "help"),
        ({"hosting": "server"}, "data-center"),
        ({"space": {}}, "Extra inputs"),
    ],
)
def test_what_a_connection_says_wrongly_is_told(wrong: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        options(**wrong)


@pytest.mark.parametrize(
    ("said", "cloud", "home"),
    [
        ({"site": CLOUD}, True, "https://north.atlassian.net"),
        ({"site": f"{CLOUD}/"}, True, "https://north.atlassian.net"),
        ({"site": DATA_CENTER}, False, DATA_CENTER),
        ({"site": "https://wiki.north.example"}, False, "https://wiki.north.example"),
        ({"site": "https://wiki.north.example/wiki"}, False, "https://wiki.north.example/wiki"),
        ({"site": "https://docs.north.example/wiki", "hosting": "cloud"}, True,
         "https://docs.north.example"),
    ],
)  # fmt: skip
def test_accounts_of_cloud_are_those_of_jira(said: dict[str, Any], cloud: bool, home: str) -> None:
    given = options(**said)
    assert (given.cloud, given.home) == (cloud, home)


def test_cloud_is_asked_by_name_and_token_and_data_center_by_token() -> None:
    cloud, own = poll.login(options(api_user="us@north.example"), b"t"), poll.login(options(), b"t")
    assert (cloud.user, cloud.password and cloud.password.get_secret_value()) == (
        "us@north.example", "t",
    )  # fmt: skip
    assert (own.scheme, own.token and own.token.get_secret_value()) == ("Bearer", "t")
    assert poll.address(options(site=f"{DATA_CENTER}/")) == f"{DATA_CENTER}/"


@pytest.mark.parametrize(
    ("storage", "asks", "says", "hosts", "mentioned"),
    [
        ("<p>Does the night run wait?</p>", True, True, (), ()),
        ("<p>Ja? &amp; warum?</p><p>So ist es.</p>", True, True, (), ()),
        ("<p>+1</p>", False, False, (), ()),
        ('<p><ac:emoticon ac:name="tick" /></p>', False, False, (), ()),
        ("<p>lunch?</p>", False, True, (), ()),
        ("<blockquote><p>Does it wait for us?</p></blockquote><p>It does.</p>",
         False, True, (), ()),
        ('<ac:structured-macro ac:name="code"><ac:plain-text-body><![CDATA[if x > 1 ? a : b ?]]>'
         "</ac:plain-text-body></ac:structured-macro>", False, True, (), ()),
        ('<p><a href="https://www.docs.example.org/a?b=1&amp;c=2">so</a></p>', False, True,
         ("docs.example.org",), ()),
        (f'<p><a href="{CLOUD}/x/1">so it is there</a></p>', False, True, (), ()),
        ('<p><ac:link><ri:user ri:account-id="712020:ida" /></ac:link></p>', False, False, (),
         ("712020:ida",)),
        ('<ac:image><ri:attachment ri:filename="a.png" /></ac:image>', False, True, (), ()),
        ('<p><a href="http://[">no address</a></p>', False, True, (), ()),
        ("", False, False, (), ()),
    ],
)  # fmt: skip
def test_what_is_told_of_a_comment(
    storage: str, asks: bool, says: bool, hosts: tuple[str, ...], mentioned: tuple[str, ...]
) -> None:
    told = text.told({"body": {"storage": {"value": storage}}}, CLOUD)
    assert (told.asks, told.says) == (asks, says)
    assert (told.hosts, told.mentioned) == (hosts, mentioned)


# Asked in rounds


def options(**more: Any) -> ConfluenceOptions:
    given = {"site": CLOUD, "history_days": 36_500, "settled_hours": 0,
             "spaces": {"HELP": {"name": "help-data", "use": "help"}}}  # fmt: skip
    return ConfluenceOptions.model_validate(given | more)


def of(wiki: Wiki, **more: Any) -> ConfluenceOptions:
    site = wiki.site if wiki.cloud else DATA_CENTER
    return options(**{"site": site, "bots": [BOT]} | more)


def intake(given: ConfluenceOptions | None = None) -> Intake:
    return Intake(Connection("wiki", connector, SECRET, given or options()))


async def reading(
    handler: Callable[[httpx.Request], httpx.Response],
    given: ConfluenceOptions,
    *streams: str,
    cursors: dict[str, str],
) -> list[Found]:
    """One round of streams; `cursors` are moved."""
    http = client(f"{given.site}/", poll.login(given, b"token"), httpx.MockTransport(handler))
    found = []
    async with Api(http) as api:
        for name in streams or poll.streams:
            async for page in poll.streams[name](api, given, cursors.get(name, "")):
                found += page.events
                cursors[name] = page.cursor
    return found


def asked(
    wiki: Wiki,
    given: ConfluenceOptions | None = None,
    cursors: dict[str, str] | None = None,
    *streams: str,
    meanwhile: Callable[[], None] = lambda: None,
    forgotten: Callable[[], bool] = lambda: False,
) -> list[Found]:
    """One round over a wiki that changes meanwhile, and forgets cursors."""
    given = given or of(wiki)
    context = httpx.URL(given.site).path

    def handler(request: httpx.Request) -> httpx.Response:
        assert request.headers["authorization"].startswith("Bearer ")
        if "cursor" in request.url.params and "search" in request.url.path and forgotten():
            return httpx.Response(400, json={"message": "Invalid cursor"})
        path = request.url.path.removeprefix(context)
        status, content = wiki.answer(path, dict(request.url.params))
        meanwhile()
        return httpx.Response(status, json=content)

    return asyncio.run(
        reading(handler, given, *streams, cursors={} if cursors is None else cursors)
    )


def pushed(wiki: Wiki) -> list[Found]:
    return [Found(kind_of({}, each), each) for each in wiki.deliveries]


def recently() -> datetime:
    """Since when a wiki is used that is asked in rounds: what is new is told by its time."""
    return datetime.now(UTC) - timedelta(minutes=12)


def once() -> datetime:
    """Since when a wiki is used that is asked when all has been done."""
    return datetime.now(UTC) - timedelta(days=2)


TEXTS = ["Does the night run wait for it?", "It does.", "See the runbook.", "+1"]


def act(wiki: Wiki, chance: random.Random) -> None:
    """Somebody does something."""
    people = [IDA, OLE, MAY, BOT]
    by = chance.choice(people)
    pages = [n for n in wiki.live if wiki.contents[n]["kind"] in ("page", "blogpost")]
    said = [n for n in wiki.live if wiki.contents[n]["kind"] == "comment"]
    if chance.random() < 0.2:
        wiki.pause(chance.choice([1, 3, 70]))
    match chance.choice(["write", "edit", "edit", "comment", "comment", "answer", "attach",
                         "like", "reword", "many"]) if pages else "write":  # fmt: skip
        case "write":
            wiki.write(
                by, chance.choice(["OPS", "OPS", "HELP"]), chance.choice(["page", "blogpost"])
            )
        case "edit":
            message = chance.choice(["", "", "Task marked complete", "Reverted from v. 1"])
            wiki.edit(chance.choice(pages), by, message, chance.random() < 0.1)
        case "comment":
            wiki.comment(chance.choice(pages), by, chance.choice(TEXTS))
        case "answer" if said:
            to = chance.choice(said)
            wiki.comment(wiki.contents[to]["container"], by, chance.choice(TEXTS), to)
        case "attach":
            media = chance.choice(["application/pdf", "image/png"])
            wiki.attach(chance.choice(pages), by, media)
        case "like":
            wiki.like(chance.choice([*pages, *said]), by)
        case "reword" if said:
            wiki.edit(chance.choice(said), by)
        case "many":
            for _ in range(chance.randint(2, 9)):
                wiki.edit(chance.choice(pages), by)


@settings(max_examples=12, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.booleans(), st.integers(0, 10_000), st.lists(st.integers(0, 12), min_size=1, max_size=4))
def test_rounds_bring_what_one_clean_pass_brings_in_any_order(
    cloud: bool, seed: int, steps: list[int]
) -> None:
    chance, wiki = random.Random(seed), Wiki(cloud=cloud, start=recently())
    cursors: dict[str, str] = {}
    by_rounds: list[Found] = []
    for number in steps:
        for _ in range(number):
            act(wiki, chance)
        by_rounds += asked(
            wiki,
            None,
            cursors,
            "pages",
            "comments",
            forgotten=lambda: chance.random() < 0.2,
        )
    one, liked = intake(of(wiki)), asked(wiki, None, {}, "likes")
    clean = counting(statements(one, [*asked(wiki, None, {}, "pages", "comments"), *liked]))
    mixed = [*by_rounds, *by_rounds, *liked, *pushed(wiki)]
    chance.shuffle(mixed)
    assert counting(statements(one, mixed)) == clean


@settings(max_examples=12, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.booleans(), st.integers(0, 10_000))
def test_what_is_deleted_is_void_whichever_comes_first(cloud: bool, seed: int) -> None:
    chance, wiki = random.Random(seed), Wiki(cloud=cloud, start=once())
    for _ in range(25):
        act(wiki, chance)
    before = asked(wiki, None, {}, "pages", "comments")
    one = intake(of(wiki))
    every = counting(statements(one, before))
    gone = {number for number in wiki.live if chance.random() < 0.5}
    for number in gone:
        wiki.delete(number, OLE)
    cursors: dict[str, str] = {}
    found = asked(wiki, None, cursors, "trash")
    assert asked(wiki, None, cursors, "trash") == [], "what was told is not told again"
    mixed = [*before, *found, *pushed(wiki)]
    chance.shuffle(mixed)
    source, keys = Source(of(wiki)), ("content:{}:1", "comment:{}", "attachment:{}")
    void = {str(source.identify(key.format(number))) for number in gone for key in keys}
    assert counting(statements(one, mixed)).keys() == every.keys() - void


@pytest.mark.parametrize("cloud", [True, False])
def test_what_changes_while_it_is_read_is_met(cloud: bool) -> None:
    """Contents are changed after every answer, so those behind them move to where it was read."""
    chance, wiki = random.Random(5), Wiki(cloud=cloud, start=once())
    pages = [wiki.write(chance.choice([IDA, OLE]), "OPS") for _ in range(30)]
    left = iter(pages[:12])

    def meanwhile() -> None:
        if number := next(left, None):
            wiki.edit(number, MAY)

    found = asked(wiki, None, {}, "pages", meanwhile=meanwhile)
    said = counting(statements(intake(of(wiki)), found))
    assert Counter(each["verb"]["display"]["en"] for each in said.values()) == {
        "author": 30, "edited": 12,
    }  # fmt: skip


@pytest.mark.parametrize(("cloud", "changes"), [(True, 3), (False, 3), (False, 9)])
def test_what_moves_among_contents_of_one_moment_is_met(cloud: bool, changes: int) -> None:
    """Contents that were brought over all have one time: their pages can only be followed."""
    wiki = Wiki(cloud=cloud, start=once(), pace=0)
    pages = [wiki.write(IDA) for _ in range(30)]
    wiki.pace, left = 1, iter(pages[:changes])

    def meanwhile() -> None:
        if number := next(left, None):
            wiki.edit(number, OLE)

    found = asked(wiki, None, {}, "pages", meanwhile=meanwhile)
    said = counting(statements(intake(of(wiki)), found))
    assert Counter(each["verb"]["display"]["en"] for each in said.values()) == {
        "author": 30, "edited": changes,
    }  # fmt: skip


def test_a_list_that_never_stands_still_is_told() -> None:
    wiki = Wiki(cloud=False, start=once(), pace=0)
    pages = [wiki.write(IDA) for _ in range(60)]
    wiki.pace = 1

    def meanwhile() -> None:
        if pages:
            wiki.edit(pages.pop(0), OLE)

    with pytest.raises(Refused, match="changes faster than it can be read"):
        asked(wiki, None, {}, "pages", meanwhile=meanwhile)


@pytest.mark.parametrize("cloud", [True, False])
@pytest.mark.parametrize("status", [404, 403])
def test_what_is_gone_meanwhile_costs_no_other(cloud: bool, status: int) -> None:
    wiki = Wiki(cloud=cloud, start=once())
    page = wiki.write(IDA)
    comment = wiki.comment(page, OLE, "Does the night run wait for it?")
    wiki.edit(comment, OLE)
    wiki.edit(page, MAY)
    wiki.like(page, OLE)
    given = of(wiki)
    context, gone = httpx.URL(given.site).path, re.compile(r"likes|-comments|content/\d+$")

    def handler(request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix(context)
        if gone.search(path):
            return httpx.Response(status, json={"message": "no"})
        found, content = wiki.answer(path, dict(request.url.params))
        return httpx.Response(found, json=content)

    found = asyncio.run(reading(handler, given, cursors={}))
    assert Counter(each.kind for each in found) == {
        "page.written": 1, "page.edited": 1, "comment.written": 1,
    }  # fmt: skip


def test_who_likes_and_has_no_account_any_more_is_nobody() -> None:
    wiki = Wiki(cloud=False, start=once())
    wiki.like(wiki.write(IDA), OLE)
    given = of(wiki)

    def handler(request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix("/confluence")
        if path == "/rest/api/user":
            return httpx.Response(404, json={"message": "no user"})
        status, content = wiki.answer(path, dict(request.url.params))
        return httpx.Response(status, json=content)

    (found,) = asyncio.run(reading(handler, given, "likes", cursors={}))
    taken = intake(given).map(found.kind, found.event)
    assert (taken.disposition, taken.detail) == (Disposition.IGNORED, NOBODY)


@pytest.mark.parametrize("cloud", [True, False])
@pytest.mark.parametrize("keeps", ["nothing", "titles", "texts"])
def test_a_round_brings_titles_where_they_are_kept_and_no_text_of_a_page(
    cloud: bool, keeps: str
) -> None:
    wiki = Wiki(cloud=cloud, start=once())
    page = wiki.write(IDA)
    wiki.comment(page, OLE, "Does the night run wait for it?")
    given = of(wiki, keeps=keeps)
    found = asked(wiki, given)
    told = json.dumps([each.event for each in found])
    assert ("How exports are timed" in told) is (keeps != "nothing")
    one = intake(given)
    every = [each for f in found for each in one.map(f.kind, f.event).statements]
    names = [each["object"]["definition"].get("name") for each in every]
    assert names[0] == ({"und": "How exports are timed"} if keeps != "nothing" else None)
    said = "Does the night run wait for it?" in json.dumps(every)
    assert said is (keeps == "texts")


def test_versions_before_the_place_that_was_reached_are_not_lost_by_a_fall() -> None:
    """A page that is often edited stands at its last edit; the cursor knows since when."""
    wiki = Wiki(start=once())
    often = wiki.write(IDA)
    for _ in range(9):
        wiki.pause(80)
        wiki.edit(often, OLE)
        wiki.write(MAY)
    whole = asked(wiki, None, {}, "pages")

    async def broken() -> tuple[list[Found], str]:
        given, found, cursor = of(wiki), list[Found](), ""

        def handler(request: httpx.Request) -> httpx.Response:
            path = request.url.path.removeprefix("/wiki")
            status, content = wiki.answer(path, dict(request.url.params))
            return httpx.Response(status, json=content)

        transport = httpx.MockTransport(handler)
        async with Api(client(f"{CLOUD}/", poll.login(given, b"t"), transport)) as api:
            async for page in poll.streams["pages"](api, given, ""):
                if any(each.event["content"]["id"] == often for each in page.events):
                    break
                found, cursor = [*found, *page.events], page.cursor
        return found, cursor

    found, cursor = asyncio.run(broken())
    assert json.loads(cursor)["at"] > json.loads(cursor)["since"]
    found += asked(wiki, None, {"pages": cursor}, "pages")
    one = intake(of(wiki))
    assert counting(statements(one, found)) == counting(statements(one, whole))


@pytest.mark.parametrize("cloud", [True, False])
def test_the_trash_alone_voids_pages_and_forgets_what_is_no_more(cloud: bool) -> None:
    wiki, cursors = Wiki(cloud=cloud, start=once()), dict[str, str]()
    pages = [wiki.write(IDA, kind=kind) for kind in ("page", "blogpost") for _ in range(6)]
    found = asked(wiki, None, {}, "pages")
    for number in pages[:11]:
        wiki.delete(number, OLE)
    found += asked(wiki, None, cursors, "trash")
    assert len(counting(statements(intake(of(wiki)), found))) == 1
    assert json.loads(cursors["trash"]) == pages[:11]
    del wiki.contents[pages[0]]
    assert asked(wiki, None, cursors, "trash") == []
    assert json.loads(cursors["trash"]) == pages[1:11]


@pytest.mark.parametrize("cloud", [True, False])
def test_what_was_told_long_ago_is_not_told_again(cloud: bool) -> None:
    chance, wiki, cursors = random.Random(3), Wiki(cloud=cloud, start=once()), dict[str, str]()
    for _ in range(40):
        act(wiki, chance)
    assert asked(wiki, None, cursors, "pages", "comments")
    assert asked(wiki, None, cursors, "pages", "comments") == []


def test_likes_are_read_once_when_they_have_settled() -> None:
    wiki, cursors = Wiki(start=once()), dict[str, str]()
    page, new = wiki.write(IDA), ""
    wiki.like(page, OLE)
    wiki.pause(40 * 60)
    new = wiki.write(IDA)
    wiki.like(new, OLE)
    given = of(wiki, settled_hours=24)
    (found,) = asked(wiki, given, cursors, "likes")
    assert found.event["content"]["id"] == page
    wiki.like(page, MAY)
    again = asked(wiki, given, cursors, "likes")
    assert {each.event["content"]["id"] for each in again} <= {page}
    later = asked(wiki, of(wiki, settled_hours=0), cursors, "likes")
    assert new in {each.event["content"]["id"] for each in later}


def test_what_is_not_wanted_is_not_asked_for() -> None:
    wiki, cursors = Wiki(start=once()), dict[str, str]()
    wiki.write(IDA)
    assert asked(wiki, of(wiki, streams=["comments"]), cursors) == []
    assert cursors.keys() == {"comments"}


@pytest.mark.parametrize(
    ("status", "content"),
    [
        (200, {"type": "anonymous", "displayName": "Anonymous"}),
        (200, None),
        (401, {"message": "no"}),
    ],
)
def test_a_token_that_is_none_is_told(status: int, content: Any) -> None:
    def handler(_: httpx.Request) -> httpx.Response:
        return httpx.Response(status, json=content)

    with pytest.raises(Refused, match=r"the token is not good|401"):
        asyncio.run(reading(handler, options(site=DATA_CENTER), cursors={}))


def test_a_cursor_that_is_never_known_ends_in_being_told() -> None:
    wiki = Wiki(start=once())
    for _ in range(20):
        wiki.write(IDA)
    with pytest.raises(Refused, match="Invalid cursor"):
        asked(wiki, None, {}, "pages", forgotten=lambda: True)


def test_a_content_without_its_version_is_kept_and_holds_up_no_other() -> None:
    wiki = Wiki(start=once())
    broken, sound = wiki.write(IDA), wiki.write(OLE)
    given = of(wiki)

    def handler(request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix("/wiki")
        status, content = wiki.answer(path, dict(request.url.params))
        for each in content.get("results", ()):
            if each["id"] == broken:
                del each["version"], each["history"]
        return httpx.Response(status, json=content)

    found = asyncio.run(reading(handler, given, cursors={}))
    one = intake(given)
    told = {each.event["content"]["id"]: one.map(each.kind, each.event) for each in found}
    assert told[broken].disposition is Disposition.REJECTED
    assert told[sound].disposition is Disposition.MAPPED


# What others recorded


def recorded(shared: Path) -> list[tuple[str, list[dict[str, Any]]]]:
    """(file, its contents) of answers of a Confluence of 2016 and one of 2022."""
    found = []
    for path in sorted((shared / "data" / "payloads" / "confluence").glob("*.json")):
        answer = json.loads(path.read_text("utf-8"))
        found.append((path.stem, answer.get("results", [answer])))
    return found


def test_every_recorded_content_is_decided(shared: Path, published: Published) -> None:
    """Answers that were asked without versions are refused, each by itself, and kept."""
    given = options(site="https://wiki.example.com")
    one, told = intake(given), dict[str, Counter[str]]()
    for name, contents in recorded(shared):

        def handler(request: httpx.Request, some: Any = contents) -> httpx.Response:
            if request.url.path.endswith("/current"):
                return httpx.Response(200, json={"type": "known", "userKey": "8a7f"})
            if "search" in request.url.path:
                return httpx.Response(200, json={"results": some, "_links": {}})
            return httpx.Response(404, json={"message": "not found"})

        found = asyncio.run(reading(handler, given, "pages", cursors={}))
        taken = [one.map(each.kind, each.event) for each in found]
        assert len(taken) == len(contents)
        published("Confluence", taken)
        told[name.removeprefix("confluence_")] = Counter(each.disposition for each in taken)
    mapped, ignored = Counter([Disposition.MAPPED]), Counter([Disposition.IGNORED])
    assert told == {
        "content_1_v1": mapped,
        "content_1_v2": ignored,  # a box that is ticked
        "content_1_v3": Counter([Disposition.REJECTED]),  # without its time
        "content_2_v1": mapped,
        "content_3": mapped,
        "content_att_v1": ignored,  # a picture, by nobody who is named
        "content_space": Counter([Disposition.REJECTED]),
        "contents": Counter({Disposition.REJECTED: 2}),
        "contents_empty": Counter(),
        "contents_next": Counter([Disposition.REJECTED]),
    }
