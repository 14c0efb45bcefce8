"""A replay of marts from end to end: which periods, in which order, and how far it is.

What is done is written down after each batch (`ops.replay_rows`), so a replay that was killed goes
on where it was when it is asked for again. It rests as the marts do for history.
"""

import hashlib
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID, uuid4

from headwater.errors import StackError
from serving.pacing import Pacing
from streams import replay
from streams.mart import Mart
from streams.marts import every
from streams.replay import FAILED, Outcome, Replay
from streams.rollups import HISTORY, LENGTHS
from warehouse import Warehouse
from xapi import days

#: From so many hours on that a mart has still to take in, the worker counts history by itself.
MANY = 500
#: So many rows of each kind are kept for people.
EXAMPLES = 3
BEGUN, ENDED = "begun", "ended"
COLUMNS = (
    "run", "mart", "period", "state", "what", "periods", "missing", "surplus", "seconds", "until",
    "began", "at",
)  # fmt: skip
_NO_DAY = date(1970, 1, 1)


class ReplayError(StackError):
    """A replay that cannot be done as it was asked for."""


class Asked(NamedTuple):
    """What is to be replayed: marts, and from which day until which."""

    marts: Sequence[Mart]
    first: date | None = None
    last: date | None = None

    def scope(self) -> str:
        """What makes it the same replay when it is asked for again: what, and how it is defined."""
        definitions = "\0".join(mart.definition for mart in self.marts).encode()
        digest = hashlib.sha256(definitions).hexdigest()[:16]
        names = " ".join(mart.name for mart in self.marts)
        return f"{names}, {self.first or ''} to {self.last or ''}, {digest}"


@dataclass
class Found:
    """What a mart's replay found: how many periods there were, what became of them, which rows
    differed."""

    mart: Mart
    periods: int = 0
    states: Counter[str] = field(default_factory=Counter)
    differing: list[Outcome] = field(default_factory=list)
    failed: list[Outcome] = field(default_factory=list)
    missing: int = 0
    surplus: int = 0

    def add(self, one: Outcome) -> None:
        """Takes in what became of a period."""
        self.states[one.state] += 1
        self.missing += one.missing
        self.surplus += one.surplus
        if one.state == FAILED:
            self.failed.append(one)
        elif one.missing or one.surplus:
            shown = sum(bool(each.lacking or each.unfounded) for each in self.differing)
            if shown >= EXAMPLES:
                one.lacking, one.unfounded = [], []
            self.differing.append(one)


class Told(NamedTuple):
    """How far a replay is, and for how many seconds it will go on (None: not known yet)."""

    mart: str
    done: int
    periods: int
    left: float | None


def named(name: str) -> list[Mart]:
    """The mart of that name, '' for all; ReplayError where there is none."""
    marts = every()
    chosen = [mart for mart in marts if name in ("", mart.name)]
    if not chosen:
        known = ", ".join(mart.name for mart in marts)
        raise ReplayError(f"there is no mart {name!r}. To fix: name one of {known}.")
    return chosen


def day(text: str, option: str) -> date | None:
    """A day as it was written; None for none. Raises ReplayError for what is no day."""
    if not text:
        return None
    try:
        return days.day(text)
    except ValueError as error:
        raise ReplayError(f"{option}: {error}. To fix: write it as 2026-03-31.") from None


def asked(mart: str, first: str, last: str) -> Asked:
    """What a command line asks for; ReplayError says what is wrong with it."""
    found = Asked(named(mart), day(first, "--from"), day(last, "--to"))
    if found.first and found.last and found.last < found.first:
        raise ReplayError(
            f"--to {found.last} is before --from {found.first}. To fix: exchange them."
        )
    return found


