"""linkding's interface, of one person's bookmarks: https://linkding.link/api/#bookmarks."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from headwater.demo.acts import Act
from headwater.demo.event import stamp
from headwater.demo.held import Held

#: What a page holds at most.
PAGE = 100
#: From which draw on a bookmark is shared.
SHARED = 0.7


def routes(held: Held) -> Sequence[Route]:
    """The two lists; nothing is ever archived."""

    async def bookmarks(request: Request) -> Response:
        since = request.query_params.get("modified_since", "")
        changed = [act for act in reversed(held.acts()) if not since or act.at > _moment(since)]
        return _page(request, changed)

    async def archived(request: Request) -> Response:
        return _page(request, [])

    return [
        Route("/api/bookmarks/", bookmarks),
        Route("/api/bookmarks/archived/", archived),
    ]


def _page(request: Request, some: Sequence[Act]) -> Response:
    limit = min(PAGE, int(request.query_params.get("limit", PAGE)))
    begin = int(request.query_params.get("offset", 0))
    end = begin + limit
    following = request.url.include_query_params(limit=limit, offset=end)
    return JSONResponse(
        {
            "count": len(some),
            "next": str(following) if end < len(some) else None,
            "previous": None,
            "results": [_bookmark(act) for act in some[begin:end]],
        }
    )


def _bookmark(act: Act) -> dict[str, Any]:
    return {
        "id": act.number,
        "url": f"https://docs.demo.headwater.invalid/{act.topic.replace(' ', '-')}/{act.number}",
        "title": "Synthetic",
        "description": "",
        "notes": "",
        "is_archived": False,
        "unread": False,
        "shared": act.draw >= SHARED,
        "tag_names": [],
        "date_added": stamp(act.at),
        "date_modified": stamp(act.at),
    }


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
