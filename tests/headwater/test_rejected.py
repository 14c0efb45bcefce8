"""`headwater rejected` against the real warehouse, the real LRS and the real hooks server."""

import asyncio
import base64
import hashlib
import hmac
import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from typer.testing import CliRunner, Result

from headwater.cli import build
from headwater.errors import StackError
from headwater.replay import body_of, replay
from headwater.running import Running
from streams.processors.rejections import row_of
from warehouse import Warehouse

STATEMENT = json.dumps(
    {
        "id": "9dc99b37-e920-4a68-a066-917faca28949",
        "actor": {"mbox": "mailto:anna@example.org"},
        "verb": {"id": "http://adlnet.gov/expapi/verbs/asked"},
        "object": {"id": "http://example.org/é"},
    }
)
USER = {"login": "Anna", "id": 7, "type": "User"}
WATCH = json.dumps({"action": "started", "sender": USER})
COLUMNS = ("id", "at", "source", "kind", "reason", "path", "body", "encoding", "headers")
EVENT_HEADERS = {"x-github-event": "watch", "content-type": "application/json"}


def row(**changed: Any) -> dict[str, Any]:
    values: dict[str, Any] = {
        "id": str(uuid4()),
        "at": datetime.now(UTC),
        "source": "lrs:tool",
        "kind": "unreadable",
        "reason": "why not",
        "path": "xapi.statements/0/0/0",
        "body": STATEMENT,
        "encoding": "",
        "headers": {},
    }
    return values | changed


# Replaying, without a warehouse


@pytest.fixture
def stack(lrs_url: str, hooks_server: Any) -> Running:
    """A stack of an LRS and a hooks server."""
    return Running(
        {
            "lrs": {"url": lrs_url, "username": "tool", "password": "secret"},
            "hooks": {
                "url": hooks_server.url,
                "secrets": {"code": "it is a secret"},
                "connectors": {"code": "github"},
            },
        },
        "here",
    )


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    with httpx.Client(trust_env=False) as client:
        yield client


def test_a_statement_goes_to_the_lrs_whatever_brought_it(
    stack: Running, client: httpx.Client, accepted: Any
) -> None:
    for source, kind in (("lrs:tool", "other"), ("hook:code", "unclassifiable"), ("", "conflict")):
        result = replay(row(source=source, kind=kind), stack, client)
        assert (result.done, result.said) == (True, "the LRS took it")
    assert accepted.ids() == ["9dc99b37-e920-4a68-a066-917faca28949"]  # the same, again


def test_the_lrss_reason_is_told(stack: Running, client: httpx.Client) -> None:
    result = replay(row(body='{"actor":1}'), stack, client)
    assert not result.done
    assert result.said.startswith("the LRS refused it: 400 $")


def test_a_delivery_is_signed_anew_and_its_bytes_stay(
    stack: Running, client: httpx.Client, hooks_server: Any
) -> None:
    raw = base64.b64encode(b"payload=%7B%7D&x=\xff").decode()
    ignored = row(source="hook:code", kind="unsupported", body=WATCH, headers=EVENT_HEADERS)
    result = replay(ignored, stack, client)
    assert (result.done, result.said.partition(":")[0]) == (True, "ignored")
    assert hooks_server.sink.messages == []
    assert body_of(row(body=raw, encoding="base64")) == b"payload=%7B%7D&x=\xff"


def test_a_delivery_that_is_kept_once_more_is_not_taken(
    stack: Running, client: httpx.Client, hooks_server: Any
) -> None:
    headers = EVENT_HEADERS | {"x-github-event": "from_the_future", "x-github-delivery": "d é"}
    result = replay(
        row(source="hook:code", kind="unsupported", body=WATCH, headers=headers), stack, client
    )
    assert not result.done
    assert result.said.startswith("unsupported: no mapper and no decision for from_the_future")
    assert [each.topic for each in hooks_server.sink.messages] == ["xapi.rejected"]


def test_what_cannot_be_replayed_says_why(stack: Running, client: httpx.Client) -> None:
    gone = replay(row(source="hook:gone", kind="rejected"), stack, client)
    assert (gone.done, gone.said) == (False, "there is no connection 'gone' any more")
    figures = replay(row(source="kpi", kind="kpi"), stack, client)
    assert (figures.done, figures.said) == (
        False,
        "came from kpi: load its file again, corrected",
    )
    away = {"url": "http://127.0.0.1:9", "username": "a", "password": "b"}
    nobody = replay(row(), Running({"lrs": away}, "here"), client)
    assert not nobody.done
    assert nobody.said.startswith("nobody answers")


