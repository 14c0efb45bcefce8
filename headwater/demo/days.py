"""What happens on a day: a pure function of the organisation and the date.

Statements go to the LRS, as tools that speak xAPI send them; issues, reviews, discussions and wiki
pages are GitHub's webhooks. Threads that last longer than a day are made whole on the day they
start and dealt out to the days on which their parts happen.
"""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any

from headwater.demo.organisation import HOME, Organisation, Person
from xapi import vocabulary
from xapi.ids import statement_id

#: A thread is over after so many days; what is open then stays open.
LONGEST = 21
REPOSITORIES = ("storefront", "ledger", "tracking", "handbook", "apps", "models")
TOPICS = (
    "deployments", "on-call", "refunds", "data contracts", "accessibility", "onboarding",
    "incident reviews", "pricing", "warehouse slots", "release notes", "test data",
    "single sign-on",
)  # fmt: skip
#: Behaviour → (tool, verb, activity type).
WAYS: dict[str, tuple[tuple[str, str, str], ...]] = {
    "search": (("Wiki", "searched", "search-query"), ("Chat", "searched", "search-query")),
    "read": (("Wiki", "viewed", "page"), ("Handbook", "read", "article")),
    "bookmark": (("Bookmarks", "bookmarked", "link"),),
    "explore": (("Bookmarks", "viewed", "link"),),
    "locate": (("People finder", "follow", "page"),),
    "ask": (("Chat", "asked", "question"),),
    "collaborate": (("Chat", "commented", "task"),),
    "connect": (("Customer desk", "join", "meeting"),),
    "record": (("Wiki", "edited", "page"), ("Wiki", "author", "page")),
    "help": (("Chat", "answered", "question"),),
    "curate": (("Bookmarks", "shared", "link"),),
    "reinforce": (("Quiz", "reviewed", "article"),),
    "course": (("Academy", "completed", "module"), ("Academy", "attended", "course")),
}
WITH_SOMEBODY = frozenset(("ask", "help", "collaborate", "connect", "curate"))


@dataclass(frozen=True)
class Event:
    """Something that happened: a statement, or a webhook's event name with its payload."""

    at: datetime
    hook: str
    body: dict[str, Any]


@lru_cache(maxsize=4)
def events(organisation: Organisation, day: date) -> tuple[Event, ...]:
    """Everything of a day, in order of time."""
    found = list(_statements(organisation, day))
    for back in range(LONGEST + 1):
        found += [
            e for e in _threads(organisation, day - timedelta(days=back)) if e.at.date() == day
        ]
    return tuple(sorted(found, key=lambda event: event.at))


def pulse(organisation: Organisation, minute: datetime) -> list[Event]:
    """A few events of one minute at any hour, so that a living organisation never falls silent."""
    chance = random.Random(f"{organisation.seed}/pulse/{minute:%Y%m%d%H%M}")
    people = list(organisation.at_work(minute.date()))
    busy = 9 if _is_working(minute) else 4
    found = []
    for number in range(chance.randint(2, busy)):
        at = minute + timedelta(seconds=chance.uniform(0, 60))
        person = chance.choice(people)
        name = f"pulse/{minute:%Y%m%d%H%M}/{number}"
        found.append(Event(at, "", _statement(organisation, chance, person, people, at, name)))
    return sorted(found, key=lambda event: event.at)


def is_workday(day: date) -> bool:
    """Monday to Friday, but for a few days on which everything is closed."""
    closed = {(12, 24), (12, 25), (12, 26), (12, 31), (1, 1), (5, 1)}
    return day.weekday() < 5 and (day.month, day.day) not in closed


def _is_working(moment: datetime) -> bool:
    return is_workday(moment.date()) and 7 <= moment.hour < 18


def _statements(organisation: Organisation, day: date) -> Iterator[Event]:
    chance = random.Random(f"{organisation.seed}/{day}")
    people = list(organisation.at_work(day))
    for person in people:
        mood = organisation.mood(person.team(day), day) if person.listed else 1.0
        share = 1.0 if is_workday(day) else 0.04
        count = _poisson(chance, person.rate * max(0.15, mood) * share)
        for number in range(count):
            at = _moment(chance, day)
            name = f"{day}/{person.id}/{number}"
            yield Event(at, "", _statement(organisation, chance, person, people, at, name))


