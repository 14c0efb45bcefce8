"""`headwater connectors add`: what a tool needs is asked, written beside what stands, and told."""

import asyncio
import re
import stat
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from headwater.cli import build
from headwater.errors import StackError
from producers.connections import load, needs
from producers.following import Followed
from producers.registry import all_connectors
from producers.setup import setup_of

RULE = (
    '[{type = "com.example.viewed", actor = "data.who", verb = "viewed", behaviour = "read", '
    'object = "data.path", object_type = "page"}]'
)
#: What each tool cannot do without, as somebody types it.
OPTIONS = {
    "beacon": {
        "site": "https://portal.example.com",
        "platform": "Intranet",
        "origins": "https://portal.example.com, https://search.example.com",
    },
    "cloudevents": {"site": "https://portal.example.com", "platform": "Portal", "rules": RULE},
    "confluence": {"site": "https://example.atlassian.net/wiki", "api_user": "it@example.com"},
    "discourse": {"site": "https://forum.example.com"},
    "github": {"repositories": "north/atlas,north/pumps"},
    "gitlab": {"groups": '["north"]'},
    "hypothesis": {"groups": '{kQ7x2mZp = "atlas"}'},
    "jira": {"site": "https://example.atlassian.net", "projects": "ATLAS"},
    "linkding": {"site": "https://links.example.com", "user": "anna", "addresses": "true"},
    "lrs": {
        "endpoint": "https://lrs.example.com/xapi",
        "user": "headwater",
        "version": "2.0.0",
        "since": "2026-01-01T00:00:00Z",
    },
    "mediawiki": {"site": "https://wiki.example.com/w", "history_days": "30"},
    "microsoft365": {
        "tenant": "7d3f1c2a-5b0e-4c7e-9a61-2f4e8b7c9d10",
        "app": "3c9d7f10-2222-4333-8444-0123456789ab",
        "service": "activity",
    },
    "slack": {"channels": '{C024BE91L = {name = "help-data", use = "help"}}'},
    "zendesk": {
        "site": "https://example.zendesk.com",
        "api_user": "it@example.com",
        "groups": '{360001 = "support"}',
    },
}
THERE = (
    "# Ours; do not touch.\n[[connection]]   # the first\nname = 'old'\nconnector = \"github\"\n"
    'secret = "file:secrets/old"'  # and no newline at the end
)
TOOLS = sorted(all_connectors())


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "old").write_text("of old\n")
    path = tmp_path / "connections.toml"
    path.write_text(THERE)
    return path


def run(file: Path, *arguments: str, typed: str = "") -> Result:
    words = ["connectors", "add", *arguments, "--config", str(file)]
    return CliRunner().invoke(build(), words, input=typed)


def given(tool: str) -> list[str]:
    """What a script gives so that nothing has to be asked."""
    said = [word for pair in OPTIONS[tool].items() for word in ("--set", "=".join(pair))]
    secret = setup_of(tool).secret
    if secret and not secret.ours:
        said += ["--secret", "-"]
    return [*said, "--token", "-"] if all_connectors()[tool].poll else said


@pytest.mark.parametrize("tool", TOOLS)
def test_a_connection_of_each_tool_is_added_and_works_at_once(tool: str, file: Path) -> None:
    following = Followed(path=file)
    words = (tool, "mine", *given(tool), "--public", "https://hooks.example.org", "--no-input")
    said = run(file, *words, typed="first-line-x\nsecond-line-x\n")
    assert said.exit_code == 0, (said.output, said.exception)
    text = file.read_text()
    assert text.startswith(f'{THERE}\n\n[[connection]]\nname = "mine"\nconnector = "{tool}"\n')
    assert asyncio.run(following.look())
    made = following.intakes["mine"].connection
    assert made.connector is all_connectors()[tool]
    told = made.options.model_dump(mode="json", exclude_unset=True)
    assert told.keys() == OPTIONS[tool].keys()
    for key, needed in needs(made.connector).items():
        assert getattr(made, key) or not needed
    named = re.findall(r'= "file:(secrets/mine[^"]*)"', text)
    assert len(named) == bool(made.secret) + bool(made.token)
    for each in named:
        assert stat.S_IMODE((file.parent / each).stat().st_mode) == 0o600
    setup = setup_of(tool)
    if setup.door:
        path = "beacon/mine.js" if made.connector.beacon else "hooks/mine"
        assert f"https://hooks.example.org/{path}" in said.stdout
        assert all(each in said.stdout for each in (setup.door.where, *setup.door.events))
        ours = setup.secret and setup.secret.ours
        assert (made.secret.decode() in said.stdout) == ours
    if setup.token:
        assert all(each in said.stdout for each in setup.token.permissions)
        assert made.token.decode() not in said.stdout
    assert "`headwater connectors check mine`" in said.stdout
    again = run(file, *words, typed="first\nsecond\n")
    assert (
        f"has a connection 'mine' already. To fix: give the new one another name: `headwater "
        f"connectors add {tool} NAME`." in str(again.exception)
    )
    assert file.read_text() == text


