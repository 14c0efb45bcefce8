"""The time range of a view, as it stands in its address and as instants.

`?range=24h` ends now and moves on, `?range=4w` is the last four whole weeks.
`?from=2026-03-01&until=2026-03-31T12:00` stands still and is read in the organisation's time zone.
A last day without an hour is meant whole.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

from dashboards.errors import UnknownSpan

#: The last four whole weeks, Monday to Sunday: they stand still until the next Monday.
FULL_WEEKS, WEEKS = "4w", 4
#: Name in the address → (seconds, label).
RANGES: dict[str, tuple[int, str]] = {
    "1h": (3600, "1 h"),
    "6h": (6 * 3600, "6 h"),
    "24h": (24 * 3600, "24 h"),
    "7d": (7 * 86400, "7 days"),
    FULL_WEEKS: (WEEKS * 7 * 86400, "4 full weeks"),
    "30d": (30 * 86400, "30 days"),
    "90d": (90 * 86400, "90 days"),
    "26w": (26 * 7 * 86400, "6 months"),
}
#: In a sentence, where the label alone does not read.
_LABELS = {"1h": "hour"}
DEFAULT = FULL_WEEKS
#: Where there is no history of four weeks yet.
YOUNG = "7d"
#: Longer is no chart but an export.
LONGEST = 20 * 366 * 86400


@dataclass(frozen=True)
class Span:
    """A range of a name, or two moments."""

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
        return cls.between(start, end)

    @classmethod
    def between(cls, start: str, end: str) -> "Span":
        """A span from two moments as they are written; raises UnknownSpan with what is wrong."""
        if not (start and end):
            lacks = "until" if start else "from"
            raise UnknownSpan(
                f"{lacks} is empty: from and until go together, as in "
                "from=2026-03-01&until=2026-03-31"
            )
        for moment in (start, end):
            _moment(moment)
        length = (_moment(end, last=True) - _moment(start)).total_seconds()
        if length <= 0:
            raise UnknownSpan(f"until ({_plain(end)}) does not lie after from ({_plain(start)})")
        if length > LONGEST:
            raise UnknownSpan("that is more than 20 years; choose a shorter range")
        return cls("", start, end)

    def instants(self, now: float, zone: tzinfo) -> tuple[int, int]:
        """From and until (not included) as Unix seconds."""
        if self.range == FULL_WEEKS:
            today = datetime.fromtimestamp(now, zone).date()
            monday = today - timedelta(days=today.weekday())
            days = (monday - timedelta(weeks=WEEKS), monday)
            first, last = (datetime.combine(day, datetime.min.time(), zone) for day in days)
            return int(first.timestamp()), int(last.timestamp())
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
    def live(self) -> bool:
        """Whether it ends now and moves on."""
        return bool(self.range) and self.range != FULL_WEEKS

    @property
    def label(self) -> str:
        """The span in words."""
        if self.range:
            return f"the last {_LABELS.get(self.range, RANGES[self.range][1])}"
        return f"{_plain(self.start)} to {_plain(self.end)}"

    def dates(self, now: float, zone: tzinfo) -> str:
        """The span by its days, as in `2 Nov – 29 Nov 2026`."""
        start, until = self.instants(now, zone)
        first, last = (datetime.fromtimestamp(at, zone) for at in (start, until - 1))
        if first.date() == last.date():
            return f"{first:%-d %b %Y}"
        head = f"{first:%-d %b}" if first.year == last.year else f"{first:%-d %b %Y}"
        return f"{head} – {last:%-d %b %Y}"


def around(start: datetime, step: timedelta) -> Span:
    """The span of one bucket of a time axis, which begins at `start` in the organisation's zone."""
    first, last = start.replace(tzinfo=None), start.replace(tzinfo=None) + step
    return Span("", *(moment.isoformat(timespec="minutes") for moment in (first, last)))


def _plain(written: str) -> str:
    return written.replace("T", " ")


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
