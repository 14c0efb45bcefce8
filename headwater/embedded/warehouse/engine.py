"""The ClickHouse engine in this process: its configuration, its folder's lock, its connections.

Access control is the engine's own. Every connection is the engine's user `default`, to whom all
roles are granted; a reader's connection takes one role alone and becomes read only before it is
used, so tables, dictionaries and table functions are refused by ClickHouse itself (497), and the
tables of `system` that are the administrator's have no rows (`rights.py`).
"""

import fcntl
import os
import re
import sys
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from headwater.embedded.warehouse import rights
from headwater.embedded.warehouse.definitions import Definitions
from headwater.embedded.warehouse.errors import EngineError
from headwater.embedded.warehouse.settings import MIB, WarehouseServerSettings
from headwater.embedded.warehouse.workspaces import Workspaces
from headwater.errors import CannotStart
from warehouse.roles import ADMIN
from warehouse.workspaces import Workspace

_SETTING = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*\Z")
#: Idle connections kept; one is a few kilobytes and takes half a millisecond to open.
IDLE = 48
#: How long parts stay on the disk after they were merged, in seconds (`storage.py`). The engine in
#: process would keep them for none.
OLD_PARTS_SECONDS = 30
#: In one thread: on a busy machine handing it to another costs more than what it does.
_FAILED_WRITES = """
    SELECT value FROM system.events WHERE event = 'WriteBufferFromFileDescriptorWriteFailed'
    SETTINGS max_threads = 1
"""
#: How a workspace's writes are carried out, whatever the request says: a view reads as whoever
#: asks, and VALUES are values and no expressions.
_WRITES = (
    ("default_materialized_view_sql_security", "INVOKER"),
    ("default_normal_view_sql_security", "INVOKER"),
    ("default_table_engine", "MergeTree"),
    ("input_format_values_deduce_templates_of_expressions", "0"),
    ("input_format_values_interpret_expressions", "0"),
    ("mutations_sync", "1"),
)


@dataclass(frozen=True, slots=True)
class Purpose:
    """What a connection is set up for; connections for the same purpose are interchangeable."""

    role: str
    database: str = ""
    readonly: bool = False
    settings: tuple[tuple[str, str], ...] = ()
    #: Whose database may be written to, by a statement that writes.
    workspace: Workspace | None = None

    @property
    def reads(self) -> bool:
        """Whether a reader's limits hold for it."""
        return self.role != ADMIN


