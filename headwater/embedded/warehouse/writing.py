"""What a workspace's user may write, beside what analysts read: the gate's rules for it.

The engine's rights come first: they end at the workspace's own database. But every connection is
the engine's user `default`, and some of what a table or a view keeps is carried out later with that
user's rights: a view's DEFINER, a mutation's subquery, a column's default in a merge. So each
statement has a form that is written here; a view is made SQL SECURITY INVOKER whatever was said;
what is evaluated later is made of constants, columns and a few functions that take little memory;
and tables are of the MergeTree family, on the warehouse's one disk.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from headwater.embedded.warehouse.errors import AccessDenied
from headwater.embedded.warehouse.statement import Token
from warehouse.workspaces import Workspace

#: The first line of a statement's tree.
TOP = frozenset(
    {
        "AlterQuery",
        "CreateQuery",
        "DeleteQuery",
        "DropQuery",
        "InsertQuery",
        "OptimizeQuery",
        "Rename",
        "TruncateQuery",
    }
)
#: Nodes that reading has not.
NODES = TOP | {
    "ASTObjectTypeArgument",
    "AlterCommand",
    "ColumnDeclaration",
    "Columns",
    "Constraint",
    "DataType",
    "EnumDataType",
    "NameTypePair",
    "ObjectTypedPath",
    "Partition",
    "Partition_ID",
    "Storage",
    "TTLElement",
    "TupleDataType",
    "View",
}
ENGINES = frozenset(
    {
        "AggregatingMergeTree",
        "CollapsingMergeTree",
        "MergeTree",
        "ReplacingMergeTree",
        "SummingMergeTree",
        "VersionedCollapsingMergeTree",
    }
)
ALTERS = frozenset(
    {
        "ADD_COLUMN",
        "CLEAR_COLUMN",
        "COMMENT_COLUMN",
        "DELETE",
        "DROP_COLUMN",
        "DROP_PARTITION",
        "MODIFY_COLUMN",
        "MODIFY_COMMENT",
        "RENAME_COLUMN",
        "REPLACE_PARTITION",
    }
)
#: Settings of a table; the others name disks, or change how much the background work takes.
TABLE_SETTINGS = frozenset(
    {
        "allow_nullable_key",
        "non_replicated_deduplication_window",
        "replicated_deduplication_window",
        "ttl_only_drop_parts",
    }
)
#: Functions in what is evaluated later: defaults, keys, TTL, what a deletion looks for. None
#: reads elsewhere, or makes much of little.
DEFERRED = frozenset(
    """
    and or not xor equals notequals less greater lessorequals greaterorequals in notin like notlike
    isnull isnotnull ifnull nullif assumenotnull coalesce if multiif
    plus minus multiply divide intdiv modulo negate abs round floor ceil
    now today yesterday todate todate32 todatetime todatetime64 todayofmonth todayofweek tomonday
    tomonth toyear toquarter tohour toyyyymm toyyyymmdd tostartofday tostartofhour tostartofminute
    tostartofmonth tostartofquarter tostartofweek tostartofyear
    tointervalsecond tointervalminute tointervalhour tointervalday tointervalweek tointervalmonth
    tointervalquarter tointervalyear
    tostring toint8 toint16 toint32 toint64 touint8 touint16 touint32 touint64 tofloat32 tofloat64
    cast _cast lower upper length empty notempty cityhash64 siphash64 xxhash64 tuple array
    codec none lz4 lz4hc zstd delta doubledelta gorilla t64
    """.split()  # noqa: SIM905  a list of words, not of lines
)
#: Formats in which rows may be sent.
FORMATS = (
    "Arrow", "CSV", "JSON", "Native", "Parquet", "RowBinary", "TSV", "TabSeparated", "Values",
)  # fmt: skip
#: What follows a table's name and columns, if anything does.
_TAIL = (b"ENGINE", b"AS", b"EMPTY", b"COMMENT", b"PARTITION", b"ORDER", b"PRIMARY", b"TTL")
_LATER = ("Columns", "Storage", "AlterQuery", "DeleteQuery")
_IN = frozenset({"in", "notin"})


@dataclass(frozen=True, slots=True)
class Write:
    """A statement that may run: whether it adds bytes, whether it adds a table or view."""

    text: bytes
    adds: bool = False
    makes: bool = False


def form(workspace: Workspace, database: str, canonical: bytes, pieces: list[Token]) -> Write:
    """The statement, where its form is one of those below; raises AccessDenied where it is not.

    `canonical` is the text as the engine writes it, `pieces` its tokens, `database` the one that a
    name without a database is in.
    """
    at = _Cursor(workspace, database, pieces)
    at.refuse_everywhere()
    makers = {
        b"ALTER": _alter,
        b"CREATE": _create,
        b"DELETE": _delete,
        b"DROP": _drop,
        b"EXCHANGE": _exchange,
        b"INSERT": _insert,
        b"OPTIMIZE": _optimize,
        b"RENAME": _rename,
        b"TRUNCATE": _truncate,
    }
    first = at.next()
    make = makers.get(first.text.upper()) if first is not None and first.kind == "word" else None
    if make is None:
        said = first.text.decode("utf-8", "replace")[:40] if first is not None else "Nothing"
        raise at.denied(f"{said} begins no statement that a workspace's user may run")
    return make(at, canonical)


def check_later(user: str, lines: list[tuple[str, tuple[str, ...]]]) -> None:
    """What the engine evaluates later, and with other rights; raises AccessDenied.

    `lines` are the nodes of a statement's tree, each with those above it.
    """
    for place, (node, above) in enumerate(lines):
        kind, _, rest = node.partition(" ")
        if kind == "AlterCommand" and rest not in ALTERS:
            raise AccessDenied(user, f"{rest} is not for a workspace")
        within = [each for each in above if each.startswith(_LATER)]
        top = above[-1] if above else ""
        if kind == "Function" and not within and top.startswith(("CreateQuery", "InsertQuery")):
            raise AccessDenied(user, "A table function cannot be written to, nor be a table")
        if not within:
            continue
        if kind in ("Subquery", "SelectQuery", "SelectWithUnionQuery"):
            raise AccessDenied(user, "A SELECT would be evaluated later, with other rights")
        name = rest.partition(" (")[0]
        if kind == "Function" and not _is_engine(name, top) and name.lower() not in DEFERRED:
            raise AccessDenied(user, f"The function {name} may not be evaluated later")
        if kind == "Function" and name.lower() in _IN and _is_in_table(lines, place):
            raise AccessDenied(user, "IN may name values here, and no table")


def _is_engine(name: str, top: str) -> bool:
    return top.startswith("Storage") and name in ENGINES


def _is_in_table(lines: list[tuple[str, tuple[str, ...]]], place: int) -> bool:
    """Whether the right side of an IN is a name."""
    depth = len(lines[place][1])
    sides = []
    for node, above in lines[place + 1 :]:
        if len(above) <= depth:
            break
        if len(above) == depth + 2:
            sides.append(node)
    return len(sides) != 2 or sides[1].startswith(("Identifier", "TableIdentifier"))


class _Cursor:
    """Where in the statement the form has been followed to."""

    def __init__(self, workspace: Workspace, database: str, pieces: list[Token]) -> None:
        self._workspace = workspace
        self._database = database
        self._pieces = pieces
        self._at = 0

    def denied(self, why: str) -> AccessDenied:
        return AccessDenied(self._workspace.user, why[0].upper() + why[1:])

    def refuse_everywhere(self) -> None:
        """Words that no form has, wherever they stand."""
        for piece, after in pairwise([*self._pieces, None]):
            assert piece is not None
            if piece.is_word(b"IDENTIFIER"):
                raise self.denied("a name cannot be a parameter of a statement that writes")
            if piece.is_word(b"TO") and after is not None and after.is_word(b"DISK", b"VOLUME"):
                raise self.denied("a workspace's tables stay on the warehouse's one disk")
            if (
                piece.is_word(b"ENGINE")
                and after is not None
                and after.text == b"="
                and self._engine_after(after) not in ENGINES
            ):
                raise self.denied(f"tables are of the engines {', '.join(sorted(ENGINES))}")

    def next(self) -> Token | None:
        piece = self.peek()
        self._at += 1
        return piece

    def peek(self) -> Token | None:
        return self._pieces[self._at] if self._at < len(self._pieces) else None

    def takes(self, *words: bytes) -> bool:
        """Goes over these words, if they follow."""
        found = self._pieces[self._at : self._at + len(words)]
        there = [piece.is_word(word) for piece, word in zip(found, words, strict=False)]
        if len(found) < len(words) or not all(there):
            return False
        self._at += len(words)
        return True

    def takes_mark(self, mark: bytes) -> bool:
        piece = self.peek()
        found = piece is not None and piece.text == mark
        self._at += found
        return found

    def is_word(self, *words: bytes) -> bool:
        piece = self.peek()
        return piece is not None and piece.is_word(*words)

    def own(self) -> None:
        """Goes over a name, which must be of the workspace's own database."""
        database, _ = self.name()
        if database != self._workspace.database:
            raise self.denied(
                f"{self._workspace.user} writes in the database {self._workspace.database} alone"
            )

    def name(self) -> tuple[str, str]:
        """Goes over a name: its database, and the rest of it."""
        parts = [self._part()]
        if self.takes_mark(b"."):
            parts.append(self._part())
        return (parts[0], parts[1]) if len(parts) == 2 else (self._database, parts[0])

    def brackets(self) -> None:
        """Goes over brackets, if they follow."""
        piece = self.peek()
        if piece is None or piece.text != b"(":
            return
        self._at += 1
        while (inner := self.next()) is not None:
            if inner.text == b")" and inner.depth == piece.depth:
                return

    def end(self) -> None:
        piece = self.peek()
        if piece is not None:
            said = piece.text.decode("utf-8", "replace")[:40]
            raise self.denied(f"{said} cannot stand there in a workspace's statement")

    def rest(self) -> Iterator[Token]:
        return iter(self._pieces[self._at :])

    def place(self) -> int:
        """Where the text goes on."""
        return self._pieces[self._at - 1].end

    def no_select(self) -> None:
        if any(piece.is_word(b"SELECT") for piece in self.rest()):
            raise self.denied("a SELECT would be evaluated later, with other rights")

    def own_sources(self) -> None:
        """Whatever stands after a FROM is the workspace's own."""
        while (piece := self.next()) is not None:
            if piece.is_word(b"FROM"):
                self.own()

    def _part(self) -> str:
        piece = self.next()
        if piece is None or piece.kind not in ("word", "quoted"):
            raise self.denied("a table's name is missing")
        return piece.text.strip(b'`"').decode()

    def _engine_after(self, equals: Token) -> str:
        place = self._pieces.index(equals) + 1
        return self._pieces[place].text.decode() if place < len(self._pieces) else ""


