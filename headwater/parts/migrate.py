"""The warehouse's schema."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from headwater import process
from headwater.part import PartSpec, Stage

if TYPE_CHECKING:
    from headwater.embedded.stack import Stack


def _migrate(
    timezone: Annotated[
        str, typer.Option(help="Another time zone: every day of history is counted anew.")
    ] = "",
) -> None:
    from headwater.errors import CannotStart
    from warehouse import MigrationError, Warehouse, WarehouseError, WarehouseSettings
    from warehouse import migrate as bring_up_to_date
    from warehouse.access import grant

    process.wait_for_go()
    settings = WarehouseSettings()
    try:
        done = bring_up_to_date(settings, timezone, print)
        made = grant(Warehouse(settings.clickhouse.get_secret_value()), settings)
    except (MigrationError, WarehouseError, ValueError) as error:
        raise CannotStart(
            "migrate", str(error), "see the message; the warehouse keeps what it had"
        ) from error
    print(f"applied {len(done)} migrations" if done else "the schema is up to date")
    if made:
        print(f"readers: {', '.join(made)}")


def _arguments(stack: "Stack") -> Sequence[str]:
    return ["--timezone", stack.time_zone] if stack.time_zone else []


part = PartSpec(
    name="migrate",
    does="Bring the warehouse's schema, and on a ClickHouse server its readers, up to date.",
    stage=Stage.PREPARING,
    command=_migrate,
    needs=("warehouse",),
    once=True,
    arguments=_arguments,
)
