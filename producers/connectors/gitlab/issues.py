"""Issues: somebody asks for something to be found out, mended or made; and what becomes of it."""

from producers.connector import Event, Ignored, Made, Statement
from producers.connectors.gitlab.options import GitLabOptions
from producers.connectors.gitlab.source import Source, Thing, moment
from producers.statements import between
from xapi.signals import Happened, Item, Signal

INCIDENT = "incident"
#: Types that ask for something; tasks, requirements, goals and epics plan what is known.
QUESTIONS = ("", "issue", INCIDENT)
PLANNED = "planned work, such as a task, a goal or an epic: nothing is asked"


def opened(event: Event, options: GitLabOptions) -> list[Made]:
    """Somebody opens an issue; an incident is work, and asks nothing."""
    issue = _issue(event)
    source = Source(event, options)
    source.readable(issue)
    if _type(issue) == INCIDENT:
        return [_incident(source, issue, Happened.OPENED, issue["created_at"])]
    name, at = f"issue:{issue['id']}:opened", issue["created_at"]
    actor, target = source.author(issue), source.issue(issue)
    labels, written = (
        _labels(event, issue),
        source.options.written(issue.get("description"), issue.get("title")),
    )
    return [
        source.statement(name, actor, "submit", target, "ask", at, labels=labels, written=written)
    ]


def closed(event: Event, options: GitLabOptions) -> list[Made]:
    """Somebody brings an issue to its end; one that is moved goes on elsewhere, asked there."""
    issue = _issue(event)
    source = Source(event, options)
    at = moment(issue.get("closed_at") or issue["updated_at"])
    if issue.get("moved_to_id"):
        # A webhook tells the closing before it is marked as moved.
        undone = (f"issue:{issue['id']}:{what}" for what in ("opened", f"closed:{at}"))
        return [*source.voiding(f"issue:{issue['id']}:moved", *undone)]
    done = not issue.get("duplicated_to_id")
    return _turned(source, Happened.CLOSED, "close", at, done=done)


def reopened(event: Event, options: GitLabOptions) -> list[Made]:
    """Somebody takes an issue up again."""
    issue = _issue(event)
    source = Source(event, options)
    return _turned(source, Happened.REOPENED, "reopened", moment(issue["updated_at"]))


def _turned(
    source: Source, happened: Happened, verb: str, at: str, *, done: bool = False
) -> list[Made]:
    """Work on an issue ends or begins again; an incident's end is told whoever brings it about."""
    issue, made = source.event["object_attributes"], list[Made]()
    source.readable(issue)
    if _type(issue) == INCIDENT:
        made.append(_incident(source, issue, happened, at, occurrence=at))
    try:
        made.append(_statement(source, verb, f"{happened}:{at}", at, done=done))
    except Ignored:
        if not made:
            raise
    return made


def _statement(source: Source, verb: str, name: str, at: str, *, done: bool) -> Statement:
    """Somebody closes an issue or opens it again; what was done says how long it took."""
    issue = source.event["object_attributes"]
    actor = source.person()
    counterpart = source.other(issue, actor)
    return source.statement(
        f"issue:{issue['id']}:{name}",
        actor,
        verb,
        source.issue(issue),
        source.towards(counterpart, "collaborate"),
        at,
        labels=_labels(source.event, issue),
        counterpart=counterpart,
        duration=between(moment(issue["created_at"]), at) if done else None,
    )


def _issue(event: Event) -> Thing:
    """What it is about. Raises Ignored for what plans: an epic is not even a project's."""
    issue: Thing = event["object_attributes"]
    if _type(issue) not in QUESTIONS:
        raise Ignored(PLANNED)
    return issue


def _type(issue: Thing) -> str:
    return str(issue.get("type") or "").lower().replace(" ", "_")


def _labels(event: Event, issue: Thing) -> list[Thing | str]:
    return list(event.get("labels") or issue.get("labels") or ())


def _incident(
    source: Source, issue: Thing, happened: Happened, at: str, occurrence: str = ""
) -> Signal:
    return source.signal(
        Item.INCIDENT,
        f"incident/{issue['id']}",
        happened,
        at,
        source.issue(issue)["id"],
        by=source.somebody,
        occurrence=occurrence,
        detail=str(issue.get("severity") or "").lower(),
    )


#: Kind → its mapper.
MAPPERS = {
    "issue.open": opened,
    "issue.close": closed,
    "issue.reopen": reopened,
    "work_item.open": opened,
    "work_item.close": closed,
    "work_item.reopen": reopened,
}
