"""What people leave without a text: likes, labels, bookmarks, views, searches.

Likes are read by the poller. The others are told by Forge's events alone, whole and with their
time: https://developer.atlassian.com/platform/forge/events-reference/confluence/.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from producers.connector import Event, Ignored, Made
from producers.connectors.confluence.options import ConfluenceOptions
from producers.connectors.confluence.source import Json, Source, floored, identifier
from producers.statements import activity

#: A label that comes so soon with a page is part of its making.
MADE = timedelta(minutes=1)
OWN = "a look at what one wrote oneself"
THANKS_NOBODY = "thanks to a program, to oneself, or to nobody who has an account"
NOT_SHARED = "a label of a space, a template, or of one's own: nothing that helps others to find"
WITH_PAGE = "a label that came with the page: its template's, or part of writing it"
OTHER_RELATION = "no bookmark: likes are read by the poller, to watch is no act"


def liked(event: Event, options: ConfluenceOptions) -> Sequence[Made]:
    """Somebody thanks for a page, a blog post or a comment by a like; nothing says when."""
    source, content = Source(options), event["content"]
    source.use(content)
    actor = source.person(event["user"])
    author = content["history"].get("createdBy")
    counterpart = source.other(author, actor)
    if counterpart is None:
        raise Ignored(THANKS_NOBODY)
    return [
        source.statement(
            f"like:{content['id']}:{actor['account']['name']}",
            actor,
            "liked",
            source.thing(content),
            source.towards(author, counterpart, "reinforce"),
            content["history"]["createdDate"],
            topic=source.topic(content),
            counterpart=counterpart,
        )
    ]


def labelled(event: Event, options: ConfluenceOptions) -> Sequence[Made]:
    """Somebody puts a label on a page, so that others find it."""
    source, content, label = Source(options), event.get("content"), event["label"]
    if not content or label["prefix"] != "global":
        raise Ignored(NOT_SHARED)
    source.use(content)
    actor, at = source.person(event.get("atlassianId")), event["eventCreatedDate"]
    creator = content["history"].get("createdBy") or {}
    passed = datetime.fromisoformat(at) - datetime.fromisoformat(content["version"]["when"])
    first = content["version"]["number"] == 1 and identifier(creator) == event["atlassianId"]
    if first and passed <= MADE:
        raise Ignored(WITH_PAGE)
    return [
        source.statement(
            _label(event),
            actor,
            "annotated",
            source.thing(content),
            "curate",
            at,
            topic=source.topic(content),
            tags=[label["name"]],
            counterpart=source.other(creator, actor),
        )
    ]


def unlabelled(event: Event, options: ConfluenceOptions) -> Sequence[Made]:
    """A label is taken off: putting it there is voided."""
    if not event.get("content") or event["label"]["prefix"] != "global":
        raise Ignored(NOT_SHARED)
    return Source(options).voiding(_label(event))


def _label(event: Event) -> str:
    return f"label:{event['content']['id']}:{event['label']['name']}"


def viewed(event: Event, options: ConfluenceOptions) -> Sequence[Made]:
    """Somebody reads a page of somebody else's: once an hour, from its beginning."""
    source, content = Source(options), event["content"]
    source.use(content)
    actor = source.person(event.get("atlassianId"))
    if identifier(content["history"].get("createdBy") or {}) == actor["account"]["name"]:
        raise Ignored(OWN)
    hour = floored(event["eventCreatedDate"], minutes=60)
    return [
        source.statement(
            f"view:{content['id']}:{actor['account']['name']}:{hour}",
            actor,
            "viewed",
            source.thing(content),
            "read",
            hour,
            topic=source.topic(content),
        )
    ]


def searched(event: Event, options: ConfluenceOptions) -> Sequence[Made]:
    """Somebody searches, whatever for: once a minute, since results come while one types."""
    source = Source(options)
    user = {"accountId": event.get("atlassianId"), "accountType": event.get("accountType")}
    actor = source.person(user)
    minute = floored(event["eventCreatedDate"], minutes=1)
    return [
        source.statement(
            f"search:{actor['account']['name']}:{minute}",
            actor,
            "searched",
            activity(f"{options.site}/search", "search-query"),
            "search",
            minute,
        )
    ]


def kept(event: Event, options: ConfluenceOptions) -> Sequence[Made]:
    """Somebody stars a page, to find it again."""
    source, content = Source(options), _starred(event)
    source.use(content)
    actor = source.person(event["source"]["user"])
    return [
        source.statement(
            _star(event),
            actor,
            "bookmarked",
            source.thing(content),
            "bookmark",
            event["eventCreatedDate"],
            topic=source.topic(content),
        )
    ]


def unkept(event: Event, options: ConfluenceOptions) -> Sequence[Made]:
    """A star is taken off: keeping the page is voided."""
    _starred(event)
    return Source(options).voiding(_star(event))


def _starred(event: Event) -> Json:
    content: Json | None = event["target"].get("content")
    if event["relationName"] != "favourite" or not content or not event["source"].get("user"):
        raise Ignored(OTHER_RELATION)
    return content


def _star(event: Event) -> str:
    return f"star:{event['target']['content']['id']}:{identifier(event['source']['user'])}"


#: Kind → its mapper.
MAPPERS = {
    "like.given": liked,
    "label.added": labelled,
    "label.removed": unlabelled,
    "page.viewed": viewed,
    "blogpost.viewed": viewed,
    "search.performed": searched,
    "relation.created": kept,
    "relation.deleted": unkept,
}
