"""linkding: what people bookmark, and what of it they share with colleagues.

https://linkding.link/api/

A connection is one person's bookmarks, for linkding gives a token to each user and names nobody in
its answers: the option `user` says whose they are. A bookmark is private unless it is shared, so of
a private one only the host is told. Notes and tags go no further, nor
titles and descriptions, unless the connection `keeps` those of pages whose address is told.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from producers.connector import Connector, Event, Ignored, Made, Statement, WithTexts, ignored_kinds
from producers.connectors.linkding.poll import poll
from producers.statements import activity, agent, statement
from producers.texts import Written
from xapi.ids import statement_id


class LinkdingOptions(WithTexts):
    """What `[connection.options]` may say of a linkding connection."""

    #: The server's address, such as `https://links.example.com`.
    site: str
    #: The login of the person whose token this is.
    user: str
    #: Whether private bookmarks are told with their whole address, not by host alone.
    addresses: bool = False


connector = Connector(
    name="linkding",
    title="linkding",
    docs="https://linkding.link/api/",
    poll=poll,
    options=LinkdingOptions,
    ignored=ignored_kinds(__name__),
)


@connector.maps("bookmark.added")
def added(event: Event, options: LinkdingOptions) -> Sequence[Made]:
    """Somebody bookmarks a page."""
    page = _page(event["bookmark"], options, whole=options.addresses)
    return [_statement(event["bookmark"], options, "bookmarked", page, "bookmark")]


@connector.maps("bookmark.shared")
def shared(event: Event, options: LinkdingOptions) -> Sequence[Made]:
    """Somebody shares a bookmark with the other users; linkding says only when it was made."""
    page = _page(event["bookmark"], options, whole=True)
    written = options.written(event["bookmark"].get("description"))
    return [_statement(event["bookmark"], options, "shared", page, "curate", written)]


def _statement(
    bookmark: Mapping[str, Any],
    options: LinkdingOptions,
    verb: str,
    page: dict[str, Any],
    behaviour: str,
    written: Written | None = None,
) -> Statement:
    site = options.site.rstrip("/").lower()
    # A bookmark may be given another address: that is another page which was bookmarked.
    which = hashlib.sha256(page["id"].encode()).hexdigest()[:16]
    return statement(
        statement_id("linkding", f"{site}/bookmark:{bookmark['id']}:{which}:{verb}"),
        agent(site, options.user.lower()),
        verb,
        page,
        behaviour=behaviour,
        platform="linkding",
        at=bookmark["date_added"],
        topic=urlsplit(page["id"]).netloc,
        written=written,
    )


def _page(bookmark: Mapping[str, Any], options: LinkdingOptions, *, whole: bool) -> dict[str, Any]:
    """What was bookmarked: an address without a login in it, or its host alone."""
    parts = urlsplit(bookmark["url"])
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Ignored("a bookmark of no page on the web, such as a script")
    host = parts.netloc.rpartition("@")[2].lower()
    kept = (parts.path or "/", parts.query) if whole else ("/", "")
    title = options.named(bookmark.get("title")) if whole else ""
    return activity(urlunsplit((parts.scheme, host, *kept, "")), "link", title)
