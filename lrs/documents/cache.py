"""Documents as they stand, in bounded memory; the log's tail keeps what is here current."""

import contextlib
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from xapi.documents import Context, Document, Key

_OVERHEAD = 1000


class Entry(NamedTuple):
    """A document, or that there is none, as of a position of the log."""

    document: Document | None
    version: int


class DocumentCache:
    """Entries by key; the least recently used go first, and never one that is pinned."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._entries: OrderedDict[Key, Entry] = OrderedDict()
        self._contexts: defaultdict[Context, set[Key]] = defaultdict(set)
        self._pins: Counter[Key] = Counter()
        self._size = 0

    def get(self, key: Key) -> Entry | None:
        """The entry of a document, where there is one."""
        if key in self._entries:
            self._entries.move_to_end(key)
        return self._entries.get(key)

    def put(self, key: Key, entry: Entry) -> Entry:
        """Remembers an entry, in the place of an older one."""
        self._drop(key)
        self._entries[key] = entry
        self._contexts[key.context].add(key)
        self._size += _weight(entry)
        self._trim()
        return entry

    def covered(self, whole: Key) -> list[Key]:
        """The documents here that a key stands for."""
        return [key for key in self._contexts.get(whole.context, ()) if whole.covers(key)]

    @contextlib.contextmanager
    def pinned(self, key: Key) -> Iterator[None]:
        """Keeps a document's entry, once there is one, as long as the block runs."""
        self._pins[key] += 1
        try:
            yield
        finally:
            self._pins[key] -= 1
            if not self._pins[key]:
                del self._pins[key]

    def clear(self) -> None:
        """Forgets everything."""
        self._entries.clear()
        self._contexts.clear()
        self._size = 0

    def _trim(self) -> None:
        if self._size <= self.limit:
            return
        for key in [key for key in self._entries if key not in self._pins]:
            self._drop(key)
            if self._size <= self.limit:
                return

    def _drop(self, key: Key) -> None:
        entry = self._entries.pop(key, None)
        if entry is None:
            return
        self._size -= _weight(entry)
        keys = self._contexts[key.context]
        keys.discard(key)
        if not keys:
            del self._contexts[key.context]


def _weight(entry: Entry) -> int:
    return _OVERHEAD + (len(entry.document.content) if entry.document else 0)
