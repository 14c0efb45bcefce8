"""The connector contract with tools unlike GitHub: what they send, ask, and are told."""

import base64
import binascii
import contextlib
import hashlib
import hmac
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from boundary import Kafka
from starlette.testclient import TestClient

from bus import nudges, records, signals
from bus.rejections import Door, Kind, door_of, rejected_id
from producers import connections
from producers.connector import (
    ANY,
    Answer,
    Connector,
    Event,
    Handshake,
    Made,
    Nudge,
    Options,
    Undecided,
    Webhook,
    each,
    many_events,
)
from producers.errors import ConnectionsError
from producers.hooks import Hooks, application
from producers.intake import Intake
from producers.settings import HookSettings
from producers.signatures import (
    BearerToken,
    BodyToken,
    BySecret,
    Delivery,
    HexHmacSha256,
    Scheme,
    SharedToken,
    StampedHmacSha256,
    possible,
    standard_webhooks,
)
from producers.statements import activity, agent, statement
from xapi.ids import statement_id
from xapi.signals import Happened, Item, Signal, signal_id

SECRET = b"whsec_" + base64.b64encode(b"a secret of twenty-four!")
SLACK = StampedHmacSha256(
    "X-Slack-Signature", "X-Slack-Request-Timestamp", "v0:{stamp}:{body}", "v0="
)
STANDARD = standard_webhooks
ZENDESK = StampedHmacSha256("X-Sig", "X-Time", "{stamp}{body}", encoding="base64", iso=True)
SCHEMES: list[Scheme] = [
    HexHmacSha256("X-Sig"),
    HexHmacSha256("X-Sig", "sha256="),
    SLACK,
    STANDARD,
    ZENDESK,
    SharedToken("X-Token"),
    BearerToken(),
    BodyToken("value", "clientState"),
    BySecret("whsec_", STANDARD, SharedToken("X-Token")),
]


class ToyOptions(Options):
    """What may be said of the toy."""

    site: str = "https://toy.example"
    most: int = 5


def kind_of(headers: Any, event: Event) -> str:
    return str(event.get("kind", ""))


def challenge(delivery: Delivery, _: bytes) -> Answer | None:
    found = orjson.loads(delivery.body)
    if isinstance(found, dict) and "challenge" in found:
        return Answer(str(found["challenge"]).encode(), 201, {"X-Seen": "yes"})
    return None


def validation(delivery: Delivery, _: bytes) -> Answer | None:
    token = delivery.query.get("validationToken")
    return None if token is None else Answer(token.encode())


def said(number: Any, site: str, target: str) -> dict[str, Any]:
    return statement(
        statement_id("toy", f"note:{number}"),
        agent(site, f"p{int(number)}"),
        "commented",
        activity(target, "issue"),
        behaviour="collaborate",
        platform="Toy",
        at="2026-03-01T10:00:00Z",
    )


def toy(answer: Handshake | None = None) -> Connector:
    made = Connector(
        name="toy",
        title="Toy",
        docs="https://toy.example/docs",
        webhook=Webhook(
            HexHmacSha256("X-Toy-Signature"),
            kind_of,
            many_events,
            keeps=("x-toy-kind",),
            answer=answer,
        ),
        options=ToyOptions,
        ignored={"quiet": "says nothing", "admin*": "upkeep", "star.*": "interest"},
    )

    @made.maps("note")
    def noted(event: Event, options: ToyOptions) -> Sequence[Made]:
        return each(event["notes"], lambda n: said(n["id"], options.site, n["at"]))

    @made.maps("ship")
    def shipped(event: Event, _: ToyOptions) -> Sequence[Made]:
        key = f"ship:{event['id']}"
        return [
            Signal(
                id=signal_id("toy", key),
                kind=Item.DEPLOYMENT,
                item=key,
                happened=Happened.SUCCEEDED,
                at="2026-03-01T10:00:00Z",
                host="toy.example",
                place="shop",
                link="https://toy.example/1",
            )
        ]

    @made.maps("changed")
    def changed(event: Event, _: ToyOptions) -> Sequence[Made]:
        return [Nudge("pages")]

    return made


@dataclass
class Served:
    """A hooks server of one toy connection."""

    http: TestClient
    kafka: Kafka
    webhook: Webhook

    def send(self, content: Any, **more: Any) -> Any:
        body = orjson.dumps(content)
        said = {"content-type": "application/json", "x-toy-kind": "k", "x-other": "o"}
        return self.http.post(
            "/hooks/toy", content=body, headers=self.webhook.signed(said, body, SECRET), **more
        )


