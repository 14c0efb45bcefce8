"""xapi.rejected beside ops.rejected: every refusal that the topic holds must be kept."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence

from bus import clients
from headwater.verification import progress
from headwater.verification.findings import Finding
from lrs.warehouse import Warehouse
from streams.app import GROUP
from streams.refused import COLUMNS, row_of
from xapi.topics import MEBIBYTE, REJECTED

WHAT = "ops.rejected"
LOST = "the refusal is in xapi.rejected, and nowhere in the warehouse"
HOUR_MS = 3_600_000

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
    return {row[0] for row in warehouse.rows("verify_rejected", ids=list(ids))}


async def _committed(kafka: str) -> AsyncIterator[list[tuple[Row, int, int]]]:
    """The rows of all that the worker has committed, each with its partition and hour."""
    ends = await progress.committed(kafka, GROUP, REJECTED)
    consumer = clients.consumer(
        kafka,
        group_id=None,
        auto_offset_reset="earliest",
        fetch_max_bytes=16 * MEBIBYTE,
    )
    await consumer.start()
    try:
        consumer.assign(list(ends))
        await consumer.seek_to_beginning(*ends)
        while left := [p for p in ends if await consumer.position(p) < ends[p]]:
            fetched = await consumer.getmany(*left, timeout_ms=1000, max_records=1000)
            some = [
                (
                    row_of(record.value, record.partition, record.offset, record.timestamp),
                    record.partition,
                    record.timestamp // HOUR_MS * 3600,
                )
                for partition, records in fetched.items()
                for record in records
                if record.value and record.offset < ends[partition]
            ]
            if some:
                yield some
    finally:
        await consumer.stop()
