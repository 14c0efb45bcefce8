"""Zendesk asked: tickets' audits, articles with their translations, community posts.

https://developer.zendesk.com/documentation/ticketing/managing-tickets/using-the-incremental-export-api
and https://developer.zendesk.com/api-reference/ticketing/tickets/ticket_audits. The export says
which tickets changed, page by page with a cursor; of each its audits are read, and those are told
that are new since the last whole round. Ten questions a minute are allowed to exports.
"""

import json
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from producers.connector import Client, Found, Page, Poll, Reply
from producers.connectors.zendesk.options import ZendeskOptions
from producers.connectors.zendesk.source import DONE, MACHINES, STAFF
from producers.connectors.zendesk.users import users
from producers.polling.errors import GONE, Refused
from producers.polling.login import Login
from producers.texts import Keeps

#: Between two rounds, in seconds.
EVERY = 300.0
#: How many tickets, or audits, a page has.
PAGE = 100
#: How many users one question is for.
USERS = 100
#: The export leaves out the last minute; an hour is more than it has ever been behind.
LATE = timedelta(hours=1)
#: How often in a round the export is begun anew, since its cursor is not known any more.
ANEW = 10
#: Fields of a ticket that are followed through its audits.
_FOLLOWED = ("group_id", "requester_id", "assignee_id")

Json = Mapping[str, Any]


async def tickets(client: Client, options: ZendeskOptions, cursor: str) -> AsyncIterator[Page]:
    """What was done to tickets, in the order in which the export tells of them."""
    if "tickets" not in options.streams:
        return
    state: dict[str, str] = json.loads(cursor) if cursor else _beginning(options)
    started, users = datetime.now(UTC), _Users(client)
    after = state["after"]
    async for content in _changed(client, state):
        for ticket in content["tickets"]:
            found = await _history(client, users, ticket, state["since"], options)
            if found:  # kept before the next ticket is read: a page may have many
                yield Page(found, json.dumps(state | {"after": after}))
        after = content.get("after_cursor") or after
        yield Page([], json.dumps(state | {"after": after}))
    yield Page([], json.dumps({"after": after, "since": _written(started - LATE)}))


def _beginning(options: ZendeskOptions) -> dict[str, str]:
    begin = datetime.now(UTC) - timedelta(days=options.history_days) - LATE
    return {"after": "", "since": _written(begin)}


async def _changed(client: Client, state: Mapping[str, str]) -> AsyncIterator[Json]:
    """Page after page of tickets that changed; begun anew where the cursor is not known."""
    start = {"start_time": int(_moment(state["since"]).timestamp())}
    asked: dict[str, str | int] = {"cursor": state["after"]} if state["after"] else {**start}
    path, left = "incremental/tickets/cursor.json", ANEW
    while True:
        try:
            content = (await client.get(path, **asked, per_page=PAGE)).content
        except Refused:
            if "cursor" not in asked or not left:
                raise
            asked, left = {**start}, left - 1
            continue
        yield content
        if content["end_of_stream"] or not content.get("after_cursor"):
            return
        asked = {"cursor": content["after_cursor"]}


async def _history(
    client: Client, users: "_Users", ticket: Json, since: str, options: ZendeskOptions
) -> list[Found]:
    """What is new of a ticket; nothing where it is gone."""
    audits: list[Json] = []
    try:
        async for reply in client.pages(
            f"tickets/{ticket['id']}/audits.json", _next_audits, **{"page[size]": PAGE}
        ):
            audits += reply.content["audits"]
    except Refused as error:
        if error.code not in GONE:  # closed to us is no ticket that is gone
            raise
        return []
    audits.sort(key=lambda each: (each["created_at"], each["id"]))
    told = list(_told(ticket, audits, options))
    await users.read({number for _, event in told for number in event["_users"]})
    for _, event in told:
        if _answers(event, users, options.bots):
            event["first"] = True
            break
    return [
        Found(kind, users.named(event))
        for kind, event in told
        if _moment(event["_at"]) >= _moment(since)
    ]


