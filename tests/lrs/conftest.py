"""The LRS with one fake at each boundary, and as a process over the real broker and warehouse."""

import asyncio
import base64
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import psutil
import pytest
import uvicorn

from lrs.server import Application, disk_of, options
from lrs.settings import LrsSettings
from lrs.statements.ids import Ids
from serving.disk import Disk
from tests.conftest import WarehouseUrls, free_port, stop, wait_http
from tests.lrs.fakes import EveryId, FakeDocuments, FakeLog, FakePublisher, FakeReader
from tests.lrs.process import GOOD, Server

HEADERS = {
    "Authorization": "Basic " + base64.b64encode(b"tool:secret").decode(),
    "X-Experience-API-Version": "1.0.3",
}


@pytest.fixture
def documents() -> FakeDocuments:
    return FakeDocuments()


@pytest.fixture
def settings(tmp_path) -> LrsSettings:
    return LrsSettings(
        data=tmp_path,
        lrs_credentials="tool:secret, other:pass:word",
        lrs_body_limit=100_000,
        lrs_page_limit=5,
        lrs_minimum_free=0,
    )


@pytest.fixture
def publisher() -> FakePublisher:
    return FakePublisher()


@pytest.fixture
def reader() -> FakeReader:
    return FakeReader()


@pytest.fixture
def disk(settings) -> Disk:
    return disk_of(settings)


@pytest.fixture
def accepted() -> FakeLog:
    return FakeLog()


@pytest.fixture
def ids(accepted, reader) -> Ids:
    return Ids(accepted, EveryId(), reader)


@pytest.fixture
def application(settings, publisher, reader, disk, accepted, ids, documents) -> Application:
    return Application(settings, publisher, reader, disk, accepted, ids, documents=documents)


Ask = Callable[..., httpx.Response]


@pytest.fixture
def ask(application) -> Ask:
    """Sends a request as a known client with the right headers; `headers` change or drop them."""

    async def sent(method: str, url: str, headers: dict[str, Any], **more: Any) -> httpx.Response:
        transport = httpx.ASGITransport(app=application)
        async with httpx.AsyncClient(transport=transport, base_url="http://lrs.test") as client:
            return await client.request(method, url, headers=headers, **more)

    def asked(method: str, url: str, **more: Any) -> httpx.Response:
        headers = {**HEADERS, **more.pop("headers", {})}
        if "content" in more:
            headers.setdefault("Content-Type", "application/json")
        kept = {name: value for name, value in headers.items() if value is not None}
        return asyncio.run(sent(method, url, kept, **more))

    return asked


@pytest.fixture
def address(application: Application) -> Iterator[tuple[str, int]]:
    """Host and port of the LRS, served as it is in earnest."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(application, **options()))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    yield listener.getsockname()
    server.should_exit = True
    thread.join(10)


@pytest.fixture(scope="module")
def running(
    kafka: str, warehouse: WarehouseUrls, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """A running LRS, with the recorder that what is read depends on."""
    folder = tmp_path_factory.mktemp("lrs")
    port, recorder_port = free_port(), free_port()
    environment = {
        **os.environ,
        "HEADWATER_DATA": str(folder),
        "HEADWATER_KAFKA": kafka,
        "HEADWATER_CLICKHOUSE": warehouse.admin,
        "HEADWATER_LRS_CREDENTIALS": "tool:secret",
        "HEADWATER_LRS_PORT": str(port),
        "HEADWATER_LRS_MINIMUM_FREE": "0",
        "HEADWATER_RECORDED_PORT": str(recorder_port),
        "MALLOC_ARENA_MAX": "2",
    }
    command = [sys.executable, "-m", "headwater"]
    process = subprocess.Popen([*command, "lrs"], env=environment)
    recorder = subprocess.Popen([*command, "recorded"], env=environment)
    try:
        wait_http(f"http://127.0.0.1:{recorder_port}/healthz", recorder)
        wait_http(f"http://127.0.0.1:{port}/healthz", process)
        server = Server(psutil.Process(process.pid), port)
        for _ in range(20):  # so that the first measure is of a server that has worked
            assert server.ask(content=GOOD)[0] == 200
        yield server
    finally:
        stop(process)
        stop(recorder)
