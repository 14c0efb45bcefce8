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
    rb"|(?P<open>['`\"]|/\*|\$\w*\$)"  # begun, and not ended here
    rb"|(?P<other>.)",
    re.DOTALL,
)
_AFTER_FORMAT = re.compile(rb"[ \t\f]*\r?\n?")

READS = frozenset({b"SELECT", b"FROM", b"("})
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
    if word == b"WITH":
        return _with(sql, first, stream)
    rest = list(stream)
    if word in READS:
        return _read(sql, [first, *rest], Kind.READ)
    if word in SHOWS:
        return _read(sql, [first, *rest], Kind.SHOW)
    end = _end(sql, [first, *rest])
    temporary = any(token.is_word(b"TEMPORARY", b"TEMP") for token in rest[:3])
    kind = Kind.STATEFUL if word in STATEFUL or temporary else Kind.COMMAND
    return Statement(kind, sql[:end])


def begun(head: bytes) -> Statement | None:
    """The insert whose data begin in this first part of a body; None where all must be read."""
    try:
        statement = parse(head)
    except EngineError:  # it may be cut in the middle of anything
        return None
    return statement if statement.kind is Kind.INSERT and statement.data < len(head) else None


def opening(sql: bytes) -> bytes:
    """What stands before the body, of a statement that begins in the URL.

    ClickHouse puts a line break between the two. Blanks behind FORMAT or VALUES go first, so that
    they do not become a part of the data.
    """
    try:
        statement = parse(sql)
    except EngineError:  # it ends in the body
        return sql + b"\n"
    if statement.kind is Kind.INSERT and not sql[statement.data :].strip():
        return sql.rstrip() + b"\n"
    return sql + b"\n"


def check_values(data: bytes) -> None:
    """Raises EngineError (33) where something follows the semicolon that ends VALUES.

    The engine leaves what follows unread, and calls that a success.
    """
    if b";" not in data.rstrip().rstrip(b";"):
        return
    stream = tokens(data)
    if not any(token.text == b";" for token in stream):
        return
    after = next((token for token in stream if token.text != b";"), None)
    if after is not None:
        message = f"Cannot read data after semicolon, at byte {after.start} of the values"
        raise EngineError(33, "CANNOT_READ_ALL_DATA", message)


def _with(sql: bytes, first: Token, stream: Iterator[Token]) -> Statement:
    """`WITH … SELECT`, or `WITH … INSERT`, whose data are no part of the statement either."""
    seen = [first]
    for token in stream:
        if token.depth == 0:
            named = seen[-1].is_word(b"AS", b"WITH", b"RECURSIVE") or seen[-1].text == b","
            if token.is_word(b"INSERT") and not named:
                return _insert(sql, stream)
            if token.is_word(b"SELECT", b"FROM") and not named:
                seen.append(token)
                break
        seen.append(token)
    return _read(sql, [*seen, *stream], Kind.READ)


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
    while token is not None and token.kind != "open":
        opened = before is not None and before.text == b"("
        if token.is_word(b"SELECT", b"WITH") and (not token.depth or (token.depth == 1 and opened)):
            rest = [token, *stream]
            _check_input(rest)
            return Statement(Kind.COMMAND, sql[: _end(sql, rest)])
        if token.depth == 0 and token.kind == "word":
            if token.is_word(b"INFILE"):
                message = "Query has infile and was send directly to server"
                raise EngineError(78, "UNKNOWN_TYPE_OF_QUERY", message)
            if token.is_word(b"VALUES"):
                return _with_data(sql, token, token, "Values")
            if token.is_word(b"FORMAT"):
                name = next(stream, None)
                if name is None:
                    break
                return _with_data(sql, token, name, name.text.strip(b'`"').decode())
        before, token = token, next(stream, None)
    end = (
        before.end
        if token is None and before and before.text != b";"
        else len(sql.rstrip(b"; \n\t"))
    )
    return Statement(Kind.INSERT, sql[:end], data=len(sql))


def _with_data(sql: bytes, keyword: Token, last: Token, form: str) -> Statement:
    """An insert whose data stand behind its last word, or in the line after it."""
    if sql[last.end : last.end + 1] == b";":
        message = (
            "You have excessive ';' symbol before data for INSERT: "
            "after FORMAT x or VALUES come the data"
        )
        raise EngineError(62, "SYNTAX_ERROR", message)
    blank = _AFTER_FORMAT.match(sql, last.end)
    start = blank.end() if blank and form != "Values" else last.end
    form = "Values" if form.lower() == "values" else form
    return Statement(Kind.INSERT, sql[: keyword.start], form, data=start)


def _check_input(parts: list[Token]) -> None:
    """Raises EngineError (48) for `input(…)`, whose rows the engine in process never sees."""
    for source, name, bracket in zip(parts, parts[1:], parts[2:], strict=False):
        if source.is_word(b"FROM", b"JOIN") and name.is_word(b"INPUT") and bracket.text == b"(":
            message = (
                "The table function input is not supported by the embedded warehouse: insert into "
                "a table of the engine Null with a materialized view, or into a temporary table"
            )
            raise EngineError(48, "NOT_IMPLEMENTED", message)
