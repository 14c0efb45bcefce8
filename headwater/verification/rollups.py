"""Facts beside the cells of learning.activity_days, by the organisation's day."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta

from headwater.verification.findings import Finding
from warehouse import Warehouse

WHAT = "learning.activity_days"
CELLS = "{cells} cells of {day} are not those that the facts give"
#: A query computes so many days at most.
SPAN = timedelta(days=60)


def days(warehouse: Warehouse) -> list[date]:
    """Every day that has facts or cells."""
    return [row[0] for row in warehouse.rows("verify/day_list")]


def differing(warehouse: Warehouse, every: Sequence[date]) -> dict[date, Finding]:
    """The days whose cells are not those that the facts give."""
    found: dict[date, Finding] = {}
    for first, last in _spans(every):
        for day, should, stands, cells in warehouse.rows("verify/days", first=first, last=last):
            found[day] = Finding(
                WHAT,
                int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()),
                CELLS.format(cells=cells, day=day),
                missing=max(0, should - stands),
                surplus=max(0, stands - should),
            )
    return found


def again(warehouse: Warehouse, some: Sequence[date]) -> None:
    """Has these days computed again by the worker."""
    warehouse.command("verify/dirty_days", days=list(some))


def _spans(every: Sequence[date]) -> Iterator[tuple[date, date]]:
    first = last = None
    for day in every:
        if first is None or last is None:
            first = last = day
        elif day - first < SPAN:
            last = day
        else:
            yield first, last
            first = last = day
    if first is not None and last is not None:
        yield first, last
