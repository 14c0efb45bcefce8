"""Pages and blog posts that are written and edited, and files that are put beside them.

An event is made by the poller: a content, and one of its versions with the one before it. A
version by whoever made the one before within the hour goes on with the same piece of work.
"""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from producers.connector import Event, Ignored, Made
from producers.connectors.confluence.options import ConfluenceOptions, Use
from producers.connectors.confluence.source import Json, Source, identifier, labels

#: So long after a version the next one by the same person is the same piece of work.
SITTING = timedelta(hours=1)
MINOR = "a minor edit, of which watchers were not told: a typing mistake, not knowledge"
MERE = "a box that is ticked, or what Confluence itself writes: no text of anybody's"
UNDOES = "brings an older version back: undoes what somebody wrote, and writes nothing"
GOES_ON = "goes on with what the same person wrote within the hour before"
REWORDED = "whoever asks words the question anew"
PICTURE = "a picture or a drawing: part of the page that it is put into"
AGAIN = "a file that is there already, in a newer version"
#: What Confluence itself writes as a version's comment, in English.
_MERE = re.compile(r"task marked (?:in)?complete|migrat(?:ed|ion) (?:to|of) .*", re.IGNORECASE)
_UNDOES = re.compile(r"reverted from v\. ?\d+.*", re.IGNORECASE | re.DOTALL)
#: Media types of files that people hand on to read, to see or to fill in.
_DOCUMENT = re.compile(
    r"application/(?:pdf|rtf|zip|msword|epub\+zip|vnd\.(?:ms-|openxmlformats|oasis)\S*)"
    r"|text/(?:plain|csv|markdown|html)|video/\S+|audio/\S+"
)


def wrote(event: Event, options: ConfluenceOptions) -> Sequence[Made]:
    """Somebody publishes a page or a blog post; in a space for help that asks."""
    source, content, version = Source(options), event["content"], event["version"]
    asks = source.use(content) is Use.HELP
    target = source.thing(content)
    if asks:
        target = source.question(content)
    return [
        source.statement(
            f"content:{content['id']}:1",
            source.person(version.get("by")),
            "asked" if asks else "author",
            target,
            "ask" if asks else "record",
            version["when"],
            topic=source.topic(content),
            tags=labels(content),
        )
    ]


def edited(event: Event, options: ConfluenceOptions) -> Sequence[Made]:
    """Somebody edits a page: their own, or what a colleague has written down."""
    source, content, version = Source(options), event["content"], event["version"]
    asks = source.use(content) is Use.HELP
    actor = source.person(version.get("by"))
    if reason := _no_text(version, options) or _goes_on(version, event.get("previous"), options):
        raise Ignored(reason)
    creator = content["history"].get("createdBy")
    counterpart = source.other(creator, actor)
    behaviour = "record"
    if counterpart:
        behaviour = source.towards(creator, counterpart, "help" if asks else "curate")
    elif asks:
        raise Ignored(REWORDED)
    return [
        source.statement(
            f"content:{content['id']}:{version['number']}",
            actor,
            "edited",
            source.thing(content),
            behaviour,
            version["when"],
            topic=source.topic(content),
            tags=labels(content),
            counterpart=counterpart,
        )
    ]


def attached(event: Event, options: ConfluenceOptions) -> Sequence[Made]:
    """Somebody puts a document beside a page for others."""
    source, content = Source(options), event["content"]
    source.use(content)
    actor = source.person(content["version"].get("by"))
    if content["version"]["number"] != 1:
        raise Ignored(AGAIN)
    media = (content.get("extensions") or {}).get("mediaType")
    media = media or (content.get("metadata") or {}).get("mediaType") or ""
    if not _DOCUMENT.fullmatch(media.partition(";")[0]):
        raise Ignored(PICTURE)
    return [
        source.statement(
            f"attachment:{str(content['id']).removeprefix('att')}",
            actor,
            "shared",
            source.thing(content),
            "curate",
            content["version"]["when"],
            topic=source.topic(content),
        )
    ]


def _no_text(version: Json, options: ConfluenceOptions) -> str:
    """Why a version writes nothing of anybody's; "" where it does."""
    said = (version.get("message") or "").strip()
    if _UNDOES.fullmatch(said):
        return UNDOES
    if _MERE.fullmatch(said):
        return MERE
    return MINOR if version.get("minorEdit") and not options.minor_edits else ""


def _goes_on(version: Json, previous: Json | None, options: ConfluenceOptions) -> str:
    if not previous or _no_text(previous, options):
        return ""
    same = identifier(previous.get("by") or {}) == identifier(version.get("by") or {})
    passed = datetime.fromisoformat(version["when"]) - datetime.fromisoformat(previous["when"])
    return GOES_ON if same and passed <= SITTING else ""


#: Kind → its mapper.
MAPPERS = {
    "page.written": wrote,
    "page.edited": edited,
    "blogpost.written": wrote,
    "blogpost.edited": edited,
    "attachment.written": attached,
}
