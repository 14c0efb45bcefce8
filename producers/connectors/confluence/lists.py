"""Confluence's lists, read whole although they change meanwhile.

https://developer.atlassian.com/cloud/confluence/advanced-searching-using-cql/. CQL takes times to
the minute and in the zone of whoever asks, so it is asked for what is some minutes old. A search
goes on from the time of what came last, not from the next page: what is changed meanwhile moves to
the end and comes again, and nothing is left out. Only where a page is all of a few minutes the next
one is asked for (by offset on Data Center, by a cursor that runs out on Cloud).
"""

import math
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from producers.connector import Client, NextOf, Reply
from producers.connectors.confluence.options import ConfluenceOptions
from producers.polling.errors import GONE, Expired, Refused

#: What a page of a search holds at most; Cloud gives no more with texts.
PAGE = 50
#: What a page of other lists holds at most.
LONG = 200
#: By so much a search must get on to be begun anew from there.
STEP = timedelta(minutes=3)
#: How often in a round a cursor is replaced that is not known any more.
ANEW = 10

Json = Mapping[str, Any]


async def since(
    client: Client,
    options: ConfluenceOptions,
    what: str,
    at: datetime,
    *,
    field: str,
    time_of: Callable[[Json], str],
    expand: str,
) -> AsyncIterator[Sequence[Json]]:
    """Content since a time, oldest first; some of it comes more than once.

    `what` is a condition of CQL, `field` the time that counts and `time_of` that of a content.
    """
    path, left, place = "rest/api/content/search", ANEW, ""
    while True:
        try:
            if place:
                content = (await client.get(place)).content
            else:
                query = f'{what} and {field} >= now("-{_minutes(at)}m") order by {field} asc'
                reply = await client.get(path, cql=query, limit=PAGE, expand=expand)
                content = reply.content
        except Refused as error:
            if not place or not left or error.code not in {"400", *GONE}:
                raise
            place, left = "", left - 1
            continue
        found = content["results"]
        yield found
        place = _place(content, options)
        if not place:
            return
        last = datetime.fromisoformat(time_of(found[-1])) if found else at
        if last - at > STEP:
            at, place = last, ""


def _minutes(at: datetime) -> int:
    """How many minutes ago a time was, rather more."""
    return max(1, math.ceil((datetime.now(UTC) - at).total_seconds() / 60) + 1)


async def by_number(
    client: Client, numbers: Sequence[str], expand: str
) -> AsyncIterator[Sequence[Json]]:
    """Contents by their numbers; what is gone, or not shown to the token, is not among them."""
    for some in (numbers[at : at + PAGE] for at in range(0, len(numbers), PAGE)):
        query = f"id in ({','.join(some)})"
        path = "rest/api/content/search"
        yield (await client.get(path, cql=query, limit=PAGE, expand=expand)).content["results"]


def onwards(options: ConfluenceOptions) -> NextOf:
    """Where a list's next page is, as its answer says."""

    def next_of(reply: Reply) -> str:
        return _place(reply.content, options)

    return next_of


def _place(content: Json, options: ConfluenceOptions) -> str:
    """The next page's path under the site; "" after the last one."""
    found = str((content.get("_links") or {}).get("next") or "")
    context = urlsplit(options.site).path
    if context and found.startswith(f"{context}/"):
        found = found.removeprefix(context)
    return found.lstrip("/") if not found.startswith("http") else found


async def versions(
    client: Client, options: ConfluenceOptions, content: Json, after: datetime
) -> list[Json]:
    """The versions of a page since a time, oldest first, and the one before them."""
    kind = "blogposts" if content["type"] == "blogpost" else "pages"
    path = f"rest/experimental/content/{content['id']}/version"
    if options.cloud:
        path = f"api/v2/{kind}/{content['id']}/versions"
    found: list[Json] = []
    try:
        async for reply in client.pages(path, onwards(options), limit=LONG):
            found += [_version(each) for each in reply.content["results"]]
            if found and datetime.fromisoformat(found[-1]["when"]) < after:
                break
    except Expired:
        raise
    except Refused as error:
        if error.code not in GONE:
            raise
        found = found or [content["version"]]
    found = sorted({each["number"]: each for each in found}.values(), key=lambda v: v["number"])
    late = [n for n, v in enumerate(found) if datetime.fromisoformat(v["when"]) >= after]
    return found[max(0, late[0] - 1) :] if late else []


def _version(told: Json) -> Json:
    """A version as a search tells it."""
    if "authorId" not in told:
        return told
    same = {name: told.get(name) for name in ("number", "message", "minorEdit")}
    return {**same, "when": told["createdAt"], "by": {"accountId": told["authorId"]}}
