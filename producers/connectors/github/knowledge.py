"""What people write down and keep: wiki pages, documents, notes of a release, stars; and whom they
ask to look at a change. Of these only webhooks tell.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from producers.connector import Event, Ignored, Made, Mapper, Options, Statement, each
from producers.connectors.github import work
from producers.connectors.github.source import Source
from producers.statements import activity

#: Paths of files that are written for people to read.
_DOCUMENT = re.compile(
    r"(?:^|/)(?:docs?|documentation|handbook|runbooks?|adrs?)/.|\.(?:md|mdx|rst|adoc|asciidoc)$",
    re.IGNORECASE,
)
#: How notes begin that GitHub wrote itself.
_GENERATED = ("<!-- Release notes generated", "## What's Changed")


def recorded(event: Event, options: Options) -> list[Made]:
    """Somebody writes wiki pages; GitHub gives no time, so the time of arrival counts."""
    source = Source(event, options)
    actor = source.person(event["sender"])

    def page(said: Mapping[str, Any]) -> Statement:
        name = f"wiki:{source.repository['id']}:{said['page_name']}:{said['sha']}"
        verb = "author" if said["action"] == "created" else "edited"
        target = activity(said["html_url"], "page", source.options.named(said.get("title")))
        return source.statement(name, actor, verb, target, "record", None)

    return each(event["pages"], page)


def pushed(event: Event, options: Options) -> list[Made]:
    """Commits come to a branch; who wrote documents in them has written down what others find."""
    source = Source(event, options)
    made: list[Made] = [work.push(source)]
    if work.branch(event) != "default":
        return made  # it may never be taken over
    last: dict[str, Mapping[str, Any]] = {}
    for commit in event.get("commits") or ():
        login = (commit.get("author") or {}).get("username")
        if login and any(map(_DOCUMENT.search, _paths(commit))):
            last[login] = commit
    return [*made, *_written(source, last)]


def _paths(commit: Mapping[str, Any]) -> Sequence[str]:
    return [path for how in ("added", "modified") for path in commit.get(how) or ()]


def _written(source: Source, last: Mapping[str, Mapping[str, Any]]) -> list[Statement]:
    """Of each who wrote documents one act, with the last of their commits."""
    made = []
    for login, commit in last.items():
        try:
            actor = source.person({"login": login})
        except Ignored:
            continue
        target = activity(f"{source.repository['html_url']}/commit/{commit['id']}", "code-commit")
        name, at = f"documents:{commit['id']}", commit["timestamp"]
        made.append(source.statement(name, actor, "edited", target, "record", at))
    return made


def released(event: Event, options: Options) -> list[Made]:
    """A release is published; who wrote its notes has written down what is new."""
    source, release = Source(event, options), event["release"]
    made: list[Made] = [work.release(source)]
    notes = (release.get("body") or "").strip()
    if not notes or notes.startswith(_GENERATED):
        return made
    try:
        actor = source.person(release.get("author"))
    except Ignored:
        return made
    target = activity(release["html_url"], "doc", source.options.named(release.get("name")))
    name, at = f"release:{release['id']}", release["published_at"]
    written = source.options.written(notes)
    return [*made, source.statement(name, actor, "author", target, "record", at, written=written)]


def withdrawn(event: Event, options: Options) -> list[Statement]:
    """A release is gone: its notes are voided."""
    name = f"release:{event['release']['id']}"
    return Source(event, options).voiding(f"{name}:deleted", name)


def starred(event: Event, options: Options) -> list[Statement]:
    """Somebody keeps a repository, to find it again."""
    source = Source(event, options)
    actor, at = source.person(event["sender"]), event["starred_at"]
    target = activity(source.repository["html_url"], "project", source.repository["full_name"])
    return [source.statement(_star(source), actor, "bookmarked", target, "bookmark", at)]


def unstarred(event: Event, options: Options) -> list[Statement]:
    """A star is taken back; starred again it stays so, for GitHub does not say which one it was."""
    source = Source(event, options)
    return source.voiding(f"{_star(source)}:deleted", _star(source))


def _star(source: Source) -> str:
    return f"star:{source.repository['id']}:{source.event['sender']['login'].lower()}"


def requested(event: Event, options: Options) -> list[Statement]:
    """Somebody asks a colleague, or a team, to review a change; GitHub gives no time of it."""
    source, change = Source(event, options), event["pull_request"]
    actor = source.person(event["sender"])
    reviewer = event.get("requested_reviewer")
    counterpart = source.other(reviewer, actor)
    if reviewer and counterpart is None:
        raise Ignored("a program is asked: nobody who could help")
    return [
        source.statement(
            _request(event),
            actor,
            "request",
            source.activity("pull-request", change),
            source.towards(counterpart, "ask"),
            None,
            counterpart=counterpart,
        )
    ]


def unrequested(event: Event, options: Options) -> list[Statement]:
    """Somebody is asked no more: the asking is voided."""
    name = _request(event)
    return Source(event, options).voiding(f"{name}:removed", name)


def _request(event: Event) -> str:
    """The id of the asking of somebody for a review: of one change once."""
    reviewer = event.get("requested_reviewer")
    whom = reviewer["login"].lower() if reviewer else f"team/{event['requested_team']['id']}"
    return f"pull:{event['pull_request']['id']}:asked:{whom}"


#: Kind → its mapper.
MAPPERS: dict[str, Mapper] = {
    "gollum": recorded,
    "push": pushed,
    "release.published": released,
    "release.deleted": withdrawn,
    "star.created": starred,
    "star.deleted": unstarred,
    "pull_request.review_requested": requested,
    "pull_request.review_request_removed": unrequested,
}
