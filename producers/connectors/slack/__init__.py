"""Slack: what people ask, answer, share, thank for and pin in channels.

https://docs.slack.dev/apis/events-api and https://docs.slack.dev/reference/events

An actor is the account {slack.com, user id}. Public channels are read, private ones only where the
connection names them, direct messages never. Of a text is told whether it asks, whom it mentions,
to which hosts it links; the text goes no further unless it is kept. One message is one act: a
question, a reply, something shared, or working together; reactions thank or keep; a pin curates.
"""

from collections.abc import Mapping

import orjson

from producers.connector import (
    Accounts,
    Answer,
    Connector,
    Event,
    Handshake,
    Unsupported,
    Webhook,
    ignored_kinds,
)
from producers.connectors.slack import messages, signs
from producers.connectors.slack.options import SlackOptions
from producers.connectors.slack.poll import poll
from producers.connectors.slack.source import DIRECT_TYPES, HOME
from producers.signatures import Delivery, StampedHmacSha256


def kind_of(_: Mapping[str, str], envelope: Event) -> str:
    """The event's type and, of a message, its subtype: `message.file_share`."""
    event = envelope.get("event")
    if not isinstance(event, dict):
        return str(envelope.get("type") or "")
    kind, subtype = str(event.get("type") or ""), event.get("subtype")
    if isinstance(subtype, str) and subtype:
        kind = f"{kind}.{subtype}"
    return _apart(kind, event.get("channel_type"))


def _apart(kind: str, channel_type: object) -> str:
    """The kind, told apart where it must not be kept: what is not understood is kept whole."""
    if channel_type in DIRECT_TYPES:
        return f"direct.{kind}"
    if channel_type == "group" and isinstance(connector.decide(kind), Unsupported):
        return f"private.{kind}"
    return kind


def challenged(delivery: Delivery, _: bytes) -> Answer | None:
    """Slack's question whether the address is ours (`url_verification`)."""
    if b"url_verification" not in delivery.body:
        return None  # nearly always: no event is parsed twice
    try:
        asked = orjson.loads(delivery.body)
    except orjson.JSONDecodeError:
        return None  # told where events are read
    if not isinstance(asked, dict) or asked.get("type") != "url_verification":
        return None
    return Answer(str(asked.get("challenge") or "").encode())


connector = Connector(
    name="slack",
    title="Slack",
    docs="https://docs.slack.dev/reference/events",
    account=Accounts(HOME, lower=False),
    webhook=Webhook(
        signature=StampedHmacSha256(
            "X-Slack-Signature", "X-Slack-Request-Timestamp", "v0:{stamp}:{body}", "v0="
        ),
        kind_of=kind_of,
        answer=Handshake(challenged, signed=True),
    ),
    poll=poll,
    options=SlackOptions,
    ignored=ignored_kinds(__name__),
    # Asked for, a message tells no mention of the app, nor what it was before an edit.
    told_as=dict.fromkeys(
        (
            "app_mention",
            "message.file_share",
            "message.me_message",
            "message.message_changed",
            "message.thread_broadcast",
        ),
        "message",
    ),
)
_MAPPERS = {
    messages.said: (
        "message",
        "message.file_share",
        "message.me_message",
        "message.thread_broadcast",
        "app_mention",
    ),
    messages.changed: ("message.message_changed",),
    messages.deleted: ("message.message_deleted",),
    messages.tombstone: ("message.tombstone",),
    signs.reacted: ("reaction_added",),
    signs.unreacted: ("reaction_removed",),
    signs.pinned: ("pin_added",),
    signs.unpinned: ("pin_removed",),
    signs.joined: ("member_joined_channel",),
    signs.made_file: ("file_created",),
    signs.wrote_canvas: ("canvas.begun",),
    signs.held_back: ("app_rate_limited",),
}
for _mapper, _kinds in _MAPPERS.items():
    connector.maps(*_kinds)(_mapper)
