"""Slack's Web API, for an app that is in every channel: https://docs.slack.dev/reference/methods.

What is delivered stands in the channels, and the questions that are answered, from when they were
asked. Guests of the organisation have no address that counts.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from headwater.demo import accounts
from headwater.demo.acts import BEFORE, Act
from headwater.demo.connections import CHANNELS
from headwater.demo.deliveries.slack import ANSWERED, ASKED, TEAM, question, written
from headwater.demo.held import Held
from headwater.demo.organisation import Organisation, Person

#: What a page holds at most.
PAGE = 200
US = {"ok": True, "team_id": TEAM, "user_id": "U0LISTENER", "bot_id": "B0LISTENER"}
Json = dict[str, Any]


def routes(held: Held) -> Sequence[Route]:
    """The methods that the poller asks."""

    async def method(request: Request) -> Response:
        return JSONResponse(_answer(held, request.path_params["method"], request.query_params))

    return [Route("/api/{method}", method)]


def _answer(held: Held, method: str, asked: QueryParams) -> Json:
    match method:
        case "auth.test":
            return US
        case "users.list":
            return _page("members", [_user(one) for one in _people(held.organisation)], asked)
        case "conversations.list":
            return _page("channels", [_channel(one) for one in CHANNELS], asked)
        case "conversations.history":
            roots = [one for one in _messages(held) if not one.get("parent_user_id")]
            return _page("messages", _between(roots, asked), asked)
        case "conversations.replies":
            return _thread(held, asked)
        case "pins.list":
            return {"ok": True, "items": []}
        case "files.list":
            return {"ok": True, "files": [], "paging": {"page": 1, "pages": 1}}
    return {"ok": False, "error": "unknown_method"}


def _people(organisation: Organisation | None) -> Sequence[Person]:
    return organisation.people if organisation else ()


def _user(person: Person) -> Json:
    return {
        "id": accounts.name("slack", person),
        "team_id": TEAM,
        "name": person.login,
        "deleted": False,
        "is_bot": False,
        "is_restricted": not person.listed,
        "is_email_confirmed": True,
        "profile": {"email": accounts.address(person)},
    }


def _channel(identifier: str) -> Json:
    return {"id": identifier, "is_private": False, "is_member": True, "is_ext_shared": False}


def _messages(held: Held) -> Iterator[Json]:
    """All that stands in the channels, in no order."""
    for act in held.acts():
        yield written(act)
        if _answers(act):
            yield {**question(act), "reply_count": 1, "latest_reply": written(act)["ts"]}
    for act in held.coming(BEFORE):
        if _answers(act) and act.before <= held.now:
            yield question(act)


def _answers(act: Act) -> bool:
    return ASKED <= act.draw < ANSWERED


def _thread(held: Held, asked: QueryParams) -> Json:
    """A message with the replies that it has by now."""
    some = [one for one in _messages(held) if one.get("thread_ts", one["ts"]) == asked["ts"]]
    roots = [one for one in some if one["ts"] == asked["ts"]]
    if not roots:
        return {"ok": False, "error": "thread_not_found"}
    replies = _between([one for one in some if one["ts"] != asked["ts"]], asked)
    page = _page("messages", replies[::-1], asked)
    return {**page, "messages": [*roots, *page["messages"]]}


def _between(some: Sequence[Json], asked: QueryParams) -> list[Json]:
    """Messages of a channel between two times that do not count themselves, newest first."""
    channel, oldest, latest = asked["channel"], asked.get("oldest", ""), asked.get("latest", "9")
    found = [one for one in some if one["channel"] == channel and oldest < one["ts"] < latest]
    return sorted(found, key=lambda one: str(one["ts"]), reverse=True)


def _page(name: str, found: Sequence[Json], asked: QueryParams) -> Json:
    begin = int(asked.get("cursor") or 0)
    end = begin + min(PAGE, int(asked.get("limit", PAGE)))
    following = {"next_cursor": str(end) if end < len(found) else ""}
    return {"ok": True, name: found[begin:end], "response_metadata": following}
