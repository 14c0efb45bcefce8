"""CSV as people write it: bytes in, a table and every problem by line out.

UTF-8 (a byte order mark may stand before it), cells with commas between them.
"""

import csv
import re
from collections.abc import Collection, Iterator, Sequence

from producers.table import Problem, Record, Row, Table, named

BOM = b"\xef\xbb\xbf"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
#: Where a line ends, as the csv module counts lines.
_LINE_END = re.compile(rb"\r\n|\r|\n")


def read(
    data: bytes, columns: Sequence[str], required: Collection[str]
) -> tuple[list[Row], list[Problem]]:
    """The rows of a table with these columns, and every problem of its form."""
    return named(table(data), columns, required)


def table(data: bytes) -> Table:
    """The table that the bytes are, and what of them is no CSV."""
    if data.startswith(_UTF16):
        return Table(problems=[Problem(1, "the file is UTF-16; save it as UTF-8")])
    data = data.removeprefix(BOM)
    problems = list(_not_text(data))
    lines = _Lines(data.decode("utf-8", "replace"))
    try:
        header = next(lines.reader, [])
    except csv.Error as error:
        return Table(problems=[*problems, Problem(1, f"the header cannot be read: {error}")])
    if len(header) == 1 and re.search(r"[;\t]", header[0]):
        return Table(problems=[*problems, Problem(1, "columns are not separated by commas")])
    broken: list[Problem] = []
    records = list(_records(lines, broken))
    return Table(header, records, problems, broken)


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


def _records(lines: _Lines, problems: list[Problem]) -> Iterator[Record]:
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
            yield Record(line, cells)
