"""`headwater credentials`: who may use the LRS, and what each may do."""

import json
import os
from typing import TYPE_CHECKING, Annotated, Any

import typer

from headwater.running import Data

if TYPE_CHECKING:
    from headwater.running import Running
    from lrs.access.credential_records import Credential

app = typer.Typer(name="credentials")

SCOPES = (
    "statements/write, statements/void, statements/read, statements/read/mine, state, profile, "
    "define, kpi/write, all/read, all"
)
Name = Annotated[str, typer.Argument(metavar="NAME", help="The user name.")]


@app.callback()
def credentials() -> None:
    """Who may use the LRS, and what each may do.

    Those of HEADWATER_LRS_CREDENTIALS may do everything, and are not listed here.
    """


@app.command()
def add(
    name: Name,
    scope: Annotated[list[str], typer.Option(help=f"Repeat for several: {SCOPES}.")],
    authority: Annotated[
        str,
        typer.Option(help="Of its statements: an Agent as JSON, or home page/name; its account."),
    ] = "",
    rate: Annotated[
        str,
        typer.Option(help="Statements and requests a second, as in 100/s; a batch of n counts n."),
    ] = "",
    tolerant: Annotated[
        bool,
        typer.Option(
            "--tolerant",
            help="Mend known faults (docs/repairs.md), and set what is wrong aside.",
        ),
    ] = False,
    data: Data = None,
) -> None:
    """Make a credential, and print its secret: here and now, and never again."""
    from datetime import UTC, datetime

    from headwater import credentials as kept
    from headwater import running
    from headwater.errors import StackError
    from lrs.access.credential_records import made

    stack = running.target(data)
    home_page = os.environ.get("HEADWATER_LRS_AUTHORITY") or _default_home_page()
    created = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    agent = kept.authority(authority, name, home_page)
    credential, secret = made(name, scope, agent, created, _rate(rate), tolerant=tolerant)
    kept.checked(credential)
    topic = kept.Topic(stack.kafka)
    if name in topic.credentials():
        raise StackError(
            f"there is a credential {name} already. To fix: take another name, or "
            f"`headwater credentials revoke {name}` first."
        )
    _wait(stack, topic.write(name, credential))
    typer.echo(f"user   {name}\nsecret {secret}")
    typer.echo("the secret is shown this once; only its hash is kept", err=True)


@app.command("list")
def list_credentials(
    as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False,
    data: Data = None,
) -> None:
    """List the credentials with their scopes, authorities and rates."""
    from headwater import credentials as kept
    from headwater import running

    found = sorted(
        kept.Topic(running.target(data).kafka).credentials().values(), key=lambda each: each.name
    )
    if as_json:
        typer.echo(json.dumps([_described(each) for each in found], indent=1, ensure_ascii=False))
    elif not found:
        typer.echo("there are no credentials besides those of HEADWATER_LRS_CREDENTIALS")
    else:
        _table(found)


@app.command()
def revoke(name: Name, data: Data = None) -> None:
    """Revoke a credential: its next request is refused."""
    from headwater import credentials as kept
    from headwater import running
    from headwater.errors import StackError

    stack = running.target(data)
    topic = kept.Topic(stack.kafka)
    if name not in topic.credentials():
        raise StackError(f"there is no credential {name}: see `headwater credentials list`")
    _wait(stack, topic.write(name, None))
    typer.echo(f"{name} is revoked")


def _wait(stack: "Running", position: int) -> None:
    """Returns once the LRS knows; with none of ours running there is nothing to wait for."""
    from headwater import credentials as kept
    from headwater.errors import StackError

    try:
        url, _ = stack.lrs
    except StackError:
        return
    if not kept.known_to(url, position):
        typer.echo(
            f"written; the LRS at {url} has not read it yet, and does so when it runs", err=True
        )


def _default_home_page() -> str:
    from lrs.settings import LrsSettings

    return str(LrsSettings.model_fields["lrs_authority"].default)


def _rate(text: str) -> float:
    if not text:
        return 0.0
    try:
        rate = float(text.strip().removesuffix("/s"))
    except ValueError:
        rate = 0.0
    if not 0.001 <= rate <= 1e9:
        raise typer.BadParameter(f"{text!r} is not a rate as in 100/s", param_hint="--rate")
    return rate


def _described(credential: "Credential") -> dict[str, Any]:
    return {
        "name": credential.name,
        "scopes": list(credential.scopes),
        "authority": dict(credential.authority),
        "rate": credential.rate or None,
        "tolerant": credential.tolerant,
        "created": credential.created,
    }


def _table(found: "list[Credential]") -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = 200
    table = Table("name", "scopes", "authority", "rate", "tolerant", "created")
    for each in found:
        rate = f"{each.rate:g}/s" if each.rate else "any"
        agent = json.dumps(each.authority, ensure_ascii=False)
        tolerant = "yes" if each.tolerant else ""
        cells = (each.name, ", ".join(each.scopes), agent, rate, tolerant, each.created)
        table.add_row(*(Text(cell) for cell in cells))
    console.print(table)
