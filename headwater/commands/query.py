"""`headwater query`: SQL to the warehouse, as its analyst."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from headwater.running import Data

app = typer.Typer()


class Format(StrEnum):
    """How a result is written."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    PARQUET = "parquet"
    ARROW = "arrow"


@app.command()
def query(
    sql: Annotated[
        str, typer.Argument(metavar="SQL", help="ClickHouse's; unset or `-`, the standard input.")
    ] = "-",
    file: Annotated[
        Path | None, typer.Option("--file", "-f", help="Read the SQL from this file.")
    ] = None,
    form: Annotated[
        Format | None,
        typer.Option(
            "--format",
            help="json is an object a line. Unset, a table on a terminal and csv elsewhere.",
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Write to this file, whole or not at all."),
    ] = None,
    data: Data = None,
) -> None:
    """Ask the warehouse one query as its analyst, and print what it gives.

    docs/tables.md has what can be asked. Results come piece by piece, however large they are; a
    table ends after 1000 rows. Where HEADWATER_CLICKHOUSE names the warehouse, it is asked as the
    user of that address, and only to read. A query that is wrong is a line of the engine's, and
    exit code 1.
    """
    from headwater import querying, running

    chosen = form or (Format.TABLE if sys.stdout.isatty() and output is None else Format.CSV)
    text = querying.read(sql, file)
    asked = querying.asked(running.target(data), text, chosen.value)
    if output is not None:
        querying.write(asked, output)
        return
    querying.refuse_binary(chosen.value, terminal=sys.stdout.isatty())
    querying.show(asked)
