"""GitLab's work signals beside those of changes and incidents: pushes, builds, deployments."""

from urllib.parse import quote

from producers.connector import Event, Ignored
from producers.connectors.gitlab.options import GitLabOptions
from producers.connectors.gitlab.source import Source
from xapi.signals import Happened, Item, Signal

UNFINISHED = "not finished yet: what comes of it is said later"
_PIPELINES = {
    "success": Happened.SUCCEEDED,
    "failed": Happened.FAILED,
    "canceled": Happened.CLOSED,
    "skipped": Happened.CLOSED,
}
_DEPLOYMENTS = {
    "running": Happened.OPENED,
    "success": Happened.SUCCEEDED,
    "failed": Happened.FAILED,
    "canceled": Happened.CLOSED,
}


def pushed(event: Event, options: GitLabOptions) -> list[Signal]:
    """Commits come to a branch; the last of them names the change."""
    commits = event.get("commits") or ()
    if not commits or not event.get("checkout_sha"):
        raise Ignored("a branch is gone or only begun: no change came")
    source, after = Source(event, options), event["after"]
    last = next((each for each in commits if each["id"] == after), commits[-1])
    default = f"refs/heads/{event['project'].get('default_branch')}"
    return [
        source.signal(
            Item.CHANGE,
            f"commit/{after}",
            Happened.OPENED,
            last["timestamp"],
            f"{source.address}/-/commit/{after}",
            by=_pusher(event, options),
            occurrence=event["ref"],
            # Its name stays at GitLab, for people put their own into it.
            detail="default" if event["ref"] == default else "branch",
            revision=after,
        )
    ]


def _pusher(event: Event, options: GitLabOptions) -> int | None:
    user = {"id": event.get("user_id"), "username": event.get("user_username") or ""}
    return Source({**event, "user": user}, options).somebody


def built(event: Event, options: GitLabOptions) -> list[Signal]:
    """A pipeline ran to its end; a child's result is in its parent's."""
    source, pipeline = Source(event, options), event["object_attributes"]
    happened = _PIPELINES.get(pipeline["status"])
    if happened is None:
        raise Ignored(UNFINISHED)
    if pipeline.get("source") == "parent_pipeline":
        raise Ignored("a part of another pipeline, which counts once")
    return [
        source.signal(
            Item.BUILD,
            f"pipeline/{pipeline['id']}",
            happened,
            pipeline.get("finished_at") or pipeline["created_at"],
            f"{source.address}/-/pipelines/{pipeline['id']}",
            by=source.somebody,
            detail=pipeline["status"],
            revision=pipeline["sha"],
        )
    ]


def deployed(event: Event, options: GitLabOptions) -> list[Signal]:
    """A deployment begins, succeeds, fails or is given up."""
    source, happened = Source(event, options), _DEPLOYMENTS.get(event["status"])
    if happened is None:
        raise Ignored(UNFINISHED)
    return [
        source.signal(
            Item.DEPLOYMENT,
            f"deployment/{event['deployment_id']}",
            happened,
            event["status_changed_at"],
            f"{source.address}/-/environments",
            by=source.somebody,
            # `review/NAME-OF-A-BRANCH`: people put their own into it.
            detail=event["environment"].partition("/")[0],
            revision=(event.get("commit_url") or "").rpartition("/")[2],
        )
    ]


def released(event: Event, options: GitLabOptions) -> list[Signal]:
    """A release is made; a webhook does not say by whom."""
    source = Source(event, options)
    return [
        source.signal(
            Item.DEPLOYMENT,
            f"release/{source.project['id']}/{event['tag']}",
            Happened.SUCCEEDED,
            event["released_at"],
            f"{source.address}/-/releases/{quote(event['tag'], safe='')}",
            detail="release",
            revision=(event.get("commit") or {}).get("id") or "",
        )
    ]


#: Kind → its mapper.
MAPPERS = {
    "push": pushed,
    "pipeline": built,
    "deployment": deployed,
    "release.create": released,
}
