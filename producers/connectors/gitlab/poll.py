"""GitLab asked: what its webhooks bring, and what they missed, under the same kinds and ids.

https://docs.gitlab.com/api/rest/. Each stream is read project by project; its cursor is, for each,
the moment up to which it has been read. What a page holds is put into the shape of a webhook.
"""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from producers.connector import Client, Found, Page, Pages, Poll
from producers.connectors.gitlab import lists
from producers.connectors.gitlab.options import GitLabOptions
from producers.connectors.gitlab.source import Thing
from producers.connectors.gitlab.users import users
from producers.polling.errors import Refused
from producers.polling.marks import Marks

#: Between two rounds, in seconds: what a webhook brings is there at once, the rest may wait.
EVERY = 300.0
#: How long before its mark a list is read from: a change may be written down late.
OVERLAP = timedelta(minutes=2)
LATE = timedelta(minutes=10)
DAY = timedelta(days=1)
GHOST: Thing = {"id": None, "username": "ghost"}
_OfProject = Callable[["_Asked"], AsyncIterator[Page]]
#: What of a project a webhook tells, too.
_PROJECT = ("id", "web_url", "path_with_namespace", "default_branch")
#: What notes are on that a poll can read, and the field that holds it.
_NOTED = {"Issue": "issues", "MergeRequest": "merge_requests", "Snippet": "snippets"}


def _event(kind: str, project: Thing, user: Thing | None, **parts: Any) -> dict[str, Any]:
    told = {name: project.get(name) for name in _PROJECT}
    return {"object_kind": kind, "project": told, "user": user or GHOST, **parts}


def _thing(found: Thing) -> dict[str, Any]:
    """An issue, change or snippet as a webhook tells it: whose it is by a number."""
    return {**found, "author_id": (found.get("author") or GHOST)["id"]}


def _every(feature: str, of_project: _OfProject) -> Pages:
    """A stream of every project: one whose list is refused costs no other, and is told in the end.

    `feature` is what may be switched off in a project, as GitLab calls it.
    """

    async def pages(client: Client, options: GitLabOptions, cursor: str) -> AsyncIterator[Page]:
        marks = Marks(cursor)
        refused: Refused | None = None
        try:
            async for project in lists.projects(client, options):
                if _is_off(project, feature):
                    continue
                try:
                    async for page in of_project(_Asked(client, options, project, marks)):
                        yield page
                except Refused as error:
                    refused = refused or error
        except Refused as error:
            refused = refused or error
        if refused:
            raise refused

    return pages


def _is_off(project: Thing, feature: str) -> bool:
    return project.get(f"{feature}_access_level") == "disabled"


@dataclass(frozen=True)
class _Asked:
    """One project as it is asked in a round, and how far its lists have been read."""

    client: Client
    options: GitLabOptions
    project: Thing
    marks: Marks

    @property
    def key(self) -> str:
        """The project's number, which stays when it is renamed."""
        return str(self.project["id"])

    def after(self, overlap: timedelta, key: str = "") -> str:
        """From when on a list is read."""
        return lists.since(self.marks.of(key or self.key, ""), self.options, overlap)

    async def changed(self, name: str, key: str = "") -> AsyncIterator[Sequence[Thing]]:
        """A list by the time of change; its mark moves when the next page is asked for."""
        after = self.after(OVERLAP, key)
        async for things in lists.changed(self.client, f"projects/{self.key}/{name}", after):
            for each in things:
                if each.get("updated_at"):
                    self.marks.read(key or self.key, lists.mark(each["updated_at"]))
            yield things


async def _issues(asked: _Asked) -> AsyncIterator[Page]:
    """Issues as they were opened, and closed for the last time."""
    async for things in asked.changed("issues"):
        found = [one for each in things for one in _issue(asked.project, each)]
        yield Page(found, asked.marks.cursor)


def _issue(project: Thing, issue: Thing) -> Iterator[Found]:
    copied = (issue.get("_links") or {}).get("closed_as_duplicate_of")
    thing = {**_thing(issue), "type": issue.get("issue_type") or issue.get("type")}
    thing["duplicated_to_id"] = copied
    said = {"object_attributes": thing, "labels": issue.get("labels")}
    yield Found("issue.open", _event("issue", project, issue.get("author"), **said))
    if issue["state"] == "closed" and issue.get("closed_at"):
        yield Found("issue.close", _event("issue", project, issue.get("closed_by"), **said))


