"""Scratch tables behind copies of the warehouse's own views: what an insert should leave behind.

From the table that the recorder writes to, every materialized view is followed to its target, and
both are made again in the database `verification`. A record written there leaves exactly what it
would leave in the real tables, whatever views there are.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from string import Template

from bus import records
from streams import rowbinary
from streams.rowbinary import Row
from warehouse import Warehouse, WarehouseError, WarehouseUnavailable
from warehouse.client import named

DATABASE = "verification"
SOURCE = "lrs.records_in"
_NAME = re.compile(r"[a-z_][a-z0-9_]*")
_TARGET = re.compile(r"\bTO ([a-z_][a-z0-9_]*\.[a-z_][a-z0-9_]*)")
_VERSIONED = re.compile(r"^ReplacingMergeTree\(([a-z_]+)")


@dataclass(frozen=True)
class Target:
    """A table that keeps one row a key: what is compared."""

    table: str
    scratch: str
    keys: tuple[str, ...]
    version: str

    def text(self, query: str) -> str:
        """A named query about this table and its copy. The names come from the warehouse's own
        catalogue, and each must look like one."""
        for name in (*self.table.split("."), self.scratch, *self.keys):
            if not _NAME.fullmatch(name):
                raise ValueError(f"{name!r} is not a name")
        return Template(named(query)).substitute(
            table=self.table,
            scratch=f"{DATABASE}.{self.scratch}",
            keys=", ".join(self.keys),
            version=self.version,
        )


class Scratch:
    """The copies, made anew by `made` and dropped at its end."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse
        self._tables: list[str] = []
        self.targets: list[Target] = []
        #: Lines that the warehouse refuses as a whole: (row, what it says).
        self.refused: list[tuple[Row, str]] = []

    @contextmanager
    def made(self) -> Iterator["Scratch"]:
        """Makes the copies; drops them whatever happens, and those that an earlier run left."""
        self._drop()
        try:
            self._make()
            yield self
        finally:
            self._drop()

    def fill(self, rows: Sequence[Row]) -> None:
        """Writes records into the emptied copies."""
        self.refused = []
        for table in self._tables:
            self._warehouse.execute(f"TRUNCATE TABLE {DATABASE}.{table}")
        self._insert(rows)

    def _insert(self, rows: Sequence[Row]) -> None:
        try:
            self._warehouse.insert_bytes(
                f"{DATABASE}.{_copied(SOURCE)}",
                rowbinary.RECORD_COLUMNS,
                rowbinary.records(0, rows),
                "RowBinary",
            )
        except WarehouseUnavailable:
            raise
        except WarehouseError as error:
            if len(rows) > 1:
                middle = len(rows) // 2
                self._insert(rows[:middle])
                self._insert(rows[middle:])
            elif len(lines := records.lines(rows[0].value)) > 1:
                for number, line in enumerate(lines):
                    self._insert(
                        [rows[0]._replace(value=line, first_line=rows[0].first_line + number)]
                    )
            else:
                self.refused.append((rows[0], str(error)))

    def _make(self) -> None:
        found = {
            f"{database}.{name}": (engine, full, keys, created, select, followers)
            for database, name, engine, full, keys, created, select, followers in (
                self._warehouse.rows("verify/tables")
            )
        }
        order, copies = _chain(found)
        for name in order:
            engine, full, keys, created, select, _ = found[name]
            copy = _copied(name)
            if engine == "MaterializedView":
                target = _copied(_target(created))
                text = _substituted(select, copies)
                self._warehouse.execute(
                    f"CREATE MATERIALIZED VIEW {DATABASE}.{copy} TO {DATABASE}.{target} AS {text}"
                )
                continue
            self._warehouse.execute(f"CREATE TABLE {DATABASE}.{copy} AS {name}")
            if engine == "ReplacingMergeTree":
                versioned = _VERSIONED.match(full)
                version = versioned[1] if versioned else "toUInt128(1)"
                self.targets.append(Target(name, copy, tuple(keys.split(", ")), version))
            if engine != "Null":
                self._tables.append(copy)

    def _drop(self) -> None:
        for (name,) in self._warehouse.rows("verify/scratch"):
            if not _NAME.fullmatch(name):
                raise ValueError(f"{name!r} is not a name")
            self._warehouse.execute(f"DROP TABLE {DATABASE}.{name}")
        self._tables, self.targets = [], []


def _chain(
    found: dict[str, tuple[str, str, str, str, str, list[str]]],
) -> tuple[list[str], set[str]]:
    """All that an insert into the source passes, tables before the views that read them."""
    tables, views, waiting = [SOURCE], [], [SOURCE]
    while waiting:
        for view in found[waiting.pop()][5]:
            target = _target(found[view][3])
            views.append(view)
            if target not in tables:
                tables.append(target)
                waiting.append(target)
    if len({_copied(name) for name in tables}) < len(tables):
        raise ValueError(f"two tables of one name cannot be verified side by side: {tables}")
    return tables + views, set(tables)


def _target(created: str) -> str:
    found = _TARGET.search(created)
    if found is None:
        raise ValueError(f"a view without a target table cannot be verified: {created[:80]}")
    return found[1]


def _copied(name: str) -> str:
    """The copy's name: the table's own, for a view's query may name it without its database."""
    return name.partition(".")[2]


def _substituted(select: str, tables: set[str]) -> str:
    """A view's query over the copies of the tables that it reads."""
    return re.sub(
        r"\b[a-z_][a-z0-9_]*\.[a-z_][a-z0-9_]*\b",
        lambda found: f"{DATABASE}.{_copied(found[0])}" if found[0] in tables else found[0],
        select,
    )
