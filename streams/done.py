"""What is done of each partition, and so what may be committed: the whole of it, and no more."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple


class Place(NamedTuple):
    """A partition of a topic."""

    topic: str
    partition: int


class Missing(NamedTuple):
    """Offsets that should have come before a record and did not: from the first up to `before`."""

    place: Place
    first: int
    before: int


class Done:
    """The next offset of each partition that is not done yet, since it was assigned.

    A partition counts from the offset that it was started at. What comes later counts only where
    nothing is left out before it, so that what got lost on the way is never committed.
    """

    def __init__(self) -> None:
        self._next: dict[Place, int] = {}
        self._committed: dict[Place, int] = {}

    def start(self, offsets: Mapping[Place, int]) -> None:
        """Partitions were assigned, and are read from these offsets."""
        for place, offset in offsets.items():
            self._next.setdefault(place, offset)
            self._committed.setdefault(place, offset)

    def forget(self) -> None:
        """Partitions are assigned anew: what was done before is nobody's business any more."""
        self._next.clear()
        self._committed.clear()

    def holds(self, place: Place) -> bool:
        """Whether a partition is assigned and read."""
        return place in self._next

    def missing(self, records: Iterable[tuple[Place, int]]) -> list[Missing]:
        """Where records of assigned partitions do not follow what is done, or one another."""
        due = dict(self._next)
        found = []
        for place, offset in records:
            if place in due:
                if offset > due[place]:
                    found.append(Missing(place, due[place], offset))
                due[place] = max(due[place], offset + 1)
        return found

    def add(self, records: Iterable[tuple[Place, int]]) -> None:
        """These records are done. Nothing of a partition that is not assigned counts."""
        for place, offset in records:
            if place in self._next:
                self._next[place] = max(self._next[place], offset + 1)

    def due(self) -> dict[Place, int]:
        """The offsets that are to be committed."""
        return {p: n for p, n in self._next.items() if n > self._committed[p]}

    def committed(self, offsets: Mapping[Place, int]) -> None:
        """These offsets are committed."""
        for place, offset in offsets.items():
            if place in self._committed:
                self._committed[place] = max(self._committed[place], offset)