class Engine:
    """The engine on one folder; one process at a time."""

    def __init__(self, settings: WarehouseServerSettings) -> None:
        self._settings = settings
        self.workspaces = Workspaces(settings.folder)
        os.environ["TZ"] = "UTC"  # where the engine in process takes its time zone from
        self._lock = _hold(settings.folder)
        self._address = _address(settings, self.workspaces)
        self.definitions = Definitions(settings.folder / "store", settings.folder / "definitions")
        _mend(self.definitions)
        self._idle: OrderedDict[Purpose, list[Any]] = OrderedDict()
        self._idle_count = 0
        self._guard = threading.Lock()
        # The engine lives as long as one connection does: this one outlives the others.
        self._first = self._connect()
        _close_files(self._first)
        answer = self._first.query("SELECT displayName(), version(), timezone()", "TSV")
        name, version, zone = answer.bytes().decode().rstrip("\n").split("\t")
        self.display_name, self.version, self.timezone = name, version, zone
        answer = self._first.query("SELECT name, value FROM system.settings", "TSV")
        lines = answer.bytes().decode().splitlines()
        self.defaults = {name: value for name, _, value in (line.partition("\t") for line in lines)}
        self.known_settings = frozenset(self.defaults)
        #: Function, what it is an alias of, and the kind that the engine sorts it under.
        self.functions = _functions(self._first)

    @contextmanager
    def connection(self, purpose: Purpose) -> Iterator[Any]:
        """A connection for this purpose; kept for the next one unless the work in it failed."""
        connection = self._take(purpose) or self.open(purpose)
        try:
            yield connection
        except BaseException:
            connection.close()
            raise
        self._give(purpose, connection)

    def open(self, purpose: Purpose, before: Callable[[Any], None] | None = None) -> Any:
        """A new connection, set up; `before` prepares it while it may still do anything."""
        connection = self._connect()
        try:
            if before is not None:
                before(connection)
            for sql in self._set_up(purpose):
                connection.query(sql, "Null")
        except RuntimeError as error:
            connection.close()
            raise EngineError.of(error) from error
        return connection

    def ask(self, sql: str, form: str = "TSVRaw", **values: str) -> bytes:
        """What a statement of the administrator's gives, in a format; raises EngineError."""
        try:
            with self.connection(Purpose(ADMIN)) as connection:
                answer: bytes = connection.query(sql, form, params=values).bytes() or b""
        except RuntimeError as error:
            raise EngineError.of(error) from error
        return answer

    def failed_writes(self) -> int:
        """How many writes to files failed since this process began; raises EngineError.

        The engine goes on after each of them as if it had been done.
        """
        return int(self.ask(_FAILED_WRITES) or 0)

    def hold_merges(self, hold: bool) -> None:
        """Ends merges and begins none, or lets them go on; raises EngineError."""
        self.ask(f"SYSTEM {'STOP' if hold else 'START'} MERGES", "Null")

    def end_query(self, mark: str) -> None:
        """Ends the query that carries this mark in a comment.

        The engine goes on with a query whose pipe nobody reads any more: it has to be told.
        """
        half = len(mark) // 2  # so that this statement is none of those it looks for
        wanted = f"concat({quoted(mark[:half])}, {quoted(mark[half:])})"
        with suppress(RuntimeError):
            self._first.query(f"KILL QUERY WHERE position(query, {wanted}) > 0 ASYNC", "Null")

    def end_queries(self) -> None:
        """Tells every query that runs to end."""
        with suppress(RuntimeError):
            self._first.query("KILL QUERY WHERE 1 ASYNC", "Null")

    def close(self) -> None:
        """Closes every idle connection and the engine; the folder is free afterwards."""
        with self._guard:
            idle = [one for many in self._idle.values() for one in many]
            self._idle.clear()
            self._idle_count = 0
        for connection in idle:
            connection.close()
        self._first.close()
        os.close(self._lock)

    def _connect(self) -> Any:
        from chdb.state import sqlitelike

        return sqlitelike.connect(self._address)

    def _set_up(self, purpose: Purpose) -> Iterator[str]:
        if purpose.reads:
            yield assigned(_limits(self._settings))
        if purpose.settings:
            yield assigned(purpose.settings)
        if purpose.workspace is not None:
            yield assigned(_WRITES)
        if purpose.database:
            yield f"USE {identifier(purpose.database)}"
        if purpose.reads:
            yield f"SET ROLE {identifier(purpose.role)}"
        if purpose.readonly or (purpose.reads and purpose.workspace is None):
            yield "SET readonly = 2"

    def _take(self, purpose: Purpose) -> Any | None:
        with self._guard:
            waiting = self._idle.get(purpose)
            if not waiting:
                return None
            self._idle_count -= 1
            connection = waiting.pop()
            if not waiting:
                del self._idle[purpose]
            return connection

    def _give(self, purpose: Purpose, connection: Any) -> None:
        surplus = None
        with self._guard:
            self._idle.setdefault(purpose, []).append(connection)
            self._idle.move_to_end(purpose)
            self._idle_count += 1
            if self._idle_count > IDLE:
                oldest, waiting = next(iter(self._idle.items()))
                surplus = waiting.pop()
                self._idle_count -= 1
                if not waiting:
                    del self._idle[oldest]
        if surplus is not None:
            surplus.close()


def _mend(definitions: Definitions) -> None:
    try:
        for line in definitions.mend():
            print(f"warehouse: {line}", file=sys.stderr, flush=True)
    except OSError as error:
        raise CannotStart(
            "warehouse",
            f"a definition that was cut off cannot be put back ({error.strerror})",
            "make room on the disk of the data folder",
        ) from error


def _close_files(connection: Any) -> None:
    """Takes the files of this machine out of the database `default`.

    The engine in process lays a database of files over it, in which `/etc/passwd` is a table. What
    is left is the database beneath, with what was made in it.
    """
    ask = "SELECT engine, uuid FROM system.databases WHERE name = 'default'"
    engine, uuid = connection.query(ask, "TSV").bytes().decode().split()
    if engine == "Overlay":
        connection.query("DETACH DATABASE default", "Null")
        connection.query(f"ATTACH DATABASE default UUID {quoted(uuid)} ENGINE = Atomic", "Null")


