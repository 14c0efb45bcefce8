"""`headwater dashboards`: build the Grafana files, and put them into a running Grafana."""

from typing import Annotated

import typer

app = typer.Typer(name="dashboards", help="The boards for Grafana.", no_args_is_help=True)


@app.command()
def build(
    check: Annotated[bool, typer.Option("--check", help="Write nothing; fail if stale.")] = False,
) -> None:
    """Write a file for each board, and the provisioning files, from what is declared."""
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
        print(f"{'wrote' if path.exists() else 'removed'} {path}")


@app.command()
def push(
    url: Annotated[str, typer.Option(help="Grafana's address.", envvar="GRAFANA_URL")],
    token: Annotated[str, typer.Option(help="A service account token.", envvar="GRAFANA_TOKEN")],
    warehouse: Annotated[
        str | None, typer.Option(help="The viewer's warehouse address, as Grafana reaches it.")
    ] = None,
    time_zone: Annotated[
        str,
        typer.Option(
            help="The boards' time zone; unset, the organisation's as the warehouse says it.",
            envvar="HEADWATER_TIMEZONE",
        ),
    ] = "",
) -> None:
    """Create or update folder, data source and every board in a running Grafana."""
    from dashboards.errors import DashboardError
    from dashboards.grafana.push import push as put
    from dashboards.settings import DashboardSettings
    from headwater.errors import StackError

    try:
        viewer = warehouse or DashboardSettings().clickhouse_viewer.get_secret_value()
        for at in put(url, token, viewer, time_zone or _time_zone(viewer)):
            print(f"a board is at {at}")
    except (DashboardError, ValueError) as error:
        raise StackError(str(error)) from error


def _time_zone(viewer: str) -> str:
    """The organisation's time zone; without an answer Grafana's own, which is said."""
    from dashboards.queries import INSTALLATION
    from warehouse import Warehouse, WarehouseError

    try:
        return str(Warehouse(viewer, timeout=5).query(INSTALLATION.sql)[0][0])
    except (WarehouseError, IndexError):
        print(
            "the warehouse does not say its time zone to this machine: the boards have Grafana's "
            "default. To fix: --time-zone Europe/Berlin"
        )
        return ""
