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
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from uuid import uuid4

from prometheus_client import Counter, Gauge

from bus.topics import PEOPLE
from serving.pacing import Pacing
from serving.spare import Spare
from streams import marts
from streams.errors import EmptyRollUp, Overtaken, StreamError
from streams.mart import ByHour, Mart
from streams.published import Filled
from streams.published import tables as published_tables
from streams.release import refresh, release, waits
from streams.worker import Worker
from warehouse import Warehouse, WarehouseError, WarehouseUnavailable
from warehouse.client import Rows, named
from xapi import days as calendar

log = logging.getLogger(__name__)

COMPUTED = Counter("headwater_rollup_days", "Periods of marts recomputed")
TIME = Gauge("headwater_rollup_seconds", "How long the last recomputation took")

DIRTY_HOURS = "ops.dirty_hours"
#: What says which loads of the directory viewers are shown.
LOADS = ("directory.load_rows", "directory.findable_rows", "released.release_rows")
#: Where nothing changes in these, nothing is to be done.
WATCHED = [DIRTY_HOURS, *LOADS]
#: Dirty hours taken at a time, newest first.
DIRTY = 20_000
#: Periods swapped in together; between two such spans live marts have their turn. Of a published
#: mart each week is made in Python.
PERIODS_AT_ONCE, PUBLISHED_AT_ONCE = 35, 4
#: Of a published mart, so many facts at most are asked for together.
FACTS_AT_ONCE = 100_000
#: Hours that ended so long ago are history, in seconds.
HISTORY_AFTER = 86_400
#: History that is coming in is taken in when nothing more of a period has come for so long, and
#: anyhow when its first has waited so long, in seconds.
SETTLED_AFTER, PATIENCE = 5.0, 60.0
#: So many idle processors are enough to go on with history without rest, and with today sooner; of
#: fewer than BUSY others have need.
IDLE, BUSY = 0.5, 0.1
#: How long turns that wait for others rest, as a multiple of what they say, where processors idle,
#: and where none does. Of another machine's processors nothing is known.
WHEN_IDLE, WHEN_BUSY = 0.4, 2.5
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
#: A dirty hour: its id, the hour in seconds since 1970, when it was written, and how many seconds
#: ago.
Dirty = tuple[str, int, datetime, float]


class Turn(NamedTuple):
    """Which of a mart's dirty periods, newest first, are computed in a pass, and how long such
    passes rest after it: alone, or one mart after the other of all that share this rest."""

    periods: slice
    pace: Pacing
    shared: str = ""
    #: Whether it waits until what comes in has come, and then does not rest from history while
    #: nothing live waits, or processors idle.
    patient: bool = False
    #: How they rest where history was taken in, which comes once; as ever where nothing is said.
    past: Pacing | None = None


#: An hour of millions leaves time for its facts.
EVERYTHING = Turn(slice(None), Pacing(share=7))
#: Marts that nobody watches live take turns, so that all together have an eighth of the time,
#: however many they are: what one does not need the others have, and the live ones look in between.
#: Of history they have as much as those that are published.
OTHERS = EVERYTHING._replace(shared="others", patient=True, past=Pacing(most=10, share=1))
#: What is published is made in Python: history must not keep today waiting, and is there soon, for
#: a new mart and for a demo.
NEWEST = Turn(slice(0, 1), Pacing(most=20, share=7))
HISTORY = Turn(slice(1, 1 + 3 * PUBLISHED_AT_ONCE), Pacing(most=10, share=1), patient=True)
#: Where somebody watches the newest week live, which waits until history's pass has ended.
SHORT = HISTORY._replace(periods=slice(1, 1 + PUBLISHED_AT_ONCE))


