"""Confluence asked: pages and their versions, comments with what they answer, likes, and the trash.

https://developer.atlassian.com/cloud/confluence/rest/v1/api-group-content/ (and v2 for versions and
likes of Cloud), https://docs.atlassian.com/ConfluenceServer/rest/. A round reads what was changed
since the last whole one, in the order of its last change. A page's text is never asked for.
"""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from producers import people
from producers.connector import Client, Found, Page, Poll
from producers.connectors.confluence import lists
from producers.connectors.confluence.options import ConfluenceOptions
from producers.connectors.confluence.source import identifier
from producers.polling.errors import GONE, Refused
from producers.polling.login import Login, bearer
from producers.texts import Keeps

#: Between two rounds, in seconds.
EVERY = 300.0
#: A search finds what was written only when its index has it, and clocks differ.
LATE = timedelta(minutes=15)
#: What is asked for with a page: never its text.
OF_PAGE = "space,history.contributors.publishers,version,metadata.labels,container,extensions"
OF_COMMENT = "space,history,version,container,ancestors,extensions,body.storage"
OF_ANSWERED = "history,version,extensions,body.storage"
OF_CONTAINER = "history"
OF_LIKED = "space,history,version,container,extensions"
#: Of people is kept who they are, and nothing that names them.
_USER = ("type", "accountId", "accountType", "userKey", "username", "isExternalCollaborator")
_KEPT = ("id", "type", "status", "space", "_expandable", "metadata", "extensions", "body")
_NO = frozenset({"403", *GONE})

Json = Mapping[str, Any]


@dataclass
class _Round:
    """A stream's reading: since when, how far it got, what it has asked for."""

    client: Client
    options: ConfluenceOptions
    #: Versions since then are told, in whichever order their pages come.
    since: datetime
    at: datetime
    started: datetime
    known: set[str] = field(default_factory=set)
    #: Contents that others are on, or answer, by number; None for what is gone.
    others: dict[str, Json | None] = field(default_factory=dict)

    @property
    def cursor(self) -> str:
        return json.dumps({"since": _written(self.since), "at": _written(self.at)})

    def read(self, moment: str) -> None:
        self.at = max(self.at, datetime.fromisoformat(moment))

    def over(self) -> Page:
        """All was read: the next round begins where this one did."""
        again = _written(self.started - LATE)
        return Page([], json.dumps({"since": again, "at": again}))


async def _begun(client: Client, options: ConfluenceOptions, cursor: str) -> _Round:
    """A round that begins or goes on. Raises Refused where the token is nobody's."""
    now = datetime.now(UTC)
    user = (await client.get("rest/api/user/current")).content
    if (user or {}).get("type") == "anonymous" or not identifier(user or {}):
        raise Refused(f"{options.site} takes us for a stranger: the token is not good any more")
    state = json.loads(cursor) if cursor else {}
    begin = _written(now - timedelta(days=options.history_days) - LATE)
    since = datetime.fromisoformat(state.get("since", begin))
    return _Round(client, options, since, datetime.fromisoformat(state.get("at", begin)), now)


async def pages(client: Client, options: ConfluenceOptions, cursor: str) -> AsyncIterator[Page]:
    """Pages, blog posts and files as they were written, and every version of a page."""
    if "pages" not in options.streams:
        return
    turn = await _begun(client, options, cursor)
    async for some in _changed(turn, "page, blogpost, attachment", OF_PAGE):
        found = [one for each in some for one in await _page(turn, each)]
        yield Page(found, turn.cursor)
    yield turn.over()


async def _changed(turn: _Round, types: str, expand: str) -> AsyncIterator[Sequence[Json]]:
    """What was changed, each version of it once a round."""
    async for some in lists.since(
        turn.client,
        turn.options,
        f"type in ({types})",
        turn.at,
        field="lastmodified",
        time_of=_last,
        expand=expand,
    ):
        new = {f"{each['id']}:{_last(each)}": each for each in some}
        yield [each for name, each in new.items() if name not in turn.known]
        turn.known |= new.keys()
        for moment in filter(None, map(_last, some)):
            turn.read(moment)


def _last(content: Json) -> str:
    """When a content was changed; "" where that is not told, and its mapper refuses it."""
    return str((content.get("version") or {}).get("when") or "")


