"""Records of the log as rows of the warehouse, and what is not yet committed of them."""

from collections.abc import Iterable, Iterator, Sequence

from aiokafka import ConsumerRecord, TopicPartition

from bus import records
from bus.topics import STATEMENTS
from streams.rowbinary import Row


def row_of(record: ConsumerRecord) -> Row:
    """A Kafka record as the row that ClickHouse takes."""
    source = records.source(record.headers)
    return Row(
        record.partition, record.offset, record.timestamp, source.encode(), record.value or b""
    )


class Pending:
    """What is inserted but not yet swept and committed."""

    def __init__(self) -> None:
        self.batches: list[int] = []
        self.offsets: dict[TopicPartition, int] = {}
        self.ranges: dict[int, tuple[int, int]] = {}
        self.texts: dict[tuple[int, int], Row] = {}
        self.appended: dict[int, int] = {}
        self.size = 0

    def add(self, batch: int, rows: Iterable[Row]) -> None:
        """Remembers an insert until its sweep is done."""
        self.batches.append(batch)
        for row in rows:
            self.offsets[TopicPartition(STATEMENTS.name, row.partition)] = row.offset + 1
            first, last = self.ranges.get(row.partition, (row.offset, row.offset))
            self.ranges[row.partition] = (min(first, row.offset), max(last, row.offset))
            self.texts[row.partition, row.offset] = row
            self.appended[row.partition] = row.appended_ms
            self.size += len(row.value)


def blocks(rows: Sequence[Row], size: int) -> Iterator[list[Row]]:
    """The rows in order, in blocks of about so many bytes."""
    block: list[Row] = []
    filled = 0
    for row in rows:
        block.append(row)
        filled += len(row.value)
        if filled >= size:
            yield block
            block, filled = [], 0
    if block:
        yield block
