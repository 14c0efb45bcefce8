"""Brings the warehouse's schema up to date: numbered tables, each once, then every view anew where
anything is otherwise than it was.

clickhouse-migrations keeps the book (`ops.db_migrations`), over HTTP, so that the embedded
warehouse and a ClickHouse server are migrated by the same code. What the files are, and where:
`schema.py`.
"""

import hashlib
import logging
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from clickhouse_connect.driver.exceptions import ClickHouseError
from clickhouse_migrations.exceptions import MigrationException
from clickhouse_migrations.substitution import substitute

from warehouse import schema
from warehouse.backfill import fill
from warehouse.client import Warehouse
from warehouse.errors import MigrationError, WarehouseError, WarehouseUnavailable, plain
from warehouse.installation import settle
from warehouse.settings import Address, WarehouseSettings

#: The setting that says which views were applied, and to what.
VIEWS = "views"


def migrate(
    settings: WarehouseSettings,
    time_zone: str = "",
    told: Callable[[str], None] = lambda line: None,
) -> list[int]:
    """Applies what is missing and returns the numbers of what was applied.

    Also stores the installation's settings (`installation.py`); a change of the time zone, which
    `time_zone` asks for, makes every hour dirty, because days and weeks start elsewhere then. What
    migrations added is filled from the statements that were stored before. `told` hears lines.

    Raises MigrationError where a file fails, the schema is newer than this version, or a setting
    does not fit what is there.
    """
    # Imported here: every process imports this module, and only this one the drivers of another
    # protocol, which take an eighth of a second.
    from clickhouse_migrations.clickhouse_cluster import ClickhouseCluster

    address = Address(settings.clickhouse.get_secret_value())
    cluster = ClickhouseCluster(
        db_host=address.host,
        db_port=str(address.port),
        db_user=address.user,
        db_password=address.password,
        secure=address.secure,
        driver="clickhouse-connect",
        migrations_table=schema.BOOK,
        connect_timeout=10,
        query_timeout=120,
    )
    logging.getLogger("clickhouse_migrations").setLevel(logging.WARNING)
    variables = {
        "DICTIONARY_USER": settings.dictionary_user,
        "DICTIONARY_PASSWORD": settings.dictionary_password.get_secret_value(),
    }
    warehouse = Warehouse(settings.clickhouse.get_secret_value())
    try:
        with tempfile.TemporaryDirectory(prefix="headwater-migrations-") as folder:
            _stage(Path(folder))
            applied = cluster.migrate(
                "ops", folder, migration_log_format="compact", lock=False, variables=variables
            )
        views = _views(variables)
        stand = not applied and _stand(warehouse, views)
        if not stand:
            replace_views(warehouse, views)
    except (MigrationException, ClickHouseError) as error:
        raise MigrationError(
            f"the warehouse's schema could not be updated: {plain(str(error))}"
        ) from error
    for line in settle(warehouse, settings, time_zone):
        told(line)
    fill(warehouse)
    if not stand:
        digest = _digest(warehouse, views)
        warehouse.insert("ops.setting_rows", ("name", "value"), [(VIEWS, digest)])
    return [migration.version for migration in applied or ()]


def replace_views(warehouse: Warehouse, views: Mapping[str, str]) -> None:
    """Applies every view and dictionary anew, and drops those that are gone.

    Raises MigrationError that names the one at fault.
    """
    for name, text in views.items():
        try:
            warehouse.execute(text)
        except WarehouseUnavailable:
            raise
        except WarehouseError as error:
            raise MigrationError(f"{name} could not be made: {error}") from error
    for statement in schema.gone():
        warehouse.execute(statement)


def _views(variables: Mapping[str, str]) -> dict[str, str]:
    """The statement of every view and dictionary, in their order."""
    return {view.name: substitute(view.text, variables, view.name) for view in schema.views()}


def _stand(warehouse: Warehouse, views: Mapping[str, str]) -> bool:
    """Whether these were applied to the schema that is there, and nobody changed it since."""
    kept = warehouse.rows("installation/kept", setting=VIEWS)
    return kept == [(_digest(warehouse, views),)]


def _digest(warehouse: Warehouse, views: Mapping[str, str]) -> str:
    """Of what views are made of: their own statements, and every declared object as it is."""
    names = [*views, *(table.name for table in schema.tables())]
    ((there,),) = warehouse.rows("installation/schema", names=names)
    told = "\0".join((*views.values(), *schema.gone(), there))
    return hashlib.sha256(told.encode()).hexdigest()


def _stage(folder: Path) -> None:
    """Puts every migration, byte for byte, into the one folder that clickhouse-migrations reads."""
    for script in schema.migrations():
        (folder / script.name).write_bytes(script.text.encode())
