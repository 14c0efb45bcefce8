"""`headwater links`: how KPIs move with learning, of a table of one's own or of the warehouse."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from headwater import parts, process
from headwater.running import Data

if TYPE_CHECKING:
    from kpis.links.floors import Floor
    from kpis.links.frames import Grid
    from kpis.links.link import Link, Subject

app = typer.Typer(name="links")

Table = Annotated[
    Path, typer.Argument(metavar="FILE", help="CSV with a line of names; a row a team and week.")
]
Team = Annotated[str, typer.Option("--team", help="The column of teams.")]
Time = Annotated[
    str, typer.Option("--time", help="The column of dates (counted in weeks) or whole numbers.")
]
Kpi = Annotated[str, typer.Option("--kpi", help="The column of the KPI.")]
On = Annotated[
    list[str], typer.Option("--on", help="The column of learning; more of them are held fixed.")
]
Unit = Annotated[str, typer.Option("--unit", help="The KPI's unit, as it is told.")]
Teams = Annotated[
    int | None,
    typer.Option("--teams", min=2, help="Fewest teams that will do, if not the floor's."),
]
Weeks = Annotated[
    int | None, typer.Option("--weeks", min=0, help="Fewest weeks that will do, likewise.")
]
AsJson = Annotated[bool, typer.Option("--json", help="For scripts.")]


class Aggregation(StrEnum):
    """How the effects of cohorts and weeks become one."""

    SIMPLE = "simple"
    DYNAMIC = "dynamic"
    GROUP = "group"


class Effects(StrEnum):
    """What is taken out."""

    BOTH = "both"
    TEAM = "team"


class Control(StrEnum):
    """What is compared with."""

    NEVER = "never"
    NOTYET = "notyet"


@app.callback(invoke_without_command=True)
def links(context: typer.Context) -> None:
    """Estimates by night how KPIs move with learning, and after a rollout is declared.

    Its commands do so at once, or for a table of one's own, and show what may be said of it.
    """
    if context.invoked_subcommand is None:
        process.serve(parts.named("links"))


@app.command()
def panel(
    file: Table,
    kpi: Kpi,
    on: On,
    team: Team = "team",
    time: Time = "week",
    lags: Annotated[int, typer.Option(min=0, help="Weeks that learning may take to show.")] = 0,
    leads: Annotated[int, typer.Option(min=0, help="Weeks to come, as a placebo.")] = 0,
    effects: Annotated[Effects, typer.Option(help="What is taken out.")] = Effects.BOTH,
    unit: Unit = "units",
    teams: Teams = None,
    weeks: Weeks = None,
    as_json: AsJson = False,
) -> None:
    """How a KPI moves with learning within teams and weeks: two-way effects, clustered errors.

    Below 40 teams by the wild cluster bootstrap. docs/links.md says what it can tell, and what not.
    """
    from kpis.links import floors
    from kpis.links import panel as method

    grid = _grid(file, team, time, [kpi, *on])
    floor = _floor(floors.PANEL, teams, weeks)
    told = method.estimated(
        grid,
        kpi,
        on,
        _subject(kpi, unit, on[0]),
        lags=lags,
        leads=leads,
        effects=effects.value,
        floor=floor,
    )
    _show(told, as_json)


@app.command()
def lags(
    file: Table,
    kpi: Kpi,
    on: On,
    team: Team = "team",
    time: Time = "week",
    most: Annotated[int, typer.Option(min=1, max=26, help="The longest lag, in weeks.")] = 8,
    order: Annotated[
        str, typer.Option(help="p,d,q of learning's ARIMA model; unset, an AR by AIC.")
    ] = "",
    unit: Unit = "units",
    teams: Annotated[
        int | None, typer.Option(min=1, help="Fewest teams that will do, if not the floor's.")
    ] = None,
    weeks: Weeks = None,
    as_json: AsJson = False,
) -> None:
    """By how many weeks a KPI follows learning: prewhitened cross-correlation, by permutation."""
    from headwater.errors import StackError
    from kpis.links import floors
    from kpis.links import lags as method

    model: tuple[int, int, int] | None = None
    if order:
        parts = order.split(",")
        if len(parts) != 3 or not all(each.isdecimal() and int(each) < 10 for each in parts):
            raise StackError(f"--order {order} is not p,d,q. To fix: for example --order 0,1,1.")
        model = (int(parts[0]), int(parts[1]), int(parts[2]))
    grid = _grid(file, team, time, [kpi, on[0]])
    floor = _floor(floors.LAGS, teams, weeks)
    subject = _subject(kpi, unit, on[0])
    _show(method.estimated(grid, kpi, on[0], subject, lags=most, order=model, floor=floor), as_json)


@app.command()
def rollout(
    file: Table,
    kpi: Kpi,
    start: Annotated[
        str, typer.Option(help="The column of each team's first week of it; empty or 0: never.")
    ],
    team: Team = "team",
    time: Time = "week",
    name: Annotated[str, typer.Option(help="What was rolled out, as it is told.")] = "the rollout",
    aggregation: Annotated[
        Aggregation, typer.Option(help="How effects become one.")
    ] = Aggregation.SIMPLE,
    control: Annotated[Control, typer.Option(help="What is compared with.")] = Control.NEVER,
    unit: Unit = "units",
    teams: Teams = None,
    weeks: Annotated[
        int | None, typer.Option(min=1, help="Fewest weeks before and after, likewise.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """What followed a dated start in some teams: Callaway and Sant'Anna, with a pre-trend test."""
    from dataclasses import replace

    from headwater.errors import StackError
    from kpis.links import floors, frames, rollouts
    from kpis.links.errors import BadTable

    grid = _grid(file, team, time, [kpi])
    try:
        starts = frames.starts(frames.read(file), team, start)
    except BadTable as error:
        raise StackError(f"{file}: {error}. To fix: correct the table.") from error
    floor = _floor(floors.ROLLOUT, teams, None)
    if weeks is not None:
        floor = replace(floor, before=weeks, after=weeks)
    subject = _subject(kpi, unit, name)
    _show(
        rollouts.estimated(
            grid,
            kpi,
            starts,
            subject,
            aggregation=aggregation.value,
            control=control.value,
            floor=floor,
        ),
        as_json,
    )


