"""`headwater status`: whether a running stack is well, its parts, lag and counts."""

import json
import os
import sys
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

app = typer.Typer()


@app.command()
def status(
    data: Annotated[
        Path | None, typer.Option(help="The stack's data folder.", envvar="HEADWATER_DATA")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False,
) -> None:
    """Say what is wrong, since when and what to do; show the parts, how far each consumer is behind
    and counts.

    The exit code is 0 where all is well, 1 where anything is wrong, 3 where no stack runs.
    """
    from headwater.embedded.report import gathered
    from headwater.errors import StackError

    folder = data or Path("data")
    if data is None and not folder.exists() and Path("demo-data").exists():
        folder = Path("demo-data")
    if not (folder / "version").exists():
        raise StackError(
            f"no stack was ever started in {folder.resolve()}. "
            "To fix: `headwater up`, or name its folder with --data."
        )
    found = gathered(folder)
    if as_json:
        print(json.dumps(found, indent=1))
    else:
        _show(found)
    _leave(0 if found["well"] else 1 if found["running"] else 3)


def _leave(code: int) -> NoReturn:
    """Ends without waiting for whoever does not answer."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _show(found: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)
    if not found["running"]:
        console.print(f"no stack is running in {found['data']}")
    parts = Table("part", "state", "pid", "restarts", "memory", "last error")
    for name, part in found["parts"].items():
        memory = f"{part['rss'] >> 20} MiB" if part["rss"] else ""
        pid, restarts = str(part["pid"] or ""), str(part["restarts"])
        parts.add_row(name, part["state"], pid, restarts, memory, part["last_error"])
    console.print(parts)
    if found["lag"]:
        lag = Table("consumer", "topic", "records behind")
        for row in found["lag"]:
            lag.add_row(row["consumer"], row["topic"], str(row["lag"]))
        console.print(lag)
    counts = Table("what", "count")
    for name, count in {**found["topics"], **found["counts"]}.items():
        counts.add_row(name, str(count))
    if counts.row_count:
        console.print(counts)
    if found["workspaces"]:
        held = Table("workspace", "tables", "MiB")
        for row in found["workspaces"]:
            held.add_row(row["database"], str(row["tables"]), f"{row['bytes'] / (1 << 20):.1f}")
        console.print(held)
    for anew in found["history"]:
        console.print(anew["told"], style="yellow", markup=False)
    for run in found["links"]:
        said = run["failure"] or f"{run['links']} links, {run['estimated']} estimated anew"
        console.print(f"links: the last run ended {run['ended']} UTC: {said}", markup=False)
    for problem in found["problems"]:
        console.print(problem, style="red", markup=False)
    if found["well"] and found["ready"]:
        console.print("all is well")
