"""The contract of a board: what is asked, what its columns mean, and how it is drawn.

A board is a folder `dashboards/boards/<name>/`: `__init__.py` declares `board = Board(...)`, and
each panel's SQL is the file of its name. SQL takes ClickHouse parameters (`{from:DateTime}`,
`{until:DateTime}`, the organisation's time zone as `{zone:String}`, and `{<variable>:String}` for
each variable), reads views of the database `viewer` only, and gives the panel's columns in their
order. `$<fragment>` stands for the text of
`dashboards/queries/<fragment>.fragment.sql`.

Several panels may share one `source`, so that a table is read once: its first column, `panel`,
names the panel that a row is for; then come the columns of these panels, each once, in the order in
which they are declared.

The page and Grafana draw both from this; no drawing knows a panel.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from importlib.resources import files
from string import Template
from typing import Any, NamedTuple

from dashboards.errors import BoardInvalid

Rows = Sequence[Sequence[Any]]

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_PARAMETER = re.compile(r"\{(\w+):\w+\}")
#: Names of boards that the page's other routes have.
RESERVED = frozenset({"healthz", "metrics"})
#: Parameters that the range gives.
RANGE = frozenset({"from", "until"})
#: Those, and the organisation's time zone; every other one is a variable's.
GIVEN = RANGE | {"zone"}


class Drawing(StrEnum):
    """How a panel is drawn; in those over time the first column is `time`."""

    #: time, category, value: a stacked bar for each time, a colour for each category.
    STACK = "stacked time series"
    #: category, values: a stacked bar for each category.
    BARS = "bars"
    #: number, estimate, low, high: a line, and the band from low to high.
    BAND = "line with its band"
    #: category, estimate, low, high, kind: a point and its interval for each, coloured by kind.
    INTERVALS = "intervals"
    #: time, category, values: a small chart for each category, all on the same axes.
    SMALL = "small multiples"
    #: Rows as they are.
    TABLE = "table"
    #: Rows whose first column is a sentence.
    SENTENCES = "sentences"
    #: row, column, value: a table with a line for each row and a column for each column.
    MATRIX = "matrix"
    #: time, values, one value more: stacked bars, and the last column as a line on its own axis.
    AXES = "two axes"
    #: time, values: a line for each.
    LINES = "lines"
    #: One row: large figures, with their share and what the word means.
    TILES = "tiles"
    #: One row: figures.
    STAT = "figures"


CHARTS = frozenset(
    {
        *(Drawing.STACK, Drawing.BARS, Drawing.AXES, Drawing.LINES),
        *(Drawing.BAND, Drawing.INTERVALS, Drawing.SMALL),
    }
)
#: Drawings that are tables of the panel's rows.
TABLES = frozenset({Drawing.TABLE, Drawing.SENTENCES, Drawing.MATRIX})


class Shade(NamedTuple):
    """A value as it is shown."""

    title: str
    colour: str


class Shades(NamedTuple):
    """The values of a column as they are shown, in the order in which they are stacked."""

    known: tuple[tuple[str, Shade], ...]

    def of(self, value: str) -> Shade:
        """How a value is shown; one that is not known keeps its own name."""
        return dict(self.known).get(value, Shade(value, "#c5cccd"))


@dataclass(frozen=True)
class Column:
    """A column of a panel's rows, as a reader sees it."""

    name: str
    title: str
    unit: str = ""
    #: The colour of the column, or how each of its values is shown.
    hue: str | Shades = ""
    #: What the word means, where a drawing has room for it.
    means: str = ""
    #: A value as large as this asks for somebody's attention.
    alarm: float | None = None
    #: What it means that there is no value.
    none: str = "none, or too few people to show"
    #: What an empty text means.
    blank: str = ""
    #: As a share of a caption: said under charts of this drawing only.
    under: "Drawing | None" = None
    #: A variable: title and unit are those of what was chosen of it.
    of: str = ""
    #: What the column before it was to be: a broken line beside it, where any is known.
    aim: bool = False
    #: Stands in the cell of the column before it, where there is little room.
    joined: bool = False
    #: Its values are names of boards, which `hue` gives their titles, and lead there.
    leads: bool = False
    #: Its texts are what began then: a chart has a line with each at its row's time or number.
    marks: bool = False

    @property
    def colour(self) -> str:
        """The colour of the column; empty where it has none, or one for each value."""
        return self.hue if isinstance(self.hue, str) else ""

    def shown(self, value: Any) -> str:
        """A text of the column as it is read."""
        return self.hue.of(str(value)).title if isinstance(self.hue, Shades) else str(value)


@dataclass(frozen=True)
class Query:
    """A question to the warehouse."""

    name: str
    columns: tuple[str, ...]
    sql: str = field(repr=False)
    #: Seconds between two looks while somebody watches.
    every: float
    #: Whether it is worth asking at once when the pulse says that something arrived.
    wakes: bool = False

    @cached_property
    def parameters(self) -> frozenset[str]:
        """The names of what it is asked with."""
        return frozenset(_PARAMETER.findall(self.sql))


