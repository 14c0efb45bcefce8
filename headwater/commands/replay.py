"""`headwater replay`: marts once more from the facts, and facts once more from the statements."""

from typing import TYPE_CHECKING, Annotated

import typer

from headwater.running import Data

if TYPE_CHECKING:
    from headwater.replaying import Asked, Found

app = typer.Typer()

DIFFERS = 1


@app.command()
def replay(
    mart: Annotated[str, typer.Option(help="One mart (docs/tables.md); unset, all.")] = "",
    first: Annotated[str, typer.Option("--from", help="From that day on, as 2026-03-31.")] = "",
    last: Annotated[str, typer.Option("--to", help="Until that day.")] = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Compare, and change nothing; 1 where rows differ.")
    ] = False,
    anew: Annotated[
        bool, typer.Option("--anew", help="Do not go on with a replay that was broken off.")
    ] = False,
    facts: Annotated[
        bool,
        typer.Option(
            "--facts",
            help="Make all facts once more from the statements, as `behaviours apply --all` does; "
            "what they change in marts the worker counts anew by itself.",
        ),
    ] = False,
    wait: Annotated[
        float, typer.Option(min=0, help="Seconds to wait until changed facts are counted.")
    ] = 300.0,
    data: Data = None,
) -> None:
    """Compute marts once more from the facts, beside what is shown; tell what differs; swap it in.

    It runs beside the worker, a few days at a time, and rests as long as it works. What ends it
    half-way loses nothing: the same command again goes on where it was. A period that comes out
    empty though it has facts stays as it was, is told, and the exit code is 1.
    """
    from headwater import running
    from headwater.errors import StackError
    from headwater.replaying import asked
    from warehouse import WarehouseError

    if facts:
        if mart or first or last or dry_run or anew:
            raise StackError(
                "--facts is of all history. To fix: leave the other options out, and replay marts "
                "by a command of their own."
            )
        from headwater.commands.behaviours import history_goes_by_rules

        history_goes_by_rules(running.target(data), None, wait, every=True)
        return
    what = asked(mart, first, last)
    stack = running.found(data) if dry_run else running.target(data)
    try:
        found = _replayed(stack.warehouse, what, dry_run, anew)
    except WarehouseError as error:
        raise StackError(
            f"the warehouse could not be asked: {error}. To fix: see `headwater status`; the same "
            "command goes on where it was."
        ) from error
    _show(found, dry_run)
    wrong = any(one.failed for one in found)
    differs = dry_run and any(one.differing for one in found)
    raise typer.Exit(DIFFERS if wrong or differs else 0)


def _replayed(url: str, what: "Asked", dry: bool, anew: bool) -> "list[Found]":
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    from headwater.replaying import Replaying, Told
    from warehouse import Warehouse

    console = Console(stderr=True, highlight=False)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[left]}"),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("marts", total=None, left="")

        def tell(told: Told) -> None:
            left = "" if told.left is None else f"{told.left / 60:.0f} min left"
            bar.update(
                task, total=told.periods, completed=told.done, description=told.mart, left=left
            )

        one = Replaying(Warehouse(url, timeout=600), what, dry=dry, anew=anew, tell=tell)
        if one.resumed:
            console.print(
                f"goes on with the replay of {one.began.astimezone():%Y-%m-%d %H:%M}: "
                f"{one.resumed} periods are done (--anew begins again)",
                markup=False,
            )
        return one.run()


def _show(found: "list[Found]", dry: bool) -> None:
    from headwater.replaying import lines
    from streams.replay import DONE, FAILED, LEFT

    for one in found:
        unlike = f"{one.missing:,} rows lacked, {one.surplus:,} were too many"
        said = "nothing differed" if not (one.missing or one.surplus) else unlike
        compared = one.states[DONE] + one.states[LEFT]
        told = f"{one.mart.name}: {compared} of {one.periods} {one.mart.grain}s compared"
        told += "" if dry else " and swapped in"
        if one.states[LEFT]:
            told += f" ({one.states[LEFT]} left to the worker, which was counting them)"
        if one.states[FAILED]:
            told += f", {one.states[FAILED]} failed"
        typer.echo(f"{told}: {said}")
        for line in lines(one):
            typer.echo(line)
