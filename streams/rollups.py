"""ops.dirty_hours → the marts: what dirty hours touch, recomputed from the facts.

Nothing is incremented. The periods of a mart that dirty hours touch are computed anew into a
staging table and swapped in whole, so that cells which no longer exist leave no ghosts. A dirty
hour counts as taken in by a mart (`ops.mart_positions`) only after that. A period that cannot be
computed, or comes out empty though it has facts, stays as it is with its dirty hours, and is
reported; the others go on, and so do the other marts. A mart of days may keep large ones by the
hour (`ByHour`).

One worker does it: the one that holds partition 0 of learning.events. Where two take themselves for
that one, neither can swap in what the other has overtaken: docs/decisions/dirty-hours.md.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import uuid4

from prometheus_client import Counter, Gauge

from bus.topics import PEOPLE
from serving.pacing import Pacing
from streams import marts
from streams.errors import EmptyRollUp, Overtaken, StreamError
from streams.mart import ByHour, Mart, Published
from streams.published import tables
from streams.release import refresh, release
from streams.worker import Worker
from warehouse import Warehouse, WarehouseError, WarehouseUnavailable
from warehouse.client import named
from xapi import days as calendar

log = logging.getLogger(__name__)

COMPUTED = Counter("headwater_rollup_days", "Periods of marts recomputed")
TIME = Gauge("headwater_rollup_seconds", "How long the last recomputation took")

#: Dirty hours and periods taken at a time, newest first.
DIRTY = 20_000
PERIODS_AT_ONCE = 200
#: Of a published mart so many, which are swapped in together.
PUBLISHED_AT_ONCE = 4
#: How often dirty hours that every mart has taken in are dropped, in seconds.
FORGET = 60.0
#: What an error of the worker's begins with that goes with the next roll-up.
ROLL_UP = "roll-up: "
#: The worker that reads its first partition computes the marts. It is compacted, so that no gap in
#: it keeps every worker from reading it, as retention may in the topics of facts.
LEADER = PEOPLE
#: What `ops.mart_rows` says of a mart instead of its definition's digest.
TO_COMPUTE, KEPT = "", "kept"
#: ClickHouse's codes for a table, and for a part, that is not there.
NO_TABLE, NO_PART = "Code: 60.", "Code: 232."
#: Which parts may be dropped, and how.
DROPPED = (
    ("marts/taken_parts", "marts/taken_drop"),
    ("marts/position_parts", "marts/position_drop"),
)
#: How many days a period has at most.
LENGTHS = {"day": 1, "week": 7, "month": 31}


#: A period by its first day, with the dirty hours that touch it.
Touched = tuple[str, Sequence[int]]


class Turn(NamedTuple):
    """Which of a mart's dirty periods, newest first, are computed in a pass, and how long such
    passes rest after it: alone, or one mart after the other of all that share this rest."""

    periods: slice
    pace: Pacing
    shared: str = ""


#: An hour of millions leaves time for its facts.
EVERYTHING = Turn(slice(None), Pacing(share=7))
#: Marts that nobody watches live take turns, so that all together have an eighth of the time,
#: however many they are: what one does not need the others have, and the live ones look in between.
OTHERS = EVERYTHING._replace(shared="others")
#: What is published is made in Python: history must not keep today waiting, and is there soon, for
#: a new mart and for a demo.
NEWEST = Turn(slice(0, 1), Pacing(most=20, share=7))
HISTORY = Turn(slice(1, 1 + PUBLISHED_AT_ONCE), Pacing(most=10, share=1))


def turns(mart: Mart) -> tuple[Turn, ...]:
    """How a mart's dirty periods are taken in."""
    if mart.published:
        alone = NEWEST, HISTORY
        shared = NEWEST._replace(shared="newest"), HISTORY._replace(shared="history")
        return alone if mart.live else shared
    return (EVERYTHING,) if mart.live else (OTHERS,)


def keep(warehouse: Warehouse, some: Sequence[Mart]) -> None:
    """Writes down which marts there are. All of history is dirty for one that is new, or that is
    defined otherwise than it was; one that is no more waits for nothing."""
    known = {row[0]: row[1] for row in warehouse.rows("marts/known")}
    k = minimum(warehouse)
    for mart in some:
        definition = f"{mart.definition} {k}" if mart.published else mart.definition
        if known.get(mart.name) == KEPT:
            _write_down(warehouse, mart.name, definition)
        elif known.get(mart.name) != definition:
            # First known, then dirty: else what becomes dirty between the two could be dropped.
            _write_down(warehouse, mart.name, TO_COMPUTE)
            warehouse.command("marts/everything", mart=mart.name)
            _write_down(warehouse, mart.name, definition)
    for name in known.keys() - {mart.name for mart in some}:
        _write_down(warehouse, name, TO_COMPUTE, gone=1)


