"""Each part alone: `headwater lrs`, `hooks`, `recorded`, `worker`, `page`, `kafka`.

The same processes that `headwater up` starts, against whatever addresses the environment names.
"""

import gc
import importlib
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from headwater.embedded import private
from serving import tasks

app = typer.Typer()

#: Containers made, and collections of the youngest and of the middle ones, before the next is due.
COLLECTED_AFTER = (20_000, 10, 20)

Host = Annotated[str | None, typer.Option(help="The interface to listen on; loopback if unset.")]
Port = Annotated[int | None, typer.Option(help="The port to listen on.")]


@app.command()
def lrs(host: Host = None, port: Port = None) -> None:
    """The xAPI HTTP interface."""
    listen("lrs", host, port, login="HEADWATER_LRS_CREDENTIALS")
    serve_part("lrs.server", "lrs.settings:LrsSettings")


@app.command()
def hooks(host: Host = None, port: Port = None) -> None:
    """The server that takes work tools' signed webhooks."""
    listen("hooks", host, port, login="HEADWATER_CONNECTIONS")
    serve_part("producers.hooks")


@app.command()
def poller() -> None:
    """Asks the work tools that have a token in connections.toml what happened."""
    serve_part("producers.poller")


@app.command()
def recorded() -> None:
    """Statements from Kafka to the warehouse: the hot path."""
    serve_part("streams.recorded")


@app.command()
def worker() -> None:
    """The stream processors (faust); start several to share the work."""
    serve_part("streams.app")


@app.command()
def page(host: Host = None, port: Port = None) -> None:
    """The live page."""
    listen("page", host, port, login="HEADWATER_PAGE_LOGIN")
    serve_part("dashboards.page")


@app.command()
def kafka(
    data: Annotated[Path, typer.Option(help="The broker's folder.")] = Path("data/kafka"),
    port: Annotated[int, typer.Option(help="The port to listen on.")] = 9092,
) -> None:
    """The embedded broker: Apache Kafka, one node, for this machine alone."""
    from headwater.embedded.kafka import serve

    serve(data.resolve(), port)


@app.command()
def migrate(
    timezone: Annotated[
        str, typer.Option(help="Another time zone: every day of history is counted anew.")
    ] = "",
) -> None:
    """Bring the warehouse's schema, and on a ClickHouse server its readers, up to date."""
    from headwater.errors import CannotStart
    from warehouse import MigrationError, Warehouse, WarehouseError, WarehouseSettings
    from warehouse import migrate as bring_up_to_date
    from warehouse.access import grant

    _wait_for_go()
    settings = WarehouseSettings()
    try:
        done = bring_up_to_date(settings, timezone, print)
        made = grant(Warehouse(settings.clickhouse.get_secret_value()), settings)
    except (MigrationError, WarehouseError, ValueError) as error:
        raise CannotStart(
            "migrate", str(error), "see the message; the warehouse keeps what it had"
        ) from error
    print(f"applied {len(done)} migrations" if done else "the schema is up to date")
    if made:
        print(f"readers: {', '.join(made)}")


@app.command()
def topics(
    bootstrap: Annotated[
        str, typer.Option(envvar="HEADWATER_KAFKA", help="The broker's address.")
    ] = "127.0.0.1:9092",
) -> None:
    """Declare the topics that a broker lacks; `headwater up` does it by itself."""
    from kafka.errors import KafkaError

    from bus.declaration import ensure_topics
    from headwater.embedded.kafka import listening
    from headwater.errors import StackError

    if not listening(bootstrap):
        raise StackError(
            f"the topics could not be declared: nobody listens at {bootstrap}. "
            "To fix: see that Kafka runs, or name another address with --bootstrap."
        )
    try:
        made = ensure_topics(bootstrap)
    except KafkaError as error:
        raise StackError(
            f"the topics could not be declared at {bootstrap}: {error}. To fix: see that it runs."
        ) from error
    print(f"declared {', '.join(made)}" if made else "every topic is there")


def serve_part(module: str, settings: str = "") -> None:
    """Import a part, wait for the supervisor's go where there is one, and run it."""
    os.umask(private.UMASK)
    gc.disable()  # what imports make stays
    serve: Callable[..., Any] = importlib.import_module(module).serve
    told = []
    if settings:
        where, _, name = settings.partition(":")
        told.append(getattr(importlib.import_module(where), name)())
    _collect_seldom()
    _wait_for_go()
    try:
        serve(*told)
    except SystemExit:  # faust's own way to end
        if not tasks.ended():
            raise
    if tasks.ended():
        raise typer.Exit(tasks.ENDED)


def _collect_seldom() -> None:
    """Look for garbage in cycles among what comes and goes, not among the modules.

    Python's own pace is made for small heaps: each batch of a thousand dicts had it look through
    every module again, which was a third of the stream worker's time.
    """
    gc.freeze()
    gc.set_threshold(*COLLECTED_AFTER)
    gc.enable()


def _wait_for_go() -> None:
    if os.environ.pop("HEADWATER_PREFETCH", ""):
        sys.stdin.buffer.read()  # ends when what this part needs is ready


def listen(part: str, host: str | None, port: int | None, login: str) -> None:
    """Pass options on as the settings they stand for; refuse an open door without a login."""
    from headwater.embedded.ports import is_loopback
    from headwater.errors import CannotStart

    name = f"HEADWATER_{part.upper()}"
    if host is not None:
        os.environ[f"{name}_HOST"] = host
    if port is not None:
        os.environ[f"{name}_PORT"] = str(port)
    bound = os.environ.get(f"{name}_HOST", "127.0.0.1")
    if not is_loopback(bound) and not os.environ.get(login):
        raise CannotStart(
            part, f"{bound} can be reached from elsewhere and {login} is not set", f"set {login}"
        )