def _create(at: _Cursor, canonical: bytes) -> Write:
    at.takes(b"OR", b"REPLACE")
    view = at.is_word(b"VIEW")
    if not (at.takes(b"VIEW") or at.takes(b"TABLE")):
        raise at.denied("a workspace holds tables and views, and nothing else")
    at.takes(b"IF", b"NOT", b"EXISTS")
    at.own()
    at.brackets()
    return _view(at, canonical) if view else _table(at, canonical)


def _table(at: _Cursor, canonical: bytes) -> Write:
    if at.peek() is not None and not at.is_word(*_TAIL, b"SETTINGS"):
        at.end()
    at.takes(b"EMPTY")
    if at.takes(b"AS") and not (at.is_word(b"SELECT", b"WITH") or at.takes_mark(b"(")):
        at.name()  # another table's columns: the engine's to refuse
        if at.peek() is not None and not at.is_word(*_TAIL, b"SETTINGS"):
            at.end()
    return Write(canonical, adds=True, makes=True)


def _view(at: _Cursor, canonical: bytes) -> Write:
    """A view reads as whoever asks, whatever the engine's default is."""
    place = at.place()
    said = at.takes(b"SQL", b"SECURITY", b"INVOKER")
    if at.takes(b"COMMENT"):
        at.next()
    if not at.takes(b"AS"):
        raise at.denied("a view of a workspace is SQL SECURITY INVOKER, AS a SELECT")
    invoker = b"" if said else b" SQL SECURITY INVOKER"
    return Write(canonical[:place] + invoker + canonical[place:], makes=True)


