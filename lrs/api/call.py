"""A request as the handlers take it: Starlette's, with headers and body at the least cost."""

from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive, Scope

from lrs.api.errors import BadRequest, TooLarge

#: Headers that have one value; of two that differ, one reader takes the first and another the last.
ONCE = frozenset(
    {
        b"authorization",
        b"content-encoding",
        b"content-length",
        b"content-type",
        b"host",
        b"x-experience-api-version",
    }
)


class Call(Request):
    """One request. `header` looks up a header's last value; names are lower case.

    `rules` is the version of the specification that it follows: "1.0.3" or "2.0.0".
    """

    rules = "1.0.3"

    def __init__(self, scope: Scope, receive: Receive) -> None:
        super().__init__(scope, receive)
        self.path: str = scope["path"]
        self._found: dict[bytes, bytes] = dict(scope["headers"])

    def check_headers(self) -> None:
        """Raises BadRequest where a header that has one value comes twice: readers would differ."""
        headers = self.scope["headers"]
        if len(headers) == len(self._found):
            return
        names = [name for name, _ in headers]
        for name in ONCE & self._found.keys():
            if names.count(name) > 1:
                shown = name.decode("latin-1")
                raise BadRequest(
                    f"the header {shown} comes twice",
                    path=shown,
                    section="RFC 9110 5.3",
                    headers={"Connection": "close"},
                )

    def header(self, name: bytes, default: str = "") -> str:
        """The value of a header."""
        value = self._found.get(name)
        return default if value is None else value.decode("latin-1")

    async def content(self, limit: int) -> bytes:
        """The body as it was sent; TooLarge as soon as more than `limit` bytes have come."""
        message = await self.receive()
        chunks: list[bytes] = []
        size = 0
        while True:
            if message["type"] == "http.disconnect":
                raise ClientDisconnect
            chunk: bytes = message.get("body", b"")
            size += len(chunk)
            if size > limit:
                raise TooLarge(f"the body is larger than {limit} bytes; send smaller batches")
            if not (message.get("more_body") or chunks):
                return chunk
            chunks.append(chunk)
            if not message.get("more_body"):
                return b"".join(chunks)
            message = await self.receive()
