"""The beacon's door: whom it lets in, what it takes, and what of that is kept."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from boundary import Kafka
from counted import counting, statements
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from starlette.testclient import TestClient

from bus import records
from producers.connections import Connection
from producers.connector import Found
from producers.connectors.beacon import acts, connector, door
from producers.connectors.beacon.options import BeaconOptions
from producers.hooks import Hooks, application
from producers.intake import Intake
from producers.registry import all_connectors
from producers.settings import HookSettings
from producers.signatures import Delivery

SECRET = b"known to the portal's server and to us"
SITE = "https://portal.north.example"
ORIGIN = {"origin": SITE, "content-type": "text/plain;charset=UTF-8"}


def options(**given: Any) -> BeaconOptions:
    told = {"site": SITE, "platform": "Portal", "origins": [SITE], "inside": ["wiki.north.example"]}
    return BeaconOptions.model_validate(told | given)


def intake(**given: Any) -> Intake:
    return Intake(Connection("portal", connector, SECRET, options(**given)))


@pytest.fixture
def kafka() -> Kafka:
    return Kafka()


def served(kafka: Kafka, folder: Path, **given: Any) -> TestClient:
    limits = HookSettings(data=folder, hooks_minimum_free=0, hooks_trusted_proxies="10.0.0.0/8")
    code = Connection("code", all_connectors()["github"], SECRET)
    hooks = Hooks(limits, {"portal": intake(**given), "code": Intake(code)}, kafka)
    return TestClient(application(hooks), client=("10.0.0.1", 5000))


@pytest.fixture
def client(kafka: Kafka, tmp_path: Path) -> Iterator[TestClient]:
    with served(kafka, tmp_path) as made:
        yield made


def token(account: str = "ida", seconds: float = 3600, secret: bytes = SECRET) -> str:
    return door.token(account, int(time.time() + seconds), secret)


def act(kind: str = "viewed", **told: Any) -> dict[str, Any]:
    made = {
        "id": "5f0c9d2e7a1b4c3d8e6f0a1b2c3d4e5f",
        "kind": kind,
        "at": int(time.time() * 1000),
        "account": "ida",
        "token": token(),
        "page": f"{SITE}/handbook/pumps",
    }
    return {name: value for name, value in (made | told).items() if value is not None}


def send(client: TestClient, told: Any, **headers: str) -> httpx.Response:
    body = told if isinstance(told, bytes) else orjson.dumps(told)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    answer: httpx.Response = client.post("/beacon/portal", content=body, headers=ORIGIN | named)
    return answer


def lines(kafka: Kafka) -> list[dict[str, Any]]:
    return [
        json.loads(line) for value in kafka.of("xapi.statements") for line in records.lines(value)
    ]


# What is taken


@pytest.mark.parametrize("media", ["text/plain;charset=UTF-8", "application/json"])
def test_an_act_becomes_a_statement(client: TestClient, kafka: Kafka, media: str) -> None:
    answer = send(client, act(), content_type=media)
    assert answer.json() == {"kind": "viewed", "result": "mapped", "statements": 1}
    (statement,) = lines(kafka)
    assert statement["actor"]["account"] == {"homePage": SITE, "name": "ida"}
    assert statement["authority"]["account"]["name"] == "portal"
    assert answer.headers["access-control-allow-origin"] == SITE
    assert answer.headers["cache-control"] == "private, no-store"
    assert "set-cookie" not in answer.headers


def test_the_same_act_again_is_the_same_statement(client: TestClient, kafka: Kafka) -> None:
    told = act()
    assert send(client, told).status_code == send(client, told).status_code == 200
    once, again = lines(kafka)
    assert once == again


def test_an_id_is_its_persons_own(client: TestClient, kafka: Kafka) -> None:
    send(client, act("bookmarked", id="bookmark:1"))
    send(client, act("unbookmarked", of="bookmark:1", account="bo", token=token("bo")))
    send(client, act("unbookmarked", of="bookmark:1", id="2"))
    kept, of_another, of_ones_own = lines(kafka)
    assert of_another["object"]["id"] != kept["id"]
    assert of_ones_own["object"]["id"] == kept["id"]


def test_kafka_away_is_503_and_a_page_may_know_it(client: TestClient, kafka: Kafka) -> None:
    kafka.away = True
    answer = send(client, act())
    assert answer.status_code == 503
    assert answer.headers["access-control-allow-origin"] == SITE


# What may be known


def test_no_text_no_query_and_no_path_outside_are_kept(client: TestClient, kafka: Kafka) -> None:
    told = act("searched", text="private pumps", length=13, found=True, page=f"{SITE}/?q=private")
    send(client, told)
    send(client, act("explored", id="2", page="https://ida:pw@vendor.example/private?q=private#p"))
    send(client, act("sung", id="3", text="private", page=f"{SITE}/s?q=private#p"))
    send(client, act("answer", id="4", text="private", page=f"{SITE}/s?q=private#p"))
    every = b"".join(each.value for each in kafka.messages)
    assert len(kafka.messages) == 4
    assert b"private" not in every
    assert b"pw" not in every


def test_no_token_is_kept_nor_the_secret_nor_an_address(client: TestClient, kafka: Kafka) -> None:
    told = act("sung")
    assert send(client, told, x_forwarded_for="203.0.113.9").status_code == 202
    ((_, _, value, headers),) = kafka.messages
    assert told["token"].partition(".")[2].encode() not in value
    assert SECRET not in value
    assert b"203.0.113.9" not in value
    assert "203.0.113.9" not in repr(headers)


def test_what_is_kept_can_be_sent_again_by_the_door_of_deliveries(
    client: TestClient, kafka: Kafka
) -> None:
    assert send(client, act("sung")).json()["result"] == "unsupported"
    kept = orjson.loads(kafka.messages[0].value)
    assert connector.webhook
    body = kept["body"].encode()
    again = connector.webhook.signed(kept["headers"], body, SECRET)
    answer = client.post("/hooks/portal", content=body, headers=again)
    assert answer.json()["kind"] == "sung"
    assert len(kafka.messages) == 1, "it is known again"


def test_a_portals_server_may_send_itself(client: TestClient, kafka: Kafka) -> None:
    body = orjson.dumps(act(token=None, at=1_772_442_060_000))
    assert connector.webhook
    signed = connector.webhook.signed({"content-type": "application/json"}, body, SECRET)
    assert client.post("/hooks/portal", content=body, headers=signed).status_code == 200
    assert client.post("/hooks/portal", content=body + b" ", headers=signed).status_code == 401
    assert len(lines(kafka)) == 1


# Who may send


@pytest.mark.parametrize(
    "origin",
    [
        "", "null", "*", "https://portal.north.example.evil.example", "http://portal.north.example",
        "https://portal.north.example:8443", "https://evil.example", "https://PORTAL.north.example",
        "https://portal.north.example/",
    ],
)  # fmt: skip
def test_a_page_of_another_origin_may_not(client: TestClient, kafka: Kafka, origin: str) -> None:
    answer = send(client, act(), origin=origin)
    assert answer.status_code == 403
    assert "origin" in answer.json()["error"]
    asked = client.options("/beacon/portal", headers={"Origin": origin})
    assert asked.status_code == 403
    for each in (answer, asked):
        assert not [name for name in each.headers if name.startswith("access-control")]
    assert kafka.messages == []


def test_who_names_no_origin_may_not(client: TestClient) -> None:
    assert client.post("/beacon/portal", content=orjson.dumps(act())).status_code == 403


def test_a_browser_that_asks_before_is_answered(client: TestClient) -> None:
    asked = {"Access-Control-Request-Method": "POST", "Origin": SITE}
    answer = client.options("/beacon/portal", headers=asked)
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == SITE
    assert answer.headers["access-control-allow-headers"] == "content-type"
    assert answer.headers["access-control-allow-credentials"] == "true"
    assert answer.headers["vary"] == "Origin"


def signed_by_another() -> str:
    return token(secret=b"another")


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (lambda: None, "not signed"),
        (lambda: "", "not signed"),
        (lambda: "x", "not signed"),
        (lambda: token()[:-1], "not signed"),
        (lambda: token()[:-1] + "x", "not signed"),
        (lambda: token("bo"), "does not fit"),
        (signed_by_another, "does not fit"),
        (lambda: "9" + token(), "does not fit"),
        (lambda: "٣" + token()[1:], "not signed"),
        (lambda: token(seconds=-1), "expired"),
        (lambda: token(seconds=0), "expired"),
        (lambda: token(seconds=86_400 * 3), "24 hours"),
    ],
)
def test_an_account_that_is_not_signed_now_is_nobodys(
    client: TestClient, kafka: Kafka, given: Any, why: str
) -> None:
    answer = send(client, act(token=given()))
    assert answer.status_code == 403
    assert why in answer.json()["error"]
    assert answer.headers["access-control-allow-origin"] == SITE
    assert kafka.messages == []
    health = client.get("/healthz").json()
    assert health["problems"] == [], "a page left open over night is no wrong secret"


def test_an_unsigned_account_counts_where_the_connection_says_so(
    kafka: Kafka, tmp_path: Path
) -> None:
    with served(kafka, tmp_path, unsigned=True) as client:
        assert send(client, act(token=None)).status_code == 200
        assert send(client, act(token=signed_by_another())).status_code == 403, "a wrong one never"
    assert len(lines(kafka)) == 1


@pytest.mark.parametrize("wrong", ["*", "null", "portal.north.example", f"{SITE}/a", "file:///"])
def test_an_origin_that_is_none_is_told(wrong: str) -> None:
    with pytest.raises(ValidationError, match="is no origin"):
        options(origins=[wrong])


def test_origins_are_as_browsers_write_them() -> None:
    told = options(origins=["HTTPS://Portal.North.example:443/", "http://localhost:8080"])
    assert told.origins == {SITE, "http://localhost:8080"}


def test_accounts_may_be_mail_addresses(kafka: Kafka, tmp_path: Path) -> None:
    with served(kafka, tmp_path, accounts="mail", unsigned=True) as client:
        send(client, act(account="Ida@North.example", token=None))
        assert lines(kafka)[0]["actor"]["mbox"] == "mailto:ida@north.example"
        assert send(client, act(account="ida", token=None)).json()["result"] == "rejected"


def test_the_portals_code_in_the_docs_signs_as_the_door_reads(client: TestClient) -> None:
    page = (Path(__file__).parents[2] / "docs" / "connecting.md").read_text("utf-8")
    section = page.partition("## Beacon")[2]
    code = section.partition("```python\n")[2].partition("```")[0]
    portal: dict[str, Any] = {}
    exec(code, portal)
    assert send(client, act(account="Žofie Ø", token=portal["token"]("Žofie Ø", SECRET))).is_success


# What is not taken


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 422), (b"{broken", 422), (b"[]", 422), (b"null", 422), (b"\xff\xfe", 422),
        (b"[" * 3000, 422), (b"{" + b" " * 5000 + b"}", 413),
    ],
)  # fmt: skip
def test_what_is_no_act_is_told(client: TestClient, kafka: Kafka, body: bytes, status: int) -> None:
    answer = send(client, body)
    assert answer.status_code == status
    assert answer.json()["error"]
    assert kafka.messages == []


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", ""), ("id", "a b"), ("id", "x" * 101), ("id", 5), ("id", None),
        ("kind", "Viewed"), ("kind", ""), ("kind", None), ("kind", ["viewed"]),
        ("at", "2026-03-02T09:01:00Z"), ("at", -1), ("at", 1.5), ("at", 1 << 60), ("at", None),
        ("account", ""), ("account", None), ("account", "i\nda"), ("account", "x" * 201),
        ("page", "javascript:alert(1)"), ("page", "file:///etc/passwd"), ("page", "https://"),
        ("page", "https://[::"), ("page", "https://a b/"), ("page", "x" * 2001), ("page", 1),
        ("found", "yes"), ("length", -1), ("length", True), ("of", "a b"), ("topic", "a\u202eb"),
        ("referrer", SITE), ("cookie", "a=b"),
    ],
)  # fmt: skip
def test_a_field_that_is_wrong_or_not_declared_is_named(
    client: TestClient, kafka: Kafka, field: str, value: Any
) -> None:
    told = act()
    if value is None:
        del told[field]
    else:
        told[field] = value
        if field == "account" and isinstance(value, str):
            told["token"] = token(value)
    answer = send(client, told)
    assert answer.status_code == 422
    assert f"`{field}`" in answer.json()["error"]
    assert kafka.messages == []


@pytest.mark.parametrize(
    ("seconds", "status"), [(0, 200), (-3000, 200), (-4000, 422), (200, 200), (400, 422)]
)
def test_a_time_is_of_now(client: TestClient, seconds: int, status: int) -> None:
    answer = send(client, act(at=int((time.time() + seconds) * 1000)))
    assert answer.status_code == status


def test_another_type_another_method_and_another_connection(client: TestClient) -> None:
    assert send(client, act(), content_type="text/html").status_code == 415
    assert client.get("/beacon/portal").status_code == 405
    assert client.post("/beacon/none", headers=ORIGIN).status_code == 404
    assert client.post("/beacon/code", headers=ORIGIN).status_code == 404
    assert client.get("/beacon/code.js").status_code == 404
    assert client.get("/beacon/none.js").status_code == 404


def test_a_flood_is_429_and_others_go_on(kafka: Kafka, tmp_path: Path) -> None:
    with served(kafka, tmp_path, rate=5) as client:
        flood = [send(client, act(id=str(n)), x_forwarded_for="203.0.113.9") for n in range(50)]
        refused = [each for each in flood if each.status_code == 429]
        assert len(refused) >= 44
        assert all(1 <= int(each.headers["retry-after"]) <= 13 for each in refused)
        forged = send(client, act(id="a"), x_forwarded_for="198.51.100.7, 203.0.113.9")
        assert forged.status_code == 429, "what a client writes itself is not believed"
        assert send(client, act(id="b"), x_forwarded_for="198.51.100.7").status_code == 200
        assert send(client, b"{", x_forwarded_for="203.0.113.9").status_code == 429
    assert len(lines(kafka)) <= 7


# The script


def test_the_script_is_small_and_says_nothing_but_what_may_leave(client: TestClient) -> None:
    answer = client.get("/beacon/portal.js")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/javascript")
    assert len(answer.content) <= 3072
    assert SECRET not in answer.content
    assert b"OPTIONS" not in answer.content
    for word in (b"cookie", b"Storage", b".referrer", b"eval", b"innerHTML", b"userAgent"):
        assert word not in answer.content
    again = client.get("/beacon/portal.js", headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304


# In any order


@given(st.data())
@settings(max_examples=40)
def test_acts_shuffled_and_repeated_count_as_one_clean_pass(data: st.DataObject) -> None:
    one, clean = intake(), []
    for number in range(12):
        kind = ("bookmarked", "searched", "viewed", "explored")[number % 4]
        page = "https://vendor.example/" if kind == "explored" else f"{SITE}/{number}"
        clean.append(act(kind, id=f"{number}", page=page, token=None, at=1_772_442_060_000))
    clean += [act("unbookmarked", id="x", of=of, token=None) for of in ("0", "8")]
    repeated = data.draw(st.lists(st.sampled_from(clean), max_size=12))
    shuffled = data.draw(st.permutations(clean + repeated))

    def made(every: list[dict[str, Any]]) -> dict[str, Any]:
        found = [connector.webhook.found(_whole(each)) for each in every]  # type: ignore[union-attr]
        return counting(statements(one, [Found(f.kind, f.event) for some in found for f in some]))

    assert made(shuffled).keys() == made(clean).keys()
    assert len(made(clean)) == 10


def _whole(told: dict[str, Any]) -> Delivery:
    return acts.whole(Delivery({}, orjson.dumps(told)), options())


@given(st.text(max_size=60), st.sampled_from(["https://", "http://", ""]))
def test_any_address_is_cut_or_told(text: str, scheme: str) -> None:
    try:
        cut = acts.cut(scheme + text, options(queries=["id"]))
    except ValueError:
        return
    assert "#" not in cut
    assert "@" not in cut.split("/")[2]
    assert cut.startswith(("https://", "http://"))
    assert acts.cut(cut, options(queries=["id"])) == cut
