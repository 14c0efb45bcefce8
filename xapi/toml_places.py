"""Where in a TOML file something stands: tomllib tells values, and no lines."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from pydantic import ValidationError

#: As pydantic writes a place: keys, and numbers of entries counted from 0.
Place = tuple[str | int, ...]

_HEADER = re.compile(r"\s*(\[\[?)\s*(.+?)\s*\]\]?\s*(#.*)?")
_KEY = re.compile(
    r"\s*((?:[\w-]+|\"[^\"]*\"|'[^']*')(?:\s*\.\s*(?:[\w-]+|\"[^\"]*\"|'[^']*'))*)\s*="
)
_PART = re.compile(r"[\w-]+|\"[^\"]*\"|'[^']*'")


class Fault(NamedTuple):
    """What is wrong in a file: where, on which line, and what, in words.

    `plain` are the words where nothing of the file may be shown.
    """

    place: Place
    line: int
    said: str
    plain: str

    @property
    def named(self) -> str:
        """The place in a word: keys, and numbers of entries as people count."""
        return ".".join(f"#{each + 1}" if isinstance(each, int) else each for each in self.place)


def fault_of(error: ValidationError, text: str, within: Place = ()) -> Fault:
    """What a check found first, of what stands at a place in a file with this text."""
    first = error.errors(include_url=False, include_input=False)[0]
    place, said = first["loc"], first["msg"].removeprefix("Value error, ")
    own = first["type"] in ("value_error", "assertion_error")
    plain = "its value is not right" if own else said
    return Fault(place, line_of(text, (*within, *place)), said, plain)


def line_of(text: str, place: Place) -> int:
    """The line of a place, or of the nearest around it that stands in the file; 1 without any."""
    best, found = 0, 1
    for line, there in _places(text):
        shared = _shared(there, place)
        if shared > best and shared == len(there):
            best, found = shared, line
    return found


def _places(text: str) -> Iterator[tuple[int, Place]]:
    """(line, place) of every header and every key at a line's beginning."""
    entries: dict[Place, int] = {}
    table: Place = ()
    for number, line in enumerate(text.splitlines(), 1):
        if header := _HEADER.fullmatch(line):
            names = _parts(header[2])
            if header[1] == "[[":
                around = _within(names[:-1], entries)
                listed = (*around, names[-1])
                entries[listed] = entries.get(listed, -1) + 1
                table = (*listed, entries[listed])
            else:
                table = _within(names, entries)
            yield number, table
        elif key := _KEY.match(line):
            yield number, (*table, *_parts(key[1]))


def _within(names: Sequence[str], entries: dict[Place, int]) -> Place:
    """The place of a table, in the last entry of each list that it stands in."""
    place: Place = ()
    for name in names:
        place = (*place, name)
        if place in entries:
            place = (*place, entries[place])
    return place


def _parts(dotted: str) -> list[str]:
    return [part.strip("\"'") for part in _PART.findall(dotted)]


def _shared(one: Place, other: Place) -> int:
    """How many parts two places begin with alike."""
    for count, (mine, theirs) in enumerate(zip(one, other, strict=False)):
        if str(mine) != str(theirs):
            return count
    return min(len(one), len(other))
