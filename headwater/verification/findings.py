"""What a verification found: one line a table, partition and hour, and whether it was mended."""

from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from bus.records import Position
from bus.rejections import Kind, rejected_id
from bus.topics import STATEMENTS
from warehouse import Warehouse

COLUMNS = ("run", "at", "what", "partition", "hour", "missing", "surplus", "why", "mended")


@dataclass(frozen=True)
class Finding:
    """Rows that lack, or that should not be there, in one place.

    `hour` is in seconds since 1970 (UTC): of the append for the log, of the event for facts, the
    day's beginning for roll-ups. `partition` is -1 where none is meant. `mended` says that a repair
    wrote what lacks.
    """

    what: str
    hour: int
    why: str
    missing: int = 0
    surplus: int = 0
    partition: int = -1
    mended: bool = False


@dataclass
class Report:
    """A whole verification: what was compared, what was found, what was still on its way."""

    run: UUID = field(default_factory=uuid4)
    records: int = 0
    statements: int = 0
    events: int = 0
    days: int = 0
    findings: list[Finding] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)

    @property
    def content(self) -> bool:
        """Whether nothing lacks, nothing is too much, and nothing was left out."""
        return not self.findings and not self.waiting

    def as_json(self) -> dict[str, Any]:
        """The report for scripts."""
        return {
            "run": str(self.run),
            "content": self.content,
            "records": self.records,
            "statements": self.statements,
            "events": self.events,
            "days": self.days,
            "waiting": self.waiting,
            "findings": [
                {**asdict(one), "hour": moment(one.hour).isoformat()} for one in self.findings
            ],
        }

    def keep(self, warehouse: Warehouse) -> None:
        """Writes the report to `ops.verifications`: a summary, and a row a finding."""
        now = datetime.now(UTC)
        summary = (
            f"{self.records} records, {self.statements} statements, {self.events} events, "
            f"{self.days} days compared" + "".join(f"; {said}" for said in self.waiting)
        )
        missing = sum(one.missing for one in self.findings)
        surplus = sum(one.surplus for one in self.findings)
        rows: list[tuple[object, ...]] = [
            (self.run, now, "", -1, moment(0), missing, surplus, summary, 0)
        ]
        rows += [
            (
                self.run, now, one.what, one.partition, moment(one.hour),
                one.missing, one.surplus, one.why, int(one.mended),
            )
            for one in self.findings
        ]  # fmt: skip
        warehouse.insert("ops.verification_rows", COLUMNS, rows)


def hour_of(milliseconds: int) -> int:
    """The hour (UTC) of a time in milliseconds, both since 1970, in seconds."""
    return milliseconds // 3_600_000 * 3600


def moment(seconds: int) -> datetime:
    """Seconds since 1970 as a time in UTC."""
    return datetime.fromtimestamp(seconds, UTC)


def where(place: Position) -> str:
    """How a refusal names a line of the log."""
    return f"{STATEMENTS.name}/{place.partition}/{place.offset}/{place.line}"


def refusal(kind: Kind, place: Position) -> str:
    """The id under which the refusal of a line is kept."""
    return str(rejected_id(kind, where(place)))