def _statement(
    organisation: Organisation,
    chance: random.Random,
    person: Person,
    people: list[Person],
    at: datetime,
    name: str,
) -> dict[str, Any]:
    weights = dict(person.habits)
    if person.is_new(at.date()):
        weights = {**weights, "ask": weights["ask"] * 3, "course": weights["course"] * 3}
        weights["help"] *= 0.3
    behaviour = chance.choices(list(weights), list(weights.values()))[0]
    tool, verb, kind = chance.choice(WAYS[behaviour])
    topic = chance.choice(TOPICS)
    page = (
        f"{HOME}/{tool.lower().replace(' ', '-')}/{topic.replace(' ', '-')}/{chance.randrange(60)}"
    )
    extensions: dict[str, Any] = {vocabulary.TOPIC: topic}
    if behaviour in WITH_SOMEBODY:
        extensions[vocabulary.COUNTERPART] = _account(_somebody(chance, person, people, at))
    statement: dict[str, Any] = {
        "id": str(statement_id("demo", f"{organisation.seed}/{name}")),
        "actor": _account(person),
        "verb": {"id": vocabulary.VERBS[verb], "display": {"en": verb}},
        "object": {
            "objectType": "Activity",
            "id": page,
            "definition": {"type": vocabulary.ACTIVITY_TYPES[kind]},
        },
        "context": {"platform": tool, "extensions": extensions},
        "timestamp": _text(at),
    }
    if chance.random() < 0.7:  # the others are classified by verb and type alone
        category = {
            "id": vocabulary.category_iri(behaviour),
            "definition": {"type": vocabulary.BEHAVIOUR_TYPE},
        }
        statement["context"]["contextActivities"] = {"category": [category]}
    return statement


def _somebody(chance: random.Random, person: Person, people: list[Person], at: datetime) -> Person:
    """A colleague: two times in three of the same team, and rather one who likes to help."""
    team = person.team(at.date())
    near = [p for p in people if p.team(at.date()) == team and p is not person]
    choice = near if near and chance.random() < 0.67 else [p for p in people if p is not person]
    return chance.choices(choice, [dict(p.habits)["help"] for p in choice])[0]


def _account(person: Person) -> dict[str, Any]:
    return {"objectType": "Agent", "account": {"homePage": HOME, "name": person.login}}


def _poisson(chance: random.Random, mean: float) -> int:
    limit, count, product = math.exp(-mean), 0, chance.random()
    while product > limit:
        count += 1
        product *= chance.random()
    return count


def _moment(chance: random.Random, day: date) -> datetime:
    """A moment of a working day: most before noon and in the early afternoon."""
    hour = chance.choices(range(6, 20), (1, 3, 8, 11, 12, 10, 5, 9, 11, 10, 8, 4, 2, 1))[0]
    seconds = chance.uniform(0, 3600)
    return datetime.combine(day, time(hour), UTC) + timedelta(seconds=seconds)


