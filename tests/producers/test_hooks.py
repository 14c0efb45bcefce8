"""The hooks server: what a tool is told, and what reaches Kafka."""

import asyncio
import hashlib
import hmac
import json
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from boundary import Kafka, Kept
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from bus import records
from producers.connections import Connection, load
from producers.errors import ConnectionsError
from producers.hooks import UNDER_WAY, Hooks, application
from producers.intake import Intake
from producers.registry import all_connectors
from producers.settings import HookSettings
from producers.signatures import Delivery, hex_hmac_sha256

SECRET = b"It's a Secret to Everybody"
WIKI = {
    "pages": [
        {
            "page_name": "Home",
            "action": "edited",
            "sha": "6bf9",
            "html_url": "https://github.com/acme/widgets/wiki/Home",
        }
    ],
    "repository": {"id": 7, "full_name": "a/w", "html_url": "https://github.com/acme/widgets"},
    "sender": {"login": "Ada", "id": 1, "type": "User"},
}


@pytest.fixture
def kafka() -> Kafka:
    return Kafka()


@pytest.fixture
def client(kafka: Kafka, tmp_path: Path) -> Iterator[TestClient]:
    connection = Connection("github", all_connectors()["github"], SECRET)
    settings = HookSettings(
        data=tmp_path, hooks_body_limit=100_000, hooks_minimum_free=0, metrics_token="scraper"
    )
    hooks = Hooks(settings, {"github": Intake(connection)}, kafka)
    with TestClient(application(hooks)) as made:
        yield made


def signed(body: bytes) -> dict[str, str]:
    """The headers of GitHub's delivery of a body."""
    return {
        "X-Hub-Signature-256": "sha256=" + hmac.new(SECRET, body, hashlib.sha256).hexdigest(),
        "X-GitHub-Event": "gollum",
        "X-GitHub-Delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
        "Content-Type": "application/json",
    }


def deliver(
    client: TestClient,
    body: bytes,
    event: str = "gollum",
    signature: str | None = None,
    media: str = "application/json",
    connection: str = "github",
) -> Any:
    headers = {**signed(body), "X-GitHub-Event": event, "Content-Type": media}
    if signature is not None:
        headers["X-Hub-Signature-256"] = signature
    return client.post(f"/hooks/{connection}", content=body, headers=headers)


def test_a_signed_event_is_one_record(client: TestClient, kafka: Kafka) -> None:
    answer = deliver(client, json.dumps(WIKI).encode())
    assert answer.status_code == 200
    assert answer.json() == {"kind": "gollum", "result": "mapped", "statements": 1}
    ((topic, _, value, headers),) = kafka.messages
    assert topic == "xapi.statements"
    assert records.source(headers) == "hook:github"
    (line,) = records.lines(value)
    statement = json.loads(line)
    assert [str(i) for i in records.ids(headers)] == [statement["id"]]
    assert statement["authority"]["account"]["name"] == "github"
    assert "timestamp" not in statement


def test_a_delivery_as_a_form_is_read_too(client: TestClient, kafka: Kafka) -> None:
    from urllib.parse import urlencode

    body = urlencode({"payload": json.dumps(WIKI)}).encode()
    answer = deliver(client, body, media="application/x-www-form-urlencoded")
    assert answer.status_code == 200
    assert len(kafka.messages) == 1


def test_an_ignored_kind_says_why_and_leaves_nothing(client: TestClient, kafka: Kafka) -> None:
    answer = deliver(client, b'{"zen":"Keep it logically awesome.","hook_id":1}', event="ping")
    assert answer.status_code == 200
    assert answer.json()["result"] == "ignored"
    assert answer.json()["reason"]
    assert kafka.messages == []


@pytest.mark.parametrize(
    ("event", "body", "result"),
    [
        ("issues", b'{"action":"exploded"}', "unsupported"),
        ("brand_new_event", b"{}", "unsupported"),
        ("issues", b'{"action":"opened","issue":{}}', "rejected"),
        ("gollum", b'{"pages":5,"repository":null,"sender":{}}', "rejected"),
    ],
)
def test_what_is_not_understood_is_kept_whole_and_is_2xx(
    client: TestClient, kafka: Kafka, event: str, body: bytes, result: str
) -> None:
    answer = deliver(client, body, event=event)
    assert answer.status_code == 202
    assert answer.json()["result"] == result
    ((topic, _, value, _),) = kafka.messages
    assert topic == "xapi.rejected"
    kept = orjson.loads(value)
    assert kept["body"] == body.decode()
    assert kept["source"] == "hook:github"
    assert kept["reason"]
    assert kept["headers"]["x-github-event"] == event
    assert "x-hub-signature-256" not in kept["headers"]


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"signature": ""}, 401),
        ({"signature": "sha256=" + "0" * 64}, 401),
        ({"signature": "sha1=aa"}, 401),
        ({"connection": "nobody"}, 404),
        ({"media": "text/xml"}, 415),
        ({"media": ""}, 415),
        ({"body": b"{broken"}, 422),
        ({"body": b"[]"}, 422),
        ({"body": b'{"a":"\xff"}'}, 422),
        ({"body": b'{"a":"\x00"}'}, 422),
        ({"body": b""}, 422),
        ({"body": b"x" * 100_001}, 413),
        ({"body": b"payload", "media": "application/x-www-form-urlencoded"}, 422),
    ],
)
def test_garbage_gets_a_clear_error_and_leaves_nothing(
    client: TestClient, kafka: Kafka, change: dict[str, Any], status: int
) -> None:
    answer = deliver(client, change.pop("body", json.dumps(WIKI).encode()), **change)
    assert answer.status_code == status
    assert answer.json()["error"]
    assert kafka.messages == []


