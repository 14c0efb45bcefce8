"""A running `headwater up` on free ports, as tests that need the whole stack use it."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

import httpx
import psutil

from bus.clients import Cluster
from headwater import parts
from headwater.embedded.report import gathered
from headwater.embedded.supervisor import MARK
from tests.conftest import free_port, stop, wait_http
from tests.faults import on_small_disk, seen
from tests.waiting import PATIENCE, pause

#: Marts of a stack of tests rest less than others: there are many, and little comes in.
RESTING = {"HEADWATER_MARTS_REST": "0.1"}


class Up:
    """A running `headwater up` on free ports."""

    #: Those that were started, for whoever sees to it that none is left (tests/conftest.py).
    started: ClassVar[list[Any]] = []

    def __init__(
        self,
        data: Path,
        *options: str,
        disk: int | None = None,
        project: Path | None = None,
        settings: Mapping[str, str] = RESTING,
    ) -> None:
        """`disk` gives the folder of `data` a file system of so many bytes of its own; `project`
        is the folder whose code runs, another than this one's."""
        self.project = project
        self.output = (data.parent if disk is None else data.parent.parent) / "up.txt"
        command = [
            sys.executable, "-m", "headwater", "up", "--data", str(data), "--ports", "auto",
            *options,
        ]  # fmt: skip
        if disk is not None:
            command = on_small_disk(command, data.parent, disk)
        environment = {k: v for k, v in os.environ.items() if not k.startswith("HEADWATER_")}
        environment |= settings
        if project is not None:
            environment["PYTHONPATH"] = str(project)  # parts look in no folder where they start
        with self.output.open("w") as output:
            self.process = subprocess.Popen(
                command,
                cwd=project,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        Up.started.append(self)
        self.data = data if disk is None else seen(self.process.pid, data)
        try:
            # Not stack.json: a killed stack leaves its own behind until this one starts.
            self.wait(lambda: "ready after" in self.output.read_text())
        except BaseException:
            self.stop()
            raise

    @property
    def stack(self) -> dict[str, Any]:
        described: dict[str, Any] = json.loads((self.data / "stack.json").read_text())
        return described

    @property
    def kafka(self) -> Cluster:
        """The stack's Kafka, and how it lets clients in."""
        return Cluster.read(self.stack["kafka"])

    def wait(self, condition: Callable[[], object], seconds: float = PATIENCE) -> None:
        deadline = time.monotonic() + seconds
        asked = time.monotonic()
        while not condition():
            assert self.process.poll() is None, self.output.read_text()
            assert time.monotonic() < deadline, self.output.read_text()
            time.sleep(pause(time.monotonic() - asked))
            asked = time.monotonic()

    def status(self) -> dict[str, Any]:
        """What `headwater status --json` says: asked here, since a process of its own is mostly
        imports, and waits ask again and again (the command itself: test_status.py)."""
        if self.project is None:
            return gathered(self.data)
        argv = [sys.executable, "-m", "headwater", "status", "--json", "--data", str(self.data)]
        result = subprocess.run(argv, cwd=self.project, capture_output=True, text=True)
        found: dict[str, Any] = json.loads(result.stdout)
        return found

    def parts(self) -> dict[str, Any]:
        """What the supervisor says of each part: quicker than status, which asks the parts."""
        state = json.loads((self.data / "run" / "supervisor.json").read_text())
        found: dict[str, Any] = state["parts"]
        return found

    def lasting(self) -> list[str]:
        """The parts of this stack that run as long as it does."""
        return [name for name in self.parts() if parts.named(name).lasts]

    def pids(self) -> dict[str, int]:
        """The process of each part that runs."""
        return {name: part["pid"] for name, part in self.parts().items() if part["pid"]}

    def left(self) -> list[str]:
        """Command lines of this stack's processes that still run."""
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                ours = process.environ().get(MARK) == str(self.data)
                if ours and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(" ".join(process.cmdline()))
        return found

    def run(self, *arguments: str, seconds: float = 300) -> subprocess.CompletedProcess[str]:
        """One of the command line's commands against this stack."""
        return subprocess.run(
            [sys.executable, "-m", "headwater", *arguments, "--data", str(self.data)],
            cwd=self.project,
            capture_output=True,
            text=True,
            timeout=seconds,
        )

    def stop(self) -> None:
        """Ends the stack as Ctrl-C does."""
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def url(self, part: str) -> str:
        """A part's address with its credentials in it."""
        address = self.stack[part]
        login = f"{address['username']}:{address['password']}@"
        found: str = address["url"].replace("://", f"://{login}")
        return found


@contextlib.contextmanager
def second_lrs(up: Up) -> Iterator[str]:
    """The address of an LRS process beside the stack's own, on the same Kafka and warehouse."""
    port = free_port()
    lrs = up.stack["lrs"]
    environment = {
        **os.environ,
        "HEADWATER_DATA": str(up.data),
        **up.kafka.environment(),
        "HEADWATER_CLICKHOUSE": up.url("warehouse_admin"),
        "HEADWATER_LRS_PORT": str(port),
        "HEADWATER_LRS_CREDENTIALS": f"{lrs['username']}:{lrs['password']}",
    }
    process = subprocess.Popen([sys.executable, "-m", "headwater", "lrs"], env=environment)
    try:
        wait_http(f"http://127.0.0.1:{port}/healthz", process)
        yield f"http://127.0.0.1:{port}"
    finally:
        stop(process)


def xapi_client(up: Up, url: str, path: str = "/xapi") -> httpx.AsyncClient:
    """A client of an LRS with the stack's credentials."""
    lrs = up.stack["lrs"]
    return httpx.AsyncClient(
        base_url=f"{url}{path}",
        auth=(lrs["username"], lrs["password"]),
        headers={"X-Experience-API-Version": "1.0.3"},
        timeout=60,
    )