def test_the_signature_is_githubs(
    stack: Running, hooks_server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={"result": "mapped", "statements": 1, "kind": "x"})

    with httpx.Client(transport=httpx.MockTransport(answer)) as client:
        result = replay(
            row(source="hook:code", kind="rejected", body=WATCH, headers=EVENT_HEADERS),
            stack,
            client,
        )
    assert (result.done, result.said) == (True, "mapped: 1 statements")
    (request,) = seen
    expected = hmac.new(b"it is a secret", WATCH.encode(), hashlib.sha256).hexdigest()
    assert request.headers["x-hub-signature-256"] == f"sha256={expected}"
    assert request.headers["x-github-event"] == "watch"
    assert request.headers.get_list("content-type") == ["application/json"]
    assert request.url.path == "/hooks/code"


def test_a_delivery_is_signed_as_the_options_of_its_connection_say() -> None:
    body = b'{"specversion": "1.0"}'
    options = {
        "site": "https://desk.example.com",
        "platform": "Desk",
        "authentication": "hmac",
        "hmac_header": "X-Desk",
        "rules": [{"type": "x", "actor": "a", "voids": "b"}],
    }
    described = {
        "url": "http://127.0.0.1:9",
        "secrets": {"desk": "s3cret"},
        "connectors": {"desk": "cloudevents"},
        "options": {"desk": options},
    }
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={"result": "mapped", "statements": 1})

    with httpx.Client(transport=httpx.MockTransport(answer)) as client:
        refused = row(source="hook:desk", kind="rejected", body=body.decode())
        assert replay(refused, Running({"hooks": described}, "here"), client).done
    right = hmac.new(b"s3cret", body, hashlib.sha256).hexdigest()
    assert seen[0].headers["x-desk"] == right
    assert "authorization" not in seen[0].headers


# The commands, on the real warehouse


@pytest.fixture
def store(warehouse: Any) -> Iterator[Warehouse]:
    """The warehouse without anything refused."""
    store = Warehouse(warehouse.admin)
    for table in ("vault.rejected_rows", "ops.replayed_rows"):
        store.execute(f"TRUNCATE TABLE {table}")
    yield store
    store.close()


