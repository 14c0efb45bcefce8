"""`headwater rollout`: what was begun in which teams, so that what followed can be told."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from headwater.running import Data

if TYPE_CHECKING:
    from warehouse import Warehouse

app = typer.Typer(name="rollout")

Name = Annotated[str, typer.Argument(metavar="NAME", help="What it is called on boards.")]
#: What to do where the warehouse does not answer.
_FIX = ". To fix: see `headwater status`."


@app.callback()
def rollout() -> None:
    """What was begun in which teams and when, beside which KPIs are looked at (docs/links.md)."""


@app.command()
def add(
    name: Name,
    teams: Annotated[str, typer.Option(help="The teams that begin, with commas between them.")],
    begins: Annotated[
        datetime, typer.Option("--date", formats=["%Y-%m-%d"], help="Their first day with it.")
    ],
    what: Annotated[str, typer.Option(help="What it is, in a sentence.")] = "",
    data: Data = None,
) -> None:
    """Declare that teams begin with something on a day; it is on the boards within seconds.

    Teams that begin on another day are declared by the same name. What followed is estimated with
    the next run of links, which comes by itself.
    """
    from headwater import running
    from headwater.errors import StackError
    from kpis import declared

    start = begins.date()
    named = dict.fromkeys(part.strip() for part in teams.split(",") if part.strip())
    some = [declared.Begun(name.strip(), team, start, what.strip()) for team in named]

    def write(warehouse: "Warehouse") -> tuple[list[str], date]:
        known, there = declared.teams(warehouse), declared.declared(warehouse)
        wrong = list(declared.problems(some, known, there))
        if not wrong:
            declared.declare(warehouse, some)
        return wrong, declared.today(warehouse)

    wrong, today = running.asked(running.target(data).warehouse, write, _FIX)
    if wrong:
        raise StackError(f"{'; '.join(wrong)}. To fix: correct it; nothing was written.")
    typer.echo(f"{name.strip()}: {', '.join(named)} from {start} on")
    if start > today:
        typer.echo(f"{start} is yet to come: nothing is said of it before enough weeks are over")


@app.command("list")
def list_all(data: Data = None) -> None:
    """Rollouts with their days and teams."""
    from itertools import groupby

    from headwater import running
    from kpis import declared

    found = running.asked(running.found(data).analyst, declared.declared, _FIX)
    for (name, start), some in groupby(found, key=lambda each: (each.rollout, each.start)):
        begun = list(some)
        what = f" ({begun[0].what})" if begun[0].what else ""
        typer.echo(f"{start} {name}{what}: {', '.join(each.team for each in begun)}")
    if not found:
        typer.echo("no rollout is declared (`headwater rollout add`)")


@app.command()
def remove(
    name: Name,
    teams: Annotated[
        str, typer.Option(help="Of these teams only, with commas between them; unset: of all.")
    ] = "",
    data: Data = None,
) -> None:
    """Take a rollout back that was declared by mistake."""
    from headwater import running
    from headwater.errors import StackError
    from kpis import declared

    only = {part.strip() for part in teams.split(",") if part.strip()}

    def take(warehouse: "Warehouse") -> list[declared.Begun]:
        there = [each for each in declared.declared(warehouse) if each.rollout == name.strip()]
        mine = [each for each in there if not only or each.team in only]
        if mine and only <= {each.team for each in mine}:
            declared.remove(warehouse, mine)
            return mine
        return []

    taken = running.asked(running.target(data).warehouse, take, _FIX)
    if not taken:
        whose = f" in {', '.join(sorted(only))}" if only else ""
        raise StackError(
            f"there is no rollout {name.strip()}{whose}. To fix: `headwater rollout list` has them."
        )
    typer.echo(f"{name.strip()} was taken back: {', '.join(each.team for each in taken)}")
