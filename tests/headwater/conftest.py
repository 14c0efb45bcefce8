"""The LRS and the hooks server in this process, with one fake at the boundary to Kafka.

And commands, on the real broker and the real warehouse.
"""

import asyncio
import os
import socket
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import uvicorn
from typer.testing import CliRunner, Result

from bus import records
from headwater.cli import build
from lrs.log.publisher import Place
from lrs.server import Application, disk_of
from lrs.settings import LrsSettings
from lrs.statements.ids import Ids
from lrs.statements.reader import Stored
from producers.connections import load
from producers.hooks import Hooks, application
from producers.intake import Intake
from producers.settings import HookSettings
from tests.conftest import LOGIN as KAFKA_LOGIN
from tests.lrs.fakes import EveryId, FakeLog
from tests.producers.boundary import Kafka
from tests.waiting import PATIENCE

LOGIN = ("tool", "secret")
HOOK_SECRET = b"it is a secret"


class FakeRecords:
    """The LRS's publisher: keeps what would be written."""

    def __init__(self) -> None:
        self.records: list[records.Record] = []
        self.rejected: list[bytes] = []

    async def run(self) -> None:
        """Nothing to connect."""
        await asyncio.Event().wait()

    async def ready(self) -> bool:
        """Always."""
        return True

    async def publish(self, record: records.Record) -> Place:
        """Keeps a record."""
        self.records.append(record)
        return Place(0, len(self.records), len(self.records))

    async def reject(self, messages: Sequence[bytes]) -> None:
        """Keeps refusals."""
        self.rejected += messages

    def ids(self) -> list[str]:
        """The ids of the statements that the LRS accepted, in order."""
        return [str(each) for record in self.records for each in records.ids(record.headers)]


class NoReader:
    """A warehouse that holds nothing."""

    async def by_ids(self, identifiers: Collection[UUID]) -> Mapping[UUID, Stored]:
        """None of them."""
        return {}


def lrs_of(
    settings: LrsSettings,
    accepted: FakeRecords,
    *credentials: Any,
    reader: Any = None,
    log: Any = None,
) -> Application:
    """The real LRS, its way to Kafka a list."""
    reader = reader or NoReader()
    log = log or FakeLog()
    ids = Ids(log, EveryId(), reader)
    disk = disk_of(settings)
    return Application(settings, accepted, reader, disk, log, ids, *credentials)


@pytest.fixture
def accepted() -> FakeRecords:
    """What the LRS accepted."""
    return FakeRecords()


@pytest.fixture
def synthetic() -> bool:
    """Whether the servers are a demo's; a test may say so by its parameter."""
    return False


@pytest.fixture
def lrs_application(tmp_path: Path, accepted: FakeRecords, synthetic: bool) -> Application:
    """The real LRS, its way to Kafka a list."""
    settings = LrsSettings(
        data=tmp_path,
        synthetic=synthetic,
        lrs_credentials=":".join(LOGIN),  # type: ignore[arg-type]
        lrs_body_limit=1_000_000,
        lrs_minimum_free=0,
    )
    return lrs_of(settings, accepted)


@contextmanager
def served(app: Any) -> Iterator[str]:
    """A server of an ASGI application on a free port; gives its address."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    deadline = time.monotonic() + PATIENCE
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
    sink: Kafka


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
    sink = Kafka()
    with served(application(Hooks(settings, intakes, sink))) as url:
        yield HooksServer(url, connections, sink)


@pytest.fixture
def run(
    warehouse: Any, kafka: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Result]:
    """Runs a command on the broker and the warehouse of the tests, in a folder of its own."""
    for name in [name for name in os.environ if name.startswith("HEADWATER_")]:
        monkeypatch.delenv(name)
    told = KAFKA_LOGIN | {"HEADWATER_KAFKA": kafka, "HEADWATER_CLICKHOUSE": warehouse.admin}
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    return lambda *words: CliRunner().invoke(build(), [str(word) for word in words])
