"""A Parquet file: bytes in, a table of texts and every problem by row and column out.

The header is line 1 and the first row line 2, as if the table were written as CSV.
"""

from collections.abc import Iterator
from typing import Any

from producers.table import Problem, Record, Table, text_of

#: How a Parquet file begins.
MAGIC = b"PAR1"
#: How many cells a table may have.
MOST_CELLS = 10_000_000


def table(data: bytes) -> Table:
    """The table that the bytes are."""
    import pyarrow as pa
    from pyarrow import parquet

    try:
        file = parquet.ParquetFile(pa.BufferReader(data))
        if file.metadata.num_rows * file.metadata.num_columns > MOST_CELLS:
            return Table(problems=[Problem(1, f"there are more than {MOST_CELLS} cells")])
        found = file.read()
        columns = [column.to_pylist() for column in found.columns]
    except (pa.ArrowException, OSError, ValueError) as error:
        said = str(error).strip().splitlines() or [type(error).__name__]
        message = f"the file cannot be read as Parquet: {said[0][:200]}"
        return Table(problems=[Problem(1, message)])
    header = found.column_names
    broken: list[Problem] = []
    records = list(_records(header, columns, broken))
    return Table(header, records, (), broken)


def _records(
    header: list[str], columns: list[list[Any]], broken: list[Problem]
) -> Iterator[Record]:
    for line, values in enumerate(zip(*columns, strict=True), 2):
        texts = []
        for column, value in zip(header, values, strict=True):
            text = text_of(value)
            if text is None:
                broken.append(Problem(line, f"it holds a {type(value).__name__}", column))
            texts.append(text or "")
        if any(text.strip() for text in texts):
            yield Record(line, texts)
