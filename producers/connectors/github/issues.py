"""Issues: somebody asks for something to be found out, mended or made; and what becomes of it."""

from collections.abc import Mapping
from typing import Any

from producers.connector import Event, Ignored, Made, Mapper, Options, Statement
from producers.connectors.github import mentions, work
from producers.connectors.github.source import Source
from producers.statements import between
from xapi.signals import Happened


def asked(event: Event, options: Options) -> list[Made]:
    """Somebody asks for something to be found out, mended or made; one moved here asked before."""
    issue, source = event["issue"], Source(event, options)
    called = mentions.called(source)
    if not source.asks(issue):
        return [*_sorted(source, issue), *called]
    name, target = f"issue:{issue['id']}:opened", source.activity("issue", issue)
    actor, at = source.person(issue["user"]), issue["created_at"]
    written = source.options.written(issue.get("body"), issue.get("title"))
    made: list[Made] = [
        source.statement(name, actor, "submit", target, "ask", at, tags=issue, written=written),
        *called,
    ]
    moved = (event.get("changes") or {}).get("old_issue")
    if moved:
        before = mentions.keys(mentions.text_of({"issue": moved}))
        made += source.voiding(f"{name}:moved", f"issue:{moved['id']}:opened", *before)
    return made


def _sorted(source: Source, issue: Mapping[str, Any]) -> list[Made]:
    """An issue that plans work asks nothing, since when ever its type or a label says so; one that
    is an incident is work."""
    name, made = f"issue:{issue['id']}:opened", list[Made]()
    if source.is_incident(issue):
        made.append(work.incident(source, issue, Happened.OPENED, issue["created_at"]))
        if closed := issue.get("closed_at"):
            made.append(work.incident(source, issue, Happened.CLOSED, closed, occurrence=closed))
    return [*made, *source.voiding(f"{name}:sorted", name, by=issue["user"] or {"login": "ghost"})]


def labelled(event: Event, options: Options) -> list[Made]:
    """A type or a label says that an issue plans work, or is an incident: it asks nothing."""
    source = Source(event, options)
    if source.asks(event["issue"]):
        raise Ignored("sorting and labelling, no exchange of knowledge")
    return _sorted(source, event["issue"])


def closed(event: Event, options: Options) -> list[Made]:
    """Somebody brings an issue to its end; the result is how long it took, where it was done."""
    issue, source = event["issue"], Source(event, options)
    return _turned(source, issue, Happened.CLOSED, issue["closed_at"])


def reopened(event: Event, options: Options) -> list[Made]:
    """Somebody takes an issue up again."""
    issue, source = event["issue"], Source(event, options)
    return _turned(source, issue, Happened.REOPENED, issue["updated_at"])


def _turned(source: Source, issue: Mapping[str, Any], happened: Happened, at: str) -> list[Made]:
    """An issue ends, or begins again; an incident does whoever brings it about."""
    made: list[Made] = []
    if source.is_incident(issue):
        made.append(work.incident(source, issue, happened, at, occurrence=at))
    try:
        turn = _closing if happened is Happened.CLOSED else _reopening
        return [*made, turn(source, issue, at)]
    except Ignored:
        if not made:
            raise
        return made


def _closing(source: Source, issue: Mapping[str, Any], at: str) -> Statement:
    actor = source.person(source.event["sender"])
    # Asked for, an issue that is open again says "reopened".
    done = issue.get("state_reason") in (None, "completed", "reopened")
    counterpart = source.other(issue["user"], actor)
    return source.statement(
        f"issue:{issue['id']}:closed:{at}",
        actor,
        "close",
        source.activity("issue", issue),
        source.towards(counterpart, "collaborate"),
        at,
        tags=issue,
        counterpart=counterpart,
        duration=between(issue["created_at"], at) if done else None,
    )


def _reopening(source: Source, issue: Mapping[str, Any], at: str) -> Statement:
    actor = source.person(source.event["sender"])
    counterpart = source.other(issue["user"], actor)
    return source.statement(
        f"issue:{issue['id']}:reopened:{at}",
        actor,
        "reopened",
        source.activity("issue", issue),
        source.towards(counterpart, "collaborate"),
        at,
        tags=issue,
        counterpart=counterpart,
    )


def deleted_issue(event: Event, options: Options) -> list[Statement]:
    """An issue is gone: its opening, its last closing, and whom it called in, are voided."""
    issue = event["issue"]
    undone = [f"issue:{issue['id']}:opened"]
    if issue.get("closed_at"):
        undone.append(f"issue:{issue['id']}:closed:{issue['closed_at']}")
    undone += mentions.keys(mentions.text_of(event))
    return Source(event, options).voiding(f"issue:{issue['id']}:deleted", *undone)


#: Kind → its mapper.
MAPPERS: dict[str, Mapper] = {
    "issues.opened": asked,
    "issues.labeled": labelled,
    "issues.typed": labelled,
    "issues.closed": closed,
    "issues.reopened": reopened,
    "issues.deleted": deleted_issue,
}
