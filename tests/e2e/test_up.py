"""`headwater up` as its user meets it: one command, every part, nothing left behind."""

import base64
import contextlib
import json
import os
import signal
import stat
import urllib.request
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from kafka.errors import KafkaError
from running import Up

from bus import clients
from bus.clients import Cluster
from headwater import parts
from headwater.embedded.supervisor import MARK
from tests.waiting import until

pytestmark = pytest.mark.e2e

#: What a stack without conditions runs: its own stores, and all that always runs.
PARTS = {part.name for part in parts.every() if part.store or part.when is None}


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "data"
    where = str(tmp_path / "data")
    for process in psutil.process_iter():  # whatever a failed test left, `up` itself first
        with contextlib.suppress(psutil.Error):
            if where in process.cmdline() or process.environ().get(MARK) == where:
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
    with urllib.request.urlopen(request, timeout=60) as answer:
        (made,) = json.loads(answer.read())
    return str(made)


def stored(stack: dict[str, Any]) -> set[str]:
    from warehouse import Warehouse

    admin = stack["warehouse_admin"]
    url = admin["url"].replace("//", f"//{admin['username']}:{admin['password']}@")
    rows = Warehouse(url).query("SELECT toString(id) FROM lrs.statements")
    return {row[0] for row in rows}


def open_to_others(data: Path) -> dict[str, str]:
    """What of a folder others may do something with, by name; what is gone meanwhile is nothing."""
    found = {}
    for folder, _, files in os.walk(data):
        for path in (Path(folder), *(Path(folder, name) for name in files)):
            with contextlib.suppress(FileNotFoundError):
                mode = path.lstat().st_mode
                if not stat.S_ISLNK(mode) and mode & 0o077:
                    found[str(path.relative_to(data))] = oct(mode)
    return found


def test_a_second_up_goes_on_where_the_first_stopped(data: Path) -> None:
    """After parts that were killed in the first came back; and nobody else reads the data folder
    nor asks Kafka."""
    first = Up(data)
    ids = {post(first.stack, "ada")}
    assert first.stack["page"]["url"] in first.output.read_text()
    first.wait(lambda: stored(first.stack) == ids)
    assert open_to_others(data) == {}
    assert_asks_kafka_with_a_login_only(first)
    victims = first.lasting()
    assert set(victims) == {name for name in PARTS if parts.named(name).lasts}
    for name in victims:
        os.kill(first.pids()[name], signal.SIGKILL)

    def back(parts: dict[str, Any]) -> bool:
        return all(parts[name]["restarts"] and parts[name]["state"] == "ready" for name in victims)

    first.wait(lambda: back(first.parts()))
    assert back(first.status()["parts"])
    said = first.output.read_text()
    assert all(f"{name} ended with SIGKILL" in said for name in victims)
    ids.add(post(first.stack, "mary"))
    first.wait(lambda: stored(first.stack) == ids)
    first.process.send_signal(signal.SIGINT)
    assert first.process.wait(60) == 0
    assert first.left() == []
    assert not (data / "stack.json").exists()
    assert first.status()["running"] is False

    for path in [data, *data.rglob("*")]:  # as earlier versions left them
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() else 0o644)
    second = Up(data)
    assert open_to_others(data) == {}
    ids.add(post(second.stack, "grace"))
    second.wait(lambda: stored(second.stack) == ids)
    # On a busy machine a part may take longer to answer than status waits for it.
    second.wait(lambda: second.status()["problems"] == [])
    status = second.status()
    assert set(status["parts"]) == PARTS
    assert {part["state"] for part in status["parts"].values()} <= {"ready", "done"}
    assert status["topics"]["xapi.statements"] == 3
    assert status["counts"]["statements"] == 3
    second.process.send_signal(signal.SIGTERM)
    assert second.process.wait(60) == 0
    assert second.left() == []


def assert_asks_kafka_with_a_login_only(up: Up) -> None:
    stranger = Cluster(str(up.kafka))
    with pytest.raises(KafkaError):
        clients.blocking_admin(stranger, bootstrap_timeout_ms=3000).list_topics()
    admin = clients.blocking_admin(up.kafka)
    assert "xapi.statements" in admin.list_topics()
    admin.close()


def test_a_killed_up_leaves_nothing_and_the_next_one_has_everything(data: Path) -> None:
    first = Up(data)
    made = post(first.stack, "ada")
    first.process.kill()
    first.process.wait()
    second = Up(data)  # at once: it must cope with what is still ending
    second.wait(lambda: stored(second.stack) == {made})
    second.process.kill()
    second.process.wait()
    until(lambda: not second.left(), "a killed stack leaves processes")
