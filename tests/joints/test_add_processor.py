"""A stream processor is added as one folder: found, documented, held to the contract, and at work,
beside the others and alone, on both runners."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bus import clients
from bus.topics import OBSERVATIONS
from streams.worker import RUNNERS
from tests.conftest import WarehouseUrls, free_port, stop, wait_http
from tests.joints.scratch import ROOT, copied, run, write
from tests.waiting import PATIENCE
from warehouse import Warehouse

pytestmark = pytest.mark.integration

TOY = '''"""kpi.observations → ops.beat_rows: how long each figure's record is."""

from bus.topics import OBSERVATIONS
from streams.context import Context
from streams.processor import Message, Processor
from streams.retry import until_available


async def handle(context: Context, messages: list[Message]) -> None:
    """Writes the length of each record."""
    rows = [("toy", (m.value or b"").decode(), float(len(m.value or b"")), "") for m in messages]
    columns = ("part", "metric", "value", "text")
    await until_available(context.warehouse.insert, "ops.beat_rows", columns, rows)


processor = Processor("toy", OBSERVATIONS, 10, 0.1, handle, output="ops.beat_rows")
'''
FILES = {
    "streams/processors/toy/__init__.py": TOY,
    "streams/processors/toy/examples.jsonl": "12.5\n{\n",
    "streams/processors/toy/outcome.sql": (
        "SELECT metric, value FROM ops.beat_rows FINAL WHERE part = 'toy' ORDER BY ALL"
    ),
}
#: The generic test, and what it needs.
GENERIC = (
    "pyproject.toml",
    "tests/conftest.py",
    "tests/waiting.py",
    "tests/__init__.py",
    "tests/streams/test_every_processor.py",
)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project with one folder more, and its docs."""
    folder = copied(tmp_path_factory.mktemp("joint") / "project")
    write(folder, FILES)
    run(folder, "from headwater.docs import main; main()")
    return folder


@contextmanager
def working(folder: Path, environment: dict[str, str], *words: str) -> Iterator[str]:
    """A worker of the copy, until the block ends; the address of its health."""
    port = free_port()
    address = f"http://127.0.0.1:{port}/healthz"
    argv = [sys.executable, "-P", "-m", "headwater", "worker", *words]
    told = {**environment, "HEADWATER_WORKER_PORT": str(port)}
    worker = subprocess.Popen(argv, env=told, cwd=folder)
    try:
        wait_http(address, worker)
        yield address
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(60) == 0
    finally:
        stop(worker)


@pytest.mark.parametrize("runner", sorted(RUNNERS))
def test_one_folder_is_a_processor(
    runner: str, project: Path, tmp_path: Path, kafka: str, warehouse: WarehouseUrls
) -> None:
    admin = Warehouse(warehouse.admin)
    producer = clients.blocking_producer(kafka, acks="all")
    environment = {
        **os.environ,
        "PYTHONPATH": str(project),
        "HEADWATER_DATA": str(tmp_path),
        "HEADWATER_KAFKA": kafka,
        "HEADWATER_CLICKHOUSE": warehouse.admin,
        "HEADWATER_PSEUDONYM_KEY": "00" * 32,
        "HEADWATER_WORKER_RUNNER": runner,
    }

    def send(text: str) -> None:
        producer.send(OBSERVATIONS.name, value=text.encode())
        producer.flush()

    def taken_in(text: str) -> None:
        ask = "SELECT value FROM ops.beat_rows WHERE part = 'toy' AND metric = {text:String}"
        deadline = time.monotonic() + PATIENCE
        while not (found := list(admin.query(ask, {"text": text}))):
            assert time.monotonic() < deadline, "the toy did not handle its message"
            time.sleep(0.05)
        assert found[0][0] == len(text)

    send(f"{runner} before")  # before there is a worker: nothing is missed
    with working(project, environment):
        taken_in(f"{runner} before")
    send(f"{runner} alone")
    with working(project, environment, "--only", "toy") as address:
        with urllib.request.urlopen(address) as answer:
            assert json.load(answer)["processors"] == ["toy"]
        taken_in(f"{runner} alone")
    producer.close()


def test_the_generic_test_finds_it_and_it_holds_to_the_contract(project: Path) -> None:
    """In a broker and a warehouse of the copy's own."""
    page = (project / "docs" / "processors.md").read_text("utf-8")
    row = "| `toy` | `kpi.observations` | `ops.beat_rows` | 10 | 0.1 s | `headwater-streams-toy` |"
    assert row in page
    write(project, {path: (ROOT / path).read_text("utf-8") for path in GENERIC})
    argv = [sys.executable, "-P", "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "toy"]
    ended = subprocess.run(
        [*argv, GENERIC[-1]],
        cwd=project, env={**os.environ, "PYTHONPATH": str(project)},
        capture_output=True, text=True, timeout=250, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "6 passed" in ended.stdout
