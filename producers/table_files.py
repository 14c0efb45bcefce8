"""The table that a file holds, by what the file itself says it is: XLSX, Parquet, else CSV."""

from producers import csv_table, parquet_table, xlsx_table
from producers.table import Problem, Table


def table(data: bytes, sheet: str = "") -> Table:
    """The table, and what is wrong with its file; `sheet` names one of XLSX."""
    if data.startswith(xlsx_table.MAGIC):
        return xlsx_table.table(data, sheet)
    if sheet:
        return Table(problems=[Problem(1, "the file has no sheets: only XLSX has")])
    return (
        parquet_table.table(data) if data.startswith(parquet_table.MAGIC) else csv_table.table(data)
    )
