"""Discourse's webhooks of posts, likes and solutions.

https://meta.discourse.org/t/configure-webhooks-that-trigger-on-discourse-events-to-integrate-with-external-services/49045
"""

from typing import Any

from headwater.demo import accounts
from headwater.demo.acts import Act
from headwater.demo.event import Event, stamp
from headwater.demo.organisation import Person

#: Up to which draw an act is which.
ASKED, WRITTEN, ANSWERED, SOLVED = 0.3, 0.45, 0.75, 0.85


def delivery(act: Act) -> Event:
    """A topic that asks or tells, an answer, a solution, or thanks for a post."""
    if act.draw < WRITTEN:
        return _hook(act, "post_created", "post", {"post": _post(act, act.who, first=True)})
    if act.draw < ANSWERED:
        return _hook(act, "post_created", "post", {"post": _post(act, act.who)})
    if act.draw < SOLVED:
        return _hook(act, "accepted_solution", "solved", {"solved": _post(act, act.who)})
    liked = {"post": _post(act, act.other, to=act.who), "user": _user(act.who)}
    return _hook(act, "post_liked", "like", {"like": liked})


def _hook(act: Act, name: str, kind: str, body: dict[str, Any]) -> Event:
    headers = {
        "X-Discourse-Instance": accounts.site("discourse"),
        "X-Discourse-Event-Id": str(act.number),
        "X-Discourse-Event-Type": kind,
        "X-Discourse-Event": name,
    }
    return Event(act.at, name, body, "discourse", headers)


def _post(
    act: Act, author: Person, *, first: bool = False, to: Person | None = None
) -> dict[str, Any]:
    tells = ASKED <= act.draw < WRITTEN
    said = f"The way we do {act.topic}, step by step." if tells else f"How do we do {act.topic}?"
    return {
        "id": act.number,
        "username": author.login,
        "created_at": stamp(act.at),
        "updated_at": stamp(act.at),
        "post_number": 1 if first else 2,
        "post_type": 1,
        "topic_id": act.number,
        "topic_slug": "synthetic",
        "topic_title": said,
        "category_id": 7 if tells else 5,
        "raw": said if first else "It stands in the handbook; I can show you.",
        "user_id": accounts.number(author),
        "hidden": False,
        "deleted_at": None,
        "user_deleted": False,
        "topic_archetype": "regular",
        "category_slug": "handbook" if tells else "help",
        **({} if first else {"reply_to_user": _named(to or act.other)}),
    }


def _user(person: Person) -> dict[str, Any]:
    return {"id": accounts.number(person), **_named(person)}


def _named(person: Person) -> dict[str, Any]:
    return {"username": person.login, "name": ""}
