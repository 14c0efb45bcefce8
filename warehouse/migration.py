"""Brings the warehouse's schema up to date: the numbered files of `migrations/`, each once.

clickhouse-migrations keeps the book (`ops.db_migrations`), over HTTP, so that the embedded
warehouse and a ClickHouse server are migrated by the same code.
"""

import logging
from collections.abc import Callable
from importlib.resources import as_file, files

from clickhouse_connect.driver.exceptions import ClickHouseError
from clickhouse_migrations.clickhouse_cluster import ClickhouseCluster
from clickhouse_migrations.exceptions import MigrationException

from warehouse.backfill import fill
from warehouse.client import Warehouse
from warehouse.errors import MigrationError, plain
from warehouse.installation import settle
from warehouse.settings import Address, WarehouseSettings

BOOK = "db_migrations"


def migrate(
    settings: WarehouseSettings,
    time_zone: str = "",
    told: Callable[[str], None] = lambda line: None,
) -> list[int]:
    """Applies what is missing and returns the numbers of what was applied.

    Also stores the installation's settings (`installation.py`); a change of the time zone, which
    `time_zone` asks for, marks every hour, because days and weeks start elsewhere then. What
    migrations added is filled from the statements that were stored before. `told` hears lines.

    Raises MigrationError where a file fails, the schema is newer than this version, or a setting
    does not fit what is there.
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
        with as_file(files("warehouse") / "migrations") as folder:
            applied = cluster.migrate(
                "ops", folder, migration_log_format="compact", lock=False, variables=variables
            )
    except (MigrationException, ClickHouseError) as error:
        raise MigrationError(
            f"the warehouse's schema could not be updated: {plain(str(error))}"
        ) from error
    warehouse = Warehouse(settings.clickhouse.get_secret_value())
    for line in settle(warehouse, settings, time_zone):
        told(line)
    fill(warehouse)
    return [migration.version for migration in applied or ()]
