"""HTTP as the LRS takes it off the wire: uvicorn's protocol, with bounds and with reasons.

- Request line and headers have a largest size (431); without it they would be kept whatever their
  length.
- Fields after a chunked body (trailers) are dropped: a proxy that looks at headers does not look
  there.
- What is not HTTP is answered in the same form as every other refusal.
"""

import sys

import httptools
import msgspec
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from lrs.api.errors import ApiError, BadRequest, HeadTooLarge, described

HEAD_BYTES = 64 << 10
HEAD_FIELDS = 200
LINGER_SECONDS = 5.0


class Protocol(HttpToolsProtocol):
    """A connection."""

    _size = 0
    _in_head = False
    _in_body = False
    _refused = False

    def data_received(self, data: bytes) -> None:
        """Takes bytes; a head that is still incomplete after too many is refused."""
        if self._refused:
            return
        super().data_received(data)
        if self._in_head and not self._refused:
            self._size += len(data)
            if self._size > HEAD_BYTES:
                self._refuse(_too_large())

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self._in_head, self._in_body, self._size = True, False, 0

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header, or a trailer, which is dropped."""
        if self._in_body:
            return
        if len(self.headers) >= HEAD_FIELDS:
            raise _too_large()
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """The head is complete."""
        self._in_head, self._in_body = False, True
        size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
        if size > HEAD_BYTES:
            raise _too_large()
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:
        """Refuses what is not HTTP, with the parser's reason; called while its error is handled."""
        error = sys.exc_info()[1]
        reason: BaseException | None = error
        if isinstance(error, httptools.HttpParserCallbackError):
            reason = error.__context__
        if isinstance(reason, ApiError):
            self._refuse(reason)
        else:
            message = f"this is not HTTP/1.1 that can be read: {reason or msg}"
            self._refuse(BadRequest(message, path="the request", section="RFC 9112"))

    def eof_received(self) -> None:
        """The client has sent everything."""
        if self._refused:
            self.transport.close()

    def _refuse(self, error: ApiError) -> None:
        """Answers and takes no more; reads on a while, for who is reset sees no answer."""
        self._refused = True
        content = msgspec.json.encode(described(error))
        self.transport.write(
            b"%bcontent-type: application/json\r\ncontent-length: %d\r\nconnection: close\r\n\r\n%b"
            % (STATUS_LINE[error.status], len(content), content)
        )
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.loop.call_later(LINGER_SECONDS, self.transport.close)


def _too_large() -> HeadTooLarge:
    return HeadTooLarge(
        f"the request line and headers are more than {HEAD_BYTES} bytes, or the headers more than "
        f"{HEAD_FIELDS}"
    )
