"""ClickHouse: migrations, named queries, the one client."""

from lrs.warehouse.client import Warehouse
from lrs.warehouse.errors import MigrationError, WarehouseError, WarehouseUnavailable
from lrs.warehouse.migration import migrate
from lrs.warehouse.settings import Address, WarehouseSettings

__all__ = [
    "Address",
    "MigrationError",
    "Warehouse",
    "WarehouseError",
    "WarehouseSettings",
    "WarehouseUnavailable",
    "migrate",
]