def served(connector: Connector, folder: Path) -> Iterator[Served]:
    connection = connections.Connection("toy", connector, SECRET, connector.options())
    settings = HookSettings(data=folder, hooks_minimum_free=0)
    kafka = Kafka()
    hooks = Hooks(settings, {"toy": Intake(connection)}, kafka)
    with TestClient(application(hooks)) as http:
        assert connector.webhook
        yield Served(http, kafka, connector.webhook)


@pytest.fixture
def plain(tmp_path: Path) -> Iterator[Served]:
    yield from served(toy(), tmp_path)


def note(number: Any, target: str = "https://toy.example/n/1") -> dict[str, Any]:
    return {"kind": "note", "notes": [{"id": number, "at": target}]}


def test_a_delivery_of_several_events_is_one_record_and_each_counts(plain: Served) -> None:
    ship = {"kind": "ship", "id": 7}
    answer = plain.send([note(1), ship, note(2), {"kind": "changed"}, {"kind": "quiet"}])
    assert answer.status_code == 200
    assert answer.json()["statements"] == 2
    assert answer.json()["signals"] == 1
    by_topic = {topic: (key, value) for topic, key, value, _ in plain.kafka.messages}
    assert len(plain.kafka.messages) == 3
    names = [json.loads(x)["actor"]["account"]["name"] for x in
             records.lines(by_topic["xapi.statements"][1])]  # fmt: skip
    assert names == ["p1", "p2"]
    key, value = by_topic["work.signals"]
    assert (key, signals.decode(value).place) == (b"ship:7", "shop")
    assert nudges.decode(*by_topic["poller.nudges"]) == ("toy", "pages")


def test_what_of_a_delivery_is_not_understood_costs_nothing_else(plain: Served) -> None:
    answer = plain.send([note(1), {"kind": "new"}, note(2, "https://toy.example/a b")])
    assert answer.status_code == 202
    assert answer.json()["result"] == "rejected"
    assert answer.json()["statements"] == 1
    kept = [orjson.loads(v) for topic, _, v, _ in plain.kafka.messages if topic == "xapi.rejected"]
    assert len(kept) == 1
    assert len(orjson.loads(kept[0]["body"])) == 3
    assert kept[0]["headers"]["x-toy-kind"] == "k"
    assert not {"x-other", "x-toy-signature"} & kept[0]["headers"].keys()


def test_one_part_of_an_event_that_cannot_be_read_costs_no_other(plain: Served) -> None:
    event = note(1)
    event["notes"].append({"id": "x", "at": "https://toy.example/n/2"})
    answer = plain.send(event)
    assert (answer.status_code, answer.json()["statements"]) == (202, 1)
    assert "part 1: ValueError" in answer.json()["reason"]


def test_an_array_of_nothing_is_no_fault(plain: Served) -> None:
    answer = plain.send([])
    assert (answer.status_code, answer.json()["result"]) == (200, "ignored")
    assert plain.kafka.messages == []


def test_a_signed_question_is_answered_once_its_signature_fits(tmp_path: Path) -> None:
    for server in served(toy(Handshake(challenge, signed=True)), tmp_path):
        answer = server.send({"challenge": "abc"})
        assert (answer.status_code, answer.text, answer.headers["x-seen"]) == (201, "abc", "yes")
        body = b'{"challenge": "abc"}'
        assert server.http.post("/hooks/toy", content=body).status_code == 401
        assert server.send(note(1)).json()["result"] == "mapped"


def test_an_unsigned_question_is_answered_as_plain_text(tmp_path: Path) -> None:
    question = Handshake(validation, signed=False, methods=("POST", "OPTIONS"))
    for server in served(toy(question), tmp_path):
        for method in ("POST", "OPTIONS"):
            answer = server.http.request(method, "/hooks/toy?validationToken=<b>1</b>")
            assert (answer.status_code, answer.text) == (200, "<b>1</b>")
            assert answer.headers["content-type"].startswith("text/plain")
            assert answer.headers["x-content-type-options"] == "nosniff"
        assert server.http.get("/hooks/toy?validationToken=1").status_code == 405
        assert server.http.options("/hooks/toy").status_code == 405
        assert server.http.post("/hooks/toy", content=b"{}").status_code == 401
        assert server.kafka.messages == []


def test_a_tool_that_is_only_asked_takes_no_deliveries(tmp_path: Path) -> None:
    connector = Connector("toy", "Toy", "https://toy.example")
    connection = connections.Connection("toy", connector, b"")
    hooks = Hooks(
        HookSettings(data=tmp_path, hooks_minimum_free=0), {"toy": Intake(connection)}, Kafka()
    )
    with TestClient(application(hooks)) as http:
        answer = http.post("/hooks/toy", content=b"{}")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize("scheme", SCHEMES, ids=repr)
