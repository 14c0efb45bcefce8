"""The organisation's code forge: GitHub's webhooks for issues, reviews, discussions, wiki pages.

Payloads hold, of the documented shape, what names the event, the people, the things and the times.
https://docs.github.com/en/webhooks/webhook-events-and-payloads
"""

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from headwater.demo.event import LONGEST_DAYS, TOPICS, Event, somebody, stamp
from headwater.demo.hours import busyness, poisson, when_at_work, working_moment
from headwater.demo.organisation import FORGE, LAG, Organisation, Person

OWNER = "synthetic-demo"
REPOSITORIES = ("storefront", "ledger", "tracking", "handbook", "apps", "models")
#: How many of each begin on an ordinary day.
ISSUES, REVIEWS, DISCUSSIONS, PAGES = 15, 19, 7, 9
#: Numbers of a day are its own: days since this one, times so many.
EPOCH, A_DAY, A_THING = date(2020, 1, 1), 1000, 10
CLOSED, ANSWERABLE, ANSWERED = 0.85, 0.75, 0.6
COMMENTS = 3


@dataclass(frozen=True, slots=True)
class _Scene:
    """Where, by whom and when something begins, and the number it gets."""

    organisation: Organisation
    chance: random.Random
    people: Sequence[Person]
    day: date
    number: int
    repository: str
    author: Person
    at: datetime

    def other(self) -> Person:
        """Somebody who takes part in it."""
        return somebody(self.organisation, self.chance, self.author, self.people, self.day)

    def after(self, who: Person, at: datetime, least: float, most: float) -> datetime:
        """Some hours later, when `who` is at work."""
        later = at + timedelta(hours=self.chance.uniform(least, most))
        return when_at_work(self.chance, who.zone, later)

    def thing(self, kind: str) -> dict[str, Any]:
        """What issues, pull requests and discussions have in common."""
        return {
            "id": self.number,
            "number": self.number,
            "html_url": f"{_address(self.repository)}/{kind}/{self.number}",
            "title": "Synthetic",
            "user": user(self.author),
            "created_at": _time(self.at),
            "updated_at": _time(self.at),
        }


def threads(organisation: Organisation, day: date) -> Iterator[Event]:
    """Everything that begins at the forge on a day, with what becomes of it on later days."""
    chance = organisation.chance("forge", day)
    people = organisation.at_work(day)
    number = (day - EPOCH).days * A_DAY
    for make, count in (
        (_issue, ISSUES), (_review, REVIEWS), (_discussion, DISCUSSIONS), (_page, PAGES)
    ):  # fmt: skip
        for _ in range(poisson(chance, count)):
            author = chance.choice(people)
            if chance.random() > busyness(author.zone, day):
                continue
            number += A_THING
            at = working_moment(chance, author.zone, day)
            where = chance.choice(REPOSITORIES)
            scene = _Scene(organisation, chance, people, day, number, where, author, at)
            yield from make(scene)


def _issue(scene: _Scene) -> Iterator[Event]:
    issue = {
        **scene.thing("issues"),
        "labels": [{"name": scene.chance.choice(TOPICS)}],
        "state": "open",
        "closed_at": None,
    }
    yield _hook("issues", "opened", scene, scene.author, scene.at, issue=issue)
    helper, at = scene.other(), scene.at
    for turn in range(scene.chance.randint(0, COMMENTS)):
        who = helper if turn % 2 == 0 else scene.author
        at = scene.after(who, at, 0.1, 8)
        yield _comment("issue_comment", scene, who, at, turn, issue=issue)
    learning = scene.organisation.mood(scene.author.team(scene.day), scene.day - LAG) - 1
    hours = 26 * math.exp(scene.chance.gauss(0, 0.9) - 0.4 * learning)
    end = max(at, scene.at + timedelta(hours=hours)) + timedelta(minutes=5)
    end = when_at_work(scene.chance, helper.zone, end)
    if scene.chance.random() < CLOSED and end - scene.at < timedelta(days=LONGEST_DAYS - 1):
        closed = {"state": "closed", "closed_at": _time(end), "updated_at": _time(end)}
        yield _hook("issues", "closed", scene, helper, end, issue=issue | closed)


