"""A sheet of an XLSX file: bytes in, a table of texts and every problem by row and column out.

A cell is what a person sees of it, and where two things could be meant the cell is refused: a
percentage is shown by the hundred and held as a share, a formula that no program has computed holds
nothing, a file of several sheets does not say which one is meant. A date that is shown without a
day is a month, as a spreadsheet makes of 2026-03.
"""

import io
import re
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Any

from producers.table import Problem, Record, Table, text_of

#: How a ZIP archive begins, which an XLSX file is.
MAGIC = b"PK\x03\x04"
#: What the parts of a file may have together when they are unpacked, in bytes.
UNPACKED_BYTES = 256 << 20

_QUOTED = re.compile(r'"[^"]*"|\[[^\]]*\]|\\.')


class _Unclear(Exception):
    """A cell that may mean two things, or nothing."""


def table(data: bytes, sheet: str = "") -> Table:
    """The table that a sheet is; without a name the only one that is shown and holds anything."""
    import openpyxl

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(each.file_size for each in archive.infolist()) > UNPACKED_BYTES:
                return _wrong(f"the file has more than {UNPACKED_BYTES >> 20} MiB when unpacked")
        shown = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        written = openpyxl.load_workbook(io.BytesIO(data), read_only=True)
        return _table(shown, written, sheet)
    except Exception as error:
        return _wrong(
            f"the file cannot be read as XLSX: {str(error)[:200] or type(error).__name__}"
        )


def _wrong(message: str) -> Table:
    return Table(problems=[Problem(1, message)])


def _table(shown: Any, written: Any, sheet: str) -> Table:
    names = [each.title for each in shown.worksheets if each.sheet_state == "visible"]
    if sheet and sheet not in names:
        return _wrong(f"there is no sheet {sheet!r}; there are {', '.join(map(repr, names))}")
    found = {name: _rows(shown[name], written[name]) for name in ([sheet] if sheet else names)}
    filled = {name: rows for name, rows in found.items() if rows}
    if len(filled) > 1:
        among = ", ".join(map(repr, filled))
        return _wrong(f"the file has the sheets {among}: say which one by --sheet NAME")
    return _of(next(iter(filled.values()))) if filled else _wrong("there is nothing in the file")


#: A row's number and its cells: a text, or why it has none.
_Cells = list[str | _Unclear]


def _rows(shown: Any, written: Any) -> list[tuple[int, _Cells]]:
    """The rows that are not empty."""
    for each in (shown, written):
        each.reset_dimensions()
    pairs = zip(shown.iter_rows(), written.iter_rows(), strict=True)
    rows = ((number, _cells(*pair)) for number, pair in enumerate(pairs, 1))
    return [(number, cells) for number, cells in rows if any(cells)]


def _cells(shown: Any, written: Any) -> _Cells:
    cells = [_cell(one, other) for one, other in zip(shown, written, strict=True)]
    while cells and cells[-1] == "":
        cells.pop()
    return cells


def _cell(shown: Any, written: Any) -> str | _Unclear:
    try:
        return _text(shown, written)
    except _Unclear as error:
        return error


def _text(shown: Any, written: Any) -> str:
    value = shown.value
    if value is None:
        if written.value is not None:
            raise _Unclear(
                f"{str(written.value)[:40]!r} was never computed: save the file in a spreadsheet"
            )
        return ""
    if shown.data_type == "e":
        raise _Unclear(f"it holds the error {value}")
    if isinstance(value, (datetime, date, time)):
        return _date(value, _QUOTED.sub("", shown.number_format or "").lower())
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        if "%" in _QUOTED.sub("", shown.number_format or ""):
            raise _Unclear(
                f"it is shown as {value:.10%}".rstrip("0%").rstrip(".")
                + f" % and holds {value:g}: format it as a number, so that one of them is meant"
            )
        return text_of(value) or ""
    return str(value)


def _date(value: datetime | date | time, shown: str) -> str:
    if isinstance(value, time):
        return value.isoformat()
    if isinstance(value, datetime):
        if value.time() != time():
            return value.isoformat(" ")
        value = value.date()
    if value.day == 1 and "y" in shown and "m" in shown and "d" not in shown:
        return value.isoformat()[:7]
    return value.isoformat()


def _of(rows: list[tuple[int, _Cells]]) -> Table:
    (line, first), *others = rows
    unclear = [Problem(line, str(each)) for each in first if isinstance(each, _Unclear)]
    if unclear:
        return Table(problems=unclear)
    header = [str(each) for each in first]
    broken: list[Problem] = []
    records = list(_records(others, header, broken))
    return Table(header, records, (), broken, line)


def _records(
    rows: list[tuple[int, _Cells]], header: list[str], broken: list[Problem]
) -> Iterator[Record]:
    for line, cells in rows:
        wrong = [
            Problem(line, str(cell), header[place] if place < len(header) else "")
            for place, cell in enumerate(cells)
            if isinstance(cell, _Unclear)
        ]
        broken += wrong
        texts = ["" if isinstance(cell, _Unclear) else cell for cell in cells]
        if not wrong:
            yield Record(line, [*texts, *[""] * (len(header) - len(texts))])
