"""How the process of a part runs: its address, the supervisor's go, its end."""

import gc
import importlib
import os
import sys
from collections.abc import Callable
from typing import Annotated, Any

import typer

from headwater.part import LOOPBACK, PartSpec
from serving import tasks

#: Python's arguments for `headwater`; what lies in the folder where it was called is not imported.
HEADWATER = ("-P", "-m", "headwater")
#: Containers made, and collections of the youngest and of the middle ones, before the next is due.
COLLECTED_AFTER = (20_000, 10, 20)

Host = Annotated[str | None, typer.Option(help="The interface to listen on; loopback if unset.")]
Port = Annotated[int | None, typer.Option(help="The port to listen on.")]


def command(part: PartSpec) -> Callable[..., None]:
    """What `headwater NAME` does."""

    def anywhere(host: Host = None, port: Port = None) -> None:
        serve(part, host, port)

    def here() -> None:
        serve(part)

    if part.command:
        return part.command
    return anywhere if part.listens and part.listens.login else here


def serve(part: PartSpec, host: str | None = None, port: int | None = None) -> None:
    """Run a part; options are passed on as the settings that they stand for."""
    if part.listens:
        listen(part, host, port)
    run(part.serve, part.settings, part.before)


def listen(part: PartSpec, host: str | None, port: int | None) -> None:
    """Tell a part its address; refuse one that is none, and an open door without a login."""
    from headwater.embedded.ports import is_loopback
    from headwater.errors import CannotStart

    name, login = f"HEADWATER_{part.name.upper()}", part.listens.login if part.listens else ""
    if host is not None:
        os.environ[f"{name}_HOST"] = host
    if port is not None:
        os.environ[f"{name}_PORT"] = str(port)
    told = os.environ.get(f"{name}_PORT", "0")
    if not (told.isascii() and told.isdigit() and int(told) < 1 << 16):
        raise CannotStart(part.name, f"{name}_PORT is {told!r}", "write a port, 0 to 65535")
    bound = os.environ.get(f"{name}_HOST", LOOPBACK)
    if login and not is_loopback(bound) and not os.environ.get(login):
        raise CannotStart(
            part.name,
            f"{bound} can be reached from elsewhere and {login} is not set",
            f"set {login}",
        )


def run(where: str, settings: str = "", before: str = "") -> None:
    """Import `module:function`, wait for the supervisor's go where there is one, and run it."""
    from headwater.embedded import private

    os.umask(private.UMASK)
    gc.disable()  # what imports make stays
    serve = named(where)
    told = [named(settings)()] if settings else []
    if before:
        named(before)(*told)
    _collect_seldom()
    wait_for_go()
    try:
        serve(*told)
    except SystemExit:  # faust's own way to end
        if not tasks.ended():
            raise
    if tasks.ended():
        raise typer.Exit(tasks.ENDED)


def named(where: str) -> Callable[..., Any]:
    """What `module:name` names."""
    module, _, name = where.partition(":")
    found: Callable[..., Any] = getattr(importlib.import_module(module), name)
    return found


def wait_for_go() -> None:
    """Wait until what this part needs is ready, where a supervisor started it."""
    if os.environ.pop("HEADWATER_PREFETCH", ""):
        sys.stdin.buffer.read()  # ends when what this part needs is ready


def _collect_seldom() -> None:
    """Look for garbage in cycles among what comes and goes, not among the modules.

    Python's own pace is made for small heaps: each batch of a thousand dicts had it look through
    every module again, which was a third of the stream worker's time.
    """
    gc.freeze()
    gc.set_threshold(*COLLECTED_AFTER)
    gc.enable()
