"""Jira asked: issues that changed, with their history, comments, worklogs and links.

https://developer.atlassian.com/cloud/jira/platform/rest/v2/ and, for Data Center,
https://docs.atlassian.com/software/jira/docs/api/REST/latest/. Version 2 tells texts as webhooks
do. Issues are searched by the time of their last change, and of each is told what is new since the
last whole round.
"""

import json
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import SecretStr

from producers.connector import Client, Found, Page, Poll, Reply
from producers.connectors.jira.issues import LINKED
from producers.connectors.jira.life import FIELDS, USERS, Life, moment
from producers.connectors.jira.options import JiraOptions
from producers.connectors.jira.source import Source, Thing
from producers.connectors.jira.users import users
from producers.polling.errors import GONE, Refused
from producers.polling.login import Login

#: Between two rounds, in seconds.
EVERY = 300.0
#: How many issues, changes, comments or worklogs a page has.
SIZE, PAGE = 50, 100
#: How late a change may be found by a search, at most.
LATE = timedelta(minutes=10)
#: A link does not always count as a change of its issue: it is told with the next, so long after.
LINK_LATE = timedelta(days=7)
#: For so long a search may tell a part of a change and not yet the whole.
SETTLED = timedelta(minutes=1)
#: How many issues a cursor names that were read.
KNOWN = 1_000
#: How often in a round a search is begun anew, since its place is not known any more.
ANEW = 10
FORBIDDEN = "403"
#: Where Jira Cloud is asked with a token that has scopes.
GATEWAY = "https://api.atlassian.com/ex/jira"

Json = dict[str, Any]


async def issues(client: Client, options: JiraOptions, cursor: str) -> AsyncIterator[Page]:
    """What was done to issues, in the order of their last change."""
    started, read, asked = datetime.now(UTC), _Read(cursor, options), _Asked(client, options)
    async for some in _changed(client, options, read.begin):
        for issue in filter(read.is_new, some):
            found = await asked.life(issue, read.since)
            if found:  # kept before the next issue is read: a page may hold many
                yield Page(found, read.cursor)
            read.note(issue)
        read.forget()
        yield Page([], read.cursor)
    read.since = max(read.since, started - LATE)
    yield Page([], read.cursor)


class _Read:
    """How far issues were read: to which change, which of the last minutes, and since when told.

    A search finds a change some seconds late, so each begins before the last change that is known;
    an issue that was read as it is now is not read again.
    """

    def __init__(self, cursor: str, options: JiraOptions) -> None:
        kept: Json = json.loads(cursor) if cursor else {}
        history = datetime.now(UTC) - timedelta(days=options.history_days)
        self.since = _moment(kept["since"]) if kept else history
        self.after = _moment(kept["after"]) if kept else history + LATE
        self._known: dict[str, str] = kept.get("known", {})

    @property
    def begin(self) -> datetime:
        """From which change on is searched."""
        return self.after - LATE

    def is_new(self, issue: Thing) -> bool:
        """Whether an issue was changed since it was read."""
        return self._known.get(str(issue["id"])) != _written(_last(issue))

    def note(self, issue: Thing) -> None:
        """An issue was read."""
        if datetime.now(UTC) - _last(issue) > SETTLED:
            self._known[str(issue["id"])] = _written(_last(issue))
        self.after = max(self.after, _last(issue))

    @property
    def cursor(self) -> str:
        """The cursor as it is kept, with the issues of the last minutes, the newest of many."""
        kept = {"since": _written(self.since), "after": _written(self.after)}
        return json.dumps({**kept, "known": self._known})

    def forget(self) -> None:
        """Those that no search begins with any more are left out."""
        begin = _written(self.begin)
        late = sorted((at, number) for number, at in self._known.items() if at >= begin)
        self._known = {number: at for at, number in late[-KNOWN:]}


