"""`headwater reactions`: the part that raises them; its rules, tried and put in force."""

import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from headwater import parts, process
from headwater.running import Data

if TYPE_CHECKING:
    from headwater.letters import Letters
    from headwater.running import Running
    from reactions.document import Document, Rule
    from reactions.message import Message

app = typer.Typer(name="reactions")

File = Annotated[Path, typer.Argument(help="As in docs/reactions.md.", exists=True, dir_okay=False)]
#: How far back history is tried unless told otherwise.
TRIED = timedelta(days=30)


@app.callback(invoke_without_command=True)
def reactions(context: typer.Context) -> None:
    """Raises what the rules of a reactions.toml find, and tells whom they name."""
    if context.invoked_subcommand is None:
        process.serve(parts.named("reactions"))


@app.command()
def check(file: File) -> None:
    """Read a reactions.toml; say what is wrong with it, and on which line."""
    document, _ = _read(file)
    for rule in document.rule:
        typer.echo(_told(rule))
    for target in document.target:
        typer.echo(f"{target.name}: {target.kind}, at most {target.limit} messages a day")
    typer.echo(f"{file}: {len(document.rule)} rules, {len(document.target)} targets")


@app.command("try")
def try_(
    file: Annotated[
        Path | None,
        typer.Argument(
            help="As in docs/reactions.md; unset, the rules in force, else every rule there is.",
            exists=True,
            dir_okay=False,
        ),
    ] = None,
    begin: Annotated[
        datetime | None,
        typer.Option("--from", formats=["%Y-%m-%d"], help="The first day; unset, 30 days ago."),
    ] = None,
    data: Data = None,
) -> None:
    """Show which cases each rule would have raised from a day on, and raise none."""
    from headwater import running
    from reactions import letter, memory, message, rules
    from reactions.document import EVERY
    from reactions.server import work_time
    from warehouse import Warehouse

    document = _read(file)[0] if file else None
    stack = running.found(data)
    page = _page(stack, data)
    with _asking():
        warehouse = Warehouse(stack.warehouse)
        if document is None:
            document = memory.in_force(warehouse).document
        work = work_time(warehouse)
        now = datetime.now(UTC)
        since = work.midnight(begin.date() if begin else work.day(now - TRIED))
        for rule in document.rule or EVERY.rule:
            found = rules.cases(
                warehouse, rule, work, since, rules.until(warehouse, [rule.when], now)
            )
            typer.echo(f"{rule.name}: {len(found)} since {work.day(since)}")
            for case in found:
                said = letter.written(case, rule, document, page)
                typer.echo("  " + _line(said or message.of(case), work.day(case.at).isoformat()))
                for line in said.lines if said else ["Nothing can be said of it."]:
                    typer.echo("    " + line)


@app.command()
def apply(file: File, data: Data = None) -> None:
    """Put a reactions.toml in force: its rules raise what arises from now on.

    An empty file turns all of them off. A rule that was in force as it is stays so.
    """
    from headwater import running
    from reactions import memory
    from warehouse import Warehouse

    document, text = _read(file)
    stack = running.target(data)
    with _asking():
        memory.put_in_force(Warehouse(stack.warehouse), text)
    typer.echo(f"{len(document.rule)} rules are in force, for what arises from now on")


@app.command()
def show(data: Data = None) -> None:
    """Print the rules in force, as they were written."""
    from headwater import running
    from warehouse import Warehouse

    stack = running.found(data)
    with _asking():
        rows = Warehouse(stack.warehouse).rows("reactions/in_force")
    typer.echo(rows[0][1].rstrip("\n") if rows else "# no rules were ever put in force")


@app.command("list")
def list_(
    last: Annotated[int, typer.Option(min=1, max=10_000, help="The latest so many.")] = 20,
    data: Data = None,
) -> None:
    """List the rules, which of them are on, and the latest reactions with what became of them."""
    from headwater import running
    from reactions import memory, message
    from reactions.document import EVERY
    from reactions.worktime import moment
    from warehouse import Warehouse

    stack = running.found(data)
    with _asking():
        warehouse = Warehouse(stack.warehouse)
        held = memory.in_force(warehouse)
        for rule in held.document.rule:
            typer.echo(f"on   {_told(rule)}, since {held.since[rule.name]:%Y-%m-%d %H:%M} UTC")
        on = {rule.when for rule in held.document.rule}
        for rule in EVERY.rule:
            if rule.when not in on:
                typer.echo(f"off  {_told(rule)}")
        for _, name, at, said, state, told in warehouse.rows("reactions/latest", most=last):
            when = f"{moment(at):%Y-%m-%d %H:%M}"
            typer.echo(f"{_line(message.decoded(said), when)} [{name}: {state}]")
            for target, became, reason in told:
                typer.echo(f"  {target}: {became}" + (f", {reason}" if reason else ""))


@contextlib.contextmanager
def _asking() -> Iterator[None]:
    """Tells what the warehouse or the rules in force say, as the command's own error."""
    from headwater.errors import StackError
    from reactions.errors import ReactionsError
    from warehouse import WarehouseError

    try:
        yield
    except WarehouseError as error:
        raise StackError(f"the warehouse could not be asked: {error}") from error
    except ReactionsError as error:
        raise StackError(str(error)) from error


def _page(stack: "Running", data: Path | None) -> "Letters":
    """The page of a stack, as letters ask it; nothing is printed of it."""
    from dashboards.saved import SavedViews
    from headwater.letters import Letters

    folder = stack.views(data)
    return Letters(stack.analyst, "", None, SavedViews(folder) if folder else None)


def _read(file: Path) -> "tuple[Document, str]":
    from headwater.errors import StackError
    from reactions.document import read
    from reactions.errors import DocumentError

    try:
        text = file.read_text("utf-8")
        return read(text, str(file)), text
    except (OSError, UnicodeDecodeError) as error:
        raise StackError(f"{file}: {error}") from error
    except DocumentError as error:
        raise StackError(str(error)) from error


def _told(rule: "Rule") -> str:
    """A rule on a line."""
    from reactions.rules import WHENS, amount_of

    limits = [
        f"{name} {' or '.join(values)}"
        for name, values in (("topic", rule.topic), ("team", rule.team))
        if values
    ]
    named = rule.name if rule.name == rule.when else f"{rule.name} ({rule.when})"
    whom = f"tells {', '.join(rule.deliver)}" if rule.deliver else "tells nobody"
    number, unit = amount_of(rule), WHENS[rule.when].unit
    amount = f"{number:g} {unit.removesuffix('s') if number == 1 else unit}"
    limits += [f"view {rule.view}"] if rule.view else []
    limits += ["with a PDF"] if rule.pdf else []
    return ", ".join((f"{named}: {amount}", *limits, whom))


def _line(said: "Message", when: str) -> str:
    return " ".join(filter(None, (when, said.said, said.link)))
