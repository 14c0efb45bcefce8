"""MediaWiki asked: recent changes, oldest first.

https://www.mediawiki.org/wiki/API:RecentChanges and https://www.mediawiki.org/wiki/API:Continue.
Neither summaries nor contents are asked for. A wiki keeps its recent changes for 90 days, unless it
is set otherwise.
"""

from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from producers.connector import Client, Found, No, Page, Poll, Reply, Then
from producers.polling.marks import Marks

#: Between two rounds, in seconds.
EVERY = 120.0
#: What a page holds at most, for an account that may not ask for more.
PAGE = 500
#: How long before the newest change reading begins again: a change may be written down late.
LATE = timedelta(minutes=2)
#: What the wiki says when the same again may succeed.
LATER = frozenset({"maxlag", "ratelimited", "readonly", "internal_api_error_DBQueryError"})
ASKED: Mapping[str, str | int] = {
    "action": "query",
    "format": "json",
    "formatversion": 2,
    "list": "recentchanges",
    "rcprop": "ids|title|user|userid|timestamp|flags|tags|loginfo",
    "rcdir": "newer",
    "rclimit": PAGE,
    "maxlag": 5,
}


async def changes(client: Client, options: Any, cursor: str) -> AsyncIterator[Page]:
    """What was written, edited and talked about."""
    marks = Marks(cursor)
    begin = _written(datetime.now(UTC) - timedelta(days=options.history_days))
    since = marks.of("changes", begin)
    async for reply in client.pages("api.php", _next, **ASKED, rcstart=since):
        some = reply.content["query"]["recentchanges"]
        for each in some:
            marks.read("changes", _mark(each["timestamp"]))
        yield Page([Found(_kind(each, options), each) for each in some], marks.cursor)


def _kind(change: Mapping[str, Any], options: Any) -> str:
    """The kind of a change; `elsewhere` in namespaces that are not read."""
    kind = str(change["type"])
    if kind == "log":
        return f"log.{change.get('logtype') or 'hidden'}"
    if kind not in ("new", "edit"):
        return kind
    of = change["ns"] - change["ns"] % 2
    if change["title"] in options.help_pages:
        return f"help.{kind}"
    if of not in options.namespaces and change["ns"] != 3:
        return "elsewhere"
    return f"talk.{kind}" if change["ns"] % 2 else kind


def _next(reply: Reply) -> Mapping[str, str | int]:
    return dict(reply.content.get("continue") or {})


def _denied(content: Any) -> No | None:
    if not isinstance(content, dict) or not isinstance(content.get("error"), dict):
        return None
    error = content["error"]
    code = str(error.get("code") or "")
    then = Then.LATER if code in LATER else Then.STOP
    return No(f"{code}: {error.get('info') or ''}", then, code)


def _mark(timestamp: str) -> str:
    return _written(datetime.fromisoformat(timestamp) - LATE)


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


poll = Poll(
    streams={"changes": changes},
    every=EVERY,
    address=lambda options: f"{options.site.rstrip('/')}/",
    denied=_denied,
)
