"""`headwater kpi load`: the business's figures, from a CSV file."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from headwater.running import Data, Invented

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kpis.intake import Cell, Observation

app = typer.Typer(name="kpi")

WAIT_SECONDS = 30.0


@app.callback()
def kpi() -> None:
    """The business's figures that learning is seen beside."""


@app.command()
def load(
    file: Annotated[Path, typer.Argument(help="kpis.csv", exists=True, dir_okay=False)],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check the file and show what would change.")
    ] = False,
    wait: Annotated[
        bool, typer.Option("--wait/--no-wait", help="Wait until the warehouse holds the load.")
    ] = True,
    synthetic: Invented = False,
    data: Data = None,
) -> None:
    """Load figures from a CSV file: all of them, or with any error in it none.

    Columns: kpi, unit, direction (up or down is better), team, period (2026-03-02, 2026-W10 or
    2026-03), value, n (optional: how many single observations the figure sums up). A figure for a
    cell that has one replaces it. Figures keep the grain in which they come: a month is shown
    beside a month's learning, never in a week. A mean over teams is weighted by n where each has
    one. Days are 1970-01-02 to 2105-12-31.
    """
    from uuid import uuid4

    from bus.errors import BrokerUnavailable
    from bus.publisher import Publisher
    from headwater import running
    from headwater.errors import StackError
    from kpis.intake import parse, publish, renamed, turned
    from warehouse import Warehouse, WarehouseError

    stack = running.target(data, invented=synthetic, file=file)
    warehouse = Warehouse(stack.warehouse)
    try:
        read = parse(file.read_bytes(), {row[0] for row in warehouse.rows("directory/teams_known")})
        cells = warehouse.rows("kpi/cells")
        known = {row[0]: (row[4], row[5]) for row in cells}
        for warning in (*read.warnings, *renamed(read.observations, known)):
            typer.echo(f"warning: {warning}", err=True)
        running.refuse([*read.problems, *turned(read.observations, known)], file.name)
        current = {tuple(row[:4]): row[6] for row in cells}
        _show(read.observations, current)
        if dry_run:
            typer.echo("nothing was loaded: this was a dry run")
            return
        load_id = uuid4()
        with Publisher(stack.kafka) as publisher:
            publish(publisher, load_id, read.observations)
        typer.echo(f"published {len(read.observations)} figures as load {load_id}")
        if wait:
            there = running.until(lambda: warehouse.rows("kpi/load", load=load_id), WAIT_SECONDS)
            running.arrived(there, "KPI", "figures")
    except BrokerUnavailable as error:
        raise StackError(f"the figures were not loaded: {error}") from error
    except WarehouseError as error:
        raise StackError(f"the warehouse could not be asked: {error}") from error
    finally:
        warehouse.close()


def _show(observations: "Sequence[Observation]", current: "Mapping[Cell, float]") -> None:
    new = changed = 0
    for one in observations:
        before = current.get(one.cell)
        where = f"{one.kpi}, {one.team}, {one.grain} of {one.period}"
        if before is None:
            new += 1
        elif before != one.value:
            changed += 1
            typer.echo(f"~ {where}: {before:g} → {one.value:g} {one.unit}")
    typer.echo(f"{new} new, {changed} changed, {len(observations) - new - changed} unchanged")
