"""The second line before a reader: what the engine leaves open, closed by allow-lists.

The engine's own rights come first (`rights.py`): it refuses a reader's role tables, dictionaries,
table functions and writes (497), and shows no rows of those tables of `system` that are the
administrator's. It does not refuse the scalar function `file`, `INTO OUTFILE`, `SET ROLE` or
`KILL`. So a reader's statement is rewritten by the engine (`formatQuerySingleLine`: one statement,
no comments, canonical quotes), then parsed by it (`EXPLAIN AST`); words and tree are both read
here, and what is not understood is refused. What runs is the rewritten text, so what was judged is
what runs.
"""

import re
from collections.abc import Mapping
from typing import Any

from headwater.embedded.warehouse import writing
from headwater.embedded.warehouse.engine import quoted
from headwater.embedded.warehouse.errors import AccessDenied, EngineError
from headwater.embedded.warehouse.rights import SYSTEM_TABLES
from headwater.embedded.warehouse.settings import WarehouseServerSettings
from headwater.embedded.warehouse.statement import Token, tokens
from warehouse.workspaces import Workspace

#: What a reader's statement may be, as the first line of its tree says.
TOP = frozenset(
    {
        "SelectWithUnionQuery",
        "SelectIntersectExceptQuery",
        "SelectQuery",
        "ShowTables",
        "ShowColumns",
        "ShowFunctions",
        "ShowCreateTableQuery",
        "ShowCreateViewQuery",
        "ShowCreateDatabaseQuery",
        "DescribeQuery",
        "ExistsTableQuery",
        "ExistsViewQuery",
        "ExistsDatabaseQuery",
        "Explain",
    }
)
#: What SHOW may be about; the tree calls merges, caches and clusters by the name of tables too.
SHOWS = frozenset({b"TABLES", b"DATABASES", b"COLUMNS", b"FUNCTIONS", b"SETTINGS", b"CREATE"})
#: Every kind of node that the gate understands; a statement with another one is refused.
NODES = TOP | {
    "ArrayJoin",
    "Asterisk",
    "ColumnsApplyTransformer",
    "ColumnsExceptTransformer",
    "ColumnsListMatcher",
    "ColumnsRegexpMatcher",
    "ColumnsReplaceTransformer",
    "ColumnsReplaceTransformer::Replacement",
    "ColumnsTransformerList",
    "ExpressionList",
    "Function",
    "Identifier",
    "InterpolateElement",
    "Literal",
    "OrderByElement",
    "QualifiedAsterisk",
    "QualifiedColumnsListMatcher",
    "QualifiedColumnsRegexpMatcher",
    "QueryParameter",
    "SampleRatio",
    "Set",
    "Subquery",
    "TableExpression",
    "TableIdentifier",
    "TableJoin",
    "TablesInSelectQuery",
    "TablesInSelectQueryElement",
    "WindowDefinition",
    "WindowListElement",
    "WithElement",
}
#: What functions compute from their arguments alone, as the engine sorts its own; dictionaries are
#: the engine's to refuse. A kind that is not here may reach files, servers or the process.
KINDS = frozenset(
    """
    Aggregate Functions|Type Conversion|Dates and Times|Arrays|String|Geo|Hash|String Search|JSON
    |Dictionary|Mathematical|URL|Arithmetic|Geo Polygon|Map|IP Address|Comparison|Tuple|Time Series
    |Distance|Random Number|Bitmap|NumericIndexedVector|Bit|Encoding|UUID|String Splitting
    |String Replacement|Null|Rounding|Time Window|Encryption|Conditional|Logical|Financial|QBit
    """.replace("\n", "")
    .replace("    ", "")
    .split("|")
)
#: Functions of other kinds that are harmless, in lower case.
FUNCTIONS = frozenset(
    """
    _cast
    bar blocknumber blocksize bytesize casewithexpression countdigits currentdatabase currentroles
    currentschemas currentuser defaultvalueofargumenttype defaultvalueoftypename digits displayname
    dumpcolumnstructure errorcodetoname finalizeaggregation flipcoordinates formatquery
    formatqueryornull formatquerysingleline formatquerysinglelineornull formatreadabledecimalsize
    formatreadablequantity formatreadablesize formatreadabletimedelta getsetting getsettingordefault
    getsizeofenumtype getsubcolumn globalvariable identity ignore indexhint initialqueryid
    initializeaggregation isconstant isdecimaloverflow lowcardinalityindices lowcardinalitykeys
    macnumtostring macstringtonum macstringtooui materialize minsamplesizecontinuous
    minsamplesizeconversion neighbor nested normalizedqueryhash normalizedqueryhashkeepnames
    normalizequery normalizequerykeepnames parseiso8601duration parsereadablesize
    parsereadablesizeornull parsereadablesizeorzero parsetimedelta pggetuserbyid pgtableisvisible
    queryid revision rownumberinallblocks rownumberinblock runningaccumulate runningconcurrency
    runningdifference runningdifferencestartingwithfirstvalue shardcount shardnum throwif
    tocolumntypename totypename transform uptime variantelement varianttype version visiblewidth
    """.split()  # noqa: SIM905  a list of words, not of lines
)
#: Table functions that make rows from nothing but their arguments.
TABLE_FUNCTIONS = frozenset(
    {
        "format",
        "generate_series",
        "generateseries",
        "null",
        "numbers",
        "numbers_mt",
        "values",
        "zeros",
        "zeros_mt",
        "view",
        "primes",
    }
)
#: Settings that a reader may set, by name or by the start of it. A list of what is allowed, for
#: some carry SQL (`additional_table_filters`), name files (`output_format_schema`) or lift limits.
SETTINGS = re.compile(
    r"output_format_(?!schema|.*path).*|format_csv_.*|format_tsv_.*|format_custom_.*|date_time_.*"
    r"|optimize_.*|query_plan_.*|group_by_.*|join_.*|joined_.*|any_join_.*|prefer_.*|use_skip_.*"
    r"|do_not_merge_across_partitions_select_final|final|limit|offset|extremes|totals_mode"
    r"|max_(block_size|rows_to_read|bytes_to_read|result_rows|result_bytes|rows_to_group_by)"
    r"|(read|result|group_by)_overflow_mode|enable_analyzer|allow_experimental_analyzer"
    r"|session_timezone|log_comment|transform_null_in|cast_keep_nullable|union_default_mode"
    r"|aggregate_functions_null_for_empty|short_circuit_function_evaluation|asterisk_include_.*"
    r"|cast_string_to_.*_use_inference|allow_suspicious_types_in_.*|max_threads|max_memory_usage|max_execution_time"
)
#: What EXPLAIN may show to a reader.
EXPLAINS = frozenset(
    f"Explain EXPLAIN{kind}"
    for kind in ("", " AST", " SYNTAX", " PLAN", " PIPELINE", " ESTIMATE", " QUERY TREE")
)

