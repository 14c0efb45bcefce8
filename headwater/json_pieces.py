"""Large JSON divided into its elements, as the bytes that they are, in bounded memory.

Only strings, brackets and commas are looked at; whether a piece is JSON its reader finds out.
"""

import re
from collections.abc import Iterable, Iterator
from enum import IntEnum

_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+"|["{}\[\],]', re.DOTALL)
_BLANKS = b" \t\r\n"
_KEY = b'"statements"'


class Shape(IntEnum):
    """What is divided; the number is how deep its elements lie."""

    #: Values one after the other, each over several lines.
    VALUES = 0
    #: An array.
    ARRAY = 1
    #: StatementResults, one or several: the elements of each one's `statements`.
    RESULTS = 2


class Unbalanced(ValueError):
    """It ends in the middle, or closes what was not opened."""


def pieces(blocks: Iterable[bytes], shape: Shape, longest: int) -> Iterator[bytes]:
    """The elements in order; one of more than `longest` bytes is cut after the byte beyond.

    Raises Unbalanced.
    """
    return _Pieces(blocks, shape, longest).run()


class _Pieces:
    def __init__(self, blocks: Iterable[bytes], shape: Shape, longest: int) -> None:
        self._blocks = iter(blocks)
        self._shape = shape
        self._longest = longest
        self._buffer = b""
        self._head = b""
        #: Where the element begins, and until where was looked.
        self._begin = self._at = 0

    def run(self) -> Iterator[bytes]:
        base, depth, key = int(self._shape), 0, b""
        inside = base == 0
        while self._more():
            for token in _TOKEN.finditer(self._buffer, self._at):
                text = token[0]
                if text == b'"':
                    break  # a string that goes on in the next block
                self._at = token.end()
                if text in (b"{", b"["):
                    if not inside and text == b"[" and depth == base - 1 and self._is_it(key):
                        inside, self._begin = True, token.end()
                    depth += 1
                elif text in (b"}", b"]"):
                    depth -= 1
                    if depth < 0:
                        raise Unbalanced("a bracket closes that was not opened")
                    if base == 0 and depth == 0:
                        yield self._cut(token.end(), token.end())
                    elif inside and base and depth == base - 1:
                        inside = False
                        last = self._cut(token.start(), token.end())
                        if last.strip(_BLANKS):
                            yield last
                elif text == b"," and inside and base and depth == base:
                    yield self._cut(token.start(), token.end())
                elif depth == 1:
                    key = text
            if not inside:
                self._begin = self._at
        if depth or self._at < len(self._buffer):
            raise Unbalanced("it ends in the middle")
        rest = self._buffer[self._begin :].strip(_BLANKS)
        if rest:
            if base:
                raise Unbalanced(f"something stands behind its end: {rest[:40]!r}")
            yield rest

    def _is_it(self, key: bytes) -> bool:
        return self._shape is not Shape.RESULTS or key == _KEY

    def _cut(self, end: int, following: int) -> bytes:
        """The element that ends here; one that was too long for the buffer has lost its end."""
        found = self._head or self._buffer[self._begin : end]
        self._head, self._begin = b"", following
        return found if len(found) <= self._longest else found[: self._longest + 1]

    def _more(self) -> bool:
        """Takes the next block; what was dealt with goes."""
        quote = self._buffer.find(b'"', self._at)
        self._at = len(self._buffer) if quote < 0 else quote
        block = next(self._blocks, b"")
        if not block:
            return False
        if self._head or len(self._buffer) - self._begin > self._longest:
            self._head = self._head or self._buffer[self._begin : self._begin + self._longest + 1]
            self._begin = self._at
        self._buffer = self._buffer[self._begin :] + block
        self._at -= self._begin
        self._begin = 0
        if self._at == 0 and len(self._buffer) > 2 * self._longest and self._head:
            raise Unbalanced(f"a string is longer than {self._longest} bytes")
        return True
