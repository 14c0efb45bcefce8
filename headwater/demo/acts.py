"""What is done with the connected tools: a few acts a minute each, which are the same every time.

They belong to real time, as the pulse does, and are not part of history.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from headwater.demo.event import TOPICS, awake, somebody
from headwater.demo.hours import poisson
from headwater.demo.organisation import Organisation, Person

#: How long before its beginning a demo's tools have something to tell of.
PAST = timedelta(minutes=45)
MINUTE = timedelta(minutes=1)
#: How long before an act what it answers was written.
BEFORE = timedelta(minutes=50)
#: Acts a minute with each tool: while everybody is off, and while all are at work.
AT_NIGHT, AT_NOON = 0.4, 1.2
_EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
#: Numbers of a minute are its own.
_MOST = 10


@dataclass(frozen=True, slots=True)
class Act:
    """Something that somebody does with a tool, about a colleague's thing or for one."""

    at: datetime
    #: What only this act of the tool has.
    number: int
    who: Person
    other: Person
    topic: str
    #: From 0 to 1: which of the tool's acts it is.
    draw: float

    @property
    def before(self) -> datetime:
        """When what it answers was written."""
        return self.at - BEFORE


def acts(organisation: Organisation, tool: str, minute: datetime) -> list[Act]:
    """The acts of one minute with a tool, in order."""
    chance = organisation.chance("acts", tool, f"{minute:%Y-%m-%dT%H:%M}")
    people = organisation.at_work(minute.date())
    there = awake(people, minute)
    mean = AT_NIGHT + (AT_NOON - AT_NIGHT) * len(there) / len(people)
    count = min(_MOST, poisson(chance, mean))
    number = int((minute - _EPOCH) / MINUTE) * _MOST
    found = [
        _act(organisation, chance, there if len(there) > 5 else people, minute, number + n)
        for n in range(count)
    ]
    return sorted(found, key=lambda act: act.at)


def _act(
    organisation: Organisation,
    chance: random.Random,
    people: Sequence[Person],
    minute: datetime,
    number: int,
) -> Act:
    who = chance.choice(people)
    return Act(
        minute + timedelta(seconds=chance.randrange(60)),
        number,
        who,
        somebody(organisation, chance, who, people, minute.date()),
        chance.choice(TOPICS),
        chance.random(),
    )


def minutes(since: datetime, until: datetime) -> list[datetime]:
    """The minutes that a time touches."""
    minute, found = since.replace(second=0, microsecond=0), []
    while minute <= until:
        found.append(minute)
        minute += MINUTE
    return found
