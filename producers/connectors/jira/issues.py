"""Issues: who asks by one, and their life as work signals.

A webhook tells a change by the ids of statuses and not whether they are open or done, and not who
linked to what; so of those it makes the poller look.
"""

from collections.abc import Sequence

from producers.connector import Event, Ignored, Made, Nudge, Statement
from producers.connectors.jira import comments, text
from producers.connectors.jira.options import JiraOptions
from producers.connectors.jira.source import Source, voids
from xapi.signals import Happened, Item

#: Fields of whose changes the poller tells, and the names of links to pages.
LINKED = frozenset({"RemoteIssueLink", "RemoteWorkItemLink"})
TOLD = LINKED | {"status", "issuetype", "labels", "WorklogId"}
UPKEEP = "sorting, assigning, planning or an edit: no act of asking or answering"
#: A status' category in which nothing is done yet, and that in which all is.
NEW, DONE = "new", "done"
#: How often an issue is taken back as a question that is deleted.
_OFTEN = 3


def opened(event: Event, options: JiraOptions) -> Sequence[Made]:
    """An issue is opened; one whose type or label says so asks."""
    source = Source(event, options)
    source.check()
    fields = source.fields
    priority = str((fields.get("priority") or {}).get("name") or "").lower().replace(" ", "_")
    made: list[Made] = [
        source.signal(Happened.OPENED, fields["created"], by=fields.get("creator"), detail=priority)
    ]
    if source.asks and source.is_ours(source.reporter):
        made.append(_asked(source, 1))
    return made


def sorted_anew(event: Event, options: JiraOptions) -> Sequence[Made]:
    """An issue's type or labels say now that it asks, or that it is an incident; or no more."""
    source, history = Source(event, options), event["history"]
    source.check()
    made: list[Made] = []
    if event["incident"] is not None:
        happened = Happened.OPENED if event["incident"] else Happened.CLOSED
        made.append(
            source.signal(
                happened,
                history["created"],
                by=history.get("author"),
                occurrence=history["id"],
                detail="sorted",
                kind=Item.INCIDENT,
            )
        )
    if event["asks"] and source.is_ours(source.reporter):
        made.append(_asked(source, event["occurrence"]))
    elif event["asks"] is False:
        made += source.voiding(_question(source.issue["id"], event["occurrence"]))
    return made


def moved(event: Event, options: JiraOptions) -> Sequence[Made]:
    """An issue is started, done or taken up again; it counts as no learning."""
    source, history = Source(event, options), event["history"]
    source.check()
    was, now = event["was"], event["now"]
    detail = event.get("resolution") or now
    if (was == DONE) == (now == DONE):
        if source.is_request or not (was == NEW and now not in (NEW, "")):
            raise Ignored("the issue is as open, or as done, as before")
        happened, detail = Happened.ANSWERED, "started"
    else:
        happened = Happened.CLOSED if now == DONE else Happened.REOPENED
    return [
        source.signal(
            happened,
            history["created"],
            by=history.get("author"),
            occurrence=history["id"],
            detail=detail.lower().replace(" ", "_"),
        )
    ]


def updated(event: Event, options: JiraOptions) -> Sequence[Made]:
    """An issue is changed or, at Data Center, somebody says something under it."""
    made: list[Made] = []
    changed = {each["field"] for each in (event.get("changelog") or {}).get("items") or ()}
    if changed & TOLD:
        made.append(Nudge(comments.ISSUES))
    if "comment" in event:
        gone = event.get("issue_event_type_name") == "issue_comment_deleted"
        try:
            made += (comments.deleted if gone else comments.said)(event, options)
        except Ignored:
            if not made:
                raise
    if not made:
        raise Ignored(UPKEEP)
    return made


def deleted(event: Event, options: JiraOptions) -> Sequence[Made]:
    """An issue is deleted: it asked nothing."""
    number = event["issue"]["id"]
    return voids(options, [_question(number, each) for each in range(1, _OFTEN + 1)])


def _asked(source: Source, occurrence: int) -> Statement:
    """Somebody asks by an issue, when it was made: also where its label came later."""
    return source.statement(
        _question(source.issue["id"], occurrence),
        source.person(source.reporter),
        "asked",
        "ask",
        source.fields["created"],
        written=source.options.written(
            text.wiki(source.fields.get("description")), source.fields.get("summary")
        ),
    )


def _question(issue: str, occurrence: int) -> str:
    """An issue's id as a question; taken back and asked again it is another one."""
    return f"issue:{issue}:asked" + (f":{occurrence}" if occurrence > 1 else "")


#: Kind → its mapper.
MAPPERS = {
    "issue_created": opened,
    "issue_updated": updated,
    "issue_deleted": deleted,
    "issue.sorted": sorted_anew,
    "issue.moved": moved,
}
