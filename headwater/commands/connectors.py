"""`headwater connectors`: which tools are known, and what becomes of what one sends."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from headwater import running
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
Connections = Annotated[
    Path | None,
    typer.Option(
        "--config",
        metavar="FILE",
        envvar="HEADWATER_CONNECTIONS",
        help="The file of connections: ./data/connections.toml if unset.",
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
        doors = {
            "webhook": connector.webhook,
            "pages": connector.beacon,
            "poll": connector.poll,
        }
        ways = [way for way, there in doors.items() if there]
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


@app.command()
def add(
    tool: Annotated[str, typer.Argument(metavar="TOOL", help="A connector of the list.")],
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="What the connection is called; unset, as TOOL.")
    ] = "",
    options: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="OPTION=VALUE",
            help="An option of the connector (docs/connectors.md), as TOML, as a plain text, or as "
            "a list with commas; as often as needed.",
        ),
    ] = None,
    secret: Annotated[
        str,
        typer.Option(
            help="What signs deliveries: `env:NAME` or `file:PATH` as connections.toml says it, or "
            "`-` to read a line from the standard input. Unset, a random one is made where the "
            "tool takes one of ours, and it is asked for where the tool has one of its own."
        ),
    ] = "",
    token: Annotated[
        str, typer.Option(help="With what the tool is asked; as --secret. Unset it is asked for.")
    ] = "",
    public: Annotated[
        str,
        typer.Option(
            metavar="URL",
            help="The address under which the tool reaches the hooks server, before `/hooks/`.",
        ),
    ] = "",
    config: Connections = None,
    no_input: Annotated[
        bool, typer.Option("--no-input", help="Ask nothing: what is missing is told by name.")
    ] = False,
) -> None:
    """Add a connection: ask for what the tool needs, write it down, say what to paste where.

    What stands in the file stays as it is. Secrets go to files beside it that only you may read.
    """
    from headwater.connecting import Adding, asked, told
    from headwater.docs import said_of
    from producers.registry import all_connectors

    connector = all_connectors().get(tool)
    if connector is None:
        known = ", ".join(sorted(all_connectors()))
        raise StackError(f"there is no connector {tool!r}. To fix: name one of {known}.")
    path = config or REAL / "connections.toml"
    adding = Adding(connector, name or tool, path, public or _local(path))
    for each in options or ():
        option, sign, value = each.partition("=")
        if not sign:
            raise StackError(f"--set {each!r} has no value. To fix: write --set OPTION=VALUE.")
        if fault := adding.take(option.strip(), value.strip()):
            raise adding.wrong(fault)
    for key, given in (("secret", secret), ("token", token)):
        if given:
            adding.given[key] = _credential(key, given)
    asked(adding, _silent if no_input else _ask, typer.echo, said_of(connector.options))
    adding.write()
    told(adding, typer.echo)
    if connector.webhook and not public:
        typer.echo(f"{connector.title} must reach {adding.public}: by a proxy or a tunnel (README)")


def _credential(key: str, given: str) -> str:
    if given == "-":
        return typer.get_text_stream("stdin").readline().strip()
    if not given.startswith(("env:", "file:")):
        raise StackError(
            f"--{key} names where it is and is not the {key} itself, which others would see. To "
            f"fix: `--{key} env:NAME`, `--{key} file:PATH`, or `--{key} -` to read a line."
        )
    return given


def _ask(what: str, hidden: bool) -> str:
    try:
        said = typer.prompt(what, default="", show_default=False, hide_input=hidden)
    except typer.Abort as error:
        raise StackError(
            f"nobody answers what is asked: {what}. To fix: give it by an option "
            "(`headwater connectors add --help`)."
        ) from error
    return str(said).strip()


def _silent(_: str, __: bool) -> str:
    return ""


def _local(path: Path) -> str:
    """The hooks server's address on this machine: of the stack that has the file, or as set."""
    from producers.settings import HookSettings

    if (path.parent / "stack.json").exists():
        return running.found(path.parent).hooks[0]
    settings = HookSettings()
    return f"http://{settings.hooks_host}:{settings.hooks_port}"


@app.command()
def check(
    name: Annotated[
        str, typer.Argument(metavar="CONNECTION", help="Of the file; unset, all of them.")
    ] = "",
    config: Connections = None,
) -> None:
    """Read the file of connections, ask each tool for a first page, and keep nothing.

    Says of each list that is asked for whether it can be read with the connection's token, and what
    its newest or oldest page holds; of the tool's user list, where the connection reads it, whether
    an address counts. The exit code is 1 where one cannot.
    """
    import asyncio

    from producers.connections import load
    from producers.errors import ConnectionsError

    path = config or REAL / "connections.toml"
    try:
        connections = load(path)
    except ConnectionsError as error:
        raise StackError(f"{error}. To fix: correct it (docs/connecting.md).") from error
    if name and name not in connections:
        raise StackError(
            f"{path} has no connection {name!r} ({', '.join(sorted(connections)) or 'none'}). To "
            "fix: name one of them."
        )
    some = [one for one in connections.values() if name in ("", one.name)]
    well = [asyncio.run(_check(one)) for one in some]
    if not all(well):
        raise typer.Exit(1)


@app.command()
def poll(
    name: Annotated[str, typer.Argument(metavar="CONNECTION", help="Of the file.")],
    since: Annotated[
        datetime,
        typer.Option(
            formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"],
            metavar="DATE",
            help="From when on: a day, or a moment, in UTC.",
        ),
    ],
    anew: Annotated[
        bool, typer.Option("--anew", help="Begin again, though an earlier run got somewhere.")
    ] = False,
    config: Annotated[
        Path | None,
        typer.Option(
            "--config",
            metavar="FILE",
            envvar="HEADWATER_CONNECTIONS",
            help="The file of connections: that of the stack if unset.",
        ),
    ] = None,
    data: running.Data = None,
) -> None:
    """Read a connection's lists from DATE on, beside the poller: what happened before it came.

    Stopped or killed it goes on where it was, with the same command. What is there already does not
    count again, and the poller goes on from where it is.
    """
    import asyncio

    from headwater.backfilling import Unread, backfilled

    stack = running.target(data)
    try:
        asyncio.run(backfilled(stack, name, since.replace(tzinfo=UTC), config, anew=anew))
    except Unread as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    except KeyboardInterrupt:
        typer.echo("stopped; the same command goes on from here", err=True)
        raise typer.Exit(130) from None


async def _check(connection: "Connection") -> bool:
    """Says how a connection is; whether all of it is well."""
    from producers.checking import checked
    from producers.intake import Intake
    from producers.poller import interface

    connector, well = connection.connector, True
    if connector.webhook:
        typer.echo(f"{connection.name}: {connector.title} may deliver to /hooks/{connection.name}")
    if not connection.polled:
        if connector.poll:
            typer.echo(f"{connection.name}: is not asked, for it has no token")
        return well
    intake = Intake(connection)
    api = interface(intake)
    try:
        async for one in checked(intake, api):
            well = well and one.well
            sign = "" if one.well else "NOT WELL: "
            typer.echo(f"{connection.name}/{one.stream}: {sign}{one.said}")
    finally:
        await api.close()
    return well


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
