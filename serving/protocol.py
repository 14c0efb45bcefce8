"""HTTP as a server takes it off the wire: uvicorn's protocol, with bounds and with reasons.

- Request line and headers have a largest size (431) and a time to come (408); without them they
  would be kept whatever their length, and for good.
- A body of which nothing comes for a while is given up (408), unless it is we who do not read on;
  some servers also say in how much time all of it must be there.
- Who is answered before all of the body came may send the rest for a moment, then is cut off.
- Fields after a chunked body (trailers) are dropped: a proxy that looks at headers does not look
  there.
- What is not HTTP is refused in the server's own form (`refusal`).
"""

import asyncio
import json
import sys
from collections.abc import Callable
from typing import Any, ClassVar

import httptools
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

HEAD_BYTES = 64 << 10
HEAD_FIELDS = 200
LINGER_SECONDS = 5.0
#: How exact the clock of the event loop is, in seconds.
CLOCK_SECONDS = 0.001


class RefusedHead(Exception):
    """A request whose head is not taken: the answer's status, and why."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


class Protocol(HttpToolsProtocol):
    """A connection."""

    #: The largest request line and headers, in bytes, and the most headers.
    head_bytes: ClassVar[int] = HEAD_BYTES
    head_fields: ClassVar[int] = HEAD_FIELDS
    #: In how many seconds a head that has begun must be complete.
    head_seconds: ClassVar[float] = 20.0
    #: A connection that never said anything is closed after so many seconds.
    idle_seconds: ClassVar[float] = 75.0
    #: For how many seconds nothing of a body may come.
    silence_seconds: ClassVar[float] = 30.0
    #: In how many seconds a body must be complete; None where it may come for as long as it comes.
    body_seconds: ClassVar[float | None] = None
    #: How long who is refused may go on sending: who is reset while sending sees no answer.
    linger_seconds: ClassVar[float] = LINGER_SECONDS

    _size = 0
    _in_head = False
    _in_body = False
    _refused = False
    _came = 0.0
    _body_began = 0.0
    _arrived = 0
    _timer: asyncio.TimerHandle | None = None
    #: What is to be done when, and when the timer looks: it is moved only where it looks too late,
    #: for requests that follow each other within a millisecond are never late.
    _due: tuple[float, Callable[[], Any]] | None = None
    _looks = 0.0

    def refusal(self, status: int, message: str, path: str = "", section: str = "") -> bytes:
        """The JSON of a refusal; `path` and `section` say which rule of HTTP was broken."""
        return json.dumps({"error": message}).encode()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client is there, and says nothing yet."""
        super().connection_made(transport)
        self._after(self.idle_seconds, self._idle)

    def connection_lost(self, exc: Exception | None) -> None:
        """The client is gone."""
        self._drop_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Takes bytes; a head that is still incomplete after too many is refused."""
        if self._refused:
            return
        self._came = self.loop.time()
        self._arrived = len(data)
        super().data_received(data)
        if self._in_head and not self._refused:
            self._size += len(data)
            if self._size > self.head_bytes:
                self._refuse(self._too_large())

    def handle_websocket_upgrade(self) -> None:
        """Hands the connection over: from now on others watch it."""
        self._drop_timer()
        super().handle_websocket_upgrade()

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self._in_head, self._in_body, self._size = True, False, 0
        self._after(self.head_seconds, self._head_late)

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header, or a trailer, which is dropped."""
        if self._in_body:
            return
        if len(self.headers) >= self.head_fields:
            raise self._too_large()
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """The head is complete."""
        self._in_head, self._in_body = False, True
        # Where little has come in all, the head is little: a field counts two bytes more at most.
        if self._size + self._arrived + 2 * self.head_fields > self.head_bytes:
            size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
            if size > self.head_bytes:
                raise self._too_large()
        self._body_began = self._came
        self._after(self.silence_seconds, self._watch_body)
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """All of the request is there."""
        self._in_body = False
        self._stop_timer()
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """A request was answered; who still sends it is let send for a moment."""
        super().on_response_complete()
        if self._in_body and self.cycle.response_complete:
            self._after(self.linger_seconds, self._close)

    def send_400_response(self, msg: str) -> None:
        """Refuses what is not HTTP, with the parser's reason; called while its error is handled."""
        error = sys.exc_info()[1]
        reason: BaseException | None = error
        if isinstance(error, httptools.HttpParserCallbackError):
            reason = error.__context__
        if isinstance(reason, RefusedHead):
            self._refuse(reason)
        else:
            message = f"this is not HTTP/1.1 that can be read: {reason or msg}"
            self._answer(400, self.refusal(400, message, "the request", "RFC 9112"))

    def eof_received(self) -> None:
        """The client has sent everything."""
        if self._refused:
            self.transport.close()

    # What takes too long

    def _after(self, seconds: float, do: Callable[[], Any]) -> None:
        at = self.loop.time() + seconds
        self._due = (at, do)
        if self._timer is None or self._looks > at:
            self._drop_timer()
            self._look_at(at)

    def _stop_timer(self) -> None:
        self._due = None

    def _drop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look_at(self, at: float) -> None:
        self._looks = at
        self._timer = self.loop.call_at(at, self._look)

    def _look(self) -> None:
        """Does what is due, or looks again when it will be."""
        self._timer = None
        if self._due is None:
            return
        at, do = self._due
        if self.loop.time() < at - CLOCK_SECONDS:
            self._look_at(at)
        else:
            self._due = None
            do()

    def _idle(self) -> None:
        if self.cycle is None:
            self.transport.close()

    def _head_late(self) -> None:
        if self._in_head and not self._refused:
            message = f"the headers did not come within {self.head_seconds:g} s"
            self._refuse(RefusedHead(408, message))

    def _watch_body(self) -> None:
        """Looks whether the body still comes; while we read nothing, the client cannot be late."""
        if not self._in_body or self._refused or self.cycle.response_complete:
            return
        now = self.loop.time()
        if self.flow.read_paused:
            self._came = now
        silent = self._came + self.silence_seconds
        late = self._body_began + (self.body_seconds or float("inf"))
        if now >= min(silent, late):
            self._give_up_body()
        else:
            self._after(max(0.05, min(silent, late) - now), self._watch_body)

    def _give_up_body(self) -> None:
        said = self.cycle.response_started
        self.cycle.disconnected = True
        self.cycle.message_event.set()
        if said:
            self.transport.close()
        else:
            self._refuse(RefusedHead(408, "the body did not come in time"))

    def _close(self) -> None:
        self.transport.close()

    # Refusals

    def _too_large(self) -> RefusedHead:
        return RefusedHead(
            431,
            f"the request line and headers are more than {self.head_bytes} bytes, or the headers "
            f"more than {self.head_fields}",
        )

    def _refuse(self, refused: RefusedHead) -> None:
        self._answer(refused.status, self.refusal(refused.status, refused.message))

    def _answer(self, status: int, content: bytes) -> None:
        """Answers and takes no more; reads on a while, for who is reset sees no answer."""
        self._refused = True
        self.transport.write(
            b"%bcontent-type: application/json\r\ncontent-length: %d\r\nconnection: close\r\n\r\n%b"
            % (STATUS_LINE[status], len(content), content)
        )
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self._after(self.linger_seconds, self._close)


def bounded(**bounds: float | None) -> type[Protocol]:
    """A protocol with other bounds, by the names above, as uvicorn takes it."""
    return type("Protocol", (Protocol,), bounds)
