"""`make bench`: every figure that Headwater claims, measured in one run, as a table and as JSON.

Machines are shared and noisy: compare figures of one run with each other. Everything is warmed up
before it is timed.
"""

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from tests.benchmarks import (
    beside,
    flood,
    ingest,
    links,
    panels,
    power,
    reads,
    replay,
    soak,
    streams,
    tables,
)
from tests.benchmarks.measure import Result, peaks, running, temporary_folder
from tests.e2e.running import Up

console = Console(highlight=False)
GIBIBYTE = 1 << 30


def main(
    only: Annotated[
        str,
        typer.Option(
            help="Parts to run: stack,streams,warehouse,reads,panels,replay,beside,flood,soak,"
            "links,power."
        ),
    ] = "stack,streams,warehouse,reads",
    seconds: Annotated[float, typer.Option(help="How long each load runs.")] = 10.0,
    lag_seconds: Annotated[float, typer.Option(help="How long the lag is watched.")] = 60.0,
    statements: Annotated[
        int, typer.Option(help="Statements that the streams are given.")
    ] = 200_000,
    stored: Annotated[
        int, typer.Option(help="Statements, or events, that reads or panels are measured on.")
    ] = 10_000_000,
    reads_data: Annotated[
        Path | None,
        typer.Option(help="A data folder for reads, or panels, that is kept, and used again."),
    ] = None,
    soak_minutes: Annotated[float, typer.Option(help="How long the soak goes on.")] = 30.0,
    events: Annotated[
        str, typer.Option(help="Events that replays and dirty hours are measured with, by commas.")
    ] = "200000",
    runs: Annotated[int, typer.Option(help="Organisations that links are tried on.")] = 500,
    out: Annotated[Path, typer.Option(help="Where the JSON goes.")] = Path("bench.json"),
) -> None:
    """Measure, print a table, write JSON."""
    parts: dict[str, Callable[[], list[Result]]] = {
        "stack": lambda: stack(seconds, lag_seconds),
        "streams": lambda: streams.compare(statements),
        "warehouse": tables.million,
        "reads": lambda: reads.find(stored, seconds, reads_data),
        "panels": lambda: panels.find(stored, reads_data),
        "replay": lambda: replay.find([int(each) for each in events.split(",")]),
        "beside": lambda: on_stack(lambda up: beside.writes(up, max(seconds, 20.0))),
        "flood": lambda: flood.flood(seconds),
        "links": lambda: links.find(runs),
        "power": lambda: power.find(max(runs // 5, 1)),
        "soak": lambda: on_stack(lambda up: soak.soak(up, soak_minutes)),
    }
    results: list[Result] = []
    for name in only.split(","):
        results += parts[name]()
    show(results)
    out.write_text(
        json.dumps(
            [
                {"name": r.name, "value": r.value, "unit": r.unit, "better": r.better, "n": r.n}
                for r in results
            ],
            indent=1,
        )
    )
    console.print(f"written to {out}")


def stack(seconds: float, lag_seconds: float) -> list[Result]:
    """The whole stack: start, doors, lag, memory."""
    results: list[Result] = []
    with temporary_folder() as folder:
        data = Path(folder) / "data"
        for again in (False, True):
            up = Up(data, settings={})
            name = "start on a used data folder" if again else "start on an empty data folder"
            results.append(Result(name, _ready_after(up), "s", "lower", 1, 20))
            if not again:
                up.stop()

        try:
            with peaks(up.pids) as memory:
                for step in (
                    lambda: ingest.lag(up, lag_seconds),
                    lambda: ingest.webhooks(up, seconds),
                    lambda: ingest.statements(up, seconds),
                ):
                    some = step()
                    show(some)
                    results += some
        finally:
            up.stop()
    for name, size in sorted(memory.items()):
        goal = 3 * 1024.0 if name == "all parts" else None
        results.append(Result(f"peak memory, {name}", size / (1 << 20), "MiB", "lower", 1, goal))
    return results


def on_stack(measure: Callable[[Up], list[Result]]) -> list[Result]:
    """What is measured on a stack of its own."""
    with temporary_folder() as folder, running(Path(folder) / "data") as up:
        return measure(up)


def _ready_after(up: Up) -> float:
    found = re.search(r"ready after ([\d.]+) s", up.output.read_text())
    assert found, up.output.read_text()
    return float(found.group(1))


def show(results: list[Result]) -> None:
    """Prints figures beside their goals."""
    table = Table("what", "value", "unit", "goal", "n")
    for r in results:
        goal = "" if r.goal is None else f"{'≥' if r.better == 'higher' else '≤'} {r.goal:,.4g}"
        style = {None: "", True: "green", False: "red"}[r.met]
        value = f"{r.value:,.{2 if r.value < 10 else 1}f}"
        table.add_row(r.name, value, r.unit, goal, f"{r.n:,}", style=style)
    console.print(table)


if __name__ == "__main__":
    sys.exit(typer.run(main))
