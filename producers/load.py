"""The contract of a load: a table that people write, and what each of its rows becomes.

The table comes as CSV, as a sheet of XLSX or as Parquet (`table_files.py`).

A load is a file `producers/loads/<name>.py` with its `load = Load(...)`; nothing else lists it. It
is the command `headwater <name> load FILE`, a section of docs/loads.md, and what its `example` says
is its test. The file declares how a cell is read, what a row becomes, and what goes to Kafka. It
asks nobody: what the warehouse knows is asked for by the queries that it names, and handed to it.

A file is loaded whole or not at all: with any problem it has no entries, all of its problems are
told by line and column, and what is sent counts once the closing record is there (`bus/loads.py`).
"""

import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Generic, Protocol, TypeVar
from uuid import UUID

from bus import loads
from bus.topics import Topic
from producers import table_files
from producers.errors import InvalidCell
from producers.table import Problem, Row, Table, named

#: How long Kafka may take to acknowledge a load, in seconds.
ACKNOWLEDGED_SECONDS = 60.0
#: Between several in one cell.
SEVERAL = ";"

_NAME = re.compile(r"[a-z][a-z0-9_-]*")
#: Fields of a closing record that say something else than how many there are.
_TAKEN = ("load", "closed", "at", "revision")

T = TypeVar("T")
S = TypeVar("S", contravariant=True)
#: What the warehouse answers a query.
Rows = Sequence[Sequence[Any]]


