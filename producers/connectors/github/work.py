"""GitHub's work signals: what happened to changes, deployments, releases and builds."""

from collections.abc import Mapping
from typing import Any

from producers.connector import Event, Ignored, Made, Mapper, Options
from producers.connectors.github import mentions
from producers.connectors.github.source import Source
from producers.statements import utc
from xapi.signals import Happened, Item, Signal

UNFINISHED = "not finished yet: what comes of it is said later"
_CONCLUSIONS = {
    "success": Happened.SUCCEEDED,
    "failure": Happened.FAILED,
    "timed_out": Happened.FAILED,
    "startup_failure": Happened.FAILED,
}
_STATES = {
    "success": Happened.SUCCEEDED,
    "failure": Happened.FAILED,
    "error": Happened.FAILED,
}


def change(source: Source, of: Mapping[str, Any], happened: Happened, **said: Any) -> Signal:
    """A signal of a pull request."""
    return source.signal(Item.CHANGE, f"pull/{of['id']}", happened, link=of["html_url"], **said)


def proposed(event: Event, options: Options) -> list[Made]:
    """A change is opened, or opened again; whom its text calls in counts beside."""
    pull, source = event["pull_request"], Source(event, options)
    if event["action"] == "reopened":
        at = utc(pull["updated_at"])
        return [change(source, pull, Happened.REOPENED, at=at, by=event["sender"], occurrence=at)]
    at = utc(pull["created_at"])
    return [change(source, pull, Happened.OPENED, at=at, by=pull["user"]), *mentions.called(source)]


def finished(event: Event, options: Options) -> list[Signal]:
    """A change is merged, or closed without."""
    pull = event["pull_request"]
    at = utc(pull.get("merged_at") or pull["closed_at"])
    merged = bool(pull.get("merged"))
    return [
        change(
            Source(event, options),
            pull,
            Happened.CLOSED,
            at=at,
            by=event["sender"],
            occurrence=at,
            detail="merged" if merged else "unmerged",
            revision=(pull.get("merge_commit_sha") or "") if merged else "",
        )
    ]


def push(source: Source) -> Signal:
    """A signal of commits that come to a branch; the last of them names the change. Raises Ignored
    where none come."""
    event = source.event
    head = event.get("head_commit")
    if event.get("deleted") or not head:
        raise Ignored("a branch or tag is gone: no change came")
    after = event["after"]
    return source.signal(
        Item.CHANGE,
        f"commit/{after}",
        Happened.OPENED,
        utc(head["timestamp"]),
        f"{source.repository['html_url']}/commit/{after}",
        by=event["sender"],
        occurrence=event["ref"],
        detail=branch(event),
        revision=after,
    )


def branch(event: Event) -> str:
    """Which kind of branch; its name stays at GitHub, for people put their own into it."""
    if event["ref"] == f"refs/heads/{event['repository'].get('default_branch')}":
        return "default"
    return "tag" if event["ref"].startswith("refs/tags/") else "branch"


def deploying(event: Event, options: Options) -> list[Signal]:
    """A deployment begins."""
    made, source = event["deployment"], Source(event, options)
    at = utc(made["created_at"])
    return [_deployment(source, made, Happened.OPENED, at, by=made.get("creator"))]


def deployed(event: Event, options: Options) -> list[Signal]:
    """A deployment succeeds or fails."""
    status = event["deployment_status"]
    happened = _STATES.get(status["state"])
    if happened is None:
        raise Ignored(UNFINISHED)
    at, by = utc(status["created_at"]), event["deployment"].get("creator")
    source = Source(event, options)
    return [
        _deployment(source, event["deployment"], happened, at, by=by, occurrence=str(status["id"]))
    ]


def _deployment(
    source: Source, made: Mapping[str, Any], happened: Happened, at: str, **said: Any
) -> Signal:
    return source.signal(
        Item.DEPLOYMENT,
        f"deployment/{made['id']}",
        happened,
        at,
        f"{source.repository['html_url']}/deployments",
        detail=made.get("environment") or "",
        revision=made["sha"],
        **said,
    )


def release(source: Source) -> Signal:
    """A signal of a release that is published."""
    made = source.event["release"]
    return source.signal(
        Item.DEPLOYMENT,
        f"release/{made['id']}",
        Happened.SUCCEEDED,
        utc(made["published_at"]),
        made["html_url"],
        by=made.get("author"),
        detail="prerelease" if made.get("prerelease") else "release",
    )


def incident(
    source: Source, issue: Mapping[str, Any], happened: Happened, at: str, occurrence: str = ""
) -> Signal:
    """A signal of an issue that is an incident; whenever its label came, it began with it."""
    return source.signal(
        Item.INCIDENT,
        f"incident/{issue['id']}",
        happened,
        utc(at),
        issue["html_url"],
        occurrence=occurrence and utc(occurrence),
    )


def built(event: Event, options: Options) -> list[Signal]:
    """A workflow ran to its end."""
    run, source = event["workflow_run"], Source(event, options)
    return [
        source.signal(
            Item.BUILD,
            f"run/{run['id']}",
            _CONCLUSIONS.get(run["conclusion"], Happened.CLOSED),
            utc(run["updated_at"]),
            run["html_url"],
            by=run.get("triggering_actor") or run.get("actor"),
            occurrence=str(run.get("run_attempt") or 1),
            detail=run["conclusion"],
            revision=run["head_sha"],
        )
    ]


def checked(event: Event, options: Options) -> list[Signal]:
    """Another service's checks ran to their end."""
    suite, source = event["check_suite"], Source(event, options)
    if (suite.get("app") or {}).get("slug") == "github-actions":
        raise Ignored("its workflow run says the same")
    return [
        source.signal(
            Item.BUILD,
            f"suite/{suite['id']}",
            _CONCLUSIONS.get(suite["conclusion"], Happened.CLOSED),
            utc(suite["updated_at"]),
            f"{source.repository['html_url']}/commit/{suite['head_sha']}/checks",
            occurrence=suite["updated_at"],
            detail=suite["conclusion"],
            revision=suite["head_sha"],
        )
    ]


#: Kind → its mapper.
MAPPERS: dict[str, Mapper] = {
    "pull_request.opened": proposed,
    "pull_request.reopened": proposed,
    "pull_request.closed": finished,
    "deployment.created": deploying,
    "deployment_status.created": deployed,
    "workflow_run.completed": built,
    "check_suite.completed": checked,
}
