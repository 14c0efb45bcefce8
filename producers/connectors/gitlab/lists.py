"""GitLab's lists, read whole although they change meanwhile.

https://docs.gitlab.com/api/rest/#pagination. Most lists are paged by numbers: what goes from a page
that was read moves the rest, and something is missed. So a list by the time of change goes on from
the time of what came last, not from the next number; another one is read anew if it grew shorter.
"""

import math
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from producers.connector import Client, Reply
from producers.connectors.gitlab.options import GitLabOptions
from producers.polling.errors import Refused

#: What a page holds at most.
PAGE = 100

Thing = Mapping[str, Any]


def mark(text: str) -> str:
    """A time as GitLab writes it (some servers in their own zone), so that marks sort by it."""
    return written(datetime.fromisoformat(text))


def written(moment: datetime) -> str:
    """A time as GitLab is asked by it."""
    text = moment.astimezone(UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def since(known: str, options: GitLabOptions, overlap: timedelta) -> str:
    """From when on a list is read whose mark is known, or is not."""
    if known:
        return written(datetime.fromisoformat(known) - overlap)
    return written(datetime.now(UTC) - timedelta(days=options.history_days))


async def projects(client: Client, options: GitLabOptions) -> AsyncIterator[Thing]:
    """The projects that are asked; where none is named, all that the token is a member of.

    Raises Refused after the others where one is not shown to the token.
    """
    seen: set[int] = set()
    refused: Refused | None = None
    for path in _places(options):
        try:
            async for some in _projects(client, path):
                for project in some:
                    if project["id"] not in seen:
                        seen.add(project["id"])
                        yield project
        except Refused as error:
            refused = refused or error
    if refused:
        raise refused


def _places(options: GitLabOptions) -> list[str]:
    named = [f"projects/{quote(name, safe='')}" for name in options.projects]
    groups = [f"groups/{quote(name, safe='')}/projects" for name in options.groups]
    return [*named, *groups] or ["projects"]


async def _projects(client: Client, path: str) -> AsyncIterator[Sequence[Thing]]:
    asked: dict[str, str | int] = {"order_by": "id", "per_page": PAGE}
    if path == "projects":
        asked |= {"pagination": "keyset", "membership": "true", "sort": "asc"}
        async for reply in client.pages(path, None, **asked):
            yield reply.content
    elif path.startswith("groups/"):
        async for some in whole(client, path, include_subgroups="true", sort="desc", **asked):
            yield some
    else:
        yield [(await client.get(path)).content]


async def changed(client: Client, path: str, after: str) -> AsyncIterator[Sequence[Thing]]:
    """What was changed after a time, oldest change first."""
    asked: dict[str, str | int] = {
        "order_by": "updated_at",
        "sort": "asc",
        "updated_after": after,
        "per_page": PAGE,
    }
    async for reply in client.pages(path, _Onwards(after), **asked):
        yield reply.content


class _Onwards:
    """The page after one: from the last change on; by number where all are of one moment."""

    def __init__(self, after: str) -> None:
        self._after, self._page = after, 1

    def __call__(self, reply: Reply) -> Mapping[str, str | int]:
        if not reply.next or not reply.content:
            return {}
        last = mark(reply.content[-1].get("updated_at") or self._after)
        if last > self._after:
            self._after, self._page = last, 1
        else:
            self._page += 1
        return {"updated_after": self._after, "page": self._page}


async def whole(client: Client, path: str, **asked: str | int) -> AsyncIterator[Sequence[Thing]]:
    """The pages of a list, newest first, nothing left out.

    What is new moves the rest to later pages, where it comes again. What goes moves it to earlier
    ones: by as many as `X-Total` fell, at most, so as many are read once more.
    """
    page, before = 1, 0
    while True:
        reply = await client.get(path, **asked, page=page)
        yield reply.content
        total = int(reply.headers.get("x-total") or 0)  # not told of more than 10,000
        size = int(reply.headers.get("x-per-page") or PAGE)
        if total < before:
            page = max(1, page - math.ceil((before - total) / size))
        elif reply.next:
            page += 1
        else:
            return
        before = total
