"""`headwater warehouse`: the embedded warehouse alone, and the workspaces of analysts.

The workspaces are those of whichever warehouse the stack has, embedded or a ClickHouse server.
"""

import json
from typing import Annotated

import typer

from headwater import parts, process
from headwater.process import Host, Port
from headwater.running import Data

app = typer.Typer(name="warehouse")

MIB = 1 << 20
Name = Annotated[str, typer.Argument(metavar="NAME", help="Whose it is: the user is analyst_NAME.")]


@app.callback(invoke_without_command=True)
def warehouse(context: typer.Context, host: Host = None, port: Port = None) -> None:
    """The embedded warehouse, over ClickHouse's HTTP interface; and databases of analysts' own."""
    if context.invoked_subcommand is None:
        process.serve(parts.named("warehouse"), host, port)


@app.command("grant-workspace")
def grant_workspace(
    name: Name,
    quota: Annotated[int, typer.Option(help="MiB that its tables may take on the disk.")] = 1024,
    tables: Annotated[int, typer.Option(help="Tables and views at most.")] = 100,
    data: Data = None,
) -> None:
    """Give an analyst the database workspace_NAME to write in, and print its user's secret, once.

    Again gives another secret and quota, and what is in it stays. The embedded warehouse starts
    again for it, within some seconds. On a ClickHouse server the quota is bytes written in a day,
    and tables are not counted.
    """
    from headwater import running
    from headwater.workspaces import Workspaces

    workspace, secret = Workspaces(running.target(data)).grant(name, quota * MIB, tables)
    typer.echo(f"user     {workspace.user}\nsecret   {secret}\ndatabase {workspace.database}")
    typer.echo("the secret is shown this once; only its hash is kept", err=True)


@app.command("list-workspaces")
def list_workspaces(
    as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False,
    data: Data = None,
) -> None:
    """List the workspaces, what is in them and how much may be."""
    from headwater import running
    from headwater.workspaces import Workspaces

    found = Workspaces(running.target(data)).listed()
    if as_json:
        typer.echo(json.dumps([each.as_data() for each in found], indent=1))
    elif not found:
        typer.echo("there are no workspaces")
    for each in [] if as_json else found:
        typer.echo(each.told)


@app.command("revoke-workspace")
def revoke_workspace(
    name: Name,
    drop: Annotated[bool, typer.Option("--drop", help="Drop its database too, for good.")] = False,
    data: Data = None,
) -> None:
    """Take a workspace's user away; its database stays, unless it is dropped."""
    from headwater import running
    from headwater.workspaces import Workspaces

    Workspaces(running.target(data)).revoke(name, drop=drop)
    typer.echo(f"{name} is revoked" + (", and its database is dropped" if drop else ""))
