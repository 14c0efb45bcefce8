"""The embedded warehouse as a process of its own, for the whole run."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import clickhouse_connect
import httpx
import pytest

from tests.waiting import PATIENCE

CONFIGURED = {"headwater": "h-secret", "analyst": "a-secret", "viewer": "v-secret"}
#: Those and, for as long as they have one, the users of workspaces.
PASSWORDS = dict(CONFIGURED)


@dataclass
class Server:
    """A warehouse that runs."""

    process: subprocess.Popen[bytes]
    host: str
    port: int
    folder: Path
    asking: dict[str, httpx.Client] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    def http(self, user: str = "headwater", **options: Any) -> httpx.Client:
        return httpx.Client(base_url=self.url, auth=(user, PASSWORDS[user]), timeout=60, **options)

    def client(self, user: str = "headwater", **options: Any) -> Any:
        return clickhouse_connect.get_client(
            host=self.host, port=self.port, username=user, password=PASSWORDS[user], **options
        )

    def ask(self, sql: str | bytes, user: str = "headwater", **params: str) -> httpx.Response:
        if user not in self.asking:
            self.asking[user] = self.http(user)
        return self.asking[user].post("/", content=sql, params=params)

    def run(self, sql: str | bytes, **params: str) -> str:
        answer = self.ask(sql, **params)
        assert answer.status_code == 200, answer.text
        return answer.text


def environment(folder: Path, **more: str) -> dict[str, str]:
    return os.environ | {
        "HEADWATER_DATA": str(folder),
        "HEADWATER_WAREHOUSE_HOST": "127.0.0.1",
        "HEADWATER_WAREHOUSE_PORT": "0",
        "HEADWATER_WAREHOUSE_PASSWORDS": ",".join(f"{u}:{p}" for u, p in CONFIGURED.items()),
        **more,
    }


COMMAND = [sys.executable, "-m", "headwater.embedded.warehouse"]


def start(folder: Path, command: Sequence[str] = COMMAND, **more: str) -> Server:
    """Starts a warehouse; ready when it says where it listens."""
    told = environment(folder, **more)
    process = subprocess.Popen(command, env=told, stderr=subprocess.PIPE)
    assert process.stderr is not None
    line = process.stderr.readline().decode()
    assert "ready on http://" in line, line + process.stderr.read().decode()
    host, _, port = line.strip().rpartition("//")[2].partition(":")
    return Server(process, host, int(port), folder)


def stop(server: Server) -> int:
    """Ends it kindly and returns its exit code."""
    for http in server.asking.values():
        http.close()
    server.process.terminate()
    try:
        return server.process.wait(60)
    finally:
        if server.process.poll() is None:
            server.process.kill()
            server.process.wait()


def eventually(wanted: Callable[[], bool], seconds: float = PATIENCE) -> None:
    """Waits until something is so; while the warehouse begins anew nobody answers."""
    until = time.monotonic() + seconds
    while True:
        with suppress(httpx.TransportError):
            if wanted():
                return
        assert time.monotonic() < until, "it did not come about"
        time.sleep(0.1)


def problems(server: Server) -> list[str]:
    """What health says is wrong."""
    with server.http() as http:
        return [problem["what"] for problem in http.get("/healthz").json()["problems"]]


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    found = start(tmp_path_factory.mktemp("warehouse"))
    try:
        for database in ("learning", "kpi", "ops", "viewer", "lrs", "vault", "bench"):
            found.run(f"CREATE DATABASE {database}")
        yield found
    finally:
        stop(found)


@pytest.fixture
def launch() -> Iterator[Callable[..., Server]]:
    """Starts further warehouses that end with the test."""
    running: list[Server] = []

    def one(folder: Path, command: Sequence[str] = COMMAND, **more: str) -> Server:
        running.append(start(folder, command, **more))
        return running[-1]

    yield one
    for server in running:
        if server.process.poll() is None:
            stop(server)


@pytest.fixture
def table(server: Server, request: pytest.FixtureRequest) -> Iterator[Callable[[str], str]]:
    """Makes tables of this test's own."""
    made: list[str] = []

    def make(columns: str, engine: str = "MergeTree ORDER BY tuple()") -> str:
        name = f"bench.t{abs(hash(request.node.name)) % 10**9}_{len(made)}"
        server.run(f"CREATE OR REPLACE TABLE {name} ({columns}) ENGINE = {engine}")
        made.append(name)
        return name

    yield make
    for name in made:
        server.run(f"DROP TABLE IF EXISTS {name} SYNC")
