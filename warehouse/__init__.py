"""ClickHouse: migrations, named queries, the one client."""

from warehouse.client import Warehouse
from warehouse.errors import MigrationError, WarehouseError, WarehouseUnavailable
from warehouse.migration import migrate
from warehouse.settings import Address, WarehouseSettings

__all__ = [
    "Address",
    "MigrationError",
    "Warehouse",
    "WarehouseError",
    "WarehouseSettings",
    "WarehouseUnavailable",
    "migrate",
]
