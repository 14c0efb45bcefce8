"""Microsoft 365: its door, what is encrypted, and that what is notified and asked is the same."""

import asyncio
import base64
import hashlib
import hmac
import json
import os
import random
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from boundary import Kafka
from counted import counting, statements
from cryptography.hazmat.primitives.asymmetric import padding as oaep
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.padding import PKCS7
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import RSAKey
from microsoft365_tenant import APP, HELP, TEAM, TENANT, WORK, Tenant
from starlette.testclient import TestClient

from bus.topics import NUDGES, REJECTED, STATEMENTS
from producers.connections import Connection, load
from producers.connector import Found, IgnoredKind, Mapped, Unsupported
from producers.connectors.microsoft365 import connector, door, kind_of, text
from producers.connectors.microsoft365.options import Microsoft365Options
from producers.connectors.microsoft365.poll import poll
from producers.errors import ConnectionsError, Unsigned
from producers.hooks import Hooks, application
from producers.intake import Intake
from producers.polling.api import Api
from producers.polling.errors import Refused
from producers.polling.http import client
from producers.settings import HookSettings
from xapi.equivalence import equivalent

SECRET = b"a secret of twelve or more"
PEOPLE = ["ida", "ole", "may"]
TEXTS = [
    "<p>Where does the export keep its logs?</p>",
    "<p>Under the logs, one file a day.</p>",
    "<p>👍</p>",
    '<p>See <a href="https://docs.python.org/3/">this</a></p>',
]
CHANNELS = {HELP: {"name": "help", "use": "help"}, WORK: {"name": "work"}}


def options(**given: Any) -> Microsoft365Options:
    base = {"tenant": TENANT, "app": APP, "teams": [TEAM], "channels": CHANNELS}
    long = {"history_days": 36_500, "thread_days": 36_500}
    return Microsoft365Options.model_validate({**base, **long, **given})


def intake(**given: Any) -> Intake:
    return Intake(Connection("teams", connector, SECRET, options(**given), b"token"))


# What is encrypted

KEY = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
PEM = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def encrypted(content: Any) -> dict[str, str]:
    """A resource as Graph encrypts it."""
    key = os.urandom(32)
    padder = PKCS7(128).padder()
    padded = padder.update(orjson.dumps(content)) + padder.finalize()
    encryptor = Cipher(algorithms.AES(key), modes.CBC(key[:16])).encryptor()
    data = encryptor.update(padded) + encryptor.finalize()
    wrapped = KEY.public_key().encrypt(key, oaep.OAEP(oaep.MGF1(SHA1()), SHA1(), None))
    signature = hmac.new(key, data, hashlib.sha256).digest()
    parts = {"data": data, "dataKey": wrapped, "dataSignature": signature}
    return {name: base64.b64encode(value).decode() for name, value in parts.items()}


def test_what_is_encrypted_is_read_and_nothing_else() -> None:
    said = encrypted({"id": "1", "body": "ä"})
    assert door.decrypted(said, PEM) == {"id": "1", "body": "ä"}
    for name, value in said.items():
        raw = base64.b64decode(value)
        for place in range(0, len(raw), 7):
            other = raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :]
            with pytest.raises(Unsigned):
                door.decrypted({**said, name: base64.b64encode(other).decode()}, PEM)
        with pytest.raises(Unsigned):
            door.decrypted({n: v for n, v in said.items() if n != name}, PEM)


# The tokens

SIGNER = RSAKey.generate_key(2_048, {"kid": "k1"})
KEYS = json.dumps({"keys": [SIGNER.as_dict(private=False)]})


def token(**changed: Any) -> str:
    claims = {
        "aud": APP, "iss": f"https://sts.windows.net/{TENANT}/", "tid": TENANT,
        "appid": door.PUBLISHER, "exp": int(time.time()) + 600, "nbf": int(time.time()) - 600,
    }  # fmt: skip
    return jwt.encode({"alg": "RS256", "kid": "k1"}, claims | changed, SIGNER)


def collection(*tokens: str, content: Any = None, secret: bytes = SECRET) -> dict[str, Any]:
    """A delivery with an encrypted message."""
    tenant = Tenant()
    tenant.write("ida", WORK, TEXTS[0])
    (told,) = tenant.deliveries
    data = content or told["resourceData"]
    notified = {**told, "clientState": secret.decode(), "encryptedContent": encrypted(data)}
    return {"value": [{**notified, "resourceData": {"id": "1"}}], "validationTokens": list(tokens)}


@pytest.fixture
def kafka() -> Kafka:
    return Kafka()


