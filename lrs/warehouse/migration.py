"""Brings the warehouse's schema up to date: the numbered files of `migrations/`, each once.

clickhouse-migrations keeps the book (`ops.db_migrations`), over HTTP, so that the embedded
warehouse and a ClickHouse server are migrated by the same code.
"""

import logging
from importlib.resources import as_file, files

from clickhouse_connect.driver.exceptions import ClickHouseError
from clickhouse_migrations.clickhouse_cluster import ClickhouseCluster
from clickhouse_migrations.exceptions import MigrationException

from lrs.warehouse.backfill import fill
from lrs.warehouse.client import Warehouse
from lrs.warehouse.errors import MigrationError
from lrs.warehouse.settings import Address, WarehouseSettings

BOOK = "db_migrations"


def migrate(settings: WarehouseSettings) -> list[int]:
    """Applies what is missing and returns the numbers of what was applied.

    Also stores the installation's settings (time zone, minimum group, synthetic); a changed time
    zone marks every hour, because days and weeks start elsewhere then. What migrations added is
    filled from the statements that were stored before.

    Raises MigrationError where a file fails or the schema is newer than this version.
    """
    address = Address(settings.clickhouse.get_secret_value())
    cluster = ClickhouseCluster(
        db_host=address.host,
        db_port=str(address.port),
        db_user=address.user,
        db_password=address.password,
        secure=address.secure,
        driver="clickhouse-connect",
        migrations_table=BOOK,
        connect_timeout=10,
        query_timeout=120,
    )
    logging.getLogger("clickhouse_migrations").setLevel(logging.WARNING)
    variables = {
        "DICTIONARY_USER": settings.dictionary_user,
        "DICTIONARY_PASSWORD": settings.dictionary_password.get_secret_value(),
    }
    try:
        with as_file(files("lrs.warehouse") / "migrations") as folder:
            applied = cluster.migrate(
                "ops", folder, migration_log_format="compact", lock=False, variables=variables
            )
    except (MigrationException, ClickHouseError) as error:
        raise MigrationError(f"the warehouse's schema could not be updated: {error}") from error
    warehouse = Warehouse(settings.clickhouse.get_secret_value())
    _store_settings(warehouse, settings)
    fill(warehouse)
    return [migration.version for migration in applied or ()]


def _store_settings(warehouse: Warehouse, settings: WarehouseSettings) -> None:
    before = {row[0]: row[1] for row in warehouse.rows("settings")}
    now = {
        "time_zone": settings.timezone,
        "minimum_group": str(max(5, settings.minimum_group)),
        "synthetic": "1" if settings.synthetic else "0",
    }
    changed = [(name, value) for name, value in now.items() if before.get(name) != value]
    warehouse.insert("ops.setting_rows", ("name", "value"), changed)
    if before.get("time_zone", settings.timezone) != settings.timezone:
        warehouse.command("mark_everything")