_PREFIXES = ("filesystem", "getserver", "llm", "ai", "python", "catboost", "joinget", "transaction")
_LINE = re.compile(r"^( *)(.*?)(?: \(children \d+\))?$")


class Gate:
    """Judges readers' statements; remembers those it let through."""

    def __init__(
        self,
        settings: WarehouseServerSettings,
        known_settings: frozenset[str],
        functions: frozenset[tuple[str, str, str]],
    ) -> None:
        self._limits = {
            "max_memory_usage": settings.warehouse_reader_memory,
            "max_execution_time": settings.warehouse_reader_seconds,
            "max_threads": settings.reader_threads,
        }
        self._known = known_settings
        #: Functions of the engine that are not for readers, in lower case.
        self._denied = frozenset(
            name
            for name, function, kind in functions
            if kind not in KINDS and function not in FUNCTIONS
        )
        self._passed: dict[tuple[Any, ...], bytes] = {}

    def settings(self, user: str, asked: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
        """A reader's settings from the URL, limits brought down to the reader's own.

        Clients send limits by themselves (a driver its deadline), so one that is too high is not
        refused here as it is in a SETTINGS clause. Raises EngineError for what readers may not set.
        """
        found = dict(asked)
        for name, limit in self._limits.items():
            if name in found and not self._within(found[name], limit):
                found[name] = str(limit)
        for name, value in found.items():
            self._check_setting(name, value)
        return tuple(sorted(found.items()))

    def judge(
        self, connection: Any, user: str, database: str, sql: bytes, parameters: Mapping[str, str]
    ) -> bytes:
        """The statement as the engine rewrites it, if a reader may run it.

        Raises AccessDenied where it may not, EngineError where it does not parse.
        """
        named = b"identifier" in sql.lower()
        key = (user, database, sql, tuple(sorted(parameters.items())) if named else ())
        if (passed := self._passed.get(key)) is not None:
            return passed
        try:
            passed = self._judge(connection, user, database, sql, parameters)
        except RuntimeError as error:
            raise EngineError.of(error) from error
        if len(sql) < 20_000:
            if len(self._passed) > 2_000:
                self._passed.clear()
            self._passed[key] = passed
        return passed

    def judge_write(
        self,
        connection: Any,
        workspace: Workspace,
        database: str,
        sql: bytes,
        parameters: Mapping[str, str],
    ) -> writing.Write:
        """A statement that writes, as the engine rewrites it, if a workspace's user may run it.

        Raises AccessDenied where it may not, EngineError where it does not parse.
        """
        user = workspace.user
        try:
            canonical, pieces = _rewritten(connection, user, database, sql)
            self._check_words(user, pieces, parameters)
            clauses = self._check_clauses(pieces, writing.TABLE_SETTINGS)
            write = writing.form(workspace, database, canonical, pieces)
            lines = _tree(connection, canonical, parameters)
        except RuntimeError as error:
            raise EngineError.of(error) from error
        nodes = self._check_tree(user, lines, writing.TOP, NODES | writing.NODES)
        writing.check_later(user, nodes)
        _check_counts(user, pieces, lines, clauses)
        return write

    def _judge(
        self, connection: Any, user: str, database: str, sql: bytes, parameters: Mapping[str, str]
    ) -> bytes:
        canonical, pieces = _rewritten(connection, user, database, sql)
        self._check_words(user, pieces, parameters)
        clauses = self._check_clauses(pieces)  # before the engine sees them
        lines = _tree(connection, canonical, parameters)
        self._check_tree(user, lines, TOP, NODES)
        _check_counts(user, pieces, lines, clauses)
        return canonical

    def _check_words(self, user: str, pieces: list[Token], parameters: Mapping[str, str]) -> None:
        """What can be told from the words alone, wherever in the statement they stand.

        The tree does not show everything, so a function that is not for readers may not be called
        and a table of system not be named anywhere; nor may a name be written so that it could be
        taken for lines of the tree.
        """
        blind = pieces and pieces[0].is_word(b"SHOW")
        about = next(
            (p for p in pieces[1:] if not p.is_word(b"FULL", b"EXTENDED", b"CHANGED")), None
        )
        if blind and (about is None or about.text.upper() not in SHOWS):
            raise AccessDenied(user, "Readers show tables, databases, columns and functions")
        padded = [None, None, *pieces, None]
        for place, piece in enumerate(pieces):
            before, last, after = padded[place], padded[place + 1], padded[place + 3]
            if piece.is_word(b"INTO") and after is not None and after.is_word(b"OUTFILE"):
                raise EngineError(348, "INTO_OUTFILE_NOT_ALLOWED", "INTO OUTFILE is not allowed.")
            blind = blind or piece.is_word(b"APPLY")
            if piece.kind not in ("word", "quoted"):
                continue
            name = _name(piece)
            if piece.kind == "quoted" and not _is_plain(name.replace("\\`", "")):
                raise AccessDenied(user, "A name with a backslash or a control character")
            called = after is not None and after.text == b"("
            applied = last is not None and (
                last.is_word(b"APPLY")
                or (last.text == b"(" and before is not None and before.is_word(b"APPLY"))
            )
            if name == "file" or ((called or applied) and self._is_denied(name)):
                raise AccessDenied(user, f"The function {name} is not for readers")
            of_system = last is not None and last.text == b"." and _is_system(before)
            if of_system and name not in SYSTEM_TABLES:
                raise AccessDenied(user, f"system.{name} is not for readers")
        if any(piece.is_word(b"IDENTIFIER") for piece in pieces):
            if blind:
                raise AccessDenied(user, "A parameter of type Identifier cannot be checked here")
            if not all(map(_is_plain, parameters.values())):
                raise AccessDenied(user, "A parameter with a backslash or a control character")

    def _is_denied(self, function: str) -> bool:
        return function in self._denied or function.startswith(_PREFIXES)

    def _check_tree(
        self, user: str, lines: list[str], top: frozenset[str], nodes: frozenset[str]
    ) -> list[tuple[str, tuple[str, ...]]]:
        """Checks each node; returns them, each with those above it."""
        if not lines or _kind(lines[0]) not in top:
            kind = _kind(lines[0]) if lines else "an empty statement"
            raise AccessDenied(user, f"Readers may not run {kind}")
        parents: list[str] = []
        read: list[tuple[str, tuple[str, ...]]] = []
        for line in lines:
            found = _LINE.match(line)
            assert found is not None  # the pattern takes any line
            depth, node = len(found[1]), found[2]
            del parents[depth:]
            parent = parents[-1] if parents else ""
            self._check_node(user, node, parent, nodes)
            read.append((node, tuple(parents)))
            parents.append(node)
        return read

    def _check_node(self, user: str, node: str, parent: str, nodes: frozenset[str]) -> None:
        kind, _, rest = node.partition(" ")
        if kind not in nodes or (kind == "Explain" and node not in EXPLAINS):
            raise AccessDenied(user, f"Readers may not use {node[:60]}")
        if kind == "Function":
            name = rest.partition(" (")[0].lower()
            is_table = parent.startswith("TableExpression")
            if not is_table and (name == "file" or self._is_denied(name)):
                raise AccessDenied(user, f"The function {name} is not for readers")
            if is_table and name not in TABLE_FUNCTIONS:
                raise AccessDenied(user, f"The table function {name} is not for readers")
        elif kind in ("TableIdentifier", "Identifier"):
            database, _, table = rest.partition(" (")[0].partition(".")
            if database.lower() == "system" and table.partition(".")[0] not in SYSTEM_TABLES:
                raise AccessDenied(user, f"system.{table} is not for readers")

    def _check_clauses(self, pieces: list[Token], more: frozenset[str] = frozenset()) -> int:
        """Checks each SETTINGS clause of the rewritten text; returns how many there are.

        `more` may be set beside what readers may set.
        """
        found = 0
        for place, piece in enumerate(pieces):
            if not piece.is_word(b"SETTINGS"):
                continue
            cursor = place + 1
            while cursor + 2 < len(pieces) and pieces[cursor + 1].text == b"=":
                name = pieces[cursor].text.strip(b'`"').decode()
                value = pieces[cursor + 2]
                if value.kind not in ("string", "number", "word"):  # one token, so none is missed
                    message = f"Cannot modify '{name}' setting in readonly mode"
                    raise EngineError(164, "READONLY", message)
                if name not in more:
                    self._check_setting(name, value.text.strip(b"'").decode())
                found += cursor == place + 1
                cursor += 3
                if cursor < len(pieces) and pieces[cursor].text == b",":
                    cursor += 1
                else:
                    break
        return found

    def _check_setting(self, name: str, value: str) -> None:
        if name not in self._known:
            raise EngineError(115, "UNKNOWN_SETTING", f"Unknown setting '{name}'")
        if not SETTINGS.fullmatch(name):
            raise EngineError(164, "READONLY", f"Cannot modify '{name}' setting in readonly mode")
        limit = self._limits.get(name)
        if limit is not None and not self._within(value, limit):
            message = f"Setting {name} shouldn't be greater than {limit}"
            raise EngineError(452, "SETTING_CONSTRAINT_VIOLATION", message)

    @staticmethod
    def _within(value: str, limit: int) -> bool:
        return value.isascii() and value.isdigit() and 0 < int(value) <= limit


def _rewritten(connection: Any, user: str, database: str, sql: bytes) -> tuple[bytes, list[Token]]:
    """One statement as the engine writes it, and its tokens."""
    try:
        text = sql.decode()
    except UnicodeDecodeError as error:
        raise EngineError(62, "SYNTAX_ERROR", "Syntax error: not UTF-8.") from error
    if database.lower() == "system":
        raise AccessDenied(user, "Name a table of system in full, as in system.tables")
    rewrite = f"SELECT formatQuerySingleLine({quoted(text)})"
    canonical: bytes = connection.query(rewrite, "RawBLOB").bytes()
    pieces = list(tokens(canonical))
    if any(piece.text == b";" for piece in pieces):
        raise AccessDenied(user, "One statement at a time")
    return canonical, pieces


def _tree(connection: Any, canonical: bytes, parameters: Mapping[str, str]) -> list[str]:
    """The lines of a statement's tree."""
    ask = f"EXPLAIN AST {canonical.decode()}"
    tree: str = connection.query(ask, "TSVRaw", params=dict(parameters)).bytes().decode()
    return tree.splitlines()


def _check_counts(user: str, pieces: list[Token], lines: list[str], clauses: int) -> None:
    """Whether the tree shows every SELECT and every SETTINGS clause of the text.

    It leaves out what stands in SHOW … WHERE and LIMIT and in a lambda of APPLY.
    """
    options = lines[0].startswith("Explain") and " Set" in lines  # EXPLAIN's own, as indexes = 1
    if sum(line.strip() == "Set" for line in lines) - options > clauses:
        raise AccessDenied(user, "A SETTINGS clause could not be read")
    selects = sum(piece.is_word(b"SELECT") for piece in pieces)
    if selects != sum(_kind(line) == "SelectQuery" for line in lines):
        raise AccessDenied(user, "A SELECT stands where it cannot be checked")


def _kind(line: str) -> str:
    """What a line of a tree is."""
    return line.strip().partition(" ")[0]


def _name(piece: Token) -> str:
    """A name without its quotes, in lower case."""
    return piece.text.strip(b'`"').decode().lower()


def _is_system(piece: Token | None) -> bool:
    return piece is not None and piece.kind in ("word", "quoted") and _name(piece) == "system"


def _is_plain(text: str) -> bool:
    """Whether a name shows in a tree as it is written, and on one line."""
    return "\\" not in text and text.isprintable()
