"""What is written in channels: questions, replies, what is shared, and what becomes of it later.

A message's id holds what it was taken for, so that an edit which makes a question of it voids the
one and states the other, whether a webhook told of the edit or a poll finds it edited. An edit that
does not change what it is changes nothing.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from producers import mentions, people
from producers.connector import Event, Ignored, Made, Nudge, Statement
from producers.connectors.slack import text
from producers.connectors.slack.options import SlackOptions
from producers.connectors.slack.source import Source
from producers.places import Place, Use
from producers.statements import activity

#: What a message that begins a thread may be taken for; a reply is one.
FIRST = ("asked", "shared", "posted")
#: Kinds of messages that people write.
WRITTEN = ("", "file_share", "me_message", "thread_broadcast")
NOTHING = "a command to a program, a mere nod or a mention: no exchange between people"
SAME = "an edit that changes nothing about what was done, which is counted once"
_PICTURES = ("image/", "video/", "audio/")

Message = Mapping[str, Any]


def said(envelope: Event, options: SlackOptions) -> Sequence[Made]:
    """Somebody asks, replies, shares or writes in a channel; edited, it counts as it is now."""
    source = Source(envelope, options)
    return _said(source, source.event, source.event["channel"])


def changed(envelope: Event, options: SlackOptions) -> Sequence[Made]:
    """A message is edited: where that makes something else of it, what it was is voided."""
    source = Source(envelope, options)
    place = source.place(source.event["channel"], source.event.get("channel_type") or "")
    now, before = source.event["message"], source.event.get("previous_message") or {}
    if now.get("subtype") == "tombstone":
        return _gone(source, now)
    if (now.get("subtype") or "") not in WRITTEN or not now.get("edited"):
        raise Ignored("nobody edited it: Slack showed a link's preview, or counts replies")
    if before.get("edited") == now["edited"]:
        raise Ignored("nobody edited it: Slack showed a link's preview, or counts replies")
    if before and _what(source, place, before) == _what(source, place, now):
        raise Ignored(SAME)
    return _said(source, now, source.event["channel"])


def deleted(envelope: Event, options: SlackOptions) -> Sequence[Made]:
    """A message is gone, whoever deletes it: what it was taken for is voided."""
    source = Source(envelope, options)
    source.place(source.event["channel"], source.event.get("channel_type") or "")
    gone = source.event.get("previous_message")
    if gone is None:  # Slack does not say what it was: neither a beginning nor a reply is left
        ts = source.event["deleted_ts"]
        return [*_gone(source, {"ts": ts}), *_gone(source, {"ts": ts, "thread_ts": ""})]
    return _gone(source, gone)


def tombstone(envelope: Event, options: SlackOptions) -> Sequence[Made]:
    """A message that is gone, in whose place Slack shows that it was there."""
    source = Source(envelope, options)
    return _gone(source, source.event)


def _said(source: Source, message: Message, channel: str) -> Sequence[Made]:
    place = source.place(channel, source.event.get("channel_type") or "")
    actor = source.person(message.get("user"), message)
    what = _what(source, place, message)
    made: list[Made] = []
    if what == "replied":
        made = _replied(source, place, actor, message, channel)
    elif what:
        made = [_began(source, place, actor, message, channel, what)]
    if message.get("edited"):
        others = [key for key in _keys(message, channel) if not key.endswith(f":{what}")]
        made += source.voiding(*others)
    if not made:
        raise Ignored(NOTHING)
    return made


def _gone(source: Source, message: Message) -> Sequence[Made]:
    event = source.event
    source.place(event["channel"], event.get("channel_type") or "")
    if message.get("bot_id"):
        raise Ignored(people.BOT)
    return source.voiding(*_keys(message, event["channel"]))


def _is_reply(message: Message) -> bool:
    return bool(message.get("thread_ts", message["ts"]) != message["ts"])


def _keys(message: Message, channel: str) -> list[str]:
    """The ids of all that a message may have been taken for."""
    whats = ("replied",) if _is_reply(message) else FIRST
    return [f"message:{channel}:{message['ts']}:{what}" for what in whats]


def _what(source: Source, place: Place, message: Message) -> str:
    """What a message is taken for; "" for nothing."""
    told = text.told(message)
    if not told.says or set(told.mentioned[:1]) & source.options.bots:
        return ""
    if _is_reply(message):
        return "replied"
    if place.use is Use.KNOWLEDGE:
        return "posted"
    if place.use is Use.HELP or told.asks or set(told.mentioned) & source.asked_for:
        return "asked"
    return "shared" if _shares(source, told, message) else "posted"


def _shares(source: Source, told: text.Told, message: Message) -> bool:
    return bool(_documents(message) or _sources(source, told))


def _documents(message: Message) -> list[Message]:
    """The files that are more than pictures."""
    return [
        each
        for each in message.get("files") or ()
        if each.get("id") and not str(each.get("mimetype") or "").startswith(_PICTURES)
    ]


def _sources(source: Source, told: text.Told) -> list[str]:
    """The hosts of links that one may learn from."""
    barred = source.options.no_sources
    return [
        host
        for host in told.hosts
        if not any(host == each or host.endswith(f".{each}") for each in barred)
    ]


def _began(
    source: Source, place: Place, actor: dict[str, Any], message: Message, channel: str, what: str
) -> Statement:
    """Somebody begins: asks, shares, or writes; with people from outside it is connecting."""
    told = text.told(message)
    mentioned = [found for user in told.mentioned if (found := source.other(user, actor))]
    behaviour = {"asked": "ask", "shared": "curate", "posted": "collaborate"}[what]
    if place.use is Use.KNOWLEDGE:
        behaviour = "record"
    return source.statement(
        f"message:{channel}:{message['ts']}:{what}",
        actor,
        what,
        _object(source, message, channel, what),
        "connect" if source.shared else behaviour,
        message["ts"],
        topic=place.name or channel,
        tags=_sources(source, told),
        counterpart=mentions.alone(mentioned),
        written=source.options.written(message.get("text")),
    )


def _object(source: Source, message: Message, channel: str, what: str) -> dict[str, Any]:
    if what == "shared":
        for file in _documents(message):
            name = source.options.named(file.get("title") or file.get("name"))
            return activity(f"{source.host}/files/{file['id']}", "doc", name)
        (host, *_) = _sources(source, text.told(message))
        return activity(f"https://{host}/", "link", host)
    kind = "question" if what == "asked" else "chat-message"
    return source.message(channel, message["ts"], kind)


def _replied(
    source: Source, place: Place, actor: dict[str, Any], message: Message, channel: str
) -> list[Made]:
    """Somebody replies: to a colleague's question that is help, else working together."""
    root = source.envelope.get("root") or message.get("root")
    told_alone = place.use is Use.HELP or source.shared or not source.options.read_threads
    if not told_alone and root is None:
        return [Nudge("threads")]
    asked = place.use is Use.HELP
    if not told_alone and root is not None:
        asked = _what(source, place, root) == "asked" and not root.get("bot_id")
    whose = message.get("parent_user_id") or (message.get("root") or {}).get("user")
    counterpart = source.other(whose, actor)
    behaviour = "help" if asked and counterpart else "collaborate"
    return [
        source.statement(
            f"message:{channel}:{message['ts']}:replied",
            actor,
            "replied",
            source.message(channel, message["thread_ts"], "question" if asked else "chat-message"),
            "connect" if source.shared else behaviour,
            message["ts"],
            topic=place.name or channel,
            tags=_sources(source, text.told(message)),
            counterpart=counterpart,
            written=source.options.written(message.get("text")),
        )
    ]
