"""What is read of a table that people write, whatever file it came in: rows, and every problem.

Strict, because a table read wrongly is worse than one refused: a header of known columns, as many
cells in each row. Whoever reads a table goes on after a problem, so that its author learns of all
of them at once.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, NamedTuple

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_NOWHERE: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """What is wrong, and where: the line (the header is line 1) and the column, or columns.

    Without a column it is the whole line.
    """

    line: int
    message: str
    column: str = ""

    def __str__(self) -> str:
        where = f", column{'s' if ',' in self.column else ''} {self.column}" if self.column else ""
        return f"line {self.line}{where}: {self.message}"


class Record(NamedTuple):
    """The cells of a row as they are written, and the line where it starts.

    `places` says of a column where its cell stands, where that is in a column of another name.
    """

    line: int
    cells: Sequence[str]
    places: Mapping[str, str] = _NOWHERE


@dataclass(frozen=True, slots=True)
class Table:
    """A table as its file has it: the header, the rows that are not empty, and what is wrong.

    `broken` are the problems of rows: where the header is wrong nobody is told of these.
    """

    header: Sequence[str] = ()
    records: Sequence[Record] = ()
    problems: Sequence[Problem] = ()
    broken: Sequence[Problem] = ()
    #: The line of the header.
    line: int = 1


@dataclass(frozen=True, slots=True)
class Row:
    """The cells of a row by column, blanks around them taken off; `line` is where it starts.

    `absent` are the columns that the whole table lacks, "" in `cells`; `places` are a record's.
    """

    line: int
    cells: dict[str, str]
    absent: frozenset[str] = field(default=frozenset(), compare=False)
    places: Mapping[str, str] = field(default_factory=dict, compare=False)


def text_of(value: Any) -> str | None:
    """A value as a cell of CSV has it, a number so that it is read back the same; None where no
    cell holds such a thing."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        value = int(value)
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, datetime):
        return str(value.date() if value.time() == time() else value)
    return str(value) if isinstance(value, str | date | Decimal) else None


def named(
    table: Table, columns: Sequence[str], required: Collection[str]
) -> tuple[list[Row], list[Problem]]:
    """The rows of a table with these columns, and every problem of its form.

    A column that is not required and not there is "" in each row.
    """
    if table.problems and not table.header:
        return [], sorted(table.problems)
    header, first_problem = _header(table, columns, required)
    if first_problem:
        return [], sorted([*table.problems, first_problem])
    problems = [*table.problems, *table.broken]
    absent = frozenset(columns) - frozenset(header)
    rows: list[Row] = []
    for line, cells, places in table.records:
        if len(cells) == len(header):
            found = dict(zip(header, (cell.strip() for cell in cells), strict=True))
            problems += _controls(line, found, places)
            filled = {column: found.get(column, "") for column in columns}
            rows.append(Row(line, filled, absent, places))
        else:
            message = f"has {_cells(len(cells))}, and the header has {len(header)}"
            problems.append(Problem(line, message))
    return rows, sorted(problems)


def plain(name: str) -> str:
    """A column's name as people write it: in any case, with blanks or lines between its words."""
    return re.sub(r"[\s_]+", "_", name.strip().lower())


def _header(
    table: Table, columns: Sequence[str], required: Collection[str]
) -> tuple[list[str], Problem | None]:
    written, line = table.header, table.line
    header = [plain(cell) for cell in written]
    if not any(header):
        return [], Problem(line, f"there is no header; it must name {', '.join(columns)}")
    wrong = []
    if unknown := [w.strip() for w, h in zip(written, header, strict=True) if h not in columns]:
        wrong.append(f"unknown {_columns(unknown)}")
    if missing := [column for column in columns if column in required and column not in header]:
        wrong.append(f"missing {_columns(missing)}")
    if twice := sorted({name for name in header if name in columns and header.count(name) > 1}):
        wrong.append(f"twice the {_columns(twice)}")
    if wrong:
        return [], Problem(line, f"{'; '.join(wrong)} (known are {', '.join(columns)})")
    return header, None


def _controls(line: int, cells: dict[str, str], places: Mapping[str, str]) -> Iterator[Problem]:
    for column, cell in cells.items():
        if found := _CONTROL.search(cell):
            name = "NUL" if found[0] == "\x00" else f"the control character U+{ord(found[0]):04X}"
            yield Problem(line, f"it holds {name}", places.get(column, column))


def _cells(count: int) -> str:
    return f"{count} cell{'' if count == 1 else 's'}"


def _columns(names: Sequence[str]) -> str:
    return f"column{'' if len(names) == 1 else 's'} {', '.join(repr(name) for name in names)}"
