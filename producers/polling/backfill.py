"""A connection's streams once more, from a day on, beside the poller.

A back-fill has cursors of its own on `poller.cursors`, so the poller's stay where they are, and
one that was stopped or killed goes on where it was. What it finds makes the same ids as ever, so
what is there already does not count again.
"""

import asyncio
import contextlib
import math
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from bus.publisher import Publisher
from producers.connector import Client, Options
from producers.intake import Intake, Taken
from producers.polling.cursors import Cursors
from producers.polling.durable import durable

#: A first round begins so many days ago, by the option of this name; the day may not be over.
_DAYS, _SINCE = "history_days", "since"
_DAY = timedelta(days=1)


@dataclass
class Found:
    """What a back-fill found in a stream, in all its runs.

    `events` counts them by disposition and kind; `newest` is when the latest of the last page was
    done, None where its events have no time.
    """

    stream: str
    events: Counter[tuple[str, str]] = field(default_factory=Counter)
    statements: int = 0
    newest: datetime | None = None

    @property
    def sorts(self) -> Counter[str]:
        """How many events each disposition has."""
        found: Counter[str] = Counter()
        for (sort, _), count in self.events.items():
            found[sort] += count
        return found


class _Kept(msgspec.Struct):
    """What stands in the cursor: the stream's own mark, and what had been found up to there."""

    mark: str = ""
    events: list[tuple[str, str, int]] = []
    statements: int = 0


class Backfill:
    """The reading of a connection's streams from a moment on."""

    def __init__(
        self,
        intake: Intake,
        api: Client,
        sink: Publisher,
        cursors: Cursors,
        since: datetime,
        *,
        anew: bool = False,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        assert intake.connector.poll
        self._poll = intake.connector.poll
        self._intake = intake
        self._api = api
        self._sink = sink
        self._cursors = cursors
        self._since = since
        self._anew = anew
        self._now = now

    @property
    def streams(self) -> Sequence[str]:
        """The streams that hold history."""
        return [name for name in self._poll.streams if name not in self._poll.upkeep]

    def begun(self, stream: str) -> bool:
        """Whether an earlier run has got somewhere."""
        return not self._anew and self._cursor(stream) is not None

    async def read(self, stream: str) -> AsyncIterator[Found]:
        """Reads a stream to its end, from where an earlier run was; what was found by now.

        Raises PollError and BrokerUnavailable; what was read before is kept.
        """
        cursor = None if self._anew else self._cursor(stream)
        kept = msgspec.json.decode(cursor.mark, type=_Kept) if cursor else _Kept()
        found = Found(stream, Counter({(s, k): n for s, k, n in kept.events}), kept.statements)
        yield found
        options = since(self._intake.connection.options, self._since, self._now())
        async for page in self._poll.streams[stream](self._api, options, kept.mark):
            written = await durable(self._sink, self._intake, page)
            found.events.update((str(each.disposition), each.kind) for each in written.every)
            found.statements += written.statements
            found.newest = max(filter(None, map(_when, written.every)), default=None)
            # A page whose cursor is the one before is read again by the next run, and told then.
            if page.cursor != kept.mark:
                await self._keep(found, page.cursor)
                kept.mark = page.cursor
            yield found

    async def _keep(self, found: Found, mark: str) -> None:
        events = [(sort, kind, count) for (sort, kind), count in found.events.items()]
        text = msgspec.json.encode(_Kept(mark, events, found.statements)).decode()
        name = self._name(found.stream)
        moved = self._cursors.moved(self._sink, self._intake.connection.name, name, text)
        await asyncio.wrap_future(moved)

    def _cursor(self, stream: str) -> Any:
        return self._cursors.of(self._intake.connection.name, self._name(stream))

    def _name(self, stream: str) -> str:
        """No stream's own name has a space."""
        return f"{stream} since {self._since.isoformat()}"


def since(options: Options, moment: datetime, now: datetime) -> Options:
    """The options with which a first round reads from a moment on.

    A tool whose connector has no such option tells all that it holds.
    """
    fields = type(options).model_fields
    if _DAYS in fields:
        days = math.ceil(max(timedelta(), now - moment) / _DAY + 1 / 24)
        return options.model_copy(update={_DAYS: days})
    return options.model_copy(update={_SINCE: moment}) if _SINCE in fields else options


def _when(taken: Taken) -> datetime | None:
    times = []
    for each in taken.statements:
        with contextlib.suppress(KeyError, ValueError):
            times.append(datetime.fromisoformat(each["timestamp"]).astimezone(UTC))
    return max(times, default=None)


class Covered:
    """How much of a time a list has been read of, whether it comes oldest or newest first.

    A stream may have several lists, one after another; a time against the direction is of the next.
    """

    def __init__(self, begin: datetime, end: datetime) -> None:
        self._begin, self._end = begin, end
        self._first: datetime | None = None
        self._last: datetime | None = None
        self._upwards: bool | None = None

    def share(self, newest: datetime) -> float:
        """Of 1, with the newest time of the page that was read last."""
        at = min(self._end, max(self._begin, newest))
        if self._last is None or self._first is None or self._against(at):
            self._first, self._last, self._upwards = at, at, None
            return 0.0
        if at != self._last:
            self._upwards = at > self._last
        self._last = at
        covered = abs(at - self._first)
        left = self._end - at if self._upwards in (True, None) else at - self._begin
        whole = covered + left
        return covered / whole if whole else 1.0

    def _against(self, at: datetime) -> bool:
        if self._last is None or self._upwards is None or at == self._last:
            return False
        return (at > self._last) != self._upwards
