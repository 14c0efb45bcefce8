"""A tool is added as one folder, and nothing else: found, tested, documented, and taken in."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
#: What a tool needs to be found, tested and documented.
NEEDED = (
    "xapi", "bus", "warehouse", "serving", "producers", "streams", "lrs", "kpis", "reactions",
    "dashboards", "headwater", "docs", "tests/producers", "tests/conftest.py", "tests/topics.py",
    "tests/waiting.py", "tests/cases.py", "tests/__init__.py", "pyproject.toml",
)  # fmt: skip

PAGE = (REPOSITORY / "docs" / "your-own-connector.md").read_text("utf-8")
#: A file that the page has the reader write, and a command that it has them run.
FILE = re.compile(r"^`([^`\n]+)`:\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COMMANDS = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
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
    return copy


def run(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(project)}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=project, env=environment, capture_output=True, text=True, check=False, timeout=240,
    )  # fmt: skip


def commands() -> list[str]:
    """The commands of the page, one by one."""
    return [line for block in COMMANDS.findall(PAGE) for line in block.splitlines()]


def followed(project: Path, command: str) -> subprocess.CompletedProcess[str]:
    """Runs a command as the page writes it, with this environment instead of the clone's."""
    for name, module in (("headwater", ["-m", "headwater"]), ("python", [])):
        words = shlex.split(command)
        if words[0] == f".venv/bin/{name}":
            return run(project, *module, *words[1:])
    return subprocess.run(command, shell=True, cwd=project, text=True, capture_output=True)


@pytest.mark.integration
def test_an_added_folder_is_a_connector(project: Path) -> None:
    """The page docs/your-own-connector.md, word for word."""
    make, try_it, record, hold, document = commands()
    assert followed(project, make).returncode == 0
    for path, text in FILE.findall(PAGE):
        (project / path).write_text(text, "utf-8")
    tried = followed(project, try_it)
    assert tried.returncode == 0, tried.stderr
    assert len(json.loads(tried.stdout)) == 2

    missing = followed(project, hold)
    assert missing.returncode == 1, missing.stdout
    assert "is missing: write it with --record" in missing.stdout
    recorded = followed(project, record)
    assert recorded.returncode == 0, recorded.stdout
    again = followed(project, hold)
    assert again.returncode == 0, again.stdout
    assert "11 passed" in again.stdout

    used = run(project, "-c", USED)
    assert used.returncode == 0, used.stderr
    assert json.loads(used.stdout) == ["account:https://pins.example|ida", "you", 401]

    written = followed(project, document)
    assert written.returncode == 0, written.stderr
    page = (project / "docs" / "connectors.md").read_text("utf-8")
    assert "## Pinboard (`pinboard`)" in page
    assert "| `note.pinned` | Somebody pins a note for colleagues. |" in page
    assert "| `note.moved` | nobody reads along |" in page
    assert "`site`" in page
    assert "`notes`" in page