def test_a_get_is_not_allowed(client: TestClient) -> None:
    assert client.get("/hooks/github").status_code == 405


def test_without_kafka_it_is_503_with_retry_after(client: TestClient, kafka: Kafka) -> None:
    kafka.away = True
    answer = deliver(client, json.dumps(WIKI).encode())
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    assert client.get("/healthz").status_code == 503


def test_a_full_disk_is_503(kafka: Kafka, tmp_path: Path) -> None:
    connection = Connection("github", all_connectors()["github"], SECRET)
    more_than_there_is = shutil.disk_usage(tmp_path).total * 2
    settings = HookSettings(data=tmp_path, hooks_minimum_free=more_than_there_is)
    with TestClient(application(Hooks(settings, {"github": Intake(connection)}, kafka))) as made:
        answer = deliver(made, json.dumps(WIKI).encode())
    assert answer.status_code == 503
    assert kafka.messages == []


def test_what_became_of_deliveries_is_counted(client: TestClient) -> None:
    deliver(client, b"{}", event="brand_new_event")
    text = client.get("/metrics", headers={"Authorization": "Bearer scraper"}).text
    assert 'headwater_hooks_deliveries_total{connection="github",sort="unsupported"}' in text


@pytest.mark.parametrize("token", ["", "Bearer", "Bearer wrong", "Bearer scraper\u00e9"])
def test_strangers_learn_no_name_of_a_connection(client: TestClient, token: str) -> None:
    deliver(client, b"{}", event="brand_new_event")
    headers = {"Authorization": token.encode("latin-1")}
    metrics = client.get("/metrics", headers=headers).text
    assert 'headwater_hooks_deliveries_total{sort="unsupported"}' in metrics
    unknown = deliver(client, b"{}", connection="nobody")
    health = client.get("/healthz")
    assert (unknown.status_code, health.status_code) == (404, 200)
    for said in (metrics, unknown.text, health.text):
        assert "github" not in said


def test_one_signed_body_is_kept_once_whatever_is_said_with_it(
    client: TestClient, kafka: Kafka
) -> None:
    body = b'{"action":"exploded"}'
    for number in range(50):
        headers = signed(body) | {
            "X-GitHub-Event": f"issues{number % 3}",
            "X-GitHub-Delivery": f"{number}",
            "User-Agent": f"agent{number}",
        }
        assert client.post("/hooks/github", content=body, headers=headers).status_code == 202
    assert len(kafka.messages) == 1
    deliver(client, b'{"action":"imploded"}', event="issues")
    assert len({orjson.loads(value)["id"] for _, _, value, _ in kafka.messages}) == 2


def test_a_body_is_kept_under_the_same_id_by_every_process() -> None:
    connection = Connection("github", all_connectors()["github"], SECRET)
    body = b'{"action":"exploded"}'
    ids = set()
    for delivery in ("one", "two"):
        told = {name.lower(): value for name, value in signed(body).items()}
        told |= {"x-github-event": "issues", "x-github-delivery": delivery}
        message = Intake(connection).take(Delivery(told, body)).message
        assert message
        ids.add(orjson.loads(message.value)["id"])
    assert len(ids) == 1


def test_the_published_signature_fits(shared: Path) -> None:
    vectors = json.loads((shared / "data" / "signature_vectors.json").read_text("utf-8"))
    (vector,) = [v for v in vectors if v["tool"] == "github"]
    headers = {name.lower(): value for name, value in vector["header"].items()}
    fits = hex_hmac_sha256("X-Hub-Signature-256", "sha256=").verify
    assert fits(Delivery(headers, vector["body"].encode()), vector["secret"].encode())
    assert not fits(Delivery(headers, vector["body"].encode() + b" "), vector["secret"].encode())


