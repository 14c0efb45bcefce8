"""Records of owners: which team a repository, queue or service belongs to, since when."""

from datetime import date
from typing import Any

from streams.loading import text
from streams.pseudonyms import Pseudonyms

OWNER_COLUMNS = ("load", "sequence", "host", "kind", "place", "from", "team")
#: Since ever.
EVER = date(1970, 1, 1)


def owner_row(message: dict[str, Any], sequence: int, pseudonyms: Pseudonyms) -> tuple[Any, ...]:
    """The row of `directory.owner_rows`; nobody is in it."""
    first = message.get("from")
    return (
        message["load"],
        sequence,
        text(message, "host"),
        text(message, "kind"),
        text(message, "place"),
        date.fromisoformat(first) if first else EVER,
        text(message, "owner"),
    )
