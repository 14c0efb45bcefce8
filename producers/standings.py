"""How each connection stands, as this run of a part knows it: told on `ops.connections`.

What changed is told within seconds, and everything once a minute, so that a connection that sends
nothing stands there too, and one that is no more is missed. What was not told when a process is
killed is lost; it is how things stand, not what was recorded.
"""

import asyncio
import functools
import time
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple, Protocol
from uuid import uuid4

import structlog

from bus import connections
from bus.connections import Standing
from bus.errors import BrokerUnavailable
from producers.connector import Disposition
from producers.errors import Refused

log = structlog.get_logger()

#: Between two looks at what changed, and between two tellings of everything, in seconds.
LOOK_EVERY, ALL_EVERY = 2.0, 60.0
DAY = 86_400
#: Status of a refusal → the class of its reason.
CLASSES = {
    401: "signature",
    403: "origin",
    405: "method",
    413: "size",
    415: "type",
    422: "shape",
    429: "rate",
}
UNKNOWN, NOT_UNDERSTOOD = "unknown kind", "not understood"
KEPT = {Disposition.UNSUPPORTED: UNKNOWN, Disposition.REJECTED: NOT_UNDERSTOOD}


class Known(NamedTuple):
    """A connection, or a stream of one, that a part looks after."""

    connection: str
    connector: str
    platform: str = ""
    stream: str = ""
    every: float = 0.0


class Sink(Protocol):
    """Where records go."""

    def publish(
        self, topic: str, key: bytes | None, value: bytes, headers: Any = ()
    ) -> "Future[None]":
        """Sends one message; the future is done when it is durable."""


@dataclass
class _Tally:
    """What was done on a day; `told` is when it was told last, and `changed` whether since then."""

    delivered: float | None = None
    read: float | None = None
    accepted: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    changed: bool = True
    told: float = 0.0


class Standings:
    """The tallies of a part; `known` names what it looks after now."""

    def __init__(
        self,
        part: str,
        known: Callable[[], Iterable[Known]],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._part = part
        self._known = known
        self._clock = clock
        self._run = str(uuid4())
        self._began = clock()
        #: (connection, stream, day) → what was done.
        self._tallies: dict[tuple[str, str, str], _Tally] = {}
        #: (connection, stream) of what could not be read when it was tried last.
        self._failing: set[tuple[str, str]] = set()

    def delivered(self, connection: str, accepted: int, disposition: Disposition) -> None:
        """A delivery was answered with success, and made so many statements and signals."""
        tally = self._of(connection)
        tally.delivered = self._clock()
        self._add(tally, accepted, [disposition])

    def found(
        self, connection: str, stream: str, accepted: int, dispositions: Iterable[Disposition]
    ) -> None:
        """A page of a stream was read, and made so many statements and signals."""
        self._add(self._of(connection, stream), accepted, dispositions)

    def read(self, connection: str, stream: str) -> None:
        """A stream was read to its end."""
        tally = self._of(connection, stream)
        tally.read, tally.changed = self._clock(), True
        self._failing.discard((connection, stream))

    def failed(self, connection: str, stream: str) -> None:
        """A stream could not be read."""
        if (connection, stream) not in self._failing:
            self._failing.add((connection, stream))
            self._of(connection, stream).changed = True

    def refused(self, connection: str, error: Refused) -> None:
        """A delivery was refused; that it cannot be taken just now is no refusal."""
        if reason := CLASSES.get(error.status):
            tally = self._of(connection)
            tally.refused[reason] += 1
            tally.changed = True

    async def tell(self, sink: Callable[[], Sink | None]) -> None:
        """Tells what changed, for good; a Kafka that is away is told later."""
        while True:
            if (there := sink()) is not None:
                await self.told(there)
            await asyncio.sleep(LOOK_EVERY)

    async def told(self, sink: Sink) -> None:
        """Tells what changed since it was told, and what was not told for a minute."""
        known = {(each.connection, each.stream): each for each in self._known()}
        self._failing &= known.keys()
        for connection, stream in known:
            self._of(connection, stream)
        now = self._clock()
        today = _day(now)
        for (connection, stream, day), tally in list(self._tallies.items()):
            of = known.get((connection, stream))
            again = day == today and now - tally.told > ALL_EVERY
            if of and (tally.changed or again):
                await self._send(sink, of, day, tally, now)
            if day != today and (of is None or not tally.changed):
                del self._tallies[connection, stream, day]

    async def _send(self, sink: Sink, of: Known, day: str, tally: _Tally, now: float) -> None:
        tally.changed = False  # what changes while it is sent is told with the next look
        standing = Standing(
            of.connection,
            of.connector,
            self._part,
            of.stream,
            self._run,
            day,
            self._began,
            now,
            tally.delivered,
            tally.read,
            of.every,
            tally.accepted,
            dict(tally.refused),
            (of.connection, of.stream) in self._failing,
            of.platform,
        )
        try:
            await asyncio.wrap_future(sink.publish(*connections.message(standing)))
            tally.told = now
        except BrokerUnavailable as error:
            tally.changed = True
            log.warning("how connections stand was not told", why=str(error)[:200])

    def _add(self, tally: _Tally, accepted: int, dispositions: Iterable[Disposition]) -> None:
        tally.accepted += accepted
        for each in dispositions:
            if each in KEPT:
                tally.refused[KEPT[each]] += 1
        tally.changed = True

    def _of(self, connection: str, stream: str = "") -> _Tally:
        key = (connection, stream, _day(self._clock()))
        if (tally := self._tallies.get(key)) is None:
            tally = self._tallies[key] = _Tally()
        return tally


def _day(seconds: float) -> str:
    return _date(int(seconds // DAY))


@functools.lru_cache(maxsize=8)
def _date(days: int) -> str:
    return datetime.fromtimestamp(days * DAY, UTC).date().isoformat()
