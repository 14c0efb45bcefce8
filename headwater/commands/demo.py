"""`headwater demo`: the synthetic organisation, as a part that `headwater up --demo` starts."""

import json
import os
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer

app = typer.Typer()


@app.command(hidden=True)
def demo(
    data: Annotated[Path, typer.Option(envvar="HEADWATER_DATA", help="The demo's data folder.")],
) -> None:
    """Bring the synthetic organisation to life on a running demo stack."""
    import asyncio

    from headwater.demo.life import Life
    from headwater.demo.sender import DemoRefused
    from headwater.embedded.errors import StackError

    if os.environ.get("HEADWATER_SYNTHETIC") not in ("1", "true"):
        raise StackError("the demo runs as a part of `headwater up --demo` only")
    stack = json.loads((data / "stack.json").read_text("utf-8"))
    for part in ("lrs", "hooks", "warehouse"):
        host = urlsplit(stack[part]["url"]).hostname
        if host not in ("127.0.0.1", "::1", "localhost"):
            raise StackError(f"the demo never sends to other machines: {part} is at {host}")
    try:
        asyncio.run(Life(data, stack, lambda line: print(line, flush=True)).run())
    except DemoRefused as error:
        raise StackError(f"demo: {error}") from error
