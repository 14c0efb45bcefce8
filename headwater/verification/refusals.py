"""xapi.rejected beside ops.rejected: every refusal that the topic holds must be kept."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence

from bus.topics import REJECTED, WORKER_GROUP
from headwater.verification import progress
from headwater.verification.findings import Finding, hour_of
from streams.processors.rejections import COLUMNS, row_of
from warehouse import Warehouse

WHAT = "ops.rejected"
LOST = "the refusal is in xapi.rejected, and nowhere in the warehouse"
FETCHED = 1_000

Row = tuple[object, ...]


async def compare(kafka: str, warehouse: Warehouse, *, repair: bool) -> list[Finding]:
    """What of the topic's refusals lacks; with `repair` it is written again."""
    lost: Counter[tuple[int, int]] = Counter()
    async for some in _committed(kafka):
        ids = [str(row[0]) for row, _, _ in some]
        kept = await asyncio.to_thread(_kept, warehouse, ids)
        lacking = [one for one in some if str(one[0][0]) not in kept]
        lost.update((partition, hour) for _, partition, hour in lacking)
        if repair and lacking:
            rows = [row for row, _, _ in lacking]
            await asyncio.to_thread(warehouse.insert, "vault.rejected_rows", COLUMNS, rows)
    return [
        Finding(WHAT, hour, LOST, missing=count, partition=partition, mended=repair)
        for (partition, hour), count in sorted(lost.items())
    ]


def _kept(warehouse: Warehouse, ids: Sequence[str]) -> set[str]:
    return {row[0] for row in warehouse.rows("verify/rejected", ids=list(ids))}


async def _committed(kafka: str) -> AsyncIterator[list[tuple[Row, int, int]]]:
    """The rows of all that the worker has committed, each with its partition and hour."""
    async for records in progress.read(kafka, WORKER_GROUP, REJECTED, FETCHED):
        some = [
            (
                row_of(record.value, record.partition, record.offset, record.timestamp),
                record.partition,
                hour_of(record.timestamp),
            )
            for record in records
            if record.value
        ]
        if some:
            yield some
