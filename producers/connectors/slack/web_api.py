"""Slack's Web API as the poller asks it: its errors, its pages, its channels and what is in them.

https://docs.slack.dev/apis/web-api and https://docs.slack.dev/reference/methods
"""

import contextlib
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from producers.connector import Client, Found, No, Reply, Then
from producers.connectors.slack.options import SlackOptions
from producers.places import Use
from producers.polling.errors import Refused

#: How many messages, channels or files a page has; Slack recommends no more than 200.
PAGE = 200
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)
#: Errors that say: not now (https://docs.slack.dev/reference/methods/conversations.history).
_LATER = frozenset(
    {"fatal_error", "internal_error", "ratelimited", "request_timeout", "service_unavailable",
     "team_added_to_org"}
)  # fmt: skip
#: Errors that concern one channel, or a message of it: the others are read.
_ONE_CHANNEL = frozenset(
    {"channel_not_found", "is_archived", "message_not_found", "not_in_channel", "thread_not_found"}
)

Message = Mapping[str, Any]


def denied(content: Any) -> No | None:
    """Slack's `ok: false`, which comes with a status of 200."""
    if not isinstance(content, dict) or content.get("ok") is not False:
        return None
    code = str(content.get("error") or "no reason")
    reason = code
    if code == "missing_scope":
        reason += f": give the app the scope {content.get('needed')} and install it again"
    then = Then.LATER if code in _LATER else Then.STOP
    return No(reason, Then.ANEW if code == "invalid_cursor" else then, code)


def following(reply: Reply) -> Mapping[str, str | int]:
    """The cursor of the page after this one."""
    cursor = (reply.content.get("response_metadata") or {}).get("next_cursor")
    return {"cursor": cursor} if cursor else {}


def next_number(reply: Reply) -> Mapping[str, str | int]:
    """The number of the page after this one, of lists that are numbered."""
    paging = reply.content.get("paging") or {}
    page = int(paging.get("page") or 1)
    return {"page": page + 1} if page < int(paging.get("pages") or 1) else {}


@dataclass(frozen=True)
class Channel:
    """A channel that is read, and what a delivery of Slack says beside an event of it."""

    id: str
    kind: str
    envelope: Mapping[str, Any]

    def found(self, kind: str, event: Mapping[str, Any], **more: Any) -> Found:
        """An event of this channel, as a webhook would have brought it."""
        return Found(kind, {**self.envelope, "event": event, **more})

    def message(self, message: Message, **more: Any) -> Found:
        """A message of this channel."""
        said = {"type": "message", **message, "channel": self.id, "channel_type": self.kind}
        subtype = message.get("subtype")
        return self.found(f"message.{subtype}" if subtype else "message", said, **more)


async def envelope(client: Client) -> dict[str, Any]:
    """Who we are there, as every delivery says it."""
    us = (await client.get("auth.test")).content
    ours = {"team_id": us["team_id"], "enterprise_id": us.get("enterprise_id")}
    given = {**ours, "user_id": us["user_id"], "is_bot": bool(us.get("bot_id"))}
    return {**ours, "type": "event_callback", "authorizations": [given]}


async def channels(client: Client, options: SlackOptions) -> list[Channel]:
    """The channels that may be read."""
    us = await envelope(client)
    named = {name for name, each in options.channels.items() if each.use is not Use.NONE}
    left_out = options.channels.keys() - named
    types = "public_channel,private_channel" if named else "public_channel"
    found: list[Channel] = []
    async for reply in client.pages(
        "conversations.list", following, types=types, exclude_archived="true", limit=PAGE
    ):
        for each in reply.content["channels"]:
            private = bool(each.get("is_private"))
            wanted = each["id"] in named if private else each["id"] not in left_out
            if wanted and each.get("is_member"):
                shared = {"is_ext_shared_channel": bool(each.get("is_ext_shared"))}
                kind = "group" if private else "channel"
                found.append(Channel(each["id"], kind, {**us, **shared}))
    return found


def written(when: datetime) -> str:
    """A time as Slack writes it."""
    since = max(when - _EPOCH, timedelta())
    return f"{since // _SECOND:010}.{since % _SECOND // timedelta(microseconds=1):06}"


@contextlib.contextmanager
def while_open() -> Iterator[None]:
    """What is read of one channel, or of one message: gone or closed to us, it costs no other."""
    try:
        yield
    except Refused as error:
        if error.code not in _ONE_CHANNEL:
            raise


async def history(client: Client, channel: Channel, **asked: str) -> AsyncIterator[list[Message]]:
    """A channel's messages, newest first."""
    given = {name: value for name, value in asked.items() if value}
    async for reply in client.pages(
        "conversations.history", following, channel=channel.id, limit=PAGE, **given
    ):
        yield reply.content["messages"]


async def replies(
    client: Client, channel: Channel, root: Message, since: str
) -> AsyncIterator[list[Message]]:
    """The replies of a thread after a time; the message that they answer comes with every page."""
    with while_open():
        async for reply in client.pages(
            "conversations.replies",
            following,
            channel=channel.id,
            ts=root["ts"],
            oldest=since,
            limit=PAGE,
        ):
            yield [
                each
                for each in reply.content["messages"]
                if each["ts"] != root["ts"] and each["ts"] > since
            ]


async def reactions(
    client: Client, channel: Channel, message: Message
) -> Sequence[Mapping[str, Any]]:
    """A message's reactions, each with all who gave it: of many a list names only the first."""
    given: Sequence[Mapping[str, Any]] = message.get("reactions") or ()
    if any(each["count"] > len(each["users"]) for each in given):
        with while_open():
            whole = await client.get(
                "reactions.get", channel=channel.id, timestamp=message["ts"], full="true"
            )
            given = whole.content["message"].get("reactions") or ()
    return given
