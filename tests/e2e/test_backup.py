"""A stack's data put back elsewhere: another folder, another user, another machine's name."""

import hashlib
import hmac
import os
import shutil
import signal
import socket
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from running import Up

from headwater.embedded.contents import BEGINNING, STORES
from warehouse import Warehouse

pytestmark = pytest.mark.e2e

USER, MACHINE = 4242, "another-machine"
PEOPLE = "person,accounts,team\nanna,anna@example.org,Blue\n"
#: What `headwater/embedded/contents.py` speaks of; the page's and the LRS's own folders are empty.
KNOWN = BEGINNING | {
    "secrets.json", STORES, "stack.json", "run", "logs", "worker", "kafka", "warehouse", "lrs",
    "attachments", "forwards", "loads",
}  # fmt: skip


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """A Python that runs as another user on a machine of another name."""
    path = tmp_path / "python"
    path.write_text(
        "#!/bin/sh\n"
        f"exec unshare --uts sh -c 'hostname {MACHINE} && exec unshare --user "
        f'--map-user={USER} --map-group={USER} "$0" "$@"\' {sys.executable} "$@"\n'
    )
    path.chmod(0o755)
    said = subprocess.run(
        [path, "-c", "import os, socket; print(os.getuid(), socket.gethostname())"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.stdout.split() == [str(USER), MACHINE], f"needs unshare (util-linux): {said.stderr}"
    return path


@pytest.fixture
def running() -> Iterator[list[Up]]:
    stacks: list[Up] = []
    yield stacks
    for stack in stacks:
        if stack.process.poll() is None:
            stack.stop()


def post(up: Up, *mails: str) -> list[str]:
    lrs = up.stack["lrs"]
    statements = [
        {
            "id": str(uuid.uuid4()),
            "actor": {"mbox": f"mailto:{mail}"},
            "verb": {"id": "http://adlnet.gov/expapi/verbs/experienced"},
            "object": {"id": "https://example.org/page"},
        }
        for mail in mails
    ]
    answer = httpx.post(
        f"{lrs['url']}/xapi/statements",
        json=statements,
        auth=(lrs["username"], lrs["password"]),
        headers={"X-Experience-API-Version": "1.0.3"},
        timeout=60,
    )
    answer.raise_for_status()
    return [str(each) for each in answer.json()]


def ping(up: Up) -> int:
    """A signed delivery with the secret that the tool was given once."""
    hooks, body = up.stack["hooks"], b'{"zen": "x", "hook_id": 1}'
    signature = hmac.new(hooks["secrets"]["github"].encode(), body, hashlib.sha256).hexdigest()
    headers = {
        "Content-Type": "application/json",
        "X-GitHub-Event": "ping",
        "X-GitHub-Delivery": str(uuid.uuid4()),
        "X-Hub-Signature-256": f"sha256={signature}",
    }
    return httpx.post(
        f"{hooks['url']}/hooks/github", content=body, headers=headers, timeout=60
    ).status_code


def asked(up: Up, sql: str) -> list[Any]:
    return list(Warehouse(up.url("warehouse_admin")).query(sql))


def test_a_restored_stack_goes_on_elsewhere(
    tmp_path: Path, elsewhere: Path, running: list[Up], monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tmp_path / "first" / "data"
    data.parent.mkdir()
    first = Up(data)
    running.append(first)
    (tmp_path / "people.csv").write_text(PEOPLE)
    assert first.run("directory", "load", str(tmp_path / "people.csv")).returncode == 0
    ids = post(first, "anna@example.org", "eve@example.org")
    facts = "SELECT account, person, team FROM learning.events ORDER BY account"
    first.wait(lambda: len(asked(first, facts)) == 2)
    known, secrets = asked(first, facts), first.stack["hooks"]["secrets"]
    refused = first.run("backup", str(tmp_path / "b.tar.gz"))
    assert refused.returncode == 1
    assert refused.stderr.startswith("a stack runs in ")
    first.process.send_signal(signal.SIGINT)
    assert first.process.wait(60) == 0
    assert {path.name for path in data.iterdir()} <= KNOWN, "contents.py must speak of it"

    assert first.run("backup", str(tmp_path / "b.tar.gz")).returncode == 0
    shutil.move(data, tmp_path / "away")
    new = tmp_path / "second" / "place"
    restored = subprocess.run(
        [elsewhere, "-m", "headwater", "restore", tmp_path / "b.tar.gz", "--data", new],
        capture_output=True,
        text=True,
        check=False,
    )
    assert restored.returncode == 0, restored.stderr
    for path in new.rglob("*"):  # no file names where it stood
        if path.is_file() and not path.is_symlink():
            assert str(data).encode() not in path.read_bytes(), path

    monkeypatch.setattr(sys, "executable", str(elsewhere))
    second = Up(new)
    running.append(second)
    assert second.stack["hooks"]["secrets"] == secrets
    assert ping(second) == 200
    ids += post(second, "anna@example.org")
    second.wait(lambda: len(asked(second, facts)) == 3)
    after = asked(second, facts)
    assert set(map(tuple, after)) == set(map(tuple, known))  # nobody became two
    # Facts and records come by processors of their own.
    stored = "SELECT toString(id) FROM lrs.statements"
    second.wait(lambda: len(asked(second, stored)) >= 3)
    assert sorted(row[0] for row in asked(second, stored)) == sorted(ids)
    second.wait(lambda: second.status()["problems"] == [])
    assert os.uname().nodename == socket.gethostname() != MACHINE
    second.process.send_signal(signal.SIGINT)
    assert second.process.wait(60) == 0

    monkeypatch.undo()
    goes_on_where_it_was_moved_by_hand(data, tmp_path / "away", ids[:2], running)


def goes_on_where_it_was_moved_by_hand(
    data: Path, away: Path, ids: list[str], running: list[Up]
) -> None:
    """As it was done with the first version, whose connections named where they stood."""
    connections = away / "connections.toml"
    connections.write_text(
        connections.read_text().replace("file:secrets/github", f"file:{data}/secrets/github")
    )
    third = Up(away)
    running.append(third)
    assert "by relative paths now" in third.output.read_text()
    assert ping(third) == 200
    stored = asked(third, "SELECT toString(id) FROM lrs.statements")
    assert sorted(row[0] for row in stored) == sorted(ids)
