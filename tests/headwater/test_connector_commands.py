"""`headwater connectors`: what is known, and what becomes of a delivery or an API page."""

import contextlib
import json
import threading
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from headwater.cli import build
from headwater.errors import StackError
from producers import checking, connectors
from producers.registry import all_connectors
from tests.web import answering

EXAMPLES = Path(connectors.__path__[0]) / "github" / "examples"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(build(), ["connectors", *arguments])


def test_the_list_names_each_and_how_its_events_come() -> None:
    said = run("list").stdout
    assert said == run().stdout
    lines = said.splitlines()
    assert [line.split()[0] for line in lines] == sorted(all_connectors())
    assert any(line.startswith("github  GitHub: webhook and poll; ") for line in lines)
    assert all("kinds mapped" in line for line in lines)
    assert "CloudEvents: webhook; kinds mapped as its connection's rules say" in said


def test_a_delivery_is_tried_and_shown() -> None:
    said = run("try", "github", str(EXAMPLES / "pull_request_review.submitted.json"))
    assert said.exit_code == 0, said.output
    (event,) = json.loads(said.stdout)
    expected = json.loads((EXAMPLES / "pull_request_review.submitted.expected.json").read_text())
    assert event["statements"] == expected[0]["statements"]
    assert event["signals"] == expected[0]["signals"]
    assert event["disposition"] == "mapped"


@pytest.mark.parametrize("name", ["message__in_a_channel_left_out", "reaction_added__bookmark"])
def test_a_delivery_is_tried_with_the_options_beside_it(name: str) -> None:
    examples = Path(connectors.__path__[0]) / "slack" / "examples"
    (event,) = json.loads(run("try", "slack", str(examples / f"{name}.json")).stdout)
    (expected,) = json.loads((examples / f"{name}.expected.json").read_text("utf-8"))
    assert event["statements"] == expected["statements"]
    assert event["disposition"] == expected["disposition"]


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("gitbub", "{}", "discourse, github, "),
        ("github", "{}", "is no delivery"),
        ("github", "nonsense", "is no delivery"),
        ("github", "[]", "must be a JSON object"),
        ("github", '{"headers": {}}', "is no delivery"),
        ("cloudevents", '{"type": "a"}', "options: site: Field required"),
        ("linkding", "{}", "options: site: Field required"),
        (
            "mediawiki",
            '{"stream": "x", "options": {"site": "https://w"}}',
            "no stream 'x': changes",
        ),
        ("github", '{"headers": {}, "body": []}', "must be a JSON object"),
        ("github", '{"headers": {}, "body": {}, "options": {"apj": ""}}', "options: apj: Extra"),
    ],
)
def test_what_cannot_be_tried_says_why(name: str, text: str, says: str, tmp_path: Path) -> None:
    file = tmp_path / "one.json"
    file.write_text(text, "utf-8")
    found = run("try", name, str(file))
    assert isinstance(found.exception, StackError)
    assert says in str(found.exception)
    missing = run("try", "github", str(tmp_path / "gone.json"))
    assert "cannot be read" in str(missing.exception)


EVENT = {
    "specversion": "1.0",
    "id": "7",
    "source": "/desk",
    "type": "com.example.read",
    "data": {"who": "ida", "path": "/pumps"},
}
CONNECTION = """
[[connection]]
name = "desk"
connector = "cloudevents"
secret = "env:NOT_SET_HERE"
[connection.options]
site = "https://desk.example.com"
platform = "Desk"
[[connection.options.rules]]
type = "com.example.read"
actor = "data.who"
verb = "viewed"
behaviour = "read"
object = "data.path"
object_type = "page"
"""


def told(tmp_path: Path, record: object, *more: str) -> list[dict[str, Any]]:
    """What is said of a record by the connection `desk`."""
    file, config = tmp_path / "one.json", tmp_path / "connections.toml"
    file.write_text(json.dumps(record), "utf-8")
    config.write_text(CONNECTION, "utf-8")
    said = run("try", "desk", str(file), "--config", str(config), *more)
    assert said.exit_code == 0, said.output
    return list(json.loads(said.stdout))


def test_a_connections_own_rules_are_tried_and_no_secret_is_read(tmp_path: Path) -> None:
    headers = {"Content-Type": "application/cloudevents+json"}
    whole = told(tmp_path, {"headers": headers, "body": EVENT})
    assert whole == told(tmp_path, EVENT)
    assert whole * 2 == told(tmp_path, [EVENT, EVENT])
    assert whole[0]["statements"][0]["object"]["id"] == "https://desk.example.com/pumps"


