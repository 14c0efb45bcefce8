"""What is written in channels of Teams: questions, replies, what is shared, thanks.

A message's id holds what it was taken for, so that an edit which makes a question of it voids the
one and states the other, whether a notification told of the edit or a poll finds it edited. A
reply is read by the poller alone, with the message that it answers: a notification does not say
whose that is. A reaction carries its own time, and stands in its message.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from producers import mentions
from producers.connector import Event, Ignored, Made, Nudge, Statement
from producers.connectors.microsoft365 import text
from producers.connectors.microsoft365.options import Microsoft365Options
from producers.connectors.microsoft365.source import HOME, Agent, Source
from producers.places import Place, Use
from producers.statements import activity

#: What a message that begins a thread may be taken for; a reply is one.
FIRST = ("asked", "shared", "posted")
NOTHING = "a command to a program, a mere nod or a mention: no exchange between people"
PRIVATE = "a private or shared channel that the connection does not name: never read"
_RESOURCE = re.compile(
    r"teams\('(?P<team>[^']+)'\)/channels\('(?P<channel>[^']+)'\)"
    r"/messages\('(?P<first>[^']+)'\)(?:/replies\('(?P<reply>[^']+)'\))?"
)
#: Tones of skin, and what says that a sign is shown in colour.
_TONES = re.compile("[\U0001f3fb-\U0001f3ff\ufe0f]")

Message = Mapping[str, Any]


def said(event: Event, options: Microsoft365Options) -> Sequence[Made]:
    """Somebody asks, replies, shares, writes or thanks in a channel; edited, it is as it is now."""
    source = Source(options)
    if "resource" in event:
        return _notified(source, event)
    channel, message = event["channel"], event["message"]
    known = options.channels.get(channel)
    if known is None and event.get("membership") != "standard":
        raise Ignored(PRIVATE)
    place = source.place(known or Place())
    return _said(source, Thread(channel, place, event.get("root")), message)


def deleted(event: Event, options: Microsoft365Options) -> Sequence[Made]:
    """A message is gone, whoever deletes it: what it was taken for is voided."""
    found = _place_of(event)
    whats = ("replied",) if found["reply"] else FIRST
    name = found["reply"] or found["first"]
    return Source(options).voiding(*(_key(found["channel"], name, what) for what in whats))


def _place_of(event: Event) -> dict[str, str]:
    found = _RESOURCE.search(event["resource"])
    if found is None:
        raise ValueError("the resource is no message of a channel")
    return found.groupdict()


def _notified(source: Source, event: Event) -> Sequence[Made]:
    """What a notification says by itself, or that the poller must look."""
    found = _place_of(event)
    known = source.options.channels.get(found["channel"])
    if known:
        source.place(known)
    if found["reply"]:
        return [Nudge("replies")]
    message = event.get("resourceData") or {}
    if known is None or "messageType" not in message:
        return [Nudge("messages")]
    return _said(source, Thread(found["channel"], known, None), message)


class Thread:
    """Where a message stands: its channel, and the message that it answers."""

    def __init__(self, channel: str, place: Place, root: Message | None) -> None:
        self.channel, self.place, self.root = channel, place, root
        # A channel's own name may change, and what was said once is said so for good.
        self.topic = place.name or channel


def _said(source: Source, thread: Thread, message: Message) -> Sequence[Made]:
    if message.get("messageType") != "message":
        raise Ignored("what Teams itself says: who came, who called, what was renamed")
    made: list[Made] = [*_reactions(source, thread, message)]
    if message.get("deletedDateTime"):  # thanks that were given stay given
        return [*made, *source.voiding(*_keys(thread, message))]
    try:
        made += _written(source, thread, message)
    except Ignored:
        if not made:
            raise
    return made


def _written(source: Source, thread: Thread, message: Message) -> list[Made]:
    actor = source.identity(message.get("from"))
    what = _what(source, thread.place, message)
    made: list[Made] = []
    if what == "replied":
        made = [_replied(source, thread, actor, message)]
    elif what:
        made = [_began(source, thread, actor, message, what)]
    if message.get("lastEditedDateTime"):
        last = _key(thread.channel, message["id"], what)
        made += source.voiding(*(key for key in _keys(thread, message) if key != last))
    if not made:
        raise Ignored(NOTHING)
    return made


def _key(channel: str, name: str, what: str) -> str:
    return f"message:{channel}:{name}:{what}"


def _keys(thread: Thread, message: Message) -> list[str]:
    """The ids of all that a message may have been taken for."""
    whats = ("replied",) if message.get("replyToId") else FIRST
    return [_key(thread.channel, message["id"], what) for what in whats]


def _mentioned(message: Message) -> list[Mapping[str, Any]]:
    return [each.get("mentioned") or {} for each in message.get("mentions") or ()]


def _what(source: Source, place: Place, message: Message) -> str:
    """What a message is taken for; "" for nothing."""
    told = text.told(message)
    mentioned = _mentioned(message)
    to_program = any(
        each.get("application")
        or ((each.get("user") or {}).get("id") or "").lower() in source.options.bots
        for each in mentioned[:1]
    )
    if not told.says or to_program:
        return ""
    if message.get("replyToId"):
        return "replied"
    if place.use is Use.KNOWLEDGE:
        return "posted"
    if place.use is Use.HELP or told.asks:
        return "asked"
    return "shared" if text.documents(message) or _sources(source, told) else "posted"


def _sources(source: Source, told: text.Told) -> list[str]:
    """The hosts of links that one may learn from."""
    barred = source.options.no_sources
    return [
        host
        for host in told.hosts
        if not any(host == each or host.endswith(f".{each}") for each in barred)
    ]


def _began(
    source: Source, thread: Thread, actor: Agent, message: Message, what: str
) -> Statement:  # fmt: skip
    told = text.told(message)
    others = [
        found for each in _mentioned(message) if (found := source.other(each, actor))
    ]  # fmt: skip
    behaviour = {"asked": "ask", "shared": "curate", "posted": "collaborate"}[what]
    if thread.place.use is Use.KNOWLEDGE:
        behaviour = "record"
    if any(source.outside(each) for each in _mentioned(message)):
        behaviour = "connect"
    return source.statement(
        _key(thread.channel, message["id"], what),
        actor,
        what,
        _object(source, thread, message, what),
        behaviour,
        message["createdDateTime"],
        topic=thread.topic,
        tags=_sources(source, told),
        counterpart=mentions.alone(others),
        written=source.options.written(text.body(message), message.get("subject")),
    )


def _object(source: Source, thread: Thread, message: Message, what: str) -> dict[str, Any]:
    if what == "shared":
        for file in text.documents(message):
            return file_of(file["id"], "doc", source.options.named(file.get("name")))
        (host, *_) = _sources(source, text.told(message))
        return activity(f"https://{host}/", "link", host)
    title = source.options.named(message.get("subject"))
    return _message(thread.channel, message["id"], "question" if what == "asked" else "", title)


def _message(channel: str, name: str, kind: str = "", title: str = "") -> dict[str, Any]:
    """A message as an Activity: its address, and nothing that it says; its subject is a title."""
    address = f"https://teams.microsoft.com/l/message/{channel}/{name}"
    return activity(address, kind or "chat-message", title)


def file_of(name: str, kind: str, title: str = "") -> dict[str, Any]:
    """A file as an Activity, by the id that Teams and the audit log have in common."""
    return activity(f"{HOME}/files/{name.strip('{}').lower()}", kind, title)


def _replied(source: Source, thread: Thread, actor: Agent, message: Message) -> Statement:
    """Somebody replies: to a colleague's question that is help, else working together."""
    root = thread.root or {}
    asked = bool(root) and _what(source, thread.place, root) == "asked"
    counterpart = source.other(root.get("from"), actor)
    behaviour = "help" if asked and counterpart else "collaborate"
    return source.statement(
        _key(thread.channel, message["id"], "replied"),
        actor,
        "replied",
        _message(thread.channel, message["replyToId"], "question" if asked else ""),
        "connect" if counterpart and source.outside(root.get("from")) else behaviour,
        message["createdDateTime"],
        topic=thread.topic,
        tags=_sources(source, text.told(message)),
        counterpart=counterpart,
        written=source.options.written(text.body(message)),
    )


def _reactions(source: Source, thread: Thread, message: Message) -> list[Statement]:
    """Who thanks for a message, or keeps it; other signs say nothing."""
    made = []
    for each in message.get("reactions") or ():
        sign = _TONES.sub("", str(each.get("reactionType") or ""))
        thanks = sign in source.options.thanks
        if not thanks and sign not in source.options.bookmarks:
            continue
        try:
            actor = source.identity(each.get("user"))
        except Ignored:
            continue
        author = source.other(message.get("from"), actor)
        if thanks and author is None:
            continue  # to oneself, to a program, or to nobody who is named
        at, who = each["createdDateTime"], actor["account"]["name"]
        made.append(
            source.statement(
                f"reaction:{thread.channel}:{message['id']}:{who}:{sign}:{at}",
                actor,
                "liked" if thanks else "bookmarked",
                _message(thread.channel, message["id"]),
                "reinforce" if thanks else "bookmark",
                at,
                topic=thread.topic,
                counterpart=author,
            )
        )
    return made
