"""Notes: what people say under issues, changes, snippets and commits.

What somebody says on lines of a change, answers there included, is one act an hour: GitLab
publishes a review as single notes and does not say which belong together.
"""

from producers.connector import Event, Ignored, Made, Statement
from producers.connectors.gitlab.changes import reviewing
from producers.connectors.gitlab.options import GitLabOptions
from producers.connectors.gitlab.source import Source, Thing, looking, moment
from producers.utterances import is_exchange
from xapi.signals import Signal

SYSTEM = "GitLab itself says so: no exchange between people"
NOTHING = "a command to a program, or a mere nod: no exchange between people"
LINE = "DiffNote"


@looking("events")
def on_issue(event: Event, options: GitLabOptions) -> list[Statement]:
    """Somebody answers under an issue; under one's own it is working on a task."""
    source, issue = Source(event, options), event["issue"]
    return [_said(source, issue, source.issue(issue), "help")]


@looking("events")
def on_change(event: Event, options: GitLabOptions) -> list[Made]:
    """Somebody answers under a change, or reviews it line by line."""
    source, change = Source(event, options), event["merge_request"]
    if event["object_attributes"].get("type") == LINE:
        return list(_reviewed(source, change))
    return [_said(source, change, source.change(change), "help")]


@looking("events")
def on_snippet(event: Event, options: GitLabOptions) -> list[Statement]:
    """Somebody says something about a snippet."""
    source, snippet = Source(event, options), event["snippet"]
    target = source.thing(f"snippets/{snippet['id']}", "doc", title=snippet.get("title"))
    return [_said(source, snippet, target, "collaborate")]


def on_commit(event: Event, options: GitLabOptions) -> list[Statement]:
    """Somebody comments on a commit; GitLab does not say whose account it is by."""
    source, commit = Source(event, options), event["object_attributes"]["commit_id"]
    return [_said(source, {}, source.thing(f"commit/{commit}", "code-commit"), "collaborate")]


def _said(source: Source, under: Thing, target: Thing, behaviour: str) -> Statement:
    note = source.event["object_attributes"]
    actor = _speaker(source, note, under)
    counterpart = source.other(under, actor, read=True)
    return source.statement(
        f"note:{note['id']}",
        actor,
        "commented",
        target,
        source.towards(counterpart, behaviour),
        note["created_at"],
        labels=under.get("labels") or (),
        counterpart=counterpart,
        written=source.options.written(note.get("note")),
    )


def _speaker(source: Source, note: Thing, under: Thing) -> Thing:
    """Who says something to others. Raises Ignored."""
    source.readable(note, under)
    if note.get("system"):
        raise Ignored(SYSTEM)
    actor = source.person(note.get("author_id"))
    if not is_exchange(note.get("note")):
        raise Ignored(NOTHING)
    return actor


def _reviewed(source: Source, change: Thing) -> tuple[Statement | Signal, ...]:
    note = source.event["object_attributes"]
    actor = _speaker(source, note, change)
    hour, at = _hour(note["created_at"], change["created_at"])
    own = str(change.get("author_id")) == actor["account"]["name"]
    counterpart = source.other(change, actor, read=True)
    said = source.statement(
        f"review:{change['id']}:{actor['account']['name']}:{hour}",
        actor,
        "commented" if own else "reviewed",
        source.change(change),
        source.towards(counterpart, "reinforce"),
        at,
        labels=change.get("labels") or (),
        counterpart=counterpart,
        written=source.options.written(note.get("note")),
    )
    return (said,) if own else (said, reviewing(source, change, actor, at, hour, "commented"))


def _hour(said: str, opened: str) -> tuple[str, str]:
    """The hour in which something is said; and from when it counts, never before it could be."""
    hour = moment(said)[: len("2026-05-04T08")]
    return hour, max(moment(f"{hour}:00:00Z"), moment(opened))


#: Kind → its mapper.
MAPPERS = {
    "note.issue": on_issue,
    "note.merge_request": on_change,
    "note.snippet": on_snippet,
    "note.commit": on_commit,
}
