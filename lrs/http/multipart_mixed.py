"""Statements with their attachments as `multipart/mixed` (Part Three 1.5.2; 2.0, 4.1.3).

The first part is the statements, as JSON; each other one is a file with its type, its encoding
(binary) and its SHA-2. Parts are received and sent piece by piece.
"""

import math
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import uuid4

from multipart import MultipartError, MultipartSegment, PushMultipartParser, parse_options_header
from starlette.responses import StreamingResponse

from lrs.errors import BadRequest, TooLarge
from lrs.http.attachments import Attachments, Incoming
from lrs.http.request import Request
from xapi.formats import is_sha2

MEDIA_TYPE = "multipart/mixed"
HASH = "X-Experience-API-Hash"
MOST_PARTS = 1_000

_SECTION = "Part Three 1.5.2"


class _Parser(PushMultipartParser):  # type: ignore[misc]
    """The library's parser, for parts that are not those of a form."""

    def _create_segment(self, headerlist: list[tuple[str, str]]) -> MultipartSegment:
        return MultipartSegment(headerlist)


@dataclass
class Received:
    """A request's statements as JSON, and the files that came with them by their SHA-2."""

    content: bytes = b""
    files: dict[str, Incoming] = field(default_factory=dict)

    def keep(self) -> None:
        """Makes the files durable."""
        for file in self.files.values():
            file.keep()

    def discard(self) -> None:
        """Forgets those files that were not kept."""
        for file in self.files.values():
            file.discard()


class Limits(NamedTuple):
    """The most bytes that the statements may have, and all the files together."""

    statements: int
    files: int


def is_mixed(content_type: str) -> bool:
    """Whether a body comes in parts."""
    return content_type.partition(";")[0].strip().lower() == MEDIA_TYPE


async def received(request: Request, store: Attachments, limits: Limits) -> Received:
    """A body in parts, its files written to the store's incoming folder.

    Raises BadRequest with the part that is wrong, TooLarge past a limit; then nothing is left.
    """
    _, options = parse_options_header(request.header(b"content-type"))
    boundary = options.get("boundary", "")
    if not boundary:
        raise BadRequest("multipart/mixed needs a boundary", path="Content-Type", section=_SECTION)
    found = Received()
    try:
        await _read(request, _parser(boundary), found, store, limits)
    except BaseException:
        found.discard()
        raise
    return found


def _parser(boundary: str) -> _Parser:
    try:
        return _Parser(
            boundary,
            max_segment_size=math.inf,  # ours are held while parts come
            max_segment_count=MOST_PARTS,
            max_header_size=8192,
            max_header_count=16,
        )
    except (ValueError, MultipartError) as error:
        raise BadRequest(
            f"the boundary cannot be used: {error}", path="Content-Type", section=_SECTION
        ) from error


async def _read(
    request: Request, parser: _Parser, found: Received, store: Attachments, limits: Limits
) -> None:
    reading = _Parts(found, store, limits)
    try:
        with parser:
            async for chunk in _chunks(request):
                for event in parser.parse(chunk):
                    reading.take(event)
            parser.parse(b"")
    except MultipartError as error:
        number = reading.number
        where = f"part {number}" if number else "the body"
        message = f"{where} is not as multipart/mixed must be: {error}"
        raise BadRequest(message, path=f"part {number}", section=_SECTION) from error
    finally:
        reading.discard()
    if not reading.number:
        raise BadRequest("the body holds no parts", path="part 1", section=_SECTION)


async def _chunks(request: Request) -> AsyncIterator[bytes]:
    while not request.whole:
        if chunk := (await request.piece()).get("body"):
            yield chunk


class _Parts:
    """What is made of the parser's events: the first part is text, the others are files."""

    def __init__(self, found: Received, store: Attachments, limits: Limits) -> None:
        self.number = 0
        self._found = found
        self._store = store
        self._limits = limits
        self._text = bytearray()
        self._file: Incoming | None = None
        self._again: Incoming | None = None
        self._files = 0

    def take(self, event: Any) -> None:
        """A part begins, a piece of it comes, or it ends (None)."""
        if isinstance(event, MultipartSegment):
            self._begin(event)
        elif event is not None:
            self._piece(event)
        else:
            self._end()

    def _begin(self, part: MultipartSegment) -> None:
        self.number += 1
        kind = part.header("Content-Type", "").partition(";")[0].strip().lower()
        if self.number == 1:
            if kind != "application/json":
                self._refuse(f"must be application/json, not {kind[:60]!r}")
            return
        if part.header("Content-Transfer-Encoding", "").strip().lower() != "binary":
            self._refuse("needs the header Content-Transfer-Encoding: binary")
        sha2 = part.header(HASH, "").strip().lower()
        if not is_sha2(sha2):
            self._refuse(f"needs the header {HASH} with its SHA-2 in hexadecimal")
        if sha2 in self._found.files:
            # One copy is enough, and more are allowed (Part Three 1.5.2): they are only checked.
            self._file = self._again = self._store.receive(sha2)
            return
        self._file = self._found.files[sha2] = self._store.receive(sha2)

    def _piece(self, chunk: bytes) -> None:
        if self._file is None:
            self._text += chunk
            if len(self._text) > self._limits.statements:
                raise TooLarge(f"the statements are larger than {self._limits.statements} bytes")
            return
        self._files += len(chunk)
        if self._files > self._limits.files:
            raise TooLarge(f"the attachments are larger than {self._limits.files} bytes")
        self._file.write(bytes(chunk))

    def _end(self) -> None:
        if self._file is None:
            self._found.content = bytes(self._text)
        elif not self._file.matches:
            self._refuse(f"does not have the SHA-2 that its header {HASH} says")
        self._file = None
        self.discard()

    def discard(self) -> None:
        """Forgets a file that came a second time."""
        if self._again is not None:
            self._again.discard()
            self._again = None

    def _refuse(self, rule: str) -> None:
        path = f"part {self.number}"
        raise BadRequest(f"{path} {rule}", path=path, section=_SECTION)


class Attached(NamedTuple):
    """A file to be sent."""

    sha2: str
    content_type: str
    size: int


def answer(
    content: bytes, files: Sequence[Attached], store: Attachments, headers: dict[str, str]
) -> StreamingResponse:
    """Statements and files in parts, each file once, read while they are sent."""
    boundary = uuid4().hex
    heads = [_head(boundary, f"Content-Type: {file.content_type}", file.sha2) for file in files]
    first = _head(boundary, "Content-Type: application/json") + content
    end = f"\r\n--{boundary}--\r\n".encode()

    def pieces() -> Iterator[bytes]:
        yield first
        for head, file in zip(heads, files, strict=True):
            yield head
            yield from store.chunks(file.sha2)
        yield end

    size = len(first) + sum(map(len, heads)) + sum(file.size for file in files) + len(end)
    return StreamingResponse(
        pieces(),
        media_type=f"{MEDIA_TYPE}; boundary={boundary}",
        headers={**headers, "Content-Length": str(size)},
    )


def _head(boundary: str, *lines: str) -> bytes:
    kind, *sha2 = lines
    rest = ["Content-Transfer-Encoding: binary", f"{HASH}: {sha2[0]}"] if sha2 else []
    return ("\r\n".join(["", f"--{boundary}", kind, *rest, "", ""])).encode("latin-1")
