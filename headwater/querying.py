"""A query of an analyst's: where it comes from, how it is asked, where its result goes."""

import contextlib
import os
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from headwater.errors import StackError
from headwater.running import Running
from warehouse import Warehouse, WarehouseError
from warehouse.client import named

#: ClickHouse's formats, by how they are called here.
FORMATS = {
    "table": "PrettyCompactMonoBlock",
    "csv": "CSVWithNames",
    "json": "JSONEachRow",
    "parquet": "Parquet",
    "arrow": "Arrow",
}
BINARY = ("parquet", "arrow")
PLAIN_TABLE = {
    "output_format_pretty_color": 0,
    "output_format_pretty_row_numbers": 0,
    "output_format_pretty_max_rows": 1000,
}
#: Seconds that the next piece of a result may take.
PATIENCE = 600.0
STDIN = "-"
LONGEST = 600
_ENGINES = re.compile(
    r"DB::Exception: (.*?)(?: \(version [^()]*(?:\([^()]*\))?\))?(?: \(for url .*)?$"
)


def read(sql: str, file: Path | None) -> str:
    """The query's text: as it was typed, of a file, or of the standard input; raises StackError."""
    if file is not None and sql != STDIN:
        raise StackError("SQL was given twice. To fix: type it, or name its file with --file.")
    try:
        if file is not None:
            text = file.read_text("utf-8")
        else:
            text = sys.stdin.read() if sql == STDIN else sql
    except (OSError, UnicodeDecodeError) as error:
        where = file or "the standard input"
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise StackError(
            f"{where} cannot be read: {why}. To fix: name a file of SQL with --file."
        ) from error
    if not text.strip():
        raise StackError("there is no query. To fix: type SQL, or name its file with --file.")
    return text


def asked(stack: Running, sql: str, form: str) -> Iterator[bytes]:
    """What the query gives, piece by piece; raises StackError with what the engine says."""
    # The user may be any where the environment names the warehouse.
    settings = {"readonly": 2} if stack.folder is None else {}
    yield from _asked(stack.analyst, sql, form, settings, {})


def named_asked(stack: Running, name: str, form: str, **parameters: str) -> Iterator[bytes]:
    """What a named query of ours gives, which may read what no analyst may; raises StackError."""
    yield from _asked(stack.warehouse, named(name), form, {}, parameters)


def _asked(
    url: str, sql: str, form: str, settings: dict[str, int], parameters: dict[str, str]
) -> Iterator[bytes]:
    drawn = dict(PLAIN_TABLE) if form == "table" else {}
    warehouse = Warehouse(url, timeout=PATIENCE)
    try:
        yield from warehouse.stream(sql, FORMATS[form], parameters, settings | drawn)
    except WarehouseError as error:
        raise StackError(said(str(error))) from error
    finally:
        warehouse.close()


def show(pieces: Iterable[bytes]) -> None:
    """Writes a result to the standard output."""
    try:
        for piece in pieces:
            sys.stdout.buffer.write(piece)
        sys.stdout.flush()
    except BrokenPipeError:
        # Who reads has enough. Python would flush once more at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def write(pieces: Iterable[bytes], output: Path, option: str = "--output") -> None:
    """Writes a result to the file that an option names, which is there once it is whole; raises
    StackError."""
    part = output.with_name(f"{output.name}.part")
    try:
        with part.open("wb") as file:
            file.writelines(pieces)
        part.replace(output)
    except OSError as error:
        raise StackError(
            f"{output} cannot be written: {error.strerror}. To fix: name another {option}."
        ) from error
    finally:
        with contextlib.suppress(OSError):  # there is none where its folder is none
            part.unlink()


def refuse_binary(form: str, *, terminal: bool) -> None:
    """Raises StackError where bytes would go to a terminal."""
    if terminal and form in BINARY:
        raise StackError(
            f"{form} is not for a terminal. To fix: name a file with --output, or pass it on."
        )


def said(message: str) -> str:
    """What the engine says of a query, in a line."""
    found = _ENGINES.search(message)
    line = " ".join((found[1] if found else message).split())
    return line if len(line) <= LONGEST else f"{line[:LONGEST]} …"
