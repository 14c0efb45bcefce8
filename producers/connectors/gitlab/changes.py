"""Merge requests: work signals of their life; who approves one learns and teaches by it."""

from producers.connector import Event, Ignored, Made, Statement
from producers.connectors.gitlab.options import GitLabOptions
from producers.connectors.gitlab.source import Source, Thing, looking, moment
from xapi.signals import Happened, Item, Signal


def opened(event: Event, options: GitLabOptions) -> list[Signal]:
    """A change is proposed."""
    source, change = Source(event, options), event["object_attributes"]
    return [_signal(source, change, Happened.OPENED, change["created_at"])]


def reopened(event: Event, options: GitLabOptions) -> list[Signal]:
    """A change is proposed again."""
    source, change = Source(event, options), event["object_attributes"]
    at = moment(change["updated_at"])
    return [_signal(source, change, Happened.REOPENED, at, occurrence=at)]


def merged(event: Event, options: GitLabOptions) -> list[Signal]:
    """A change is merged, which happens once."""
    source, change = Source(event, options), event["object_attributes"]
    return [
        _signal(
            source,
            change,
            Happened.CLOSED,
            change.get("merged_at") or change["updated_at"],
            occurrence="merged",
            detail="merged",
            revision=_merged_as(change),
        )
    ]


def _merged_as(change: Thing) -> str:
    """The commit that was merged; a webhook does not tell one that squashed without a merge."""
    last = (change.get("last_commit") or {}).get("id") or change.get("sha")
    return str(change.get("merge_commit_sha") or change.get("squash_commit_sha") or last or "")


def closed(event: Event, options: GitLabOptions) -> list[Signal]:
    """A change is closed without being merged."""
    source, change = Source(event, options), event["object_attributes"]
    at = change.get("closed_at") or change["updated_at"]
    return [_signal(source, change, Happened.CLOSED, at, occurrence="unmerged", detail="unmerged")]


@looking("events")
def approved(event: Event, options: GitLabOptions) -> list[Made]:
    """Somebody approves a change; a webhook gives no time, so the time of arrival counts."""
    source, change = Source(event, options), event["object_attributes"]
    actor = source.person()
    counterpart = source.other(change, actor, read=True)
    made: list[Made] = [
        source.statement(
            _approval(change, actor),
            actor,
            "approve",
            source.change(change),
            source.towards(counterpart, "reinforce"),
            event.get("approved_at"),
            labels=event.get("labels") or (),
            counterpart=counterpart,
        )
    ]
    if str(change.get("author_id")) != actor["account"]["name"]:
        at = event.get("approved_at") or change["updated_at"]
        made.append(reviewing(source, change, actor, at, "approved", "approved"))
    return made


def unapproved(event: Event, options: GitLabOptions) -> list[Statement]:
    """Somebody takes an approval back; that a push outdates one takes nothing back."""
    source, change = Source(event, options), event["object_attributes"]
    if change.get("system"):
        raise Ignored("outdated by a push: the review was given all the same")
    name = _approval(change, source.person())
    return source.voiding(f"{name}:unapproved", name)


def reviewing(
    source: Source, change: Thing, actor: Thing, at: str, occurrence: str, detail: str
) -> Signal:
    """A signal that a change was reviewed, one for each who does it."""
    told = f"{actor['account']['name']}:{occurrence}"
    return _signal(source, change, Happened.REVIEWED, at, occurrence=told, detail=detail)


def _approval(change: Thing, actor: Thing) -> str:
    """An approval's id: GitLab gives it none, and who approves again does what was done."""
    return f"approval:{change['id']}:{actor['account']['name']}"


def _signal(source: Source, change: Thing, happened: Happened, at: str, **said: str) -> Signal:
    link = source.change(change)["id"]
    item = f"merge_request/{change['id']}"
    return source.signal(Item.CHANGE, item, happened, at, link, by=source.somebody, **said)


#: Kind → its mapper. GitLab says `approved` where it was the last approval that was needed.
MAPPERS = {
    "merge_request.open": opened,
    "merge_request.reopen": reopened,
    "merge_request.merge": merged,
    "merge_request.close": closed,
    "merge_request.approved": approved,
    "merge_request.approval": approved,
    "merge_request.unapproved": unapproved,
    "merge_request.unapproval": unapproved,
}
