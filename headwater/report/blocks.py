"""What a report is put together from, whatever it says: page.html draws each form once."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from markupsafe import Markup


@dataclass(frozen=True)
class Said:
    """A paragraph; `kind` may be `note` or `empty`."""

    words: str
    kind: str = ""
    form: ClassVar[str] = "said"


@dataclass(frozen=True)
class Points:
    """Sentences, one under the other."""

    items: Sequence[str]
    form: ClassVar[str] = "points"


@dataclass(frozen=True)
class Heading:
    """The title of what follows within a section."""

    words: str
    form: ClassVar[str] = "heading"


@dataclass(frozen=True)
class Table:
    """Rows of texts under names; the first cell of a row names it.

    Attributes:
        left: Places of the columns, beside the first, that hold words and not figures.
        strong: Rows that are printed in bold, by their place.
    """

    caption: str
    names: Sequence[str]
    rows: Sequence[Sequence[str]]
    left: Sequence[int] = ()
    strong: Sequence[int] = ()
    note: str = ""
    form: ClassVar[str] = "table"


@dataclass(frozen=True)
class Picture:
    """Charts beside each other or one alone, with what they show and what their signs mean.

    Attributes:
        legend: What a sign means: its class in the style sheet, and words.
    """

    charts: Sequence[tuple[str, Markup]]
    caption: str
    legend: Sequence[tuple[str, str]] = ()
    form: ClassVar[str] = "picture"


@dataclass(frozen=True)
class Verdict:
    """What may be said of a link: its verdict, and the figures that it rests on."""

    title: str
    kind: str
    kind_words: str
    verdict: str
    figures: Sequence[tuple[str, str]]
    form: ClassVar[str] = "verdict"


Block = Said | Points | Heading | Table | Picture | Verdict


@dataclass(frozen=True)
class Section:
    """A part of the report with a title of its own."""

    name: str
    title: str
    says: str
    blocks: Sequence[Block] = field(default_factory=tuple)
    #: What the summary says of it.
    short: Sequence[str] = ()
