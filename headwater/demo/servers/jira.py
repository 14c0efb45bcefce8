"""Jira's REST interface, of a Data Center: the search by last change.

https://docs.atlassian.com/software/jira/docs/api/REST/latest/
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from headwater.demo.acts import Act
from headwater.demo.deliveries.jira import STATUS, comment, issue
from headwater.demo.held import Held

#: What a page holds at most.
PAGE = 50
_SINCE = re.compile(r"updated >= (\d+)")


def routes(held: Held) -> Sequence[Route]:
    """The search, and the statuses that there are."""

    async def search(request: Request) -> Response:
        asked = request.query_params
        found = _SINCE.search(asked.get("jql", ""))
        since = datetime.fromtimestamp(int(found[1]) / 1000 if found else 0, UTC)
        changed = [act for act in held.acts() if act.at >= since]
        begin = int(asked.get("startAt", 0))
        end = begin + min(PAGE, int(asked.get("maxResults", PAGE)))
        some = [_found(act) for act in changed[begin:end]]
        told = {"startAt": begin, "maxResults": end - begin, "total": len(changed)}
        return JSONResponse({**told, "issues": some})

    async def statuses(_: Request) -> Response:
        return JSONResponse([STATUS])

    return [Route("/rest/api/2/search", search), Route("/rest/api/2/status", statuses)]


def _found(act: Act) -> dict[str, Any]:
    """An issue as a search tells it: with what was said under it, and its history."""
    told, said = issue(act), comment(act)
    comments = [said] if said else []
    inside = {"comments": comments, "total": len(comments), "startAt": 0}
    logged = {"worklogs": [], "total": 0, "startAt": 0}
    fields = {**told["fields"], "comment": inside, "worklog": logged}
    history = {"histories": [], "total": 0, "startAt": 0}
    return {**told, "fields": fields, "changelog": history}
