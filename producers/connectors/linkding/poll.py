"""linkding asked: the bookmarks that changed, of the list and of the archive.

https://linkding.link/api/#bookmarks. A list is paged by numbers, so a bookmark that is deleted
while it is read moves others to a page that was read already: a list that grows shorter meanwhile
is read anew.
"""

from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from pydantic import SecretStr

from producers.connector import Client, Found, Page, Poll, Reply
from producers.polling.errors import Unavailable
from producers.polling.login import Login
from producers.polling.marks import Marks

#: Between two rounds, in seconds.
EVERY = 300.0
PAGE = 100
LISTS = ("bookmarks/", "bookmarks/archived/")
#: How long before the newest change reading begins again: a change may be written down late.
LATE = timedelta(minutes=1)
#: How often one list is read that grows shorter meanwhile.
TIMES = 3


async def bookmarks(client: Client, _: Any, cursor: str) -> AsyncIterator[Page]:
    """Bookmarks that were made or changed, as they are now."""
    marks = Marks(cursor)
    since = marks.of("changed", "")
    for path in LISTS:
        async for reply in _whole(client, path, since):
            found = []
            for each in reply.content["results"]:
                marks.note("changed", _mark(each["date_modified"]))
                found += _found(each)
            yield Page(found, marks.cursor)
    if marks.settle("changed"):
        yield Page([], marks.cursor)


async def _whole(client: Client, path: str, since: str) -> AsyncIterator[Reply]:
    """The pages of a list, nothing left out."""
    asked: dict[str, str | int] = {"limit": PAGE, **({"modified_since": since} if since else {})}
    for _ in range(TIMES):
        sizes: list[int] = []
        async for reply in client.pages(path, _next, **asked):
            sizes.append(reply.content["count"])
            yield reply
        if sizes == sorted(sizes):
            return
    raise Unavailable(f"{path}: bookmarks were deleted each time it was read; read again later")


def _next(reply: Reply) -> Mapping[str, str | int]:
    """The next page by its number: its address may be that of a server behind a proxy."""
    following = reply.content["next"]
    if not following:
        return {}
    return {"offset": int(parse_qs(urlsplit(following).query)["offset"][0])}


def _mark(changed: str) -> str:
    when = datetime.fromisoformat(changed).astimezone(UTC) - LATE
    return when.isoformat(timespec="microseconds").replace("+00:00", "Z")


def _found(bookmark: Mapping[str, Any]) -> list[Found]:
    event = {"bookmark": bookmark}
    kinds = ["bookmark.added"]
    if bookmark["shared"]:
        kinds.append("bookmark.shared")
    if bookmark["is_archived"]:
        kinds.append("bookmark.archived")
    return [Found(kind, event) for kind in kinds]


def _login(_: Any, token: bytes) -> Login:
    return Login(token=SecretStr(token.decode()), scheme="Token")


poll = Poll(
    streams={"bookmarks": bookmarks},
    every=EVERY,
    address=lambda options: f"{options.site.rstrip('/')}/api/",
    login=_login,
)
