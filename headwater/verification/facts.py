"""Accepted statements beside the facts that are made of them, by the hour of the event."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TypeVar

from bus.records import Position
from bus.rejections import Kind
from headwater.verification.findings import Finding, refusal
from streams.events import Unclassifiable, event_of
from streams.pseudonyms import Pseudonyms
from warehouse import Warehouse

#: Hours looked into together, and rows taken from them at most.
HOURS = 400
MOST = 100_000
IDS = 5_000
WHAT = "learning.events"
LOST = "the statement is accepted, and no fact is made of it"
UNKEPT = "no event can be made of the statement, and the refusal is not in ops.rejected"
VOIDED = "the statement is voided, and its fact stands"
LOSER = "another statement with the id came first, and the fact is not of that one"
ORPHAN = "no accepted statement stands behind the fact"

T = TypeVar("T")


@dataclass(frozen=True)
class Statement:
    """An accepted statement whose fact lacks."""

    id: str
    position: Position
    source: str
    line: bytes
    #: Why no event can be made of it; empty where one can.
    reason: str = ""


@dataclass
class Differences:
    """What differs: statements without a fact, facts that should not stand, and where."""

    events: int = 0
    lost: list[tuple[Statement, int]] = field(default_factory=list)
    unkept: list[tuple[Statement, int]] = field(default_factory=list)
    wrong: list[tuple[str, int, str]] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.lost or self.unkept or self.wrong)

    def findings(self, mended: bool) -> list[Finding]:
        """One an hour and a reason."""
        lost = Counter((hour, LOST) for _, hour in self.lost)
        lost.update((hour, UNKEPT) for _, hour in self.unkept)
        wrong = Counter((hour, why) for _, hour, why in self.wrong)
        found = [
            Finding(WHAT, hour, why, missing=count, mended=mended)
            for (hour, why), count in sorted(lost.items())
        ]
        found += [
            Finding(WHAT, hour, why, surplus=count, mended=mended and why != ORPHAN)
            for (hour, why), count in sorted(wrong.items())
        ]
        return found


def differing(warehouse: Warehouse, before: int) -> tuple[list[int], int]:
    """Hours whose facts are not those of the statements accepted before a position (`before`), and
    how many facts there should be in all."""
    should = {row[0]: row[1:] for row in warehouse.rows("verify/statement_hours", before=before)}
    stands = {row[0]: row[1:] for row in warehouse.rows("verify/fact_hours", before=before)}
    hours = {*should, *stands}
    events = sum(count for count, _ in should.values())
    return sorted(h for h in hours if should.get(h) != stands.get(h)), events


def differences(
    warehouse: Warehouse, pseudonyms: Pseudonyms, before: int, hours: Sequence[int]
) -> Differences:
    """What differs in these hours, looked at statement by statement."""
    found = Differences()
    for some in _chunks(hours, HOURS):
        _missing(warehouse, pseudonyms, before, some, found)
        rows = warehouse.rows("verify/facts_surplus", before=before, hours=some, most=MOST)
        for identifier, hour, voided, winner, _ in rows:
            why = VOIDED if voided else LOSER if winner not in ("0", None) else ORPHAN
            found.wrong.append((identifier, hour, why))
    return found


def _missing(
    warehouse: Warehouse,
    pseudonyms: Pseudonyms,
    before: int,
    hours: Sequence[int],
    found: Differences,
) -> None:
    rows = warehouse.rows_of_bytes("verify/facts_missing", before=before, hours=hours, most=MOST)
    for some in _chunks(rows, IDS):
        ids = [row[0].decode() for row in some]
        standing = {(i, p) for i, p in warehouse.rows("verify/facts_standing", ids=ids)}
        for identifier, number, source, line, hour in some:
            if (identifier.decode(), number.decode()) in standing:
                continue  # its hour is another by the rounding of a millisecond
            one = Statement(
                identifier.decode(),
                Position.from_uint128(int(number)),
                source.decode("utf-8", "replace"),
                line,
            )
            try:
                if event_of(line, one.position, one.source, pseudonyms, {}) is not None:
                    found.lost.append((one, hour))
            except Unclassifiable as error:
                found.unkept.append((replace(one, reason=str(error)), hour))
    found.unkept = _unkept(warehouse, found.unkept)


def _unkept(
    warehouse: Warehouse, refused: Sequence[tuple[Statement, int]]
) -> list[tuple[Statement, int]]:
    """Those of the statements that no event can be made of whose refusal is kept nowhere."""
    wanted = {refusal(Kind.UNCLASSIFIABLE, one.position): (one, hour) for one, hour in refused}
    kept = {
        row[0]
        for some in _chunks(list(wanted), IDS)
        for row in warehouse.rows("verify/rejected", ids=some)
    }
    return [pair for identifier, pair in wanted.items() if identifier not in kept]


def _chunks(some: Iterable[T], size: int) -> Iterator[list[T]]:
    every = iter(some)
    while chunk := list(islice(every, size)):
        yield chunk
