"""Connections have bounds: heads in size and time, bodies in time; on a real socket."""

import asyncio
import contextlib
import http.client
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
import uvicorn

from serving.protocol import Protocol, bounded

Address = tuple[str, int]
POST = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n"


async def counting(scope: Any, receive: Any, send: Any) -> None:
    """Says how long the body was; of /early before it is read, of /slow after a while."""
    size, more = 0, scope["path"] != "/early"
    if scope["path"] == "/slow":
        await asyncio.sleep(0.6)
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        size += len(message["body"])
        more = message["more_body"]
    content = b"%d" % size
    headers = [(b"content-length", b"%d" % len(content))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": content})


@contextlib.contextmanager
def served(protocol: type[Protocol]) -> Iterator[Address]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(
            counting, http=protocol, ws="none", lifespan="off", log_level="critical"
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield listener.getsockname()
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture(scope="module")
def usual() -> Iterator[Address]:
    with served(Protocol) as address:
        yield address


@pytest.fixture(scope="module")
def hasty() -> Iterator[Address]:
    """A server that waits for nobody."""
    protocol = bounded(
        head_seconds=0.3,
        idle_seconds=0.3,
        silence_seconds=0.3,
        body_seconds=0.9,
        linger_seconds=0.3,
    )
    with served(protocol) as address:
        yield address


def answered(client: socket.socket) -> bytes:
    """The body of one answer, however it is cut into pieces."""
    with http.client.HTTPResponse(client) as answer:
        answer.begin()
        return answer.read()


def until_closed(client: socket.socket) -> bytes:
    """What comes until the server closes; fails where it does not."""
    client.settimeout(15)
    said = b""
    with contextlib.suppress(ConnectionResetError):
        while piece := client.recv(65536):
            said += piece
    return said


def until_refused(client: socket.socket, piece: bytes, pause: float, times: int) -> bool:
    """Whether the server stops taking what is sent a piece at a time."""
    for _ in range(times):
        try:
            client.sendall(piece)
        except OSError:
            return True
        time.sleep(pause)
    return False


@pytest.mark.parametrize(
    "head",
    [
        b"GET /" + b"x" * 1_000_000,
        b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 1_000_000,
        b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X-A: b\r\n" * 1000,
    ],
    ids=["address", "header", "headers"],
)
def test_a_head_without_end_is_431(usual: Address, head: bytes) -> None:
    with socket.create_connection(usual, timeout=15) as client:
        client.sendall(head)
        assert client.recv(100).startswith(b"HTTP/1.1 431 ")


def test_a_head_that_never_ends_is_408(hasty: Address) -> None:
    with socket.create_connection(hasty) as client:
        client.sendall(b"GET / HTTP/1.1\r\n")
        assert until_closed(client).startswith(b"HTTP/1.1 408 ")


def test_a_later_head_of_a_connection_has_its_own_time(hasty: Address) -> None:
    """One timer serves all of them: it is neither lost nor that of a request before."""
    with socket.create_connection(hasty) as client:
        for _ in range(3):
            client.sendall(POST + b"x" * 100)
            assert answered(client) == b"100"
        began = time.monotonic()
        client.sendall(b"GET / HTTP/1.1\r\n")
        assert until_closed(client).startswith(b"HTTP/1.1 408 ")
        assert time.monotonic() - began > 0.29


def test_a_head_that_comes_by_drops_is_given_up(hasty: Address) -> None:
    with socket.create_connection(hasty) as client:
        assert until_refused(client, b"X", 0.05, 300)


def test_a_connection_that_says_nothing_is_closed(hasty: Address) -> None:
    with socket.create_connection(hasty) as client:
        assert until_closed(client) == b""


def test_a_body_that_stands_still_is_408(hasty: Address) -> None:
    with socket.create_connection(hasty) as client:
        client.sendall(POST + b"x" * 99)
        assert until_closed(client).startswith(b"HTTP/1.1 408 ")


def test_a_body_that_comes_by_drops_is_given_up(hasty: Address) -> None:
    with socket.create_connection(hasty) as client:
        client.sendall(POST.replace(b"100", b"9999"))
        assert until_refused(client, b"x", 0.05, 300)


def test_who_was_answered_early_may_not_go_on_for_good(hasty: Address) -> None:
    with socket.create_connection(hasty) as client:
        client.sendall(POST.replace(b"POST /", b"POST /early"))
        assert until_closed(client).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("pieces", [1, 20])
def test_who_is_in_time_is_served_again_and_again(usual: Address, pieces: int) -> None:
    request = POST + b"x" * 100
    step = len(request) // pieces
    with socket.create_connection(usual, timeout=15) as client:
        for _ in range(3):
            for at in range(0, len(request), step):
                client.sendall(request[at : at + step])
            assert answered(client) == b"100"


def test_a_body_may_come_for_as_long_as_it_comes() -> None:
    with (
        served(bounded(silence_seconds=1.0)) as address,
        socket.create_connection(address, timeout=15) as client,
    ):
        client.sendall(POST)
        for _ in range(10):
            client.sendall(b"x" * 10)
            time.sleep(0.2)
        assert answered(client) == b"100"


def test_who_waits_for_us_is_not_late() -> None:
    size = 8_000_000
    head = POST.replace(b"100", b"%d" % size).replace(b"POST /", b"POST /slow")
    with (
        served(bounded(silence_seconds=0.2)) as address,
        socket.create_connection(address, timeout=15) as client,
    ):
        client.sendall(head + b"x" * size)
        assert answered(client) == b"%d" % size
