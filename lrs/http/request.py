"""A request as the handlers take it: Starlette's, with headers and body at the least cost."""

from typing import NoReturn
from urllib.parse import unquote_to_bytes

from starlette.datastructures import QueryParams
from starlette.requests import ClientDisconnect
from starlette.requests import Request as AnyRequest
from starlette.types import Message, Receive, Scope

from lrs.errors import BadRequest, TooLarge
from xapi.versions import ONE, Rules

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

MOST_PARAMETERS = 100


class Request(AnyRequest):
    """One request. `header` looks up a header's last value; names are lower case.

    `rules` is the version of the specification that it follows: "1.0.3" or "2.0.0". `whole` says
    whether all of its body has come.
    """

    rules: Rules = ONE
    whole: bool = False
    #: The statements of a body that was read, as they came: a refusal tells of them.
    sent: bytes = b""

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

    @property
    def query_params(self) -> QueryParams:
        """The query's parameters; BadRequest where they are too many, or not text."""
        if not hasattr(self, "_query_params"):
            query: bytes = self.scope["query_string"]
            if query.count(b"&") >= MOST_PARAMETERS:
                _refuse(f"there are more than {MOST_PARAMETERS} query parameters")
            try:
                unquote_to_bytes(query).decode("utf-8")
            except UnicodeDecodeError:
                _refuse("the query is not UTF-8 when its escapes are resolved")
            found = QueryParams(query)
            for name, value in found.multi_items():
                if "\0" in f"{name}{value}":
                    _refuse(f"the parameter {name[:60]!r} holds the character NUL", f"?{name[:60]}")
            self._query_params = found
        return self._query_params

    def header(self, name: bytes, default: str = "") -> str:
        """The value of a header."""
        value = self._found.get(name)
        return default if value is None else value.decode("latin-1")

    async def piece(self) -> Message:
        """The next piece of the body, as ASGI has it; ClientDisconnect where nobody sends it."""
        message = await self.receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        self.whole = not message.get("more_body")
        return message

    async def content(self, limit: int) -> bytes:
        """The body as it was sent; TooLarge as soon as more than `limit` bytes have come."""
        message = await self.piece()
        chunks: list[bytes] = []
        size = 0
        while True:
            chunk: bytes = message.get("body", b"")
            size += len(chunk)
            if size > limit:
                raise TooLarge(f"the body is larger than {limit} bytes; send smaller batches")
            if self.whole and not chunks:
                return chunk
            chunks.append(chunk)
            if self.whole:
                return b"".join(chunks)
            message = await self.piece()


def _refuse(message: str, path: str = "?") -> NoReturn:
    raise BadRequest(message, path=path, section="Part Three 3.2")
