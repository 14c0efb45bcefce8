"""`headwater dashboards`: build the Grafana files, and put them into a running Grafana."""

from typing import Annotated

import typer

app = typer.Typer(name="dashboards", help="The panels as Grafana boards.", no_args_is_help=True)


@app.command()
def build(
    check: Annotated[bool, typer.Option("--check", help="Write nothing; fail if stale.")] = False,
) -> None:
    """Write the board and the provisioning files from the declared panels."""
    from dashboards.errors import DashboardError
    from dashboards.grafana import files
    from headwater.errors import StackError

    try:
        if check:
            files.check()
            print("the Grafana files are current")
            return
    except DashboardError as error:
        raise StackError(str(error)) from error
    for path in files.build():
        print(f"wrote {path}")


@app.command()
def push(
    url: Annotated[str, typer.Option(help="Grafana's address.", envvar="GRAFANA_URL")],
    token: Annotated[str, typer.Option(help="A service account token.", envvar="GRAFANA_TOKEN")],
    warehouse: Annotated[
        str | None, typer.Option(help="The viewer's warehouse address, as Grafana reaches it.")
    ] = None,
    time_zone: Annotated[
        str, typer.Option(help="The board's time zone.", envvar="HEADWATER_TIMEZONE")
    ] = "browser",
) -> None:
    """Create or update folder, data source and board in a running Grafana."""
    from dashboards.errors import DashboardError
    from dashboards.grafana.push import push as put
    from dashboards.settings import DashboardSettings
    from headwater.errors import StackError

    try:
        viewer = warehouse or DashboardSettings().clickhouse_viewer.get_secret_value()
        print(f"the board is at {put(url, token, viewer, time_zone)}")
    except (DashboardError, ValueError) as error:
        raise StackError(str(error)) from error