def door_of(kafka: Kafka, folder: Path, **given: Any) -> TestClient:
    keys = {"private_key": f"file:{folder / 'key'}", "signing_keys": f"file:{folder / 'keys'}"}
    (folder / "key").write_text(PEM)
    (folder / "keys").write_text(KEYS)
    limits = HookSettings(data=folder, hooks_minimum_free=0, hooks_body_limit=100_000)
    return TestClient(application(Hooks(limits, {"teams": intake(**keys | given)}, kafka)))


@pytest.fixture
def http(kafka: Kafka, tmp_path: Path) -> Iterator[TestClient]:
    with door_of(kafka, tmp_path) as made:
        yield made


def test_graph_is_told_that_the_address_is_ours(http: TestClient, kafka: Kafka) -> None:
    answer = http.post("/hooks/teams", params={"validationToken": "Validation: <b>1</b> & ä"})
    assert (answer.status_code, answer.text) == (200, "Validation: <b>1</b> & ä")
    assert answer.headers["content-type"].startswith("text/plain")
    assert kafka.messages == []


def test_an_encrypted_message_is_recorded_without_its_text(http: TestClient, kafka: Kafka) -> None:
    answer = http.post("/hooks/teams", json=collection(token()))
    assert (answer.status_code, answer.json()["statements"]) == (200, 1)
    (value,) = kafka.of(STATEMENTS.name)
    assert b"asked" in value
    assert b"export keep" not in value


@pytest.mark.parametrize(
    "wrong",
    [
        {"aud": "another"}, {"iss": "https://sts.windows.net/another/"}, {"tid": "another"},
        {"appid": "another"}, {"exp": 1_700_000_000}, {"nbf": 4_000_000_000}, {"exp": "soon"},
    ],
    ids=str,
)  # fmt: skip
def test_a_token_of_somebody_else_is_refused(
    http: TestClient, kafka: Kafka, wrong: dict[str, Any]
) -> None:
    assert http.post("/hooks/teams", json=collection(token(**wrong))).status_code == 401
    assert http.post("/hooks/teams", json=collection(token(), token(**wrong))).status_code == 401
    assert kafka.messages == []


def test_a_token_that_microsoft_did_not_sign_is_refused(http: TestClient) -> None:
    head, said, signature = token().split(".")
    other = ("A" if signature[0] != "A" else "B") + signature[1:]
    for forged in (f"{head}.{said}.{other}", f"{head}.{said}.", "x", ""):
        assert http.post("/hooks/teams", json=collection(forged)).status_code == 401
    assert http.post("/hooks/teams", json=collection()).status_code == 401


def test_without_microsofts_keys_a_token_must_say_the_right_thing(
    kafka: Kafka, tmp_path: Path
) -> None:
    with door_of(kafka, tmp_path, signing_keys="") as http:
        assert http.post("/hooks/teams", json=collection(token())).status_code == 200
        assert http.post("/hooks/teams", json=collection(token(aud="b"))).status_code == 401


def test_a_delivery_without_the_secret_in_each_part_is_refused(
    http: TestClient, kafka: Kafka
) -> None:
    good, bad = collection(token()), collection(token(), secret=SECRET[::-1])
    both = {**good, "value": [*good["value"], *bad["value"]]}
    none = {**good, "value": [{"resource": "x"}]}
    for body in (bad, both, none, {"value": []}, {"value": None}, [], {}):
        assert http.post("/hooks/teams", json=body).status_code == 401
    for raw in (b"", b"{", b"\xff", b"[" * 50_000):
        sent = http.post(
            "/hooks/teams", content=raw, headers={"content-type": "application/json"}
        )  # fmt: skip
        assert sent.status_code == 401
    assert kafka.messages == []


def test_without_its_private_key_a_notification_makes_the_poller_look(
    kafka: Kafka, tmp_path: Path
) -> None:
    with door_of(kafka, tmp_path, private_key="") as http:
        assert http.post("/hooks/teams", json=collection(token())).status_code == 200
    assert len(kafka.of(NUDGES.name)) == 1
    assert kafka.of(STATEMENTS.name) == []


def test_a_message_in_the_open_is_not_believed(http: TestClient, kafka: Kafka) -> None:
    tenant = Tenant()
    tenant.write("ida", WORK, TEXTS[0])
    told = {**tenant.deliveries[0], "clientState": SECRET.decode()}
    assert http.post("/hooks/teams", json={"value": [told]}).status_code == 200
    assert len(kafka.of(NUDGES.name)) == 1
    assert kafka.of(STATEMENTS.name) == []


def test_what_is_kept_holds_neither_secret_nor_token_and_is_taken_again(
    http: TestClient, kafka: Kafka
) -> None:
    broken = {"id": "1", "messageType": "message", "from": 7}
    sent = collection(token(), content=broken)
    assert http.post("/hooks/teams", json=sent).status_code == 202
    (value,) = kafka.of(REJECTED.name)
    assert SECRET not in value
    assert b"validationTokens" not in value
    kept = orjson.loads(value)
    assert connector.webhook
    again = connector.webhook.signed(kept["headers"], kept["body"].encode(), SECRET)
    assert http.post("/hooks/teams", content=kept["body"], headers=again).status_code == 202


