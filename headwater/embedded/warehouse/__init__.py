"""The embedded warehouse: the ClickHouse engine in this process, over ClickHouse's HTTP interface.

`serve()` runs it until SIGTERM; nothing heavy is imported before.
"""


def serve() -> None:
    """Serve the warehouse as the environment says, until told to end."""
    from headwater.embedded.warehouse.process import run
    from headwater.embedded.warehouse.settings import WarehouseServerSettings

    run(WarehouseServerSettings())
