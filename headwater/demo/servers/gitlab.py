"""GitLab's REST interface, for an administrator who is a member of no project: the user list alone.

https://docs.gitlab.com/api/users/ and https://docs.gitlab.com/api/projects/. What happens in the
projects is delivered. Contractors are external users, whose addresses do not count.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, time
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from headwater.demo import accounts
from headwater.demo.event import stamp
from headwater.demo.held import Held
from headwater.demo.organisation import Person

#: What a page holds at most.
PAGE = 100


def routes(held: Held) -> Sequence[Route]:
    """The users, and the projects that the token is a member of."""

    async def users(request: Request) -> Response:
        people = held.organisation.people if held.organisation else ()
        some = sorted((_user(person) for person in people), key=lambda one: int(one["id"]))
        size = min(PAGE, int(request.query_params.get("per_page", PAGE)))
        page = int(request.query_params.get("page", 1))
        headers = {}
        if page * size < len(some):
            following = request.url.include_query_params(page=page + 1)
            headers["Link"] = f'<{following}>; rel="next"'
        return JSONResponse(some[(page - 1) * size : page * size], headers=headers)

    async def projects(_: Request) -> Response:
        return JSONResponse([])

    return [Route("/api/v4/users", users), Route("/api/v4/projects", projects)]


def _user(person: Person) -> dict[str, Any]:
    return {
        "id": accounts.number(person),
        "username": person.login,
        "name": person.name,
        "state": "active",
        "bot": False,
        "external": not person.listed,
        "email": accounts.address(person),
        "confirmed_at": stamp(datetime.combine(person.start, time(9), UTC)),
    }
