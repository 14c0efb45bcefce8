"""Hypothesis asked: the annotations of the named groups, in the order of their changes.

https://h.readthedocs.io/en/latest/api-reference/v1/#tag/annotations/paths/~1search/get. A page goes
on after the last change that was read (`search_after`), so nothing is left out while others write.
"""

from collections.abc import AsyncIterator, Mapping
from typing import Any

from producers.connector import Client, Found, Page, Poll, Reply
from producers.polling.errors import Refused
from producers.polling.marks import Marks

#: Between two rounds, in seconds.
EVERY = 300.0
#: What a page holds at most.
PAGE = 200


async def annotations(client: Client, options: Any, cursor: str) -> AsyncIterator[Page]:
    """Annotations and replies that were made or changed, as they are now."""
    marks = Marks(cursor)
    for group in options.groups:
        since = marks.of(group, "")
        asked: dict[str, str | int] = {
            "group": group,
            "sort": "updated",
            "order": "asc",
            "limit": PAGE,
            **({"search_after": since} if since else {}),
        }
        async for reply in client.pages("search", _next, **asked):
            rows = reply.content["rows"]
            if not rows:
                continue
            found = [await _found(client, each) for each in rows]
            marks.read(group, rows[-1]["updated"])
            yield Page(found, marks.cursor)


def _next(reply: Reply) -> Mapping[str, str | int]:
    rows = reply.content["rows"]
    return {"search_after": rows[-1]["updated"]} if rows else {}


async def _found(client: Client, note: Mapping[str, Any]) -> Found:
    if f"group:{note['group']}" not in note["permissions"]["read"]:
        # What is not understood is kept whole, and this is nobody else's.
        return Found("annotation.private", {"annotation": {"id": note["id"]}})
    if not note.get("references"):
        return Found("annotation", {"annotation": note})
    parent = await _parent(client, note["references"][-1])
    return Found("annotation.reply", {"annotation": note, "parent": parent})


async def _parent(client: Client, identifier: str) -> Mapping[str, Any] | None:
    """What is replied to; None where it is gone."""
    try:
        found = (await client.get(f"annotations/{identifier}")).content
    except Refused:
        return None
    return {"user": found["user"], "text": found.get("text") or ""}


poll = Poll(
    streams={"annotations": annotations},
    every=EVERY,
    address=lambda options: f"{_api(options.site)}/api/",
)


def _api(site: str) -> str:
    return "https://api.hypothes.is" if site == "https://hypothes.is" else site.rstrip("/")