def test_a_private_key_that_is_none_is_told_by_its_line(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("a secret of twelve or more")
    (tmp_path / "key").write_text("no key")
    (tmp_path / "c.toml").write_text(
        '[[connection]]\nname = "t"\nconnector = "microsoft365"\nsecret = "file:secret"\n'
        'token = "file:secret"\n[connection.options]\nprivate_key = "file:key"\n'
    )
    with pytest.raises(ConnectionsError, match="line 7") as error:
        load(tmp_path / "c.toml")
    assert "no key" not in str(error.value)
    (tmp_path / "key").write_text(PEM)
    assert load(tmp_path / "c.toml")
    assert "BEGIN" not in repr(load(tmp_path / "c.toml"))


# Kinds


@pytest.mark.parametrize(
    ("event", "kind", "decided"),
    [
        ({"resource": "chats('1')/messages('2')"}, "chats", IgnoredKind),
        ({"resource": "/users/1/messages/2"}, "users", IgnoredKind),
        ({"resource": "teams('1')"}, "teams", IgnoredKind),
        ({"resource": "teams('1')/channels('2')/messages('3')"}, "message", Mapped),
        ({"lifecycleEvent": "missed"}, "lifecycle.missed", Mapped),
        ({"lifecycleEvent": "sung"}, "lifecycle.sung", Unsupported),
        ({"resource": "moon('1')"}, "moon", Unsupported),
        ({}, "", Unsupported),
    ],
)
def test_a_notification_is_decided_by_what_it_is_about(
    event: dict[str, Any], kind: str, decided: type
) -> None:
    assert kind_of({}, event) == kind
    assert isinstance(connector.decide(kind), decided)


@given(st.text(max_size=300), st.sampled_from(["html", "text", ""]))
def test_any_text_is_read(content: str, kind: str) -> None:
    text.told({"body": {"contentType": kind, "content": content}})


def test_no_text_takes_long_to_read() -> None:
    for piece in ("<a href='x'>", "<pre>", "<", "&#", "</pre>", "<blockquote><a>", "?) "):
        began = time.perf_counter()
        text.told({"body": {"contentType": "html", "content": piece * 20_000}})
        assert time.perf_counter() - began < 10, piece


# Asked


def reading(
    tenant: Tenant,
    given: Microsoft365Options,
    *streams: str,
    cursors: dict[str, str] | None = None,
) -> list[Found]:
    """All that a poll finds, by the real client over the tenant's interfaces."""
    cursors = {} if cursors is None else cursors
    tenant.site = given.site if given.service == "teams" else given.activity_site

    def handler(request: httpx.Request) -> httpx.Response:
        status, headers, content = tenant.answer(request.url.path, dict(request.url.params))
        return httpx.Response(status, headers=headers, json=content)

    async def read() -> list[Found]:
        found = []
        login = poll.login(given, b"key").model_copy(
            update={"client_id": None, "token": poll.login(given, b"key").client_secret}
        )
        async with Api(client(poll.address(given), login, httpx.MockTransport(handler))) as api:
            for name in streams or ("messages", "replies", "records"):
                async for page in poll.streams[name](api, given, cursors.get(name, "")):
                    found += page.events
                    cursors[name] = page.cursor
        return found

    return asyncio.run(read())


def pushed(tenant: Tenant) -> list[Found]:
    return [Found(kind_of({}, each), each) for each in tenant.deliveries]


@st.composite
def tenants(draw: st.DrawFn) -> Tenant:
    """A tenant where people wrote, gave signs, edited and deleted."""
    made = Tenant()
    name, said = st.sampled_from(PEOPLE), st.sampled_from(TEXTS)
    for _ in range(draw(st.integers(1, 6))):
        root = made.write(draw(name), draw(st.sampled_from([HELP, WORK])), draw(said))
        channel = made.messages[root]["channelIdentity"]["channelId"]
        some = [root]
        for _ in range(draw(st.integers(0, 5))):
            some.append(made.write(draw(name), channel, draw(said), under=root))
        for each in some:
            if draw(st.booleans()):
                made.react(draw(name), each, draw(st.sampled_from(["🙏🏽", "🔖", "like"])))
        if draw(st.integers(0, 3)) == 0:
            made.edit(draw(st.sampled_from(some)), draw(said))
        if draw(st.integers(0, 3)) == 0:
            made.delete(draw(st.sampled_from(some)))
    return made


@settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(tenants(), st.randoms(use_true_random=False))
def test_notified_and_asked_in_any_order_count_once(tenant: Tenant, chance: random.Random) -> None:
    one, by_push, by_poll = intake(), pushed(tenant), reading(tenant, options())
    clean = counting(statements(one, by_poll))
    mixed = [*by_push, *by_push, *by_poll, *by_poll]
    chance.shuffle(mixed)
    both = counting(statements(one, mixed))
    gone = {n for n, each in tenant.messages.items() if each["deletedDateTime"]}
    assert both.keys() == clean.keys()
    assert all(equivalent(both[name], each) for name, each in clean.items())
    for each in clean.values():
        verb = each["verb"]["display"]["en"]
        assert verb in ("liked", "bookmarked", "replied", "shared") or (
            each["object"]["id"].rpartition("/")[2] not in gone
        )


def test_a_round_reads_what_is_new_and_a_forgotten_place_is_read_anew() -> None:
    tenant, cursors = Tenant(), dict[str, str]()
    for _ in range(8):
        tenant.write("ida", WORK, TEXTS[0])
    assert len(reading(tenant, options(), "messages", cursors=cursors)) == 8
    assert reading(tenant, options(), "messages", cursors=cursors) == []
    new = tenant.write("ole", WORK, TEXTS[1])
    (found,) = reading(tenant, options(), "messages", cursors=cursors)
    assert found.event["message"]["id"] == new
    tenant.forgetful = 2  # one of each channel
    assert len(reading(tenant, options(), "messages", cursors=cursors)) == 9


def test_private_channels_are_read_only_where_they_are_named() -> None:
    tenant = Tenant()
    tenant.write("ida", "19:board@thread.tacv2", TEXTS[0])
    assert reading(tenant, options()) == []
    named = {"19:board@thread.tacv2": {"name": "board"}}
    assert len(reading(tenant, options(channels=named))) == 1


def record(number: int, at: datetime, **more: Any) -> dict[str, Any]:
    return {
        "Id": f"r{number}", "CreationTime": f"{at:%Y-%m-%dT%H:%M:%S}", "UserType": 0,
        "Operation": "FileAccessed", "Workload": "SharePoint", "UserId": f"{PEOPLE[number % 3]}@n",
        "ObjectId": f"https://n.sharepoint.com/sites/a/D/{number}.docx", "ItemType": "File",
        "ListItemUniqueId": f"f{number}", "SiteUrl": "https://n.sharepoint.com/sites/a/", **more,
    }  # fmt: skip


def test_the_audit_log_is_read_whole_in_pages_and_others_are_not_kept() -> None:
    tenant, now = Tenant(), datetime.now(UTC)
    for number in range(40):
        at = now - timedelta(hours=3 * number + 1)
        tenant.log(at, record(number, at), record(99, at, Workload="Exchange", Operation="Send"))
    given, cursors = options(service="activity"), dict[str, str]()
    found = reading(tenant, given, cursors=cursors)
    assert {each.event["Id"] for each in found} == {f"r{number}" for number in range(40)}
    assert {each.kind for each in found} == {"audit.FileAccessed"}
    assert len(counting(statements(intake(), found))) == 40
    assert reading(tenant, given, cursors=cursors) == []


# Subscriptions


def renewed(given: Microsoft365Options, every: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """What is renewed of the subscriptions that there are: (path, until)."""
    asked = []

    def handler(request: httpx.Request) -> httpx.Response:
        if request.method == "PATCH":
            until = orjson.loads(request.content)["expirationDateTime"]
            asked.append((request.url.path, until))
            return httpx.Response(200, json={})
        return httpx.Response(200, json={"value": every})

    async def read() -> None:
        login = poll.login(given, b"key").model_copy(
            update={"client_id": None, "token": poll.login(given, b"key").client_secret}
        )
        async with Api(client(poll.address(given), login, httpx.MockTransport(handler))) as api:
            async for _ in poll.streams["subscriptions"](api, given, ""):
                pass

    asyncio.run(read())
    return asked


def test_a_subscription_of_ours_is_renewed_before_it_ends() -> None:
    here, now = "https://headwater.example/hooks/teams", datetime.now(UTC)

    def one(name: str, minutes: int, url: str = here) -> dict[str, Any]:
        until = f"{now + timedelta(minutes=minutes):%Y-%m-%dT%H:%M:%SZ}"
        return {"id": name, "notificationUrl": url, "resource": "teams/getAllMessages",
                "expirationDateTime": until}  # fmt: skip

    every = [one("soon", 20), one("late", 50), one("theirs", 1, "https://else.example")]
    given = options(notification_url=here, resources=["teams/getAllMessages"])
    ((path, until),) = renewed(given, every)
    assert path == "/v1.0/subscriptions/soon"
    assert datetime.fromisoformat(until) > now + timedelta(minutes=50)
    assert renewed(options(), every) == []
    with pytest.raises(Refused, match="no subscription notifies"):
        renewed(given, every[2:])