def _review(scene: _Scene) -> Iterator[Event]:
    reviewer, at = scene.other(), scene.at
    change = {**scene.thing("pull"), "state": "open"}
    at = scene.after(reviewer, at, 0.1, 10)
    for turn in range(scene.chance.randint(0, COMMENTS - 1)):
        yield _comment(
            "pull_request_review_comment", scene, reviewer, at, turn, pull_request=change
        )
        at += timedelta(minutes=scene.chance.uniform(1, 9))
    review = {
        "id": scene.number,
        "user": user(reviewer),
        "state": scene.chance.choice(("approved", "commented", "changes_requested")),
        "submitted_at": _time(at),
    }
    yield _hook(
        "pull_request_review", "submitted", scene, reviewer, at, review=review, pull_request=change
    )


def _discussion(scene: _Scene) -> Iterator[Event]:
    question = scene.chance.random() < ANSWERABLE
    discussion = {
        **scene.thing("discussions"),
        "labels": [{"name": scene.chance.choice(TOPICS)}],
        "category": {"name": "Q&A" if question else "General", "is_answerable": question},
        "answer_chosen_at": None,
    }
    yield _hook("discussion", "created", scene, scene.author, scene.at, discussion=discussion)
    helper, at = scene.other(), scene.at
    turns = scene.chance.randint(0, COMMENTS)
    for turn in range(turns):
        who = helper if turn % 2 == 0 else scene.author
        at = scene.after(who, at, 0.1, 12)
        yield _comment("discussion_comment", scene, who, at, turn, discussion=discussion)
    if question and turns and scene.chance.random() < ANSWERED:
        at = scene.after(scene.author, at, 0.1, 8)
        chosen = {**discussion, "answer_chosen_at": _time(at), "updated_at": _time(at)}
        answer = {"id": scene.number, "user": user(helper)}
        yield _hook(
            "discussion", "answered", scene, scene.author, at, discussion=chosen, answer=answer
        )


def _page(scene: _Scene) -> Iterator[Event]:
    """A wiki page; GitHub gives it no time, so it can be sent only when it happens."""
    name = scene.chance.choice(TOPICS).replace(" ", "-")
    page = {
        "page_name": name,
        "title": name,
        "action": scene.chance.choice(("created", "edited", "edited")),
        "sha": f"{scene.number:040x}",
        "html_url": f"{_address(scene.repository)}/wiki/{name}",
    }
    yield _hook("gollum", "", scene, scene.author, scene.at, pages=[page])


def _comment(
    name: str, scene: _Scene, who: Person, at: datetime, turn: int, **parent: Any
) -> Event:
    comment = {"id": scene.number + turn, "user": user(who), "created_at": _time(at)}
    return _hook(name, "created", scene, who, at, comment=comment, **parent)


def _hook(
    name: str, action: str, scene: _Scene, sender: Person, at: datetime, **payload: Any
) -> Event:
    body: dict[str, Any] = {"action": action} if action else {}
    body |= payload
    body["repository"] = {
        "id": REPOSITORIES.index(scene.repository) + 1,
        "name": scene.repository,
        "full_name": f"{OWNER}/{scene.repository}",
        "html_url": _address(scene.repository),
    }
    body["sender"] = user(sender)
    return Event(at, name, body)


def _address(repository: str) -> str:
    return f"{FORGE}/{OWNER}/{repository}"


def user(person: Person) -> dict[str, Any]:
    """How the forge knows a person."""
    number = int(person.id[1:]) + (0 if person.listed else 1000)
    return {"login": person.login, "id": number, "type": "User"}


def _time(moment: datetime) -> str:
    return stamp(moment, "seconds")
