"""When the synthetic organisation works: days, holidays and hours, each in its own time zone."""

import math
import random
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import accumulate
from zoneinfo import ZoneInfo

#: Time zone → days (month, day) on which nobody there works.
HOLIDAYS: dict[str, frozenset[tuple[int, int]]] = {
    "Europe/London": frozenset({(1, 1), (12, 25), (12, 26)}),
    "Europe/Berlin": frozenset({(1, 1), (5, 1), (10, 3), (12, 24), (12, 25), (12, 26), (12, 31)}),
    "America/New_York": frozenset({(1, 1), (6, 19), (7, 4), (11, 11), (12, 25)}),
    "Asia/Kolkata": frozenset({(1, 1), (1, 26), (8, 15), (10, 2), (12, 25)}),
}
#: How busy each weekday is, Monday first: a slow start, a quiet Friday, hardly a weekend.
WEEK = (0.95, 1.12, 1.14, 1.05, 0.82, 0.03, 0.03)
#: How busy each hour of a working day is, from `OPENS` on: most before noon, then after lunch.
OPENS, HOURS = 7, (2, 7, 11, 12, 10, 5, 9, 11, 10, 7, 3, 1)
CLOSES = OPENS + len(HOURS)
_UNTIL = tuple(accumulate(HOURS))


@lru_cache
def zone(name: str) -> ZoneInfo:
    """A time zone by its IANA name."""
    return ZoneInfo(name)


def is_workday(zone_name: str, day: date) -> bool:
    """Whether people of a time zone work on a day."""
    return day.weekday() < 5 and (day.month, day.day) not in HOLIDAYS[zone_name]


def busyness(zone_name: str, day: date) -> float:
    """How much of an ordinary day's work is done on a day."""
    if day.weekday() < 5 and not is_workday(zone_name, day):
        return WEEK[-1]
    return WEEK[day.weekday()]


def is_open(zone_name: str, moment: datetime) -> bool:
    """Whether people of a time zone are at work at a moment."""
    local = moment.astimezone(zone(zone_name))
    return is_workday(zone_name, local.date()) and OPENS <= local.hour < CLOSES


def working_moment(chance: random.Random, zone_name: str, day: date) -> datetime:
    """A moment of somebody's working day, in UTC; it may fall on the day before or after there."""
    hour = chance.choices(range(OPENS, CLOSES), cum_weights=_UNTIL)[0]
    local = datetime.combine(day, time(hour), zone(zone_name))
    return local.astimezone(UTC) + timedelta(seconds=chance.uniform(0, 3600))


def when_at_work(chance: random.Random, zone_name: str, moment: datetime) -> datetime:
    """`moment`, or some time into the next working day where nobody works then."""
    if is_open(zone_name, moment):
        return moment
    local = moment.astimezone(zone(zone_name))
    day = local.date() + timedelta(days=local.hour >= OPENS)
    while not is_workday(zone_name, day):
        day += timedelta(days=1)
    opening = datetime.combine(day, time(OPENS + 1), zone(zone_name)).astimezone(UTC)
    return opening + timedelta(minutes=chance.uniform(0, 150))


def poisson(chance: random.Random, mean: float) -> int:
    """How often something happens that happens `mean` times on average."""
    limit, count, product = math.exp(-mean), 0, chance.random()
    while product > limit:
        count += 1
        product *= chance.random()
    return count
