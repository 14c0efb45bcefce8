"""Files of statements, gzip or not, read as batches of bytes.

They are JSON lines, a JSON array, StatementResults as an LRS answers them, or statements one after
the other, each over several lines. Larger files are never in memory whole.

A statement's bytes are passed on as they are; one without an id gets one made of what the file
holds and the line, so that the same file always gives the same statements.
"""

import gzip
import hashlib
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import IO, Any, NamedTuple, cast

import msgspec
from msgspec import UNSET, Raw, UnsetType

from headwater.json_pieces import Shape, Unbalanced, pieces
from xapi.ids import statement_id

MEBIBYTE = 1 << 20
BATCH_LINES = 500
BATCH_BYTES = 4 * MEBIBYTE
#: A longer line is not read into memory; no LRS takes a statement like that.
LINE_BYTES = 32 * MEBIBYTE
#: What is kept of such a line beside its number.
KEPT_BYTES = 1000

_GZIP = b"\x1f\x8b"
_BOM = b"\xef\xbb\xbf"
_BLANKS = b" \t\r\n"
_BLOCK = MEBIBYTE
#: An array up to this size is divided by a parser, in memory, which is quicker.
WHOLE_BYTES = 64 * MEBIBYTE
#: What is looked at to tell a file's shape.
BEGINNING_BYTES = 4 * MEBIBYTE


class UnreadableFile(ValueError):
    """The file is empty, or no gzip, or no JSON that can be read to its end."""


class Line(NamedTuple):
    """A statement's place in the file (lines from 1; in an array, elements) and its bytes.

    `body` is what is sent: the same, with an id in it where it had none.
    """

    number: int
    text: bytes
    body: bytes = b""


@dataclass(slots=True)
class Batch:
    """Consecutive lines: the statements to send, and those that are none, each with the reason."""

    first: int
    last: int = 0
    lines: list[Line] = field(default_factory=list)
    unreadable: list[tuple[Line, str]] = field(default_factory=list)
    size: int = 0

    def __len__(self) -> int:
        return len(self.lines) + len(self.unreadable)


class _Head(msgspec.Struct):
    id: Any | UnsetType = UNSET


_head = msgspec.json.Decoder(_Head)
_array = msgspec.json.Decoder(list[Raw])
#: What tells a StatementResult (Part Two 2.5) from a statement.
_result = re.compile(rb'\{\s*("more"\s*:\s*(null|"(?:[^"\\]|\\.)*")\s*,\s*)?"statements"\s*:\s*\[')


