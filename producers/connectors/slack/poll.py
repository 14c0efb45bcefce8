"""Slack asked: what its events bring, and what they missed, under the same kinds and ids.

https://docs.slack.dev/reference/methods. Channels are read one by one, public ones that the app is
a member of, and private ones that the connection names; the cursor is, for each, the newest time
that was read. A channel is read week by week, newest first within one, so that a long history goes
on where it was left. An app that others distribute is put off by Slack to one page a minute; one's
own is not.
"""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from producers.connector import Client, Found, Page, Poll
from producers.connectors.slack import web_api
from producers.connectors.slack.options import SlackOptions
from producers.connectors.slack.source import moment
from producers.connectors.slack.users import users
from producers.connectors.slack.web_api import Channel, Message
from producers.polling.marks import Marks

#: Between two rounds, in seconds.
EVERY = 300.0
WEEK = timedelta(days=7)
#: How far our clock may be from Slack's: a week that has only just ended is not taken as whole.
CLOCKS = timedelta(days=1)


def _begin(options: SlackOptions) -> str:
    return web_api.written(datetime.now(UTC) - timedelta(days=options.history_days))


def _weeks(since: str, until: datetime) -> Iterator[tuple[str, str, str]]:
    """(after, before, last) of each week from a time on; nothing is before the end of the last one.

    `last` is the last moment of a week: what comes after it is in the next.
    """
    after, before = since, datetime.fromisoformat(moment(since)) + WEEK
    while before + CLOCKS < until:
        last = web_api.written(before - timedelta(microseconds=1))
        yield after, web_api.written(before), last
        after, before = last, before + WEEK
    yield after, "", ""


async def messages(client: Client, options: SlackOptions, cursor: str) -> AsyncIterator[Page]:
    """Messages that begin something, as they are now."""
    marks = Marks(cursor)
    for channel in await web_api.channels(client, options):
        since = marks.of(channel.id, _begin(options))
        with web_api.while_open():
            for after, before, last in _weeks(since, datetime.now(UTC)):
                async for some in web_api.history(client, channel, oldest=after, latest=before):
                    for each in some:
                        marks.note(channel.id, each["ts"])
                    yield Page([channel.message(each) for each in some], marks.cursor)
                marks.note(channel.id, last)
                if marks.settle(channel.id):
                    yield Page([], marks.cursor)


async def threads(client: Client, options: SlackOptions, cursor: str) -> AsyncIterator[Page]:
    """Replies, with the message that they answer, in threads that began not long ago."""
    marks = Marks(cursor)
    young = web_api.written(datetime.now(UTC) - timedelta(days=options.thread_days))
    for channel in await web_api.channels(client, options):
        since = marks.of(channel.id, _begin(options))
        with web_api.while_open():
            async for some in web_api.history(client, channel, oldest=min(since, young)):
                for root in some:
                    if root.get("latest_reply", "") > since:
                        async for new in web_api.replies(client, channel, root, since):
                            for each in new:
                                marks.note(channel.id, each["ts"])
                            yield Page([_reply(channel, root, each) for each in new], marks.cursor)
            if marks.settle(channel.id):
                yield Page([], marks.cursor)


def _reply(channel: Channel, root: Message, reply: Message) -> Found:
    said = reply if reply.get("parent_user_id") else {**reply, "parent_user_id": root.get("user")}
    return channel.message(said, root=root)


async def reactions(client: Client, options: SlackOptions, cursor: str) -> AsyncIterator[Page]:
    """Reactions to messages that are some hours old: read once, for they carry no time."""
    marks = Marks(cursor)
    settled = datetime.now(UTC) - timedelta(hours=options.settled_hours)
    for channel in await web_api.channels(client, options):
        since = marks.of(channel.id, _begin(options))
        with web_api.while_open():
            for after, before, last in _weeks(since, settled):
                latest = before or web_api.written(settled)
                async for root in _roots(client, channel, after, latest):
                    marks.note(channel.id, root["ts"])
                    async for some in _with_replies(client, channel, root):
                        yield Page(await _reacted(client, channel, some), marks.cursor)
                marks.note(channel.id, last)
                if marks.settle(channel.id):
                    yield Page([], marks.cursor)


async def _roots(
    client: Client, channel: Channel, after: str, before: str
) -> AsyncIterator[Message]:
    if after < before:
        async for some in web_api.history(client, channel, oldest=after, latest=before):
            for root in some:
                yield root


async def _with_replies(
    client: Client, channel: Channel, root: Message
) -> AsyncIterator[list[Message]]:
    yield [root]
    if root.get("reply_count"):
        async for replies in web_api.replies(client, channel, root, root["ts"]):
            yield replies


async def _reacted(client: Client, channel: Channel, some: Sequence[Message]) -> list[Found]:
    return [
        _reaction(channel, message, user, each["name"])
        for message in some
        for each in await web_api.reactions(client, channel, message)
        for user in each["users"]
    ]


def _reaction(channel: Channel, message: Message, user: str, emoji: str) -> Found:
    event = {
        "type": "reaction_added",
        "user": user,
        "reaction": emoji,
        "item_user": None if message.get("bot_id") else message.get("user"),
        "item": {"type": "message", "channel": channel.id, "ts": message["ts"]},
        "channel_type": channel.kind,
    }
    return channel.found("reaction_added", event)


async def pins(client: Client, options: SlackOptions, cursor: str) -> AsyncIterator[Page]:
    """What is pinned to channels, by whom and when."""
    marks = Marks(cursor)
    for channel in await web_api.channels(client, options):
        since = int(float(marks.of(channel.id, _begin(options))))
        with web_api.while_open():
            items = (await client.get("pins.list", channel=channel.id)).content["items"]
            new = [each for each in items if each["created"] > since]
            for each in new:
                marks.note(channel.id, f"{each['created']:010}")
            if marks.settle(channel.id):
                yield Page([_pinned(channel, each) for each in new], marks.cursor)


def _pinned(channel: Channel, item: Mapping[str, Any]) -> Found:
    event = {
        "type": "pin_added",
        "user": item["created_by"],
        "channel_id": channel.id,
        "channel_type": channel.kind,
        "item": item,
    }
    return channel.found("pin_added", event)


async def canvases(client: Client, options: SlackOptions, cursor: str) -> AsyncIterator[Page]:
    """Canvases that others can read, as they were begun."""
    marks = Marks(cursor)
    since = int(float(marks.of("files", _begin(options))))
    us = await web_api.envelope(client)
    # Slack names no type for canvases, so all files are listed.
    async for reply in client.pages(
        "files.list", web_api.next_number, ts_from=since, count=web_api.PAGE, page=1
    ):
        new = [each for each in reply.content["files"] if each["created"] > since]
        for each in new:
            marks.note("files", f"{each['created']:010}")
        found = [
            Found("canvas.begun", {**us, "event": {"type": "canvas.begun", "file": each}})
            for each in new
            if {"quip", "canvas"} & {each.get("filetype"), each.get("mode")}
        ]
        yield Page(found, marks.cursor)
    if marks.settle("files"):
        yield Page([], marks.cursor)


poll = Poll(
    streams={
        "messages": messages,
        "threads": threads,
        "reactions": reactions,
        "pins": pins,
        "canvases": canvases,
    },
    every=EVERY,
    address=lambda options: f"{options.site.rstrip('/')}/api/",
    denied=web_api.denied,
    users=users,
)
