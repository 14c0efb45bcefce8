"""`headwater up`: start the embedded stack and watch over it until Ctrl-C."""

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from headwater.embedded.datafolder import DataFolder
    from headwater.embedded.stack import Stack
    from headwater.embedded.supervisor import Supervisor

app = typer.Typer()

REAL = Path("data")
SYNTHETIC = Path("demo-data")
#: Between two looks at which part is not ready yet.
LOOK_SECONDS = 0.2


@app.command()
def up(
    data: Annotated[
        Path | None,
        typer.Option(help="Where state is kept: ./data, with --demo ./demo-data."),
    ] = None,
    demo: Annotated[
        bool, typer.Option("--demo", help="A synthetic organisation in a folder of its own.")
    ] = False,
    ports: Annotated[
        str, typer.Option(envvar="HEADWATER_PORTS", help="`fixed`, or `auto` for free ones.")
    ] = "fixed",
    timezone: Annotated[
        str,
        typer.Option(
            help="What a day and a week are (Europe/Berlin), kept from then on. If it is another "
            "than before, every day of history is counted anew."
        ),
    ] = "",
) -> None:
    """Start Kafka, the warehouse, the servers and the page here; Ctrl-C stops them all."""
    if ports not in ("fixed", "auto"):
        raise typer.BadParameter("it is `fixed` or `auto`", param_hint="--ports")
    _check_zone(timezone)
    print("headwater: looking at the data folder …", flush=True)
    os.environ["HEADWATER_PORTS"] = ports
    from rich.console import Console

    from headwater.embedded import private
    from headwater.embedded.datafolder import DataFolder
    from headwater.settings import StackSettings

    settings = StackSettings()
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = 120  # lines of a log, not of a screen
    os.umask(private.UMASK)  # that of every part
    folder = DataFolder(data or settings.data or (SYNTHETIC if demo else REAL))
    folder.take(synthetic=demo)
    try:
        asyncio.run(_run(folder, settings, console, demo=demo, timezone=timezone))
    finally:
        folder.release()


async def _run(
    folder: "DataFolder", settings: Any, console: "Console", *, demo: bool, timezone: str
) -> None:
    from headwater.embedded import connecting, jars
    from headwater.embedded.stack import Stack
    from headwater.embedded.supervisor import Supervisor
    from headwater.embedded.watch import Watch

    if left := folder.end_leftovers():
        console.print(f"ended {len(left)} processes that an earlier stack left behind")
    await asyncio.to_thread(folder.close_to_others)
    stack = Stack(folder, settings, demo=demo, time_zone=timezone)
    for line in folder.told:
        console.print(line, markup=False)
    stack.withdraw()
    stack.check_ports()
    await stack.check_outside()
    if stack.own_kafka:
        await asyncio.to_thread(jars.class_path_shown, console)
    supervisor = Supervisor(
        stack.parts(), folder.path, lambda line: console.print(line, markup=False)
    )
    _stop_on_signals(supervisor)
    try:
        await _start(supervisor, stack, console)
        watch = Watch(folder.path, supervisor.state, supervisor.tell)
        supervisor.tasks.start("look at what is wrong", watch.run())
        following = connecting.follow(supervisor, stack)
        supervisor.tasks.start("follow connections.toml", following, once=True)
        if demo:
            supervisor.tasks.start("news of the demo", _tell_of_demo(folder, console))
        await supervisor.run()
        console.print("stopping …")
    except asyncio.CancelledError:
        console.print("stopping …")
    finally:
        stack.withdraw()
        await supervisor.stop()
    console.print("stopped; nothing is left running")
    if supervisor.failure:
        raise typer.Exit(1)


async def _start(supervisor: "Supervisor", stack: "Stack", console: "Console") -> None:
    began = time.monotonic()
    with console.status("starting …") if console.is_terminal else contextlib.nullcontext() as shown:
        tell = shown.update if shown else partial(console.print, markup=False)
        waited = _tell_what_is_waited_for(supervisor, tell)
        supervisor.tasks.start("tell what is waited for", waited, once=True)
        await supervisor.start()
    stack.publish()
    console.print(_table(stack))
    console.print(_said(stack, "migrate", "days and weeks "), markup=False)
    each = ", ".join(f"{name} {part.took:.1f}" for name, part in supervisor.parts.items())
    console.print(f"ready after {time.monotonic() - began:.1f} s ({each})")
    console.print("Ctrl-C stops everything")
    for part in stack.parts(late=True):
        await supervisor.add(part)


async def _tell_what_is_waited_for(supervisor: "Supervisor", tell: Callable[[str], object]) -> None:
    """Says which parts are not ready yet, whenever one more is."""
    said: list[str] = []
    parts = supervisor.parts
    while waiting := [name for name, part in parts.items() if not part.ready.is_set()]:
        if waiting != said:
            tell(f"waiting for {', '.join(waiting)} …")
            said = waiting
        await asyncio.sleep(LOOK_SECONDS)


def _check_zone(asked: str) -> None:
    """Refuse a name that is none before anything is started; what is kept is known to migrate."""
    from headwater.errors import CannotStart
    from xapi import zones

    for name, where in ((asked, "--timezone"), (os.environ.get("HEADWATER_TIMEZONE"), "")):
        if name and (problem := zones.problem(name)):
            raise CannotStart(
                "headwater", f"{where or 'HEADWATER_TIMEZONE'}: {problem}", "write an IANA name"
            )


def _said(stack: "Stack", part: str, beginning: str) -> str:
    """The newest line of a part that is done which begins so."""
    log = stack.folder.path / "logs" / f"{part}.log"
    lines = log.read_text("utf-8", "replace").splitlines()
    return next((line for line in reversed(lines) if line.startswith(beginning)), "")


async def _tell_of_demo(folder: "DataFolder", console: "Console") -> None:
    """Pass on what the synthetic organisation says of its progress."""
    log = folder.path / "logs" / "demo.log"
    at = log.stat().st_size if log.exists() else 0
    while True:
        await asyncio.sleep(0.5)
        with contextlib.suppress(OSError):
            at = min(at, log.stat().st_size)
            with log.open("rb") as file:
                file.seek(at)
                some = file.read()
            whole = some[: some.rfind(b"\n") + 1]
            at += len(whole)
            for line in whole.decode("utf-8", "replace").splitlines():
                if line.startswith("demo: "):
                    console.print(line, markup=False)


def _stop_on_signals(supervisor: "Supervisor") -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, supervisor.stopping.set)


def _table(stack: "Stack") -> Any:
    from rich.table import Table

    table = Table("part", title=f"{stack.folder.path}", title_justify="left")
    table.add_column("address", no_wrap=True)
    table.add_column("credentials", overflow="fold")
    for line in stack.shown():
        table.add_row(*line)
    return table