async def _page(turn: _Round, content: Json) -> list[Found]:
    """The versions of a content that are new."""
    kind, plain = content["type"], _plain(content, turn.options)
    if not _last(content):
        return [Found(f"{kind}.written", {"content": plain})]
    version = _signed(content["version"], {})
    if kind == "attachment":
        return [Found("attachment.written", {"content": {**plain, "version": version}})]
    if version["number"] == 1:
        return [Found(f"{kind}.written", {"content": plain, "version": version})]
    publishers = content["history"].get("contributors", {}).get("publishers", {}).get("users", ())
    known = {identifier(each): each for each in publishers}
    every = await lists.versions(turn.client, turn.options, content, turn.since)
    signed = [_signed(each, known) for each in every]
    found = []
    for before, each in zip([None, *signed], signed, strict=False):
        if datetime.fromisoformat(each["when"]) < turn.since:
            continue
        event = {"content": plain, "version": each, "previous": before}
        first = each["number"] == 1
        found.append(Found(f"{kind}.written" if first else f"{kind}.edited", event))
    return found


def _plain(content: Json, options: ConfluenceOptions) -> dict[str, Any]:
    """A content without names of people, all that no mapper asks for, and by default its title."""
    told = {name: content[name] for name in _KEPT if name in content} | _titled(content, options)
    if space := told.get("space"):
        told["space"] = {"key": space["key"]}
    told["history"] = _history(content)
    if container := content.get("container"):
        told["container"] = {"id": container["id"], "type": container.get("type", "page")}
    return told


def _titled(content: Json, options: ConfluenceOptions) -> dict[str, Any]:
    """A content's title, where it is kept."""
    kept = options.keeps is not Keeps.NOTHING and "title" in content
    return {"title": content["title"]} if kept else {}


def _history(content: Json) -> dict[str, Any]:
    """Who made a content, and when."""
    told = content.get("history") or {}
    return {"createdBy": _user(told.get("createdBy")), "createdDate": told.get("createdDate")}


def _signed(version: Json, known: Json) -> dict[str, Any]:
    """A version with all that is known of whoever made it."""
    by = version.get("by") or {}
    told = {name: version.get(name) for name in ("number", "when", "message", "minorEdit")}
    return {**told, "by": _user(known.get(identifier(by), by))}


def _user(user: Json | None) -> dict[str, Any]:
    """What is kept of a person; nothing of one who has no account any more."""
    name = str((user or {}).get("displayName") or "").lower().removesuffix(" (deleted)")
    if not user or name in people.GONE:
        return {}
    return {name: user[name] for name in _USER if name in user}


async def comments(client: Client, options: ConfluenceOptions, cursor: str) -> AsyncIterator[Page]:
    """Comments as they were first written, each with its page and what it answers."""
    if "comments" not in options.streams:
        return
    turn = await _begun(client, options, cursor)
    async for some in _changed(turn, "comment", OF_COMMENT):
        own = [each for each in some if (each.get("container") or {}).get("id")]
        await _read(turn, [_number(each["container"]) for each in own], OF_CONTAINER)
        answered = [_number(each["ancestors"][-1]) for each in own if each.get("ancestors")]
        await _read(turn, answered, OF_ANSWERED)
        found = [Found("comment.written", await _comment(turn, each)) for each in own]
        yield Page(found, turn.cursor)
    yield turn.over()


async def _read(turn: _Round, numbers: Sequence[str], expand: str) -> None:
    """Reads what comments are on, or what they answer, once a round."""
    new = sorted(set(numbers) - turn.others.keys())
    turn.others |= dict.fromkeys(new)
    async for found in lists.by_number(turn.client, new, expand):
        turn.others |= {_number(each): each for each in found}


async def _comment(turn: _Round, comment: Json) -> dict[str, Any]:
    """A comment as it was first written, with its page's author and what it answers."""
    container = comment["container"]
    page = {"id": _number(container), "type": container.get("type", "page")}
    known = turn.others[page["id"]] or {}
    page |= {"history": _history(known), **_titled(known, turn.options)}
    event = {"content": _plain(await _first(turn, comment), turn.options) | {"container": page}}
    if comment.get("ancestors"):
        number = _number(comment["ancestors"][-1])
        parent = turn.others[number]
        if parent:
            parent = turn.others[number] = await _first(turn, parent)
        event["parent"] = _plain(parent or {"id": number, "type": "comment"}, turn.options)
        event["parent"]["container"] = page
    return event


def _number(content: Json) -> str:
    return str(content["id"]).removeprefix("att")