def _answers(event: Json, users: "_Users", bots: frozenset[int]) -> bool:
    """Whether an event is a reply that the requester can read, by a person of the staff."""
    if "comment" not in event or not event["_reply"]:
        return False
    by = event["by"]
    person = users.of(by)["role"] in STAFF and by not in bots
    mere = event["audit"]["via"]["channel"] in MACHINES
    return person and not mere and by != event["ticket"]["requester_id"]


def _next_audits(reply: Reply) -> Mapping[str, str]:
    meta = reply.content.get("meta") or {}
    return {"page[after]": meta["after_cursor"]} if meta.get("has_more") else {}


def _told(
    ticket: Json, audits: Sequence[Json], options: ZendeskOptions
) -> Iterator[tuple[str, dict[str, Any]]]:
    """The events of a ticket's audits, each with the ticket as it was then."""
    now: dict[str, Any] = {"id": ticket["id"], "requester_id": ticket["requester_id"]}
    if options.keeps is not Keeps.NOTHING:
        now["subject"] = ticket.get("subject")
    privacy = _privacy(audits)
    for place, audit in enumerate(audits):
        for each in audit["events"]:
            if each["type"] in ("Create", "Change") and each.get("field_name") in _FOLLOWED:
                now[each["field_name"]] = int(each["value"]) if each["value"] else None
        if place == 0:
            yield "ticket.opened", _event(now, audit, audit["author_id"])
        for each in audit["events"]:
            if each.get("field_name") == "status" and (
                each["type"] == "Change" or each.get("value") in DONE
            ):
                yield "ticket.status", _event(now, audit, audit["author_id"], change=_change(each))
            if each["type"] == "Change" and each.get("field_name") == "satisfaction_score":
                yield "ticket.rated", _event(now, audit, audit["author_id"], change=_change(each))
            opening = place == 0 and each.get("author_id") == now["requester_id"]
            if each["type"] == "Comment" and not opening:
                changed = privacy.get(each["id"])
                public = changed[0] if changed else bool(each["public"])
                yield (
                    "ticket.comment",
                    _event(
                        now,
                        audit,
                        each["author_id"],
                        comment={**each, "public": public},
                        changed=changed is not None,
                        first=False,
                        # As it was written: what was hidden later had been read.
                        _reply=place > 0 and bool(each["public"]),
                        _at=max(audit["created_at"], changed[1] if changed else ""),
                    ),
                )


def _privacy(audits: Sequence[Json]) -> dict[int, tuple[bool, str]]:
    """Comment id → (public, when that was changed), of comments of which it was."""
    return {
        each["comment_id"]: (bool(each["public"]), audit["created_at"])
        for audit in audits
        for each in audit["events"]
        if each["type"] == "CommentPrivacyChange"
    }


def _change(event: Json) -> dict[str, Any]:
    was = event.get("previous_value") or ""  # nothing, where it was set as the ticket was opened
    return {"id": event["id"], "from": was, "to": event.get("value") or ""}


def _event(now: Json, audit: Json, by: int, **more: Any) -> dict[str, Any]:
    """An event of an audit; names in place of `_users` are put in when they have been read."""
    said = {
        "ticket": dict(now),
        "by": by,
        "audit": {name: audit[name] for name in ("id", "created_at", "via")},
        "_users": [by, now["requester_id"], now.get("assignee_id")],
        "_at": audit["created_at"],
    }
    return said | more


async def articles(client: Client, options: ZendeskOptions, cursor: str) -> AsyncIterator[Page]:
    """Articles as they were written, and their translations as they were last edited."""
    if "articles" not in options.streams:
        return
    start = int(cursor or _moment(_beginning(options)["since"]).timestamp())
    users = _Users(client)
    while True:
        path = "help_center/incremental/articles.json"
        content = (await client.get(path, start_time=start)).content
        found = [each for article in content["articles"] for each in
                 await _article(client, options, users, article)]  # fmt: skip
        end = int(content.get("end_time") or start)
        yield Page(found, str(max(start, end)))
        if not content.get("next_page") or not content["articles"] or end <= start:
            return
        start = end


