"""The synthetic organisation, which `headwater up --demo` starts when all others are ready."""

from pathlib import Path
from typing import Annotated

import typer

from headwater.demo import HISTORY_DAYS
from headwater.part import Listens, PartSpec, Stage


def _live(
    data: Annotated[Path, typer.Option(envvar="HEADWATER_DATA", help="The demo's data folder.")],
    days: Annotated[
        int,
        typer.Option(
            envvar="HEADWATER_DEMO_DAYS",
            min=28,
            max=HISTORY_DAYS,
            help="How far back the events of history reach; KPIs are of seven months anyhow.",
        ),
    ] = HISTORY_DAYS,
) -> None:
    from headwater.demo.errors import DemoError
    from headwater.demo.life import live
    from headwater.demo.sender import doors
    from headwater.errors import StackError

    try:
        live(data, doors(data), days)
    except DemoError as error:
        raise StackError(f"demo: {error}") from error


part = PartSpec(
    name="demo",
    does="Bring the synthetic organisation to life on a running demo stack.",
    stage=Stage.INVENTING,
    command=_live,
    hidden=True,
    # For the poller: the tools that are asked.
    listens=Listens(8086, ready="", health="", metrics=""),
    when=lambda stack: stack.demo,
    condition="with `--demo`, when all others are ready",
    late=True,
    prefetch=False,
    may_end=True,
    nice=5,
    composed=False,
)