def test_what_a_scheme_signs_it_verifies_and_nothing_else(scheme: Scheme) -> None:
    body = b"\xff{raw} bytes"
    headers = scheme.sign(Delivery({}, body), SECRET)
    assert headers.keys() == {name.lower() for name in headers}
    assert scheme.possible(headers)
    assert scheme.verify(Delivery(headers, body), SECRET)
    assert not scheme.possible({})
    other = b"whsec_" + base64.b64encode(b"another of twenty-four!!")
    assert not scheme.verify(Delivery(headers, body), other)
    if not isinstance(
        scheme, SharedToken | BearerToken | BodyToken
    ):  # which says nothing of the body
        assert not scheme.verify(Delivery(headers, body + b" "), SECRET)


@pytest.mark.parametrize("scheme", [SLACK, STANDARD], ids=["slack", "standard"])
def test_an_old_delivery_is_not_taken_again(scheme: StampedHmacSha256) -> None:
    headers = scheme.sign(Delivery({}, b"{}"), SECRET)
    headers[scheme.stamp.lower()] = str(int(time.time()) - 3_600)
    assert not scheme.possible(headers)
    headers[scheme.stamp.lower()] = "²"
    assert not scheme.possible(headers)


@pytest.mark.parametrize("seconds", [0, 299, -299, 301, -301])
def test_a_time_may_be_written_as_a_date(seconds: int) -> None:
    headers = ZENDESK.sign(Delivery({}, b"{}"), SECRET)
    assert headers["x-time"].endswith("Z")
    at = datetime.now(UTC) + timedelta(seconds=seconds)
    headers["x-time"] = at.isoformat(timespec="seconds")
    assert ZENDESK.possible(headers) is (abs(seconds) < 300)
    for wrong in ("", "soon", str(int(time.time())), at.replace(tzinfo=None).isoformat()):
        assert not ZENDESK.possible(headers | {"x-time": wrong})


PUBLISHED: dict[str, Scheme] = {
    "github": HexHmacSha256("X-Hub-Signature-256", "sha256="),
    "slack": SLACK,
    "standard": STANDARD,
}


def others(value: bytes) -> Iterator[bytes]:
    """A value with each of its bytes changed, without its last one, and with one more."""
    for place, byte in enumerate(value):
        yield value[:place] + bytes([byte ^ 1]) + value[place + 1 :]
    yield value[:-1]
    yield value + b"0"


