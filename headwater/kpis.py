"""`headwater kpi list` and `headwater kpi pull`: the catalogue of KPIs, and figures that are asked
for (docs/kpis.md)."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from headwater.running import Data, Invented

if TYPE_CHECKING:
    from headwater.running import Running
    from xapi.catalogue import Catalogue, Pull

#: The load whose commands these are beside.
GROUP = "kpi"
WAIT_SECONDS = 30.0


def add(group: typer.Typer) -> None:
    """Adds the commands to those of figures."""
    group.command("list")(list_kpis)
    group.command()(pull)


def list_kpis(
    as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False,
    data: Data = None,
) -> None:
    """List the KPIs: what kpis.toml declares, and which figures the warehouse has."""
    import json

    from headwater import running

    stack = running.found(data)
    found = _listed(_catalogue(stack), _asked(stack, "kpi/listed"))
    if as_json:
        typer.echo(json.dumps(found, indent=1, ensure_ascii=False))
    elif not found:
        typer.echo("there are no KPIs: declare one in kpis.toml (docs/kpis.md), or load figures")
    else:
        _table(found)


def pull(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="Of one [[pull]] of kpis.toml; without it, all.")
    ] = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Ask, and show what would change.")
    ] = False,
    wait: Annotated[
        bool, typer.Option("--wait/--no-wait", help="Wait until the warehouse holds the figures.")
    ] = True,
    synthetic: Invented = False,
    data: Data = None,
) -> None:
    """Ask the sources of figures that kpis.toml names, now; each is taken whole or not at all."""
    from headwater import running
    from headwater.errors import StackError
    from producers.errors import NotPulled

    stack = running.target(data, invented=synthetic)
    catalogue = _catalogue(stack)
    chosen = [each for each in catalogue.pull if name in ("", each.name)]
    if not chosen:
        there = ", ".join(each.name for each in catalogue.pull) or "none"
        what = f"no [[pull]] is called {name!r}" if name else "kpis.toml has no [[pull]]"
        raise StackError(f"{what}; there are: {there}. To fix: declare it (docs/kpis.md).")
    failed = []
    for each in chosen:
        typer.echo(f"{each.name}:")
        try:
            _pull(stack, each, catalogue, dry_run=dry_run, wait=wait)
        except NotPulled as error:
            typer.echo(f"{each.name}: {error}", err=True)
            failed.append(each.name)
    if failed:
        raise StackError(
            f"nothing was taken of {', '.join(failed)}. To fix: see the lines above, and the "
            "[[pull]] in kpis.toml."
        )


def _pull(
    stack: "Running", wanted: "Pull", catalogue: "Catalogue", *, dry_run: bool, wait: bool
) -> None:
    """Asks one source and sends its figures. Raises NotPulled, and StackError."""
    from bus.errors import BrokerUnavailable
    from headwater import running
    from headwater.errors import StackError
    from producers.loads.kpi import load
    from producers.pulling import figures
    from producers.settings import PullSettings

    asking = figures.Asking(_path(stack).parent, PullSettings().hosts)
    known = load.know({name: _asked(stack, query) for name, query in load.asks.items()})
    checked = figures.found(wanted, catalogue, asking, known)
    for warning in checked.warnings:
        typer.echo(f"warning: {warning}", err=True)
    for line in load.changes(checked, known):
        typer.echo(line)
    if dry_run:
        typer.echo("nothing was loaded: this was a dry run")
        return
    try:
        identifier = running.send(load, load.of, stack.kafka, checked.entries)
    except BrokerUnavailable as error:
        raise StackError(f"the figures were not loaded: {error}") from error
    if wait and (query := load.arrived):
        there = running.until(lambda: _asked(stack, query, load=identifier), WAIT_SECONDS)
        running.arrived(there, load.title, load.of)


def _path(stack: "Running") -> Any:
    from headwater import running
    from headwater.errors import StackError
    from xapi.catalogue import FILE

    path = running.place_beside(stack, FILE)
    if path is None:
        raise StackError("it is not known where kpis.toml is. To fix: set HEADWATER_KPIS.")
    return path


def _catalogue(stack: "Running") -> "Catalogue":
    """What kpis.toml says; nothing where there is none."""
    from headwater import running
    from headwater.errors import StackError
    from xapi.catalogue import FILE, NONE, CatalogueError, read

    text = running.beside(stack, FILE)
    try:
        return NONE if text is None else read(text)
    except CatalogueError as error:
        raise StackError(f"{error}. To fix: correct that line (docs/kpis.md).") from error


def _asked(stack: "Running", query: str, **parameters: Any) -> Any:
    from headwater import running

    return running.asked(stack.warehouse, lambda one: one.rows(query, **parameters))


def _listed(catalogue: "Catalogue", rows: Any) -> list[dict[str, Any]]:
    """Every KPI that is declared or has figures, by name."""
    held = {row[0]: row for row in rows}
    pulls: dict[str, list[str]] = {}
    for each in catalogue.pull:
        pulls.setdefault(each.kpi or "", []).append(each.name)
    found = []
    for name in sorted(held.keys() | catalogue.kpis.keys()):
        declared = catalogue.kpis.get(name)
        _, unit, direction, origin, figures, teams, last = held.get(name) or (
            name,
            *[""] * 3,
            0,
            0,
            "",
        )
        found.append(
            {
                "kpi": name,
                "title": declared and declared.title,
                "unit": declared.unit if declared else unit,
                "direction": declared.direction if declared else direction,
                "aggregation": declared and declared.aggregation,
                "owner": declared and declared.owner,
                "source": declared.source
                if declared
                else "derived"
                if origin == "derived"
                else None,
                "matters": declared and declared.matters,
                "pulls": pulls.get(name, []),
                "declared": declared is not None,
                "figures": figures,
                "teams": teams,
                "last_period": str(last) if last else None,
            }
        )
    return found


def _table(found: list[dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = 200
    columns = ("kpi", "title", "unit", "direction", "aggregation", "owner", "source", "matters",
               "figures", "last_period")  # fmt: skip
    table = Table(*(name.replace("_", " ") for name in columns))
    for each in found:
        table.add_row(*(Text("" if each[name] is None else str(each[name])) for name in columns))
    console.print(table)
    if undeclared := [
        each["kpi"] for each in found if not each["declared"] and each["source"] is None
    ]:
        typer.echo(f"not in kpis.toml: {', '.join(undeclared)}", err=True)
