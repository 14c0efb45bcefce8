"""Kafka's log beside the tables that the recorder fills, a chunk of records at a time."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from bus import records
from bus.records import Position
from bus.rejections import Kind
from bus.topics import MEBIBYTE, RECORDER_GROUP, STATEMENTS
from headwater.verification import progress
from headwater.verification.findings import Finding, Report, hour_of, refusal
from headwater.verification.scratch import Scratch
from streams.recorder.rows import row_of
from streams.rowbinary import Row
from warehouse import Warehouse

#: Records compared together.
CHUNK_BYTES = 48 * MEBIBYTE
CHUNK_RECORDS = 50_000
FETCHED = 5_000
COMMITTED = "the recorder committed past it, and the row is not there"
UNKEPT = "the line was refused, and the refusal is not in ops.rejected"
UNKNOWN = "the log holds no such statement at that position"
UNDONE = "a sender's own statement is voided, and that is not written down"
NO_WINNER = "the id came more than once, and its winner is not written down"

Again = Callable[[Sequence[Row]], Awaitable[None]]


@dataclass
class Lacking:
    """What a chunk lacks: counts by place, and the records that hold it."""

    counts: dict[tuple[str, str, int, int], int] = field(default_factory=lambda: defaultdict(int))
    surplus: dict[tuple[int, int], int] = field(default_factory=dict)
    places: set[tuple[int, int]] = field(default_factory=set)

    def add(self, what: str, why: str, partition: int, hour: int, count: int) -> None:
        """Counts rows that lack."""
        self.counts[what, why, partition, hour] += count

    def findings(self, mended: bool) -> list[Finding]:
        """One a table, partition and hour."""
        found = [
            Finding(what, hour, why, missing=count, partition=partition, mended=mended)
            for (what, why, partition, hour), count in sorted(self.counts.items())
        ]
        found += [
            Finding("lrs.statements", hour, UNKNOWN, surplus=count, partition=partition)
            for (partition, hour), count in sorted(self.surplus.items())
        ]
        return found


async def compare(kafka: str, warehouse: Warehouse, report: Report, again: Again | None) -> None:
    """Compares every record that the recorder has committed; `again` writes what lacks."""
    with Scratch(warehouse).made() as scratch:
        async for rows in committed(kafka):
            lacking = await asyncio.to_thread(_compared, warehouse, scratch, rows)
            report.records += len(rows)
            report.statements += sum(row.value.count(records.DELIMITER) + 1 for row in rows)
            mended = bool(again and lacking.places)
            if again and lacking.places:
                await again([r for r in rows if (r.partition, r.offset) in lacking.places])
            report.findings += lacking.findings(mended)


async def committed(kafka: str) -> AsyncIterator[list[Row]]:
    """All that the topic holds up to where the recorder has committed, in chunks."""
    rows: list[Row] = []
    size = 0
    async for some in progress.read(kafka, RECORDER_GROUP, STATEMENTS, FETCHED):
        rows += map(row_of, some)
        size += sum(len(record.value or b"") for record in some)
        if size >= CHUNK_BYTES or len(rows) >= CHUNK_RECORDS:
            yield rows
            rows, size = [], 0
    if rows:
        yield rows


def _compared(warehouse: Warehouse, scratch: Scratch, rows: Sequence[Row]) -> Lacking:
    lacking = Lacking()
    scratch.fill(rows)
    for target in scratch.targets:
        for partition, offset, hour, count in warehouse.query(target.text("verify/missing")):
            lacking.add(target.table, COMMITTED, partition, hour, count)
            lacking.places.add((partition, offset))
    several = warehouse.rows("verify/duplicates")
    for partition, hour, _ in several:
        lacking.add("lrs.twins", NO_WINNER, partition, hour, 1)
    if several:
        ids = [identifier for _, _, identifier in several]
        lacking.places |= {(p, o) for p, o in warehouse.rows("verify/places", ids=ids)}
    for partition, offset, hour in warehouse.rows("verify/own_voids"):
        lacking.add("lrs.own_voids", UNDONE, partition, hour, 1)
        lacking.places.add((partition, offset))
    _refusals(warehouse, scratch, lacking)
    _surplus(warehouse, rows, lacking)
    return lacking


def _refusals(warehouse: Warehouse, scratch: Scratch, lacking: Lacking) -> None:
    """Each line that is no statement must be kept with its reason."""
    wanted: dict[str, Position] = {}
    for row, _ in scratch.refused:
        place = Position(row.appended_ms, row.partition, row.offset, row.first_line)
        wanted[refusal(Kind.UNWRITABLE, place)] = place
    for (number,) in warehouse.rows("verify/poison"):
        place = Position.from_uint128(int(number))
        wanted[refusal(Kind.UNREADABLE, place)] = place
    if not wanted:
        return
    kept = {row[0] for row in warehouse.rows("verify/rejected", ids=list(wanted))}
    for identifier, place in wanted.items():
        if identifier not in kept:
            hour = hour_of(place.appended_ms)
            lacking.add("ops.rejected", UNKEPT, place.partition, hour, 1)
            lacking.places.add((place.partition, place.offset))


def _surplus(warehouse: Warehouse, rows: Sequence[Row], lacking: Lacking) -> None:
    ranges: dict[int, tuple[int, int]] = {}
    for row in rows:
        first, last = ranges.get(row.partition, (row.offset, row.offset))
        ranges[row.partition] = (min(first, row.offset), max(last, row.offset))
    firsts, lasts = zip(*ranges.values(), strict=True)
    moments = [row.appended_ms for row in rows]
    found = warehouse.rows(
        "verify/surplus",
        low=min(moments) << 80,
        high=(max(moments) + 1) << 80,
        partitions=list(ranges),
        firsts=list(firsts),
        lasts=list(lasts),
    )
    lacking.surplus = {(partition, hour): count for partition, hour, count in found}
