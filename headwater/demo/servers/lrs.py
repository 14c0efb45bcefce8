"""The academy's own LRS: GET /statements.

https://github.com/adlnet/xAPI-Spec/blob/master/xAPI-Communication.md#213-get-statements
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from headwater.demo import accounts
from headwater.demo.acts import Act
from headwater.demo.event import stamp
from headwater.demo.held import Held
from xapi import vocabulary
from xapi.ids import statement_id

#: What a page holds at most.
PAGE = 50
#: Verb and activity type, and up to which draw an act is of them.
DONE = (
    ("completed", "module", 0.4),
    ("played", "video", 0.7),
    ("reviewed", "article", 1.0),
)
AUTHORITY = {
    "objectType": "Agent",
    "account": {"homePage": f"{accounts.site('lrs')}/keys", "name": "academy"},
}


def routes(held: Held) -> Sequence[Route]:
    """The Statement Resource, as far as it is read."""

    async def statements(request: Request) -> Response:
        asked = request.query_params
        now = held.now
        since, until = _moment(asked.get("since")), _moment(asked.get("until")) or now
        some = [act for act in held.acts() if (not since or act.at > since) and act.at <= until]
        if asked.get("ascending") != "true":
            some.reverse()
        begin = int(asked.get("from", 0))
        end = begin + min(PAGE, int(asked.get("limit") or PAGE))
        more = ""
        if end < len(some):
            query = request.url.include_query_params(**{"from": end, "until": stamp(until)}).query
            more = f"/xapi/statements?{query}"
        of = held.organisation.name if held.organisation else ""
        made = [_statement(of, act) for act in some[begin:end]]
        return JSONResponse(
            {"statements": made, "more": more},
            headers={"X-Experience-API-Consistent-Through": stamp(now)},
        )

    return [Route("/xapi/statements", statements)]


def _statement(of: str, act: Act) -> dict[str, Any]:
    verb, kind, _ = next(each for each in DONE if act.draw <= each[2])
    return {
        "id": str(statement_id("demo", f"{of}/academy/{act.number}")),
        "actor": {
            "objectType": "Agent",
            "account": {"homePage": accounts.HOME, "name": act.who.login},
        },
        "verb": {"id": vocabulary.VERBS[verb], "display": {"en": verb}},
        "object": {
            "objectType": "Activity",
            "id": f"{accounts.site('lrs')}/{kind}/{act.topic.replace(' ', '-')}",
            "definition": {"type": vocabulary.ACTIVITY_TYPES[kind], "name": {"en": act.topic}},
        },
        "context": {"platform": "Academy", "extensions": {vocabulary.TOPIC: act.topic}},
        "timestamp": stamp(act.at),
        "stored": stamp(act.at),
        "authority": AUTHORITY,
        "version": "1.0.0",
    }


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
