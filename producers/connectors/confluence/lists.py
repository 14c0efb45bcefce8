"""Confluence's lists, read whole although they change meanwhile.

https://developer.atlassian.com/cloud/confluence/advanced-searching-using-cql/. CQL takes times to
the minute and in the zone of whoever asks, so it is asked for what is some minutes old. A search
goes on from the time of what came last, not from the next page: what is changed meanwhile moves to
the end and comes again, and nothing is left out. Only where a page is all of a few minutes the next
one is asked for: on Cloud by a cursor, which runs out; on Data Center by offset, from the last
content that was read, so that it is known if those before it have moved.
"""

import math
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from producers.connector import Client, NextOf, Reply
from producers.connectors.confluence.options import ConfluenceOptions
from producers.polling.errors import GONE, Expired, Refused

SEARCH = "rest/api/content/search"
#: What a page of a search holds at most; Cloud gives no more with texts.
PAGE = 50
#: What a page of other lists holds at most.
LONG = 200
#: By so much a search must get on to be begun anew from there.
STEP = timedelta(minutes=3)
#: How often a search is begun anew at one place, since its pages are forgotten or have moved.
ANEW = 10

Json = Mapping[str, Any]


@dataclass
class _Search:
    """A search under way: from when it is asked, and how far beyond that its pages were read."""

    query: str
    expand: str
    options: ConfluenceOptions
    at: datetime
    #: The next page of Cloud, as it was named.
    place: str = ""
    #: Data Center's: where the last content of the page before stood, and which one that was.
    start: int = 0
    tail: str = ""
    left: int = ANEW

    async def page(self, client: Client) -> Json:
        """The next page of the search."""
        path, asked = self.place, dict[str, str | int]()
        if not path:
            query = self.query.format(_minutes(self.at))
            path, asked = SEARCH, {"cql": query, "limit": PAGE, "expand": self.expand}
            asked |= {"start": self.start} if self.start else {}
        found: Json = (await client.get(path, **asked)).content
        return found

    @property
    def on(self) -> bool:
        """Whether pages are followed, which may have been forgotten or moved meanwhile."""
        return bool(self.place or self.start)

    def anew(self) -> None:
        """Begins where the first of the pages that are followed began."""
        self.place, self.start, self.tail, self.left = "", 0, "", self.left - 1

    def moved(self, found: Sequence[Json]) -> bool:
        """Whether contents went from the pages before, so that some would be left out."""
        return bool(self.start) and (not found or str(found[0]["id"]) != self.tail)

    def follow(self, content: Json, last: datetime) -> bool:
        """Goes on after a page; False after the last one."""
        found, place = content["results"], _place(content, self.options)
        if not place or (self.start and len(found) < 2):
            return False
        if last - self.at > STEP:
            self.at, self.place, self.start, self.left = last, "", 0, ANEW
        elif self.options.cloud:
            self.place = place
        else:
            self.start, self.tail = self.start + len(found) - 1, str(found[-1]["id"])
        return True


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

    `what` is a condition of CQL, `field` the time that counts and `time_of` that of a content, ""
    where it has none. Raises Refused for a list that does not stand still.
    """
    query = f'{what} and {field} >= now("-{{}}m") order by {field} asc'
    search, last = _Search(query, expand, options, at), at
    while True:
        try:
            content = await search.page(client)
        except Refused as error:
            if not search.on or not search.left or error.code not in {"400", *GONE}:
                raise
            search.anew()
            continue
        found = content["results"]
        if search.moved(found):
            if not search.left:
                raise Refused(f"{options.site}: a search changes faster than it can be read")
            search.anew()
            continue
        yield found
        times = [datetime.fromisoformat(time) for each in found if (time := time_of(each))]
        last = max([last, *times])
        if not search.follow(content, last):
            return


def _minutes(at: datetime) -> int:
    """How many minutes ago a time was, rather more."""
    return max(1, math.ceil((datetime.now(UTC) - at).total_seconds() / 60) + 1)


async def by_number(
    client: Client, numbers: Sequence[str], expand: str
) -> AsyncIterator[Sequence[Json]]:
    """Contents by their numbers; what is gone, or not shown to the token, is not among them."""
    for some in (numbers[at : at + PAGE] for at in range(0, len(numbers), PAGE)):
        query = f"id in ({','.join(some)})"
        yield (await client.get(SEARCH, cql=query, limit=PAGE, expand=expand)).content["results"]


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
    path, asked = f"rest/experimental/content/{content['id']}/version", {"expand": "by"}
    if options.cloud:
        path, asked = f"api/v2/{kind}/{content['id']}/versions", {}
    found: list[Json] = []
    try:
        async for reply in client.pages(path, onwards(options), limit=LONG, **asked):
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