def turns(mart: Mart) -> tuple[Turn, ...]:
    """How a mart's dirty periods are taken in."""
    if mart.published:
        alone = NEWEST, SHORT
        shared = (
            NEWEST._replace(shared="newest", patient=True),
            HISTORY._replace(shared="history"),
        )
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

    `worker` names the worker, and its staging tables; `large` is for tests: see `ByHour`. The rest
    is as `take_in` says.
    """
    turn = Turn(periods, Pacing())
    return len(take_in(warehouse, mart, worker, turn, failing, large=large) or ())


def take_in(
    warehouse: Warehouse,
    mart: Mart,
    worker: str,
    turn: Turn,
    failing: set[str] | None = None,
    *,
    large: int | None = None,
    between: Callable[[], object] = lambda: None,
    included: dict[str, frozenset[str]] | None = None,
) -> list[Touched] | None:
    """Recomputes what a mart's dirty hours touch; returns the periods that were swapped in, and
    None where no hour is dirty.

    `turn` says which of those that are touched. Those that are `failing` come last, so that they
    keep no other waiting, and are written down there. `between` is called between two spans.
    `included` has, and is given, for each period which dirty hours (their ids) were known when it
    was computed last: it is computed again for others only. Without it, an hour is taken in by one
    pass, with all periods that it touches.

    Raises what the first period raised that could not be computed, when all the others are done,
    and Overtaken at once where another worker has begun with the same mart.
    """
    dirty = [(one, hour_of(hour), at, age) for one, hour, at, age in _pending(warehouse, mart)]
    if not dirty:
        return None
    failing = set() if failing is None else failing
    touched = sorted(
        touched_by(warehouse, mart, {hour for _, hour, _, _ in dirty}),
        key=lambda one: one[0] in failing,
    )
    wanted = touched if included is None else lacking(touched, dirty, included)
    coming = arriving(wanted, dirty) if turn.patient else set()
    now = [one for one in wanted if one[0] not in coming][turn.periods]
    if included is None:
        now = together(touched, now)
    if coming.intersection(period for period, _ in now):
        return []
    failed = Pass(warehouse, mart, worker, between).run(now, large) if now else {}
    computed = {period for period, _ in now} - failed.keys()
    failing.difference_update(computed)
    failing.update(failed)
    if included is not None:
        included |= dict.fromkeys(computed, frozenset(one for one, *_ in dirty))
        computed |= {period for period, _ in touched} - {period for period, _ in wanted}
    left = {hour for period, hours in touched if period not in computed for hour in hours}
    done = [(mart.name, one, _utc(at)) for one, hour, at, _ in dirty if hour not in left]
    warehouse.insert("ops.mart_positions", ("mart", "dirty", "at"), done)
    if included is not None:
        for period, hours in touched:
            if left.isdisjoint(hours):  # nothing asks for it any more
                included.pop(period, None)
    for error in failed.values():
        raise error
    return now


def _pending(warehouse: Warehouse, mart: Mart) -> Rows:
    return warehouse.rows("marts/pending", mart=mart.name, most=DIRTY)


def lacking(
    touched: Sequence[Touched],
    dirty: Collection[Dirty],
    included: Mapping[str, frozenset[str]],
) -> list[Touched]:
    """Those of the touched periods that do not include each dirty hour that touches them."""
    ids: dict[int, list[str]] = {}
    for one, hour, _, _ in dirty:
        ids.setdefault(hour, []).append(one)
    return [
        (period, hours)
        for period, hours in touched
        if not included.get(period, frozenset()).issuperset(
            one for hour in hours for one in ids.get(hour, ())
        )
    ]


def arriving(touched: Sequence[Touched], dirty: Collection[Dirty]) -> set[str]:
    """Those of the touched periods whose history is coming in just now.

    What looks far back is touched by all of it: it would be computed again for each day that comes.
    """
    ages: dict[int, list[float]] = {}
    for _, hour, _, age in dirty:
        if time.time() - hour > HISTORY_AFTER:
            ages.setdefault(hour, []).append(age)
    found = set()
    for period, hours in touched:
        waited = [age for hour in hours for age in ages.get(hour, ())]
        if waited and min(waited) < SETTLED_AFTER and max(waited) < PATIENCE:
            found.add(period)
    return found


def touched_by(warehouse: Warehouse, mart: Mart, hours: Collection[int]) -> list[Touched]:
    """The periods whose rows may depend on facts in these hours, newest first."""
    zone = "".join(row[0] for row in warehouse.rows("installation/kept", setting="time_zone"))
    asked = sorted(hours)
    rows = _own_periods(warehouse, zone or "UTC", mart.grain, mart.lookback, tuple(asked))
    if mart.touched is not None:
        rows = [*rows, *warehouse.query(mart.touched, {"hours": asked})]
    found: dict[str, set[int]] = {}
    for period, own in rows:
        found.setdefault(period, set()).update(own)
    return [(period, sorted(found[period])) for period in sorted(found, reverse=True)]


@lru_cache(maxsize=1_000)  # the hours of now are dirty again and again, for every mart
def _own_periods(
    warehouse: Warehouse, zone: str, grain: str, lookback: int, hours: tuple[int, ...]
) -> Rows:
    """The periods that lie over hours, and those that look back to them: by the calendar alone."""
    parameters = {"zone": zone, "grain": grain, "lookback": lookback, "hours": list(hours)}
    return warehouse.rows("marts/touched", **parameters)


def together(touched: Sequence[Touched], some: Sequence[Touched]) -> list[Touched]:
    """Some of the touched periods, and those that share a dirty hour with them: an hour is taken in
    when each period that it touches has been computed in one pass."""
    hours = {hour for _, own in some for hour in own}
    return [(period, own) for period, own in touched if hours.intersection(own)]


def fill(
    warehouse: Warehouse, mart: Mart, periods: Sequence[str], tables: Mapping[str, str]
) -> None:
    """Computes all cells of periods from the facts; `tables` has for each table of the mart that
    its `compute` fills the empty one that takes them."""
    if not mart.published:
        warehouse.execute(mart.compute.into(tables[mart.table]), {"periods": list(periods)})
        return
    k = minimum(warehouse)
    filled: list[Filled] = []
    for some in _asked_together(warehouse, mart, periods):
        facts = warehouse.frame(mart.compute, {"periods": list(some)})
        filled += published_tables(mart, facts, k)
    for table in mart.tables:
        own = [one for one in filled if one.table == table]
        if own:
            rows = [row for one in own for row in one.rows]
            warehouse.insert(tables[table], own[0].columns, rows)


def _asked_together(
    warehouse: Warehouse, mart: Mart, periods: Sequence[str]
) -> Iterator[Sequence[str]]:
    """The periods of a published mart by what one question asks: few facts are answered as soon for
    four weeks as for one, and many of one week have to be held in memory anyhow."""
    assert mart.published is not None
    if mart.published.apart or len(periods) == 1:
        yield from ([period] for period in periods)
        return
    last = date.fromisoformat(max(periods)) + timedelta(days=LENGTHS[mart.grain] - 1)
    facts = warehouse.rows("marts/facts_between", first=min(periods), last=last.isoformat())
    at_once = len(periods) if facts[0][0] <= FACTS_AT_ONCE else 1
    for at in range(0, len(periods), at_once):
        yield periods[at : at + at_once]


def whole(warehouse: Warehouse, mart: Mart, empty: Sequence[str]) -> None:
    """Raises EmptyRollUp where one of these periods, that came out empty, must have cells."""
    if not empty:
        return
    length = LENGTHS[mart.grain]
    parameters = {
        "hours": sorted({hour for period in empty for hour in hours_of(period, length)}),
        "periods": list(empty),
        "grain": mart.grain,
    }
    found = sorted(row[0] for row in warehouse.query(mart.expected, parameters))
    if found:
        raise EmptyRollUp(
            f"{mart.name}, {', '.join(found[:3])}{' and more' if found[3:] else ''}: "
            "computed without a cell, though there are facts. What stood there stays; "
            "it is tried again"
        )


class Pass:
    """One pass over a mart, with staging tables of the worker's own.

    They are made at its beginning only, and those of other workers dropped after that: so of two
    passes at one time the later to look ends the other's, which can swap nothing in any more.
    A pass is of few statements, whatever it computes: on a small warehouse each costs more than
    what it does.
    """

    def __init__(
        self,
        warehouse: Warehouse,
        mart: Mart,
        worker: str,
        between: Callable[[], object] = lambda: None,
    ) -> None:
        self._warehouse = warehouse
        self._mart = mart
        self._worker = worker
        self._between = between
        self._failed: dict[str, Exception] = {}
        #: Tables whose staging table may hold rows.
        self._used: set[str] = set()

    def run(self, touched: Sequence[Touched], large: int | None) -> dict[str, Exception]:
        """Computes periods, each with its dirty hours; what failed, by period."""
        self._begin()
        dirty = {period: list(hours) for period, hours in touched}
        apart = self._large(self._mart.by_hour, dirty, large) if self._mart.by_hour else []
        rest = [period for period in dirty if period not in apart]
        at_once = PUBLISHED_AT_ONCE if self._mart.published else PERIODS_AT_ONCE
        for at in range(0, len(rest), at_once):
            if at:
                self._between()
            self._together(rest[at : at + at_once])
        return self._failed

    @contextmanager
    def staged_beside(self, *, alone: bool) -> Iterator[None]:
        """Empty staging tables for what was computed elsewhere, until the end of the block; `alone`
        ends the passes of workers that are under way. Raises Overtaken where a pass begins."""
        self._begin(alone=alone)
        try:
            yield
        finally:
            for table in self._mart.tables:
                self._warehouse.execute(self._of(table, "marts/staging_forget"))

    def take(self, table: str, source: str, periods: Collection[str]) -> None:
        """Takes periods of a table (`database.name`) into the staging table."""
        with self._ours():
            self._move(self._staging(table), source, dict.fromkeys(periods, "marts/move_in"))

    def swap(self, table: str, filled: Collection[str], empty: Collection[str] = ()) -> None:
        """Swaps in the periods that are filled, and takes out those that are empty into the staging
        table, which has to be there."""
        moves = dict.fromkeys(empty, "marts/move_out") | dict.fromkeys(filled, "marts/move_in")
        with self._ours():
            self._move(table, self._staging(table), moves)

    def _move(self, table: str, staging: str, moves: Mapping[str, str]) -> None:
        """Carries out these moves of periods between a table and the one beside it, at once."""
        if not moves:
            return
        database, _, plain = table.partition(".")
        beside = staging.partition(".")[2]
        found = {f"period{number}": each for number, each in enumerate(sorted(moves.items()))}
        text = named("marts/move", database=database, table=plain) + ", ".join(
            named(move, database=database, staging=beside, period=name)
            for name, (_, move) in found.items()
        )
        self._warehouse.execute(text, {name: period for name, (period, _) in found.items()})

    def _begin(self, *, alone: bool = True) -> None:
        found = self._found()
        lacking = [table for table in self._mart.tables if self._staging(table) not in found]
        for table in lacking:
            self._warehouse.execute(self._of(table, "marts/staging_create"))
        self._used = {table for table in self._mart.tables if found.get(self._staging(table))}
        if not alone:
            return
        own = {self._staging(table) for table in self._mart.tables}
        # Those that others make while these are made are seen after that only.
        for name in (self._found() if lacking else found).keys() - own:
            database, _, staging = name.partition(".")
            drop = named("marts/staging_forget", database=database, staging=staging)
            self._warehouse.execute(drop)

    def _found(self) -> dict[str, int]:
        """Every staging table of the mart's, whosever it is, with how many rows it has."""
        rows = self._warehouse.rows("marts/stagings", tables=list(self._mart.tables))
        return {f"{database}.{name}": many or 0 for database, name, many in rows}

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
                self._by_hour(by_hour, day, dirty[day] if sizes[day][1] else hours_of(day, 1))
        for day in dirty.keys() - set(apart):
            if sizes.get(day, (0, 0))[1]:
                self._empty(by_hour.table, day)
        return apart

    def _by_hour(self, by_hour: ByHour, day: str, hours: Sequence[int]) -> None:
        """Computes these hours of a day, and the day from all its hours."""
        with self._staged([by_hour.table], [day]):
            parameters = {"period": day, "hours": list(hours)}
            self._warehouse.execute(by_hour.hours.into(self._staging(by_hour.table)), parameters)
        with self._staged([self._mart.table], [day]):
            day_of = by_hour.day.into(self._staging(self._mart.table))
            self._warehouse.execute(day_of, {"period": day})

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
        tables = self._mart.published.tables if self._mart.published else (self._mart.table,)
        with self._staged(tables, periods):
            into = {table: self._staging(table) for table in tables}
            fill(self._warehouse, self._mart, periods, into)

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
        self.swap(table, [], [period])
        with self._ours():
            self._warehouse.execute(self._of(table, "marts/staging_clear"))

    @contextmanager
    def _staged(self, tables: Sequence[str], periods: Sequence[str]) -> Iterator[None]:
        """Empties the staging tables of these tables; what they hold at the end is swapped in.

        Raises EmptyRollUp, and swaps nothing in, where one lacks a period that has facts.
        """
        with self._ours():
            self._clear(self._used.intersection(tables))
            self._used.update(tables)
            yield
            both = [*tables, *map(self._staging, tables)]
            found: dict[str, set[str]] = {table: set() for table in both}
            for table, period in self._warehouse.rows("marts/filled", tables=both):
                found[table].add(period)
            filled = {table: found[self._staging(table)] for table in tables}
            lacking = [one for one in periods if any(one not in filled[table] for table in tables)]
            whole(self._warehouse, self._mart, lacking)
            for table in reversed(tables):
                stood = found[table] - filled[table]
                self.swap(table, filled[table], stood.intersection(periods))
            self._clear(tables)

    def _clear(self, tables: Collection[str]) -> None:
        for table in tables:
            self._warehouse.execute(self._of(table, "marts/staging_clear"))
        self._used.difference_update(tables)

    @contextmanager
    def _ours(self) -> Iterator[None]:
        try:
            yield
        except WarehouseError as error:
            mine = (self._staging(table).partition(".")[2] for table in self._mart.tables)
            if NO_TABLE in str(error) and any(name in str(error) for name in mine):
                raise Overtaken(
                    f"another worker has begun to compute the mart {self._mart.name}; "
                    "it does what is left"
                ) from error
            raise

    def _staging(self, table: str) -> str:
        return f"{table}_staging_{self._worker}"

    def _of(self, table: str, name: str) -> str:
        """A query about a table of the mart's and its staging table."""
        database, _, plain = table.partition(".")
        staging = self._staging(plain)
        return named(name, database=database, table=plain, staging=staging)