async def _changes(asked: _Asked) -> AsyncIterator[Page]:
    """Merge requests as they were opened, and merged or closed."""
    async for things in asked.changed("merge_requests"):
        found = [one for each in things for one in _change(asked.project, each)]
        yield Page(found, asked.marks.cursor)


def _change(project: Thing, change: Thing) -> Iterator[Found]:
    said = {"object_attributes": _thing(change), "labels": change.get("labels")}
    opened = _event("merge_request", project, change.get("author"), **said)
    yield Found("merge_request.open", opened)
    if change["state"] == "merged":
        by = change.get("merge_user") or change.get("merged_by")
        yield Found("merge_request.merge", _event("merge_request", project, by, **said))
    elif change["state"] == "closed":
        by = change.get("closed_by")
        yield Found("merge_request.close", _event("merge_request", project, by, **said))


async def _deployments(asked: _Asked) -> AsyncIterator[Page]:
    """Deployments as they are now."""
    async for things in asked.changed("deployments"):
        found = [_deployment(asked.project, each) for each in things]
        yield Page(found, asked.marks.cursor)


def _deployment(project: Thing, made: Thing) -> Found:
    run = made.get("deployable") or {}
    said = {
        "deployment_id": made["id"],
        "status": made["status"],
        "status_changed_at": run.get("finished_at") or made["updated_at"],
        "environment": (made.get("environment") or {}).get("name") or "",
        "commit_url": f"{project['web_url']}/-/commit/{made['sha']}",
    }
    return Found("deployment", _event("deployment", project, made.get("user"), **said))


async def _pipelines(asked: _Asked) -> AsyncIterator[Page]:
    """Pipelines that ended; the list does not say when, nor by whom they were begun."""
    async for things in asked.changed("pipelines"):
        found = []
        for each in things:
            if each["status"] in ("success", "failed", "canceled", "skipped"):
                path = f"projects/{asked.key}/pipelines/{each['id']}"
                run = (await asked.client.get(path)).content
                said = _event("pipeline", asked.project, run.get("user"), object_attributes=run)
                found.append(Found("pipeline", said))
        yield Page(found, asked.marks.cursor)


async def _emoji(asked: _Asked) -> AsyncIterator[Page]:
    """Emoji on issues and changes; to give one changes what it is given to."""
    for name, kind in (("issues", "issue"), ("merge_requests", "merge_request")):
        if _is_off(asked.project, name):
            continue
        async for things in asked.changed(name, f"{asked.key}/{name}"):
            found = [one for each in things for one in await _given(asked, name, kind, each)]
            yield Page(found, asked.marks.cursor)


async def _given(asked: _Asked, name: str, kind: str, thing: Thing) -> list[Found]:
    path = f"projects/{asked.key}/{name}/{thing['iid']}/award_emoji"
    return [
        Found(
            "emoji.award",
            _event(
                "emoji",
                asked.project,
                award.get("user"),
                **{"object_attributes": award, kind: _thing(thing)},
            ),
        )
        async for awards in lists.whole(asked.client, path, per_page=lists.PAGE)
        for award in awards
    ]


async def _releases(asked: _Asked) -> AsyncIterator[Page]:
    """Releases, also those that are dated back."""
    async for page in _made(asked, "releases", _release):
        yield page


def _release(project: Thing, made: Thing) -> Found:
    told = {name: made.get(name) for name in ("released_at", "commit")}
    event = _event("release", project, None, tag=made["tag_name"], **told)
    return Found("release.create", event)


async def _snippets(asked: _Asked) -> AsyncIterator[Page]:
    """Snippets, of which no webhook tells."""
    async for page in _made(asked, "snippets", _snippet):
        yield page


def _snippet(project: Thing, made: Thing) -> Found:
    return Found("snippet.created", _event("snippet", project, made["author"], snippet=made))


async def _made(
    asked: _Asked, name: str, found: Callable[[Thing, Thing], Found]
) -> AsyncIterator[Page]:
    """A short list that is read whole; what was made since counts."""
    after, path = asked.after(OVERLAP), f"projects/{asked.key}/{name}"
    async for things in lists.whole(asked.client, path, per_page=lists.PAGE):
        late = [each for each in things if lists.mark(each["created_at"]) >= after]
        for each in late:
            asked.marks.note(asked.key, lists.mark(each["created_at"]))
        yield Page([found(asked.project, each) for each in late], asked.marks.cursor)
    if asked.marks.settle(asked.key):
        yield Page([], asked.marks.cursor)


