"""Signs that people give: reactions, pins, joining a channel; and canvases, which a poll finds.

A reaction is dated by its message: a poll is not told when it was given, and both must say the
same. Given, taken back and given again it counts until it was first taken back, since Slack does
not say which of the two it takes back. A pin carries its own time, also when it is taken off.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from producers.connector import Event, Ignored, Made, Nudge, Statement
from producers.connectors.slack.options import SlackOptions
from producers.connectors.slack.source import Source
from producers.statements import activity

_CANVASES = ("quip", "canvas")


def _reaction(source: Source) -> tuple[str, str, Mapping[str, Any]]:
    """(what it means, its id, the message) of a reaction. Raises Ignored where it says nothing."""
    event, item = source.event, source.event["item"]
    if item.get("type") != "message":
        raise Ignored("a reaction to a file: its message says where it stands")
    emoji = event["reaction"].partition("::")[0]
    if emoji in source.options.thanks:
        means = "thanks"
    elif emoji in source.options.bookmarks:
        means = "bookmark"
    else:
        raise Ignored("an emoji that neither thanks nor keeps, the connection says")
    name = f"reaction:{item['channel']}:{item['ts']}:{event['user']}:{emoji}"
    return means, name, item


def reacted(envelope: Event, options: SlackOptions) -> list[Statement]:
    """Somebody thanks for a message, or keeps it, by an emoji; others say nothing."""
    source = Source(envelope, options)
    means, name, item = _reaction(source)
    place = source.place(item["channel"], source.event.get("channel_type") or "")
    actor = source.person(source.event["user"])
    author = source.other(source.event.get("item_user"), actor)
    if means == "thanks" and author is None:
        raise Ignored("thanks to oneself, to a program, or to nobody who is named")
    verb, behaviour = ("liked", "reinforce") if means == "thanks" else ("bookmarked", "bookmark")
    target = source.message(item["channel"], item["ts"], "chat-message")
    topic = place.name or item["channel"]
    return [
        source.statement(
            name, actor, verb, target, behaviour, item["ts"], topic=topic, counterpart=author
        )
    ]


def unreacted(envelope: Event, options: SlackOptions) -> list[Statement]:
    """Thanks, or a mark, are taken back."""
    source = Source(envelope, options)
    _, name, item = _reaction(source)
    source.taken_back_in(item["channel"])
    return source.voiding(name)


def _pin(source: Source) -> tuple[str, Mapping[str, Any]]:
    item = source.event["item"]
    if item.get("type") != "message":
        raise Ignored("a file is pinned: its message says where it stands")
    return f"pin:{source.event['channel_id']}:{item['message']['ts']}:{item['created']}", item


def pinned(envelope: Event, options: SlackOptions) -> list[Statement]:
    """Somebody pins a message, so that others find it."""
    source = Source(envelope, options)
    channel = source.event["channel_id"]
    place = source.place(channel, source.event.get("channel_type") or "")
    name, item = _pin(source)
    actor = source.person(item.get("created_by") or source.event["user"])
    author = source.other(item["message"].get("user"), actor)
    target = source.message(channel, item["message"]["ts"], "chat-message")
    at, topic = str(item["created"]), place.name or channel
    made = source.statement(
        name, actor, "shared", target, "curate", at, topic=topic, counterpart=author
    )
    return [made]


def unpinned(envelope: Event, options: SlackOptions) -> list[Statement]:
    """A pin is taken off, by whom ever."""
    source = Source(envelope, options)
    source.taken_back_in(source.event["channel_id"])
    name, _ = _pin(source)
    return source.voiding(name)


def joined(envelope: Event, options: SlackOptions) -> list[Statement]:
    """Somebody joins a channel by themselves; who is invited has not looked for it."""
    source, event = Source(envelope, options), envelope["event"]
    place = source.place(event["channel"])
    actor = source.person(event["user"], event)
    if event.get("inviter"):
        raise Ignored("invited by somebody: not found by oneself")
    channel, at = event["channel"], event["event_ts"]
    name, topic = f"join:{channel}:{event['user']}:{at}", place.name or channel
    target = source.channel(channel)
    return [source.statement(name, actor, "join", target, "explore", at, topic=topic)]


def made_file(_: Event, __: SlackOptions) -> Sequence[Made]:
    """A file is made, maybe a canvas: Slack says no more than its id, so the poller looks."""
    return [Nudge("canvases")]


def wrote_canvas(envelope: Event, options: SlackOptions) -> list[Statement]:
    """Somebody begins a canvas that others can read; found by the poller only."""
    source = Source(envelope, options)
    file = source.event["file"]
    if file.get("filetype") not in _CANVASES and file.get("mode") not in _CANVASES:
        raise Ignored("a file that is no canvas: its message says where it is shared")
    if file.get("is_channel_space"):
        raise Ignored("the canvas that Slack makes with a channel")
    named = [each for each in _channels(file) if each in options.channels]
    if not file.get("is_public") and not named:
        raise Ignored("a canvas that not everybody can read: never recorded")
    topic = source.place(named[0]).name or named[0] if named else ""
    target = activity(f"{source.host}/files/{file['id']}", "page")
    actor, at = source.person(file.get("user")), str(file["created"])
    return [
        source.statement(f"canvas:{file['id']}", actor, "author", target, "record", at, topic=topic)
    ]


def _channels(file: Mapping[str, Any]) -> list[str]:
    return [*(file.get("channels") or ()), *(file.get("groups") or ())]


def held_back(_: Event, __: SlackOptions) -> Sequence[Made]:
    """Slack sent too much in a minute and holds events back: the poller reads what was missed."""
    return [Nudge("messages"), Nudge("threads"), Nudge("pins")]
