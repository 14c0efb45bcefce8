"""`headwater connectors poll`: a connection read from a day on, shown as it goes."""

from contextlib import aclosing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from aiokafka.errors import KafkaError

from bus.errors import BrokerUnavailable
from bus.publisher import Publisher
from headwater.embedded.kafka import listening
from headwater.errors import StackError
from headwater.running import REAL, Running
from producers.connections import Connection, load
from producers.connector import SHAPE_ERRORS
from producers.errors import ConnectionsError
from producers.intake import Intake
from producers.poller import interface
from producers.polling import cursors
from producers.polling.backfill import Backfill, Covered, Found
from producers.polling.errors import PollError
from producers.settings import PollerSettings

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress


class Unread(StackError):
    """Some lists could not be read to their end."""


async def backfilled(
    stack: Running, name: str, since: datetime, config: Path | None, *, anew: bool
) -> None:
    """Reads what a connection's tool tells from a moment on into a stack, and says what it found.

    Raises Unread where a list could not be read, and StackError where nothing can be.
    """
    from rich.console import Console

    if since >= datetime.now(UTC):
        raise StackError(f"{since:%Y-%m-%d} is not over yet. To fix: name a day that is.")
    kafka = str(stack.kafka)
    stack.kafka.adopt()
    if not listening(kafka):  # Kafka's own client would try for long
        raise StackError(f"nobody listens at {kafka}. To fix: see that Kafka runs.")
    connection = _connection(config or (stack.folder or REAL) / "connections.toml", name)
    real = not (stack.synthetic or PollerSettings().synthetic)
    console = Console(stderr=True)
    intake = Intake(connection, real=real)
    api = interface(intake, lambda line: console.print(line, markup=False, soft_wrap=True))
    try:
        known = await cursors.read(kafka)
        with Publisher(kafka) as sink:
            await _read(Backfill(intake, api, sink, known, since, anew=anew), since, name, console)
    except (BrokerUnavailable, KafkaError, TimeoutError, OSError) as error:
        raise StackError(
            f"Kafka at {kafka} does not answer any more. To fix: see that it runs; the same "
            "command goes on from here."
        ) from error
    finally:
        await api.close()


def _connection(path: Path, name: str) -> Connection:
    try:
        there = load(path)
    except ConnectionsError as error:
        raise StackError(f"{error}. To fix: correct it (docs/connecting.md).") from error
    if name not in there:
        known = ", ".join(sorted(there)) or "none"
        raise StackError(f"{path} has no connection {name!r}. To fix: name one of {known}.")
    if not there[name].polled:
        raise StackError(
            f"{name} is not asked: {there[name].connector.title} only delivers, or it has no "
            "token. To fix: give it one (docs/connecting.md)."
        )
    return there[name]


async def _read(backfill: Backfill, since: datetime, name: str, console: "Console") -> None:
    unread = []
    with _bar(console) as progress:
        for stream in backfill.streams:
            if backfill.begun(stream):
                typer.echo(f"{name}/{stream}: goes on where it was")
            found = Found(stream)
            task = progress.add_task(f"{name}/{stream}", total=1.0, said="")
            covered = Covered(since, datetime.now(UTC))
            last = 0.0
            try:
                async with aclosing(backfill.read(stream)) as reading:  # type: ignore[type-var]
                    async for found in reading:
                        share = covered.share(found.newest) if found.newest else last
                        if share < last:  # another list: how long this one takes is not known yet
                            progress.reset(task)
                        progress.update(task, completed=share, said=_said(found))
                        last = share
                progress.update(task, completed=1.0)
            except (PollError, *SHAPE_ERRORS) as error:
                unread.append(stream)
                typer.echo(f"{name}/{stream}: NOT WELL: {error}", err=True)
            _tell(name, found)
    if unread:
        raise Unread(
            f"not read to the end: {', '.join(unread)}. To fix: see what is said above; the same "
            "command goes on from here."
        )


def _bar(console: "Console") -> "Progress":
    from rich.progress import (
        BarColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[said]}"),
        TimeElapsedColumn(),
        TextColumn("this list:"),
        TimeRemainingColumn(),
        console=console,
        disable=not console.is_terminal,
    )


def _said(found: Found) -> str:
    at = f", at {found.newest:%Y-%m-%d}" if found.newest else ""
    return f"{found.events.total()} events{at}"


def _tell(name: str, found: Found) -> None:
    """What was found in a list, by sort and kind."""
    sorts = ", ".join(f"{count} {sort}" for sort, count in sorted(found.sorts.items()))
    told = f": {sorts}" if sorts else ""
    typer.echo(
        f"{name}/{found.stream}: {found.events.total()} events{told}; {found.statements} statements"
    )
    for (sort, kind), count in sorted(found.events.items()):
        typer.echo(f"    {sort} {kind}: {count}")
