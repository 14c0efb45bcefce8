"""Strangers' bodies, all at once, in the hooks server's own process."""

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

from tests.conftest import free_port, stop
from tests.waiting import PATIENCE

MEBIBYTE = 1 << 20
STRANGERS = 30
SIZE = 25 * MEBIBYTE
#: What all bodies may have together, as set here, and what sockets and Python may need beside them.
ROOM, BESIDE = 32 * MEBIBYTE, 96 * MEBIBYTE


@pytest.fixture(scope="module")
def hooks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[psutil.Process, int]]:
    folder, port = tmp_path_factory.mktemp("hooks"), free_port()
    (folder / "secret").write_text("s3cret")
    (folder / "connections.toml").write_text(
        '[[connection]]\nname = "code"\nconnector = "github"\nsecret = "file:secret"\n'
    )
    told = {
        "HEADWATER_KAFKA": f"127.0.0.1:{free_port()}",
        "HEADWATER_CONNECTIONS": str(folder / "connections.toml"),
        "HEADWATER_HOOKS_PORT": str(port),
        "HEADWATER_HOOKS_BODIES_LIMIT": str(ROOM),
    }
    process = subprocess.Popen([sys.executable, "-m", "headwater", "hooks"], env=os.environ | told)
    deadline = time.monotonic() + PATIENCE
    try:
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield psutil.Process(process.pid), port
    finally:
        stop(process)


def head(size: int, **more: str) -> bytes:
    headers = {
        "Host": "a",
        "Content-Length": str(size),
        "Content-Type": "application/json",
        "X-GitHub-Event": "issues",
        "X-Hub-Signature-256": "sha256=" + "0" * 64,
        **more,
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items() if value)
    return f"POST /hooks/code HTTP/1.1\r\n{lines}\r\n".encode()


@pytest.mark.integration
def test_bodies_of_strangers_have_a_bound_together(hooks: tuple[psutil.Process, int]) -> None:
    process, port = hooks
    before, most = process.memory_info().rss, 0
    piece = b"x" * MEBIBYTE
    with contextlib.ExitStack() as ended:
        strangers = [
            ended.enter_context(socket.create_connection(("127.0.0.1", port), 30))
            for _ in range(STRANGERS)
        ]
        for stranger in strangers:
            stranger.sendall(head(SIZE))
        for _ in range(SIZE // MEBIBYTE - 1):
            for stranger in strangers:
                with contextlib.suppress(OSError):  # it had to give way, and was cut off
                    stranger.sendall(piece)
            most = max(most, process.memory_info().rss - before)
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        connection.request("POST", "/hooks/code", b"{}", {
            "Content-Type": "application/json", "X-Hub-Signature-256": "sha256=" + "1" * 64,
        })  # fmt: skip
        assert connection.getresponse().status == 401  # heard, read, and not let in
        connection.close()
        said = [_status(stranger) for stranger in strangers]
    assert most < ROOM + BESIDE, f"{most >> 20} MiB more"
    assert said.count(503) >= STRANGERS - ROOM // SIZE - 1


def _status(client: socket.socket) -> int:
    client.settimeout(0.2)
    try:
        return int(client.recv(100).split()[1])
    except (OSError, IndexError):
        return 0


@pytest.mark.integration
@pytest.mark.parametrize(
    ("path", "change", "status"),
    [
        ("/hooks/code", {"X-Hub-Signature-256": ""}, 401),
        ("/hooks/code", {"X-Hub-Signature-256": "sha256=short"}, 401),
        ("/hooks/code", {"Content-Type": "text/plain"}, 415),
        ("/hooks/code", {"Content-Length": str(SIZE + 1)}, 413),
        ("/hooks/nobody", {}, 404),
    ],
)
def test_what_the_head_gives_away_is_answered_before_the_body(
    hooks: tuple[psutil.Process, int], path: str, change: dict[str, str], status: int
) -> None:
    with socket.create_connection(("127.0.0.1", hooks[1]), 30) as client:
        client.sendall(head(SIZE, **change).replace(b"/hooks/code", path.encode()))
        assert client.recv(100).startswith(b"HTTP/1.1 %d " % status)
