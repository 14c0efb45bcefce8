"""`headwater views`: boards as they were looked at, saved under a name, and printed on one page."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from headwater.running import Data

if TYPE_CHECKING:
    from dashboards.saved import SavedViews

app = typer.Typer(name="views", no_args_is_help=True)

Named = Annotated[str, typer.Argument(metavar="NAME", help="As the page lists it.")]


@app.callback()
def views() -> None:
    """Boards as they were looked at, saved under a name: listed, saved, removed, printed."""


@app.command("list")
def list_(data: Data = None) -> None:
    """List the saved views, each with its address on the page."""
    with _told():
        for view in _saved(data).every():
            by = "  (saved by a command)" if view.declared else ""
            typer.echo(f"{view.name}: {view.address}{by}")


@app.command()
def save(
    name: Annotated[str, typer.Argument(metavar="NAME", help="1 to 60 characters.")],
    address: Annotated[
        str,
        typer.Argument(
            metavar="ADDRESS",
            help="Of the page, as a browser shows it, or from the path on: /know_how?range=4w",
        ),
    ],
    data: Data = None,
) -> None:
    """Save an address of the page under a name; one that has the name is replaced.

    The page lists it, and neither changes nor removes it: a letter may depend on it.
    """
    with _told():
        view = _saved(data).save(name, address, declared=True)
    typer.echo(f"{view.name}: {view.address}")


@app.command()
def remove(name: Named, data: Data = None) -> None:
    """Forget a saved view, whoever saved it."""
    from headwater.errors import StackError

    with _told():
        removed = _saved(data).remove(name, declared=True)
    if not removed:
        raise StackError(f"there is no view {name!r}; {_LISTED}")
    typer.echo(f"{name} is removed")


@app.command()
def pdf(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="Of a saved view, or an address of the page.")
    ],
    out: Annotated[
        Path | None, typer.Option(help="The file to write; unset, headwater-NAME.pdf here.")
    ] = None,
    data: Data = None,
) -> None:
    """Print a saved view on one page of A4; it needs a Chromium on this machine."""
    from dashboards.saved import read_address
    from headwater import querying, running, sheets
    from headwater.errors import StackError

    stack = running.found(data)
    with _told():
        if name.startswith("/") or "://" in name:
            address = read_address(name)
        else:
            view = _saved(data).named(name)
            if view is None:
                raise StackError(f"there is no view {name!r}; {_LISTED}")
            address = view.address
    url, login = stack.page
    content = sheets.printed(url + address, login)
    words = "".join(sign if sign.isalnum() else "-" for sign in name).strip("-")
    target = out or Path(f"headwater-{words}.pdf")
    querying.write([content], target, "--out")
    typer.echo(f"{name} is in {target}")


_LISTED = "`headwater views list` lists those that there are"


def _saved(data: Path | None) -> "SavedViews":
    """The views of the stack that is meant: its data folder, or where HEADWATER_VIEWS says."""
    from dashboards.saved import SavedViews
    from headwater import running
    from headwater.errors import StackError

    folder = running.found(data).views(data)
    if folder is None or not folder.is_dir():
        raise StackError(
            "there is no data folder to save views in. To fix: name one with --data, or the "
            "folder of the page's views in HEADWATER_VIEWS"
        )
    return SavedViews(folder)


@contextmanager
def _told() -> Iterator[None]:
    """What cannot be done with views is the command's own error."""
    from dashboards.errors import DashboardError
    from headwater.errors import StackError

    try:
        yield
    except DashboardError as error:
        raise StackError(str(error)) from error
    except OSError as error:
        raise StackError(f"the views cannot be written: {error.strerror}") from error
