"""XLSX and Parquet: what a person sees of a cell is what is read; what two may mean is refused."""

import io
import zipfile
from datetime import UTC, date, datetime, time
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers import xlsx_table
from producers.table import Table
from producers.table_files import table
from tests.producers.written import parquet, workbook, xlsx


def rows(found: Table) -> list[list[str]]:
    assert not found.problems
    assert not found.broken
    return [list(found.header), *(list(record.cells) for record in found.records)]


def wrong(found: Table) -> list[str]:
    return [str(problem) for problem in (*found.problems, *found.broken)]


def test_cells_of_a_sheet_are_read_as_they_are_seen() -> None:
    found = table(
        xlsx(
            [
                ["kpi", "period", "value", "n"],
                ["Zoë ", date(2026, 3, 2), 12.5, 3.0],
                [],
                ["b", date(2026, 3, 1), 0.1, None],
                ["c", "2026-W10", "7", True],
            ],
            {"B4": "mmm-yy"},
        )
    )
    assert rows(found) == [
        ["kpi", "period", "value", "n"],
        ["Zoë ", "2026-03-02", "12.5", "3"],
        ["b", "2026-03", "0.1", ""],
        ["c", "2026-W10", "7", "True"],
    ]
    assert [record.line for record in found.records] == [2, 4, 5]


def test_a_table_may_begin_below_empty_rows() -> None:
    found = table(xlsx([[], [], ["a", "b"], ["1"]]))
    assert found.line == 3
    assert rows(found) == [["a", "b"], ["1", ""]]
    assert [record.line for record in found.records] == [4]


@pytest.mark.parametrize(
    ("cell", "form", "said"),
    [
        (0.45, "0%", "line 2, column a: it is shown as 45 % and holds 0.45: format it as a number"),
        (1, "0.0%", "line 2, column a: it is shown as 100 % and holds 1: format it"),
        ("=1+1", "General", "line 2, column a: '=1+1' was never computed: save the file"),
        ("#N/A", "General", "line 2, column a: it holds the error #N/A"),
    ],
)
def test_a_cell_that_may_mean_two_things_is_refused(cell: object, form: str, said: str) -> None:
    found = table(xlsx([["a"], [cell]], {"A2": form}))
    assert len(wrong(found)) == 1
    assert wrong(found)[0].startswith(said)
    assert not found.records


def test_a_file_of_several_sheets_asks_which_one() -> None:
    two = workbook({"Old": [["a"], ["1"]], "New": [["a"], ["2"]], "Empty": []})
    assert wrong(table(two)) == [
        "line 1: the file has the sheets 'Old', 'New': say which one by --sheet NAME"
    ]
    assert rows(table(two, "New")) == [["a"], ["2"]]
    assert "there is no sheet 'Newer'" in wrong(table(two, "Newer"))[0]
    assert "only XLSX has" in wrong(table(b"a\n1\n", "New"))[0]
    one = workbook({"Only": [["a"], ["1"]], "Empty": []})
    assert rows(table(one)) == [["a"], ["1"]]
    assert wrong(table(workbook({"Empty": []}))) == ["line 1: there is nothing in the file"]


def test_a_damaged_or_swollen_archive_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    good = xlsx([["a"], ["1"]])
    for bad in (good[: len(good) // 2], b"PK\x03\x04nothing", good[:200] + bytes(200) + good[400:]):
        assert wrong(table(bad))[0].startswith("line 1: the file cannot be read as XLSX: ")
    monkeypatch.setattr(xlsx_table, "UNPACKED_BYTES", 1 << 20)
    swollen = io.BytesIO()
    with zipfile.ZipFile(swollen, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/sharedStrings.xml", bytes(2 << 20))
    assert wrong(table(swollen.getvalue())) == [
        "line 1: the file has more than 1 MiB when unpacked"
    ]


@given(st.binary(max_size=200))
def test_any_bytes_behind_the_marks_give_problems(data: bytes) -> None:
    assert wrong(table(b"PK\x03\x04" + data))
    assert wrong(table(b"PAR1" + data))


def test_values_of_parquet_are_read_as_csv_would_have_them() -> None:
    found = table(
        parquet(
            {
                "kpi": pa.array(["a", None]).dictionary_encode(),
                "day": [date(2026, 3, 2), None],
                "at": [datetime(2026, 3, 2, tzinfo=UTC), datetime(2026, 3, 2, 4, 5, tzinfo=UTC)],
                "value": [12.5, 1e-7],
                "n": [3.0, None],
                "exact": [Decimal("1.50"), Decimal("2.00")],
            }
        )
    )
    assert rows(found) == [
        ["kpi", "day", "at", "value", "n", "exact"],
        ["a", "2026-03-02", "2026-03-02", "12.5", "3", "1.50"],
        ["", "", "2026-03-02 04:05:00+00:00", "1e-07", "", "2.00"],
    ]
    assert [record.line for record in found.records] == [2, 3]


def test_what_pandas_writes_is_read() -> None:
    out = io.BytesIO()
    pd.DataFrame({"team": ["A", "B"], "n": [1, np.nan]}).to_parquet(out)
    assert rows(table(out.getvalue())) == [["team", "n"], ["A", "1"], ["B", ""]]


def test_values_of_parquet_that_no_cell_holds_are_told() -> None:
    found = table(parquet({"a": [b"x", None], "b": [[1], [2]], "c": [time(4), time(5)]}))
    assert wrong(found) == [
        "line 2, column a: it holds a bytes",
        "line 2, column b: it holds a list",
        "line 2, column c: it holds a time",
        "line 3, column b: it holds a list",
        "line 3, column c: it holds a time",
    ]
