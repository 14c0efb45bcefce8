"""The command line, assembled from one file a command group in `headwater/commands/`.

Each of those files holds `app`, a Typer: with a name it becomes a group (`headwater kpi load`),
without one its commands stand at the top (`headwater up`).
"""

import functools
import importlib
import os
import pkgutil
import sys

import typer

from headwater import commands

TRACEBACK = "HEADWATER_TRACEBACK"


@functools.cache
def build() -> typer.Typer:
    """Put the command groups together, once a process."""
    app = typer.Typer(
        name="headwater",
        help="Learning in the flow of work: from tools' events through Kafka to ClickHouse.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_show_locals=False,
        pretty_exceptions_enable=TRACEBACK in os.environ,
    )
    for found in sorted(pkgutil.iter_modules(commands.__path__), key=lambda module: module.name):
        group: typer.Typer = importlib.import_module(f"{commands.__name__}.{found.name}").app
        name = group.info.name
        app.add_typer(group, name=name if isinstance(name, str) else None)
    return app


def main() -> None:
    """Run the command line; an error is a line, and a traceback only where one was asked for."""
    from bus.errors import BusError
    from headwater.errors import StackError

    try:
        build()()
    except (BusError, StackError) as error:
        print(error, file=sys.stderr)
        sys.exit(1)
    except Exception as error:
        if TRACEBACK in os.environ:
            raise
        print(unforeseen(error), file=sys.stderr)
        sys.exit(1)


def unforeseen(error: Exception) -> str:
    """What to tell of an error that no command foresaw, in a line."""
    from aiokafka.errors import KafkaError as AsyncKafkaError
    from kafka.errors import KafkaError
    from pydantic import ValidationError

    from bus import publisher

    if isinstance(error, ValidationError):
        wrong = (
            f"HEADWATER_{'_'.join(map(str, one['loc'])).upper()}: {one['msg']}"
            for one in error.errors(include_url=False, include_context=False, include_input=False)
        )
        return f"{'; '.join(wrong)}. To fix: correct or unset it (docs/settings.md)."
    if isinstance(error, OSError) and error.strerror:
        where = f"{error.filename}: " if error.filename else ""
        return f"{where}{error.strerror}. To fix: see the message."
    if isinstance(error, AsyncKafkaError | KafkaError):
        why = publisher.said(error)
        return f"Kafka: {why}. To fix: see that it runs (`headwater status`), then run this again."
    said = " ".join(str(error).split())[:300]
    return (
        f"headwater failed in a way that it did not foresee ({type(error).__name__}: {said}). "
        f"To fix: set {TRACEBACK}=1, run it again, and tell those who look after it."
    )
