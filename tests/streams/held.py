"""The real warehouse behind a door that can be held: when an insert comes through, a test says."""

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote_plus, urlsplit

from tests.waiting import PATIENCE


class Door:
    """Passes requests on to a warehouse, but holds those that write to a table while it is shut."""

    def __init__(self, warehouse: str) -> None:
        self.behind = urlsplit(warehouse)
        self.table = ""
        self.waiting = threading.Semaphore(0)
        self._open = threading.Event()
        self._open.set()
        self._answer = 0
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.server.daemon_threads = True

    @property
    def url(self) -> str:
        """The warehouse's address, with its login, by way of the door."""
        login = f"{self.behind.username}:{self.behind.password}"
        return f"http://{login}@127.0.0.1:{self.server.server_port}"

    def shut(self, table: str) -> None:
        """From now on whatever is inserted into `table` waits."""
        self.waiting = threading.Semaphore(0)
        self.table = table
        self._answer = 0
        self._open.clear()

    def wait(self) -> None:
        """Waits until an insert stands at the door."""
        assert self.waiting.acquire(timeout=PATIENCE), f"nothing was inserted into {self.table}"

    def open(self, answer: int = 0, table: str = "") -> None:
        """Lets through who waits; with an answer, turns them away with that status instead.

        With a table, whoever inserts into it is turned away from now on.
        """
        self._answer = answer
        self.table = table
        self._open.set()

    def turned_away(self, request: str) -> int:
        """The status for who must not come through, 0 for who may; holds who must wait."""
        if not self.table or f"INSERT INTO {self.table}" not in request:
            return 0
        self.waiting.release()
        self._open.wait()
        return self._answer

    def _handler(door: "Door") -> type[BaseHTTPRequestHandler]:
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self._body()
                asked = unquote_plus(self.path).replace("`", "") + body[:300].decode("latin-1")
                status = door.turned_away(asked)
                if status:
                    self._reply(status, {}, _AWAY if status == 503 else _REFUSED)
                    return
                inner = http.client.HTTPConnection(
                    door.behind.hostname or "", door.behind.port, timeout=PATIENCE
                )
                kept = {k: v for k, v in self.headers.items() if k.lower() not in _HOPS}
                inner.request(self.command, self.path, body, kept)
                answer = inner.getresponse()
                given = {k: v for k, v in answer.headers.items() if k.lower() not in _HOPS}
                self._reply(answer.status, given, answer.read())
                inner.close()

            do_GET = do_POST

            def _body(self) -> bytes:
                if self.headers.get("Transfer-Encoding", "") != "chunked":
                    return self.rfile.read(int(self.headers.get("Content-Length", "0")))
                pieces = []
                while size := int(self.rfile.readline(), 16):
                    pieces.append(self.rfile.read(size))
                    self.rfile.readline()
                self.rfile.readline()
                return b"".join(pieces)

            def _reply(self, status: int, headers: dict[str, str], body: bytes) -> None:
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Says nothing."""

        return Handler


#: ClickHouse's codes: too many queries at once, which passes; and one that nobody tries again.
_AWAY = b"Code: 202. DB::Exception: turned away at the door"
_REFUSED = b"Code: 999. DB::Exception: refused at the door"
_HOPS = ("connection", "transfer-encoding", "content-length", "keep-alive")


@contextmanager
def door(warehouse: str) -> Iterator[Door]:
    """A door before a warehouse, while the block runs."""
    found = Door(warehouse)
    serving = threading.Thread(target=found.server.serve_forever, args=(0.01,), daemon=True)
    serving.start()
    try:
        yield found
    finally:
        found.open(503)
        found.server.shutdown()
        found.server.server_close()