@pytest.mark.parametrize("tool", TOOLS)
def test_how_a_tool_is_connected_fits_its_declaration(tool: str) -> None:
    connector, setup = all_connectors()[tool], setup_of(tool)
    assert set(setup.asks) <= connector.options.model_fields.keys()
    assert bool(setup.secret) == bool(setup.door) == bool(connector.webhook)
    assert bool(setup.token) == bool(connector.poll)
    if setup.door and setup.secret:
        filled = " ".join(setup.door.fields.values())
        assert "{address}" in filled
        assert ("{secret}" in filled) == setup.secret.ours
        assert setup.secret.ours or setup.secret.where
        assert setup.door.events


def test_what_is_missing_is_asked_and_what_does_not_fit_is_asked_again(file: Path) -> None:
    # A site that is none, then one; api_user; projects; the token.
    typed = "example\nhttps://example.atlassian.net\nit@example.com\nATLAS, HELP\nthe-token\n"
    said = run(file, "jira", typed=typed)
    assert said.exit_code == 0, (said.output, said.exception)
    assert "'site' of jira: it must begin with https:// or http://" in said.stdout
    made = load(file)["jira"]
    assert made.token == b"the-token"
    assert made.options.model_dump(exclude_unset=True) == {
        "site": "https://example.atlassian.net",
        "api_user": "it@example.com",
        "projects": frozenset({"ATLAS", "HELP"}),
    }


def test_a_secret_of_the_tools_own_is_asked_after_its_address_is_told(file: Path) -> None:
    typed = "https://example.zendesk.com\nit@example.com\nits-secret\nthe-token\n"
    said = run(file, "zendesk", "desk", "--public", "https://h.example.org", typed=typed)
    assert said.exit_code == 0, (said.output, said.exception)
    assert said.stdout.index("https://h.example.org/hooks/desk") < said.stdout.index("Reveal")
    made = load(file)["desk"]
    assert (made.secret, made.token) == (b"its-secret", b"the-token")


def test_a_tool_that_need_not_be_asked_needs_no_token(file: Path) -> None:
    assert run(file, "github", "--no-input").exit_code == 0
    assert not load(file)["github"].token


def test_secrets_that_stand_elsewhere_are_named(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OURS", "0123456789abcdef")
    words = ("--secret", "env:OURS", "--token", "file:secrets/old", "--no-input")
    said = run(file, "github", *words)
    assert "what env:OURS holds" in said.stdout
    made = load(file)["github"]
    assert (made.secret, made.token) == (b"0123456789abcdef", b"of old")
    assert [each.name for each in (file.parent / "secrets").iterdir()] == ["old"]


def test_a_secret_is_drawn_as_its_signature_wants_it(file: Path) -> None:
    words = ["--no-input", *given("cloudevents")]
    run(file, "cloudevents", "one", *words, "--set", "authentication=standard-webhooks")
    run(file, "cloudevents", "two", *words)
    made = load(file)
    assert made["one"].secret.startswith(b"whsec_")
    assert len(made["two"].secret) > 40
    assert made["one"].secret != made["two"].secret


def test_no_file_of_a_secret_is_written_over(file: Path) -> None:
    (file.parent / "secrets" / "github").write_text("another's")
    assert run(file, "github", "--no-input").exit_code == 0
    assert 'secret = "file:secrets/github-2"' in file.read_text()
    assert (file.parent / "secrets" / "github").read_text() == "another's"


def test_a_file_that_is_not_there_is_made(tmp_path: Path) -> None:
    path = tmp_path / "data" / "connections.toml"
    assert run(path, "github", "--no-input").exit_code == 0
    assert list(load(path)) == ["github"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["gitbub"], "there is no connector 'gitbub'. To fix: name one of beacon, "),
        (["github", "My Hub"], "cannot be called 'My Hub'"),
        (["github", "old"], "has a connection 'old' already"),
        (["github", "--set", "repos=a/b"], "github has no option 'repos'. To fix: name one of"),
        (["github", "--set", "repositories"], "--set 'repositories' has no value"),
        (["github", "--set", "history_days=-1"], "'history_days' of github: Input should be gr"),
        (["github", "--token", "ghp_abc"], "--token names where it is and is not the token"),
        (["jira", "--no-input", "--token", "env:T"], "jira needs the option 'site'"),
        (["slack", "--no-input"], "a Slack connection needs a secret"),
        (["linkding", "--set", "site=https://l", "--set", "user=a", "--no-input"], "needs a token"),
        (["jira"], "nobody answers what is asked: site"),
        (
            ["cloudevents", "--no-input", "--set", "site=https://a", "--set", "platform=P",
             "--set", 'rules=[{type = "x", actor = "data.["}]'],
            "the option 'rules.#1.actor' of cloudevents:",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_and_nothing_is_left(words: list[str], says: str, file: Path) -> None:
    said = run(file, *words)
    assert isinstance(said.exception, StackError), said.output
    assert says in str(said.exception)
    assert "To fix: " in str(said.exception)
    assert file.read_text() == THERE
    assert [each.name for each in (file.parent / "secrets").iterdir()] == ["old"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("connection = []\n", "write each connection as [[connection]]"),
        ("[[connection]]\nname = 7\n", "line 1"),
        ("[[", "connections.toml: "),
    ],
)
def test_a_file_below_which_nothing_can_be_added_stays(text: str, says: str, file: Path) -> None:
    file.write_text(text)
    said = run(file, "github", "--no-input")
    assert isinstance(said.exception, StackError)
    assert says in str(said.exception)
    assert file.read_text() == text
    assert [each.name for each in (file.parent / "secrets").iterdir()] == ["old"]
