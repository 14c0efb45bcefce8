"""`headwater directory unresolved`, `link` and `unlink`: accounts that no person stands for; and
`headwater directory findable`: whether somebody may be named.
"""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from headwater.running import Data

if TYPE_CHECKING:
    from headwater.running import Running
    from producers.load import Sent

#: The load whose commands these are beside.
GROUP = "directory"
WAIT_SECONDS = 30.0
Account = Annotated[
    str, typer.Argument(metavar="ACCOUNT", help="As in people.csv: `slack:U0123ABCD`.")
]
T = TypeVar("T")


class Word(StrEnum):
    """What somebody says of being named."""

    YES = "yes"
    NO = "no"


def add(group: typer.Typer) -> None:
    """Adds the commands to the directory's."""
    for command in (unresolved, link, unlink, findable):
        group.command()(command)


def unresolved(
    as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False,
    data: Data = None,
) -> None:
    """List accounts with learning events that no person stands for, by tool.

    A suggestion is the one person who has another account with the same verified address.
    """
    import json

    from headwater import running
    from producers.accounts import written

    found = [
        {"tool": tool, "account": written(identifier), "events": events,
         "last_seen": last, "suggestion": suggestion or None}
        for tool, identifier, events, last, suggestion in _asked(
            running.found(data), "directory/unresolved"
        )
    ]  # fmt: skip
    if as_json:
        typer.echo(json.dumps(found, indent=2))
    elif found:
        _tell(found)
    else:
        typer.echo("a person stands for every account with learning events")


def _tell(found: list[dict[str, Any]]) -> None:
    from rich.box import SIMPLE
    from rich.console import Console
    from rich.table import Table

    table = Table(box=SIMPLE)
    for name in ("tool", "account", "events", "last seen", "suggestion"):
        table.add_column(name, justify="right" if name == "events" else "left", overflow="fold")
    for one in found:
        table.add_row(*(str(value if value is not None else "") for value in one.values()))
    Console(markup=False, highlight=False).print(table)
    if sure := [one for one in found if one["suggestion"]]:
        first = sure[0]
        typer.echo(f"confirm with `headwater directory link {first['account']} PERSON`")


def link(
    account: Account,
    person: Annotated[str, typer.Argument(metavar="PERSON", help="The id in people.csv.")],
    data: Data = None,
) -> None:
    """Say that an account is a person's, for good: later loads of people.csv leave it.

    What people.csv itself says of the account goes before it. `headwater directory unlink ACCOUNT`
    takes it back.
    """
    from headwater import running
    from headwater.errors import StackError
    from producers.links import LINKS, Link

    stack = running.target(data)
    identifier = _identifier(account)
    people = _people(stack)
    if person not in people:
        raise StackError(
            f"the person {person!r} is not in the directory. To fix: take an id of people.csv, or "
            "load the file first."
        )
    for name, accounts in people.items():
        if identifier in accounts:
            raise StackError(
                f"people.csv says that {account} is {name!r}'s, which goes before a link. To fix: "
                "correct it there, and load the file."
            )
    _send(stack, LINKS, "link", Link(identifier, person=person))


def unlink(account: Account, data: Data = None) -> None:
    """Take back that an account is the person's to whom it was linked by hand."""
    from headwater import running
    from headwater.errors import StackError
    from producers.links import LINKS, Link

    stack = running.target(data)
    identifier = _identifier(account)
    if [identifier] not in [list(row) for row in _asked(stack, "directory/linked")]:
        raise StackError(
            f"{account} is linked to nobody by hand. To fix: see `headwater directory unresolved`; "
            "what people.csv says is changed there."
        )
    _send(stack, LINKS, "link", Link(identifier, person=""))


def findable(
    person: Annotated[str, typer.Argument(metavar="PERSON", help="The id in people.csv.")],
    word: Annotated[Word, typer.Argument(metavar="yes|no", help="Whether they agreed to it.")],
    data: Data = None,
) -> None:
    """Say whether a person may be named as somebody who knows a topic.

    It holds as soon as the worker has taken it in, and the command waits for that: a second or so,
    and longer where the worker is behind. Until it says that the warehouse holds it, it does not.

    A no stands until a yes is said here: no people.csv takes it back. After a yes, a file that says
    no does.
    """
    from headwater import running
    from headwater.errors import StackError
    from producers.consents import CONSENTS, Consent

    stack = running.target(data)
    if person not in _people(stack):
        raise StackError(
            f"the person {person!r} is not in the directory. To fix: take an id of people.csv."
        )
    _send(stack, CONSENTS, "consent", Consent(person, word is Word.YES))


def _identifier(account: str) -> str:
    from headwater.errors import StackError
    from producers import accounts
    from producers.errors import InvalidCell

    try:
        return accounts.account(account)
    except InvalidCell as error:
        raise StackError(f"{error}. To fix: write it as people.csv would.") from error


def _people(stack: "Running") -> dict[str, frozenset[str]]:
    """Person → the accounts that people.csv gives them."""
    import json

    return {
        person: frozenset(json.loads(value).get("accounts", ()))
        for person, value in _asked(stack, "directory/people_current")
    }


def _asked(stack: "Running", query: str, **parameters: Any) -> list[Any]:
    from headwater.errors import StackError
    from warehouse import Warehouse, WarehouseError

    warehouse = Warehouse(stack.warehouse)
    try:
        return list(warehouse.rows(query, **parameters))
    except WarehouseError as error:
        raise StackError(f"the warehouse could not be asked: {error}") from error
    finally:
        warehouse.close()


def _send(stack: "Running", how: "Sent[T]", of: str, one: T) -> None:
    """Sends one link or consent as a load, and waits until it counts."""
    from bus.errors import BrokerUnavailable
    from headwater import running
    from headwater.errors import StackError

    try:
        identifier = running.send(how, of, stack.kafka, [one])
    except BrokerUnavailable as error:
        raise StackError(f"nothing was changed: {error}") from error
    there = running.until(lambda: _asked(stack, "directory/load", load=identifier), WAIT_SECONDS)
    running.arrived(there, "directory", of)
