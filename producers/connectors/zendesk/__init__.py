"""Zendesk: who answers customers and helps colleagues, and who writes the help centre.

https://developer.zendesk.com/api-reference/webhooks/event-types/webhook-event-types and
https://developer.zendesk.com/api-reference/ticketing/ticket-management/incremental_exports

An actor is the account {the site, user id}. Webhooks make the poller look and tell nothing else:
what they say of a ticket has another time than the ticket's own history, and no id that this knows.
Of a text is told whether it says something; the text goes no further unless it is kept.
"""

from collections.abc import Mapping, Sequence

from producers.connector import (
    JSON,
    Connector,
    Event,
    Made,
    Nudge,
    Webhook,
    ignored_kinds,
)
from producers.connectors.zendesk import guide, tickets
from producers.connectors.zendesk.options import ZendeskOptions
from producers.connectors.zendesk.poll import poll
from producers.signatures import StampedHmacSha256

PREFIX = "zen:event-type:"


def kind_of(_: Mapping[str, str], event: Event) -> str:
    """The event's type without what all begin with: `ticket.comment_added`."""
    return str(event.get("type") or "").removeprefix(PREFIX)


connector = Connector(
    name="zendesk",
    title="Zendesk",
    docs="https://developer.zendesk.com/api-reference/webhooks/event-types/webhook-event-types",
    webhook=Webhook(
        signature=StampedHmacSha256(
            "X-Zendesk-Webhook-Signature",
            "X-Zendesk-Webhook-Signature-Timestamp",
            "{stamp}{body}",
            encoding="base64",
            iso=True,
        ),
        kind_of=kind_of,
        keeps=("x-zendesk-webhook-id", "x-zendesk-webhook-invocation-id"),
        content_types=(JSON,),
    ),
    poll=poll,
    options=ZendeskOptions,
    nudged=True,
    ignored=ignored_kinds(__name__),
)
_MAPPERS = {
    tickets.opened: "ticket.opened",
    tickets.commented: "ticket.comment",
    tickets.moved: "ticket.status",
    tickets.rated: "ticket.rated",
    guide.wrote: "article.written",
    guide.edited: "article.edited",
    guide.posted: "community_post.written",
    guide.answered: "community_post.comment",
}
for _mapper, _kind in _MAPPERS.items():
    connector.maps(_kind)(_mapper)


@connector.maps("ticket.created", "ticket.comment_added", "ticket.comment_made_private")
@connector.maps("ticket.status_changed")
def told_of_ticket(_: Event, __: ZendeskOptions) -> Sequence[Made]:
    """Something is done to a ticket: the poller looks."""
    return [Nudge("tickets")]


@connector.maps("article.published", "article.author_changed")
def told_of_article(_: Event, __: ZendeskOptions) -> Sequence[Made]:
    """Something is done to an article: the poller looks."""
    return [Nudge("articles")]


@connector.maps("community_post.created", "community_post.changed", "community_post.published")
@connector.maps("community_post.comment_created", "community_post.comment_published")
def told_of_post(_: Event, __: ZendeskOptions) -> Sequence[Made]:
    """Something is written in the community: the poller looks."""
    return [Nudge("community")]