@app.command()
def interruption(
    file: Table,
    kpi: Kpi,
    start: Annotated[str, typer.Option(help="The first week (or number) that it is there.")],
    time: Time = "week",
    name: Annotated[str, typer.Option(help="What began, as it is told.")] = "the start",
    beside: Annotated[list[str] | None, typer.Option(help="Columns that are held fixed.")] = None,
    season: Annotated[int, typer.Option(min=0, help="How many weeks a round has; 0: none.")] = 0,
    unit: Unit = "units",
    as_json: AsJson = False,
) -> None:
    """What followed a date in one series: a structural model, with a placebo before the date."""
    from headwater.errors import StackError
    from kpis.links import interruption as method

    columns = [kpi, *(beside or ())]
    grid = _grid(file, "", time, columns)
    try:
        at = grid.place(start)
    except ValueError as error:
        raise StackError(
            f"--start {start}: {error}. To fix: name a date or number as in '{time}'."
        ) from error
    told = method.estimated(
        grid[kpi][0],
        at,
        _subject(kpi, unit, name),
        season=season,
        beside=[grid[each][0] for each in beside or ()],
    )
    _show(told, as_json)


@app.command("run")
def run_all(data: Data = None) -> None:
    """Estimate every pair of a KPI with a behaviour or a rollout, and keep what was found.

    Of team-weeks that may be shown: teams below the minimum group are never in it. What was
    estimated of the same data before is taken from there. The rows are in `kpi.links`; what the
    last run found is in `viewer.links`. It comes by itself every night.
    """
    from collections import Counter

    from headwater import running
    from headwater.errors import StackError
    from kpis.links import runs
    from warehouse import Warehouse, WarehouseError

    warehouse = Warehouse(running.target(data).warehouse)
    try:
        rows = runs.run(warehouse, told=lambda line: typer.echo(line, err=True))
    except WarehouseError as error:
        raise StackError(_unasked(error)) from error
    finally:
        warehouse.close()
    kinds = Counter(row.link.kind.value for row in rows)
    counted = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
    anew = sum(row.anew for row in rows)
    said = f"{len(rows)} links: {counted}; {anew} estimated anew"
    typer.echo(said if rows else "no KPI has a figure beside learning")


