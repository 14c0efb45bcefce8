"""What the engine leaves open to a reader, closed: an allow-list over the engine's own parse tree.

The engine refuses a reader's role tables, dictionaries, table functions and writes (497). It does
not refuse the scalar function `file`, `INTO OUTFILE`, `SET ROLE`, `KILL`, or system tables. So a
reader's statement is first rewritten by the engine (`formatQuerySingleLine`: one statement, no
comments, canonical quotes), then parsed by it (`EXPLAIN AST`), and the tree is read here. What
runs is the rewritten text, so what was judged is what runs.
"""

import re
from collections.abc import Mapping
from typing import Any

from headwater.embedded.warehouse.engine import quoted
from headwater.embedded.warehouse.errors import AccessDenied, EngineError
from headwater.embedded.warehouse.settings import WarehouseServerSettings
from headwater.embedded.warehouse.statement import Token, tokens

#: What a reader's statement may be, as the first line of its tree says.
TOP = (
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
    "Explain EXPLAIN",
)
#: Tables of `system` that tell a client what it needs and nobody's business.
SYSTEM_TABLES = frozenset(
    {
        "aggregate_function_combinators",
        "build_options",
        "collations",
        "columns",
        "contributors",
        "data_type_families",
        "databases",
        "formats",
        "functions",
        "keywords",
        "licenses",
        "numbers",
        "numbers_mt",
        "one",
        "settings",
        "table_engines",
        "table_functions",
        "tables",
        "time_zones",
        "zeros",
        "zeros_mt",
    }
)
#: Functions that reach outside the tables a reader may read: files, the process, other servers.
FUNCTIONS = frozenset(
    {
        "addresstoline",
        "addresstolinewithinlines",
        "addresstosymbol",
        "buildid",
        "catboostevaluate",
        "currentprofiles",
        "demangle",
        "displayname",
        "dictget",
        "enabledprofiles",
        "file",
        "filesystemavailable",
        "filesystemcapacity",
        "filesystemunreserved",
        "formatquery",
        "fqdn",
        "fullhostname",
        "getmacro",
        "getmergetreesetting",
        "getserverport",
        "getserversetting",
        "hascolumnintable",
        "hostname",
        "joinget",
        "joingetornull",
        "logtrace",
        "meanztest_",
        "queryid",
        "serveruuid",
        "showcertificate",
        "sleep",
        "sleepeachrow",
        "structuretocapnprotoschema",
        "structuretoprotobufschema",
        "tcpport",
        "transactionid",
        "transactionlatestsnapshot",
        "transactionoldestsnapshot",
        "zookeepersessionuptime",
    }
) - {"dictget", "displayname", "formatquery", "hostname", "meanztest_", "queryid"}
_PREFIXES = ("filesystem", "getserver", "llm", "ai", "python", "catboost", "joinget", "transaction")
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
#: Settings that a reader may lower only (to the server's own limits), and those it may not touch.
LOWERED = ("max_memory_usage", "max_execution_time")
_FIXED = re.compile(
    r"readonly|allow_ddl|allow_introspection_functions|.*_for_user|role|profile|.*max_network.*"
    r"|max_untracked_memory|memory_.*|timeout_.*|.*throw.*_on_.*limit|max_bytes_before_external_.*"
    r"|max_temporary_.*|temporary_.*|query_cache_.*|use_query_cache|enable_.*_cache|log_.*"
    r"|max_threads_for_.*|.*filesystem.*|format_schema.*|.*python.*|ai_.*|workload|stop_.*"
    r"|output_format_.*_path|send_logs.*|dialect|allow_experimental_(kusto|prql)_dialect"
    r"|enable_positional_arguments_for_.*|additional_result_filter_file|implicit_select"
    r"|.*max_execution_time_leaf|timeout_overflow_mode.*",
    re.IGNORECASE,
)

_LINE = re.compile(r"^( *)(.*?)(?: \(children \d+\))?$")


