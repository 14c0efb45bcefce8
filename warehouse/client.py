"""The one client of the warehouse: named queries and block inserts over clickhouse-connect.

A named query is a file `queries/<owner>/<name>.sql`, with ClickHouse's own parameters
`{name:Type}`; no SQL is put together from data. The same code serves the embedded warehouse and a
ClickHouse server.
"""

import logging
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from string import Template
from typing import TYPE_CHECKING, Any

import clickhouse_connect
from clickhouse_connect import common
from clickhouse_connect.datatypes.base import ClickHouseType
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import (
    ClickHouseError,
    DatabaseError,
    OperationalError,
)
from clickhouse_connect.driver.httputil import get_pool_manager
from urllib3.exceptions import HTTPError

from warehouse.errors import WarehouseError, WarehouseUnavailable, plain
from warehouse.settings import Address

if TYPE_CHECKING:
    import pandas

# What it logs of a failed request, it raises too; without a handler Python would print it.
logging.getLogger("clickhouse_connect").addHandler(logging.NullHandler())
# At that age clickhouse-connect closes every connection, those on which another thread waits too.
common.set_setting("max_connection_age", 0)

#: ClickHouse's codes for "not now": too many queries, parts or bytes, read only, timeout, memory,
#: no room on the disk, files that cannot be written, a query that was ended. No row is at fault for
#: them: the same block is taken later.
PASSING_CODES = (
    "Code: 74.", "Code: 75.", "Code: 76.", "Code: 77.", "Code: 87.", "Code: 88.", "Code: 159.",
    "Code: 164.", "Code: 172.", "Code: 173.", "Code: 202.", "Code: 203.", "Code: 204.",
    "Code: 209.", "Code: 210.", "Code: 236.", "Code: 241.", "Code: 242.", "Code: 243.",
    "Code: 252.", "Code: 285.", "Code: 286.", "Code: 319.", "Code: 394.", "Code: 424.",
    "Code: 425.", "Code: 439.", "Code: 516.", "Code: 745.",
)  # fmt: skip
#: The same without a code of its own (1001, an exception of C++'s library).
PASSING_TEXTS = ("std::bad_alloc", "filesystem error: ")

MEBIBYTE = 1 << 20

#: How blocks are inserted. Each of a table's views is planned anew for every insert, which for a
#: small one is most of its cost; a block only passes through them, so nothing in their plans can be
#: made better.
BLOCKS = {"max_partitions_per_insert_block": 0, "query_plan_enable_optimizations": 0}

Rows = Sequence[Sequence[Any]]
_IDENTIFIER = re.compile(r"[a-z_][a-z0-9_]*")


@cache
def named(name: str, **identifiers: str) -> str:
    """The text of the query `owner/name`; `identifiers` fill in names of our own tables (`$name`).

    Raises FileNotFoundError where there is none of that name, ValueError for what is no identifier.
    """
    text = (files("warehouse") / "queries" / f"{name}.sql").read_text("utf-8")
    for identifier in identifiers.values():
        if not _IDENTIFIER.fullmatch(identifier):
            raise ValueError(f"{identifier!r} is not a table's name")
    return Template(text).substitute(identifiers) if identifiers else text