def _write_down(warehouse: Warehouse, name: str, definition: str, gone: int = 0) -> None:
    warehouse.insert("ops.mart_rows", ("mart", "definition", "gone"), [(name, definition, gone)])


def minimum(warehouse: Warehouse) -> int:
    """The fewest people that may stand behind what is shown."""
    return int(warehouse.rows("marts/minimum")[0][0])


def forget(warehouse: Warehouse) -> None:
    """Drops dirty hours that every mart has taken in: so looking for the others stays cheap."""
    for found, drop in DROPPED:
        for (part,) in warehouse.rows(found):
            try:
                warehouse.command(drop, part=part)
            except WarehouseError as error:
                if NO_PART not in str(error):  # merged since: another time
                    raise


def recompute(
    warehouse: Warehouse,
    mart: Mart,
    worker: str,
    periods: slice = EVERYTHING.periods,
    failing: set[str] | None = None,
    large: int | None = None,
) -> int:
    """Recomputes what a mart's dirty hours touch; returns how many periods were swapped in.

    `worker` names the worker, and its staging tables; `periods` says which of those that are
    touched, newest first. Those that are `failing` come last, so that they keep no other waiting,
    and are written down there. `large` is for tests: see `ByHour`.

    Raises what the first period raised that could not be computed, when all the others are done,
    and Overtaken at once where another worker has begun with the same mart.
    """
    dirty = warehouse.rows("marts/pending", mart=mart.name, most=DIRTY)
    if not dirty:
        return 0
    failing = set() if failing is None else failing
    touched = sorted(
        touched_by(warehouse, mart, {_hour(hour) for _, hour, _ in dirty}),
        key=lambda one: one[0] in failing,
    )
    now = together(touched, periods)
    if not now:
        return 0
    failed = _Pass(warehouse, mart, worker).run(now, large)
    computed = {period for period, _ in now} - failed.keys()
    failing.difference_update(computed)
    failing.update(failed)
    left = {hour for period, hours in touched if period not in computed for hour in hours}
    done = [(mart.name, one, _utc(at)) for one, hour, at in dirty if _hour(hour) not in left]
    warehouse.insert("ops.mart_positions", ("mart", "dirty", "at"), done)
    for error in failed.values():
        raise error
    return len(now)


def touched_by(warehouse: Warehouse, mart: Mart, hours: Collection[int]) -> list[Touched]:
    """The periods whose rows may depend on facts in these hours, newest first."""
    parameters = {"hours": sorted(hours)}
    rows = warehouse.rows("marts/touched", **parameters, grain=mart.grain, lookback=mart.lookback)
    if mart.touched is not None:
        rows = [*rows, *warehouse.query(mart.touched, parameters)]
    found: dict[str, set[int]] = {}
    for period, own in rows:
        found.setdefault(period, set()).update(own)
    return [(period, sorted(found[period])) for period in sorted(found, reverse=True)]


def together(touched: Sequence[Touched], periods: slice) -> list[Touched]:
    """These of the touched periods, and those that share a dirty hour with them: an hour is taken
    in when each period that it touches has been computed in one pass."""
    hours = {hour for _, own in touched[periods] for hour in own}
    return [(period, own) for period, own in touched if hours.intersection(own)]


