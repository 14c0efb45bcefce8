"""What the recorder cannot store goes to xapi.rejected: conflicts, and unreadable lines."""

import asyncio
import json

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import OffsetOutOfRangeError
from prometheus_client import Counter

from bus import clients, records
from bus.records import Position
from bus.rejections import Kind, rejected
from bus.topics import REJECTED, STATEMENTS
from streams.recorder.rows import Pending, row_of
from streams.retry import until_available
from streams.rowbinary import Row
from warehouse import Warehouse
from xapi.equivalence import equivalent

REFUSED = Counter("headwater_recorded_rejected", "Statements sent to xapi.rejected", ["kind"])


class Refusals:
    """Finds what inserts left out, and sends it."""

    def __init__(self, kafka: clients.At, warehouse: Warehouse, producer: AIOKafkaProducer) -> None:
        self._kafka = kafka
        self._warehouse = warehouse
        self._producer = producer
        self._reader: AIOKafkaConsumer | None = None

    async def stop(self) -> None:
        """Ends the reader of what is not in memory, where there was need of one."""
        if self._reader:
            await self._reader.stop()

    async def losers(self, done: Pending) -> None:
        """Sends what came second under an id and says something else than the first."""
        rows = await until_available(
            lambda: self._warehouse.rows("deduplication/losers", batches=done.batches)
        )
        for identifier, position, winner in rows:
            place = Position.from_uint128(position)
            source, loser = await self._line(done, place)
            _, first = await self._line(done, Position.from_uint128(winner))
            if loser is None or first is None or not _equivalent(loser, first):
                await self.reject(
                    Row(place.partition, place.offset, place.appended_ms, source, loser or b""),
                    place.line,
                    loser or b"",
                    Kind.CONFLICT,
                    f"another statement with the id {identifier} came first and stays",
                )

    async def _line(self, done: Pending, place: Position) -> tuple[bytes, bytes | None]:
        """A statement's source and text by its position: from memory, else from the topic."""
        row = done.texts.get((place.partition, place.offset)) or await self._read(place)
        lines = records.lines(row.value) if row else []
        text = lines[place.line] if place.line < len(lines) else None
        return (row.source if row else b""), text

    async def _read(self, place: Position) -> Row | None:
        """A record from the topic; None where retention has taken it."""
        if self._reader is None:
            reader = clients.consumer(
                self._kafka,
                enable_auto_commit=False,
                auto_offset_reset="none",
                group_id=None,
                fetch_max_wait_ms=50,
            )
            await reader.start()
            reader.assign(
                [TopicPartition(STATEMENTS.name, n) for n in range(STATEMENTS.partitions)]
            )
            reader.pause(*reader.assignment())
            self._reader = reader
        partition = TopicPartition(STATEMENTS.name, place.partition)
        self._reader.seek(partition, place.offset)
        self._reader.resume(partition)
        try:
            record = await asyncio.wait_for(self._reader.getone(partition), timeout=10)
        except (OffsetOutOfRangeError, TimeoutError):
            return None
        finally:
            self._reader.pause(partition)
        return row_of(record) if record.offset == place.offset else None

    async def poison(self, done: Pending) -> None:
        """Sends the lines that ClickHouse could not read."""
        partitions = list(done.ranges)
        firsts, lasts = zip(*done.ranges.values(), strict=True)
        found = await until_available(
            lambda: self._warehouse.rows_of_bytes(
                "recorder/poison", partitions=partitions, firsts=list(firsts), lasts=list(lasts)
            )
        )
        for number, offset, line_number, source, line, error in found:
            row = Row(number, offset, 0, source, b"")
            await self.reject(row, line_number, line, Kind.UNREADABLE, error.decode())

    async def reject(self, row: Row, line: int, body: bytes, kind: Kind, reason: str) -> None:
        """Sends one line of a record."""
        where = f"{STATEMENTS.name}/{row.partition}/{row.offset}/{line}"
        message = rejected(
            where,
            source=row.source.decode("utf-8", "replace") or "unknown",
            kind=kind,
            reason=reason,
            path=where,
            body=body,
        )
        REFUSED.labels(kind).inc()
        await self._producer.send_and_wait(REJECTED.name, value=message, key=row.source or None)


def _equivalent(one: bytes, other: bytes) -> bool:
    try:
        return equivalent(json.loads(one), json.loads(other))
    except ValueError:
        return False
