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
from streams import replay
from streams.mart import Mart
from streams.marts import every
from streams.replay import periods as periods
from streams.rollups import LENGTHS
from warehouse import Warehouse

WHY = "rows of {period} are not those that the facts give"
#: So many periods are computed at a time.
PERIODS = 60


def compared() -> list[Mart]:
    """The marts that are compared here."""
    return [mart for mart in every() if not (mart.published or mart.by_hour)]


def differing(warehouse: Warehouse, mart: Mart, some: Sequence[str]) -> dict[str, Finding]:
    """Those of some periods whose rows are not those that the facts give."""
    found: dict[str, Finding] = {}
    with _scratch(warehouse, mart) as scratch:
        for at in range(0, len(some), PERIODS):
            together = some[at : at + PERIODS]
            warehouse.execute(f"TRUNCATE TABLE {scratch}")
            warehouse.execute(mart.compute.into(scratch), {"periods": [*together]})
            for period, one in replay.differing(warehouse, mart.table, scratch, together).items():
                found[period] = _finding(mart, period, one.missing, one.surplus)
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
