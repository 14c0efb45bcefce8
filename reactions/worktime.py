"""When people work: the days and hours of the organisation, by the clocks of a zone.

An hour of working time is an hour on the clock, as the view learning.questions counts it: where
clocks change within working hours, that day is as long as any other.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

DAY = timedelta(days=1)
WEEK = 7 * DAY
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MIDNIGHT = time()


def moment(milliseconds: int) -> datetime:
    """Unix milliseconds as a time."""
    return _EPOCH + timedelta(milliseconds=int(milliseconds))


@dataclass(frozen=True)
class WorkTime:
    """Working days, numbered from Monday, 1, on; hours in seconds since midnight."""

    zone: ZoneInfo
    days: frozenset[int]
    begin: int
    end: int
    #: Days on which nobody works, whichever they are.
    holidays: frozenset[date] = frozenset()

    def otherwise(self, days: tuple[int, ...] | None, hours: tuple[int, int] | None) -> "WorkTime":
        """The same in this zone, with other days or hours where they are given."""
        begin, end = hours or (self.begin, self.end)
        return replace(self, days=frozenset(days or self.days), begin=begin, end=end)

    def by(self, zone: str) -> "WorkTime":
        """The same by the clocks of a zone; by these where none is said, or none that is known."""
        try:
            return replace(self, zone=ZoneInfo(zone)) if zone else self
        except ZoneInfoNotFoundError:
            return self

    def day(self, at: datetime) -> date:
        """The day of a moment, by these clocks."""
        return at.astimezone(self.zone).date()

    def midnight(self, day: date) -> datetime:
        """When a day begins by these clocks."""
        return datetime.combine(day, _MIDNIGHT, self.zone).astimezone(UTC)

    def is_open(self, at: datetime) -> bool:
        """Whether it is working time at a moment."""
        clock = at.astimezone(self.zone).replace(tzinfo=None)
        return any(begin <= clock < end for begin, end in self._spans(clock.date(), clock.date()))

    def after(self, at: datetime, hours: float) -> datetime:
        """When so many hours of working time have passed since a moment; `hours` is above 0."""
        left = timedelta(hours=hours)
        clock = at.astimezone(self.zone).replace(tzinfo=None)
        for begin, end in self._spans(clock.date(), None):
            begin = max(begin, clock)
            if begin >= end:
                continue
            if left <= end - begin:
                return (begin + left).replace(tzinfo=self.zone).astimezone(UTC)
            left -= end - begin
        raise AssertionError("unreachable: the spans have no end")  # pragma: no cover

    def earliest(self, at: datetime, hours: float) -> date:
        """A day that is no later than any from which so many hours may last until a moment."""
        day, left = self.day(at), int(hours * 3600 / (self.end - self.begin)) + 2
        while left:
            day -= DAY
            left -= self._is_working(day)
        return day

    def _is_working(self, day: date) -> bool:
        return day.isoweekday() in self.days and day not in self.holidays

    def _spans(self, day: date, last: date | None) -> Iterator[tuple[datetime, datetime]]:
        """The working times from a day on, as the clock on the wall shows them."""
        while last is None or day <= last:
            if self._is_working(day):
                start = datetime.combine(day, _MIDNIGHT)
                yield start + timedelta(seconds=self.begin), start + timedelta(seconds=self.end)
            day += DAY