async def _events(asked: _Asked) -> AsyncIterator[Page]:
    """Notes, approvals and new wiki pages, day by day as the interface takes days only."""
    after, parents = asked.after(LATE), _Parents(asked.client, asked.project)
    for day in _days(after):
        async for things in _of_day(asked.client, asked.key, day):
            found = []
            for each in things:
                at = lists.mark(each["created_at"])
                asked.marks.note(asked.key, at)
                if at >= after and (one := await _happened(parents, each)):
                    found.append(one)
            yield Page(found, asked.marks.cursor)
        if day <= datetime.now(UTC).date():
            asked.marks.note(asked.key, f"{day}T00:00:00.000Z")
        if asked.marks.settle(asked.key):
            yield Page([], asked.marks.cursor)


def _of_day(client: Client, key: str, day: date) -> AsyncIterator[Sequence[Thing]]:
    """What happened in a project on a day; the bounds are not of it."""
    return lists.whole(
        client,
        f"projects/{key}/events",
        after=str(day - DAY),
        before=str(day + DAY),
        sort="desc",
        per_page=lists.PAGE,
    )


def _days(after: str) -> Iterator[date]:
    """The days from a time to now, with one before and after: a server's day is in its own zone."""
    day, last = datetime.fromisoformat(after).date() - DAY, datetime.now(UTC).date() + DAY
    while day <= last:
        yield day
        day += DAY


class _Parents:
    """What notes and approvals are on, read once a round."""

    def __init__(self, client: Client, project: Thing) -> None:
        self.project = project
        self._client = client
        self._known: dict[str, Thing | None] = {}

    async def of(self, path: str) -> Thing | None:
        """An issue, change or snippet; None where it is gone, or not shown to the token."""
        if path not in self._known:
            try:
                reply = await self._client.get(f"projects/{self.project['id']}/{path}")
                self._known[path] = _thing(reply.content)
            except Refused:
                self._known[path] = None
        return self._known[path]


async def _happened(parents: _Parents, event: Thing) -> Found | None:
    """What an entry of a project's events is as a webhook's; None where another list tells it."""
    project, author, at = parents.project, event.get("author"), event["created_at"]
    page = event.get("wiki_page")
    if page and event["action_name"] == "created":
        said = {"object_attributes": page, "created_at": at}
        return Found("wiki_page.create", _event("wiki_page", project, author, **said))
    if event["action_name"] == "approved" and event.get("target_type") == "MergeRequest":
        change = await parents.of(f"merge_requests/{event['target_iid']}")
        said = {"object_attributes": change, "approved_at": at}
        said["labels"] = (change or {}).get("labels")
        made = _event("merge_request", project, author, **said)
        return Found("merge_request.approved", made) if change else None
    return await _noted(parents, event["note"]) if event.get("note") else None


async def _noted(parents: _Parents, note: Thing) -> Found | None:
    """A note as a webhook tells it; None where what it is on is gone."""
    name = _NOTED.get(note["noteable_type"])
    if name is None:  # a commit's, which does not say on which one
        return None
    number = note["noteable_id"] if name == "snippets" else note["noteable_iid"]
    under = await parents.of(f"{name}/{number}")
    if under is None:
        return None
    kind = name.removesuffix("s")
    attributes: Mapping[str, Any] = {**note, "note": note.get("body")}
    parts = {"object_attributes": attributes, kind: under}
    return Found(f"note.{kind}", _event("note", parents.project, note.get("author"), **parts))


poll = Poll(
    streams={
        "issues": _every("issues", _issues),
        "changes": _every("merge_requests", _changes),
        "events": _every("", _events),
        "emoji": _every("", _emoji),
        "snippets": _every("snippets", _snippets),
        "pipelines": _every("builds", _pipelines),
        "deployments": _every("environments", _deployments),
        "releases": _every("releases", _releases),
    },
    every=EVERY,
    address=lambda options: f"{options.site.rstrip('/')}/api/v4/",
    users=users,
)
