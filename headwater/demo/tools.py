"""The tools that speak xAPI: wiki, handbook, chat, bookmarks, people finder, quiz, academy.

A person works in short sessions on one topic (search, then read, then keep or share what was
found); questions are asked in the chat, and answered there by somebody after a while, or never.
"""

import math
import random
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import accumulate
from typing import Any

from headwater.demo.event import TOPICS, Event, awake, somebody, stamp
from headwater.demo.hours import busyness, poisson, when_at_work, working_moment
from headwater.demo.organisation import HOME, LAG, Organisation, Person
from xapi import vocabulary
from xapi.ids import statement_id

#: Behaviour → (tool, verb, activity type).
WAYS: dict[str, tuple[tuple[str, str, str], ...]] = {
    "search": (
        ("Wiki", "searched", "search-query"),
        ("Chat", "searched", "search-query"),
        ("Intranet search", "searched", "search-query"),
    ),
    "read": (("Wiki", "viewed", "page"), ("Handbook", "read", "article")),
    "bookmark": (("Bookmarks", "bookmarked", "link"),),
    "explore": (("Browser", "viewed", "link"),),
    "locate": (("People finder", "follow", "page"),),
    "ask": (("Chat", "asked", "question"),),
    "collaborate": (("Chat", "commented", "task"), ("Documents", "commented", "doc")),
    "connect": (("Customer desk", "join", "meeting"),),
    "record": (("Wiki", "edited", "page"), ("Wiki", "author", "page")),
    "help": (("Chat", "answered", "question"), ("Coaching", "coached", "meeting")),
    "curate": (("Bookmarks", "shared", "link"), ("Chat", "shared", "link")),
    "reinforce": (("Quiz", "reviewed", "article"),),
    "course": (
        ("Academy", "completed", "module"),
        ("Academy", "attended", "course"),
        ("Academy", "played", "video"),
    ),
}
#: What somebody goes on to do in the same session, and how likely.
THEN: dict[str, tuple[tuple[str, float], ...]] = {
    "search": (("read", 0.75), ("read", 0.3), ("bookmark", 0.08)),
    "read": (("read", 0.2), ("curate", 0.04)),
    "explore": (("bookmark", 0.1), ("curate", 0.08)),
    "course": (("reinforce", 0.2),),
}
WITH_SOMEBODY = frozenset(("help", "collaborate", "connect", "curate"))
#: Minutes between two things of a session.
PAUSE = (0.5, 6.0)
PAGES = 60
ANSWERED, ANSWERED_TWICE = 0.84, 0.2
#: Everybody is off; somebody is on call.
AT_NIGHT, AT_NOON = 3.0, 22.0


def sessions(organisation: Organisation, day: date) -> Iterator[Event]:
    """What everybody does by themselves on a working day of theirs."""
    chance = organisation.chance("sessions", day)
    people = organisation.at_work(day)
    for person in people:
        mood = max(0.15, organisation.mood(person.team(day), day))
        for n in range(poisson(chance, person.rate * mood * busyness(person.zone, day))):
            at = working_moment(chance, person.zone, day)
            name = f"{day}/{person.id}/{n}"
            yield from _session(organisation, chance, person, people, at, name)


def questions(organisation: Organisation, day: date) -> Iterator[Event]:
    """The questions of a day, with their answers whenever these come."""
    chance = organisation.chance("questions", day)
    people = organisation.at_work(day)
    for person in people:
        keen = person.asks * (1 + 2.5 * person.newness(day)) * busyness(person.zone, day)
        for n in range(poisson(chance, keen * max(0.3, organisation.mood(person.team(day), day)))):
            at = working_moment(chance, person.zone, day)
            name = f"{day}/{person.id}/asked/{n}"
            yield from _question(organisation, chance, person, people, at, name)


def pulse(organisation: Organisation, minute: datetime) -> list[Event]:
    """A few events of one minute beside the day's own, so that real time is worth watching.

    About three a minute while everybody is off, and more than twenty while all are at work; they
    are not part of history, or it would be a hundred times as long.
    """
    chance = organisation.chance("pulse", f"{minute:%Y-%m-%dT%H:%M}")
    people = organisation.at_work(minute.date())
    there = awake(people, minute)
    share = len(there) / len(people)
    found = []
    for n in range(1 + poisson(chance, AT_NIGHT - 1 + (AT_NOON - AT_NIGHT) * share)):
        at = minute + timedelta(seconds=chance.uniform(0, 60))
        person = chance.choice(there if len(there) > 5 else people)
        behaviour = _behaviour(chance, person, at.date())
        name = f"pulse/{minute:%Y%m%d%H%M}/{n}"
        topic = chance.choice(TOPICS)
        found.append(
            Event(at, "", _does(organisation, chance, person, people, at, name, behaviour, topic))
        )
    return sorted(found, key=lambda event: event.at)