class _Pass:
    """One pass over a mart, with staging tables of the worker's own.

    They are made at its beginning only, and those of other workers dropped after that: so of two
    passes at one time the later to look ends the other's, which can swap nothing in any more.
    """

    def __init__(self, warehouse: Warehouse, mart: Mart, worker: str) -> None:
        self._warehouse = warehouse
        self._mart = mart
        self._worker = worker
        self._failed: dict[str, Exception] = {}

    def run(self, touched: Sequence[Touched], large: int | None) -> dict[str, Exception]:
        """Computes periods, each with its dirty hours; what failed, by period."""
        self._begin()
        dirty = {period: list(hours) for period, hours in touched}
        apart = self._large(self._mart.by_hour, dirty, large) if self._mart.by_hour else []
        rest = [period for period in dirty if period not in apart]
        at_once = PUBLISHED_AT_ONCE if self._mart.published else PERIODS_AT_ONCE
        for at in range(0, len(rest), at_once):
            self._together(rest[at : at + at_once])
        return self._failed

    def _begin(self) -> None:
        for table in self._mart.tables:
            self._warehouse.execute(self._of(table, "marts/staging_create"))
        own = {self._staging(table) for table in self._mart.tables}
        for database, name in self._warehouse.rows(
            "marts/stagings", tables=list(self._mart.tables)
        ):
            if f"{database}.{name}" not in own:
                drop = named("marts/staging_forget", database=database, staging=name)
                self._warehouse.execute(drop)

    def _large(
        self, by_hour: ByHour, dirty: dict[str, list[int]], large: int | None
    ) -> Sequence[str]:
        """Computes the large ones of these days by the hour; returns which those are."""
        least = by_hour.large if large is None else large
        found = self._warehouse.query(by_hour.sizes, {"periods": list(dirty)})
        sizes = {day: (events, hourly) for day, events, hourly in found}
        apart = [day for day in dirty if sizes.get(day, (0, 0))[0] >= least]
        for day in apart:
            with self._failing(day):
                self._by_hour(by_hour, day, dirty[day] if sizes[day][1] else _hours_of(day, 1))
        for day in dirty.keys() - set(apart):
            if sizes.get(day, (0, 0))[1]:
                self._empty(by_hour.table, day)
        return apart

    def _by_hour(self, by_hour: ByHour, day: str, hours: Sequence[int]) -> None:
        """Computes these hours of a day, and the day from all its hours."""
        with self._staged(by_hour.table, [day]) as staging:
            parameters = {"period": day, "hours": list(hours)}
            self._warehouse.execute(by_hour.hours.into(staging), parameters)
        with self._staged(self._mart.table, [day]) as staging:
            self._warehouse.execute(by_hour.day.into(staging), {"period": day})

    def _together(self, periods: Sequence[str]) -> None:
        """Computes these periods together; where that fails, each alone."""
        try:
            self._compute(periods)
        except (WarehouseUnavailable, Overtaken):
            raise
        except (WarehouseError, EmptyRollUp):
            for period in periods:
                with self._failing(period):
                    self._compute([period])

    def _compute(self, periods: Sequence[str]) -> None:
        if self._mart.published:
            self._publish(self._mart.published, periods)
            return
        with self._staged(self._mart.table, periods) as staging:
            self._warehouse.execute(self._mart.compute.into(staging), {"periods": list(periods)})

    def _publish(self, published: Published, periods: Sequence[str]) -> None:
        """Makes the cells of each period that may be shown, and swaps in all tables of them."""
        k = minimum(self._warehouse)
        filled = []
        for period in periods:
            facts = self._warehouse.frame(self._mart.compute, {"periods": [period]})
            filled += tables(self._mart, facts, k)
        with ExitStack() as staged:
            for table in published.tables:
                staging = staged.enter_context(self._staged(table, periods))
                own = [one for one in filled if one.table == table]
                if own:
                    rows = [row for one in own for row in one.rows]
                    self._warehouse.insert(staging, own[0].columns, rows)

    @contextmanager
    def _failing(self, period: str) -> Iterator[None]:
        """Writes down what a period raises. A warehouse that is away raises: no other would do."""
        try:
            yield
        except WarehouseUnavailable:
            raise
        except (WarehouseError, EmptyRollUp) as error:
            self._failed[period] = error

    def _empty(self, table: str, period: str) -> None:
        """Takes out a period whose cells are not kept any more."""
        with self._ours(table):
            self._warehouse.execute(self._of(table, "marts/take_out"), {"period": period})
            self._warehouse.execute(self._of(table, "marts/staging_clear"))

    @contextmanager
    def _staged(self, table: str, periods: Sequence[str]) -> Iterator[str]:
        """The emptied staging table of a table; what it holds at the end is swapped in.

        Raises EmptyRollUp, and swaps nothing in, where it lacks a period that has facts.
        """
        with self._ours(table):
            self._warehouse.execute(self._of(table, "marts/staging_clear"))
            yield self._staging(table)
            filled = {row[0] for row in self._warehouse.query(self._of(table, "marts/filled"))}
            self._whole([period for period in periods if period not in filled])
            for period in periods:
                # What comes out empty is taken out into the staging table, which has to be there.
                do = "marts/replace" if period in filled else "marts/take_out"
                self._warehouse.execute(self._of(table, do), {"period": period})
            self._warehouse.execute(self._of(table, "marts/staging_clear"))

    @contextmanager
    def _ours(self, table: str) -> Iterator[None]:
        try:
            yield
        except WarehouseError as error:
            if NO_TABLE in str(error) and self._staging(table).partition(".")[2] in str(error):
                raise Overtaken(
                    f"another worker has begun to compute the mart {self._mart.name}; "
                    "it does what is left"
                ) from error
            raise

    def _whole(self, empty: Sequence[str]) -> None:
        """Raises EmptyRollUp where one of these periods must have cells."""
        if not empty:
            return
        length = LENGTHS[self._mart.grain]
        parameters = {
            "hours": sorted({hour for period in empty for hour in _hours_of(period, length)}),
            "periods": list(empty),
            "grain": self._mart.grain,
        }
        found = sorted(row[0] for row in self._warehouse.query(self._mart.expected, parameters))
        if found:
            raise EmptyRollUp(
                f"{self._mart.name}, {', '.join(found[:3])}{' and more' if found[3:] else ''}: "
                "computed without a cell, though there are facts. What stood there stays; "
                "it is tried again"
            )

    def _staging(self, table: str) -> str:
        return f"{table}_staging_{self._worker}"

    def _of(self, table: str, name: str) -> str:
        """A query about a table of the mart's and its staging table."""
        database, _, plain = table.partition(".")
        staging = self._staging(plain)
        return named(name, database=database, table=plain, staging=staging)