class Gate:
    """Judges readers' statements; remembers those it let through."""

    def __init__(self, settings: WarehouseServerSettings) -> None:
        self._limits = {
            "max_memory_usage": settings.warehouse_reader_memory,
            "max_execution_time": settings.warehouse_reader_seconds,
        }
        self._passed: dict[tuple[Any, ...], bytes] = {}

    def settings(self, user: str, asked: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
        """A reader's settings from the URL; raises AccessDenied for one that loosens a limit."""
        for name, value in asked.items():
            self._check_setting(user, name, value)
        return tuple(sorted(asked.items()))

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

    def _judge(
        self, connection: Any, user: str, database: str, sql: bytes, parameters: Mapping[str, str]
    ) -> bytes:
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
        self._check_words(user, pieces)
        ask = f"EXPLAIN AST {canonical.decode()}"
        tree = connection.query(ask, "TSVRaw", params=dict(parameters)).bytes().decode()
        lines = tree.splitlines()
        self._check_tree(user, lines)
        self._check_clauses(user, pieces, sum(line.strip() == "Set" for line in lines))
        return canonical

    def _check_words(self, user: str, pieces: list[Token]) -> None:
        """No function on the list may be named, not even where no bracket follows (APPLY)."""
        for piece, after in zip(pieces, [*pieces[1:], None], strict=True):
            if piece.is_word(b"INTO") and after is not None and after.is_word(b"OUTFILE"):
                raise EngineError(348, "INTO_OUTFILE_NOT_ALLOWED", "INTO OUTFILE is not allowed.")
            if piece.kind in ("word", "quoted"):
                name = piece.text.strip(b'`"').decode().lower()
                called = after is not None and after.text == b"("
                if name in FUNCTIONS or (called and name.startswith(_PREFIXES)):
                    raise AccessDenied(user, f"{name} is not for readers")

    def _check_tree(self, user: str, lines: list[str]) -> None:
        if not lines or not lines[0].startswith(TOP):
            kind = lines[0].partition(" (")[0] if lines else "an empty statement"
            raise AccessDenied(user, f"Readers may not run {kind}")
        parents: list[str] = []
        for line in lines:
            found = _LINE.match(line)
            assert found is not None  # the pattern takes any line
            depth, node = len(found[1]), found[2]
            del parents[depth:]
            parent = parents[-1] if parents else ""
            self._check_node(user, node, parent)
            parents.append(node)

    def _check_node(self, user: str, node: str, parent: str) -> None:
        kind, _, rest = node.partition(" ")
        if kind == "Function":
            name = rest.partition(" (")[0].lower()
            if name in FUNCTIONS or name.startswith(_PREFIXES):
                raise AccessDenied(user, f"The function {name} is not for readers")
            if parent.startswith("TableExpression") and name not in TABLE_FUNCTIONS:
                raise AccessDenied(user, f"The table function {name} is not for readers")
        elif kind in ("TableIdentifier", "Identifier"):
            database, _, table = rest.partition(" (")[0].partition(".")
            if database.lower() == "system" and table.partition(".")[0] not in SYSTEM_TABLES:
                raise AccessDenied(user, f"system.{table} is not for readers")
        elif kind in ("ParallelWithQuery", "ExecuteAsQuery", "InsertQuery", "SYSTEM", "ALTER"):
            raise AccessDenied(user, f"Readers may not run {kind}")

    def _check_clauses(self, user: str, pieces: list[Token], expected: int) -> None:
        """Each SETTINGS clause, read from the rewritten text; the tree says how many there are."""
        found = 0
        for place, piece in enumerate(pieces):
            if not piece.is_word(b"SETTINGS"):
                continue
            cursor, clause = place + 1, 0
            while cursor + 2 < len(pieces) and pieces[cursor + 1].text == b"=":
                name = pieces[cursor].text.strip(b'`"').decode()
                value = pieces[cursor + 2].text.strip(b"'").decode()
                self._check_setting(user, name, value)
                clause += 1
                cursor += 3
                while cursor < len(pieces) and pieces[cursor].text != b",":
                    cursor += 1
                cursor += 1
            found += bool(clause)
        if found < expected:
            raise AccessDenied(user, "A SETTINGS clause could not be read")

    def _check_setting(self, user: str, name: str, value: str) -> None:
        lowered = name.lower()
        if lowered in self._limits:
            limit = self._limits[lowered]
            if not value.isdigit() or not 0 < int(value) <= limit:
                message = f"Setting {name} shouldn't be greater than {limit}"
                raise EngineError(452, "SETTING_CONSTRAINT_VIOLATION", message)
        elif _FIXED.fullmatch(lowered):
            raise EngineError(164, "READONLY", f"Cannot modify '{name}' setting in readonly mode")