class Warehouse:
    """A connection to the warehouse as one user; safe to share between threads.

    Raises WarehouseUnavailable where nobody answers or writes are refused for now, WarehouseError
    with ClickHouse's own message for the rest.
    """

    def __init__(self, url: str, *, timeout: float = 60.0) -> None:
        self.address = Address(url)
        self._timeout = timeout
        self._client: Client | None = None
        #: The types of columns that were inserted into before, by table and columns.
        self._types: dict[tuple[str, ...], Sequence[ClickHouseType]] = {}

    @property
    def client(self) -> Client:
        """The clickhouse-connect client itself, connected at first use."""
        if self._client is None:
            try:
                self._client = clickhouse_connect.get_client(
                    host=self.address.host,
                    port=self.address.port,
                    username=self.address.user,
                    password=self.address.password,
                    secure=self.address.secure,
                    compress=False,
                    connect_timeout=5,
                    send_receive_timeout=int(self._timeout),
                    autogenerate_session_id=False,
                    query_retries=0,
                    pool_mgr=get_pool_manager(maxsize=16, num_pools=4),
                )
            except (ClickHouseError, OSError) as error:
                raise _translated(error) from error
        return self._client

    def rows(self, name: str, **parameters: Any) -> Rows:
        """The rows of a named query."""
        return self.query(named(name), parameters)

    def query(self, sql: str, parameters: Mapping[str, Any] | None = None) -> Rows:
        """The rows of a query that a caller already holds (a panel's, a named one)."""
        try:
            return self.client.query(sql, parameters=dict(parameters or {})).result_rows
        except (ClickHouseError, OSError) as error:
            raise _translated(error) from error

    def frame(self, sql: str, parameters: Mapping[str, Any] | None = None) -> "pandas.DataFrame":
        """The rows of a query that a caller already holds, as columns."""
        try:
            return self.client.query_df(sql, parameters=dict(parameters or {}))
        except (ClickHouseError, OSError) as error:
            raise _translated(error) from error

    def rows_of_bytes(self, name: str, **parameters: Any) -> Rows:
        """The rows of a named query, texts as bytes: what was stored need not be UTF-8."""
        try:
            result = self.client.query(
                named(name), parameters=parameters, query_formats={"String": "bytes"}
            )
        except (ClickHouseError, OSError) as error:
            raise _translated(error) from error
        return result.result_rows

    def blocks(self, name: str, **parameters: Any) -> Iterator[bytes]:
        """What a named query gives, in ClickHouse's RowBinary, piece by piece as it comes."""
        return self.stream(named(name), "RowBinary", parameters)

    def stream(
        self,
        sql: str,
        form: str,
        parameters: Mapping[str, Any] | None = None,
        settings: Mapping[str, Any] | None = None,
    ) -> Iterator[bytes]:
        """What a query that a caller already holds gives, in one of ClickHouse's formats, piece by
        piece as it comes."""
        try:
            with self.client.raw_stream(
                sql, parameters=dict(parameters or {}), settings=dict(settings or {}), fmt=form
            ) as answer:
                while block := answer.read(MEBIBYTE):
                    yield block
        except HTTPError as error:
            raise WarehouseError(f"the result broke off before its end: {error}") from error
        except (ClickHouseError, OSError) as error:
            raise _translated(error) from error

    def dicts(self, name: str, **parameters: Any) -> list[dict[str, Any]]:
        """The rows of a named query as dicts by column."""
        try:
            result = self.client.query(named(name), parameters=parameters)
            return list(result.named_results())
        except (ClickHouseError, OSError) as error:
            raise _translated(error) from error

    def command(self, name: str, **parameters: Any) -> None:
        """Carries out a named statement that returns nothing."""
        self.execute(named(name), parameters)

    def execute(self, sql: str, parameters: Mapping[str, Any] | None = None) -> None:
        """Carries out a statement that a caller already holds."""
        try:
            self.client.command(sql, parameters=dict(parameters or {}))
        except (ClickHouseError, OSError) as error:
            raise _translated(error) from error

    def insert(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """Inserts rows into a table, in ClickHouse's own format.

        The table is asked for its columns' types once, and again after an insert that failed.
        """
        block = list(rows)
        if not block:
            return
        place = (table, *columns)
        try:
            context = self.client.create_insert_context(
                table,
                columns,
                column_types=self._types.get(place),
                data=block,
                settings=BLOCKS,
            )
            self.client.insert(context=context)
        except (ClickHouseError, OSError) as error:
            self._types.pop(place, None)
            raise _translated(error) from error
        self._types[place] = context.column_types

    def insert_bytes(self, table: str, columns: Sequence[str], block: bytes, form: str) -> None:
        """Inserts bytes that are already in one of ClickHouse's formats, such as RowBinary."""
        try:
            self.client.raw_insert(
                table,
                column_names=list(columns) or None,
                insert_block=block,
                fmt=form,
                settings=BLOCKS,
            )
        except (ClickHouseError, OSError) as error:
            raise _translated(error) from error

    def close(self) -> None:
        """Gives the connection back."""
        if self._client is not None:
            self._client.close()
            self._client = None


def _translated(error: Exception) -> WarehouseError:
    message = plain(str(error))
    passing = isinstance(error, OSError | OperationalError) or (
        isinstance(error, DatabaseError) and _passing(message)
    )
    if "Code: " in message and not _passing(message):
        passing = False
    return WarehouseUnavailable(message) if passing else WarehouseError(message)


def _passing(message: str) -> bool:
    return any(code in message for code in PASSING_CODES) or (
        "Code: 1001." in message and any(text in message for text in PASSING_TEXTS)
    )