class Replaying:
    """A replay of marts, as it goes on; `dry` compares, and changes nothing."""

    def __init__(
        self,
        warehouse: Warehouse,
        what: Asked,
        *,
        dry: bool = False,
        anew: bool = False,
        tell: Callable[[Told], None] = lambda _: None,
        pace: Pacing = HISTORY.pace,
    ) -> None:
        self._warehouse = warehouse
        self._what = what
        self._dry = dry
        self._tell = tell
        self._rests = pace
        self._run, self.began = self._begun(anew)
        self._done: dict[tuple[str, str], tuple[int, int, float]] = {}
        if not dry:
            rows = warehouse.rows("replay/done", run=self._run)
            self._done = {(mart, period): tuple(rest) for mart, period, *rest in rows}
        self._all: dict[str, list[str]] = {}

    @property
    def resumed(self) -> int:
        """How many periods an earlier run had done."""
        return len(self._done)

    def run(self) -> list[Found]:
        """Replays mart after mart, newest periods first.

        Raises ReplayError where the worker is counting a mart's history anew already.
        """
        for mart in self._what.marts:
            waiting = len(replay.pending(self._warehouse, mart))
            if waiting > MANY and not self._dry:
                raise ReplayError(
                    f"the worker counts history anew already ({waiting} hours of the mart "
                    f"{mart.name} wait). To fix: wait until it is through (`headwater status`)."
                )
            some = replay.periods(self._warehouse, mart)
            self._all[mart.name] = replay.within(mart, some, self._what.first, self._what.last)
        pace = _Pace(self._what.marts, self._left())
        self._write(BEGUN, pace)
        found = [self._replayed(mart, pace) for mart in self._what.marts]
        self._write(FAILED if any(one.failed for one in found) else ENDED, pace)
        return found

    def _replayed(self, mart: Mart, pace: "_Pace") -> Found:
        found = Found(mart, len(self._all[mart.name]))
        for period in self._all[mart.name]:
            if before := self._done.get((mart.name, period)):
                found.add(Outcome(period, replay.DONE, *before))
        left = self._left()[mart.name]
        self._say(mart, pace)
        if not left:
            return found
        with Replay(self._warehouse, mart, swap=not self._dry).made() as one:
            began = time.monotonic()
            for outcomes in one.run(left):
                took = time.monotonic() - began
                self._keep(mart, outcomes)
                for outcome in outcomes:
                    found.add(outcome)
                rest = self._rests.rest(took)
                pace.did(mart, len(outcomes), took + rest)
                self._say(mart, pace)
                self._write(BEGUN, pace)
                if pace.left() > 0.0:
                    time.sleep(rest)
                began = time.monotonic()
        return found

    def _left(self) -> dict[str, list[str]]:
        return {
            mart: [period for period in some if (mart, period) not in self._done]
            for mart, some in self._all.items()
        }

    def _say(self, mart: Mart, pace: "_Pace") -> None:
        total = sum(map(len, self._all.values()))
        self._tell(
            Told(mart.name, total - pace.waiting, total, pace.left() if pace.known else None)
        )

    def _begun(self, anew: bool) -> tuple[UUID, datetime]:
        now = datetime.now(UTC)
        if not (self._dry or anew):
            for run, began in self._warehouse.rows("replay/open", scope=self._what.scope()):
                return UUID(run), began if began.tzinfo else began.replace(tzinfo=UTC)
        return uuid4(), now

    def _keep(self, mart: Mart, outcomes: Sequence[Outcome]) -> None:
        if self._dry:
            return
        now = datetime.now(UTC)
        rows = [
            (
                self._run, mart.name, date.fromisoformat(one.period), one.state, one.what, 1,
                one.missing, one.surplus, one.seconds, now, self.began, now,
            )
            for one in outcomes
        ]  # fmt: skip
        self._warehouse.insert("ops.replay_rows", COLUMNS, rows)

    def _write(self, state: str, pace: "_Pace") -> None:
        if self._dry:
            return
        now = datetime.now(UTC)
        until = now + timedelta(seconds=pace.left())
        total = sum(map(len, self._all.values()))
        row = (
            self._run, "", _NO_DAY, state, self._what.scope(), total, 0, 0, 0.0, until, self.began,
            now,
        )  # fmt: skip
        self._warehouse.insert("ops.replay_rows", COLUMNS, [row])


class _Pace:
    """How fast it goes: what a day of each mart took, of one not begun yet what others took."""

    def __init__(self, marts: Sequence[Mart], left: dict[str, list[str]]) -> None:
        self._days = {mart.name: len(left[mart.name]) * LENGTHS[mart.grain] for mart in marts}
        self._took: dict[str, tuple[int, float]] = {}
        self.waiting = sum(map(len, left.values()))

    @property
    def known(self) -> bool:
        """Whether anything was done yet."""
        return bool(self._took)

    def did(self, mart: Mart, many: int, seconds: float) -> None:
        """Takes in that so many periods took so long."""
        length = many * LENGTHS[mart.grain]
        days, took = self._took.get(mart.name, (0, 0.0))
        self._took[mart.name] = days + length, took + seconds
        self._days[mart.name] -= length
        self.waiting -= many

    def left(self) -> float:
        """For how many seconds it will go on."""
        rates = {name: took / days for name, (days, took) in self._took.items() if days}
        usual = sum(rates.values()) / len(rates) if rates else 0.0
        return sum(max(0, days) * rates.get(name, usual) for name, days in self._days.items())


def lines(found: Found) -> Iterator[str]:
    """What a mart's replay found, for people: by day or week what differed, and a few rows."""
    for one in found.differing:
        yield f"  {one.period}: {one.missing:,} rows lacked, {one.surplus:,} were too many"
        for said, rows in (("lacked", one.lacking), ("too many", one.unfounded)):
            for row in rows[:EXAMPLES]:
                values = ", ".join(f"{name} {value}" for name, value in row.items())
                yield f"    {said}: {values[:300]}"
    for one in found.failed:
        yield f"  {one.period}: not replayed; what stood there stays: {one.what}"
