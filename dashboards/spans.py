"""The time range of a view, as it stands in its address and as instants.

`?range=24h` ends now and moves on; `?from=2026-03-01&until=2026-03-31T12:00` stands still and is
read in the organisation's time zone. A last day without an hour is meant whole.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

from dashboards.errors import UnknownSpan

#: Name in the address → (seconds, label).
RANGES: dict[str, tuple[int, str]] = {
    "1h": (3600, "1 h"),
    "6h": (6 * 3600, "6 h"),
    "24h": (24 * 3600, "24 h"),
    "7d": (7 * 86400, "7 days"),
    "30d": (30 * 86400, "30 days"),
    "90d": (90 * 86400, "90 days"),
    "26w": (26 * 7 * 86400, "6 months"),
}
DEFAULT = "24h"
#: Longer is no chart but an export.
LONGEST = 20 * 366 * 86400


@dataclass(frozen=True)
class Span:
    """Either a range that ends now, or two moments."""

    range: str = DEFAULT
    start: str = ""
    end: str = ""

    @classmethod
    def read(cls, range_: str, start: str, end: str) -> "Span":
        """A span from an address; raises UnknownSpan with what can be written there."""
        if not start and not end:
            if range_ and range_ not in RANGES:
                raise UnknownSpan(
                    f"range={range_} is not known; it can be {', '.join(RANGES)}, "
                    "or from=2026-03-01&until=2026-03-31"
                )
            return cls(range_ or DEFAULT)
        if not (start and end):
            raise UnknownSpan("from and until go together, as in from=2026-03-01&until=2026-03-31")
        for moment in (start, end):
            _moment(moment)
        if not 0 < (_moment(end, last=True) - _moment(start)).total_seconds() <= LONGEST:
            raise UnknownSpan(f"until={end} does not lie after from={start}")
        return cls("", start, end)

    def instants(self, now: float, zone: tzinfo) -> tuple[int, int]:
        """From and until (not included) as Unix seconds."""
        if self.range:
            until = int(now) + 1
            return until - RANGES[self.range][0], until
        start = _moment(self.start).replace(tzinfo=zone)
        end = _moment(self.end, last=True).replace(tzinfo=zone)
        return int(start.timestamp()), int(end.timestamp())

    @property
    def query(self) -> dict[str, str]:
        """The span as it stands in an address."""
        return {"range": self.range} if self.range else {"from": self.start, "until": self.end}

    @property
    def label(self) -> str:
        """The span in words."""
        if self.range:
            return f"the last {RANGES[self.range][1]}"
        return f"{self.start.replace('T', ' ')} to {self.end.replace('T', ' ')}"


def _moment(written: str, *, last: bool = False) -> datetime:
    try:
        if len(written) == len("2026-03-01"):
            day = date.fromisoformat(written) + timedelta(days=1 if last else 0)
            return datetime.combine(day, datetime.min.time())
        moment = datetime.fromisoformat(written)
    except (ValueError, OverflowError) as error:
        raise UnknownSpan(
            f"{written!r} is not a moment; write 2026-03-01 or 2026-03-01T08:30"
        ) from error
    if moment.tzinfo is not None or not 1971 <= moment.year <= 2105:
        raise UnknownSpan(
            f"{written!r}: write it in the organisation's own time, between 1971 and 2105"
        )
    return moment
