"""Records of consents: who said, by hand, whether they may be named for what they know."""

from typing import Any

from streams.loading import text
from streams.pseudonyms import Pseudonyms

CONSENT_COLUMNS = ("load", "sequence", "person", "findable")


def consent_row(message: dict[str, Any], sequence: int, pseudonyms: Pseudonyms) -> tuple[Any, ...]:
    """The row of `directory.findable_rows`: the person's pseudonym, and yes or no."""
    findable = message["findable"]
    if not isinstance(findable, bool):
        raise TypeError("findable is neither true nor false")
    return (message["load"], sequence, pseudonyms.person(text(message, "consents")), findable)
