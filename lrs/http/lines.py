"""A request's body as lines, of any length in bounded memory: what newline-delimited JSON needs.

Lines are given in groups, as soon as a group is full or nothing more comes for a moment, so that
who sends slowly is answered too.
"""

import asyncio
import zlib
from collections.abc import AsyncIterator, Iterator
from typing import NamedTuple

from starlette.requests import ClientDisconnect
from starlette.types import Receive

from lrs.errors import BadRequest
from xapi.batch import BYTE_ORDER_MARK

GROUP_LINES = 500
GROUP_BYTES = 4 << 20
#: What is decompressed at once; other requests have their turn between two pieces.
PIECE_BYTES = 64 << 10
#: How long a group waits for more, in seconds.
QUIET_SECONDS = 0.05

_BLANKS = b" \t\r"


class Line(NamedTuple):
    """A line that is not blank, and its number, from 1; None where it is longer than allowed."""

    number: int
    text: bytes | None


Group = list[Line]


async def groups(receive: Receive, *, zipped: bool, longest: int) -> AsyncIterator[Group]:
    """The lines of a body; none is kept that is longer than `longest` bytes."""
    lines = _Lines(longest)
    async for piece in _pieces(receive, zipped=zipped):
        if piece is not None:
            lines.add(piece)
        while lines.full or (piece is None and lines.waiting):
            yield lines.taken()
    lines.end()
    while lines.waiting:
        yield lines.taken()


class _Lines:
    """What has come so far: whole lines, and the beginning of one."""

    def __init__(self, longest: int) -> None:
        self.waiting: Group = []
        self._longest = longest
        self._size = 0
        self._number = 1
        self._begun: list[bytes] = []
        self._length = 0

    @property
    def full(self) -> bool:
        """Whether there is a whole group."""
        return len(self.waiting) >= GROUP_LINES or self._size >= GROUP_BYTES

    def add(self, piece: bytes) -> None:
        """Takes a piece of the body."""
        *whole, rest = piece.split(b"\n")
        for text in whole:
            self._begin(text)
            self._finish()
        self._begin(rest)

    def end(self) -> None:
        """Takes what stands after the last newline as a line."""
        self._finish()

    def taken(self) -> Group:
        """The next group."""
        group: Group = []
        size = 0
        for line in self.waiting[:GROUP_LINES]:
            size += len(line.text or b"")
            if group and size > GROUP_BYTES:
                break
            group.append(line)
        del self.waiting[: len(group)]
        self._size = sum(len(line.text or b"") for line in self.waiting)
        return group

    def _begin(self, text: bytes) -> None:
        self._length += len(text)
        if self._length > self._longest:
            self._begun.clear()  # too long: the rest is not kept either
        elif text:
            self._begun.append(text)

    def _text(self) -> bytes:
        text = b"".join(self._begun)
        return text.removeprefix(BYTE_ORDER_MARK) if self._number == 1 else text

    def _finish(self) -> None:
        if self._length > self._longest:
            self.waiting.append(Line(self._number, None))
        elif text := self._text().strip(_BLANKS):
            self.waiting.append(Line(self._number, text))
            self._size += len(text)
        self._begun.clear()
        self._length = 0
        self._number += 1


async def _pieces(receive: Receive, *, zipped: bool) -> AsyncIterator[bytes | None]:
    """The body in pieces as they come, decompressed; None where nothing comes for a moment."""
    gzip = _Gzip() if zipped else None
    async for chunk in _chunks(receive):
        if gzip is None or chunk is None:
            yield chunk
            continue
        for piece in gzip.pieces(chunk):
            yield piece
            await asyncio.sleep(0)
    if gzip is not None:
        gzip.end()


async def _chunks(receive: Receive) -> AsyncIterator[bytes | None]:
    more = True
    while more:
        coming = asyncio.ensure_future(receive())
        try:
            done, _ = await asyncio.wait({coming}, timeout=QUIET_SECONDS)
            if not done:
                yield None
            message = await coming
        finally:
            coming.cancel()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        more = message.get("more_body", False)
        yield message.get("body", b"")


class _Gzip:
    """A gzip stream, all its members, decompressed piece by piece."""

    def __init__(self) -> None:
        self._member: zlib._Decompress | None = None

    def pieces(self, chunk: bytes) -> Iterator[bytes]:
        """What a chunk of the stream holds, in pieces of a bounded size."""
        while chunk:
            member = self._member = self._member or zlib.decompressobj(wbits=31)
            try:
                piece = member.decompress(chunk, PIECE_BYTES)
                yield piece
                while len(piece) == PIECE_BYTES and not member.unconsumed_tail:
                    piece = member.decompress(b"", PIECE_BYTES)  # what zlib itself still holds
                    yield piece
            except zlib.error as error:
                raise BadRequest(f"the body is not valid gzip: {error}") from error
            chunk = member.unconsumed_tail
            if member.eof:
                chunk, self._member = member.unused_data, None

    def end(self) -> None:
        """Raises BadRequest where the stream ended in the middle."""
        if self._member is not None:
            raise BadRequest("the gzip body ends in the middle")
