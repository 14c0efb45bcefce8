"""What runs in a thread: a query into a pipe, an insert, a command; one connection each.

A result goes through a pipe (`INTO OUTFILE '/proc/self/fd/…'`), so it is streamed in any format
with the memory of a pipe, and a slow client slows the query down rather than filling memory.
"""

import json
import os
import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from headwater.embedded.warehouse.engine import (
    Engine,
    Purpose,
    assigned,
    escaped,
    identifier,
    quoted,
)
from headwater.embedded.warehouse.errors import AccessDenied, EngineError
from headwater.embedded.warehouse.gate import Gate
from headwater.embedded.warehouse.quota import Quota
from headwater.embedded.warehouse.request import External
from headwater.embedded.warehouse.rows import Rows
from headwater.embedded.warehouse.statement import Kind, Statement, parse
from headwater.embedded.warehouse.storage import Storage
from headwater.embedded.warehouse.writing import FORMATS, Write
from warehouse.roles import ADMIN

_FORMAT = re.compile(r"\w+\Z")
#: A table for what a client sends along. Its columns are what the engine reads in a value.
_EXTERNAL = (
    "CREATE TEMPORARY TABLE {name:Identifier} ENGINE = Memory "
    "AS SELECT * FROM null({structure:String})"
)
DEFAULT_FORMAT = "TabSeparated"
#: Formats that the engine's Python binding takes for objects of Python's.
_PYTHON_FORMATS = frozenset({"arrowtable", "dataframe", "datastore", "debug"})


@dataclass(slots=True)
class Outcome:
    """What a statement did, in the engine's own numbers."""

    read_rows: int = 0
    read_bytes: int = 0
    written_rows: int = 0
    written_bytes: int = 0
    result_rows: int = 0
    result_bytes: int = 0
    body: bytes = b""


@dataclass(slots=True)
class Job:
    """A statement with all that it needs to run."""

    user: str
    purpose: Purpose
    statement: Statement
    sql: bytes
    format: str
    values: dict[str, str] = field(default_factory=dict)
    external: list[External] = field(default_factory=list)
    #: The kind of user whose slots a query takes.
    kind: str = ADMIN
    #: What tells this query from others while it runs.
    mark: str = field(default_factory=lambda: secrets.token_hex(16))
    #: The connection of a session that keeps state, with the settings for this statement alone.
    held: Any = None
    once: tuple[tuple[str, str], ...] = ()


class Work:
    """Carries jobs out on the engine; every method blocks, and raises EngineError."""

    def __init__(self, engine: Engine, gate: Gate, storage: Storage) -> None:
        self._engine = engine
        self._gate = gate
        self._storage = storage
        self._quota = Quota(engine)

    def rows(self, job: Job, pipe: int) -> Outcome:
        """Runs a statement that gives rows; those of a READ go into the pipe, which is closed."""
        try:
            with _told(), self._connection(job) as connection:
                statement = job.statement
                if job.purpose.reads:
                    allowed = self._gate.judge(
                        connection, job.user, job.purpose.database, job.sql, job.values
                    )
                    statement = parse(allowed)
                if statement.kind is Kind.READ:
                    return self._stream(connection, job, statement, pipe)
                result = connection.query(statement.text, form(job.format), params=dict(job.values))
                return _outcome(result, result.bytes() or b"")
        finally:
            os.close(pipe)

    def command(self, job: Job) -> Outcome:
        """Runs a statement that gives no rows."""
        with _told(), self._connection(job) as connection:
            if job.purpose.workspace is not None:
                write = self._judged(connection, job, job.sql)
                self._storage.keep_definitions(job.statement.text)
                with self._kept(job, write):
                    sql = write.text + _mark(job)
                    result = connection.query(sql, "Null", params=dict(job.values))
                    return self._proved(_outcome(result, b""))
            if job.purpose.reads:
                self._gate.judge(connection, job.user, job.purpose.database, job.sql, job.values)
                raise AccessDenied(job.user, "Readers may only read")
            params = dict(job.values)
            self._storage.keep_definitions(job.statement.text)
            result = connection.query(job.statement.text, form(job.format), params=params)
            return self._proved(_outcome(result, result.bytes() or b""))

    def insert(self, job: Job, rows: Rows) -> Outcome:
        """Inserts rows, and closes them; success means that every table has taken them."""
        with rows, _told(), self._connection(job) as connection:
            if job.purpose.workspace is not None:
                return self._insert(connection, job, rows)
            done = rows.into(connection, job.statement.text, form(job.format), job.values)
            return self._proved(_outcome(done, b""))

    def end(self, job: Job) -> None:
        """Ends a query whose result nobody wants any more."""
        self._engine.end_query(job.mark)

    def open(self, purpose: Purpose) -> Any:
        """A connection for a session that keeps state."""
        return self._engine.open(purpose)

    def _insert(self, connection: Any, job: Job, rows: Rows) -> Outcome:
        """Rows into a table of a workspace."""
        if not job.format.startswith(FORMATS):
            raise AccessDenied(job.user, f"Rows are sent as {', '.join(FORMATS)}")
        ending = b" FORMAT Null"  # the form of an insert names one; its rows are another matter
        write = self._judged(connection, job, job.statement.text + ending)
        if not write.text.endswith(ending):
            raise AccessDenied(job.user, "An insert's form could not be read")
        insert = write.text.removesuffix(ending) + _mark(job)
        with self._kept(job, write):
            done = rows.into(connection, insert, form(job.format), job.values)
            return self._proved(_outcome(done, b""))

    def _proved(self, outcome: Outcome) -> Outcome:
        """What a statement did, where all of it is on the disk; raises NoRoom (243)."""
        self._storage.prove()
        return outcome

    def _judged(self, connection: Any, job: Job, sql: bytes) -> Write:
        """What a workspace's user wants to write, if there is room for it."""
        workspace = job.purpose.workspace
        assert workspace is not None
        write = self._gate.judge_write(connection, workspace, job.purpose.database, sql, job.values)
        if write.makes:
            self._quota.check_tables(workspace)
        return write

    @contextmanager
    def _kept(self, job: Job, write: Write) -> Iterator[None]:
        workspace = job.purpose.workspace
        if workspace is None or not write.adds:
            yield
            return
        with self._quota.kept(workspace, lambda: self.end(job)):
            yield

    def _stream(self, connection: Any, job: Job, statement: Statement, pipe: int) -> Outcome:
        head, tail = statement.text[: statement.output_at], statement.text[statement.output_at :]
        into = f" INTO OUTFILE '/proc/self/fd/{pipe}' APPEND "
        last = tail or f"FORMAT {form(job.format)}".encode()
        sql = head + into.encode() + last + _mark(job)
        with self._storage.proved_read():
            return _outcome(connection.query(sql, "Null", params=dict(job.values)), b"")

    @contextmanager
    def _connection(self, job: Job) -> Iterator[Any]:
        if job.held is not None:
            with _settings_once(job.held, job.once), _tables_once(job.held, job.external):
                yield job.held
        elif job.external:
            tables = _tables(job.external, job.purpose.settings)
            connection = self._engine.open(job.purpose, tables)
            try:
                yield connection
            finally:
                connection.close()
        elif job.statement.kind is Kind.STATEFUL:
            connection = self._engine.open(job.purpose)
            try:
                yield connection
            finally:
                connection.close()
        else:
            with self._engine.connection(job.purpose) as connection:
                yield connection