def hour_of(moment: datetime) -> int:
    """A dirty hour in seconds since 1970; where no fact can be, the nearest where one can."""
    return calendar.moment(int(_utc(moment).timestamp()) * 1000) // 3_600_000 * 3600


def hours_of(first: str, days: int) -> list[int]:
    """Every hour that may lie in so many days, whatever the time zone: a day before and after."""
    noon = datetime.fromisoformat(f"{first}T12:00:00+00:00")
    found = (int((noon + timedelta(hours=n)).timestamp()) for n in range(-36, 24 * days + 12))
    return [hour for hour in found if 0 <= hour < 1 << 32]


def _utc(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


class Runner:
    """Keeps the marts of a worker, where the worker leads."""

    def __init__(self, warehouse: Warehouse, some: Sequence[Mart], rest: float = 1.0) -> None:
        """`rest` is how long turns rest, as a multiple of what they say."""
        self._warehouse = warehouse
        self._marts = some
        self._rest = rest
        self._worker = uuid4().hex[:12]
        self._kept = False
        self._forget_due = 0.0
        self._resting = _resting(some)
        self._failing: dict[str, set[str]] = {mart.name: set() for mart in some}
        #: For each mart, which dirty hours its periods include that were computed last.
        self._included: dict[str, dict[str, frozenset[str]]] = {mart.name: {} for mart in some}
        self._errors: list[Exception] = []
        #: The mart that is computed just now.
        self._taking = ""
        #: Live marts that had something to take in when they were looked at last.
        self._live: set[str] = set()
        #: What each of WATCHED held when this pass began; what it was when a mart was found to have
        #: no dirty hour, and when no load was found to wait for its release.
        self._held: dict[str, int] = {}
        self._clean: dict[str, int | None] = {}
        self._released: list[int | None] = []
        # Of another machine's processors, where the warehouse is, nothing is known here.
        here = warehouse.address.here
        self._spare: Callable[[], float] = Spare() if here else lambda: 0.0
        #: What idled while no mart was computed; and what rests are multiplied by for that.
        self._between: Callable[[], float | None] = Spare() if here else lambda: None
        self._stretch = 1.0
        #: Whether there is history that need not wait for the next run.
        self.more = False

    def lose(self) -> None:
        """The worker does not lead any more; where it does again, it begins anew."""
        self._kept = False
        self._clean.clear()
        for included in self._included.values():
            included.clear()

    def run(self) -> int:
        """Takes in what is dirty; returns how many periods were computed.

        Raises what the first mart raised, when all the others are done.
        """
        if not self._kept:
            keep(self._warehouse, self._marts)
            refresh(self._warehouse)
            self._kept = True
        rows = self._warehouse.rows("marts/state_of_tables", tables=WATCHED)
        self._held = {str(table): int(state) for table, state in rows}
        published = [mart for mart in self._marts if mart.published]
        loads = [self._held.get(table) for table in LOADS]
        if published and loads != self._released:
            if waits(self._warehouse):
                release(self._warehouse, published, minimum(self._warehouse))
            else:
                self._released = loads
        idle = self._between()
        if not self.more:  # else no time has passed since the last run
            self._stretch = stretch(idle)
        self._errors, self.more = [], False
        computed = sum(self._turn(resting) for resting in self._resting)
        self._between()
        if time.monotonic() >= self._forget_due:
            forget(self._warehouse)
            self._forget_due = time.monotonic() + FORGET
        if self._errors:
            raise self._errors[0]
        return computed

    def _live_ones(self) -> None:
        """Between two spans of another mart: what is watched live has its turn where it is due."""
        for resting in self._resting:
            mart, turn = resting.turns[0]
            if mart.live and not turn.patient and mart.name != self._taking:
                self._turn(resting)

    def _turn(self, resting: "_Resting") -> int:
        """Gives the next one that has something to take in its turn, where it is due; returns how
        many periods were computed."""
        if time.monotonic() < resting.due:
            return 0
        for mart, turn in tuple(resting.turns):
            resting.turns.rotate(-1)
            if done := self._take(mart, turn, resting):
                return done
        return 0

    def _take(self, mart: Mart, turn: Turn, resting: "_Resting") -> int:
        """Gives a mart its turn; returns how many periods were computed.

        Each pays for itself, or for those that it rests with: one that takes long keeps no other
        waiting.
        """
        held = self._held.get(DIRTY_HOURS)
        if mart.name in self._clean and self._clean[mart.name] == held:
            return 0
        started, before = time.monotonic(), self._taking
        computed: list[Touched] = []
        self._taking = mart.name
        if turn.patient:
            self._spare()
        try:
            taken = take_in(
                self._warehouse,
                mart,
                self._worker,
                turn,
                self._failing[mart.name],
                between=self._live_ones if turn.patient else lambda: None,
                included=self._included[mart.name],
            )
            computed = taken or []
            if taken is None:
                self._clean[mart.name] = held
        except WarehouseUnavailable:
            raise
        except Overtaken as error:  # nothing is wrong: it is taken in with the next turn
            log.info("%s", error)
        except (WarehouseError, StreamError) as error:
            self._errors.append(error)
        finally:
            self._taking = before
        took = time.monotonic() - started
        if mart.live and not turn.patient:
            self._live.discard(mart.name)
            self._live.update([mart.name] if computed else [])
        resting.due = max(resting.due, started) + took
        past = turn.patient and _history(computed)
        if past and self._undisturbed():
            self.more = True
        else:
            pace = turn.past if past and turn.past else turn.pace
            rest = self._rest * pace.rest(took)
            resting.due += rest * self._stretch if turn.patient else rest
        return len(computed)

    def _undisturbed(self) -> bool:
        """Whether history keeps nobody waiting."""
        return not self._live or self._spare() >= IDLE


def stretch(idle: float | None) -> float:
    """How much longer or shorter than they say turns rest that wait for others, by how many
    processors idle; None is unknown."""
    if idle is None:
        return 1.0
    if idle < BUSY:
        return WHEN_BUSY
    return WHEN_IDLE if idle >= IDLE else 1.0


def _history(computed: Sequence[Touched]) -> bool:
    """Whether these periods took in an hour of before yesterday."""
    first = time.time() - HISTORY_AFTER
    return any(hour < first for _, hours in computed for hour in hours)


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
    runner = Runner(worker.warehouse, marts.every(), worker.settings.marts_rest)
    due = 0.0

    async def roll_up() -> None:
        nonlocal due
        if time.monotonic() < due:
            return
        more = True
        while more:
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
            more = runner.more

    worker.every(worker.settings.rollup_interval, "marts", roll_up)
