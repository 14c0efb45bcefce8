"""Tables that people write: what is read, and what is said of what cannot be."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.csv_table import read
from producers.table import Problem, Row

COLUMNS = ("name", "town", "note")

#: What a cell can hold; blanks around it are not part of it.
cells = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=12).map(
    str.strip
)


def said(data: bytes, required: tuple[str, ...] = ("name", "town")) -> list[str]:
    return [str(problem) for problem in read(data, COLUMNS, required)[1]]


@given(
    rows=st.lists(st.tuples(cells, cells, cells).filter(any), max_size=8),
    order=st.permutations(COLUMNS),
    end=st.sampled_from(["\r\n", "\n", "\r"]),
    bom=st.booleans(),
)
def test_what_a_spreadsheet_writes_is_read_back(
    rows: list[tuple[str, ...]], order: list[str], end: str, bom: bool
) -> None:
    text = io.StringIO()
    writer = csv.DictWriter(text, order, lineterminator=end)
    writer.writeheader()
    written = [dict(zip(COLUMNS, row, strict=True)) for row in rows]
    writer.writerows(written)
    found, problems = read(text.getvalue().encode("utf-8-sig" if bom else "utf-8"), COLUMNS, ())
    assert problems == []
    assert [row.cells for row in found] == written
    assert [row.line for row in found] == list(range(2, 2 + len(rows)))


@given(st.binary(max_size=200))
def test_any_bytes_give_rows_or_problems(data: bytes) -> None:
    rows, problems = read(data, COLUMNS, ("name",))
    assert all(set(row.cells) == set(COLUMNS) for row in rows)
    assert rows or problems or data.split(b"\n")[0]


def test_columns_in_any_order_and_case_and_optional_ones_empty() -> None:
    rows, problems = read(b" Town ,NAME\nOslo, Anna \n\n,\n", COLUMNS, ("name", "town"))
    assert rows == [Row(2, {"name": "Anna", "town": "Oslo", "note": ""})]
    assert problems == []


def test_a_row_is_known_by_the_line_where_it_starts() -> None:
    rows, problems = read(b'name,town\n"a","b"\nc,d,e\nf,g\n', COLUMNS, ("name",))
    assert [row.line for row in rows] == [2, 4]
    assert problems == [Problem(3, "has 3 cells, and the header has 2")]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "line 1: there is no header; it must name name, town, note"),
        (b"name;town\na;b\n", "line 1: columns are not separated by commas"),
        (
            b"name,twon\na,b\n",
            "line 1: unknown column 'twon'; missing column 'town' (known are name, town, note)",
        ),
        (b"name,town,name\n", "line 1: twice the column 'name' (known are name, town, note)"),
        ("name,town\n".encode("utf-16"), "line 1: the file is UTF-16; save it as UTF-8"),
        (b"name,town\na\n", "line 2: has 1 cell, and the header has 2"),
        (b"name,town\na,b\x00\n", "line 2, column town: it holds NUL"),
        (b'name,town\na,"b\nc"\n', "line 2, column town: it holds the control character U+000A"),
        (
            b"name,town\nZo\xeb,b\n",
            "line 2: the byte 0xEB is not UTF-8; save the file as UTF-8",
        ),
        (
            b'name,town\na,"b"c\n',
            "line 2: cannot be read as CSV: ',' expected after '\"'",
        ),
    ],
)
def test_a_problem_names_its_line(data: bytes, expected: str) -> None:
    assert said(data) == [expected]


def test_every_problem_is_told_at_once() -> None:
    assert said(b"name,town\na\nb,\x01\nc,d\n\xff,e\n") == [
        "line 2: has 1 cell, and the header has 2",
        "line 3, column town: it holds the control character U+0001",
        "line 5: the byte 0xFF is not UTF-8; save the file as UTF-8",
    ]
