"""Everything that happens on a day: a pure function of the organisation and the date.

Threads that last longer than a day are made whole on the day they begin and dealt out to the days
on which their parts happen. Days are those of UTC; people's working days overlap them.
"""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

from headwater.demo import deliveries, forge, tools
from headwater.demo.event import LONGEST_DAYS, Event
from headwater.demo.organisation import Organisation

A_DAY = timedelta(days=1)


def events(organisation: Organisation, day: date) -> tuple[Event, ...]:
    """Everything of a day, in order of time."""
    found: list[Event] = []
    for begun in (day - A_DAY, day, day + A_DAY):
        found += [event for event in _sessions(organisation, begun) if event.at.date() == day]
    for back in range(-1, LONGEST_DAYS + 1):
        begun = day - back * A_DAY
        found += [event for event in _threads(organisation, begun) if event.at.date() == day]
    return tuple(sorted(found, key=lambda event: event.at))


def sample(organisation: Organisation) -> list[Event]:
    """Some of every kind of event, quickly: what begins on a Wednesday, and its pulse at noon."""
    first = organisation.first
    day = first + (2 - first.weekday()) % 7 * A_DAY
    noon = datetime.combine(day, time(12), UTC)
    return [
        *tools.sessions(organisation, day),
        *tools.questions(organisation, day),
        *forge.threads(organisation, day),
        *tools.pulse(organisation, noon),
        *deliveries.pulse(organisation, noon, deliveries.SENT),
    ]


# Days are asked for in order, one way or the other; so each is made once.


@lru_cache(maxsize=6)
def _sessions(organisation: Organisation, day: date) -> tuple[Event, ...]:
    return tuple(tools.sessions(organisation, day))


@lru_cache(maxsize=LONGEST_DAYS + 5)
def _threads(organisation: Organisation, day: date) -> tuple[Event, ...]:
    found = (*tools.questions(organisation, day), *forge.threads(organisation, day))
    last = day + LONGEST_DAYS * A_DAY
    return tuple(event for event in found if event.at.date() <= last)
