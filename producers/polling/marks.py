"""A stream's cursor over several lists: for each, the mark up to which it has been read.

A mark is a text that sorts as what it stands for: a time, a number of fixed width.
"""

import json


class Marks:
    """The marks of a stream's lists (channels, repositories, spaces), kept as its cursor."""

    def __init__(self, cursor: str) -> None:
        self._known: dict[str, str] = json.loads(cursor) if cursor else {}
        self._met: dict[str, str] = {}

    def of(self, name: str, otherwise: str) -> str:
        """The mark of a list; `otherwise` where it has not been read."""
        return self._known.get(name, otherwise)

    def read(self, name: str, until: str) -> None:
        """A list has been read up to a mark; it never goes back."""
        self._known[name] = max(until, self._known.get(name, ""))

    def note(self, name: str, mark: str) -> None:
        """A mark was met in a list that is not read in order; it counts once all was read."""
        self._met[name] = max(mark, self._met.get(name, ""))

    def settle(self, name: str) -> bool:
        """The list has been read to its end; False where nothing was noted of it."""
        newest = self._met.pop(name, "")
        if newest:
            self.read(name, newest)
        return bool(newest)

    @property
    def cursor(self) -> str:
        """The cursor as it is kept."""
        return json.dumps(self._known, sort_keys=True)
