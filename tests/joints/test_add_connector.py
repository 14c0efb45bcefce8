"""A tool is added as one folder, and nothing else: found, tested, documented, and taken in."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
#: What a tool needs to be found, tested and documented.
NEEDED = (
    "xapi", "bus", "warehouse", "serving", "producers", "streams", "lrs", "kpis", "dashboards",
    "headwater", "docs", "tests/producers", "tests/conftest.py", "tests/waiting.py",
    "pyproject.toml",
)  # fmt: skip

CONNECTOR = '''"""Pinboard: notes that people pin, from webhooks and by polling."""

from collections.abc import AsyncIterator, Sequence

from producers.connector import (
    Accounts, Answer, Client, Connector, Event, Found, Handshake, Made, No, Options, Page, Poll,
    Webhook, ignored_kinds, many_events,
)
from producers.people import person
from producers.signatures import SharedToken
from producers.statements import activity, agent, statement
from xapi.ids import statement_id


class PinOptions(Options):
    """Where the pinboard is."""

    site: str = "https://pins.example"


async def notes(client: Client, options: PinOptions, cursor: str) -> AsyncIterator[Page]:
    """Notes, page by page, from the cursor on."""
    following = lambda reply: {"page": reply.content["more"]} if reply.content["more"] else {}
    async for reply in client.pages("notes", following, after=cursor):
        found = reply.content["notes"]
        cursor = found[-1]["id"] if found else cursor
        yield Page([Found("note.pinned", note) for note in found], cursor)


connector = Connector(
    name="pinboard",
    title="Pinboard",
    docs="https://pins.example/docs",
    account=Accounts("https://pins.example"),
    webhook=Webhook(
        SharedToken("X-Pin-Token"),
        lambda headers, event: str(event["kind"]),
        many_events,
        answer=Handshake(lambda came, _: Answer(came.query["hello"].encode())
                         if "hello" in came.query else None, signed=False, methods=("GET",)),
    ),
    poll=Poll(
        {"notes": notes}, every=60, address=lambda options: options.site,
        denied=lambda content: No(content["error"]) if content.get("error") else None,
    ),
    options=PinOptions,
    ignored=ignored_kinds(__name__),
)


@connector.maps("note.pinned")
def pinned(event: Event, options: PinOptions) -> Sequence[Made]:
    """Somebody pins a note for colleagues."""
    who = agent(options.site, person(event["by"], "name")["name"])
    return [
        statement(
            statement_id("pinboard", f"note:{event['id']}"), who, "shared",
            activity(f"{options.site}/notes/{event['id']}", "article"),
            behaviour="curate", platform="Pinboard", at=event["at"],
        )
    ]
'''
IGNORED = '[[ignored]]\nreason = "nobody reads along"\nkinds = ["note.moved"]\n'


def note(number: str) -> dict[str, object]:
    return {
        "kind": "note.pinned",
        "id": number,
        "by": {"name": "ida"},
        "at": "2026-05-04T08:00:00Z",
    }


HEADERS = {"content-type": "application/json"}
EXAMPLES = {
    "note.pinned.json": {"headers": HEADERS, "body": [note("1"), note("2")]},
    "note.pinned__ghost.json": {
        "headers": HEADERS, "body": note("3") | {"by": None},
    },
    "note.moved.json": {"headers": HEADERS, "body": {"kind": "note.moved"}},
    "note.pinned__polled.json": {
        "stream": "notes",
        "same_as": ["note.pinned.json"],
        "replies": {
            "notes": {"content": {"notes": [note("1")], "more": 2}},
            "notes?page=2": {"content": {"notes": [note("2")], "more": 0}},
        },
    },
}  # fmt: skip
USED = """
import json, os
from pathlib import Path
from starlette.testclient import TestClient
from producers.accounts import account
from producers.connections import load
from producers.hooks import Hooks, application
from producers.intake import Intake
from producers.settings import HookSettings
os.environ["PIN"] = "s3cret"
path = Path("connections.toml")
path.write_text('[[connection]]\\nname = "pins"\\nconnector = "pinboard"\\nsecret = "env:PIN"\\n'
                'options = {site = "https://pins.north.example"}\\n')
intake = Intake(load(path)["pins"])
hooks = Hooks(HookSettings(data=Path("."), hooks_minimum_free=0), {"pins": intake})
client = TestClient(application(hooks))
hello = client.get("/hooks/pins?hello=you")
unsigned = client.post("/hooks/pins", content=b"{}")
print(json.dumps([account("pinboard:Ida"), hello.text, unsigned.status_code]))
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project with one folder more."""
    copy = tmp_path_factory.mktemp("project")
    for name in NEEDED:
        source, target = REPOSITORY / name, copy / name
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("*.pyc.*"))
        else:
            shutil.copyfile(source, target)
    tool = copy / "producers" / "connectors" / "pinboard"
    (tool / "examples").mkdir(parents=True)
    (tool / "__init__.py").write_text(CONNECTOR, "utf-8")
    (tool / "ignored.toml").write_text(IGNORED, "utf-8")
    for name, example in EXAMPLES.items():
        (tool / "examples" / name).write_text(json.dumps(example), "utf-8")
    return copy


def run(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(project)}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=project, env=environment, capture_output=True, text=True, check=False, timeout=240,
    )  # fmt: skip


@pytest.mark.integration
def test_an_added_folder_is_a_connector(project: Path) -> None:
    tests = ["-m", "pytest", "-q", "-k", "pinboard", "tests/producers/test_every_connector.py"]
    missing = run(project, *tests)
    assert missing.returncode == 1, missing.stdout
    assert "is missing: write it with --record" in missing.stdout
    recorded = run(project, *tests, "--record")
    assert recorded.returncode == 0, recorded.stdout
    again = run(project, *tests)
    assert again.returncode == 0, again.stdout
    assert "23 passed" in again.stdout

    used = run(project, "-c", USED)
    assert used.returncode == 0, used.stderr
    assert json.loads(used.stdout) == ["account:https://pins.example|ida", "you", 401]

    written = run(project, "-m", "headwater.docs")
    assert written.returncode == 0, written.stderr
    page = (project / "docs" / "connectors.md").read_text("utf-8")
    assert "## Pinboard (`pinboard`)" in page
    assert "| `note.pinned` | Somebody pins a note for colleagues. |" in page
    assert "| `note.moved` | nobody reads along |" in page
    assert "`site`" in page
    assert "`notes`" in page
