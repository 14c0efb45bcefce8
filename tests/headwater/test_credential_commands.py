"""`headwater credentials` over the real broker, with a running LRS that follows the topic."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from typer.testing import CliRunner, Result

from headwater.cli import build
from headwater.credentials import Topic
from headwater.errors import StackError
from lrs.access.credential_log import CredentialLog
from lrs.access.credentials import Credentials
from lrs.settings import LrsSettings
from tests.headwater.conftest import FakeRecords, lrs_of, served

pytestmark = pytest.mark.integration

STATEMENT = {
    "actor": {"mbox": "mailto:a@b.c"},
    "verb": {"id": "http://example.org/did"},
    "object": {"id": "http://example.org/it"},
}


@pytest.fixture
def following(kafka: str, tmp_path: Path, accepted: FakeRecords) -> Iterator[str]:
    """The address of an LRS that knows the topic's credentials, and no other."""
    settings = LrsSettings(data=tmp_path, kafka=kafka, lrs_minimum_free=0)
    credentials = Credentials((), settings.lrs_authority)
    log = CredentialLog(kafka, credentials)
    with served(lrs_of(settings, accepted, credentials, log)) as url:
        yield url


@pytest.fixture
def run(kafka: str, following: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs `headwater credentials` against both."""
    host, _, port = following.removeprefix("http://").partition(":")
    monkeypatch.setenv("HEADWATER_KAFKA", kafka)
    monkeypatch.setenv("HEADWATER_LRS_HOST", host)
    monkeypatch.setenv("HEADWATER_LRS_PORT", port)
    monkeypatch.setenv("HEADWATER_LRS_CREDENTIALS", "any:any")
    monkeypatch.chdir(tmp_path)

    def ran(*arguments: str) -> Result:
        return CliRunner().invoke(build(), ["credentials", *arguments])

    return ran


@pytest.fixture
def name() -> str:
    """A name that no other test takes: they share the broker."""
    return f"tool-{uuid4().hex[:8]}"


def secret_of(result: Result) -> str:
    assert result.exit_code == 0, result.output
    return result.stdout.split("secret ")[1].split()[0]


def posted(url: str, name: str, secret: str) -> int:
    headers = {"X-Experience-API-Version": "1.0.3"}
    address = f"{url}/xapi/statements"
    answer = httpx.post(
        address, json=STATEMENT, auth=(name, secret), headers=headers, trust_env=False
    )
    return answer.status_code


def test_an_added_credential_works_and_a_revoked_one_does_not_with_the_next_request(
    run: Any, following: str, name: str
) -> None:
    for _ in range(3):
        secret = secret_of(run("add", name, "--scope", "statements/write"))
        assert posted(following, name, secret) == 200
        assert posted(following, name, "wrong") == 401
        result = run("revoke", name)
        assert result.stdout == f"{name} is revoked\n"
        assert posted(following, name, secret) == 401


def test_the_list_tells_all_but_secrets(run: Any, name: str) -> None:
    arguments = ["--scope", "state", "--scope", "profile", "--rate", "20/s"]
    secret = secret_of(run("add", name, *arguments, "--authority", "https://lms.example.org/m/x"))
    result = run("list", "--json")
    (found,) = [each for each in json.loads(result.stdout) if each["name"] == name]
    assert found.pop("created").endswith("Z")
    account = {"homePage": "https://lms.example.org/m", "name": "x"}
    assert found == {
        "name": name,
        "scopes": ["state", "profile"],
        "rate": 20.0,
        "tolerant": False,
        "authority": {"objectType": "Agent", "account": account},
    }
    shown = run("list").stdout
    assert "20/s" in shown
    assert secret not in result.stdout + shown
    assert "sha256" not in result.stdout + shown


def test_the_authority_is_an_agent_as_json_or_the_default(
    run: Any, accepted: FakeRecords, following: str, name: str
) -> None:
    given = '{"mbox": "mailto:lms@example.org"}'
    secret = secret_of(run("add", name, "--scope", "all", "--authority", given))
    assert posted(following, name, secret) == 200
    assert json.loads(accepted.records[-1].value)["authority"] == json.loads(given)
    secret = secret_of(run("add", f"{name}2", "--scope", "all"))
    assert posted(following, f"{name}2", secret) == 200
    account = json.loads(accepted.records[-1].value)["authority"]["account"]
    assert account == {"homePage": "https://w3id.org/xapi/headwater/lrs", "name": f"{name}2"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["a:b", "--scope", "all"], "is not a name"),
        (["a", "--scope", "everything"], "the scopes are statements/write"),
        (["a", "--scope", "all", "--authority", "nobody"], "home page and a name"),
        (["a", "--scope", "all", "--authority", "{"], "is not JSON"),
        (["a", "--scope", "all", "--authority", '{"mbox": "x"}'], "the authority is none"),
        (["a", "--scope", "all", "--authority", '{"objectType": "Group"}'], "is an Agent"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_written(
    run: Any, kafka: str, arguments: list[str], said: str
) -> None:
    result = run("add", *arguments)
    assert isinstance(result.exception, StackError)
    assert said in str(result.exception)
    assert arguments[0] not in Topic(kafka).credentials()


def test_a_name_is_taken_once_and_only_what_is_there_is_revoked(run: Any, name: str) -> None:
    secret_of(run("add", name, "--scope", "all"))
    assert f"revoke {name}" in str(run("add", name, "--scope", "all").exception)
    assert "there is no credential" in str(run("revoke", f"{name}x").exception)
    assert run("add", "x", "--scope", "all", "--rate", "fast").exit_code == 2


def test_an_lrs_that_starts_later_knows_them_and_not_the_revoked(
    kafka: str, run: Any, tmp_path: Path, accepted: FakeRecords, name: str
) -> None:
    kept = secret_of(run("add", name, "--scope", "all"))
    gone = secret_of(run("add", f"{name}-gone", "--scope", "all"))
    assert run("revoke", f"{name}-gone").exit_code == 0
    settings = LrsSettings(data=tmp_path, kafka=kafka, lrs_minimum_free=0)
    credentials = Credentials((), settings.lrs_authority)
    log = CredentialLog(kafka, credentials)
    with served(lrs_of(settings, accepted, credentials, log)) as url:
        statuses = set()
        while (status := posted(url, name, kept)) == 503:  # still being read
            statuses.add(status)
        assert status == 200
        assert posted(url, f"{name}-gone", gone) == 401
