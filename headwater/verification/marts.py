"""Every mart's rows beside those that it computes from the facts now.

A mart says by itself what its rows should be: they are computed once more, into a scratch table,
some periods at a time. The one of `rollups` is compared there, as its large days are put together
from hours; what is published is made of what is compared here and of facts.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta

from headwater.verification.findings import Finding
from headwater.verification.scratch import DATABASE
from streams.mart import Mart
from streams.marts import every
from streams.rollups import LENGTHS, touched_by
from warehouse import Warehouse
from warehouse.client import named

WHY = "rows of {period} are not those that the facts give"
#: So many periods are computed at a time, and so many hours looked at.
PERIODS, HOURS = 60, 5_000


def compared() -> list[Mart]:
    """The marts that are compared here."""
    return [mart for mart in every() if not (mart.published or mart.by_hour)]


def periods(warehouse: Warehouse, mart: Mart) -> list[str]:
    """Every period that has rows, or that any fact may give rows to."""
    database, _, table = mart.table.partition(".")
    found = {row[0] for row in warehouse.rows("verify/partitions", database=database, table=table)}
    hours = [row[0] for row in warehouse.rows("verify/hours_of_facts")]
    for at in range(0, len(hours), HOURS):
        found.update(period for period, _ in touched_by(warehouse, mart, hours[at : at + HOURS]))
    return sorted(found)


def differing(warehouse: Warehouse, mart: Mart, some: Sequence[str]) -> dict[str, Finding]:
    """Those of some periods whose rows are not those that the facts give."""
    found: dict[str, Finding] = {}
    with _scratch(warehouse, mart) as scratch:
        database, _, table = mart.table.partition(".")
        query = named("verify/mart_differs", database=database, table=table)
        for at in range(0, len(some), PERIODS):
            ids = {period.replace("-", ""): period for period in some[at : at + PERIODS]}
            warehouse.execute(f"TRUNCATE TABLE {scratch}")
            warehouse.execute(mart.compute.into(scratch), {"periods": [*ids.values()]})
            for part, missing, surplus in warehouse.query(query, {"parts": [*ids]}):
                found[ids[part]] = _finding(mart, ids[part], missing, surplus)
    return found


def again(warehouse: Warehouse, mart: Mart, some: Sequence[str]) -> None:
    """Has these periods computed again by the worker."""
    length = LENGTHS[mart.grain]
    first = [date.fromisoformat(period) for period in some]
    days = {day + timedelta(days=n) for day in first for n in range(length)}
    warehouse.command("verify/dirty_days", days=sorted(days))


@contextmanager
def _scratch(warehouse: Warehouse, mart: Mart) -> Iterator[str]:
    """An empty table like the mart's, which is dropped at the end."""
    scratch = f"{DATABASE}.{mart.table.partition('.')[2]}"
    warehouse.execute(f"DROP TABLE IF EXISTS {scratch}")
    warehouse.execute(f"CREATE TABLE {scratch} AS {mart.table}")
    try:
        yield scratch
    finally:
        warehouse.execute(f"DROP TABLE {scratch}")


def _finding(mart: Mart, period: str, missing: int, surplus: int) -> Finding:
    begins = int(datetime.fromisoformat(period).replace(tzinfo=UTC).timestamp())
    return Finding(mart.table, begins, WHY.format(period=period), missing=missing, surplus=surplus)
