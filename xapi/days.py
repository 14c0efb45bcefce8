"""What a day may be, everywhere: 1970-01-02 to 2105-12-31.

The warehouse holds an hour as seconds from 1970 on in 32 bits, and a day as a number of days from
then on: beyond both ends it counts round without a word, and one day earlier or later must be
possible too. So what people write is refused where it lies outside (`day`), and when a tool says
something happened is moved to the nearest moment (`moment`): a statement is stored as it came, and
counts on the first or the last day.

The warehouse's copy of the bounds of a moment is in its SQL, where what comes from Kafka enters; a
test holds them together.
"""

import re
from datetime import UTC, date, datetime

FIRST, LAST = date(1970, 1, 2), date(2105, 12, 31)
#: The moments that lie within these days in every time zone, from UTC-12 to UTC+14.
EARLIEST = datetime(1970, 1, 2, 12, tzinfo=UTC)
LATEST = datetime(2105, 12, 31, 9, 59, 59, 999_000, tzinfo=UTC)
EARLIEST_MS = int(EARLIEST.timestamp() * 1000)
LATEST_MS = 4_291_696_799_999

_WRITTEN = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def moment(milliseconds: int) -> int:
    """When an event counts, in Unix milliseconds: then, or at the nearest moment that there is."""
    return min(max(milliseconds, EARLIEST_MS), LATEST_MS)


def day(text: str) -> date:
    """A day as people write it, YYYY-MM-DD. Raises ValueError, with what is wrong and allowed."""
    try:
        found = date.fromisoformat(text) if _WRITTEN.fullmatch(text) else None
    except ValueError:
        found = None
    if found is None:
        raise ValueError(f"{text!r} is no date of the calendar; write YYYY-MM-DD")
    return within(found, text)


def within(found: date, text: str) -> date:
    """A day, where it is one that there is; `text` is how it was written.

    Raises ValueError, with what is allowed.
    """
    if not FIRST <= found <= LAST:
        raise ValueError(f"{text!r} is not between {FIRST} and {LAST}")
    return found
