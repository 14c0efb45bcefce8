"""A running LRS: a process of its own, spoken to by sockets."""

import contextlib
import http.client
import json
import socket
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import psutil

HEADERS = {
    "Authorization": "Basic dG9vbDpzZWNyZXQ=",
    "X-Experience-API-Version": "1.0.3",
    "Content-Type": "application/json",
}
GOOD = json.dumps(
    {
        "actor": {"mbox": "mailto:anna@example.org"},
        "verb": {"id": "http://example.org/did"},
        "object": {"id": "http://example.org/it"},
    }
).encode()


@dataclass
class Server:
    """The LRS's process, and where it listens."""

    process: psutil.Process
    port: int

    @property
    def memory(self) -> int:
        """Resident bytes."""
        return int(self.process.memory_info().rss)

    @contextlib.contextmanager
    def connected(self) -> Iterator[http.client.HTTPConnection]:
        """A connection of an ordinary client."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        with contextlib.closing(connection):
            yield connection

    def ask(
        self,
        method: str = "POST",
        path: str = "/xapi/statements",
        content: bytes | Iterable[bytes] = b"",
        **headers: str,
    ) -> tuple[int, Any]:
        """Status and answer."""
        with self.connected() as connection:
            given = HEADERS | {name.replace("_", "-"): value for name, value in headers.items()}
            kept = {name: value for name, value in given.items() if value}
            connection.request(method, path, content, kept)
            answer = connection.getresponse()
            text = answer.read()
            kind = answer.headers.get("Content-Type", "")
            return answer.status, json.loads(text) if kind == "application/json" else text

    def raw(self, *sent: bytes, seconds: float = 20) -> bytes:
        """What comes back on a bare socket until it is closed or nothing more comes."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=seconds) as client:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                for piece in sent:
                    client.sendall(piece)
            received = b""
            with contextlib.suppress(ConnectionResetError, TimeoutError):
                while piece := client.recv(65_536):
                    received += piece
                    if b"\r\n\r\n" in received and len(received) > 100 and _whole(received):
                        break
            return received


def _whole(answer: bytes) -> bool:
    head, _, body = answer.partition(b"\r\n\r\n")
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return len(body) >= int(line.partition(b":")[2])
    return b"transfer-encoding: chunked" not in head.lower() or body.endswith(b"0\r\n\r\n")
