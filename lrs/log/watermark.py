"""Until when what was stored can be read: arithmetic on append times, without IO.

`stored` is the append time, which never falls within a partition. So everything before the append
time of a partition's first unconfirmed record is confirmed; where all are, everything until the
moment before the last look is. The least over the partitions is the header Consistent-Through.
"""

from collections import deque
from collections.abc import Iterable

#: Marks kept densely; past that they are set further apart, which only makes the answer earlier.
DENSE_MARKS = 1_000
DENSE_MS = 20
SPARSE_MS = 5_000


class Watermark:
    """What is known of each partition's append times and confirmed offsets, in milliseconds."""

    def __init__(self, partitions: Iterable[int]) -> None:
        self._marks: dict[int, deque[tuple[int, int]]] = {n: deque() for n in partitions}
        self._reached: dict[int, int] = dict.fromkeys(self._marks, 0)

    @property
    def through(self) -> int:
        """Every statement stored until then (ms since 1970) is confirmed."""
        return min(self._reached.values())

    def appended(self, partition: int, offset: int, at: int) -> None:
        """A record came, in the order of its partition."""
        marks = self._marks[partition]
        gap = DENSE_MS if len(marks) < DENSE_MARKS else SPARSE_MS
        if not marks or at >= marks[-1][1] + gap:
            marks.append((offset, at))

    def confirmed(self, partition: int, offset: int, end: int, looked: int) -> None:
        """All before `offset` is confirmed; the partition ended at `end`, asked after `looked`."""
        marks = self._marks[partition]
        while len(marks) > 1 and marks[1][0] <= offset:
            marks.popleft()
        if offset >= end:
            reached = looked - 1
        elif marks and marks[0][0] <= offset:
            reached = marks[0][1] - 1
        else:  # the tail has not come to the first unconfirmed record
            return
        self._reached[partition] = max(self._reached[partition], reached)
