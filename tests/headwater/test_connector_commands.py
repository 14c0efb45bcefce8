"""`headwater connectors`: what is known, and what becomes of a delivery."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from headwater.cli import build
from headwater.errors import StackError
from producers import connectors
from producers.registry import all_connectors

EXAMPLES = Path(connectors.__path__[0]) / "github" / "examples"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(build(), ["connectors", *arguments])


def test_the_list_names_each_and_how_its_events_come() -> None:
    said = run("list").stdout
    lines = said.splitlines()
    assert [line.split()[0] for line in lines] == sorted(all_connectors())
    assert any(line.startswith("github  GitHub: webhook and poll; ") for line in lines)
    assert all("kinds mapped" in line for line in lines)


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
        ("gitbub", "{}", "name one of discourse, github, "),
        ("github", "{}", "is no delivery"),
        ("github", "nonsense", "is no delivery"),
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
