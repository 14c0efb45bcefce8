"""Which ids may be in the warehouse: a filter that rules out nearly all new ones without asking.

A Bloom filter says "surely not" or "perhaps". It is filled from the warehouse in the background at
the start, until when every id is "perhaps", and from the log ever after. When a layer is full a
larger one is laid beside it; past the memory it may have, the last layer takes in the rest and says
"perhaps" more often, which costs questions to the warehouse and no correctness. It is given
Python's own hash of an id, not the id: some makers of ids count in one part of it, and the filter
does not mix what it is given.
"""

import asyncio
from collections.abc import Iterator, Sequence

import structlog
from rbloom import Bloom

from warehouse.client import Warehouse
from warehouse.errors import WarehouseError

FALSE_POSITIVES = 1e-5
SMALLEST = 1_000_000
#: Ids taken in at a time, so that requests are served in between.
CHUNK = 2_000
ID_BYTES = 16

log = structlog.get_logger()


class StoredIds:
    """Ids that this process has seen or loaded."""

    def __init__(self, warehouse: Warehouse, memory_bytes: int) -> None:
        self._warehouse = warehouse
        self._memory_bytes = memory_bytes
        self._layers = [Bloom(SMALLEST, FALSE_POSITIVES)]
        self._room = SMALLEST
        self.loaded = False

    def add(self, ids: Sequence[bytes]) -> None:
        """Ids that are accepted."""
        self._layers[-1].update(ids)
        self._room -= len(ids)
        if self._room < 0:
            self._grow()

    def perhaps(self, ids: Sequence[bytes]) -> list[bytes]:
        """Those ids that may be in the warehouse."""
        if not self.loaded:
            return list(ids)
        return [i for i in ids if any(i in layer for layer in self._layers)]

    def _grow(self) -> None:
        bits = sum(layer.size_in_bits for layer in self._layers)
        size = SMALLEST << len(self._layers)
        bits_each = self._layers[0].size_in_bits / SMALLEST
        if bits + size * bits_each > self._memory_bytes * 8:
            self._room = size
            return
        self._layers.append(Bloom(size, FALSE_POSITIVES))
        self._room = size

    async def load(self) -> None:
        """Takes in every id that the warehouse holds; tries until it answers."""
        while True:
            try:
                count = await self._load()
            except WarehouseError as error:
                log.warning("ids cannot be loaded yet", why=str(error)[:200])
                await asyncio.sleep(2)
            else:
                self.loaded = True
                log.info("knows the warehouse's ids", count=count)
                return

    async def _load(self) -> int:
        blocks = iter(self._warehouse.blocks("lrs/statement_ids"))
        count, left = 0, b""
        while block := await asyncio.to_thread(next, blocks, b""):
            left += block
            whole = len(left) - len(left) % ID_BYTES
            for ids in _chunks(left[:whole]):
                self.add(ids)
                count += len(ids)
                await asyncio.sleep(0)
            left = left[whole:]
        return count


def _chunks(packed: bytes) -> Iterator[list[bytes]]:
    for start in range(0, len(packed), CHUNK * ID_BYTES):
        some = packed[start : start + CHUNK * ID_BYTES]
        yield [some[at : at + ID_BYTES] for at in range(0, len(some), ID_BYTES)]