def _functions(connection: Any) -> frozenset[tuple[str, str, str]]:
    ask = """
        SELECT
            lower(f.name),
            lower(if(f.alias_to = '', f.name, a.name)),
            if(f.alias_to = '', f.categories, a.categories)
        FROM system.functions AS f
        LEFT JOIN system.functions AS a ON a.name = f.alias_to
    """
    answer = connection.query(ask, "TSVRaw").bytes().decode()
    lines = (line.split("\t") for line in answer.splitlines())
    return frozenset((name, function, kind) for name, function, kind in lines)


def _limits(settings: WarehouseServerSettings) -> tuple[tuple[str, str], ...]:
    """What one query of a reader may take: past half its memory it goes on on the disk."""
    memory = settings.warehouse_reader_memory
    limits = {
        "max_memory_usage": memory,
        "max_execution_time": settings.warehouse_reader_seconds,
        "max_threads": settings.reader_threads,
        "max_bytes_before_external_group_by": memory // 2,
        "max_bytes_before_external_distinct": memory // 2,
        "max_bytes_before_external_sort": memory // 4,
        "max_bytes_ratio_before_external_sort": 0,  # of the engine's memory, not of the query's
        "max_temporary_data_on_disk_size_for_query": settings.warehouse_reader_disk,
    }
    return tuple((name, str(value)) for name, value in limits.items())


def quoted(text: str) -> str:
    """A ClickHouse string literal."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def identifier(text: str) -> str:
    """A ClickHouse identifier, quoted."""
    return "`" + text.replace("\\", "\\\\").replace("`", "\\`") + "`"


def assigned(settings: Iterable[tuple[str, str]]) -> str:
    """A SET statement; raises EngineError (115) for what cannot be a setting's name."""
    return "SET " + ", ".join(f"{_name(name)} = {quoted(value)}" for name, value in settings)


def escaped(text: str) -> str:
    """A text as the engine reads a parameter of type String."""
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n")


def _name(setting: str) -> str:
    if not _SETTING.match(setting):
        raise EngineError(115, "UNKNOWN_SETTING", f"Unknown setting {setting!r}")
    return setting


def _hold(folder: Path) -> int:
    """Takes the folder for this process; raises CannotStart where another one has it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = os.open(folder / "lock", os.O_CREAT | os.O_RDWR, 0o600)
    except OSError as error:
        raise CannotStart(
            "warehouse", f"{folder} cannot be written to ({error.strerror})", "check its owner"
        ) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(lock)
        raise CannotStart(
            "warehouse", f"another process uses {folder}", "stop it, or name another folder"
        ) from error
    return lock


def _address(settings: WarehouseServerSettings, workspaces: Workspaces) -> str:
    """Writes the engine's configuration and returns what to connect to."""
    folder = settings.folder
    if set("?&#") & set(str(folder)):
        raise CannotStart(
            "warehouse", f"the folder's name {folder} has one of ? & #", "name another folder"
        )
    config, users = folder / "config.xml", folder / "users.xml"
    _write(config, _config(settings))
    _write(users, rights.users(workspaces))
    return f"{folder / 'store'}?config-file={config}&users_config={users}"


def _write(path: Path, text: str) -> None:
    """Writes a file whole; not at all where it is so already, for the disk may be full."""
    with suppress(OSError, UnicodeError):
        if path.read_text("utf-8") == text:
            return
    beside = path.with_suffix(".new")
    beside.write_text(text, "utf-8")
    with suppress(OSError):
        beside.chmod(0o600)
    beside.replace(path)


def _config(settings: WarehouseServerSettings) -> str:
    values = {
        "display_name": "headwater",
        "max_server_memory_usage": settings.warehouse_memory,
        "mark_cache_size": 64 * MIB,
        "index_mark_cache_size": 16 * MIB,
        "uncompressed_cache_size": 0,
        "index_uncompressed_cache_size": 0,
        "mmap_cache_size": 64,
        "compiled_expression_cache_size": 16 * MIB,
        "primary_index_cache_size": 32 * MIB,
        "user_files_path": settings.folder / "files",
        "user_scripts_path": settings.folder / "scripts",
        "format_schema_path": settings.folder / "schemas",
        "dictionaries_lazy_load": "true",
        # What is dropped is in no table's size any more: it must not stay on the disk for long.
        "database_atomic_delay_before_drop_table_sec": 10,
    }
    lines = "\n".join(f"  <{key}>{escape(str(v))}</{key}>" for key, v in values.items())
    tables = f"<old_parts_lifetime>{OLD_PARTS_SECONDS}</old_parts_lifetime>"
    return f"<clickhouse>\n{lines}\n  <merge_tree>{tables}</merge_tree>\n</clickhouse>\n"
