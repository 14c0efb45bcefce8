"""A quarter of a year, and those of its weeks and months that are over. Pure.

What is published is counted by weeks, Monday to Sunday by the organisation's clock, and no week can
be divided. So a week belongs to the quarter in which its Thursday lies, as ISO 8601 gives weeks to
years: each week is in one quarter, and a quarter has 13 of them, now and then 12 or 14.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from headwater.errors import StackError

_WRITTEN = re.compile(r"(\d{4})-?[Qq]([1-4])", re.ASCII)
#: Days that records have (xapi/days.py), as far as whole quarters go.
FIRST_YEAR, LAST_YEAR = 1971, 2105
_WEEK = timedelta(weeks=1)


@dataclass(frozen=True, order=True)
class Quarter:
    """A quarter of the calendar year."""

    year: int
    number: int

    @classmethod
    def read(cls, text: str) -> "Quarter":
        """A quarter as it is written, `2026Q3`; raises StackError with what is expected."""
        found = _WRITTEN.fullmatch(text.strip())
        if found is None or not FIRST_YEAR <= int(found[1]) <= LAST_YEAR:
            raise StackError(
                f"--quarter {text!r} is no quarter. To fix: write the year, Q and 1 to 4, "
                f"as in 2026Q3 (July to September 2026); years are {FIRST_YEAR} to {LAST_YEAR}."
            )
        return cls(int(found[1]), int(found[2]))

    @classmethod
    def of(cls, day: date) -> "Quarter":
        """The quarter in whose weeks a day lies."""
        thursday = day + timedelta(days=3 - day.weekday())
        return cls(thursday.year, (thursday.month + 2) // 3)

    def __str__(self) -> str:
        return f"{self.year}Q{self.number}"

    @property
    def title(self) -> str:
        """As it stands in a sentence: `Q3 2026`."""
        return f"Q{self.number} {self.year}"

    @property
    def before(self) -> "Quarter":
        """The quarter before it."""
        return Quarter(self.year, self.number - 1) if self.number > 1 else Quarter(self.year - 1, 4)

    @property
    def begins(self) -> date:
        """Its first day in the calendar."""
        return date(self.year, 3 * self.number - 2, 1)

    @property
    def months(self) -> tuple[date, ...]:
        """The first days of its months."""
        return tuple(date(self.year, 3 * self.number - back, 1) for back in (2, 1, 0))

    @property
    def ends(self) -> date:
        """Its last day in the calendar."""
        return _next_month(self.months[-1]) - timedelta(days=1)

    @property
    def weeks(self) -> tuple[date, ...]:
        """The Mondays of its weeks."""
        monday = self.begins - timedelta(days=self.begins.weekday())
        starts = [monday + _WEEK * number for number in range(15)]
        return tuple(start for start in starts if Quarter.of(start) == self)


@dataclass(frozen=True)
class Span:
    """What of a quarter is over on a day, and so can be told.

    Attributes:
        quarter: Which.
        weeks: The Mondays of its weeks that are over.
        months: The first days of its months that are over.
        today: The day, by the organisation's clock.
    """

    quarter: Quarter
    weeks: tuple[date, ...]
    months: tuple[date, ...]
    today: date

    @classmethod
    def until(cls, quarter: Quarter, today: date) -> "Span":
        """So much of a quarter as is over before a day; raises StackError where nothing is."""
        weeks = tuple(monday for monday in quarter.weeks if monday + _WEEK <= today)
        if not weeks:
            first = quarter.weeks[0]
            raise StackError(
                f"of {quarter.title} no week is over: its first is that from {day(first)} to "
                f"{day(first + timedelta(days=6))}, and today is {day(today)} by the "
                f"organisation's clock. To fix: ask for {quarter.before}, or wait."
            )
        months = tuple(first for first in quarter.months if _next_month(first) <= today)
        return cls(quarter, weeks, months, today)

    @property
    def first(self) -> date:
        """The Monday of its first week."""
        return self.weeks[0]

    @property
    def last(self) -> date:
        """The Monday of its last week that is over."""
        return self.weeks[-1]

    @property
    def last_day(self) -> date:
        """The Sunday of that week."""
        return self.last + timedelta(days=6)

    @property
    def over(self) -> bool:
        """Whether the whole quarter is over, by its weeks and by the calendar."""
        return self.weeks == self.quarter.weeks and self.months == self.quarter.months

    @property
    def parameters(self) -> dict[str, date]:
        """What SQL is asked with; of no month a range in which none lies."""
        none = date(1970, 1, 1)
        return {
            "first": self.first,
            "last": self.last,
            "first_month": self.months[0] if self.months else none,
            "last_month": self.months[-1] if self.months else none,
        }


def today(zone: str, now: datetime) -> date:
    """The day that a moment is in a time zone."""
    return now.astimezone(ZoneInfo(zone)).date()


def day(value: date) -> str:
    """A day as it is read: `29 Jun 2026`."""
    return f"{value:%-d %b %Y}"


def _next_month(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1)
