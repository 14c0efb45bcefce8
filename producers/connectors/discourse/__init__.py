"""Discourse: what people ask, write down, answer, solve and thank for in a forum.

https://docs.discourse.org and https://meta.discourse.org/t/configure-webhooks-that-trigger-on-discourse-events-to-integrate-with-external-services/49045

An actor is the account {the forum's address, user name in lower case}. Private messages are never
read, nor whispers of the staff. Of a text is told whether its topic's title asks, whether it says
something, to which hosts it links; the text goes no further unless it is kept. One post is one act:
a topic's first one asks or writes down, any other replies; a solution says that a reply has become
an answer for those who come later; a like thanks. Topics are told by their first post.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from producers.connector import (
    FORM,
    JSON,
    Connector,
    Event,
    Ignored,
    Made,
    Nudge,
    Statement,
    Webhook,
    ignored_kinds,
)
from producers.connectors.discourse import text
from producers.connectors.discourse.options import DiscourseOptions
from producers.connectors.discourse.poll import poll
from producers.connectors.discourse.source import Source, topic_keys, voids
from producers.signatures import hex_hmac_sha256
from producers.statements import ACCEPTED

NOTHING = "a command to a program, a mere nod or a quote: no exchange between people"
READ_LATER = "left to the poller, which reads likes when they cannot be taken back any more"
_PRIVATE = "private_message"


def kind_of(headers: Mapping[str, str], body: Event) -> str:
    """The event's name; told apart where it must not be kept: unknown kinds are kept whole."""
    kind = headers.get("x-discourse-event") or headers.get("x-discourse-event-type", "")
    return f"private.{kind}" if any(map(_is_private, body.values())) else kind


def _is_private(part: Any) -> bool:
    if not isinstance(part, dict):
        return False
    kinds = (part.get("topic_archetype"), part.get("archetype"))
    return _PRIVATE in kinds or _is_private(part.get("post"))


connector = Connector(
    name="discourse",
    title="Discourse",
    docs="https://docs.discourse.org",
    webhook=Webhook(
        signature=hex_hmac_sha256("X-Discourse-Event-Signature", "sha256="),
        kind_of=kind_of,
        keeps=("x-discourse-event", "x-discourse-event-type", "x-discourse-event-id"),
        # Whichever of the two is chosen at Discourse, the body is JSON.
        content_types=(JSON, FORM),
    ),
    poll=poll,
    options=DiscourseOptions,
    ignored=ignored_kinds(__name__),
    told_as={"post_edited": "post_created", "post_recovered": "post_created"},
)


@connector.maps("post_created")
def wrote(event: Event, options: DiscourseOptions) -> Sequence[Made]:
    """Somebody begins a topic, or replies in one."""
    source = Source(event["post"], options)
    if source.post.get("user_deleted"):
        return voids(options, source.ids())
    source.check()
    made = _began(source) if source.first else _replied(source, event)
    # A poll finds a topic as it is now: what an edit made of it, it is alone.
    edited = source.first and source.post["updated_at"] != source.post["created_at"]
    return [*made, *_others(source)] if edited else made


@connector.maps("post_edited")
def edited(event: Event, options: DiscourseOptions) -> Sequence[Made]:
    """A post is edited: what that makes another thing of is voided; who edits is not told."""
    source = Source(event["post"], options)
    if source.post.get("user_deleted"):
        return voids(options, source.ids())
    source.check()
    if source.first:
        return [*_began(source), *_others(source)]
    return _replied(source, event)


@connector.maps("post_destroyed")
def gone(event: Event, options: DiscourseOptions) -> Sequence[Made]:
    """A post is gone, whoever deletes it: what it was taken for is voided."""
    return voids(options, Source(event["post"], options).ids())


@connector.maps("topic_destroyed")
def topic_gone(event: Event, options: DiscourseOptions) -> Sequence[Made]:
    """A topic is gone: its asking, or its writing down, is voided."""
    return voids(options, topic_keys(event["topic"]["id"]))


@connector.maps("post_recovered")
def back(event: Event, options: DiscourseOptions) -> Sequence[Made]:
    """A post is there again: it counts anew, since what is voided stays so."""
    source = Source(event["post"], options)
    source.check()
    made = _began(source, ":recovered") if source.first else _replied(source, event, ":recovered")
    return [*made, *voids(options, source.ids())]


@connector.maps("accepted_solution")
def solved(event: Event, options: DiscourseOptions) -> Sequence[Made]:
    """A reply is accepted as the solution: whoever wrote it has written down what others find."""
    source = Source(event["solved"], options)
    source.check()
    if options.read_topics and "topic" not in event:
        return [Nudge("solutions")]
    actor = source.author()
    return [
        source.statement(
            f"solution:{source.post['id']}",
            actor,
            "answered",
            source.topic(),
            "record",
            counterpart=source.other(_whose(source, event), actor),
            result=ACCEPTED,
            wrote=True,
        )
    ]


@connector.maps("unaccepted_solution")
def unsolved(event: Event, options: DiscourseOptions) -> Sequence[Made]:
    """A solution is taken back."""
    return voids(options, [f"solution:{event['solved']['id']}"])


@connector.maps("post_liked")
def thanked(event: Event, options: DiscourseOptions) -> list[Statement]:
    """Somebody thanks for a post by a like."""
    post, user = event["like"]["post"], event["like"]["user"]
    source = Source(post, options)
    source.check()
    if options.read_likes and "settled" not in event:
        raise Ignored(READ_LATER)
    actor = source.person(user["username"], user["id"])
    author = source.other(post["username"], actor)
    if author is None:
        raise Ignored("thanks to a program, or to nobody who has an account")
    name = f"like:{post['id']}:{user['id']}"
    return [source.statement(name, actor, "liked", source.thing(), "reinforce", counterpart=author)]


def _what(source: Source) -> str:
    return "asked" if source.asks else "posted"


def _began(source: Source, again: str = "") -> list[Statement]:
    what = _what(source)
    return [
        source.statement(
            f"topic:{source.post['topic_id']}:{what}{again}",
            source.author(),
            what,
            source.topic(),
            "ask" if what == "asked" else "record",
            tags=text.hosts(source.post.get("raw"), source.options.site),
            wrote=True,
        )
    ]


def _others(source: Source) -> list[Statement]:
    """Voids what a topic is not, or not any more."""
    other = [key for key in source.ids() if not key.endswith(f":{_what(source)}")]
    return voids(source.options, other)


def _replied(source: Source, event: Event, again: str = "") -> list[Made]:
    """Somebody replies: to a colleague's question that is help, else working together."""
    if not text.says(source.post.get("raw")):
        raise Ignored(NOTHING)
    actor = source.author()
    if source.options.read_topics and "topic" not in event and not again:
        return [Nudge("posts")]
    whose = _whose(source, event)
    counterpart = source.other(whose, actor)
    behaviour = "help" if source.asks and counterpart else "collaborate"
    return [
        source.statement(
            f"reply:{source.post['id']}{again}",
            actor,
            "replied",
            source.topic(),
            "connect" if source.is_outside(whose) else behaviour,
            counterpart=counterpart,
            tags=text.hosts(source.post.get("raw"), source.options.site),
            wrote=True,
        )
    ]


def _whose(source: Source, event: Event) -> str | None:
    """Whom a post answers: the author of the post it replies to, else of its topic."""
    if direct := source.post.get("reply_to_user"):
        return str(direct["username"])
    if not source.options.read_topics:  # a webhook does not say it, and both say the same
        return None
    begun = (event.get("topic") or {}).get("created_by") or {}
    return begun.get("username")
