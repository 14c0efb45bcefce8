"""`headwater directory load`: people, their accounts and teams, from a CSV file."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from headwater.running import Data, Invented

if TYPE_CHECKING:
    from producers.directory import Difference

app = typer.Typer(name="directory")

WAIT_SECONDS = 30.0


@app.callback()
def directory() -> None:
    """Who is who, and in which team since when."""


@app.command()
def load(
    file: Annotated[Path, typer.Argument(help="people.csv", exists=True, dir_okay=False)],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check the file and show what would change.")
    ] = False,
    wait: Annotated[
        bool, typer.Option("--wait/--no-wait", help="Wait until the warehouse holds the load.")
    ] = True,
    synthetic: Invented = False,
    data: Data = None,
) -> None:
    """Load people from a CSV file: all of them, or with any error in it nobody.

    Columns: person, name, accounts (github:octocat; anna@example.org; https://homepage|name),
    team, manager, start_date, moves (YYYY-MM-DD:Team; …). Needed are person, accounts and team. An
    empty cell clears what is known; a column that the file lacks leaves it as it is. Days are
    1970-01-02 to 2105-12-31.
    """
    from uuid import uuid4

    import orjson

    from bus.errors import BrokerUnavailable
    from bus.publisher import Publisher
    from headwater import running
    from headwater.errors import StackError
    from producers.directory import difference, invented, parse, publish
    from warehouse import Warehouse, WarehouseError

    stack = running.target(data, invented=synthetic, file=file)
    warehouse = Warehouse(stack.warehouse)
    try:
        current = {
            row[0]: orjson.loads(row[1]) for row in warehouse.rows("directory/people_current")
        }
        read = parse(file.read_bytes(), current)
        for warning in read.warnings:
            typer.echo(f"warning: {warning}", err=True)
        made_up = () if stack.synthetic else invented(read.people)
        running.refuse([*read.problems, *made_up], file.name)
        if read.absent:
            typer.echo(f"no column {', '.join(read.absent)}: what is known of these stays")
        _show(difference(read.people, current))
        if dry_run:
            typer.echo("nothing was loaded: this was a dry run")
            return
        load_id = uuid4()
        with Publisher(stack.kafka) as publisher:
            publish(publisher, load_id, read.people)
        typer.echo(f"published {len(read.people)} people as load {load_id}")
        if wait:
            there = running.until(
                lambda: warehouse.rows("directory/load", load=load_id), WAIT_SECONDS
            )
            running.arrived(there, "directory", "people")
    except BrokerUnavailable as error:
        raise StackError(f"the directory was not loaded: {error}") from error
    except WarehouseError as error:
        raise StackError(f"the warehouse could not be asked: {error}") from error
    finally:
        warehouse.close()


def _show(difference: "Difference") -> None:
    for person in difference.added:
        typer.echo(f"+ {person}")
    for person, changes in difference.changed.items():
        typer.echo(f"~ {person}")
        for name, (old, new) in changes.items():
            cleared = " (cleared by an empty cell)" if old and not new else ""
            typer.echo(f"    {name}: {_text(name, old)} → {_text(name, new)}{cleared}")
    for person in difference.kept:
        typer.echo(f"  {person} is not in the file and stays")
    typer.echo(
        f"{len(difference.added)} added, {len(difference.changed)} changed, "
        f"{len(difference.unchanged)} unchanged, {len(difference.kept)} kept though absent"
    )


def _text(name: str, value: Any) -> str:
    if name == "teams":
        spans = (
            f"{stay['team']} ({stay.get('from') or '…'} to {stay.get('to') or '…'})"
            for stay in value
        )
        return ", ".join(spans) or "nothing"
    if isinstance(value, list):
        return ", ".join(value) or "nothing"
    return str(value) if value else "nothing"
