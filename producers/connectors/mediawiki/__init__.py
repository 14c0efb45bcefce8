"""MediaWiki: who writes, edits and talks about pages.

https://www.mediawiki.org/wiki/API:RecentChanges

A saved revision is one act. Summaries and texts are never asked for or kept: a page is its number
at the wiki, unless the connection `keeps` titles. What a reader without an account does is not
recorded, nor an address. Who searches is not told by the interface: the beacon tells it.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from pydantic import Field

from producers import people
from producers.connector import Connector, Event, Ignored, Made, Statement, WithTexts, ignored_kinds
from producers.connectors.mediawiki.poll import poll
from producers.statements import activity, agent, statement
from xapi.ids import statement_id

#: What MediaWiki's own tags say of a revision that writes nothing of one's own.
UNDOES = frozenset({"mw-undo", "mw-rollback", "mw-manual-revert"})
NEW_TOPIC, REPLY = "discussiontools-newtopic", "discussiontools-reply"
USER_TALK = 3


class MediawikiOptions(WithTexts):
    """What `[connection.options]` may say of a MediaWiki connection."""

    #: The address of the wiki's `api.php`, without that: `https://wiki.example.com/w`.
    site: str
    #: Namespace number → the topic under which its pages are shown; their talk pages with them.
    namespaces: dict[int, str] = Field(default_factory=lambda: {0: "pages", 12: "help"})
    #: Titles of pages where people ask: a new topic asks there, and a reply helps.
    help_pages: frozenset[str] = frozenset()
    #: Names of machine accounts that the wiki does not call bots.
    bots: frozenset[str] = frozenset()
    #: How many days of history the first round reads; a wiki keeps 90 by default.
    history_days: int = 90


connector = Connector(
    name="mediawiki",
    title="MediaWiki",
    docs="https://www.mediawiki.org/wiki/API:RecentChanges",
    poll=poll,
    options=MediawikiOptions,
    ignored=ignored_kinds(__name__),
)


@connector.maps("new")
def written(change: Event, options: MediawikiOptions) -> Sequence[Made]:
    """Somebody writes a page."""
    return [_statement(change, options, "author", _page(change, options), "record")]


@connector.maps("edit")
def edited(change: Event, options: MediawikiOptions) -> Sequence[Made]:
    """Somebody edits a page; a minor edit, or one that undoes another, is none."""
    if change.get("minor"):
        raise Ignored("a minor edit: a typing mistake, not knowledge")
    return [_statement(change, options, "edited", _page(change, options), "record")]


@connector.maps("talk.new", "talk.edit")
def talked(change: Event, options: MediawikiOptions) -> Sequence[Made]:
    """Somebody writes on a talk page; where people ask, a new topic asks and a reply helps."""
    where = _page(change, options, "discussion")
    tags = set(change.get("tags") or ())
    asked = change["title"] in options.help_pages
    if asked and NEW_TOPIC in tags:
        return [_statement(change, options, "asked", where, "ask")]
    if asked and REPLY in tags:
        return [_statement(change, options, "answered", where, "help")]
    return [_statement(change, options, "commented", where, "collaborate")]


@connector.maps("help.new", "help.edit")
def asked(change: Event, options: MediawikiOptions) -> Sequence[Made]:
    """As on a talk page, on a page of another kind where people ask."""
    return talked(change, options)


def _statement(
    change: Mapping[str, Any],
    options: MediawikiOptions,
    verb: str,
    page: dict[str, Any],
    behaviour: str,
) -> Statement:
    actor = _person(change, options)
    if UNDOES & set(change.get("tags") or ()):
        raise Ignored("undoes what somebody else wrote")
    return statement(
        statement_id("mediawiki", f"{_site(options)}/revision:{change['revid']}"),
        actor,
        verb,
        page,
        behaviour=behaviour,
        platform="MediaWiki",
        at=change["timestamp"],
        topic=options.namespaces.get(change["ns"] - change["ns"] % 2, ""),
        counterpart=_host_of(change, options),
    )


def _person(change: Mapping[str, Any], options: MediawikiOptions) -> dict[str, Any]:
    name = change.get("user")
    if not name:
        raise Ignored("who did it is hidden")
    if change.get("anon") or change.get("temp") or not change.get("userid"):
        raise Ignored("somebody without an account: nobody is credited")
    if change.get("bot") or name in options.bots:
        raise Ignored(people.BOT)
    return _agent(name, options)


def _host_of(change: Mapping[str, Any], options: MediawikiOptions) -> dict[str, Any] | None:
    """Whose talk page it is, where it is a person's."""
    if change["ns"] != USER_TALK:
        return None
    return _agent(change["title"].partition(":")[2].partition("/")[0], options)


def _agent(name: str, options: MediawikiOptions) -> dict[str, Any]:
    parts = urlsplit(options.site)
    return agent(f"{parts.scheme}://{parts.netloc}".lower(), name)


def _site(options: MediawikiOptions) -> str:
    return options.site.rstrip("/")


def _page(
    change: Mapping[str, Any], options: MediawikiOptions, kind: str = "wiki-page"
) -> dict[str, Any]:
    address = f"{_site(options)}/index.php?curid={change['pageid']}"
    return activity(address, kind, options.named(change.get("title")))