@given(st.binary(max_size=64), st.text(max_size=80))
def test_no_other_signature_ever_fits(body: bytes, given_signature: str) -> None:
    fits = hex_hmac_sha256("X-S", "sha256=").verify
    right = "sha256=" + hmac.new(SECRET, body, hashlib.sha256).hexdigest()
    assert fits(Delivery({"x-s": right}, body), SECRET)
    assert fits(Delivery({"x-s": given_signature}, body), SECRET) == (given_signature == right)


Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(text: str) -> Path:
        path = tmp_path / "connections.toml"
        path.write_text(text, "utf-8")
        return path

    return written


def test_a_connection_reads_its_secret_from_where_the_file_says(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "secret").write_text("s3cret\n", "utf-8")
    monkeypatch.setenv("OTHER_SECRET", "0ther")
    found = load(
        write(
            '[[connection]]\nname="github"\nconnector="github"\nsecret="file:secret"\n'
            '[[connection]]\nname="ghes"\nconnector="github"\nsecret="env:OTHER_SECRET"\n'
        )
    )
    assert (found["github"].secret, found["ghes"].secret) == (b"s3cret", b"0ther")
    assert "s3cret" not in repr(found)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[[connection]", "connections.toml"),
        ('[connection]\nname="a"', "two brackets"),
        ('[[connection]]\nname="a"\nconnector="github"', "'secret' is missing"),
        ('[[connection]]\nname="A b"\nconnector="github"\nsecret="env:X"', "must be of a-z"),
        ('[[connection]]\nname="a"\nconnector="gitbub"\nsecret="env:X"', "there are: .*github"),
        ('[[connection]]\nname="a"\nconnector="github"\nsecret="hunter2"', "not a secret"),
        ('[[connection]]\nname="a"\nconnector="github"\nsecret="env:NOT_SET"', "is empty"),
        ('[[connection]]\nname="a"\nconnector="github"\nsecret="file:gone"', "cannot be read"),
        ('[[connection]]\nname="a"\nconnector="github"\nsecret="env:X"\nfoo=1', "'foo' is not"),
    ],
)
def test_a_wrong_connections_file_says_what_and_where(write: Write, text: str, says: str) -> None:
    with pytest.raises(ConnectionsError, match=says) as caught:
        load(write(text))
    assert "connections.toml" in str(caught.value)
    assert "hunter2" not in str(caught.value)


class Losing(Kafka):
    """Never says what became of the first messages."""

    def __init__(self, lost: int) -> None:
        super().__init__()
        self.lost = lost
        self.came = asyncio.Event()

    def publish(
        self, topic: str, key: bytes | None, value: bytes, headers: Any = ()
    ) -> "Future[None]":
        if len(self.messages) < self.lost:
            self.messages.append(Kept(topic, key, value, headers))
            self.came.set()
            return Future()
        return super().publish(topic, key, value, headers)


def test_a_record_of_which_nothing_is_heard_does_not_hold_up_those_after_it(
    tmp_path: Path,
) -> None:
    kafka = Losing(UNDER_WAY)
    connection = Connection("github", all_connectors()["github"], SECRET)
    settings = HookSettings(data=tmp_path, hooks_minimum_free=0, hooks_kafka_seconds=0.01)
    hooks = Hooks(settings, {"github": Intake(connection)}, kafka)

    async def during() -> tuple[list[int], int]:
        transport = httpx.ASGITransport(application(hooks))
        async with httpx.AsyncClient(transport=transport, base_url="http://hooks") as http:

            async def send(number: int) -> int:
                wiki = {**WIKI, "pages": [{**WIKI["pages"][0], "sha": f"{number:04x}"}]}
                body = json.dumps(wiki).encode()
                answer = await http.post("/hooks/github", content=body, headers=signed(body))
                return answer.status_code

            lost = []
            for number in range(UNDER_WAY):
                lost.append(asyncio.create_task(send(number)))
                await kafka.came.wait()
                kafka.came.clear()
            return await asyncio.gather(*lost), await send(UNDER_WAY)

    assert asyncio.run(during()) == ([503] * UNDER_WAY, 200)


def test_wrong_signatures_are_a_problem_until_a_right_one_comes(client: TestClient) -> None:
    wrong = {**signed(b"{}"), "X-Hub-Signature-256": "sha256=" + 64 * "0"}

    def problems() -> list[str]:
        health = client.get("/healthz")
        assert health.status_code == 200  # deliveries are taken all the same
        return [each["what"] for each in health.json()["problems"]]

    for number in range(3):
        assert problems() == [], number
        assert client.post("/hooks/github", content=b"{}", headers=wrong).status_code == 401
    (said,) = problems()
    assert "wrong signature" in said
    assert client.post("/hooks/github", content=b"{}", headers=signed(b"{}")).status_code < 300
    assert problems() == []