def _text(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


@lru_cache(maxsize=LONGEST + 3)
def _threads(organisation: Organisation, day: date) -> tuple[Event, ...]:
    """Every event of the threads that start on a day, later days included."""
    if not is_workday(day):
        return ()
    chance = random.Random(f"{organisation.seed}/threads/{day}")
    people = list(organisation.at_work(day))
    number = day.toordinal() * 1000
    found: list[Event] = []
    for make, count in ((_issue, 14), (_review, 18), (_discussion, 7), (_wiki, 9)):
        for _ in range(count):
            number += 10
            found += make(organisation, chance, people, day, number)
    return tuple(found)


def _issue(
    organisation: Organisation,
    chance: random.Random,
    people: list[Person],
    day: date,
    number: int,
) -> Iterator[Event]:
    repository, author = chance.choice(REPOSITORIES), chance.choice(people)
    opened = _moment(chance, day)
    issue = {
        "id": number,
        "number": number % 100_000,
        "html_url": f"{_page(repository)}/issues/{number % 100_000}",
        "user": _user(author),
        "labels": [{"name": chance.choice(TOPICS)}],
        "created_at": _seconds(opened),
        "updated_at": _seconds(opened),
        "closed_at": None,
    }
    yield _hook("issues", "opened", repository, author, opened, issue=issue)
    helper = _somebody(chance, author, people, opened)
    commented = opened + timedelta(hours=chance.uniform(0.2, 20))
    for turn in range(chance.randint(0, 3)):
        who = helper if turn % 2 == 0 else author
        yield _comment(repository, who, commented, number + turn, "issue_comment", issue=issue)
        commented += timedelta(hours=chance.uniform(0.1, 6))
    learning = organisation.mood(author.team(day), day - timedelta(days=14))
    hours = 40 * math.exp(chance.gauss(0, 0.9) - 0.4 * (learning - 1))
    closed = max(commented, opened + timedelta(hours=hours))
    if chance.random() < 0.85 and closed - opened < timedelta(days=LONGEST - 1):
        ended = {**issue, "closed_at": _seconds(closed), "updated_at": _seconds(closed)}
        yield _hook("issues", "closed", repository, helper, closed, issue=ended)


def _review(
    organisation: Organisation,
    chance: random.Random,
    people: list[Person],
    day: date,
    number: int,
) -> Iterator[Event]:
    repository, author = chance.choice(REPOSITORIES), chance.choice(people)
    reviewer = _somebody(chance, author, people, _moment(chance, day))
    at = _moment(chance, day)
    change = {
        "id": number,
        "number": number % 100_000,
        "html_url": f"{_page(repository)}/pull/{number % 100_000}",
        "user": _user(author),
    }
    for turn in range(chance.randint(0, 2)):
        name = "pull_request_review_comment"
        yield _comment(repository, reviewer, at, number + turn, name, pull_request=change)
        at += timedelta(minutes=chance.uniform(1, 9))
    review = {
        "id": number,
        "user": _user(reviewer),
        "state": chance.choice(("approved", "commented", "changes_requested")),
        "submitted_at": _seconds(at),
    }
    yield _hook(
        "pull_request_review", "submitted", repository, reviewer, at,
        review=review, pull_request=change,
    )  # fmt: skip


def _discussion(
    organisation: Organisation,
    chance: random.Random,
    people: list[Person],
    day: date,
    number: int,
) -> Iterator[Event]:
    repository, author = chance.choice(REPOSITORIES), chance.choice(people)
    at = _moment(chance, day)
    question = chance.random() < 0.75
    discussion = {
        "id": number,
        "number": number % 100_000,
        "html_url": f"{_page(repository)}/discussions/{number % 100_000}",
        "user": _user(author),
        "category": {"is_answerable": question},
        "answer_chosen_at": None,
        "created_at": _seconds(at),
    }
    yield _hook("discussion", "created", repository, author, at, discussion=discussion)
    helper = _somebody(chance, author, people, at)
    for turn in range(chance.randint(0, 3)):
        at += timedelta(hours=chance.uniform(0.1, 12))
        who = helper if turn % 2 == 0 else author
        yield _comment(
            repository, who, at, number + turn, "discussion_comment", discussion=discussion
        )
    if question and chance.random() < 0.6:
        at += timedelta(hours=chance.uniform(0.1, 8))
        chosen = {**discussion, "answer_chosen_at": _seconds(at)}
        answer = {"id": number, "user": _user(helper)}
        yield _hook(
            "discussion", "answered", repository, author, at, discussion=chosen, answer=answer
        )


def _wiki(
    organisation: Organisation,
    chance: random.Random,
    people: list[Person],
    day: date,
    number: int,
) -> Iterator[Event]:
    """A wiki page; GitHub gives it no time, so it is sent for today only (see `life`)."""
    repository, author = chance.choice(REPOSITORIES), chance.choice(people)
    name = chance.choice(TOPICS).replace(" ", "-")
    page = {
        "page_name": name,
        "action": chance.choice(("created", "edited", "edited")),
        "sha": f"{number:040x}",
        "html_url": f"{_page(repository)}/wiki/{name}",
    }
    yield _hook("gollum", "", repository, author, _moment(chance, day), pages=[page])


def _comment(
    repository: str, who: Person, at: datetime, number: int, name: str, **parent: Any
) -> Event:
    comment = {"id": number, "user": _user(who), "created_at": _seconds(at)}
    return _hook(name, "created", repository, who, at, comment=comment, **parent)


def _hook(
    name: str, action: str, repository: str, sender: Person, at: datetime, **payload: Any
) -> Event:
    body: dict[str, Any] = {"action": action} if action else {}
    body |= payload
    body["repository"] = {
        "id": REPOSITORIES.index(repository) + 1,
        "name": repository,
        "full_name": f"synthetic-demo/{repository}",
        "html_url": _page(repository),
    }
    body["sender"] = _user(sender)
    return Event(at, name, body)


def _page(repository: str) -> str:
    return f"https://github.com/synthetic-demo/{repository}"


def _user(person: Person) -> dict[str, Any]:
    number = int(person.id[1:]) + (1000 if not person.listed else 0)
    return {"login": person.login, "id": number, "type": "User"}


def _seconds(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