async def _first(turn: _Round, comment: Json) -> Json:
    """A comment with its first text; with the one it has where that is kept no more."""
    if (comment.get("version") or {}).get("number") in (None, 1) or comment.get("first"):
        return comment
    number = comment["id"]
    where = (comment.get("extensions") or {}).get("location") or "footer"
    asked: dict[str, str | int] = {"version": 1}
    if turn.options.cloud:
        path = f"api/v2/{'inline' if where == 'inline' else 'footer'}-comments/{number}"
        asked["body-format"] = "storage"
    else:
        path = f"rest/api/content/{number}"
        asked |= {"status": "historical", "expand": "body.storage"}
    try:
        body = (await turn.client.get(path, **asked)).content["body"]
    except Refused as error:
        if error.code not in _NO:
            raise
        return comment
    return {**comment, "body": body, "first": True}


async def likes(client: Client, options: ConfluenceOptions, cursor: str) -> AsyncIterator[Page]:
    """Who thanked for pages, blog posts and comments that are some days old; nothing says when."""
    if "likes" not in options.streams:
        return
    turn = await _begun(client, options, cursor)
    until, begun = turn.started - timedelta(hours=options.settled_hours), turn.at
    names: dict[str, str] = {}
    async for some in lists.since(
        client,
        options,
        "type in (page, blogpost, comment)",
        turn.at,
        field="created",
        time_of=_created,
        expand=OF_LIKED,
    ):
        for each in filter(_created, some):
            made = datetime.fromisoformat(_created(each))
            if made > until:
                yield Page([], turn.cursor)
                return
            if each["id"] in turn.known or made < begun:
                continue
            turn.known.add(each["id"])
            turn.read(_created(each))
            users = await _likers(turn, each, names)
            yield Page(
                [
                    Found("like.given", {"content": _plain(each, turn.options), "user": user})
                    for user in users
                ],
                turn.cursor,
            )
    yield Page([], turn.cursor)


def _created(content: Json) -> str:
    return str((content.get("history") or {}).get("createdDate") or "")


async def _likers(turn: _Round, content: Json, names: dict[str, str]) -> Sequence[Json]:
    """Who likes a content; nobody where it is gone meanwhile."""
    try:
        if not turn.options.cloud:
            return await _likers_by_name(turn, content, names)
        kind = f"{content['type']}s"
        if content["type"] == "comment":
            where = (content.get("extensions") or {}).get("location") or "footer"
            kind = f"{'inline' if where == 'inline' else 'footer'}-comments"
        path, found = f"api/v2/{kind}/{content['id']}/likes/users", []
        async for reply in turn.client.pages(path, lists.onwards(turn.options), limit=lists.LONG):
            found += [{"accountId": each["accountId"]} for each in reply.content["results"]]
    except Refused as error:
        if error.code not in _NO:
            raise
        return []
    return found


async def _likers_by_name(turn: _Round, content: Json, names: dict[str, str]) -> Sequence[Json]:
    """Data Center names those who like by their user names, which may change."""
    reply = await turn.client.get(f"rest/likes/1.0/content/{content['id']}/likes")
    found = []
    for each in reply.content["likes"]:
        name = each["user"]["name"]
        if name not in names:
            try:
                user = (await turn.client.get("rest/api/user", username=name)).content
            except Refused as error:
                if error.code not in _NO:
                    raise
                user = {}
            names[name] = str(user.get("userKey") or "")
        found.append({"userKey": names[name], "username": name})
    return found


async def trash(client: Client, options: ConfluenceOptions, cursor: str) -> AsyncIterator[Page]:
    """Pages and blog posts that are thrown away, as far as the token's account may see them.

    Nothing says when, so the list is read whole; the cursor holds what of it was told.
    """
    if "trash" not in options.streams:
        return
    known, seen = set(json.loads(cursor) if cursor else ()), set[str]()
    for kind in ("page", "blogpost"):
        asked: dict[str, str | int] = {"status": "trashed", "limit": lists.LONG}
        path = f"api/v2/{kind}s"
        if not options.cloud:
            path, asked = "rest/api/content", asked | {"type": kind}
        async for reply in client.pages(path, lists.onwards(options), **asked):
            new = [str(each["id"]) for each in reply.content["results"]]
            found = [
                Found(f"{kind}.trashed", {"content": {"id": number}})
                for number in new
                if number not in known
            ]
            seen.update(new)
            if found:
                yield Page(found, json.dumps(sorted(known | seen)))
    if seen != known:
        yield Page([], json.dumps(sorted(seen)))


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")


def _login(options: ConfluenceOptions, token: bytes) -> Login:
    if not options.api_user:
        return bearer(options, token)
    return Login.model_validate({"user": options.api_user, "password": token.decode()})


poll = Poll(
    streams={"pages": pages, "comments": comments, "likes": likes, "trash": trash},
    every=EVERY,
    address=lambda options: f"{options.site}/",
    login=_login,
)
