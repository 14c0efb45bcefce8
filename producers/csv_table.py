"""Tables that people write (CSV): bytes in, rows and every problem by line out.

Strict, because a table read wrongly is worse than one refused: UTF-8 (a byte order mark may stand
before it), a header of known columns, as many cells in each row. Whoever reads a table goes on
after a problem, so that its author learns of all of them at once.
"""

import csv
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

BOM = b"\xef\xbb\xbf"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
#: Where a line ends, as the csv module counts lines.
_LINE_END = re.compile(rb"\r\n|\r|\n")


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


@dataclass(frozen=True, slots=True)
class Row:
    """The cells of a row by column, blanks around them taken off; `line` is where it starts.

    `absent` are the columns that the whole table lacks, "" in `cells`.
    """

    line: int
    cells: dict[str, str]
    absent: frozenset[str] = field(default=frozenset(), compare=False)


def read(
    data: bytes, columns: Sequence[str], required: Collection[str]
) -> tuple[list[Row], list[Problem]]:
    """The rows of a table with these columns, and every problem of its form.

    A column that is not required and not there is "" in each row.
    """
    if data.startswith(_UTF16):
        return [], [Problem(1, "the file is UTF-16; save it as UTF-8")]
    data = data.removeprefix(BOM)
    problems = list(_not_text(data))
    lines = _lines(data.decode("utf-8", "replace"))
    header, first_problem = _header(lines, columns, required)
    if first_problem:
        return [], sorted([*problems, first_problem])
    absent = frozenset(columns) - frozenset(header)
    rows: list[Row] = []
    for line, cells in _records(lines, problems):
        if len(cells) == len(header):
            found = dict(zip(header, (cell.strip() for cell in cells), strict=True))
            problems += _controls(line, found)
            filled = {column: found.get(column, "") for column in columns}
            rows.append(Row(line, filled, absent))
        else:
            problems.append(
                Problem(line, f"has {_cells(len(cells))}, and the header has {len(header)}")
            )
    return rows, sorted(problems)


def _not_text(data: bytes) -> Iterator[Problem]:
    for number, line in enumerate(_LINE_END.split(data), 1):
        try:
            line.decode("utf-8")
        except UnicodeDecodeError as error:
            byte = line[error.start]
            yield Problem(number, f"the byte 0x{byte:02X} is not UTF-8; save the file as UTF-8")


class _Lines:
    """The csv module's reader, which also knows where a record began."""

    def __init__(self, text: str) -> None:
        self.reader = csv.reader(
            (line for line in re.findall(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+", text)), strict=True
        )

    @property
    def number(self) -> int:
        return self.reader.line_num


def _lines(text: str) -> _Lines:
    return _Lines(text)


def _header(
    lines: _Lines, columns: Sequence[str], required: Collection[str]
) -> tuple[list[str], Problem | None]:
    try:
        written = next(lines.reader, [])
    except csv.Error as error:
        return [], Problem(1, f"the header cannot be read: {error}")
    header = [re.sub(r"[\s_]+", "_", cell.strip().lower()) for cell in written]
    if not any(header):
        return [], Problem(1, f"there is no header; it must name {', '.join(columns)}")
    if len(header) == 1 and re.search(r"[;\t]", header[0]):
        return [], Problem(1, "columns are not separated by commas")
    wrong = []
    if unknown := [w.strip() for w, h in zip(written, header, strict=True) if h not in columns]:
        wrong.append(f"unknown {_columns(unknown)}")
    if missing := [column for column in columns if column in required and column not in header]:
        wrong.append(f"missing {_columns(missing)}")
    if twice := sorted({name for name in header if name in columns and header.count(name) > 1}):
        wrong.append(f"twice the {_columns(twice)}")
    if wrong:
        return [], Problem(1, f"{'; '.join(wrong)} (known are {', '.join(columns)})")
    return header, None


def _records(lines: _Lines, problems: list[Problem]) -> Iterator[tuple[int, list[str]]]:
    while True:
        line = lines.number + 1
        try:
            cells = next(lines.reader, None)
        except csv.Error as error:
            problems.append(Problem(line, f"cannot be read as CSV: {error}"))
            continue
        if cells is None:
            return
        if any(cell.strip() for cell in cells):
            yield line, cells


def _controls(line: int, cells: dict[str, str]) -> Iterator[Problem]:
    for column, cell in cells.items():
        if found := _CONTROL.search(cell):
            name = "NUL" if found[0] == "\x00" else f"the control character U+{ord(found[0]):04X}"
            yield Problem(line, f"it holds {name}", column)


def _cells(count: int) -> str:
    return f"{count} cell{'' if count == 1 else 's'}"


def _columns(names: Sequence[str]) -> str:
    return f"column{'' if len(names) == 1 else 's'} {', '.join(repr(name) for name in names)}"
