"""`headwater up` as its user meets it: one command, every part, nothing left behind."""

import base64
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from headwater.embedded.supervisor import MARK

pytestmark = pytest.mark.e2e

PARTS = {"kafka", "warehouse", "migrate", "lrs", "hooks", "recorded", "worker", "page"}
READY_SECONDS = 120


class Up:
    """A running `headwater up` on free ports."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.output = data.parent / "up.txt"
        environment = {k: v for k, v in os.environ.items() if not k.startswith("HEADWATER_")}
        with self.output.open("w") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "headwater", "up", "--data", str(data), "--ports", "auto"],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        self.wait(lambda: (data / "stack.json").exists(), READY_SECONDS)

    @property
    def stack(self) -> dict[str, Any]:
        described: dict[str, Any] = json.loads((self.data / "stack.json").read_text())
        return described

    def wait(self, condition: Callable[[], object], seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            assert self.process.poll() is None, self.output.read_text()
            assert time.monotonic() < deadline, self.output.read_text()
            time.sleep(0.1)

    def status(self) -> dict[str, Any]:
        argv = [sys.executable, "-m", "headwater", "status", "--json", "--data", str(self.data)]
        result = subprocess.run(argv, capture_output=True, text=True)
        found: dict[str, Any] = json.loads(result.stdout)
        return found

    def left(self) -> list[str]:
        """Command lines of this stack's processes that still run."""
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                ours = process.environ().get(MARK) == str(self.data)
                if ours and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(" ".join(process.cmdline()))
        return found


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "data"
    for process in psutil.process_iter():  # whatever a failed test left
        with contextlib.suppress(psutil.Error):
            if process.environ().get(MARK) == str(tmp_path / "data"):
                process.kill()


def post(stack: dict[str, Any], name: str) -> str:
    statement = {
        "id": str(uuid.uuid4()),
        "actor": {"mbox": f"mailto:{name}@example.org"},
        "verb": {"id": "http://adlnet.gov/expapi/verbs/experienced"},
        "object": {"id": "https://example.org/page"},
    }
    lrs = stack["lrs"]
    login = base64.b64encode(f"{lrs['username']}:{lrs['password']}".encode()).decode()
    request = urllib.request.Request(
        f"{lrs['url']}/xapi/statements",
        json.dumps(statement).encode(),
        {
            "Authorization": f"Basic {login}",
            "Content-Type": "application/json",
            "X-Experience-API-Version": "1.0.3",
        },
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        (made,) = json.loads(answer.read())
    return str(made)


def stored(stack: dict[str, Any]) -> set[str]:
    from lrs.warehouse import Warehouse

    admin = stack["warehouse_admin"]
    url = admin["url"].replace("//", f"//{admin['username']}:{admin['password']}@")
    rows = Warehouse(url).query("SELECT toString(id) FROM lrs.statements")
    return {row[0] for row in rows}


def test_a_second_up_goes_on_where_the_first_stopped(data: Path) -> None:
    first = Up(data)
    ids = {post(first.stack, "ada")}
    assert first.stack["page"]["url"] in first.output.read_text()
    first.wait(lambda: stored(first.stack) == ids, 20)
    began = time.monotonic()
    first.process.send_signal(signal.SIGINT)
    assert first.process.wait(15) == 0
    assert time.monotonic() - began < 10
    assert first.left() == []
    assert not (data / "stack.json").exists()
    assert first.status()["running"] is False

    second = Up(data)
    ids.add(post(second.stack, "grace"))
    second.wait(lambda: stored(second.stack) == ids, 20)
    status = second.status()
    assert set(status["parts"]) == PARTS
    assert {part["state"] for part in status["parts"].values()} <= {"ready", "done"}
    assert status["topics"]["xapi.statements"] == 2
    assert status["counts"]["statements"] == 2
    assert status["problems"] == []
    second.process.send_signal(signal.SIGTERM)
    assert second.process.wait(15) == 0
    assert second.left() == []


def test_a_killed_up_leaves_nothing_and_the_next_one_has_everything(data: Path) -> None:
    first = Up(data)
    made = post(first.stack, "ada")
    first.process.kill()
    first.process.wait()
    second = Up(data)  # at once: it must cope with what is still ending
    second.wait(lambda: stored(second.stack) == {made}, 30)
    second.process.kill()
    second.process.wait()
    deadline = time.monotonic() + 5
    while second.left():
        assert time.monotonic() < deadline, second.left()
        time.sleep(0.05)


def test_killed_parts_come_back_and_are_reported(data: Path) -> None:
    up = Up(data)
    victims = ["kafka", "warehouse", "lrs", "hooks", "recorded", "worker", "page"]
    for name in victims:
        os.kill(up.status()["parts"][name]["pid"], signal.SIGKILL)
    up.wait(
        lambda: all(
            part["restarts"] >= 1 and part["state"] == "ready"
            for name, part in up.status()["parts"].items()
            if name in victims
        ),
        90,
    )
    said = up.output.read_text()
    assert all(f"{name} ended with SIGKILL" in said for name in victims)
    made = post(up.stack, "ada")
    up.wait(lambda: stored(up.stack) == {made}, 30)
    up.process.send_signal(signal.SIGTERM)
    assert up.process.wait(15) == 0