@dataclass(frozen=True)
class Column:
    """A column: its name, what its cells hold, and how one is read.

    `read` makes a value of the text of a cell that is not empty; it raises InvalidCell. An empty
    cell is None, and is refused where all must be `filled`. With `several`, a cell holds several
    with `;` between them: its value is the tuple of them. A table may lack what is not `needed`.
    """

    name: str
    says: str = ""
    read: Callable[[str], Any] = str
    needed: bool = True
    filled: bool = False
    several: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A row: its cells as they are written, and the value of each that could be read.

    What the table lacks (`absent`) and what could not be read is not among the values. `places`
    says of a column in which other one of the file its cells stand.
    """

    number: int
    cells: Mapping[str, str]
    values: Mapping[str, Any]
    absent: frozenset[str] = frozenset()
    places: Mapping[str, str] = field(default_factory=dict)

    def get(self, column: str) -> Any:
        """The value in a column; None where there is none."""
        return self.values.get(column)

    def wrong(self, column: str, message: str) -> Problem:
        """A problem of this row."""
        places = (self.places.get(each, each) for each in column.split(", "))
        return Problem(self.number, message, ", ".join(dict.fromkeys(places)))


Check = Callable[[Sequence[Line], Any], Iterable[Problem]]


@dataclass(frozen=True)
class Checked(Generic[T]):
    """A file as it was read: what is to be loaded, or what is wrong; and what looks odd.

    `absent` are the columns that it lacks.
    """

    entries: tuple[T, ...] = ()
    absent: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()


def no_problems(lines: Sequence[Line], known: Any) -> Iterable[Problem]:
    """Finds nothing wrong."""
    return ()


def how_many(checked: "Checked[Any]", known: Any) -> Iterable[str]:
    """Says how many rows a file has."""
    count = len(checked.entries)
    yield "1 row" if count == 1 else f"{count} rows"


def as_it_is(table: Table, known: Any) -> Table:
    """A table that has the columns of the load already."""
    return table


def nothing_more(known: Any, text: str) -> Any:
    """What is known, where no file says more."""
    return known


@dataclass(frozen=True)
class Load(Generic[T]):
    """A load's declaration.

    What it is: `name` is the command's and the file's, `about` says what it is for; `title` and
    `of` are what the command calls a load and its rows ("KPI", "figures"); `file` is what the file
    is called by those who write it, `example` one that is right. `says` is what is to be known of
    the columns beside them, `replaces` what becomes of what an earlier load brought.

    How it is read: `shape` makes of a table of another shape one with these columns. No two rows
    have the same value in the `key` columns. `entry` makes of a line
    what is loaded, and raises InvalidCell; `check` and `warn` look at all lines together,
    `invented` for what a demo made up and real data must not hold. Each is handed what the
    warehouse knows: `know` of the rows that the queries of `asks` gave, and `and_says` of that and
    the text of the `beside` file of the data folder, where there is one. `changes` tells what a
    load would change.

    What is sent: `record` gives key and value of an entry's record on `topic`; `counted` is the
    closing record's field with their number, `revision` that of the values' shape, which grows when
    an older reader would misread them; `keys` is how its keys begin where its topic is another's
    too. `arrived` is the query that says, of a load by its id, how many its closing record
    announced and how many are there; without one nobody waits for it.
    """

    name: str
    title: str
    of: str
    about: str
    file: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    entry: Callable[[Line, Any], T]
    record: Callable[[T], tuple[bytes, Mapping[str, Any]]]
    topic: Topic
    counted: str
    replaces: str
    example: str
    says: str = ""
    asks: Mapping[str, str] = field(default_factory=dict)
    know: Callable[[Mapping[str, Rows]], Any] = dict
    beside: str = ""
    and_says: Callable[[Any, str], Any] = nothing_more
    shape: Callable[[Table, Any], Table] = as_it_is
    check: Check = no_problems
    warn: Check = no_problems
    invented: Check = no_problems
    changes: Callable[[Checked[T], Any], Iterable[str]] = how_many
    arrived: str | None = None
    revision: int = 1
    keys: str = ""

    def __post_init__(self) -> None:
        names = [column.name for column in self.columns]
        wrong = None
        if not _NAME.fullmatch(self.name):
            wrong = "a name is of small letters, digits, - and _"
        elif len(set(names)) != len(names) or not names:
            wrong = "it needs columns, no two of one name"
        elif not self.key or self.key[0] not in self.needed or not set(self.key) <= set(names):
            wrong = f"its key begins with a needed column: {', '.join(self.needed)}"
        elif self.topic.partitions != 1:
            wrong = f"{self.topic.name} has several partitions, and a closing record comes last"
        elif self.counted in _TAKEN:
            wrong = f"{self.counted!r} means something else in a closing record"
        if wrong:
            raise ValueError(f"the load {self.name!r}: {wrong}")

    @property
    def needed(self) -> tuple[str, ...]:
        """The columns that a table must have."""
        return tuple(column.name for column in self.columns if column.needed)

    def read(
        self, data: bytes, known: Any, *, synthetic: bool = False, sheet: str = ""
    ) -> Checked[T]:
        """A file's entries, or every problem that it has; `known` is what `know` makes.

        `synthetic` data may hold what a demo made up. `sheet` names one of several.
        """
        return self.taken(table_files.table(data, sheet), known, synthetic=synthetic)

    def taken(self, table: Table, known: Any, *, synthetic: bool = False) -> Checked[T]:
        """As `read`, of a table that did not come in a file."""
        names = [column.name for column in self.columns]
        rows, found = named(self.shape(table, known), names, self.needed)
        problems = list(found)
        lines = [self._line(row, problems) for row in rows]
        if not rows and not problems:
            problems.append(Problem(1, f"there are no {self.of} in the file"))
        unread = {problem.line for problem in problems}
        entries = list(self._entries([x for x in lines if x.number not in unread], known, problems))
        problems += self._twice(lines)
        problems += self.check(lines, known)
        if not synthetic:
            problems += self.invented(lines, known)
        absent = tuple(name for name in names if lines and name in lines[0].absent)
        return Checked(
            () if problems else tuple(entries),
            absent,
            self._sorted(problems),
            self._sorted(self.warn(lines, known)),
        )

    def _line(self, row: Row, problems: list[Problem]) -> Line:
        values: dict[str, Any] = {}
        for column in self.columns:
            if column.name in row.absent:
                continue
            try:
                values[column.name] = _value(column, row.cells[column.name])
            except InvalidCell as error:
                place = row.places.get(column.name, column.name)
                problems += [Problem(row.line, each, place) for each in error.messages]
                if column.several:
                    values[column.name] = error.others
        return Line(row.line, row.cells, values, row.absent, row.places)

    def _entries(self, lines: Sequence[Line], known: Any, problems: list[Problem]) -> Iterator[T]:
        for line in lines:
            try:
                made = self.entry(line, known)
            except InvalidCell as error:
                problems += [line.wrong(error.column, each) for each in error.messages]
                continue
            key, _ = self.record(made)
            for kept in (loads.CLOSING, loads.LINK) if self._compacted else ():
                mine = self.keys and key.startswith(self.keys.encode())
                if key.startswith(kept.encode()) and not mine:
                    message = f"{line.cells[self.key[0]]!r} must not begin with {kept!r}"
                    problems.append(line.wrong(self.key[0], message))
            yield made

    def _sorted(self, problems: Iterable[Problem]) -> tuple[Problem, ...]:
        """Problems as somebody reads who goes through the table."""
        places = {column.name: place for place, column in enumerate(self.columns)}

        def place(problem: Problem) -> tuple[int, int, str]:
            first = problem.column.partition(",")[0]
            return problem.line, places.get(first, -1), problem.message

        return tuple(sorted(set(problems), key=place))

    @property
    def _compacted(self) -> bool:
        return "compact" in self.topic.config.get("cleanup.policy", "")

    def _twice(self, lines: Sequence[Line]) -> Iterator[Problem]:
        seen: dict[Hashable, Line] = {}
        filled = {column.name for column in self.columns if column.filled}
        for line in lines:
            values = tuple(line.get(column) for column in self.key)
            if None in (line.get(column) for column in self.key if column in filled):
                continue
            first = seen.setdefault(values, line)
            if first is not line:
                written = ", ".join(repr(line.cells[column]) for column in self.key)
                of = "is" if len(self.key) == 1 else "are together"
                message = f"{written} {of} on line {first.number} already"
                yield line.wrong(", ".join(self.key), message)


def _value(column: Column, cell: str) -> Any:
    if not column.several:
        if not cell and column.filled:
            raise InvalidCell("it is empty")
        return column.read(cell) if cell else None
    values: list[Any] = []
    messages: list[str] = []
    for part in filter(None, map(str.strip, cell.split(SEVERAL))):
        try:
            values.append(column.read(part))
        except InvalidCell as error:
            messages += error.messages
    if column.filled and not cell:
        messages.append("it is empty")
    if messages:
        raise InvalidCell(*messages, others=tuple(values))
    return tuple(values)


class Publisher(Protocol):
    """What a load is sent with: `bus.publisher.Publisher`."""

    def publish(self, topic: str, key: bytes | None, value: bytes | None) -> "Future[None]":
        """Sends one message; the future is done when it is acknowledged."""

    def flush(self, seconds: float | None = None) -> None:
        """Waits until everything is acknowledged."""


class Sent(Protocol[S]):
    """How the records of a load are written: what of a `Load` sending it asks for."""

    @property
    def topic(self) -> Topic:
        """Where they go."""

    @property
    def counted(self) -> str:
        """The closing record's field with their number."""

    @property
    def revision(self) -> int:
        """That of their shape."""

    @property
    def record(self) -> Callable[[S], tuple[bytes, Mapping[str, Any]]]:
        """Key and value of an entry's record."""


def send(publisher: Publisher, load: Sent[S], identifier: UUID, entries: Sequence[S]) -> None:
    """Writes a load: its entries and, once all are acknowledged, the record that makes it count.

    Raises BrokerUnavailable; nothing counts then.
    """
    topic = load.topic.name
    sent = [
        publisher.publish(topic, key, loads.entry(identifier, value))
        for key, value in map(load.record, entries)
    ]
    publisher.flush(ACKNOWLEDGED_SECONDS)
    for future in sent:
        future.result(ACKNOWLEDGED_SECONDS)
    key, value = loads.closing(
        identifier, load.counted, len(entries), at=datetime.now(UTC), revision=load.revision
    )
    publisher.publish(topic, key, value).result(ACKNOWLEDGED_SECONDS)
