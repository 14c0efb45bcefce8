"""`headwater demo`: the synthetic organisation, as a part that `headwater up --demo` starts."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer()


@app.command(hidden=True)
def demo(
    data: Annotated[Path, typer.Option(envvar="HEADWATER_DATA", help="The demo's data folder.")],
) -> None:
    """Bring the synthetic organisation to life on a running demo stack."""
    from headwater.demo.errors import DemoError
    from headwater.demo.life import live
    from headwater.demo.sender import doors
    from headwater.errors import StackError

    try:
        live(data, doors(data))
    except DemoError as error:
        raise StackError(f"demo: {error}") from error
