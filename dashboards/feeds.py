"""The pollers behind the page: one for each question that somebody looks at the answer of.

A question is a query with what it is asked with. However many browsers and panels look at its
answer, the warehouse is asked once; when nobody looks, nobody is asked. A choice that a query does
not take leaves its question as it is. Questions are asked side by side, and each rests longer than
it took. One cheap query, the pulse, says whether anything arrived: then what depends on it is asked
at once.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, tzinfo
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import structlog
from prometheus_client import Counter, Gauge, Histogram

from dashboards.board import GIVEN, RANGE, Board, Query, Rows, Variable
from dashboards.queries import COUNTED, HISTORY, INSTALLATION, PULSE
from dashboards.spans import Span
from serving.pacing import Pacing
from serving.progress import first_line
from serving.tasks import Tasks
from warehouse import Warehouse, WarehouseError, WarehouseUnavailable

log = structlog.get_logger(__name__)

SECONDS = Histogram("headwater_page_query_seconds", "Time a panel's query took", ["query"])
ERRORS = Counter("headwater_page_query_errors", "Queries that failed", ["query", "kind"])
WATCHED = Gauge("headwater_page_views_watched", "Distinct questions somebody looks at")
BROWSERS = Gauge("headwater_page_browsers", "Open pages that are in sight")

#: How long a question rests after its answer, so that watching is cheap.
PACE = Pacing(least=0.7, share=1.5)
#: What was read stays this long for the next who looks.
KEPT_SECONDS = 120.0
#: Questions that are asked at one time, of the boards and of what is common to them.
SIDE_BY_SIDE, COMMON = 2, 2

Parameters = Callable[[], Mapping[str, Any]]
Listener = Callable[["Feed"], None]


@dataclass(eq=False)
class Feed:
    """Repeats a question while somebody listens, and tells listeners when its answer changed."""

    warehouse: Warehouse
    query: Query
    parameters: Parameters
    gate: asyncio.Semaphore
    #: Told of news before the listeners, and not one of them.
    herald: Listener | None = None
    #: Whether what it is asked with is known; until then it waits to be woken.
    ready: Callable[[], bool] = lambda: True
    rows: Rows | None = None
    #: What the rows were asked with.
    told: Mapping[str, Any] = field(default_factory=dict)
    #: Why the last try failed, in ClickHouse's words; None after a success.
    error: str | None = None
    #: When the warehouse stopped answering; None while it answers.
    stale_since: float | None = None
    #: When the warehouse last answered this.
    answered: float | None = None
    left: float = field(default_factory=time.monotonic)
    tasks: Tasks = field(default_factory=lambda: Tasks("page"))
    _due: float = 0.0
    #: Not asked again before.
    _rested: float = 0.0
    _listeners: set[Listener] = field(default_factory=set)
    _task: asyncio.Task[None] | None = None
    _stirred: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def watched(self) -> bool:
        """Whether anybody listens."""
        return bool(self._listeners)

    @property
    def settled(self) -> bool:
        """Whether there was an answer, if only a refusal or silence."""
        return self.rows is not None or self.error is not None or self.stale_since is not None

    @property
    def current(self) -> bool:
        """Whether the answer is no older than while it is followed: nobody may have listened."""
        lately = self.answered is not None and time.time() - self.answered < 2 * self.query.every
        return lately or self.stale_since is not None

    @property
    def choice(self) -> dict[str, Any]:
        """The variables that the rows were asked with."""
        return {name: value for name, value in self.told.items() if name not in GIVEN}

    def listen(self, listener: Listener) -> None:
        """Start telling; the first listener starts the polling."""
        self._listeners.add(listener)
        if self._task is None or self._task.done():
            self._task = self.tasks.start(f"feed {self.query.name}", self._poll())

    def leave(self, listener: Listener) -> None:
        """Stop telling; the last to leave ends the polling."""
        self._listeners.discard(listener)
        if not self._listeners:
            self.left = time.monotonic()
            if self._task is not None:
                self.tasks.cancel(self._task)
                self._task = None

    def wake(self) -> None:
        """Something arrived: ask at once, or as soon as it has rested."""
        self._due = min(self._due, max(time.monotonic(), self._rested))
        self._stirred.set()

    async def _poll(self) -> None:
        told = False  # who listens anew waits for an answer, be it the same as long ago
        while True:
            self._stirred.clear()
            wait = self._due - time.monotonic() if self.ready() else None
            if wait is not None and wait <= 0:
                await self._ask(tell=not told)
                told = True
                continue
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stirred.wait(), wait)

    async def _ask(self, *, tell: bool) -> None:
        async with self.gate:
            began = time.monotonic()
            changed = await self._answer()
            took = time.monotonic() - began
        SECONDS.labels(self.query.name).observe(took)
        now = time.monotonic()
        self._rested = now + PACE.rest(took)
        self._due = max(self._rested, now + self.query.every)
        if self.stale_since is not None:
            self._due = now + max(1.0, took)  # what timed out may still be under way there
        if changed or tell:
            self._tell()

    async def _answer(self) -> bool:
        """Asks once; whether what is known changed."""
        name = self.query.name
        told = dict(self.parameters())
        before = (self.rows, self.choice, self.error, self.stale_since)
        try:
            rows = await asyncio.to_thread(self.warehouse.query, self.query.sql, told)
        except WarehouseUnavailable as error:
            ERRORS.labels(name, "unavailable").inc()
            if self.stale_since is None:
                log.warning("the warehouse does not answer", query=name, why=str(error)[-200:])
            self.stale_since = self.stale_since or self.answered or time.time()
        except WarehouseError as error:
            ERRORS.labels(name, "refused").inc()
            if self.error != str(error):
                log.warning("a query was refused", query=name, why=str(error))
            self._recovered(str(error))
        except Exception as error:  # one question that cannot be asked is not to end the others
            ERRORS.labels(name, "failed").inc()
            if self.error is None:
                log.exception("a query failed", query=name)
            self.error = f"The page could not ask: {first_line(error)}"
        else:
            self.rows, self.told = rows, told
            self._recovered(None)
        return before != (self.rows, self.choice, self.error, self.stale_since)

    def _recovered(self, error: str | None) -> None:
        self.answered = time.time()
        self.stale_since, self.error = None, error

    def _tell(self) -> None:
        if self.herald is not None:
            self.herald(self)
        for listener in tuple(self._listeners):
            try:
                listener(self)
            except Exception:  # one broken browser must not stop the others' news
                log.exception("a view could not be redrawn", query=self.query.name)


class Feeds:
    """Every feed of the page, and what is common to all boards."""

    def __init__(self, warehouse: Warehouse, boards: Iterable[Board]) -> None:
        self.warehouse = warehouse
        self.boards = tuple(boards)
        self._gate = asyncio.Semaphore(SIDE_BY_SIDE)
        self._feeds: dict[tuple[Query, tuple[Any, ...]], Feed] = {}
        common, gate = [INSTALLATION, PULSE, HISTORY, COUNTED], asyncio.Semaphore(COMMON)
        common += [variable.query for board in self.boards for variable in board.variables]
        self.common = {query: Feed(warehouse, query, dict, gate, self.heard) for query in common}

    def heard(self, news: Feed) -> None:
        """The common feeds have news: what depends on it is asked anew where it is watched."""
        if news.query in (HISTORY, COUNTED):
            return
        for feed in self._feeds.values():
            if feed.watched and (news.query != PULSE or feed.query.wakes):
                feed.wake()

    def of(self, query: Query, span: Span, chosen: Mapping[Variable, str]) -> Feed:
        """The feed of a question, shared by all who look at its answer."""
        self._forget()
        taken = tuple(
            (variable, value)
            for variable, value in chosen.items()
            if variable.name in query.parameters
        )
        ranged = span if query.parameters & RANGE else None
        needed = [variable.query for variable, value in taken if not value]
        needed += [INSTALLATION] if ranged else []  # its time zone
        key = (query, (ranged, *taken))
        if key not in self._feeds:
            self._feeds[key] = Feed(
                self.warehouse,
                query,
                lambda: self.parameters(ranged, dict(taken)),
                self._gate,
                ready=lambda: all(self.common[each].settled for each in needed),
            )
        return self._feeds[key]

    def of_before(self, feed: Feed, chosen: Mapping[Variable, str]) -> bool:
        """Whether rows are of another choice than the one that stands above them.

        What was first in a list when they were read is not always first now.
        """
        taken = {v: value for v, value in chosen.items() if v.name in feed.query.parameters}
        return self.parameters(None, taken) != feed.choice

    def parameters(self, span: Span | None, chosen: Mapping[Variable, str]) -> dict[str, Any]:
        """What SQL is asked with."""
        told: dict[str, Any] = {
            variable.name: value or self.default(variable) for variable, value in chosen.items()
        }
        if span is not None:
            told["from"], told["until"] = span.instants(time.time(), self.zone)
            told["zone"] = str(self.zone)
        return told

    def choices(self, variable: Variable) -> Rows:
        """What can be chosen, as far as it is known."""
        return self.common[variable.query].rows or ()

    def default(self, variable: Variable) -> str:
        """The value that stands where none was chosen."""
        rows = self.choices(variable) if variable.default_is_first else ()
        return str(rows[0][0]) if rows else ""

    @property
    def zone(self) -> tzinfo:
        """The organisation's time zone; UTC until the warehouse has said."""
        rows = self.common[INSTALLATION].rows
        try:
            return ZoneInfo(str(rows[0][0]) if rows else "UTC")
        except (ZoneInfoNotFoundError, ValueError):
            return ZoneInfo("UTC")

    @property
    def since(self) -> date | None:
        """The first day that can be shown; None while there is none, or it is not known."""
        rows = self.common[HISTORY].rows
        first = rows[0][0] if rows else None
        return first if first and first > date(1970, 1, 1) else None

    def count(self) -> None:
        """Brings the gauges up to date."""
        WATCHED.set(sum(feed.watched for feed in self._feeds.values()))

    def _forget(self) -> None:
        now = time.monotonic()
        for key, feed in tuple(self._feeds.items()):
            if not feed.watched and now - feed.left > KEPT_SECONDS:
                del self._feeds[key]
