"""A query of a database, by SQLAlchemy: its answer as a table.

The driver is the user's to install. Nothing is ever committed, and the engines that can be told so
are told to read only; what truly keeps a query from writing is a login that may not.
"""

import threading
from typing import Any

import sqlalchemy
from sqlalchemy.engine import URL, Connection
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from producers.errors import NotPulled
from producers.table import Problem, Record, Table, text_of
from xapi.catalogue import Sql

#: How many rows an answer may have.
MOST_ROWS = 200_000
#: What is installed for a database, where nothing of it is.
DRIVERS = {
    "postgresql": "psycopg (postgresql+psycopg://…)",
    "mysql": "pymysql (mysql+pymysql://…)",
    "mariadb": "pymysql (mariadb+pymysql://…)",
    "mssql": "pyodbc (mssql+pyodbc://…) and Microsoft's ODBC driver",
}
#: What a session is told before the query.
_READ_ONLY = {
    "postgresql": ("SET TRANSACTION READ ONLY", "SET LOCAL statement_timeout = {milliseconds}"),
    "mysql": ("SET SESSION max_execution_time = {milliseconds}", "START TRANSACTION READ ONLY"),
    "mariadb": ("SET SESSION max_statement_time = {seconds}", "START TRANSACTION READ ONLY"),
    "sqlite": ("PRAGMA query_only = ON",),
}


def table(pull: Sql, address: str) -> Table:
    """The answer of a pull's query; `address` is SQLAlchemy's. Raises NotPulled."""
    url = _url(address)
    try:
        engine = sqlalchemy.create_engine(url, poolclass=sqlalchemy.NullPool)
    except (NoSuchModuleError, ImportError) as error:
        do = DRIVERS.get(url.get_backend_name(), "its driver")
        raise NotPulled(f"the driver of {url.drivername} is not here: install {do}") from error
    except (SQLAlchemyError, TypeError, ValueError) as error:
        raise NotPulled(_said(error, url)) from error
    try:
        with engine.connect() as connection, _bounded(connection, pull.timeout):
            _prepare(connection, pull.timeout)
            return _answer(connection, pull.query)
    except SQLAlchemyError as error:
        raise NotPulled(_said(error, url)) from error
    finally:
        engine.dispose()


def _url(address: str) -> URL:
    try:
        return sqlalchemy.make_url(address)
    except ArgumentError as error:
        raise NotPulled("the address of the database is none of SQLAlchemy's") from error


def _prepare(connection: Connection, seconds: float) -> None:
    for said in _READ_ONLY.get(connection.dialect.name, ()):
        words = said.format(milliseconds=int(seconds * 1000), seconds=seconds)
        connection.exec_driver_sql(words)


class _bounded:
    """Interrupts a connection that takes too long, where its driver lets another thread do so."""

    def __init__(self, connection: Connection, seconds: float) -> None:
        raw: Any = connection.connection.dbapi_connection
        self._stop = getattr(raw, "interrupt", None) or getattr(raw, "cancel", None)
        if connection.dialect.name == "mssql":
            raw.timeout = max(1, int(seconds))
        self._timer = threading.Timer(seconds, self._stop) if self._stop else None

    def __enter__(self) -> None:
        if self._timer:
            self._timer.daemon = True
            self._timer.start()

    def __exit__(self, *_: object) -> None:
        if self._timer:
            self._timer.cancel()


def _answer(connection: Connection, query: str) -> Table:
    # The query is the owner's own words from kpis.toml, and nothing is put into it.
    found = connection.execution_options(no_parameters=True).exec_driver_sql(query)
    if not found.returns_rows:
        raise NotPulled("the query answers no rows: it must be one SELECT")
    header = [str(name) for name in found.keys()]  # noqa: SIM118 - a result, not a mapping
    rows = found.fetchmany(MOST_ROWS + 1)
    if len(rows) > MOST_ROWS:
        raise NotPulled(f"the query answers more than {MOST_ROWS} rows: ask for the last periods")
    broken: list[Problem] = []
    records = []
    for line, row in enumerate(rows, 2):
        cells = []
        for name, value in zip(header, row, strict=True):
            text = text_of(value)
            if text is None:
                broken.append(Problem(line, f"it holds a {type(value).__name__}", name))
            cells.append(text or "")
        records.append(Record(line, cells))
    return Table(header, records, (), broken)


def _said(error: Exception, url: URL) -> str:
    """An error in words; without the password, whatever a driver quotes."""
    first = str(getattr(error, "orig", None) or error).strip().splitlines() or [
        type(error).__name__
    ]
    said = f"the database does not answer the query: {first[0][:300]}"
    password = url.password
    return said.replace(str(password), "***") if password else said
