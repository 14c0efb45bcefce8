"""The LRS on a real socket: large and broken bodies from clients that send first and read later."""

import contextlib
import http.client
import json
import socket

import pytest

PLAIN = b'{"actor":{"mbox":"mailto:a@b.c"},"verb":{"id":"x:y"},"object":{"id":"x:y"}}'


@contextlib.contextmanager
def connected(address):
    """A plain HTTP connection."""
    connection = http.client.HTTPConnection(*address, timeout=20)
    with contextlib.closing(connection):
        yield connection


def headers(**more):
    """What a known client sends."""
    return {
        "Authorization": "Basic dG9vbDpzZWNyZXQ=",
        "X-Experience-API-Version": "1.0.3",
        "Content-Type": "application/json",
        **more,
    }


def post(connection, content, **more):
    """Status and answer of a POST."""
    connection.request("POST", "/xapi/statements", content, headers(**more))
    response = connection.getresponse()
    return response.status, json.loads(response.read())


def test_100_megabytes_are_answered_with_413_and_others_are_not_disturbed(address, publisher):
    with connected(address) as large, connected(address) as small:
        status, said = post(large, b"[" + b" " * 100_000_000 + b"]")
        assert status == 413
        assert "smaller batches" in said["error"]["message"]
        assert post(small, PLAIN)[0] == 200
    assert len(publisher.records) == 1


def test_endless_chunks_are_answered_with_413(address, publisher):
    with connected(address) as connection:
        status, _ = post(connection, (b" " * 65_536 for _ in range(300)))
        assert status == 413
    assert publisher.records == []


@pytest.mark.parametrize(
    "raw",
    [
        b"\x00\x01\x02\r\n\r\n",
        b"POST /xapi/statements HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        b"POST /xapi/statements HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"GET /xapi/statements HTTP/9.9\r\n\r\n",
    ],
)
def test_what_is_not_http_is_400_and_others_are_not_disturbed(address, publisher, raw):
    with socket.create_connection(address, timeout=10) as client:
        client.sendall(raw)
        assert client.recv(4096).startswith(b"HTTP/1.1 400")
    with connected(address) as connection:
        assert post(connection, PLAIN)[0] == 200
    assert len(publisher.records) == 1


def test_a_client_that_leaves_in_the_middle_leaves_nothing(address, publisher):
    with socket.create_connection(address, timeout=10) as client:
        lines = [b"POST /xapi/statements HTTP/1.1", b"Host: a", b"Content-Length: 1000"]
        lines += [f"{name}: {value}".encode() for name, value in headers().items()]
        client.sendall(b"\r\n".join(lines) + b"\r\n\r\n" + PLAIN)
    with connected(address) as connection:
        assert post(connection, PLAIN)[0] == 200
    assert len(publisher.records) == 1


def test_one_connection_carries_many_requests_refusals_among_them(address, publisher):
    with connected(address) as connection:
        for number in range(20):
            status, _ = post(connection, PLAIN if number % 2 else b"{")
            assert status == (200 if number % 2 else 400)
    assert len(publisher.records) == 10