def _hour(moment: datetime) -> int:
    """A dirty hour in seconds since 1970; where no fact can be, the nearest where one can."""
    return calendar.moment(int(_utc(moment).timestamp()) * 1000) // 3_600_000 * 3600


def _hours_of(first: str, days: int) -> list[int]:
    """Every hour that may lie in so many days, whatever the time zone: a day before and after."""
    noon = datetime.fromisoformat(f"{first}T12:00:00+00:00")
    found = (int((noon + timedelta(hours=n)).timestamp()) for n in range(-36, 24 * days + 12))
    return [hour for hour in found if 0 <= hour < 1 << 32]


def _utc(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


class Runner:
    """Keeps the marts of a worker, where the worker leads."""

    def __init__(self, warehouse: Warehouse, some: Sequence[Mart]) -> None:
        self._warehouse = warehouse
        self._marts = some
        self._worker = uuid4().hex[:12]
        self._kept = False
        self._forget_due = 0.0
        self._resting = _resting(some)
        self._failing: dict[str, set[str]] = {mart.name: set() for mart in some}

    def lose(self) -> None:
        """The worker does not lead any more; where it does again, it begins anew."""
        self._kept = False

    def run(self) -> int:
        """Takes in what is dirty; returns how many periods were computed.

        Raises what the first mart raised, when all the others are done.
        """
        if not self._kept:
            keep(self._warehouse, self._marts)
            refresh(self._warehouse)
            self._kept = True
        published = [mart for mart in self._marts if mart.published]
        if published:
            release(self._warehouse, published, minimum(self._warehouse))
        computed = 0
        errors: list[Exception] = []
        for resting in self._resting:
            if time.monotonic() < resting.due:
                continue
            for mart, turn in tuple(resting.turns):
                resting.turns.rotate(-1)
                if done := self._take(mart, turn, resting, errors):
                    computed += done
                    break
        if time.monotonic() >= self._forget_due:
            forget(self._warehouse)
            self._forget_due = time.monotonic() + FORGET
        if errors:
            raise errors[0]
        return computed

    def _take(self, mart: Mart, turn: Turn, resting: "_Resting", errors: list[Exception]) -> int:
        """Gives a mart its turn; returns how many periods were computed.

        Each pays for itself, or for those that it rests with: one that takes long keeps no other
        waiting.
        """
        started = time.monotonic()
        computed = 0
        try:
            computed = recompute(
                self._warehouse, mart, self._worker, turn.periods, self._failing[mart.name]
            )
        except WarehouseUnavailable:
            raise
        except (WarehouseError, StreamError) as error:
            errors.append(error)
        took = time.monotonic() - started
        resting.due = max(resting.due, started) + took + turn.pace.rest(took)
        return computed


@dataclass
class _Resting:
    """Turns that rest together, the next one first, and when it is due."""

    turns: deque[tuple[Mart, Turn]]
    due: float = 0.0


def _resting(some: Sequence[Mart]) -> list[_Resting]:
    """The turns of marts: those that rest alone, then those that share a rest."""
    every = [(mart, turn) for mart in some for turn in turns(mart)]
    shared: dict[str, deque[tuple[Mart, Turn]]] = {}
    for mart, turn in every:
        if turn.shared:
            shared.setdefault(turn.shared, deque()).append((mart, turn))
    alone = [_Resting(deque([each])) for each in every if not each[1].shared]
    return alone + [_Resting(each) for each in shared.values()]


def register(worker: Worker) -> None:
    """Declares the timer."""
    runner = Runner(worker.warehouse, marts.every())
    due = 0.0

    async def roll_up() -> None:
        nonlocal due
        if time.monotonic() < due:
            return
        if not worker.leads(LEADER):
            runner.lose()
            return
        started = time.monotonic()
        try:
            computed = await asyncio.to_thread(runner.run)
        except (WarehouseError, StreamError) as error:
            worker.last_error = f"{ROLL_UP}{error}"
            log.warning("the roll-up failed and is tried again: %s", error)
            ended = time.monotonic()
            due = ended + EVERYTHING.pace.rest(ended - started)
            return
        if worker.last_error.startswith(ROLL_UP):
            worker.last_error = ""
        if computed:
            COMPUTED.inc(computed)
            TIME.set(time.monotonic() - started)

    worker.every(worker.settings.rollup_interval, "marts", roll_up)
