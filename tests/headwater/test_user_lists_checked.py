"""`headwater connectors check` tries the user list of a connection that reads it, and says what
lacks; no address is shown."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from headwater.cli import build
from producers.registry import all_connectors
from tests.producers.killed_poller import Said, serving

DOMAIN = "north.example"
#: Whoever has an account with an address, and nobody with one.
SOMEBODY, NOBODY = f"ida@{DOMAIN}", ""


@dataclass(frozen=True)
class Tool:
    """Where a tool lists its users: the end of the path, and one page of a user with an address."""

    path: str
    page: Callable[[str], Any]
    options: str = ""
    #: What a page after the first is.
    after: Any = None
    more: dict[str, Any] = field(default_factory=dict)


def _slack(address: str) -> Any:
    user = {"id": "U1", "is_email_confirmed": bool(address), "profile": {"email": address}}
    return {"ok": True, "members": [user], "response_metadata": {"next_cursor": ""}}


def _zendesk(address: str) -> Any:
    users = [{"id": 1, "email": address or None, "verified": bool(address), "active": True}]
    return {"users": users, "meta": {"has_more": False}}


def _microsoft(address: str) -> Any:
    name = address or f"visitor#EXT#@{DOMAIN}"
    return {"value": [{"id": "A1", "userPrincipalName": name, "mail": address or None}]}


TOOLS = {
    "slack": Tool("/users.list", _slack),
    "gitlab": Tool(
        "/users",
        lambda address: [
            {"id": 1, "username": "ida", "email": address, "confirmed_at": "2026-01-02T08:00:00Z"}
        ],
    ),
    "zendesk": Tool(
        "/users.json",
        _zendesk,
        f'api_user = "a@{DOMAIN}"',
        after={"users": [], "meta": {"has_more": False}},
    ),
    "discourse": Tool(
        "/active.json",
        lambda address: [{"id": 1, "username": "ida", "email": address, "active": True}],
        after=[],
    ),
    "jira": Tool(
        "/users/search",
        lambda address: [{"accountId": "a1", "accountType": "atlassian", "emailAddress": address}],
        f'api_user = "a@{DOMAIN}"',
        after=[],
    ),
    "microsoft365": Tool(
        "/v1.0/users",
        _microsoft,
        'tenant = "t"\napp = "a"\nlogin_site = "{site}"',
        more={"access_token": "x", "token_type": "Bearer", "expires_in": 3600},
    ),
}


def check(tool: str, users: Callable[[int], Said], folder: Path, domain: str = DOMAIN) -> Result:
    """Checks a connection whose tool answers so of its users, page by page."""
    asked = [0]

    def answer(path: str, _: dict[str, str]) -> Said:
        if path.endswith(TOOLS[tool].path):
            asked[0] += 1
            return users(asked[0])
        return 200, {}, TOOLS[tool].more

    (folder / "secret").write_text("c2VjcmV0")
    file = folder / "connections.toml"
    with serving(answer) as site:
        options = TOOLS[tool].options.replace("{site}", site)
        file.write_text(
            f'[[connection]]\nname = "work"\nconnector = "{tool}"\nsecret = "file:secret"\n'
            f'token = "file:secret"\n[connection.options]\nsite = "{site}"\nread_users = true\n'
            f'domains = ["{domain}"]\n{options}\n'
        )
        return CliRunner().invoke(build(), ["connectors", "check", "work", "--config", str(file)])


def line(result: Result) -> str:
    """What is said of the user list, which comes last; never an address."""
    assert "@" not in result.stdout, result.output
    last = result.stdout.splitlines()[-1]
    assert last.startswith("work/users: "), result.output
    return last.removeprefix("work/users: ")


def pages(tool: str, address: str) -> Callable[[int], Said]:
    """A list of one user with an address, maybe none."""
    return lambda number: (
        200,
        {},
        TOOLS[tool].page(address) if number == 1 else TOOLS[tool].after,
    )


def test_every_tool_that_lists_users_is_checked() -> None:
    listing = {name for name, each in all_connectors().items() if each.poll and each.poll.users}
    assert TOOLS.keys() == listing


@pytest.mark.parametrize("tool", TOOLS)
def test_a_list_that_can_be_read_is_well(tool: str, tmp_path: Path) -> None:
    said = line(check(tool, pages(tool, SOMEBODY), tmp_path))
    users = 2 if tool == "microsoft365" else 1  # an account by its number, one by its name
    assert said == f"{users} users so far, {users} of them with a verified address"


@pytest.mark.parametrize("tool", TOOLS)
def test_a_list_without_addresses_is_a_permission_that_lacks(tool: str, tmp_path: Path) -> None:
    result = check(tool, pages(tool, NOBODY), tmp_path)
    assert result.exit_code == 1
    assert line(result) == f"NOT WELL: the tool gives no verified address: {needs(tool)}"


@pytest.mark.parametrize("tool", TOOLS)
def test_a_tool_that_refuses_its_list_is_told_with_what_it_takes(tool: str, tmp_path: Path) -> None:
    quoted = {"ok": False, "error": f"{SOMEBODY} is hidden from you"}
    result = check(tool, lambda _: (403, {}, quoted), tmp_path)
    assert result.exit_code == 1
    said = line(result)
    assert said.startswith("NOT WELL: http://127.0.0.1")
    assert "answers 403" in said
    assert said.endswith(f"; it takes this: {needs(tool)}")


def test_slack_names_the_scope_that_lacks_with_a_status_of_success(tmp_path: Path) -> None:
    no = {"ok": False, "error": "missing_scope", "needed": "users:read"}
    said = line(check("slack", lambda _: (200, {}, no), tmp_path))
    assert "missing_scope" in said
    assert said.endswith(f"; it takes this: {needs('slack')}")


def test_domains_that_leave_out_everybody_are_told(tmp_path: Path) -> None:
    result = check("slack", pages("slack", SOMEBODY), tmp_path, domain="south.example")
    assert result.exit_code == 1
    assert line(result) == "NOT WELL: of 1 users with a verified address none is in `domains`"


def test_a_connection_that_reads_no_users_is_not_asked_for_them(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("s3cret")
    file = tmp_path / "connections.toml"
    asked: list[str] = []

    def answer(path: str, _: dict[str, str]) -> Said:
        asked.append(path)
        return 200, {}, {"ok": True, "channels": [], "team_id": "T1", "user_id": "U1"}

    with serving(answer) as site:
        file.write_text(
            '[[connection]]\nname = "work"\nconnector = "slack"\nsecret = "file:secret"\n'
            f'token = "file:secret"\noptions = {{site = "{site}"}}\n'
        )
        result = CliRunner().invoke(build(), ["connectors", "check", "--config", str(file)])
    assert asked
    assert not [path for path in asked if path.endswith("users.list")]
    assert "work/users" not in result.stdout


def needs(tool: str) -> str:
    """The permission that a tool's user list takes, in its words."""
    poll = all_connectors()[tool].poll
    assert poll
    assert poll.users
    return poll.users.needs