async def _article(
    client: Client, options: ZendeskOptions, users: "_Users", article: Json
) -> list[Found]:
    try:
        path = f"help_center/articles/{article['id']}/translations.json"
        texts = (await client.get(path)).content["translations"]
    except Refused as error:
        if error.code not in GONE:
            raise
        texts = []
    await users.read({article["author_id"], *(each["updated_by_id"] for each in texts)})
    by = users.of(article["author_id"])
    left_out = {"body"} if options.keeps is not Keeps.NOTHING else {"body", "title"}
    plain = {name: value for name, value in article.items() if name not in left_out}
    found = [Found("article.written", {"article": plain, "by": by})]
    for each in texts:
        said = {name: value for name, value in each.items() if name not in ("body", "title")}
        event = {"article": plain, "translation": said, "by": users.of(each["updated_by_id"])}
        found.append(Found("article.edited", event))
    return found


async def community(client: Client, options: ZendeskOptions, cursor: str) -> AsyncIterator[Page]:
    """Posts in which something was written lately, and what was said under them; newest first."""
    if "community" not in options.streams:
        return
    since = _moment(cursor or _beginning(options)["since"])
    started, users = datetime.now(UTC), _Users(client)
    async for reply in client.pages(
        "community/posts.json", _next_posts, sort_by="recent_activity", **{"page[size]": PAGE}
    ):
        over = False
        for post in reply.content["posts"]:
            comments = await _comments(client, post)
            latest = max([post["updated_at"], *(each["created_at"] for each in comments)])
            if over := _moment(latest) < since:
                break
            yield Page(await _discussed(users, post, comments), _written(since))
        if over:
            break
    yield Page([], _written(started - LATE))


def _next_posts(reply: Reply) -> Mapping[str, str]:
    meta = reply.content.get("meta") or {}
    return {"page[after]": meta["after_cursor"]} if meta.get("has_more") else {}


async def _comments(client: Client, post: Json) -> list[Json]:
    if not post["comment_count"]:
        return []
    found: list[Json] = []
    async for reply in client.pages(
        f"community/posts/{post['id']}/comments.json", _next_posts, **{"page[size]": PAGE}
    ):
        found += reply.content["comments"]
    return found


async def _discussed(users: "_Users", post: Json, comments: Sequence[Json]) -> list[Found]:
    await users.read({post["author_id"], *(each["author_id"] for each in comments)})
    plain = {name: value for name, value in post.items() if name != "details"}
    author = users.of(post["author_id"])
    found = [Found("community_post.written", {"post": plain, "by": author})]
    for each in comments:
        said = {"post": plain, "comment": each, "author": author}
        found.append(Found("community_post.comment", said | {"by": users.of(each["author_id"])}))
    return found


class _Users:
    """Who users are, read once a round: their role, and nothing that names them."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._known: dict[int, str] = {}

    async def read(self, numbers: set[int | None]) -> None:
        """Reads the roles of users that are not known yet."""
        new = sorted(n for n in numbers if n is not None and n > 0 and n not in self._known)
        for some in (new[at : at + USERS] for at in range(0, len(new), USERS)):
            path, ids = "users/show_many.json", ",".join(map(str, some))
            content = (await self._client.get(path, ids=ids)).content
            self._known |= dict.fromkeys(some, "")  # who is gone has no role
            self._known |= {each["id"]: each["role"] for each in content["users"]}

    def of(self, number: int) -> dict[str, Any]:
        """A user: the number and the role."""
        return {"id": number, "role": self._known.get(number, "")}

    def named(self, event: dict[str, Any]) -> dict[str, Any]:
        """An event with the users that it names."""
        said = {name: value for name, value in event.items() if not name.startswith("_")}
        ticket = dict(said["ticket"])
        assignee = ticket.pop("assignee_id", None)
        ticket["requester"] = self.of(ticket.pop("requester_id"))
        ticket["assignee"] = self.of(assignee) if assignee else None
        return {**said, "ticket": ticket, "by": self.of(said["by"])}


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _written(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _login(options: ZendeskOptions, token: bytes) -> Login:
    return Login.model_validate({"user": f"{options.api_user}/token", "password": token.decode()})


poll = Poll(
    streams={"tickets": tickets, "articles": articles, "community": community},
    every=EVERY,
    address=lambda options: f"{options.site}/api/v2/",
    login=_login,
    users=users,
)
