"""Which runs of links there were, and whether another one is due. It imports nothing large."""

import datetime as dt
import uuid
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from kpis.links.floors import ROLLOUT
from warehouse.client import Warehouse

COLUMNS = ("run", "began", "ended", "why", "links", "estimated", "failure")
#: After one that failed, the next.
REST = dt.timedelta(minutes=15)
#: While nothing can be told, or history comes in, it is looked at again.
LOOK_AGAIN = dt.timedelta(minutes=5)
#: No method says anything of fewer.
LEAST_WEEKS = ROLLOUT.before + ROLLOUT.after


@dataclass(frozen=True)
class Known:
    """What is known of the runs before.

    Attributes:
        zone: Where the organisation is.
        began: When the last one began that went well; None where there is none.
        tried: When the last one began, however it went.
        failure: Why the last one failed; empty where it went well.
        figures: How many links of the last run have a figure.
        older: Whether there is learning by now before the first week of the last run.
        weeks: How many weeks have a KPI's figure.
        declared: When a rollout was declared or taken back last.
    """

    zone: ZoneInfo
    began: dt.datetime | None = None
    tried: dt.datetime | None = None
    failure: str = ""
    figures: int = 0
    older: bool = False
    weeks: int = 0
    declared: dt.datetime | None = None


def known(warehouse: Warehouse) -> Known:
    """As the warehouse has it; raises WarehouseError."""
    ((zone, began, tried, failure, *counted, declared),) = warehouse.rows("links/history")
    figures, older, weeks = counted
    moments = _utc(began), _utc(tried)
    return Known(ZoneInfo(zone), *moments, failure, figures, bool(older), weeks, _utc(declared))


def due(known: Known, at: dt.time, now: dt.datetime) -> str:
    """Why a run is due now: `night`, `declared`, or `begin`; else ''.

    `begin` is while nothing was told yet, and while history is still being brought in.
    """
    if known.failure and known.tried and now - known.tried < REST:
        return ""
    if known.began is None:
        return "begin" if known.weeks >= LEAST_WEEKS else ""
    if known.began < night(now, at, known.zone):
        return "night"
    if known.declared and known.declared > known.began:
        return "declared"
    enough = known.weeks >= LEAST_WEEKS and (known.older or not known.figures)
    return "begin" if enough and now - known.began >= LOOK_AGAIN else ""


def night(now: dt.datetime, at: dt.time, zone: ZoneInfo) -> dt.datetime:
    """The last moment, up to now, at which the clock of a zone showed a time."""
    here = now.astimezone(zone)
    tonight = dt.datetime.combine(here.date(), at, zone)
    if tonight > here:
        tonight = dt.datetime.combine(here.date() - dt.timedelta(days=1), at, zone)
    return tonight.astimezone(dt.UTC)


def ended(
    warehouse: Warehouse,
    run: uuid.UUID,
    began: dt.datetime,
    why: str,
    *,
    links: int = 0,
    estimated: int = 0,
    failure: str = "",
) -> None:
    """Writes down how a run ended; raises WarehouseError."""
    told = " ".join(failure.split())[:500]
    row = (run, began, dt.datetime.now(dt.UTC), why, links, estimated, told)
    warehouse.insert("ops.link_run_rows", COLUMNS, [row])


def _utc(value: dt.datetime | None) -> dt.datetime | None:
    return value.replace(tzinfo=dt.UTC) if value else None
