"""MediaWiki's recent changes: https://www.mediawiki.org/wiki/API:RecentChanges."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from headwater.demo import accounts
from headwater.demo.acts import Act
from headwater.demo.event import TOPICS
from headwater.demo.held import Held

#: What a page holds at most.
PAGE = 50
#: Up to which draw an act is which; the others talk about a page.
WRITTEN, EDITED = 0.2, 0.8


def routes(held: Held) -> Sequence[Route]:
    """`api.php`, for the one list that is asked for."""

    async def api(request: Request) -> Response:
        asked = request.query_params
        if asked.get("list") != "recentchanges":
            error = {"code": "badvalue", "info": "Unrecognized value for parameter."}
            return JSONResponse({"error": error})
        since = asked.get("rccontinue", "").partition("|")[0] or asked.get("rcstart", "")
        later = [act for act in held.acts() if not since or _time(act.at) >= since]
        return JSONResponse(_page(later, int(asked.get("rccontinue", "0|0").partition("|")[2])))

    return [Route("/w/api.php", api)]


def _page(later: Sequence[Act], after: int) -> dict[str, Any]:
    """The changes from a time on; of that very second those from a number on."""
    first = _time(later[0].at) if later else ""
    some = [act for act in later if _time(act.at) > first or act.number >= after]
    left = some[PAGE:]
    answer: dict[str, Any] = {"query": {"recentchanges": [_change(act) for act in some[:PAGE]]}}
    if left:
        place = f"{_time(left[0].at)}|{left[0].number}"
        return {"continue": {"rccontinue": place, "continue": "-||"}, **answer}
    return {"batchcomplete": True, **answer}


def _change(act: Act) -> dict[str, Any]:
    talked = act.draw >= EDITED
    new = act.draw < WRITTEN
    return {
        "type": "new" if new else "edit",
        "ns": 1 if talked else 0,
        "title": f"{'Talk:' if talked else ''}{act.topic.capitalize()}",
        "pageid": 2 * TOPICS.index(act.topic) + talked + 1,
        "revid": act.number,
        "old_revid": 0 if new else act.number - 1,
        "rcid": act.number,
        "user": act.who.name,
        "userid": accounts.number(act.who),
        "bot": False,
        "new": new,
        "minor": False,
        "timestamp": _time(act.at),
        "tags": [],
    }


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