def _mark(job: Job) -> bytes:
    return f" /* {job.mark} */".encode()


def form(name: str) -> str:
    """A format's name; raises EngineError (73) for what cannot be one."""
    if not _FORMAT.match(name) or name.lower() in _PYTHON_FORMATS:
        raise EngineError(73, "UNKNOWN_FORMAT", f"Unknown format {name}")
    return name


def _tables(
    external: list[External], settings: tuple[tuple[str, str], ...] = ()
) -> Callable[[Any], None]:
    """Makes the tables that came with a request, and reads them as its settings say."""

    def create(connection: Any) -> None:
        if settings:
            connection.query(assigned(settings), "Null")
        for table in external:
            name = identifier(table.name)
            values = {"name": table.name, "structure": escaped(table.structure)}
            connection.query(_EXTERNAL, "Null", params=values)
            with Rows() as rows:
                rows.add([table.data])
                rows.into(connection, f"INSERT INTO {name}".encode(), form(table.format))

    return create


@contextmanager
def _tables_once(connection: Any, external: list[External]) -> Iterator[None]:
    """The tables sent with one statement of a session, dropped afterwards."""
    _tables(external)(connection)
    try:
        yield
    finally:
        for table in external:
            with suppress(RuntimeError):
                connection.query(f"DROP TEMPORARY TABLE {identifier(table.name)}", "Null")


@contextmanager
def _settings_once(connection: Any, settings: tuple[tuple[str, str], ...]) -> Iterator[None]:
    """Settings for one statement of a session, put back afterwards."""
    if not settings:
        yield
        return
    names = ", ".join(quoted(name) for name, _ in settings)
    ask = f"SELECT name, value FROM system.settings WHERE name IN ({names})"  # noqa: S608 quoted
    answer = connection.query(ask, "JSONCompactEachRow").bytes().decode()
    before = [json.loads(line) for line in answer.splitlines()]
    connection.query(assigned(settings), "Null")
    try:
        yield
    finally:
        for name, value in before:
            with suppress(RuntimeError):
                connection.query(assigned([(name, value)]), "Null")


@contextmanager
def _told() -> Iterator[None]:
    """The engine's errors as ours."""
    try:
        yield
    except EngineError:
        raise
    except (RuntimeError, UnicodeError) as error:
        raise EngineError.of(error) from error


def _outcome(result: Any, body: bytes) -> Outcome:
    return Outcome(
        read_rows=result.storage_rows_read(),
        read_bytes=result.storage_bytes_read(),
        written_rows=result.rows_written(),
        written_bytes=result.bytes_written(),
        result_rows=result.rows_read() or result.rows_written(),
        result_bytes=result.bytes_read() or result.bytes_written(),
        body=body,
    )
