"""Each part alone, as `headwater lrs`: the same processes that `headwater up` starts, against
whatever addresses the environment names.
"""

import typer

from headwater import parts, process

app = typer.Typer()

for part in parts.every():
    if not part.group:
        app.command(part.name, help=part.does, hidden=part.hidden)(process.command(part))