@dataclass(frozen=True)
class Asked:
    """Something of a board that has rows: a panel, or the board's caption."""

    name: str
    columns: tuple[Column, ...]
    #: The `.sql` that it shares with others; empty for the file of its own name.
    source: str = field(default="", kw_only=True)
    every: float = field(default=10.0, kw_only=True)
    wakes: bool = field(default=False, kw_only=True)

    @property
    def file(self) -> str:
        """The name of its SQL."""
        return self.source or self.name


@dataclass(frozen=True)
class Panel(Asked):
    """A question with what a reader needs to understand its picture."""

    drawing: Drawing
    title: str
    unit: str
    #: What the panel says, and what to do with it.
    says: str
    do: str
    #: What stands there while there is nothing to draw.
    empty: str
    #: What it shows where the range or a variable does not govern it; stands in its title.
    scope: str = ""
    #: It reaches back at least so many weeks, however short the range is.
    least_weeks: int = 0
    #: Whether it is there before the first event has arrived.
    always: bool = False
    #: Of twelve columns on a wide screen.
    width: int = 6
    #: Rows of the picture, in steps of about 30 pixels.
    height: int = 9

    @property
    def over_time(self) -> bool:
        """Whether its rows are moments."""
        return self.columns[0].name == "time"

    @property
    def charted(self) -> bool:
        """Whether it is a chart, whose numbers stand beside it as a table."""
        return self.drawing in CHARTS

    @property
    def reach(self) -> str:
        """What it shows beside the range, in words; empty where the range says it all."""
        return self.scope or (f"at least {self.least_weeks} weeks" if self.least_weeks else "")


@dataclass(frozen=True)
class Variable:
    """Something that a reader chooses: a team, a KPI."""

    name: str
    title: str
    #: Its choices: value, and where columns name them, unit, direction and title.
    query: Query
    #: What choosing nothing means, as in `All teams`; without, nothing is the first choice.
    everything: str = ""
    #: What stands there while there is nothing to choose.
    none: str = "none"

    @property
    def default_is_first(self) -> bool:
        """Whether the first choice stands where none was made."""
        return not self.everything

    def words(self, value: str) -> str:
        """A value as it is read: `issue_hours_to_close` → `issue hours to close`."""
        return value.replace("_", " ") if self.default_is_first else value


@dataclass(frozen=True)
class Board:
    """Panels that are looked at together."""

    name: str
    title: str
    variables: tuple[Variable, ...]
    panels: tuple[Panel, ...]
    says: str = ""
    #: One row of shares that stands in words under every chart.
    caption: Asked | None = None
    #: Boards are shown in this order, then by name; the first is the page's `/`.
    place: int = 100

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name) or self.name in RESERVED:
            raise BoardInvalid(f"board {self.name!r}: its name must be a word of the address")
        names = [panel.name for panel in self.asked]
        if len(set(names)) < len(names):
            raise BoardInvalid(f"board {self.name}: two panels have one name: {names}")

    @property
    def asked(self) -> tuple[Asked, ...]:
        """Everything of it that has rows."""
        return (*self.panels, *((self.caption,) if self.caption else ()))

    def panel(self, name: str) -> Panel:
        """The panel of that name; KeyError where there is none."""
        return {panel.name: panel for panel in self.panels}[name]

    def query(self, asked: Asked) -> Query:
        """The question behind a panel; panels of one source have one question."""
        return self._queries[asked.file]

    @cached_property
    def _queries(self) -> dict[str, Query]:
        return {name: self._query(name) for name in {each.file: None for each in self.asked}}

    def _query(self, name: str) -> Query:
        sharing = [each for each in self.asked if each.file == name]
        columns = {column.name: None for each in sharing for column in each.columns}
        shared = ("panel",) if sharing[0].source else ()
        return Query(
            f"{self.name}.{name}",
            (*shared, *columns),
            text(f"dashboards.boards.{self.name}", name),
            min(each.every for each in sharing),
            any(each.wakes for each in sharing),
        )

    def rows(self, asked: Asked, rows: Rows) -> Rows:
        """The rows of a panel among those that its question gave."""
        if not asked.source:
            return rows
        columns = self.query(asked).columns
        places = [columns.index(column.name) for column in asked.columns]
        return [tuple(row[at] for at in places) for row in rows if row[0] == asked.name]


def text(package: str, name: str) -> str:
    """The text of a `.sql` file, its fragments filled in; raises BoardInvalid where it lacks."""
    file = files(package) / f"{name}.sql"
    try:
        template = Template(file.read_text("utf-8"))
        return template.substitute(_Fragments())
    except (OSError, KeyError) as error:
        raise BoardInvalid(f"{package}: {name}.sql cannot be read: {error}") from error


class _Fragments(Mapping[str, str]):
    """Pieces of SQL that several queries share, by name."""

    def __getitem__(self, name: str) -> str:
        file = files("dashboards.queries") / f"{name}.fragment.sql"
        if not file.is_file():
            raise KeyError(f"there is no dashboards/queries/{name}.fragment.sql")
        return file.read_text("utf-8").rstrip()

    def __iter__(self) -> Any:
        return iter(())

    def __len__(self) -> int:
        return 0
