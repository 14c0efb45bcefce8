"""An issue's life, told from its history: the issue as it was at each time, and what was done.

A mapper is to say the same of an event whenever it is read, and an issue is moved, labelled and
given to others. So each event holds the issue as it was then, which its changelog tells backwards.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from producers.connector import Found
from producers.connectors.jira import comments
from producers.connectors.jira.issues import LINKED
from producers.connectors.jira.options import JiraOptions
from producers.connectors.jira.source import Source, Thing
from xapi.signals import Item

#: What of an issue an event holds.
FIELDS = (
    "created", "creator", "reporter", "assignee", "issuetype", "labels", "priority", "project",
    "security", "summary", "description",
)  # fmt: skip
#: Fields that hold a user.
USERS = ("reporter", "assignee")
_NAMED = ("issuetype", "priority")
#: (a user's key or account id) → the user.
UserOf = Callable[[str], Thing]
Json = dict[str, Any]


class Life:
    """An issue with its whole changelog, oldest first.

    `user_of` finds whose an issue was before; `categories` are those of statuses, by their id.
    """

    def __init__(
        self,
        issue: Thing,
        histories: Sequence[Thing],
        options: JiraOptions,
        user_of: UserOf,
        categories: Mapping[str, str],
    ) -> None:
        self._options = options
        self._categories = categories
        self._histories = sorted(histories, key=lambda each: (moment(each), int(each["id"])))
        now = {"id": issue["id"], "key": issue["key"]}
        fields = {name: issue["fields"].get(name) for name in FIELDS}
        self._states = [{**now, "fields": fields}]
        for history in reversed(self._histories):
            self._states.append(_before(self._states[-1], history, user_of))
        self._states.reverse()  # one more than there are histories: before each, and now

    def told(
        self, said: Sequence[Thing], worklogs: Sequence[Thing], links: Mapping[str, Thing]
    ) -> Iterator[tuple[datetime, Found]]:
        """What was done, and when."""
        first = self._states[0]
        yield moment(first["fields"]), Found("issue_created", {"issue": first})
        asked = int(Source({"issue": first}, self._options).asks)
        for place, history in enumerate(self._histories):
            was, now = self._states[place : place + 2]
            act = {"id": history["id"], "created": history["created"], "author": _author(history)}
            event = {"issue": now, "history": act}
            changed = self._sorted(was, now)
            if changed:
                asked += bool(changed["asks"])
                yield (
                    moment(history),
                    Found("issue.sorted", {**event, **changed, "occurrence": asked}),
                )
            for item in history["items"]:
                for found in self._changed(event, item, history, links):
                    yield moment(history), found
        yield from self._said(said)
        for each in worklogs:
            plain = {name: value for name, value in each.items() if name != "comment"}
            yield (
                moment(each),
                Found("worklog_created", {"issue": self._at(each), "worklog": plain}),
            )

    def _sorted(self, was: Thing, now: Thing) -> Json:
        """Whether the issue asks now, and is an incident, where it was not before; or no more."""
        before, after = (Source({"issue": each}, self._options) for each in (was, now))
        asks = after.asks if before.asks != after.asks else None
        turned = before.item != after.item
        incident = after.item is Item.INCIDENT if turned else None
        return {} if asks is incident is None else {"asks": asks, "incident": incident}

    def _changed(
        self, event: Json, item: Thing, history: Thing, links: Mapping[str, Thing]
    ) -> Iterator[Found]:
        """What a change of one field is."""
        was, now = item.get("from"), item.get("to")
        if item["field"] == "status":
            of = self._categories
            resolved = [each.get("toString") for each in history["items"]
                        if each["field"] == "resolution"]  # fmt: skip
            yield Found(
                "issue.moved",
                {
                    **event,
                    "was": of.get(str(was), ""),
                    "now": of.get(str(now), ""),
                    "resolution": (resolved or [None])[0],
                },
            )
        elif item["field"] in LINKED and was and not now:
            yield Found("page.unlinked", {**event, "link": {"id": was}})
        elif item["field"] in LINKED and str(now) in links:
            yield Found("page.linked", {**event, "link": links[str(now)]})
        elif item["field"] == "WorklogId" and was and not now:
            yield Found("worklog_deleted", {"worklog": {"id": was}})

    def _said(self, said: Sequence[Thing]) -> Iterator[tuple[datetime, Found]]:
        """Comments, and which of them is the first reply to a request."""
        first = True
        for each in sorted(said, key=lambda each: (moment(each), int(each["id"]))):
            event: Json = {"issue": self._at(each), "comment": each}
            if first and comments.is_reply(event, self._options):
                event["first"], first = True, False
            yield moment(each, each.get("updated")), Found("comment_created", event)

    def _at(self, thing: Thing) -> Json:
        """The issue as it was when something was written."""
        at = moment(thing)
        before = sum(moment(each) <= at for each in self._histories)
        return self._states[before]


def moment(thing: Thing, later: str | None = None) -> datetime:
    """When something was made, or changed later."""
    return datetime.fromisoformat(later or thing["created"]).astimezone(UTC)


def _author(history: Thing) -> Json | None:
    """Who made a change, by the account alone."""
    author = history.get("author")
    names = ("accountId", "accountType", "name", "key")
    return {each: author[each] for each in names if each in author} if author else None


def _before(state: Json, history: Thing, user_of: UserOf) -> Json:
    """An issue as it was before a change."""
    fields, key = dict(state["fields"]), state["key"]
    for item in history["items"]:
        name, was = item.get("fieldId") or item["field"], item.get("from")
        if name in USERS:
            fields[name] = user_of(was) if was else None
        elif name in _NAMED:
            fields[name] = {"id": was, "name": item.get("fromString") or ""}
        elif name == "labels":
            fields["labels"] = (item.get("fromString") or "").split()
        elif item["field"] == "Key" and item.get("fromString"):
            key = item["fromString"]
    return {"id": state["id"], "key": key, "fields": fields}