def test_what_is_refused_is_shown_with_its_reason(tmp_path: Path) -> None:
    nobody, undecided = told(tmp_path, [{**EVENT, "data": {}}, {**EVENT, "type": "com.example.x"}])
    assert nobody["disposition"] == "rejected"
    assert "`actor`: `data.who` gives nothing" in nobody["reason"]
    assert undecided["disposition"] == "unsupported"


@pytest.mark.parametrize("name", sorted(all_connectors()))
def test_a_delivery_and_an_api_page_of_each_tool_are_tried(name: str) -> None:
    examples = sorted((Path(connectors.__path__[0]) / name / "examples").glob("*.json"))
    by_way: dict[bool, Path] = {}
    for path in examples:
        if not path.name.endswith(".expected.json"):
            by_way.setdefault("stream" in json.loads(path.read_text("utf-8")), path)
    for path in by_way.values():
        said = run("try", name, str(path))
        assert said.exit_code == 0, said.exception
        expected = path.with_name(f"{path.stem}.expected.json").read_text("utf-8")
        assert json.loads(said.stdout) == json.loads(expected)
    tool = all_connectors()[name]
    assert by_way.keys() == {
        way for way, there in ((False, tool.webhook), (True, tool.poll)) if there
    }


def test_a_file_of_connections_that_is_wrong_is_told_by_line(tmp_path: Path) -> None:
    config, file = tmp_path / "connections.toml", tmp_path / "one.json"
    config.write_text(CONNECTION.replace("data.path", "data.["), "utf-8")
    file.write_text("{}", "utf-8")
    said = run("try", "desk", str(file), "--config", str(config))
    assert isinstance(said.exception, StackError)
    assert "connections.toml, line 14 (connection 1)" in str(said.exception)
    assert "'rules.#1.object'" in str(said.exception)
    gone = run("try", "desk", str(file), "--config", str(tmp_path / "gone.toml"))
    assert "there is no such file" in str(gone.exception)


BOOKMARK = json.loads(
    (
        Path(connectors.__path__[0]) / "linkding" / "examples" / "bookmark.added__on_two_pages.json"
    ).read_text("utf-8")
)


class Linkding(BaseHTTPRequestHandler):
    """A linkding whose token is "good"; one with "slow" waits for an answer."""

    def do_GET(self) -> None:
        token = self.headers["Authorization"].removeprefix("Token ")
        if token == "slow":
            threading.Event().wait(5)
        found = next(iter(BOOKMARK["replies"].values()))["content"] | {"next": None}
        content = {"good": found, "odd": {"bookmarks": []}}.get(token, {"detail": "Invalid token."})
        body = json.dumps(content).encode()
        self.send_response(401 if "detail" in content else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        with contextlib.suppress(OSError):
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.mark.parametrize(
    ("token", "said"),
    [
        ("good", "links/bookmarks: 1 events on the first page: 1 mapped"),
        ("stale", "links/bookmarks: NOT WELL: "),
        ("odd", "links/bookmarks: NOT WELL: the answer is not what the tool documents"),
        ("slow", "links/bookmarks: NOT WELL: no answer within 0 s"),
    ],
)
def test_a_connection_is_checked_by_asking_its_tool(
    token: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if token == "slow":
        monkeypatch.setattr(checking, "SECONDS", 0.2)
    file = tmp_path / "connections.toml"
    monkeypatch.setenv("TOKEN", token)
    with answering(Linkding) as url:
        file.write_text(
            '[[connection]]\nname = "links"\nconnector = "linkding"\ntoken = "env:TOKEN"\n'
            f'options = {{site = "{url}", user = "ida"}}\n'
            '[[connection]]\nname = "code"\nconnector = "github"\nsecret = "env:TOKEN"\n'
        )
        every = run("check", "--config", str(file))
        one = run("check", "code", "--config", str(file))
    assert said in every.stdout, every.output
    assert every.exit_code == (0 if token == "good" else 1)
    told = "code: GitHub may deliver to /hooks/code\ncode: is not asked, for it has no token\n"
    assert every.stdout.endswith(told)
    assert (one.exit_code, one.stdout) == (0, told)
    if token == "stale":
        assert "401" in every.stdout


def test_a_file_that_cannot_be_checked_says_why(tmp_path: Path) -> None:
    file = tmp_path / "connections.toml"
    file.write_text('[[connection]]\nname = "links"\nconnector = "linkdig"\n')
    assert "line 3" in str(run("check", "--config", str(file)).exception)
    file.write_text("")
    assert "has no connection 'links' (none)" in str(
        run("check", "links", "--config", str(file)).exception
    )