@app.command("list")
def list_all(
    everything: Annotated[
        bool, typer.Option("--all", help="Also where nothing was found, or data are missing.")
    ] = False,
    data: Data = None,
) -> None:
    """What the last run found: kind, estimate, interval and verdict of each."""
    from rich.console import Console
    from rich.table import Table as Drawn

    from kpis.links.verdicts import figure

    rows = _asked(data, "links/last")
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = 200
    drawn = Drawn("id", "method", "kpi", "behaviour", "kind", "estimate", "95 % interval", "teams")
    hidden = 0
    for row in rows:
        if row["kind"] in ("missing", "nothing") and not everything:
            hidden += 1
            continue
        told = row["estimate"] is not None
        drawn.add_row(
            row["id"][:8],
            row["method"],
            row["kpi"],
            row["behaviour"],
            row["kind"],
            figure(row["estimate"]) if told else "",
            f"{figure(row['low'])} to {figure(row['high'])}" if told else "",
            str(row["clusters"]),
        )
    if drawn.row_count:
        console.print(drawn)
    if hidden:
        console.print(f"{hidden} more where nothing was found or data are missing (--all)")
    if not rows:
        console.print("nothing was estimated yet (`headwater links run`)")


@app.command()
def show(
    id: Annotated[str, typer.Argument(metavar="ID", help="Its id, or how it begins.")],
    data: Data = None,
) -> None:
    """One link whole: verdict, figures, profile, what it came from; and the same computed again.

    The exit code is 1 where the same data do not give the same figures.
    """
    from headwater import running
    from headwater.errors import StackError
    from kpis.links import runs
    from warehouse import Warehouse, WarehouseError

    if not id.isalnum():
        raise StackError(f"{id} is no id of a link. To fix: `headwater links list` has them.")
    rows = _asked(data, "links/one", id=id)
    if not rows:
        raise StackError(f"there is no link {id}. To fix: `headwater links list --all` has them.")
    row = rows[0]
    typer.echo(row["verdict"])
    for name, value in row.items():
        if name not in ("verdict", "profile"):
            typer.echo(f"  {name}: {value}")
    for point in row["profile"]:
        at, estimate, low, high = point.values() if isinstance(point, dict) else point
        typer.echo(f"  at {at:+d}: {estimate:.4f} ({low:.4f} to {high:.4f})")
    warehouse = Warehouse(running.target(data).warehouse)
    try:
        again = runs.again(warehouse, row)
    except WarehouseError as error:
        raise StackError(_unasked(error)) from error
    finally:
        warehouse.close()
    if again is None or again.question.data != row["data"]:
        typer.echo("computed again: not possible, for these weeks hold other figures now")
        return
    same = runs.alike(again, row)
    typer.echo(f"computed again from the same data: {'the same' if same else 'other figures'}")
    if not same:
        raise typer.Exit(1)


def _asked(data: Path | None, query: str, **parameters: str) -> "list[dict[str, Any]]":
    from headwater import running
    from headwater.errors import StackError
    from warehouse import Warehouse, WarehouseError

    warehouse = Warehouse(running.target(data).analyst)
    try:
        return warehouse.dicts(query, **parameters)
    except WarehouseError as error:
        raise StackError(_unasked(error)) from error
    finally:
        warehouse.close()


def _unasked(error: Exception) -> str:
    return f"the warehouse could not be asked: {error}. To fix: see `headwater status`."


def _grid(file: Path, team: str, time: str, columns: list[str]) -> "Grid":
    from headwater.errors import StackError
    from kpis.links import frames
    from kpis.links.errors import BadTable

    try:
        return frames.laid_out(frames.read(file), team, time, columns)
    except BadTable as error:
        raise StackError(f"{file}: {error}. To fix: correct the table, or the options.") from error


def _floor(floor: "Floor", teams: int | None, weeks: int | None) -> "Floor":
    from dataclasses import replace

    return replace(
        floor,
        teams=floor.teams if teams is None else teams,
        weeks=floor.weeks if weeks is None else weeks,
    )


def _subject(kpi: str, unit: str, behaviour: str) -> "Subject":
    from kpis.links.link import Subject

    return Subject(kpi=kpi, unit=unit, behaviour=behaviour)


def _show(link: "Link", as_json: bool) -> None:
    from kpis.links.told import as_rows, as_text

    if as_json:
        typer.echo(as_text(link))
        return
    from rich.console import Console
    from rich.table import Table as Drawn

    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = 200
    for title, names, rows in as_rows(link):
        table = Drawn(*names, title=title, title_justify="left")
        for row in rows:
            table.add_row(*row)
        console.print(table)
    console.print(link.verdict, markup=False)
