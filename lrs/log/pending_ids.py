"""Ids that are accepted but not yet surely in the warehouse, and where each stands in the log.

Two generations: while the elder waits to be confirmed, new ids go to the younger; once the
recorder's committed offsets have passed all that the elder holds, it is dropped whole and the
younger becomes the elder. A generation is a dict; one that grows past a limit, because the
warehouse is away, moves to an LMDB file, so that memory stays bounded however long that lasts. The
files are a cache: they are emptied at the start and filled from the log again.
"""

import shutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Self

import lmdb

#: Ids in memory of a generation: about 40 MB.
MEMORY_IDS = 200_000
#: What the file may grow to; it takes up only what is written.
MAP_BYTES = 64 << 30
#: Before a target's id: that something voids it; with a mark or an authority behind it, what of it.
_VOIDED = b"v"
_EVERY = b"*"


class _Generation:
    """Some of the log's newest records: their ids, and what their voiding statements undo."""

    def __init__(self, store: lmdb.Environment, name: bytes, memory_ids: int) -> None:
        self._store = store
        self._name = name
        self._memory_ids = memory_ids
        self._disk: lmdb._Database | None = None
        self.memory: dict[bytes, int] = {}
        self.last: dict[int, int] = {}

    def add(self, keys: Sequence[bytes], first: int) -> None:
        """Keys of one record, whose positions count up from `first`; the least position stays."""
        if self.memory.keys().isdisjoint(keys):
            self.memory.update(zip(keys, range(first, first + len(keys)), strict=True))
        else:
            for place, key in enumerate(keys):
                self.memory[key] = min(first + place, self.memory.get(key, first + place))
        if len(self.memory) > self._memory_ids:
            self._spill()

    def find(self, keys: Iterable[bytes], found: dict[bytes, int]) -> None:
        """Adds the positions of those keys that are here; the least stays."""
        for key in keys:
            position = self.memory.get(key)
            if position is not None:
                found[key] = min(position, found.get(key, position))
        if self._disk is None:
            return
        with self._store.begin(self._disk) as reading:
            for key in keys:
                held = reading.get(key)
                if held is not None:
                    position = int.from_bytes(held, "big")
                    found[key] = min(position, found.get(key, position))

    def drop(self) -> None:
        """Forgets all of it."""
        self.memory = {}
        self.last = {}
        if self._disk is not None:
            with self._store.begin(write=True) as writing:
                writing.drop(self._disk, delete=True)
            self._disk = None

    def confirmed(self, offsets: Mapping[int, int]) -> bool:
        """Whether everything here lies before the next offset of its partition."""
        return all(offsets.get(partition, 0) > last for partition, last in self.last.items())

    def _spill(self) -> None:
        if self._disk is None:
            self._disk = self._store.open_db(self._name)
        with self._store.begin(self._disk, write=True) as writing:
            for key in sorted(self.memory):
                position = self.memory[key]
                held = writing.get(key)
                if held is None or int.from_bytes(held, "big") > position:
                    writing.put(key, position.to_bytes(16, "big"))
        self.memory = {}


class PendingIds:
    """Look-ups over the generations that are not yet confirmed. One process, one thread."""

    def __init__(self, folder: Path, memory_ids: int = MEMORY_IDS) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        self._folder = folder
        self._memory_ids = memory_ids
        self._store = lmdb.open(
            str(folder), map_size=MAP_BYTES, max_dbs=4, sync=False, metasync=False, lock=False
        )
        self._made = 0
        self._elder = self._generation()
        self._younger = self._generation()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def add(self, partition: int, offset: int, ids: Sequence[bytes], first: int) -> None:
        """The ids of a record in line order; `first` is its first line's position as a number."""
        self._younger.add(ids, first)
        self._younger.last[partition] = max(offset, self._younger.last.get(partition, -1))

    def void(self, target: bytes, position: int, authority: bytes = _EVERY) -> None:
        """What a voiding statement of a record that was added undoes, perhaps of one authority."""
        for key in (_VOIDED + target, _VOIDED + target + authority):
            self._younger.add([key], position)

    def find(self, ids: Sequence[bytes]) -> dict[bytes, int]:
        """The positions of those ids that are here."""
        found: dict[bytes, int] = {}
        self._elder.find(ids, found)
        self._younger.find(ids, found)
        return found

    def perhaps_voided(self, identifier: bytes) -> bool:
        """Whether a voiding statement that is here is about the one with this id."""
        return bool(self.find([_VOIDED + identifier]))

    def voided(self, identifier: bytes, authority: bytes) -> bool:
        """Whether one that is here undoes the one with this id, which has this authority."""
        return bool(self.find([_VOIDED + identifier + each for each in (_EVERY, authority)]))

    def confirm(self, offsets: Mapping[int, int]) -> None:
        """Drops what lies before the next offset that the recorder will read, by partition."""
        if self._elder.confirmed(offsets):
            self._elder.drop()
            if self._younger.last:
                self._elder, self._younger = self._younger, self._generation()

    def close(self) -> None:
        """Gives the files up and removes them."""
        self._store.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _generation(self) -> _Generation:
        self._made += 1
        return _Generation(self._store, b"%d" % self._made, self._memory_ids)
