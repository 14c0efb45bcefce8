"""The pollers behind the page: one for each (range, team, KPI) that somebody looks at.

However many browsers watch the same view, the warehouse is asked once; when nobody looks, nobody
is asked. One cheap query, the pulse, says whether anything arrived: then what depends on it is
asked at once. The rest is asked at its own pace, and a feed rests longer than its queries take.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import structlog
from prometheus_client import Counter, Gauge, Histogram

from dashboards.panels import INSTALLATION, KPIS, PANELS, PULSE, TEAMS, Query
from dashboards.spans import Span
from serving.progress import first_line
from serving.tasks import Tasks
from warehouse import Warehouse, WarehouseError, WarehouseUnavailable

log = structlog.get_logger(__name__)

SECONDS = Histogram("headwater_page_query_seconds", "Time a panel's query took", ["query"])
ERRORS = Counter("headwater_page_query_errors", "Queries that failed", ["query", "kind"])
WATCHED = Gauge("headwater_page_views_watched", "Distinct views somebody looks at")
BROWSERS = Gauge("headwater_page_browsers", "Open pages that are in sight")

#: After a query a feed rests this many times as long as it took, so that watching stays cheap.
REST = 1.5
#: No query is asked again sooner.
SOONEST_SECONDS = 0.7
#: What was read stays this long for the next who looks.
KEPT_SECONDS = 120.0

#: Of what is due at one time, the newest events come first: they are cheap, and waited for.
FIRST_THINGS_FIRST = sorted(PANELS, key=lambda panel: panel.name != "latest")

Rows = Sequence[Sequence[Any]]
Parameters = Callable[[], Mapping[str, Any]]
Listener = Callable[[str], None]


@dataclass
class Reading:
    """What a query last gave."""

    rows: Rows | None = None
    #: Why the last try failed, in ClickHouse's words; None after a success.
    error: str | None = None
    due: float = 0.0
    asked: float = -1e9


@dataclass
class Feed:
    """Repeats some queries while somebody listens, and tells listeners which answer changed."""

    warehouse: Warehouse
    queries: Sequence[Query]
    parameters: Parameters
    gate: asyncio.Semaphore
    #: Told of news before the listeners, and not one of them.
    herald: Listener | None = None
    readings: dict[str, Reading] = field(default_factory=dict)
    #: When the warehouse stopped answering; None while it answers.
    stale_since: float | None = None
    #: When the warehouse last answered anything here.
    answered: float | None = None
    left: float = field(default_factory=time.monotonic)
    tasks: Tasks = field(default_factory=lambda: Tasks("page"))
    _listeners: set[Listener] = field(default_factory=set)
    _task: asyncio.Task[None] | None = None
    _stirred: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.readings = {query.name: Reading() for query in self.queries}

    @property
    def watched(self) -> bool:
        """Whether anybody listens."""
        return bool(self._listeners)

    def listen(self, listener: Listener) -> None:
        """Start telling; the first listener starts the polling."""
        self._listeners.add(listener)
        if self._task is None or self._task.done():
            self._task = self.tasks.start("feed", self._poll())

    def leave(self, listener: Listener) -> None:
        """Stop telling; the last to leave ends the polling."""
        self._listeners.discard(listener)
        if not self._listeners:
            self.left = time.monotonic()
            if self._task is not None:
                self.tasks.cancel(self._task)
                self._task = None

    def wake(self, *, everything: bool = False) -> None:
        """Something arrived: ask at once what depends on it."""
        now = time.monotonic()
        for query in self.queries:
            reading = self.readings[query.name]
            if query.wakes or everything:
                reading.due = min(reading.due, max(now, reading.asked + SOONEST_SECONDS))
        self._stirred.set()

    async def _poll(self) -> None:
        while True:
            query = min(self.queries, key=lambda q: self.readings[q.name].due)
            wait = self.readings[query.name].due - time.monotonic()
            if wait <= 0:
                took = await self._ask(query)
                await asyncio.sleep(REST * took if self.filled else 0)
                continue
            self._stirred.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stirred.wait(), wait)

    @property
    def filled(self) -> bool:
        """Whether every query has had an answer, if only a refusal."""
        return all(r.rows is not None or r.error is not None for r in self.readings.values())

    async def _ask(self, query: Query) -> float:
        reading = self.readings[query.name]
        reading.asked = time.monotonic()
        changed = False
        async with self.gate:
            began = time.monotonic()
            try:
                rows = await asyncio.to_thread(
                    self.warehouse.query, query.sql, dict(self.parameters())
                )
            except WarehouseUnavailable as error:
                ERRORS.labels(query.name, "unavailable").inc()
                changed = self.stale_since is None
                if changed:
                    log.warning(
                        "the warehouse does not answer", query=query.name, why=str(error)[-200:]
                    )
                self.stale_since = self.stale_since or self.answered or time.time()
            except WarehouseError as error:
                ERRORS.labels(query.name, "refused").inc()
                changed = reading.error != str(error)
                if changed:
                    log.warning("a query was refused", query=query.name, why=str(error))
                reading.error = str(error)
                self._recovered()
            except Exception as error:  # one question that cannot be asked is not to end the others
                ERRORS.labels(query.name, "failed").inc()
                changed = reading.error is None
                if changed:
                    log.exception("a query failed", query=query.name)
                reading.error = f"The page could not ask: {first_line(error)}"
            else:
                changed = reading.error is not None or rows != reading.rows
                reading.rows, reading.error = rows, None
                self._recovered()
            took = time.monotonic() - began
        SECONDS.labels(query.name).observe(took)
        reading.due = time.monotonic() + query.every
        if self.stale_since is not None:
            reading.due = time.monotonic() + 1.0
        if changed:
            self._tell(query.name)
        return took

    def _recovered(self) -> None:
        self.answered = time.time()
        if self.stale_since is not None:
            self.stale_since = None
            self._tell("")

    def _tell(self, name: str) -> None:
        if self.herald is not None:
            self.herald(name)
        for listener in tuple(self._listeners):
            try:
                listener(name)
            except Exception:  # one broken browser must not stop the others' news
                log.exception("a view could not be redrawn", query=name)


class Feeds:
    """Every feed of the page, and what is common to all of them."""

    def __init__(self, warehouse: Warehouse) -> None:
        self.warehouse = warehouse
        self._gate = asyncio.Semaphore(2)
        self._feeds: dict[tuple[Span, str, str], Feed] = {}
        self.common = Feed(
            warehouse, (INSTALLATION, PULSE, TEAMS, KPIS), dict, asyncio.Semaphore(1), self.heard
        )

    def heard(self, name: str) -> None:
        """The common feed has news: what depends on it is asked anew in every watched view."""
        if name in (PULSE.name, KPIS.name, INSTALLATION.name):
            for feed in self._feeds.values():
                if feed.watched:
                    feed.wake(everything=name != PULSE.name)

    def of(self, span: Span, team: str, kpi: str) -> Feed:
        """The feed of a view, shared by all who look at it."""
        self._forget()
        key = (span, team, kpi)
        if key not in self._feeds:
            self._feeds[key] = Feed(
                self.warehouse, FIRST_THINGS_FIRST, lambda: self.parameters(*key), self._gate
            )
        return self._feeds[key]

    def parameters(self, span: Span, team: str, kpi: str) -> dict[str, Any]:
        """What the panels' SQL is asked with."""
        start, until = span.instants(time.time(), self.zone)
        return {"from": start, "until": until, "team": team, "kpi": kpi or self.first_kpi}

    @property
    def zone(self) -> tzinfo:
        """The organisation's time zone; UTC until the warehouse has said."""
        rows = self.common.readings["installation"].rows
        try:
            return ZoneInfo(str(rows[0][0]) if rows else "UTC")
        except (ZoneInfoNotFoundError, ValueError):
            return ZoneInfo("UTC")

    @property
    def first_kpi(self) -> str:
        """The KPI that is shown where none was chosen."""
        rows = self.common.readings["kpis"].rows
        return str(rows[0][0]) if rows else ""

    def count(self) -> None:
        """Brings the gauges up to date."""
        WATCHED.set(sum(feed.watched for feed in self._feeds.values()))

    def _forget(self) -> None:
        now = time.monotonic()
        for key, feed in tuple(self._feeds.items()):
            if not feed.watched and now - feed.left > KEPT_SECONDS:
                del self._feeds[key]