@pytest.mark.parametrize("tool", PUBLISHED)
def test_a_published_signature_fits_and_no_changed_byte_of_anything_does(
    tool: str, shared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scheme = PUBLISHED[tool]
    vectors = json.loads((shared / "data" / "signature_vectors.json").read_text("utf-8"))
    (vector,) = [v for v in vectors if v["tool"].startswith(tool)]
    headers = {name.lower(): value for name, value in vector["header"].items()}
    if isinstance(scheme, StampedHmacSha256):
        monkeypatch.setattr(time, "time", lambda: float(vector["timestamp"]))
        headers[scheme.stamp.lower()] = vector["timestamp"]
    if "id" in vector:
        headers["webhook-id"] = vector["id"]
    body, secret = vector["body"].encode(), vector["secret"].encode()
    assert scheme.verify(Delivery(headers, body), secret)
    assert not [other for other in others(body) if scheme.verify(Delivery(headers, other), secret)]
    for name, value in headers.items():
        for other in others(value.encode()):
            changed = {**headers, name: other.decode("latin-1")}
            assert not scheme.verify(Delivery(changed, body), secret), (name, other)
    marked = len("whsec_") if secret.startswith(b"whsec_") else 0
    for other in others(secret[marked:]):
        with contextlib.suppress(binascii.Error):  # no base64 any more, where that is asked for
            assert not scheme.verify(Delivery(headers, body), secret[:marked] + other)


@pytest.mark.parametrize("tool", ["slack", "standard"])
@pytest.mark.parametrize("seconds", [301, -301, 86_400])
def test_a_published_signature_does_not_fit_later(
    tool: str, seconds: int, shared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scheme = PUBLISHED[tool]
    assert isinstance(scheme, StampedHmacSha256)
    vectors = json.loads((shared / "data" / "signature_vectors.json").read_text("utf-8"))
    (vector,) = [v for v in vectors if v["tool"].startswith(tool)]
    headers = {name.lower(): value for name, value in vector["header"].items()}
    headers |= {scheme.stamp.lower(): vector["timestamp"], "webhook-id": vector.get("id", "")}
    delivery = Delivery(headers, vector["body"].encode())
    now = float(vector["timestamp"])
    monkeypatch.setattr(time, "time", lambda: now)
    assert scheme.verify(delivery, vector["secret"].encode())
    monkeypatch.setattr(time, "time", lambda: now + seconds)
    assert not scheme.possible(headers)
    assert not scheme.verify(delivery, vector["secret"].encode())


def test_who_has_a_signing_token_takes_no_token_in_the_open() -> None:
    scheme = BySecret("whsec_", STANDARD, SharedToken("X-Token"))
    for secret in (SECRET, b"a-shared-secret"):
        headers = scheme.sign(Delivery({}, b"{}"), secret)
        assert scheme.possible(headers)
        assert scheme.verify(Delivery(headers, b"{}"), secret)
    signed = scheme.sign(Delivery({}, b"{}"), SECRET)
    assert not scheme.verify(Delivery(signed, b"{ }"), SECRET)
    assert not scheme.verify(Delivery({"x-token": SECRET.decode()}, b"{}"), SECRET)
    assert not scheme.verify(Delivery(signed, b"{}"), b"a-shared-secret")
    assert not scheme.possible({})


def test_hex_hmac_is_the_documented_one() -> None:
    expected = hmac.new(SECRET, b"{}", hashlib.sha256).hexdigest()
    assert HexHmacSha256("X-S", "p=").sign(Delivery({}, b"{}"), SECRET) == {"x-s": f"p={expected}"}


# Connections


@pytest.fixture
def tools(monkeypatch: pytest.MonkeyPatch) -> None:
    polled = Connector("polled", "Polled", "https://toy.example")
    monkeypatch.setattr(connections, "all_connectors", lambda: {"toy": toy(), "polled": polled})
    monkeypatch.setenv("S", "s3cret")


def load(folder: Path, text: str) -> dict[str, connections.Connection]:
    path = folder / "connections.toml"
    path.write_text(text, "utf-8")
    return connections.load(path)


HEAD = '[[connection]]\nname = "{0}"\nconnector = "{1}"\n'


@pytest.mark.usefixtures("tools")
def test_a_connection_has_its_tools_options(tmp_path: Path) -> None:
    text = HEAD.format("a", "toy") + 'secret = "env:S"\ntoken = "env:S"\n'
    text += '[connection.options]\nsite = "https://a.example"\n'
    text += HEAD.format("b", "polled") + 'token = "env:S"\n'
    found = load(tmp_path, text)
    assert found["a"].options == ToyOptions(site="https://a.example", most=5)
    assert (found["a"].token, found["b"].secret, found["b"].token) == (b"s3cret", b"", b"s3cret")
    assert connections.described(found) == {
        "secrets": {"a": "s3cret"},
        "connectors": {"a": "toy", "b": "polled"},
    }


@pytest.mark.usefixtures("tools")
@pytest.mark.parametrize(
    ("more", "line", "says"),
    [
        ("[connection.options]\nmost = 'many'", 12, "the option 'most' of toy"),
        ("[connection.options]\nsight = 'x'", 12, "there are: most, site"),
        ("options = 5", 11, "the option 'options' of toy"),
        ("foo = 1", 11, "'foo' is not one of"),
        ("token = 'hunter2'", 11, "token must read env:NAME or file:PATH"),
    ],
)
def test_what_is_wrong_is_told_by_line(tmp_path: Path, more: str, line: int, says: str) -> None:
    first = HEAD.format("a", "toy") + 'secret = "env:S"\n\n'
    second = "# the other\n" + HEAD.format("b", "toy") + 'secret = "env:S"\n'
    with pytest.raises(ConnectionsError, match=rf"line {line} \(connection 2\)") as caught:
        load(tmp_path, first + second + more + "\n")
    assert says in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_a_tool_whose_webhooks_only_nudge_needs_a_token_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nudged = replace(toy(), nudged=True)
    monkeypatch.setattr(connections, "all_connectors", lambda: {"toy": nudged})
    monkeypatch.setenv("S", "s3cret")
    text = HEAD.format("a", "toy") + 'secret = "env:S"\n'
    with pytest.raises(ConnectionsError, match="'token' is missing"):
        load(tmp_path, text)
    assert load(tmp_path, text + 'token = "env:S"\n')["a"].token == b"s3cret"


def test_a_signing_token_that_is_none_is_told_when_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scheme = BySecret("whsec_", STANDARD, SharedToken("X-Token"))
    hook = Webhook(scheme, kind_of)
    monkeypatch.setattr(
        connections, "all_connectors", lambda: {"toy": replace(toy(), webhook=hook)}
    )
    text = HEAD.format("a", "toy") + 'secret = "env:S"\n'
    for secret in ("whsec_no base64", "whsec_YWJ", "whsec_"):
        monkeypatch.setenv("S", secret)
        with pytest.raises(ConnectionsError, match=r"line 4 .*whsec_") as caught:
            load(tmp_path, text)
        assert secret == "whsec_" or secret not in str(caught.value)
        assert load_without_secrets(tmp_path)["a"].secret == b""
    for secret in (SECRET.decode(), "a secret of words"):
        monkeypatch.setenv("S", secret)
        assert load(tmp_path, text)["a"].secret == secret.encode()


def load_without_secrets(folder: Path) -> dict[str, connections.Connection]:
    return connections.load(folder / "connections.toml", secrets=False)


# What a connection's options decide


def test_a_scheme_and_a_handshake_may_follow_from_the_options(tmp_path: Path) -> None:
    def asked(options: ToyOptions) -> Handshake:
        def reply(_: Delivery, __: bytes) -> Answer | None:
            return Answer(options.site.encode()) if options.most else None

        return Handshake(reply, signed=False, methods=("GET",))

    hook = Webhook(
        SharedToken("X-Token"),
        kind_of,
        answer=asked,
        signature_of=lambda options: HexHmacSha256(f"X-{options.most}"),
    )
    for server in served(replace(toy(), webhook=hook), tmp_path):
        assert server.http.get("/hooks/toy").text == "https://toy.example"
        signed = hook.signed({"content-type": "application/json"}, b"{}", SECRET, ToyOptions())
        assert "x-5" in signed
        assert server.http.post("/hooks/toy", content=b"{}", headers=signed).status_code == 202
        token = hook.signed({"content-type": "application/json"}, b"{}", SECRET)
        refused = server.http.post("/hooks/toy", content=b"{}", headers=token)
        assert (refused.status_code, refused.headers["www-authenticate"]) == (
            401,
            'Signature realm="hooks"',
        )


def test_a_token_that_is_wrong_is_told_of_by_the_head_alone() -> None:
    for scheme in (SharedToken("X-Token"), BySecret("whsec_", STANDARD, SharedToken("X-Token"))):
        assert possible(scheme, {"x-token": "right"}, b"right")
        assert not possible(scheme, {"x-token": "wrong"}, b"right")
    signed = STANDARD.sign(Delivery({}, b"{}"), SECRET)
    assert possible(BySecret("whsec_", STANDARD, SharedToken("X-Token")), signed, SECRET)


def test_a_mapper_may_take_every_kind_that_is_not_decided() -> None:
    connector = toy()

    @connector.maps(ANY)
    def any_other(event: Event, _: ToyOptions) -> Sequence[Made]:
        if event.get("known"):
            return [Nudge("pages")]
        raise Undecided("nobody said what it is")

    intake = Intake(connections.Connection("toy", connector, SECRET, ToyOptions()))
    told = [intake.map(*each) for each in (("new", {"known": 1}), ("new", {}), ("quiet", {}))]
    assert [each.disposition for each in told] == ["mapped", "unsupported", "ignored"]
    assert told[1].detail == "nobody said what it is"


# Kinds, and what is refused


def test_a_kind_is_decided_by_its_name_its_event_or_how_it_begins() -> None:
    connector = toy()
    kinds = ["quiet", "admin_user.created", "administrator", "star.created", "starred", "quieter"]
    reasons = {kind: getattr(connector.decide(kind), "reason", "") for kind in kinds}
    assert reasons == {
        "quiet": "says nothing", "admin_user.created": "upkeep", "administrator": "upkeep",
        "star.created": "interest", "starred": "", "quieter": "",
    }  # fmt: skip


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_of_refusal_says_by_which_door_it_goes_back(kind: Kind) -> None:
    assert kind.door in Door
    hook = door_of(kind, "hook:x")
    assert hook is (kind.door if kind.door is not Door.FILE else Door.FILE)


def test_the_door_of_a_kind_of_another_version_is_its_sources() -> None:
    assert door_of("yet unknown", "hook:x") is Door.HOOKS
    assert door_of("yet unknown", "lrs:x") is Door.LRS
    assert door_of("yet unknown", "") is Door.FILE


def test_a_delivery_is_one_refusal_whatever_its_headers_make_of_it() -> None:
    assert rejected_id(Kind.REJECTED, "hook:x/1") == rejected_id(Kind.UNSUPPORTED, "hook:x/1")
    assert rejected_id(Kind.CONFLICT, "a") != rejected_id(Kind.UNREADABLE, "a")
