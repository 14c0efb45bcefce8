"""Time zones by their IANA names: which there are, which one a typing mistake may have meant, and
how far the clocks of one are from UTC.
"""

import difflib
import zoneinfo
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import NamedTuple

#: Every name of the machine's own database, which is read through once.
_known = cache(zoneinfo.available_timezones)
#: The times for which offsets are told: all that an event may have (`days.py`).
BEGIN, END = datetime(1970, 1, 1, tzinfo=UTC), datetime(2106, 1, 1, tzinfo=UTC)
_SECOND, _DAY = timedelta(seconds=1), timedelta(days=1)


class Offset(NamedTuple):
    """By how many seconds a zone's clocks are ahead of UTC, from a second until another."""

    begin: datetime
    until: datetime
    seconds: int


def problem(name: str) -> str:
    """What is wrong with a zone's name, with near matches; "" for one that there is."""
    known = _known()
    if name in known:
        return ""
    near = nearest(name, known)
    meant = f"; did you mean {' or '.join(near)}?" if near else "; write it as Europe/Berlin"
    return f"{name!r} is not the IANA name of a time zone{meant}"


def nearest(name: str, known: set[str]) -> list[str]:
    """At most three zones that may have been meant: by another case, by the city, by a letter."""
    wanted = name.strip().lower().replace(" ", "_")
    plain = {zone.lower(): zone for zone in sorted(known)}
    cities = {zone.rpartition("/")[2]: zone for zone in plain if "/" in zone}
    if wanted in plain:
        return [plain[wanted]]
    found = []
    city = wanted.rpartition("/")[2]
    if city in cities:
        found.append(plain[cities[city]])
    found += [plain[zone] for zone in difflib.get_close_matches(wanted, plain, 3, 0.75)]
    found += [plain[cities[one]] for one in difflib.get_close_matches(city, cities, 3, 0.75)]
    return list(dict.fromkeys(found))[:3]


@cache
def offsets(name: str) -> tuple[Offset, ...]:
    """The offsets of a zone from BEGIN to END, one after the other.

    Raises ZoneInfoNotFoundError for a zone that this machine does not know.
    """
    zone = zoneinfo.ZoneInfo(name)
    begins = [BEGIN]
    at, was = BEGIN, _ahead(zone, BEGIN)
    while at < END:
        now = _ahead(zone, at + _DAY)
        if now != was:
            begins.append(_change(zone, at, at + _DAY))
        at, was = at + _DAY, now
    ends = [*(each - _SECOND for each in begins[1:]), END]
    return tuple(
        Offset(begin, until, _ahead(zone, begin)) for begin, until in zip(begins, ends, strict=True)
    )


def _ahead(zone: zoneinfo.ZoneInfo, at: datetime) -> int:
    ahead = at.astimezone(zone).utcoffset()
    assert ahead is not None
    return int(ahead.total_seconds())


def _change(zone: zoneinfo.ZoneInfo, before: datetime, after: datetime) -> datetime:
    """The first second of another offset between two moments."""
    left, right = 0, int((after - before).total_seconds())
    was = _ahead(zone, before)
    while right - left > 1:
        middle = (left + right) // 2
        if _ahead(zone, before + middle * _SECOND) == was:
            left = middle
        else:
            right = middle
    return before + right * _SECOND
