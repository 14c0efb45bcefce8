"""Every part alone: it says how it is, counts, ends when told to, and with any task it lives by.

Each task is cancelled in the running part: the part ends and says so. What is started is asked of
the parts themselves, so that a new task is tried too. And nothing in the code starts a task that
nobody watches, but for those of the list below: somebody awaits them.
"""

import ast
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from headwater import parts
from headwater.docs import PACKAGES
from headwater.part import PartSpec
from tests.conftest import REPOSITORY, WarehouseUrls, free_port, stop, wait_http
from tests.producers.prepared import Prepared
from tests.waiting import PATIENCE

#: Those that can be asked how they are: Kafka is another's program.
PARTS = [part for part in parts.every() if part.answers]
MAKERS = {"create_task", "ensure_future", "run_coroutine_threadsafe"}
#: Tasks that are awaited where they are made, or whose end their maker takes in.
AWAITED = {
    "bus/batching.py": 1,  # a record under way: its end is its requests' answer
    "streams/recorder/recorder.py": 1,  # a sweep, awaited before the next
    "lrs/documents/log.py": 4,  # a TaskGroup's, each lasting
    "lrs/log/tail.py": 2,  # a TaskGroup's, each lasting
    "lrs/statements/verdicts.py": 1,  # judging, while the next lines come
    "lrs/documents/coalescing.py": 1,  # one round; the next who asks starts another
    "lrs/http/lines.py": 1,  # a request's next piece
    # Whether a client went, while it is served or waits; and its slot.
    "headwater/embedded/warehouse/server.py": 3,
    "headwater/embedded/supervisor.py": 4,  # the start, awaited as a whole
    "headwater/forwarding.py": 2,  # the next page, while one is sent
    "headwater/loading.py": 1,  # the workers of a load, awaited together
}


def test_nothing_starts_a_task_that_nobody_watches() -> None:
    found: dict[str, int] = {}
    for path in (
        path
        for package in PACKAGES
        if package != "serving"
        for path in (REPOSITORY / package).rglob("*.py")
    ):
        for node in ast.walk(ast.parse(path.read_text())):
            named = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
            if named and node.func.attr in MAKERS:  # type: ignore[attr-defined]
                name = str(path.relative_to(REPOSITORY))
                found[name] = found.get(name, 0) + 1
    assert found == AWAITED, "start it with serving.tasks, or say here who awaits it"


class Running:
    """A part in a process of its own."""

    def __init__(self, part: PartSpec, task: str, environment: dict[str, str], log: Path) -> None:
        assert part.listens
        self.log = log
        port = free_port()
        environment = {**environment, f"HEADWATER_{part.name.upper()}_PORT": str(port)}
        self.process: subprocess.Popen[bytes] | Prepared
        if task == "list":  # it ends kindly, as one does that users start
            argv = [sys.executable, str(Path(__file__).with_name("part.py")), part.name, task]
            with log.open("wb") as output:
                self.process = subprocess.Popen(
                    argv, env=environment, stdout=output, stderr=output, cwd=REPOSITORY
                )
        else:
            self.process = Prepared("tests.serving.part", environment, log, part.name, task)
        self.url = f"http://127.0.0.1:{port}"
        try:
            wait_http(self.url + part.listens.health, self.process)
            wait_http(self.url + part.listens.ready, self.process)
        except BaseException:
            stop(self.process)
            raise

    def signal(self) -> None:
        self.process.send_signal(signal.SIGUSR1)

    def tasks(self) -> set[str]:
        self.signal()
        deadline = time.monotonic() + PATIENCE
        while "\nend\n" not in (text := self.log.read_text()):
            assert time.monotonic() < deadline, text
            time.sleep(0.05)
        return set(re.findall(r"^- (.*)$", text, re.M))


@contextmanager
def running(part: PartSpec, task: str, environment: dict[str, str], log: Path) -> Iterator[Running]:
    one = Running(part, task, environment, log)
    try:
        yield one
    finally:
        stop(one.process)


@pytest.fixture
def environment(kafka: str, warehouse: WarehouseUrls, tmp_path: Path) -> dict[str, str]:
    connections = tmp_path / "connections.toml"
    connections.write_text(
        '[[connection]]\nname = "github"\nconnector = "github"\nsecret = "env:THE_SECRET"\n'
        'token = "env:THE_SECRET"\noptions = {api = "http://127.0.0.1:9", repositories = ["a/b"]}\n'
    )
    return {
        **os.environ,
        "PYTHONPATH": str(REPOSITORY),
        "THE_SECRET": "it is a secret of the tests",
        "HEADWATER_DATA": str(tmp_path),
        "HEADWATER_KAFKA": kafka,
        "HEADWATER_CLICKHOUSE": warehouse.admin,
        "HEADWATER_CLICKHOUSE_VIEWER": warehouse.viewer,
        "HEADWATER_WAREHOUSE_PASSWORDS": "headwater:h,analyst:a,viewer:v",
        "HEADWATER_CONNECTIONS": str(connections),
        "HEADWATER_PSEUDONYM_KEY": "00" * 32,
        "HEADWATER_LRS_CREDENTIALS": "tool:secret",
        "HEADWATER_LRS_MINIMUM_FREE": "0",
        "HEADWATER_HOOKS_MINIMUM_FREE": "0",
    }


@pytest.mark.integration
@pytest.mark.timeout(900)
@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.name)
def test_a_part_answers_and_ends_with_any_of_its_tasks(
    part: PartSpec, environment: dict[str, str], tmp_path: Path
) -> None:
    assert part.listens
    with running(part, "list", environment, tmp_path / "list.txt") as one:
        names = one.tasks()
        figures = httpx.get(one.url + part.listens.metrics)
        assert figures.status_code == 200
        assert "# HELP " in figures.text
        one.process.terminate()
        code = one.process.wait(90)
    assert code in (0, -signal.SIGTERM), (tmp_path / "list.txt").read_text()
    assert names >= set(part.lives_by)
    for number, name in enumerate(sorted(names)):
        log = tmp_path / f"{number}.txt"
        with running(part, name, environment, log) as one:
            one.signal()
            code = one.process.wait(90)
            said = log.read_text()
        assert code != 0, f"{name}: {said}"
        task = name.partition(": ")[2]
        assert re.search(rf"^\w+ failed: its task '?{re.escape(task)}'? ", said, re.M), said
