"""Hypothesis's interface: https://h.readthedocs.io/en/latest/api-reference/v1/."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from headwater.demo import accounts
from headwater.demo.acts import Act
from headwater.demo.connections import GROUP
from headwater.demo.held import Held
from headwater.demo.organisation import Person
from xapi import synthetic

#: Up to which draw an act is which; the others answer what a colleague asked.
NOTED, ASKED = 0.5, 0.7
AUTHORITY = f"hypothesis.{synthetic.HOST}"


def routes(held: Held) -> Sequence[Route]:
    """The search, and single annotations: what is answered."""

    async def search(request: Request) -> Response:
        asked = request.query_params
        rows = [_annotation(act) for act in held.acts()]
        after = asked.get("search_after", "")
        later = [row for row in rows if not after or row["updated"] > after]
        some = later[: int(asked.get("limit", 20))] if asked.get("group") == GROUP else []
        return JSONResponse({"total": len(rows), "rows": some})

    async def one(request: Request) -> Response:
        wanted = request.path_params["id"]
        for act in held.acts():
            if wanted == _asked_before(act):
                return JSONResponse(_question(act))
        return JSONResponse({"status": "failure", "reason": "no annotation"}, status_code=404)

    return [Route("/api/search", search), Route("/api/annotations/{id}", one)]


def _annotation(act: Act) -> dict[str, Any]:
    # Two of one second are told apart by their microseconds.
    at = act.at + timedelta(microseconds=act.number % 10)
    if act.draw < NOTED:
        return _row(act, f"A{act.number}", act.who, at, "This part is worth a second look.")
    if act.draw < ASKED:
        return _row(act, f"A{act.number}", act.who, at, f"Why do we do {act.topic} so?")
    row = _row(act, f"A{act.number}", act.who, at, "Since the last review; the page says why.")
    return {**row, "references": [_asked_before(act)]}


def _question(act: Act) -> dict[str, Any]:
    text = f"Why do we do {act.topic} so?"
    return _row(act, _asked_before(act), act.other, act.before, text)


def _asked_before(act: Act) -> str:
    return f"Q{act.number}"


def _row(act: Act, identifier: str, who: Person, at: datetime, text: str) -> dict[str, Any]:
    user = f"acct:{who.login}@{AUTHORITY}"
    moment = at.isoformat(timespec="microseconds")
    page = f"https://docs.{synthetic.HOST}/{act.topic.replace(' ', '-')}"
    return {
        "id": identifier,
        "created": moment,
        "updated": moment,
        "user": user,
        "uri": page,
        "text": text,
        "tags": [],
        "group": GROUP,
        "permissions": {
            "read": [f"group:{GROUP}"],
            "admin": [user],
            "update": [user],
            "delete": [user],
        },
        "target": [{"source": page}],
        "links": {"html": f"{accounts.site('hypothesis')}/a/{identifier}"},
        "flagged": False,
        "hidden": False,
    }