def _drop(at: _Cursor, canonical: bytes) -> Write:
    if not (at.takes(b"TABLE") or at.takes(b"VIEW")):
        raise at.denied("a workspace's user drops tables and views, and nothing else")
    at.takes(b"IF", b"EXISTS")
    at.takes(b"IF", b"EMPTY")
    at.own()
    while at.takes_mark(b","):
        at.own()
    at.takes(b"SYNC")
    at.end()
    return Write(canonical)


def _truncate(at: _Cursor, canonical: bytes) -> Write:
    at.takes(b"TABLE")
    at.takes(b"IF", b"EXISTS")
    at.own()
    at.takes(b"SYNC")
    at.end()
    return Write(canonical)


def _rename(at: _Cursor, canonical: bytes) -> Write:
    if not at.takes(b"TABLE"):
        raise at.denied("a workspace's user renames tables and views, and nothing else")
    while True:
        at.takes(b"IF", b"EXISTS")
        at.own()
        at.takes(b"TO")
        at.own()
        if not at.takes_mark(b","):
            break
    at.end()
    return Write(canonical)


def _exchange(at: _Cursor, canonical: bytes) -> Write:
    at.takes(b"TABLES")
    at.own()
    at.takes(b"AND")
    at.own()
    at.end()
    return Write(canonical)


def _optimize(at: _Cursor, canonical: bytes) -> Write:
    at.takes(b"TABLE")
    at.own()
    at.takes(b"FINAL")
    at.end()
    return Write(canonical, adds=True)


def _alter(at: _Cursor, canonical: bytes) -> Write:
    if not at.takes(b"TABLE"):
        raise at.denied("a workspace's user alters tables, and nothing else")
    at.own()
    at.no_select()
    at.own_sources()
    return Write(canonical)


def _delete(at: _Cursor, canonical: bytes) -> Write:
    at.takes(b"FROM")
    at.own()
    at.no_select()
    at.own_sources()
    return Write(canonical)


def _insert(at: _Cursor, canonical: bytes) -> Write:
    at.takes(b"INTO")
    at.takes(b"TABLE")
    at.own()
    at.brackets()
    piece = at.peek()
    opened = piece is not None and piece.text == b"("
    if not opened and not at.is_word(b"SETTINGS", b"SELECT", b"WITH", b"FORMAT"):
        raise at.denied("rows come from a SELECT, or with the request in a format")
    return Write(canonical, adds=True)
