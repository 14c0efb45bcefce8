"""Microsoft 365: what people ask, answer and share in Teams, read, edit and search in SharePoint.

https://learn.microsoft.com/graph/teams-changenotifications-chatmessage (Teams) and
https://learn.microsoft.com/office/office-365-management-api/office-365-management-activity-api-schema

An actor is the account {graph.microsoft.com, object id} in Teams and {…, user name} in the audit
log. Channels are read, private ones only where the connection names them; chats, meetings and mail
never. Of a text is told whether it asks, whom it mentions, to which hosts it links; the text, a
file's name and a search's words go no further.
"""

from collections.abc import Mapping, Sequence

from producers.connector import (
    Accounts,
    Connector,
    Event,
    Handshake,
    Made,
    Nudge,
    Webhook,
    ignored_kinds,
)
from producers.connectors.microsoft365 import audit, door, messages
from producers.connectors.microsoft365.options import Microsoft365Options
from producers.connectors.microsoft365.poll import poll
from producers.connectors.microsoft365.source import HOME


def kind_of(_: Mapping[str, str], event: Event) -> str:
    """What a notification is about: `message`, `message.deleted`, `lifecycle.missed`, `chats`."""
    if event.get("lifecycleEvent"):
        return f"lifecycle.{event['lifecycleEvent']}"
    resource = str(event.get("resource") or "").strip("/")
    if resource.startswith("teams(") and "/messages(" in resource:
        return "message.deleted" if event.get("changeType") == "deleted" else "message"
    return resource.partition("(")[0].partition("/")[0]


connector = Connector(
    name="microsoft365",
    title="Microsoft 365",
    docs="https://learn.microsoft.com/graph/api/resources/chatmessage",
    account=Accounts(HOME, called="object id or user name", example="anna@north.example"),
    webhook=Webhook(
        signature=door.SCHEME,
        arrived=door.SCHEME.arrived,
        kind_of=kind_of,
        events=door.notifications,
        answer=Handshake(door.greeted, signed=False),
        whole=door.opened,
    ),
    poll=poll,
    options=Microsoft365Options,
    nudged=True,
    ignored=ignored_kinds(__name__),
    told_as={
        # One look at a page is told by either, or by both.
        "audit.PageViewed": "audit.FileAccessed",
    },
)
connector.maps("message")(messages.said)
connector.maps("message.deleted")(messages.deleted)
for _kind, _mapper in audit.MAPPERS.items():
    connector.maps(_kind)(_mapper)


@connector.maps("lifecycle.missed", "lifecycle.subscriptionRemoved")
@connector.maps("lifecycle.reauthorizationRequired")
def told_of_life(_: Event, __: Microsoft365Options) -> Sequence[Made]:
    """Graph missed notifications, or is about to send no more: the poller looks, and renews."""
    return [Nudge("subscriptions"), Nudge("messages"), Nudge("replies")]
