"""What the synthetic organisation does, as it is sent: a statement, or a webhook's payload."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from headwater.demo.hours import is_open
from headwater.demo.organisation import Organisation, Person

#: A question or an issue is over after so many days; what is open then stays open.
LONGEST_DAYS = 21
TOPICS = (
    "deployments", "on-call", "refunds", "data contracts", "accessibility", "onboarding",
    "incident reviews", "pricing", "warehouse slots", "release notes", "test data",
    "single sign-on",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened: a statement, or a webhook's event name with its payload."""

    at: datetime
    #: The tool's name of the event; empty for a statement.
    hook: str
    body: dict[str, Any]
    #: The connection whose webhook it is, and the headers that its tool sends with it.
    tool: str = "github"
    headers: Mapping[str, str] = field(default_factory=dict)


def awake(people: Sequence[Person], moment: datetime) -> list[Person]:
    """Those who are at work at a moment, by the clocks of their zones."""
    there = {name: is_open(name, moment) for name in {person.zone for person in people}}
    return [person for person in people if there[person.zone]]


def somebody(
    organisation: Organisation,
    chance: random.Random,
    person: Person,
    people: Sequence[Person],
    day: date,
) -> Person:
    """A colleague to turn to: two times in three of the same team, and rather one who helps."""
    ties, standing = organisation.ties(person), _standing(organisation, day)
    team = standing[person.id][0]
    choice = [each for each in people if standing[each.id][0] == team and each is not person]
    if not choice or chance.random() >= 0.67:
        choice = [each for each in people if each is not person]
    weights = [ties[other.id] * standing[other.id][1] for other in choice]
    return chance.choices(choice, weights)[0]


@lru_cache(maxsize=64)
def _standing(organisation: Organisation, day: date) -> dict[str, tuple[str, float]]:
    """Everybody's team on a day, and how much they know to tell by then."""
    return {each.id: (each.team(day), 1 - 0.8 * each.newness(day)) for each in organisation.people}


def stamp(moment: datetime, timespec: str = "milliseconds") -> str:
    """A moment of UTC as the tools write it."""
    return moment.isoformat(timespec=timespec).replace("+00:00", "Z")
