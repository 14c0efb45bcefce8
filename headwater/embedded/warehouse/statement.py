"""Takes a statement apart as far as an HTTP server needs it: kind, format, where its data starts.

Works on bytes, because an insert's data follows its statement in the same body. Nothing here
decides what a user may do: that is the engine's, and `gate`'s for what the engine leaves open.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from headwater.embedded.warehouse.errors import EngineError

_TOKEN = re.compile(
    rb"(?P<blank>(?:\s+|--[^\n]*|\#[ !][^\n]*|/\*.*?\*/)+)"
    rb"|(?P<string>'(?:[^'\\]|\\.|'')*')"
    rb'|(?P<quoted>`(?:[^`\\]|\\.|``)*`|"(?:[^"\\]|\\.|"")*")'
    rb"|(?P<heredoc>\$(?P<tag>\w*)\$.*?\$(?P=tag)\$)"
    rb"|(?P<word>[A-Za-z_\x80-\xff][\w$\x80-\xff]*)"
    rb"|(?P<number>\d[\w.]*)"
    rb"|(?P<other>.)",
    re.DOTALL,
)
_AFTER_FORMAT = re.compile(rb";?[ \t\f]*\r?\n?")

READS = frozenset({b"SELECT", b"WITH", b"FROM", b"("})
SHOWS = frozenset({b"SHOW", b"DESC", b"DESCRIBE", b"EXPLAIN", b"EXISTS", b"CHECK", b"KILL"})
#: Statements that change the connection they run on.
STATEFUL = frozenset({b"SET", b"USE", b"BEGIN", b"COMMIT", b"ROLLBACK", b"EXECUTE"})


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a statement; `depth` counts the brackets around it."""

    kind: str
    text: bytes
    start: int
    end: int
    depth: int

    def is_word(self, *words: bytes) -> bool:
        """Whether it is one of these key words, in any case."""
        return self.kind == "word" and self.text.upper() in words


class Kind(StrEnum):
    """What a server does with a statement."""

    READ = "read"  # rows out, perhaps many
    SHOW = "show"  # rows out, few
    INSERT = "insert"  # rows in, from the body
    STATEFUL = "stateful"  # changes the connection
    COMMAND = "command"  # anything else


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement taken apart.

    `text` ends before a trailing semicolon, and for an insert before FORMAT or VALUES; `data` is
    where an insert's rows start in the bytes given; `format` what the statement itself names;
    `output_at` where `INTO OUTFILE` belongs in the text of a READ.
    """

    kind: Kind
    text: bytes
    format: str | None = None
    data: int = 0
    output_at: int = 0


def tokens(sql: bytes, start: int = 0) -> Iterator[Token]:
    """The tokens of a statement, blanks and comments left out."""
    depth = 0
    end = len(sql)
    match = _TOKEN.match
    while start < end:
        found = match(sql, start)
        assert found is not None  # the last alternative takes any byte
        kind = found.lastgroup or "other"
        if kind == "tag":
            kind = "heredoc"
        text = found[0]
        if kind != "blank":
            if text in (b")", b"]", b"}"):
                depth = max(0, depth - 1)
            yield Token(kind, text, start, found.end(), depth)
            if text in (b"(", b"[", b"{"):
                depth += 1
        start = found.end()


def parse(sql: bytes) -> Statement:
    """Takes a statement apart; raises EngineError (62) for an empty one."""
    stream = tokens(sql)
    first = next(stream, None)
    while first is not None and first.text == b";":
        first = next(stream, None)
    if first is None:
        raise EngineError(62, "SYNTAX_ERROR", "Syntax error: Empty query.")
    word = first.text.upper()
    if word == b"INSERT":
        return _insert(sql, stream)
    rest = list(stream)
    if word in READS and not any(token.depth == 0 and token.is_word(b"INSERT") for token in rest):
        return _read(sql, [first, *rest], Kind.READ)
    if word in SHOWS:
        return _read(sql, [first, *rest], Kind.SHOW)
    end = _end(sql, [first, *rest])
    temporary = any(token.is_word(b"TEMPORARY", b"TEMP") for token in rest[:3])
    kind = Kind.STATEFUL if word in STATEFUL or temporary else Kind.COMMAND
    return Statement(kind, sql[:end])


def _end(sql: bytes, parts: list[Token]) -> int:
    """Where the statement ends: before trailing semicolons and comments."""
    last = len(parts)
    while last and parts[last - 1].text == b";":
        last -= 1
    if any(part.text == b";" for part in parts[:last]):
        message = "Syntax error (Multi-statements are not allowed): one statement a request"
        raise EngineError(62, "SYNTAX_ERROR", message)
    return parts[last - 1].end if last else len(sql)


def _read(sql: bytes, parts: list[Token], kind: Kind) -> Statement:
    end = _end(sql, parts)
    top = [token for token in parts if token.depth == 0 and token.end <= end]
    form, output_at = None, end
    for place in range(len(top) - 2, 0, -1):
        token, after = top[place], top[place + 1]
        if not token.is_word(b"FORMAT") or after.kind not in ("word", "quoted"):
            continue
        follows = top[place + 2] if place + 2 < len(top) else None
        if follows is None or follows.is_word(b"SETTINGS"):
            form, output_at = after.text.strip(b'`"').decode(), token.start
            break
    if kind is Kind.READ:
        for token, after in pairwise(top):
            if token.is_word(b"INTO") and after.is_word(b"OUTFILE"):
                raise EngineError(348, "INTO_OUTFILE_NOT_ALLOWED", "INTO OUTFILE is not allowed.")
    return Statement(kind, sql[:end], form, output_at=output_at)


def _insert(sql: bytes, stream: Iterator[Token]) -> Statement:
    """`INSERT INTO [TABLE] [FUNCTION] name … [FORMAT x | VALUES] data`, or INSERT … SELECT."""
    token = next(stream, None)
    while token is not None and token.is_word(b"INTO", b"TABLE", b"FUNCTION"):
        token = next(stream, None)
    last = token  # the table's name, whatever word it is
    token = next(stream, None)
    while token is not None and token.text == b".":
        last = next(stream, None)
        token = next(stream, None)
    before: Token | None = last
    while token is not None:
        if token.is_word(b"SELECT", b"WITH") and token.depth <= 1:
            rest = [token, *stream]
            return Statement(Kind.COMMAND, sql[: _end(sql, rest)])
        if token.depth == 0 and token.kind == "word":
            if token.is_word(b"INFILE"):
                message = "Query has infile and was send directly to server"
                raise EngineError(78, "UNKNOWN_TYPE_OF_QUERY", message)
            if token.is_word(b"VALUES"):
                return Statement(Kind.INSERT, sql[: token.start], "Values", data=token.end)
            if token.is_word(b"FORMAT"):
                name = next(stream, None)
                if name is None:
                    break
                blank = _AFTER_FORMAT.match(sql, name.end)
                form = name.text.strip(b'`"').decode()
                data = blank.end() if blank else name.end
                if form.lower() == "values":
                    form = "Values"
                return Statement(Kind.INSERT, sql[: token.start], form, data=data)
        before, token = token, next(stream, None)
    end = before.end if before and before.text != b";" else len(sql.rstrip(b"; \n\t"))
    return Statement(Kind.INSERT, sql[:end], data=len(sql))
