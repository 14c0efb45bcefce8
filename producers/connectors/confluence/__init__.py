"""Confluence: who writes pages down, edits, asks and answers beside them, likes, labels and reads.

https://developer.atlassian.com/server/confluence/webhooks/ (Data Center: ids only),
https://developer.atlassian.com/platform/forge/events-reference/confluence/ (Cloud: what a Forge app
of one's own hands on) and https://developer.atlassian.com/cloud/confluence/rest/.

An actor is the account {the site, account id or user key}. What is written is read by the poller:
webhooks make it look, and tell by themselves what is gone. Views, searches, stars and labels are
told by Forge's events alone. Of a comment is told whether it asks, says something, whom it
mentions, to which hosts it links; the text goes no further unless it is kept, and a page's is not
read at all.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from producers.connector import Connector, Event, Made, Nudge, Webhook, ignored_kinds
from producers.connectors.confluence import comments, pages, signs
from producers.connectors.confluence.options import ConfluenceOptions
from producers.connectors.confluence.poll import poll
from producers.connectors.confluence.source import Source
from producers.signatures import hex_hmac_sha256

FORGE = "avi:confluence:"


def kind_of(_: Mapping[str, str], event: Event) -> str:
    """`page_created` of Data Center; `page.created` of Forge's `avi:confluence:created:page`."""
    told = str(event.get("eventType") or "")
    if told.startswith(FORGE):
        action, thing, *_version = f"{told.removeprefix(FORGE)}:".split(":")
        return f"{thing}.{action}"
    return told or str(event.get("event") or ("test" if "test" in event else ""))


connector = Connector(
    name="confluence",
    title="Confluence",
    docs="https://developer.atlassian.com/server/confluence/webhooks/",
    webhook=Webhook(
        signature=hex_hmac_sha256("X-Hub-Signature", "sha256="),
        kind_of=kind_of,
    ),
    poll=poll,
    options=ConfluenceOptions,
    nudged=True,
    ignored=ignored_kinds(__name__),
)
for _kind, _mapper in {**pages.MAPPERS, **comments.MAPPERS, **signs.MAPPERS}.items():
    connector.maps(_kind)(_mapper)


@connector.maps("page_created", "page_updated", "blog_created", "blog_updated")
@connector.maps("attachment_created", "attachment.created")
@connector.maps("page.created", "page.updated", "blogpost.created", "blogpost.updated")
@connector.maps("page.initialized", "page.started", "page.snapshotted", "page.published")
def told_of_page(_: Event, __: ConfluenceOptions) -> Sequence[Made]:
    """Something is written: the poller looks."""
    return [Nudge("pages")]


@connector.maps("comment_created", "comment.created")
def told_of_comment(_: Event, __: ConfluenceOptions) -> Sequence[Made]:
    """Somebody comments: the poller looks."""
    return [Nudge("comments")]


@connector.maps("page_trashed", "page_removed", "blog_trashed", "blog_removed")
@connector.maps("page.trashed", "page.deleted", "blogpost.trashed", "blogpost.deleted")
def page_gone(event: Event, options: ConfluenceOptions) -> Sequence[Made]:
    """A page is thrown away: that it was written is voided."""
    return _gone(event, options, "page", "blog", key="content:{}:1")


@connector.maps("comment_removed", "comment.deleted")
def comment_gone(event: Event, options: ConfluenceOptions) -> Sequence[Made]:
    """A comment is deleted: it is voided."""
    return _gone(event, options, "comment", key="comment:{}")


@connector.maps("attachment_removed", "attachment_trashed")
@connector.maps("attachment.trashed", "attachment.deleted")
def file_gone(event: Event, options: ConfluenceOptions) -> Sequence[Made]:
    """A file is thrown away: that it was shared is voided."""
    return _gone(event, options, "attachment", "attachments", key="attachment:{}")


def _gone(event: Event, options: ConfluenceOptions, *names: str, key: str) -> Sequence[Made]:
    """Voids what an event names: under its own name on Data Center, as `content` by Forge."""
    named = [event[name] for name in (*names, "content") if event.get(name)]
    found: Any = named[0]
    numbers = [
        str(each["id"]).removeprefix("att")
        for each in (found if isinstance(found, list) else [found])
    ]
    return Source(options).voiding(*map(key.format, numbers))
