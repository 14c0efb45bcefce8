"""Comments: who asks, who answers, whom; and the first reply to a request.

A comment is one act, and its id holds what it was taken for and whom it names, so that an edit
which makes something else of it voids the one and states the other.
"""

from collections.abc import Collection, Sequence

from producers import people
from producers.connector import Event, Ignored, Made, Nudge, Statement
from producers.connectors.jira import text
from producers.connectors.jira.options import JiraOptions
from producers.connectors.jira.source import (
    CONFIDENTIAL,
    Agent,
    Source,
    Thing,
    name_of,
    voids,
)
from producers.statements import agent
from xapi.signals import Happened

NOTHING = "a command, a thank-you or a mere nod: no exchange between people"
#: The stream that reads what a webhook does not tell whole.
ISSUES = "issues"
#: What a comment may be taken for.
WHATS = ("asked", "commented", "replied")
#: Where Data Center keeps whether a comment is for the staff alone.
_INTERNAL = "sd.public.comment"


def said(event: Event, options: JiraOptions) -> Sequence[Made]:
    """Somebody asks or answers under an issue, or works on it with others.

    A webhook of an edit holds the issue as it is by then, which may be in another project: what the
    comment was said under is the poller's to find.
    """
    source, comment = Source(event, options), event["comment"]
    if not source.whole or is_public(source, comment) is None:
        return [Nudge(ISSUES)]
    if "webhookEvent" in event and is_edited(comment):
        return [Nudge(ISSUES)]
    source.check()
    told, made = text.told(comment.get("body")), list[Made]()
    if event.get("first"):
        made.append(
            source.signal(
                Happened.ANSWERED, comment["created"], by=comment["author"], detail="replied"
            )
        )
    known = {name_of(source.reporter), name_of(source.fields.get("assignee"))} - {""}
    keys = _keys(comment, told, known) if is_edited(comment) else []
    try:
        statement, key = _statement(source, comment, told)
        made.append(statement)
        keys = [each for each in keys if each != key]
    except Ignored:
        if not made and not keys:
            raise
    return [*made, *source.voiding(*keys)]


def deleted(event: Event, options: JiraOptions) -> Sequence[Made]:
    """A comment is deleted: whatever it was taken for, it is void."""
    comment = event["comment"]
    return voids(options, _keys(comment, text.told(comment.get("body"))))


def is_edited(comment: Thing) -> bool:
    """Whether a comment was changed after it was written."""
    return bool((comment.get("updated") or comment["created"]) != comment["created"])


def is_public(source: Source, comment: Thing) -> bool | None:
    """Whether whoever asked can read a comment; None where it is not told."""
    if not source.is_request:
        return True
    if "jsdPublic" in comment:
        return bool(comment["jsdPublic"])
    if "properties" not in comment:
        return None
    kept = {each["key"]: each["value"] for each in comment["properties"] or ()}
    return str((kept.get(_INTERNAL) or {}).get("internal")).lower() != "true"


def is_reply(event: Event, options: JiraOptions) -> bool:
    """Whether a comment is an answer, by somebody of ours, that the request's reporter can read."""
    source, comment = Source(event, options), event["comment"]
    author = comment.get("author")
    if not source.is_request or comment.get("visibility") or not is_public(source, comment):
        return False
    return source.is_ours(author) and name_of(author) != name_of(source.reporter)


def _keys(comment: Thing, told: text.Told, known: Collection[str] = ()) -> list[str]:
    """The ids of all that a comment may have been taken for; `known` it may have named before."""
    names = dict.fromkeys([*_names(told), *sorted(known)])
    suffixes = ("", ":several", *(f":{name}" for name in names))
    return [f"comment:{comment['id']}:{what}{suffix}" for what in WHATS for suffix in suffixes]


def _names(told: text.Told) -> list[str]:
    """The accounts that a text mentions; usernames know no upper case."""
    return [name if ":" in name else name.lower() for name in told.mentioned]


def _statement(source: Source, comment: Thing, told: text.Told) -> tuple[Statement, str]:
    """What a comment is taken for, and its id. Raises Ignored."""
    if comment.get("visibility"):
        raise Ignored(CONFIDENTIAL)
    actor = source.person(comment.get("author"))
    if told.written:
        raise Ignored(people.BOT)
    if not told.says:
        raise Ignored(NOTHING)
    public = bool(is_public(source, comment))
    counterpart, suffix = _addressed(source, actor, told, public)
    behaviour = _behaviour(source, actor, counterpart, told, named=bool(suffix))
    verb = "asked" if behaviour == "ask" else "commented"
    if source.is_request and public and verb == "commented":
        verb = "replied"
    key = f"comment:{comment['id']}:{verb}{suffix}"
    made = source.statement(
        key,
        actor,
        verb,
        behaviour,
        comment["created"],
        counterpart=counterpart,
        written=source.options.written(text.wiki(comment.get("body"))),
    )
    return made, key


def _addressed(
    source: Source, actor: Agent, told: text.Told, public: bool
) -> tuple[Agent | None, str]:
    """Whom a comment is for, and how its id says so: who is mentioned, else whose issue it is.

    Of several who are mentioned none is singled out. A note for the staff is the assignee's.
    """
    me = actor["account"]["name"]
    names = [each for each in _names(told) if each not in source.options.bots and each != me]
    if len(names) > 1:
        return None, ":several"
    if names:
        return agent(source.options.site, names[0]), f":{names[0]}"
    return source.other(source.reporter if public else source.fields.get("assignee"), actor), ""


def _behaviour(
    source: Source, actor: Agent, counterpart: Agent | None, told: text.Told, *, named: bool
) -> str:
    """To talk to a customer is connecting, to answer a colleague help, else it is working."""
    name = counterpart["account"]["name"] if counterpart else ""
    whose = source.reporter if name == name_of(source.reporter) else {"name": name}
    if counterpart and source.is_outside(whose):
        return "connect"
    if told.asks:
        return "ask"
    return "help" if counterpart and not _works(source, actor, named=named) else "collaborate"


def _works(source: Source, actor: Agent, *, named: bool) -> bool:
    """Whether somebody tells how far they are: under their own issue, or one that they work on.

    Who is asked by an issue, or by a request, answers; and so does who names somebody.
    """
    me = actor["account"]["name"]
    if me == name_of(source.reporter):
        return True
    planned = not (source.asks or source.is_request or named)
    return planned and me == name_of(source.fields.get("assignee"))


#: Kind → its mapper.
MAPPERS = {"comment_created": said, "comment_updated": said, "comment_deleted": deleted}
