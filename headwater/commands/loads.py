"""`headwater NAME load FILE`: a table that people write, for each load of `producers/loads/`."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from headwater import account_links, kpis
from headwater.running import Data, Invented
from producers import loads
from producers.load import Load
from xapi.catalogue import CatalogueError

WAIT_SECONDS = 30.0

app = typer.Typer()


def _group(load: Load[Any]) -> typer.Typer:
    group = typer.Typer(name=load.name, help=load.about)
    group.callback()(lambda: None)  # so that `load` is a command of the group, however few it has
    group.command("load", help=_help(load))(_command(load))
    for more in (account_links, kpis):
        if load.name == more.GROUP:
            more.add(group)
    return group


def _help(load: Load[Any]) -> str:
    columns = (f"{each.name} ({each.says})" if each.says else each.name for each in load.columns)
    parts = (
        f"Load {load.of} from a file (CSV, XLSX, Parquet): all of them, or with any error in it "
        "none.",
        f"Columns: {', '.join(columns)}. Needed are {', '.join(load.needed)}.",
        f"{load.says} {load.replaces}",
    )
    return "\n\n".join(part.strip() for part in parts)


def _command(load: Load[Any]) -> Callable[..., None]:
    def run(
        file: Annotated[Path, typer.Argument(help=load.file, exists=True, dir_okay=False)],
        dry_run: Annotated[
            bool, typer.Option("--dry-run", help="Check the file and show what would change.")
        ] = False,
        wait: Annotated[
            bool, typer.Option("--wait/--no-wait", help="Wait until the warehouse holds the load.")
        ] = True,
        sheet: Annotated[
            str, typer.Option("--sheet", help="Which sheet of an XLSX file with several.")
        ] = "",
        synthetic: Invented = False,
        data: Data = None,
    ) -> None:
        from headwater import running

        stack = running.target(data, invented=synthetic, file=file)
        _run(load, stack, file, sheet, dry_run, wait)

    return run


def _run(load: Load[Any], stack: Any, file: Path, sheet: str, dry_run: bool, wait: bool) -> None:
    from bus.errors import BrokerUnavailable
    from headwater import running
    from headwater.errors import StackError
    from warehouse import Warehouse, WarehouseError

    warehouse = Warehouse(stack.warehouse)
    try:
        known = load.know({name: warehouse.rows(query) for name, query in load.asks.items()})
        if load.beside and (says := running.beside(stack, load.beside)) is not None:
            known = _also(load, known, says)
        checked = load.read(file.read_bytes(), known, synthetic=stack.synthetic, sheet=sheet)
        for warning in checked.warnings:
            typer.echo(f"warning: {warning}", err=True)
        running.refuse(checked.problems, file.name)
        for line in load.changes(checked, known):
            typer.echo(line)
        if dry_run:
            typer.echo("nothing was loaded: this was a dry run")
            return
        identifier = running.send(
            load, load.of, stack.kafka, checked.entries, lambda: _declare(load, stack.kafka)
        )
        if wait and (query := load.arrived):
            there = running.until(lambda: warehouse.rows(query, load=identifier), WAIT_SECONDS)
            running.arrived(there, load.title, load.of)
    except BrokerUnavailable as error:
        raise StackError(f"the {load.of} were not loaded: {error}") from error
    except WarehouseError as error:
        raise StackError(f"the warehouse could not be asked: {error}") from error
    finally:
        warehouse.close()


def _also(load: Load[Any], known: Any, says: str) -> Any:
    """What is known, and what the file beside the load says."""
    from headwater.errors import StackError

    try:
        return load.and_says(known, says)
    except CatalogueError as error:
        raise StackError(f"{error}. To fix: correct that line; nothing was loaded.") from error


def _declare(load: Load[Any], kafka: Any) -> None:
    """Makes a load's topic where it is the load's alone; `headwater topics` makes the others."""
    from kafka.errors import KafkaError

    from bus.declaration import ensure_topics
    from bus.errors import BrokerUnavailable
    from bus.topics import ALL

    if load.topic in ALL:
        return
    try:
        ensure_topics(kafka, [load.topic])
    except KafkaError as error:
        raise BrokerUnavailable(f"Kafka at {kafka} does not make a topic: {error}") from error


for each in loads.every():
    app.add_typer(_group(each))
