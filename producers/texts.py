"""What of a text goes further than the connector that reads it.

By default its language, and no word of it; a connection may keep titles, or texts as well
(docs/decisions/texts.md). Titles and texts may be edited, so nothing of them counts when statements
are compared: a title is the name in an object's definition, and what somebody wrote stands beside
the statement, as an extension of its context.
"""

from dataclasses import dataclass
from enum import StrEnum

from producers.languages import language

#: So much of a title and of a text is kept, in characters.
TITLE = 500
TEXT = 20_000


class Keeps(StrEnum):
    """What of titles and texts a connection keeps."""

    NOTHING = "nothing"
    #: The titles of what people deal with.
    TITLES = "titles"
    #: Titles, and what people wrote.
    TEXTS = "texts"


@dataclass(frozen=True)
class Written:
    """What a statement tells of what its actor wrote: the language, where that can be told, and
    the text, where it is kept."""

    language: str = ""
    text: str = ""


def written(keeps: Keeps, text: str, title: str = "") -> Written:
    """What is told of a text, as far as a connection keeps it; `title` is one by the same hand."""
    said = language(f"{title}\n\n{text}" if title else text)
    return Written(said, cut(text, TEXT) if keeps is Keeps.TEXTS else "")


def cut(text: str | None, longest: int) -> str:
    """A text without spaces around it, and no longer than so many characters."""
    return (text or "").strip()[:longest]
