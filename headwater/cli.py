"""The command line, assembled from one file a command group in `headwater/commands/`.

Each of those files holds `app`, a Typer: with a name it becomes a group (`headwater kpi load`),
without one its commands stand at the top (`headwater up`).
"""

import importlib
import os
import pkgutil
import sys

import typer

from headwater import commands


def build() -> typer.Typer:
    """Put the command groups together."""
    app = typer.Typer(
        name="headwater",
        help="Learning in the flow of work: from tools' events through Kafka to ClickHouse.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_show_locals=False,
        pretty_exceptions_enable="HEADWATER_TRACEBACK" in os.environ,
    )
    for found in sorted(pkgutil.iter_modules(commands.__path__), key=lambda module: module.name):
        group: typer.Typer = importlib.import_module(f"{commands.__name__}.{found.name}").app
        name = group.info.name
        app.add_typer(group, name=name if isinstance(name, str) else None)
    return app


def main() -> None:
    """Run the command line; an error that a user can act on is one line, not a traceback."""
    from bus.errors import BusError
    from headwater.embedded.errors import StackError

    try:
        build()()
    except (BusError, StackError) as error:
        print(error, file=sys.stderr)
        sys.exit(1)
