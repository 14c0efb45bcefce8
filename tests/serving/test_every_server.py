"""Every HTTP server, as its own process: bounds on a head, and what it tells browsers."""

import contextlib
import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import psutil
import pytest

from headwater import parts
from tests.conftest import free_port, stop
from tests.waiting import PATIENCE

#: Those whom others than this machine may reach.
SERVERS = [part.name for part in parts.every() if part.listens and part.listens.login]
MEGABYTE = 1 << 20
HEADS = {
    "address": (b"GET /", b"x" * 65536),
    "header": (b"GET / HTTP/1.1\r\nHost: a\r\nX: ", b"x" * 65536),
    "headers": (b"GET / HTTP/1.1\r\nHost: a\r\n", b"X-A: b\r\n" * 8192),
}


@pytest.fixture(scope="module", params=SERVERS)
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[psutil.Process, int]]:
    """A server that runs by itself, whatever it would need for its work."""
    folder, port = tmp_path_factory.mktemp(request.param), free_port()
    (folder / "secret").write_text("s3cret")
    (folder / "connections.toml").write_text(
        '[[connection]]\nname = "code"\nconnector = "github"\nsecret = "file:secret"\n'
    )
    told = {
        "HEADWATER_DATA": str(folder),
        "HEADWATER_KAFKA": f"127.0.0.1:{free_port()}",
        "HEADWATER_CLICKHOUSE": f"http://headwater:h@127.0.0.1:{free_port()}",
        "HEADWATER_CLICKHOUSE_VIEWER": f"http://viewer:v@127.0.0.1:{free_port()}",
        "HEADWATER_CONNECTIONS": str(folder / "connections.toml"),
        "HEADWATER_WAREHOUSE_PASSWORDS": "headwater:h,analyst:a,viewer:v",
        f"HEADWATER_{request.param.upper()}_PORT": str(port),
    }
    argv = [sys.executable, "-m", "headwater", request.param]
    process = subprocess.Popen(argv, env=os.environ | told, stderr=subprocess.DEVNULL)
    try:
        _listening(process, port)
        yield psutil.Process(process.pid), port
    finally:
        stop(process)


def _listening(process: "subprocess.Popen[bytes]", port: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        with contextlib.suppress(OSError, http.client.HTTPException):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/healthz")
            connection.getresponse().read()
            connection.close()
            return
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.integration
@pytest.mark.parametrize("shape", HEADS)
def test_a_head_without_end_is_431_and_not_kept(
    server: tuple[psutil.Process, int], shape: str
) -> None:
    process, port = server
    before = process.memory_info().rss
    begun, more = HEADS[shape]
    with contextlib.ExitStack() as open_ones:
        clients = [
            open_ones.enter_context(socket.create_connection(("127.0.0.1", port), 30))
            for _ in range(4)
        ]
        for client in clients:
            with contextlib.suppress(OSError):
                client.sendall(begun)
                for _ in range(60 * MEGABYTE // len(more)):
                    client.sendall(more)
        for client in clients:
            assert _status(client) in (b"431", b"")
        assert process.memory_info().rss - before < 60 * MEGABYTE


def _status(client: socket.socket) -> bytes:
    """The answer's status; nothing where the connection was cut before it was read."""
    try:
        return client.recv(100).split(b"\r\n")[0][9:12]
    except OSError:
        return b""


@pytest.mark.integration
def test_a_head_too_large_by_a_little_is_told(server: tuple[psutil.Process, int]) -> None:
    with socket.create_connection(("127.0.0.1", server[1]), 30) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * (1200 << 10))
        assert _status(client) == b"431"


@pytest.mark.integration
@pytest.mark.parametrize("path", ["/healthz", "/", "/nothing-is-here"])
def test_no_answer_is_framed_or_sniffed(server: tuple[psutil.Process, int], path: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server[1], timeout=30)
    connection.request("GET", path)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    assert answer.getheader("X-Content-Type-Options") == "nosniff"
    assert answer.getheader("X-Frame-Options") == "DENY"
    assert answer.getheader("Referrer-Policy") == "no-referrer"
    policy = answer.getheader("Content-Security-Policy") or ""
    assert "frame-ancestors 'none'" in policy
    assert policy.startswith(("default-src 'none'", "default-src 'self'"))
