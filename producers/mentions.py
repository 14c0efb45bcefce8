"""Whom a text names. Each tool writes a mention in its own way; what follows from one is the same.

The text is without what its writer did not say themselves: code, quotes, links.
"""

import re
from collections.abc import Sequence
from typing import TypeVar

from producers import utterances

_Named = TypeVar("_Named")
_PARAGRAPH = re.compile(r"\n[ \t]*\n")


def mentioned(own: str, mention: re.Pattern[str]) -> tuple[str, ...]:
    """Whom a text names, each once, in their order; the pattern's group is the name."""
    return tuple(dict.fromkeys(mention.findall(own)))


def asking(own: str, mention: re.Pattern[str]) -> dict[str, bool]:
    """Whom a text names, in lower case, and whether a paragraph that does asks them."""
    found: dict[str, bool] = {}
    for paragraph in _PARAGRAPH.split(own):
        names = [name.lower() for name in mentioned(paragraph, mention)]
        asks = bool(names) and utterances.asks(paragraph)
        for name in names:
            found[name] = found.get(name, False) or asks
    return found


def alone(found: Sequence[_Named]) -> _Named | None:
    """Whom a text is for that names them alone; of several no tool says which one it is for."""
    return found[0] if len(found) == 1 else None
