"""`headwater load`: statements from a file, through the LRS."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from headwater.running import Data, Invented, Running

if TYPE_CHECKING:
    from headwater.loading import Ledger
    from headwater.statement_files import StatementFile

app = typer.Typer()


@app.command()
def load(
    file: Annotated[
        Path,
        typer.Argument(
            help="JSON lines, an array, StatementResults, or statements; gzip or not.",
            exists=True,
            dir_okay=False,
        ),
    ],
    version: Annotated[
        str, typer.Option("--xapi", help="Whose rules the statements keep: 1.0.3 or 2.0.0.")
    ] = "1.0.3",
    synthetic: Invented = False,
    data: Data = None,
) -> None:
    """Load xAPI statements from a file; run again after an interruption it goes on.

    Rejected lines are written to FILE.rejected.jsonl with the reason; with any, the exit code is 1.
    """
    import asyncio
    import time

    from headwater import running
    from headwater.errors import StackError
    from headwater.loading import Ledger, LoadStopped
    from headwater.statement_files import StatementFile, UnreadableFile

    stack = running.target(data, invented=synthetic, file=file)
    url, login = stack.lrs
    source = StatementFile(file)
    folder = _beside(file, stack)
    began = time.monotonic()
    try:
        ledger = Ledger(folder / f"{file.name}.headwater-load.json", source.digest, url)
        before = ledger.sent
        if ledger.resumed:
            typer.echo(f"going on after line {ledger.through}: {before} were sent before")
        rejected = folder / f"{file.name}.rejected.jsonl"
        asyncio.run(_send(source, url, login, version, ledger, rejected))
    except LoadStopped as error:
        raise StackError(
            f"{error}. {ledger.sent} statements were sent. To fix: see `headwater status`; "
            "the same command goes on from here."
        ) from error
    except KeyboardInterrupt:
        typer.echo(f"stopped; {ledger.sent} were sent, and the same command goes on from here")
        raise typer.Exit(130) from None
    except UnreadableFile as error:
        raise StackError(f"{error}. To fix: nothing was sent; correct the file.") from error
    seconds = time.monotonic() - began
    speed = (ledger.sent - before) / seconds
    if not source.lines:
        typer.echo(f"{file} holds no statement")
    typer.echo(
        f"{_sent(ledger)}, rejected {ledger.rejected} lines, "
        f"in {seconds:.1f} s ({speed:.0f} statements/s)"
    )
    if ledger.rejected:
        typer.echo(f"the rejected lines, each with the reason: {rejected}")
        raise typer.Exit(1)


def _sent(ledger: "Ledger") -> str:
    """How many were sent, and how many of them changed nothing."""
    count = "1 statement" if ledger.sent == 1 else f"{ledger.sent} statements"
    if ledger.sent and ledger.sent == ledger.there:
        return f"nothing new: {count}, there already"
    there = f" ({ledger.there} of them there already)" if ledger.there else ""
    return f"sent {count}{there}"


async def _send(
    source: "StatementFile",
    url: str,
    login: tuple[str, str],
    version: str,
    ledger: "Ledger",
    rejected: Path,
) -> None:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
    from rich.progress import TimeRemainingColumn as Remaining

    from headwater.loading import Loader, Rejects, client

    console = Console(stderr=True)
    text = TextColumn("{task.description}")
    progress = Progress(
        text,
        BarColumn(),
        MofNCompleteColumn(),
        Remaining(),
        console=console,
        disable=not console.is_terminal,
    )
    task = progress.add_task("loading", total=source.lines)
    async with client(url, login, version=version) as lrs:
        with progress:
            await Loader(
                source,
                lrs,
                ledger,
                Rejects(rejected),
                lambda lines: progress.advance(task, lines),
                waiting=lambda line: console.print(line, markup=False, soft_wrap=True),
            ).run()


def _beside(file: Path, stack: Running) -> Path:
    """Where the load's own files go: beside the data; where that is closed, in the data folder."""
    folder = file.parent
    from headwater import running

    if os.access(folder, os.W_OK):
        return folder
    folder = (stack.folder or running.own_state()) / "loads"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
