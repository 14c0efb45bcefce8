"""What the processors of loads share: entries are stored as they come, and count once their load's
closing record is there (`bus/loads.py`)."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import orjson

from bus import loads
from streams.context import Context
from streams.processor import Message, refuse

#: What a record that cannot be read, or whose parts have the wrong shape, raises.
MALFORMED = (orjson.JSONDecodeError, KeyError, TypeError, ValueError, AttributeError)


class Entry(NamedTuple):
    """A record of a load, where it stands, and the row that is made of it."""

    offset: int
    value: dict[str, Any]
    row: tuple[Any, ...]


async def take(
    context: Context,
    messages: Sequence[Message],
    *,
    counted: str,
    source: str,
    row: Callable[[dict[str, Any], int], tuple[Any, ...]],
    put: Callable[[Context, list[Entry]], Awaitable[None]],
    close: Callable[[Context, loads.Closing, int, datetime], Awaitable[None]],
    revision: int = 1,
) -> None:
    """Stores entries; a closing record makes those before it count.

    What a record itself is wrong about is refused. What `put` and `close` raise is not that: it
    goes on to the framework, which tries the batch again.

    `counted` is the topic's field for how many there are; `source` names sender and kind of what is
    refused; `row` makes an entry's row of its value and offset; `close` is given the closing
    record, its offset, and the time; `revision` is the newest shape of records that `row` reads.
    """
    entries: list[Entry] = []
    for message in messages:
        if not message.value:
            continue
        try:
            read = _read(message, counted, revision, row)
        except MALFORMED as error:
            await refuse(context, message, source=source, kind=source, error=error)
            continue
        if isinstance(read, Entry):
            entries.append(read)
            continue
        await put(context, entries)
        entries = []
        at = datetime.fromtimestamp(context.clock(), UTC)
        await close(context, read, message.offset, at)
    await put(context, entries)


def text(value: dict[str, Any], key: str) -> str:
    """A field that is a text; raises TypeError for another, which no column of texts takes."""
    found = value[key]
    if not isinstance(found, str):
        raise TypeError(f"{key} is no text: {found!r:.50}")
    return found


def _read(
    message: Message,
    counted: str,
    revision: int,
    row: Callable[[dict[str, Any], int], tuple[Any, ...]],
) -> Entry | loads.Closing:
    """What a record says; raises MALFORMED."""
    value = loads.read(message.value or b"", counted, revision)
    if isinstance(value, loads.Closing):
        return value
    return Entry(message.offset, value, row(value, message.offset))
