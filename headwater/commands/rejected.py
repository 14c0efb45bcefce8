"""`headwater rejected`: what was refused and why, and again after a fix."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from headwater.running import Data

if TYPE_CHECKING:
    from warehouse import Warehouse

app = typer.Typer(name="rejected")

Source = Annotated[str, typer.Option(help="As in hook:github or lrs:headwater.")]
NOT_A_SCREEN = 200


@app.callback()
def rejected() -> None:
    """What was refused, why, and again after a fix."""


@app.command("list")
def list_rejected(
    limit: Annotated[int, typer.Option(min=1, help="The newest so many.")] = 50,
    kind: Annotated[str, typer.Option(help="As in unsupported, unreadable, conflict.")] = "",
    source: Source = "",
    as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False,
    data: Data = None,
) -> None:
    """List what was refused, the newest first."""
    warehouse = _warehouse(data)
    rows = _asked(warehouse, "rejected/list", limit=limit, kind=kind, source=source)
    if as_json:
        typer.echo(json.dumps(rows, indent=1, default=_moment, ensure_ascii=False))
        return
    if not rows:
        typer.echo("nothing was refused")
        return
    _table(rows)


@app.command()
def show(
    identifier: Annotated[str, typer.Argument(metavar="ID", help="Its beginning is enough.")],
    data: Data = None,
) -> None:
    """Show one refusal whole, with what was sent."""
    row = _one(_warehouse(data), identifier)
    for name in ("id", "at", "source", "kind", "reason", "path", "replayed_at"):
        typer.echo(f"{name:12} {_text(row[name])}")
    for name, value in row["headers"].items():
        typer.echo(f"{'header':12} {_text(name)}: {_text(value)}")
    typer.echo("")
    typer.echo(_body(row))


@app.command()
def replay(
    identifiers: Annotated[list[str] | None, typer.Argument(metavar="ID…")] = None,
    every: Annotated[bool, typer.Option("--all", help="All that were not replayed yet.")] = False,
    source: Source = "",
    data: Data = None,
) -> None:
    """Send what was refused again, to the door by which it came.

    Without ids: everything of --source, or everything (--all), that was not replayed yet, but for
    conflicts (the first statement of an id wins for good). What is taken this time is marked; with
    anything refused again the exit code is 1.
    """
    from datetime import UTC, datetime

    import httpx

    from headwater import running
    from headwater.replay import replay as send

    if bool(identifiers) + every + bool(source) != 1:
        raise typer.BadParameter("name ids, or --source, or --all")
    stack = running.target(data)
    warehouse = _connected(stack.warehouse)
    chosen = identifiers or [r["id"] for r in _asked(warehouse, "rejected/waiting", source=source)]
    taken = 0
    with httpx.Client(trust_env=False) as client:
        for identifier in chosen:
            row = _one(warehouse, identifier)
            result = send(row, stack, client)
            if result.done:
                taken += 1
                _marked(warehouse, row["id"], datetime.now(UTC))
            typer.echo(f"{row['id']} {'taken' if result.done else 'not taken'}: {result.said}")
    typer.echo(f"{taken} of {len(chosen)} taken")
    if taken < len(chosen):
        raise typer.Exit(1)


def _warehouse(data: Path | None) -> "Warehouse":
    from headwater import running

    return _connected(running.target(data).warehouse)


def _connected(url: str) -> "Warehouse":
    from warehouse import Warehouse

    return Warehouse(url)


def _asked(warehouse: "Warehouse", query: str, **parameters: Any) -> list[dict[str, Any]]:
    from headwater.errors import StackError
    from warehouse import WarehouseError

    try:
        return warehouse.dicts(query, **parameters)
    except WarehouseError as error:
        raise StackError(f"the warehouse could not be asked: {error}") from error


def _marked(warehouse: "Warehouse", identifier: str, at: Any) -> None:
    from headwater.errors import StackError
    from warehouse import WarehouseError

    try:
        warehouse.insert("ops.replayed_rows", ("id", "at"), [(identifier, at)])
    except WarehouseError as error:
        raise StackError(f"{identifier} was taken, and could not be marked: {error}") from error


def _one(warehouse: "Warehouse", identifier: str) -> dict[str, Any]:
    from headwater.errors import StackError

    rows = _asked(warehouse, "rejected/one", id=identifier.lower())
    if not identifier or not rows:
        raise StackError(
            f"nothing refused has the id {identifier!r}: see `headwater rejected list`"
        )
    if len(rows) > 1:
        raise StackError(f"several ids begin with {identifier!r}: give more of it")
    return rows[0]


def _table(rows: list[dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = NOT_A_SCREEN
    table = Table("id", "at", "source", "kind", "reason", "replayed")
    table.columns[0].no_wrap = True
    for row in rows:
        shown = (row[n] for n in ("id", "at", "source", "kind", "reason", "replayed_at"))
        table.add_row(*(Text(_text(value)) for value in shown))
    console.print(table)


def _text(value: Any) -> str:
    from datetime import datetime

    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    return "" if value is None else _harmless(str(value))


def _harmless(text: str) -> str:
    """Text from elsewhere, without what could steer a terminal."""
    return "".join(c if c.isprintable() or c in "\n\t" else f"\\x{ord(c):02x}" for c in text)


def _moment(value: Any) -> str:
    from datetime import UTC

    said: str = value.replace(tzinfo=UTC).isoformat()
    return said


def _body(row: dict[str, Any]) -> str:
    from headwater.replay import body_of

    body = body_of(row)
    try:
        return _harmless(json.dumps(json.loads(body), indent=2, ensure_ascii=False))
    except (ValueError, RecursionError):
        return _harmless(body.decode("utf-8", "backslashreplace"))
