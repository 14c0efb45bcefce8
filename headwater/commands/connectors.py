"""`headwater connectors`: which tools are known, and what becomes of what one sends."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from headwater.errors import StackError
from headwater.running import REAL

if TYPE_CHECKING:
    from producers.connections import Connection

app = typer.Typer(name="connectors")

File = Annotated[
    Path,
    typer.Argument(
        metavar="FILE",
        help="A delivery (JSON with `headers` and `body`; its body alone where that is enough) "
        "or an API page (`stream` and `replies`), maybe with `options`, as in the examples.",
    ),
]
Name = Annotated[
    str,
    typer.Argument(metavar="CONNECTION", help="Of the file of connections; or a tool's connector."),
]
Config = Annotated[
    Path | None,
    typer.Option(
        "--config",
        metavar="FILE",
        envvar="HEADWATER_CONNECTIONS",
        help="The file of connections: ./data/connections.toml if unset. No secret is read.",
    ),
]


@app.callback(invoke_without_command=True)
def connectors(context: typer.Context) -> None:
    """The work tools that are known, and what becomes of what they send."""
    if context.invoked_subcommand is None:
        list_connectors()


@app.command("list")
def list_connectors() -> None:
    """List the connectors, and how their events come."""
    from producers.connector import ANY
    from producers.registry import all_connectors

    for name, connector in sorted(all_connectors().items()):
        ways = [
            w for w, there in (("webhook", connector.webhook), ("poll", connector.poll)) if there
        ]
        kinds = f"{len(connector.mappers)} kinds mapped, {len(connector.ignored)} ignored"
        if ANY in connector.mappers:
            kinds = "kinds mapped as its connection's rules say"
        typer.echo(f"{name}  {connector.title}: {' and '.join(ways)}; {kinds}; {connector.docs}")


@app.command("try")
def try_record(name: Name, file: File, config: Config = None) -> None:
    """Show what becomes of a recorded delivery or API page, and send nothing anywhere.

    No signature is looked at. Options are the connection's, or those that FILE gives.
    """
    typer.echo(json.dumps(_became(_connection(name, config), file), indent=1, ensure_ascii=False))


def _connection(name: str, config: Path | None) -> "Connection":
    """A connection of the file; or, of no file, one of a connector without options of its own."""
    from producers.connections import Connection, load
    from producers.errors import ConnectionsError
    from producers.registry import all_connectors

    path = config or REAL / "connections.toml"
    try:
        there = load(path, secrets=False) if config or path.exists() else {}
    except ConnectionsError as error:
        raise StackError(f"{error}. To fix: correct it (docs/connecting.md).") from error
    connectors = all_connectors()
    if name in there:
        return there[name]
    if name in connectors:
        return Connection(name, connectors[name], b"")
    raise StackError(
        f"{name!r} is neither a connection of {path} ({', '.join(sorted(there)) or 'none'}) nor a "
        f"connector. To fix: name one of {', '.join(sorted(connectors))}."
    )


def _became(connection: "Connection", file: Path) -> list[dict[str, Any]]:
    from dataclasses import replace

    import orjson
    from pydantic import ValidationError

    from producers import recorded
    from producers.errors import ProducerError
    from producers.intake import Intake

    connector = connection.connector
    try:
        record = orjson.loads(file.read_bytes())
        given = recorded.options(record)
        if given is not None or not isinstance(connection.options, connector.options):
            options = connector.options.model_validate(given or {})
            connection = replace(connection, options=options)
        found = recorded.found(connector, record, connection.options)
    except OSError as error:
        raise StackError(
            f"{file} cannot be read: {error.strerror}. To fix: name a file."
        ) from error
    except ProducerError as error:
        raise StackError(f"{file}: {error}. To fix: write what the tool sends.") from error
    except ValidationError as error:
        wrong = "; ".join(
            f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors()
        )
        raise StackError(
            f"{file}, options: {wrong}. To fix: name a connection that has them, or see "
            "docs/connectors.md."
        ) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise StackError(
            f"{file} is no delivery. To fix: write JSON with `headers` and `body`, as the files in "
            f"producers/connectors/{connector.name}/examples."
        ) from error
    intake = Intake(connection)
    return recorded.told(intake.map(each.kind, each.event) for each in found)
