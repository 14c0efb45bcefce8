"""`headwater behaviours`: the rules of the house, tried and put in force."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from headwater.running import Data

if TYPE_CHECKING:
    from headwater.behaviours import Applied, Read, Trial
    from headwater.running import Running
    from streams.rules import Rules
    from streams.settings import StreamSettings

app = typer.Typer(name="behaviours")

File = Annotated[
    Path, typer.Argument(help="As in docs/behaviours.md.", exists=True, dir_okay=False)
]


@app.callback()
def behaviours() -> None:
    """What an event means in this house: rules (behaviours.toml), tried and put in force."""


@app.command()
def check(file: File) -> None:
    """Read a behaviours.toml; say what is wrong with it, and on which line."""
    from headwater.behaviours import read, untold_kinds

    found = read(file).rules
    for number, rule in enumerate(found.rules, 1):
        typer.echo(f"{number:3} {rule}")
    for number, kind in untold_kinds(found):
        typer.echo(
            f"rule {number}: no connector tells the kind {kind!r}; it fits nothing but what a "
            "connection's own rules, or an xAPI client, call so (docs/connectors.md has the kinds)"
        )
    typer.echo(f"{file}: {len(found.rules)} rules, in the order in which they are asked")


@app.command("try")
def try_(
    file: File,
    last: Annotated[int, typer.Option(min=1, help="The newest so many statements.")] = 1000,
    data: Data = None,
) -> None:
    """Show what a behaviours.toml would change of the newest events, and change nothing."""
    from headwater import running
    from headwater.behaviours import read, tried
    from headwater.errors import StackError
    from warehouse import Warehouse, WarehouseError

    found = read(file).rules
    stack = running.found(data)
    settings = running.stream_settings(stack)
    try:
        trial = tried(
            Warehouse(stack.warehouse), settings.pseudonym_key.get_secret_value(), found, last
        )
    except WarehouseError as error:
        raise StackError(f"the warehouse could not be asked: {error}") from error
    _show_trial(trial, found)


@app.command()
def apply(
    file: Annotated[
        Path | None,
        typer.Argument(
            help="As in docs/behaviours.md; unset, history is to go by the rules in force.",
            exists=True,
            dir_okay=False,
        ),
    ] = None,
    wait: Annotated[
        float, typer.Option(min=0, help="Seconds to wait until what changed is counted.")
    ] = 300.0,
    every: Annotated[
        bool,
        typer.Option(
            "--all", help="Send every event once more: after an upgrade that lets facts say more."
        ),
    ] = False,
    data: Data = None,
) -> None:
    """Put a behaviours.toml in force: for what comes from now on, and for all of history.

    An empty file takes all rules back. What ends the command half-way loses nothing: the rules are
    in force, and `headwater behaviours apply` without a file goes through history again.
    """
    from headwater import running
    from headwater.behaviours import read

    found = read(file) if file else None
    history_goes_by_rules(running.target(data), found, wait, every=every)


@app.command()
def show(data: Data = None) -> None:
    """Print the rules in force, as they were written."""
    from headwater import running
    from headwater.errors import StackError
    from warehouse import Warehouse, WarehouseError

    try:
        rows = Warehouse(running.found(data).warehouse).rows("behaviours/in_force")
    except WarehouseError as error:
        raise StackError(f"the warehouse could not be asked: {error}") from error
    typer.echo(rows[0][1].rstrip("\n") if rows else "# no rules were ever put in force")


def history_goes_by_rules(
    stack: "Running", new: "Read | None", wait: float, *, every: bool
) -> None:
    """Puts `new` rules in force, where there are any, and has history go by those in force, told
    as it goes on; with `every` each fact is made once more."""
    import asyncio

    from aiokafka.errors import KafkaError

    from headwater import running
    from headwater.behaviours import put_in_force
    from headwater.errors import StackError
    from warehouse import Warehouse, WarehouseError

    settings = running.stream_settings(stack)
    warehouse = Warehouse(stack.warehouse)
    try:
        if new is not None:
            put_in_force(warehouse, new.text)
            typer.echo(f"{len(new.rules.rules)} rules are in force")
        elif not every and not warehouse.rows("behaviours/in_force"):
            raise StackError("no rules were ever put in force. To fix: name a behaviours.toml.")
        total = int(warehouse.rows("behaviours/statements")[0][0])
        applied = asyncio.run(_applied(settings, wait, total, every))
    except WarehouseError as error:
        raise StackError(f"the warehouse could not be asked: {error}") from error
    except (KafkaError, OSError) as error:
        raise StackError(
            f"Kafka could not be asked: {type(error).__name__}. To fix: see `headwater status`."
        ) from error
    _show_changes(applied.changes, "history changed")
    for line in applied.waiting:
        typer.echo(f"still on its way: {line}", err=True)


async def _applied(settings: "StreamSettings", wait: float, total: int, every: bool) -> "Applied":
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
    from rich.progress import TimeRemainingColumn as Remaining

    from headwater.behaviours import apply

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), Remaining())
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task("history", total=total)

        def said(text: str) -> None:
            console.print(text, markup=False)

        looked_at: Callable[[int], None] = lambda count: progress.advance(task, count)  # noqa: E731
        return await apply(settings, wait=wait, said=said, looked_at=looked_at, every=every)


def _show_trial(trial: "Trial", rules: "Rules") -> None:
    typer.echo(f"of the newest {trial.looked_at:,} events")
    _show_changes(trial.changes, "would change")
    for number, rule in enumerate(rules.rules):
        typer.echo(f"{trial.decided[number]:7,}  rule {number + 1}: {rule}")
    if any(rule.kind for rule in rules.rules):
        typer.echo(
            f"{trial.without_kind:7,}  tell no kind, so no rule that asks for one fits them: they "
            "were recorded before kinds were told, or are not a connector's"
        )
    for meant, count in trial.left.most_common(10):
        what = " ".join(each for each in (*meant.kind[:1], meant.verb, meant.type) if each)
        what = f"{meant.tool}: {what}"
        typer.echo(f"{count:7,}  no rule, and not classified: {what}")


def _show_changes(changes: "dict[tuple[str, str], int]", what: str) -> None:
    ordered = sorted(changes.items(), key=lambda one: (-one[1], one[0]))
    for (was, then), count in ordered:
        typer.echo(f"{count:7,}  {was} → {then}")
    typer.echo(f"{sum(changes.values()):7,}  {what}")