async def _changed(
    client: Client, options: JiraOptions, after: datetime
) -> AsyncIterator[list[Thing]]:
    """Page after page of issues by their last change.

    What is changed meanwhile goes to the end, and would move the rest to pages that were read. So
    the next page is searched from the last change that came; those of one second by their place.
    """
    cloud, second, place = bool(options.api_user), _second(after), _Place()
    while True:
        try:
            reply = await client.get(
                "search/jql" if cloud else "search",
                jql=_query(options, second),
                fields=",".join((*FIELDS, "updated", "comment", "worklog")),
                expand="changelog",
                maxResults=SIZE,
                **place.asked,
            )
        except Refused:
            if not place.forgotten():
                raise
            continue
        some: list[Thing] = reply.content["issues"]
        yield some
        if not place.more(reply.content, cloud=cloud):
            return
        last = max(_second(_last(each)) for each in some)
        if last > second:
            second, place = last, _Place(place.left)


class _Place:
    """Where in the list of one search the next page is; `left`: how often it may be forgotten."""

    def __init__(self, left: int = ANEW) -> None:
        self.left = left
        self.asked: dict[str, str | int] = {}

    def forgotten(self) -> bool:
        """A search is refused: whether that may be since its place is not known any more."""
        if "nextPageToken" not in self.asked or not self.left:
            return False
        self.asked, self.left = {}, self.left - 1
        return True

    def more(self, content: Thing, *, cloud: bool) -> bool:
        """Goes on after a page; False where it was the last one."""
        if cloud:
            self.asked = {"nextPageToken": content.get("nextPageToken") or ""}
            return bool(self.asked["nextPageToken"] and content["issues"])
        # Half a page back: what left the list meanwhile moved the rest by as much.
        start, size = int(content.get("startAt") or 0), len(content["issues"])
        self.asked = {"startAt": start + max(1, size // 2)}
        return bool(size) and start + size < int(content["total"])


def _query(options: JiraOptions, second: int) -> str:
    """The search; a time in milliseconds, for a written one would be in the zone of a profile."""
    named = ",".join(f'"{key}"' for key in sorted(options.projects))
    within = f"project in ({named}) AND " if named else ""
    return f"{within}updated >= {second * 1000} ORDER BY updated ASC, key ASC"


class _Asked:
    """What is asked for beside the search: what a page of it leaves out, statuses, users."""

    def __init__(self, client: Client, options: JiraOptions) -> None:
        self._client = client
        self._options = options
        self._users: dict[str, Thing] = {}
        self._categories: dict[str, str] = {}

    async def life(self, issue: Thing, since: datetime) -> list[Found]:
        """What was done to an issue since a time; nothing where it is gone meanwhile."""
        linked = since - LINK_LATE
        try:
            histories = await self._histories(issue)
            said = await self._comments(issue)
            worklogs = await self._part(issue, "worklog", "worklogs")
            links = await self._links(issue, [h for h in histories if moment(h) >= linked])
        except Refused as error:
            if error.code not in GONE:
                raise
            return []
        await self._know(issue, histories, said)
        life = Life(issue, histories, self._options, self._user, await self._statuses())
        return [
            found
            for at, found in life.told(said, worklogs, links)
            if at >= (linked if found.kind.startswith("page.") else since)
        ]

    async def _histories(self, issue: Thing) -> list[Thing]:
        told: Thing = issue.get("changelog") or {}
        found: list[Thing] = told.get("histories") or []
        if int(told.get("total") or 0) <= len(found):
            return found
        if self._options.api_user:
            return await self._whole(f"issue/{issue['id']}/changelog", "values")
        path = f"issue/{issue['id']}"
        whole = (await self._client.get(path, fields="created", expand="changelog")).content
        return list(whole["changelog"]["histories"])

    async def _comments(self, issue: Thing) -> list[Thing]:
        """All comments; those of requests at Data Center with whom they may be read by."""
        if Source({"issue": issue}, self._options).is_request and not self._options.api_user:
            return await self._whole(
                f"issue/{issue['id']}/comment", "comments", expand="properties"
            )
        return await self._part(issue, "comment", "comments")

    async def _part(self, issue: Thing, name: str, many: str) -> list[Thing]:
        """What a search tells of an issue's comments or worklogs, or all that there are."""
        told: Thing = issue["fields"].get(name) or {}
        found: list[Thing] = told.get(many) or []
        if int(told.get("total") or 0) <= len(found):
            return found
        return await self._whole(f"issue/{issue['id']}/{name}", many)

    async def _whole(self, path: str, many: str, **more: str) -> list[Thing]:
        """A list of an issue's, page by page. What is deleted meanwhile changes the issue."""
        found: dict[str, Thing] = {}
        async for reply in self._client.pages(path, _next(many), maxResults=PAGE, **more):
            found |= {str(each["id"]): each for each in reply.content[many]}
        return list(found.values())

    async def _links(self, issue: Thing, histories: list[Thing]) -> Mapping[str, Thing]:
        """The issue's links by their ids, where its history tells of any."""
        if not any(item["field"] in LINKED for each in histories for item in each["items"]):
            return {}
        try:
            found = (await self._client.get(f"issue/{issue['id']}/remotelink")).content
        except Refused as error:
            if error.code != FORBIDDEN:
                raise
            return {}  # links are switched off
        return {str(each["id"]): _untitled(each) for each in found}

    async def _know(self, issue: Thing, histories: list[Thing], said: list[Thing]) -> None:
        """Knows users by what histories call them: those who are seen, else they are asked for."""
        fields = issue["fields"]
        seen = [fields.get(name) for name in ("creator", "reporter", "assignee")]
        for user in (*seen, *(each.get("author") for each in (*histories, *said))):
            if user:
                self._users[str(user.get("accountId") or user.get("key"))] = user
        for each in histories:
            for item in each["items"]:
                name = item.get("from")
                if item["field"] in USERS and name and name not in self._users:
                    self._users[name] = await self._found(name)

    async def _found(self, name: str) -> Thing:
        """A user; the name alone of one who is gone, or whom the token may not see."""
        how = "accountId" if self._options.api_user else "key"
        try:
            user: Thing = (await self._client.get("user", **{how: name})).content
        except Refused as error:
            if error.code not in (*GONE, FORBIDDEN):
                raise
            return {how: name}
        return {each: user[each] for each in ("accountId", "accountType", "name", "key")
                if each in user}  # fmt: skip

    def _user(self, name: str) -> Thing:
        return self._users.get(name) or {"accountId" if self._options.api_user else "key": name}

    async def _statuses(self) -> Mapping[str, str]:
        """The categories of statuses by their ids, asked for once a round."""
        if not self._categories:
            for each in (await self._client.get("status")).content:
                self._categories[str(each["id"])] = each["statusCategory"]["key"]
        return self._categories


def _next(many: str) -> Callable[[Reply], Mapping[str, int]]:
    """Where the page after one is, of a list by places."""

    def after(reply: Reply) -> Mapping[str, int]:
        start = int(reply.content.get("startAt") or 0) + len(reply.content[many])
        more = reply.content[many] and start < int(reply.content["total"])
        return {"startAt": start} if more else {}

    return after


def _untitled(link: Thing) -> Json:
    """A link without the title of what it links to."""
    return {
        "id": link["id"],
        "application": link.get("application"),
        "relationship": link.get("relationship"),
        "object": {"url": (link.get("object") or {}).get("url")},
    }


def _last(issue: Thing) -> datetime:
    return moment(issue["fields"], issue["fields"]["updated"])


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _second(at: datetime) -> int:
    return int(at.timestamp())


def _written(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds")


def _login(options: JiraOptions, token: bytes) -> Login:
    secret = SecretStr(token.decode())
    if options.api_user:
        return Login(user=options.api_user, password=secret)
    return Login(token=secret)


def _address(options: JiraOptions) -> str:
    base = f"{GATEWAY}/{options.cloud_id}" if options.cloud_id else options.site
    return f"{base}/rest/api/2/"


poll = Poll(streams={"issues": issues}, every=EVERY, address=_address, login=_login, users=users)