def _behaviour(chance: random.Random, person: Person, day: date) -> str:
    names, upto = _habits(person.habits, person.newness(day))
    return chance.choices(names, cum_weights=upto)[0]


@lru_cache(maxsize=1024)
def _habits(
    habits: tuple[tuple[str, float], ...], new: float
) -> tuple[tuple[str, ...], tuple[float, ...]]:
    """What somebody does who is so new, and how often: each weight on top of those before it."""
    weights = dict(habits)
    weights["course"] *= 1 + 3 * new
    weights["locate"] *= 1 + 2 * new
    for name in ("help", "record", "curate"):
        weights[name] *= 1 - 0.8 * new
    return tuple(weights), tuple(accumulate(weights.values()))


def _session(
    organisation: Organisation,
    chance: random.Random,
    person: Person,
    people: Sequence[Person],
    at: datetime,
    name: str,
) -> Iterator[Event]:
    first, topic = _behaviour(chance, person, at.date()), chance.choice(TOPICS)
    rest = [then for then, likely in THEN.get(first, ()) if chance.random() < likely]
    for n, behaviour in enumerate((first, *rest)):
        of = f"{name}/{n}"
        yield Event(at, "", _does(organisation, chance, person, people, at, of, behaviour, topic))
        at += timedelta(minutes=chance.uniform(*PAUSE))


def _question(
    organisation: Organisation,
    chance: random.Random,
    asker: Person,
    people: Sequence[Person],
    at: datetime,
    name: str,
) -> Iterator[Event]:
    day, topic = at.date(), chance.choice(TOPICS)
    thing = f"{HOME}/chat/questions/{name.replace('/asked/', '-').replace('/', '-')}"
    helper = somebody(organisation, chance, asker, people, day)
    yield Event(
        at, "", _says(organisation, chance, asker, at, name, "ask", 0, thing, topic, helper)
    )
    if chance.random() > ANSWERED:
        return
    learning = organisation.mood(asker.team(day), day - LAG) - 1
    for n in range(1 + (chance.random() < ANSWERED_TWICE)):
        who = helper if n == 0 else somebody(organisation, chance, asker, people, day)
        at += timedelta(hours=math.exp(chance.gauss(-0.6, 1.0) - 0.3 * learning))
        at = when_at_work(chance, who.zone, at)
        of = f"{name}/answer/{n}"
        yield Event(
            at, "", _says(organisation, chance, who, at, of, "help", 0, thing, topic, asker)
        )


def _does(
    organisation: Organisation,
    chance: random.Random,
    person: Person,
    people: Sequence[Person],
    at: datetime,
    name: str,
    behaviour: str,
    topic: str,
) -> dict[str, Any]:
    way = chance.randrange(len(WAYS[behaviour]))
    tool = WAYS[behaviour][way][0]
    place = f"{tool}/{topic}/{chance.randrange(PAGES)}".lower().replace(" ", "-")
    other = None
    if behaviour in WITH_SOMEBODY:
        other = somebody(organisation, chance, person, people, at.date())
    return _says(
        organisation, chance, person, at, name, behaviour, way, f"{HOME}/{place}", topic, other
    )


def _says(
    organisation: Organisation,
    chance: random.Random,
    person: Person,
    at: datetime,
    name: str,
    behaviour: str,
    way: int,
    thing: str,
    topic: str,
    other: Person | None,
) -> dict[str, Any]:
    tool, verb, kind = WAYS[behaviour][way]
    extensions: dict[str, Any] = {vocabulary.TOPIC: topic}
    if other is not None:
        extensions[vocabulary.COUNTERPART] = account(other)
    context: dict[str, Any] = {"platform": tool, "extensions": extensions}
    if chance.random() < 0.7:  # the others are classified by verb and type alone
        category = {
            "id": vocabulary.category_iri(behaviour),
            "definition": {"type": vocabulary.BEHAVIOUR_TYPE},
        }
        context["contextActivities"] = {"category": [category]}
    return {
        "id": str(statement_id("demo", f"{organisation.name}/{name}")),
        "actor": account(person),
        "verb": {"id": vocabulary.VERBS[verb], "display": {"en": verb}},
        "object": {
            "objectType": "Activity",
            "id": thing,
            "definition": {"type": vocabulary.ACTIVITY_TYPES[kind], "name": {"en": topic}},
        },
        "context": context,
        "timestamp": stamp(at),
    }


def account(person: Person) -> dict[str, Any]:
    """How every tool but the forge knows a person."""
    return {"objectType": "Agent", "account": {"homePage": HOME, "name": person.login}}
