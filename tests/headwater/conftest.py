"""The LRS and the hooks server in this process, with one fake at the boundary to Kafka."""

import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from lrs.api.disk import Disk
from lrs.api.server import Application
from lrs.api.settings import LrsSettings
from producers.connections import load
from producers.hooks import Hooks, application
from producers.intake import Intake
from producers.settings import HookSettings
from xapi import records

LOGIN = ("tool", "secret")
HOOK_SECRET = b"it is a secret"


class FakeRecords:
    """The LRS's publisher: keeps what would be written."""

    def __init__(self) -> None:
        self.records: list[records.Record] = []

    async def run(self) -> None:
        """Nothing to connect."""

    async def ready(self) -> bool:
        """Always."""
        return True

    async def publish(self, record: records.Record) -> None:
        """Keeps a record."""
        self.records.append(record)

    def ids(self) -> list[str]:
        """The ids of the statements that the LRS accepted, in order."""
        return [str(each) for record in self.records for each in records.ids(record.headers)]


class FakeSink:
    """The hooks server's publisher: keeps what would be written."""

    def __init__(self) -> None:
        self.messages: list[tuple[str, bytes]] = []

    def publish(
        self, topic: str, key: bytes | None, value: bytes, headers: Any = ()
    ) -> "Future[None]":
        """Keeps a message."""
        self.messages.append((topic, value))
        done: Future[None] = Future()
        done.set_result(None)
        return done

    def ready(self) -> bool:
        """Always."""
        return True

    def close(self) -> None:
        """Nothing to close."""


class NoReader:
    """Statements are not read here."""

    frontier = datetime(2024, 5, 31, 8, 30, tzinfo=UTC)

    async def run(self) -> None:
        """Nothing to ask."""


@pytest.fixture
def accepted() -> FakeRecords:
    """What the LRS accepted."""
    return FakeRecords()


@pytest.fixture
def lrs_application(tmp_path: Path, accepted: FakeRecords) -> Application:
    """The real LRS, its way to Kafka a list."""
    settings = LrsSettings(
        data=tmp_path,
        lrs_credentials=":".join(LOGIN),  # type: ignore[arg-type]
        lrs_body_limit=1_000_000,
        lrs_minimum_free=0,
    )
    disk = Disk(settings.data, settings.lrs_minimum_free)
    return Application(settings, accepted, NoReader(), disk)  # type: ignore[arg-type]


@contextmanager
def served(app: Any) -> Iterator[str]:
    """A server of an ASGI application on a free port; gives its address."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    deadline = time.monotonic() + 10
    while not server.started:
        assert time.monotonic() < deadline, "the server did not start"
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)
        listener.close()


@pytest.fixture
def lrs_url(lrs_application: Application) -> Iterator[str]:
    """The address of a running LRS."""
    with served(lrs_application) as url:
        yield url


@dataclass
class HooksServer:
    """A running hooks server with one connection, `code`, of GitHub's connector."""

    url: str
    connections: Path
    sink: FakeSink


@pytest.fixture
def hooks_server(tmp_path: Path) -> Iterator[HooksServer]:
    """The hooks server, its way to Kafka a list."""
    connections = tmp_path / "connections.toml"
    (tmp_path / "secret").write_bytes(HOOK_SECRET)
    connections.write_text(
        '[[connection]]\nname = "code"\nconnector = "github"\nsecret = "file:secret"\n'
    )
    settings = HookSettings(connections=connections, data=tmp_path, hooks_minimum_free=0)
    intakes = {name: Intake(connection) for name, connection in load(connections).items()}
    sink = FakeSink()
    with served(application(Hooks(settings, intakes, sink))) as url:
        yield HooksServer(url, connections, sink)