@pytest.fixture
def run(
    warehouse: Any,
    stack: Running,
    hooks_server: Any,
    tmp_path: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> Any:
    """Runs `headwater rejected` against parts that the environment names."""
    for name in [name for name in os.environ if name.startswith("HEADWATER_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HEADWATER_CLICKHOUSE", warehouse.admin)
    monkeypatch.setenv("HEADWATER_LRS_PORT", stack.lrs[0].rpartition(":")[2])
    monkeypatch.setenv("HEADWATER_LRS_CREDENTIALS", "tool:secret")
    monkeypatch.setenv("HEADWATER_HOOKS_PORT", stack.hooks[0].rpartition(":")[2])
    monkeypatch.setenv("HEADWATER_CONNECTIONS", str(hooks_server.connections))

    def invoke(*arguments: str) -> Result:
        return CliRunner().invoke(build(), ["rejected", *arguments])

    return invoke


def keep(store: Warehouse, *rows: dict[str, Any]) -> None:
    """Puts refusals into the warehouse, each a second older than the next."""
    store.insert(
        "vault.rejected_rows",
        COLUMNS,
        [
            [(each | {"at": each["at"] + timedelta(seconds=place)})[name] for name in COLUMNS]
            for place, each in enumerate(rows)
        ],
    )


@pytest.mark.integration
def test_the_list_is_newest_first_and_can_be_narrowed(store: Warehouse, run: Any) -> None:
    assert run("list").stdout == "nothing was refused\n"
    hook = row(source="hook:code", kind="unsupported", reason="a \x1b[31mred\x1b[0m reason")
    rows = [row(), hook, row(kind="conflict")]
    keep(store, *rows)
    told = json.loads(run("list", "--json").stdout)
    assert [each["id"] for each in told] == [each["id"] for each in reversed(rows)]
    assert told[1]["reason"] == hook["reason"]
    assert told[1]["body_bytes"] == len(STATEMENT.encode())
    assert datetime.fromisoformat(told[0]["at"]).tzinfo is not None
    assert told[0]["replayed_at"] is None

    def ids(*arguments: str) -> list[str]:
        return [each["id"] for each in json.loads(run("list", "--json", *arguments).stdout)]

    assert ids("--limit", "1") == [rows[2]["id"]]
    assert ids("--kind", "unsupported") == ids("--source", "hook:code") == [hook["id"]]
    assert ids("--kind", "' OR 1=1") == []
    table = run("list").stdout
    assert table.index(rows[2]["id"]) < table.index(hook["id"]) < table.index(rows[0]["id"])
    assert "\x1b" not in table
    assert "\\x1b[31mred" in table


@pytest.mark.integration
def test_show_shows_everything(store: Warehouse, run: Any) -> None:
    kept = row(source="hook:code", kind="unsupported", headers=EVENT_HEADERS)
    binary = row(body=base64.b64encode(b"\xff\x00").decode(), encoding="base64")
    keep(store, kept, binary)
    shown = run("show", kept["id"][:9]).stdout
    for said in (kept["id"], "hook:code", "unsupported", "why not", "x-github-event: watch"):
        assert said in shown
    assert '  "id": "9dc99b37-e920-4a68-a066-917faca28949",\n' in shown
    assert "http://example.org/é" in shown
    assert run("show", binary["id"]).stdout.endswith("\n\\xff\\x00\n")
    for unknown in ("zz", ""):
        result = run("show", unknown)
        assert isinstance(result.exception, StackError)
        assert "see `headwater rejected list`" in str(result.exception)


@pytest.mark.integration
def test_what_is_taken_is_marked_and_not_replayed_again(
    store: Warehouse, run: Any, accepted: Any
) -> None:
    good, bad = row(), row(body="{broken")
    loser = row(kind="conflict")
    hook = row(source="hook:code", kind="unsupported", body=WATCH, headers=EVENT_HEADERS)
    keep(store, good, bad, loser, hook)

    result = run("replay", "--source", "hook:code")
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[0].startswith(f"{hook['id']} taken: ignored")

    result = run("replay", "--all")
    assert result.exit_code == 1
    first, second, summary = result.stdout.splitlines()
    assert first == f"{good['id']} taken: the LRS took it"
    assert second.startswith(f"{bad['id']} not taken: the LRS refused it: 400")
    assert summary == "1 of 2 taken"

    marked = {each["id"]: each["replayed_at"] for each in json.loads(run("list", "--json").stdout)}
    assert {name for name, at in marked.items() if at} == {good["id"], hook["id"]}
    assert run("replay", "--all").stdout.splitlines()[-1] == "0 of 1 taken"
    assert run("replay", good["id"], loser["id"]).stdout.splitlines()[-1] == "2 of 2 taken"
    assert len(accepted.ids()) == 1  # one id, the same statement each time


@pytest.mark.integration
def test_what_to_replay_must_be_said(store: Warehouse, run: Any) -> None:
    for arguments in ((), ("--all", "--source", "x"), ("abc", "--all")):
        result = run("replay", *arguments)
        assert result.exit_code == 2
        assert "name ids, or --source, or --all" in result.output


@pytest.mark.integration
def test_what_the_lrs_refuses_is_in_the_list_and_counted_by_sender_and_rule(
    store: Warehouse, warehouse: Any, run: Any, lrs_application: Any, accepted: Any, lrs_url: str
) -> None:
    lines = b'{"actor":1}\nnot json\n' * 3
    answer = httpx.post(
        f"{lrs_url}/verdicts",
        content=lines,
        auth=("tool", "secret"),
        headers={
            "X-Experience-API-Version": "1.0.3",
            "Content-Type": "application/x-ndjson",
        },
        trust_env=False,
    )
    assert [json.loads(each)["verdict"] for each in answer.text.splitlines()] == ["invalid"] * 6
    noted = lrs_application._refusals
    noted._report()
    asyncio.run(noted._flush())
    rows = [row_of(each, 0, place, 1) for place, each in enumerate(accepted.rejected)]
    now = datetime.now(UTC)
    store.insert("vault.rejected_rows", COLUMNS, [(row[0], now, *row[2:]) for row in rows])
    listed = json.loads(run("list", "--json").stdout)
    assert {each["source"] for each in listed} == {"lrs:tool"}
    assert {each["kind"] for each in listed} == {"refused"}
    assert any("a JSON object" in each["reason"] for each in listed)
    viewer = Warehouse(warehouse.viewer)
    counted = viewer.query("SELECT source, kind, rule, refused FROM viewer.refusals")
    viewer.close()
    assert sum(row[3] for row in counted) == 6
    assert {row[:2] for row in counted} == {("lrs:tool", "refused")}
    assert all(row[2].startswith("Part T") for row in counted)
    assert run("replay", "--all").stdout.splitlines()[-1] == "0 of 0 taken"
    unkept = run("replay", listed[0]["id"])
    assert unkept.exit_code == 1
    assert "was not kept" in unkept.stdout
