"""Comments: who asks, who answers, who works on a page with others.

An event is made by the poller: a comment as it was first written, with its page and, of a reply,
the comment that it answers. What is edited later changes nothing about what was done.
"""

from collections.abc import Sequence
from typing import NamedTuple

from producers import mentions
from producers.connector import Event, Ignored, Made
from producers.connectors.confluence import text
from producers.connectors.confluence.options import ConfluenceOptions, Use
from producers.connectors.confluence.source import Agent, Json, Source

NOTHING = "a mere nod, or nothing but a quote: no exchange between people"


class _Act(NamedTuple):
    verb: str
    behaviour: str
    target: Agent
    #: Whom it is for.
    whom: Json | str | None


def commented(event: Event, options: ConfluenceOptions) -> Sequence[Made]:
    """Somebody comments on a page, beside its lines, or answers a comment."""
    source, comment = Source(options), event["content"]
    use = source.use(comment)
    actor = source.person(comment["history"].get("createdBy"))
    told = text.told(comment, options.site)
    if not told.says:
        raise Ignored(NOTHING)
    if parent := event.get("parent"):
        act = _replied(source, comment, parent)
    elif use is Use.HELP:
        page = comment["container"]
        act = _Act("replied", "help", source.question(page), _author(page))
    else:
        act = _said(source, comment, told, actor)
    counterpart = source.other(act.whom, actor)
    behaviour = source.towards(act.whom, counterpart, act.behaviour)
    alone = not counterpart and act.behaviour != "ask"
    return [
        source.statement(
            f"comment:{comment['id']}",
            actor,
            act.verb,
            act.target,
            "collaborate" if alone else behaviour,
            comment["history"]["createdDate"],
            topic=source.topic(comment),
            tags=told.hosts,
            counterpart=counterpart,
            written=options.written(text.storage(comment)),
        )
    ]


def _replied(source: Source, comment: Json, parent: Json) -> _Act:
    """An answer to a comment: help where that asks, else working together."""
    if not text.told(parent, source.options.site).asks:
        return _Act("replied", "collaborate", source.thing(comment["container"]), _author(parent))
    return _Act("replied", "help", source.question(parent), _author(parent))


def _said(source: Source, comment: Json, told: text.Told, actor: Agent) -> _Act:
    """A comment that begins a thread: a question to whoever is mentioned or wrote the page."""
    author = _author(comment["container"])
    if not told.asks:
        return _Act("commented", "collaborate", source.thing(comment["container"]), author)
    others = [each for each in told.mentioned if source.other(each, actor)]
    whom = mentions.alone(others) or author
    return _Act("asked", "ask", source.question(comment), whom)


def _author(content: Json) -> Json | None:
    found: Json | None = (content.get("history") or {}).get("createdBy")
    return found


#: Kind → its mapper.
MAPPERS = {"comment.written": commented}
