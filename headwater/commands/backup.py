"""`headwater backup`, `headwater restore`: a stopped stack's data folder as one file, and back."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer()


@app.command()
def backup(
    target: Annotated[
        Path,
        typer.Argument(
            metavar="FILE|FOLDER", help="A new .tar or .tar.gz, or a folder to make one in."
        ),
    ],
    data: Annotated[
        Path | None,
        typer.Option(envvar="HEADWATER_DATA", help="The stopped stack's folder: ./data if unset."),
    ] = None,
) -> None:
    """Write a stopped stack's data folder to one file, with its keys and every secret.

    A running stack is refused. The file is readable by its owner alone: keep it as you keep a key.
    """
    from headwater.embedded.backup import back_up

    folder = data or Path("data")
    made = back_up(folder, target)
    typer.echo(f"{folder.resolve()} is in {made.path}: {made.files} files, {made.bytes:,} bytes")


@app.command()
def restore(
    file: Annotated[
        Path, typer.Argument(help="What `headwater backup` wrote.", exists=True, dir_okay=False)
    ],
    data: Annotated[
        Path | None,
        typer.Option(envvar="HEADWATER_DATA", help="A new or an empty folder: ./data if unset."),
    ] = None,
) -> None:
    """Make a data folder of a backup, on this machine and as this user; nothing is overwritten.

    Every file is compared with its SHA-256 before the folder is there. `headwater up` goes on with
    it; do not let the original and the copy run both, or each learns what the other does not know.
    """
    from headwater.embedded.backup import restore as put_back

    made = put_back(file, data or Path("data"))
    typer.echo(f"{made.path} is restored: {made.files} files, {made.bytes:,} bytes")