class StatementFile:
    """A file of statements. Raises UnreadableFile while it is read."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @cached_property
    def digest(self) -> str:
        """SHA-256 of what the file holds, decompressed: the same for a.json and a.json.gz."""
        return self._surveyed[0]

    @cached_property
    def lines(self) -> int:
        """How many lines, or elements, there are at most."""
        return self._surveyed[1]

    def batches(self) -> Iterator[Batch]:
        """Every statement, in batches of at most 500 lines and 4 MiB."""
        batch = Batch(1)
        for line in self._lines():
            body, why = self._checked(line)
            if len(batch) >= BATCH_LINES or (len(batch) and batch.size + len(body) > BATCH_BYTES):
                yield batch
                batch = Batch(line.number)
            batch.last = line.number
            batch.size += len(body) + 1
            if why:
                kept = line.text if len(line.text) <= LINE_BYTES else line.text[:KEPT_BYTES]
                batch.unreadable.append((line._replace(text=kept), why))
            else:
                batch.lines.append(line._replace(body=body))
        if len(batch):
            yield batch

    def _checked(self, line: Line) -> tuple[bytes, str]:
        """A line with an id in it, or why it is no statement."""
        text = line.text
        if len(text) > LINE_BYTES:
            return b"", f"is longer than {LINE_BYTES >> 20} MiB; its beginning is kept here"
        try:
            head = _head.decode(text)
        except msgspec.ValidationError:
            return b"", "is not a JSON object"
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            return b"", f"is not JSON: {error}"
        if head.id is not UNSET:
            return text, ""
        made = statement_id("load", self.digest, line.number)
        rest = text[1:].lstrip(_BLANKS)
        return b'{"id":"%b"%b%b' % (str(made).encode(), b"" if rest == b"}" else b",", rest), ""

    def _lines(self) -> Iterator[Line]:
        shape = self._surveyed[2]
        if shape is not None:
            yield from self._elements(shape, self._surveyed[3])
            return
        with self._opened() as file:
            number = 0
            while text := file.readline(LINE_BYTES + 1):
                number += 1
                if len(text) > LINE_BYTES and not text.endswith(b"\n"):
                    while (rest := file.readline(_BLOCK)) and not rest.endswith(b"\n"):
                        pass
                if number == 1:
                    text = text.removeprefix(_BOM)
                if text := text.strip(_BLANKS):
                    yield Line(number, text)

    def _elements(self, shape: Shape, size: int) -> Iterator[Line]:
        small = shape is Shape.ARRAY and size <= WHOLE_BYTES
        elements: Iterator[bytes | Raw] = self._small_array() if small else self._pieces(shape)
        for number, element in enumerate(elements, 1):
            yield Line(number, bytes(element).strip(_BLANKS))

    def _small_array(self) -> Iterator[Raw]:
        with self._opened() as file:
            text = file.read().removeprefix(_BOM)
        try:
            yield from _array.decode(text)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise UnreadableFile(f"{self.path} is not a JSON array: {error}") from error

    def _pieces(self, shape: Shape) -> Iterator[bytes]:
        try:
            with self._opened() as file:
                yield from pieces(_blocks(file), shape, LINE_BYTES)
        except Unbalanced as error:
            raise UnreadableFile(f"{self.path} is no whole JSON: {error}") from error

    @cached_property
    def _surveyed(self) -> tuple[str, int, Shape | None, int]:
        """The digest, how many lines or elements, their shape (None: lines), and the size."""
        digest, lines, size, begins = hashlib.sha256(), 0, 0, b""
        last = b"\n"
        with self._opened() as file:
            while block := file.read(_BLOCK):
                digest.update(block)
                lines += block.count(b"\n")
                size += len(block)
                last = block[-1:]
                if len(begins) < BEGINNING_BYTES:
                    begins = (begins + block).removeprefix(_BOM).lstrip(_BLANKS)
        if not begins:
            raise UnreadableFile(f"{self.path} is empty: it holds no statement")
        shape = _shape(begins)
        if shape is None:
            return digest.hexdigest(), lines + (last != b"\n"), None, size
        return digest.hexdigest(), sum(1 for _ in self._elements(shape, size)), shape, size

    @contextmanager
    def _opened(self) -> Iterator[IO[bytes]]:
        try:
            with self.path.open("rb") as file:
                zipped = file.read(2) == _GZIP
                file.seek(0)
                yield cast("IO[bytes]", gzip.GzipFile(fileobj=file) if zipped else file)
        except (gzip.BadGzipFile, zlib.error, EOFError) as error:
            raise UnreadableFile(f"{self.path} is not a whole gzip file: {error}") from error


def _blocks(file: IO[bytes]) -> Iterator[bytes]:
    first = file.read(max(_BLOCK, len(_BOM))).removeprefix(_BOM)
    if first:
        yield first
    while block := file.read(_BLOCK):
        yield block


def _shape(begins: bytes) -> Shape | None:
    """What a file is by its beginning; None where it is lines, also where it is nothing known."""
    if begins.startswith(b"["):
        return Shape.ARRAY
    if _result.match(begins):
        return Shape.RESULTS
    line = begins.partition(b"\n")[0]
    if not begins.startswith(b"{") or len(line) == len(begins) or _is_json(line):
        return None
    try:
        first = next(pieces([begins], Shape.VALUES, LINE_BYTES), b"")
    except Unbalanced:
        return None
    return Shape.VALUES if _is_json(first) else None


def _is_json(text: bytes) -> bool:
    try:
        _head.decode(text)
    except (msgspec.ValidationError, msgspec.DecodeError, UnicodeDecodeError):
        return False
    return True
