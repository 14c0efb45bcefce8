"""A Jira of a test, Cloud or Data Center: what people do, what it delivers, and its interface.

It does what Jira documents: searches by the last change, with tokens (Cloud) or places (Data
Center); changelogs that hold accounts by id or key; comments, worklogs and changes that a search
tells in part; comments that Cloud delivers without the issue's reporter and Data Center without
the issue.
"""

import base64
import copy
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

Json = dict[str, Any]
IDA, BO, EVA, ANA, APP = "ida", "bo", "eva", "ana", "app"
STAFF = (IDA, BO, EVA)
_KINDS = {ANA: "customer", APP: "app"}
STATUSES = {"1": ("Open", "new"), "3": ("In Progress", "indeterminate"),
            "5": ("Resolved", "done"), "6": ("Closed", "done")}  # fmt: skip
#: (what is said, whether it says anything); `{bo}` is a mention.
TEXTS = (
    ("The disk was full, see the log.", True),
    ("Which version do you use?", True),
    ("{bo} have you ever seen this error?", True),
    ("{ida} {bo} the runbook says how.", True),
    ("{eva} it works again.", True),
    ("Thanks a lot! (y)", False),
    ("+1", False),
    ("{quote}Which disk was full?{quote}", False),
)
#: How much a page holds, and how much of an issue's parts a search tells, whatever is asked for.
SIZE, PART = 3, 2
_FEW = ("summary", "issuetype", "project", "assignee", "priority", "status")


@dataclass
class Site:
    """Issues by number, with all that was done to them."""

    cloud: bool = True
    address: str = "https://north.atlassian.net"
    at: datetime = datetime(2026, 5, 4, 8, tzinfo=UTC)
    step: timedelta = timedelta(seconds=20)
    #: Whether things are done now, not in the past.
    live: bool = False
    issues: dict[str, Json] = field(default_factory=dict)
    deliveries: list[Json] = field(default_factory=list)
    last: int = 10_000
    edited: set[str] = field(default_factory=set)

    def _number(self) -> str:
        self.last += 1
        return str(self.last)

    def _now(self) -> str:
        later = self.at + (timedelta(milliseconds=1) if self.live else self.step)
        self.at = max(later, datetime.now(UTC)) if self.live else later
        return self.at.isoformat(timespec="milliseconds").replace("+00:00", "+0000")

    def user(self, name: str | None) -> Json | None:
        """A user as Jira tells them."""
        if name is None:
            return None
        if self.cloud:
            return {"accountId": f"712020:{name}", "displayName": name.title(),
                    "accountType": _KINDS.get(name, "atlassian")}  # fmt: skip
        return {"name": name, "key": f"JIRAUSER{sum(name.encode())}", "displayName": name.title()}

    def _called(self, name: str | None) -> str | None:
        """A user as a changelog calls them."""
        user = self.user(name)
        return user and str(user["accountId" if self.cloud else "key"])

    # What people do

    def open(self, by: str, project: str = "ATLAS", kind: str = "Task",
             labels: tuple[str, ...] = ()) -> str:  # fmt: skip
        """Somebody opens an issue; its number."""
        number, at = self._number(), self._now()
        self.issues[number] = {
            "id": number,
            "key": f"{project}-{len(self.issues) + 1}",
            "fields": {
                "summary": "The export ends with an error", "created": at, "updated": at,
                "creator": self.user(by), "reporter": self.user(by), "assignee": None,
                "issuetype": {"id": "1", "name": kind}, "labels": list(labels),
                "priority": {"id": "3", "name": "Medium"}, "security": None,
                "project": _project(project), "status": _status("1"),
            },
            "histories": [], "comments": [], "worklogs": [], "links": [],
        }  # fmt: skip
        self._tell("jira:issue_created", issue=self._shown(number))
        return number

    def say(self, number: str, by: str, said: str, *, public: bool = True) -> str:
        """Somebody comments; the comment's number."""
        at, user = self._now(), self.user(by)
        comment = {"id": self._number(), "author": user, "updateAuthor": user, "created": at,
                   "updated": at, "body": self._written(said), "public": public}  # fmt: skip
        self._touch(number, at)["comments"].append(comment)
        self._commented(number, comment, "created", "issue_commented")
        return str(comment["id"])

    def edit(self, number: str, comment: str, said: str) -> None:
        """A comment is edited."""
        found = next(each for each in self.issues[number]["comments"] if each["id"] == comment)
        found |= {"body": self._written(said), "updated": self._now()}
        self.edited.add(comment)
        self._touch(number, found["updated"])
        self._commented(number, found, "updated", "issue_comment_edited")

    def unsay(self, number: str, comment: str) -> None:
        """A comment is deleted."""
        every = self._touch(number, self._now())["comments"]
        found = next(each for each in every if each["id"] == comment)
        every.remove(found)
        self._commented(number, found, "deleted", "issue_comment_deleted")

    def log(self, number: str, by: str) -> str:
        """Somebody logs work; the worklog's number."""
        at, user = self._now(), self.user(by)
        worklog = {"id": self._number(), "author": user, "created": at, "updated": at,
                   "started": at, "timeSpentSeconds": 3600, "issueId": number,
                   "comment": "Looked for it."}  # fmt: skip
        self.issues[number]["worklogs"].append(worklog)
        self._change(number, by, [_item("WorklogId", None, worklog["id"])], at)
        self._tell("worklog_created", worklog=worklog)
        return str(worklog["id"])

    def unlog(self, number: str, worklog: str) -> None:
        """Logged work is deleted."""
        every = self.issues[number]["worklogs"]
        found = next(each for each in every if each["id"] == worklog)
        every.remove(found)
        self._change(number, BO, [_item("WorklogId", worklog, None)])
        self._tell("worklog_deleted", worklog=found)

    def link(self, number: str, by: str, url: str) -> str:
        """Somebody links a page; the link's number."""
        link = {"id": int(self._number()), "application": {}, "relationship": None,
                "object": {"url": url, "title": "How exports are timed"}}  # fmt: skip
        self.issues[number]["links"].append(link)
        field = "RemoteWorkItemLink" if self.cloud else "RemoteIssueLink"
        self._change(number, by, [_item(field, None, str(link["id"]))])
        return str(link["id"])

    def unlink(self, number: str, link: str) -> None:
        """A link is taken away."""
        every = self.issues[number]["links"]
        every.remove(next(each for each in every if str(each["id"]) == link))
        field = "RemoteWorkItemLink" if self.cloud else "RemoteIssueLink"
        self._change(number, BO, [_item(field, link, None)])

    def move(self, number: str, by: str, status: str) -> None:
        """Somebody moves an issue to a status."""
        fields = self.issues[number]["fields"]
        was, fields["status"] = fields["status"], _status(status)
        self._change(number, by, [_item("status", was["id"], status)])

    def label(self, number: str, labels: list[str]) -> None:
        """An issue is labelled anew."""
        fields = self.issues[number]["fields"]
        was, fields["labels"] = fields["labels"], labels
        item = {**_item("labels", "", ""), "fromString": " ".join(was),
                "toString": " ".join(labels)}  # fmt: skip
        self._change(number, BO, [item])

    def give(self, number: str, name: str, field: str = "assignee") -> None:
        """An issue gets another assignee, or another reporter."""
        fields = self.issues[number]["fields"]
        was = fields[field] and str(fields[field]["accountId" if self.cloud else "key"])
        fields[field] = self.user(name)
        self._change(number, BO, [_item(field, was, self._called(name))])

    def carry(self, number: str, project: str) -> None:
        """An issue is moved to another project of the same kind."""
        issue = self.issues[number]
        was, issue["key"] = issue["key"], f"{project}-{self._number()}"
        issue["fields"]["project"] = _project(project)
        item = {**_item("Key", None, None), "fromString": was, "toString": issue["key"]}
        self._change(number, BO, [item])

    def sort_all(self, labels: list[str], most: int = 2 * SIZE + 1) -> None:
        """The newest issues are changed at one moment, as by a bulk change."""
        self._now()
        step, self.step, live, self.live = self.step, timedelta(0), self.live, False
        for number in list(self.issues)[-most:]:
            self.label(number, labels)
        self.step, self.live = step, live

    def counting(self) -> int:
        """How many acts count in the end, by what people did and not by what is told of it."""
        said = {self._written(text): says for text, says in TEXTS}
        ours = {str(self.user(name)) for name in STAFF}
        found = 0
        for issue in self.issues.values():
            fields = issue["fields"]
            found += sum(said[each["body"]] for each in issue["comments"]
                         if str(each["author"]) in ours)  # fmt: skip
            found += sum(str(each["author"]) in ours for each in issue["worklogs"])
            found += sum("commit" not in each["object"]["url"] for each in issue["links"])
            kind = fields["issuetype"]["name"]
            asks = "question" in fields["labels"] or kind in ("Question", "Service Request")
            found += asks and str(fields["reporter"]) in ours
        return found

    def _written(self, said: str) -> str:
        """What is said, with mentions as Jira keeps them."""
        for name in STAFF:
            mention = f"[~accountid:712020:{name}]" if self.cloud else f"[~{name}]"
            said = said.replace(f"{{{name}}}", mention)
        return said

    def _touch(self, number: str, at: str) -> Json:
        self.issues[number]["fields"]["updated"] = at
        return self.issues[number]

    def _change(self, number: str, by: str, items: list[Json], at: str = "") -> None:
        history = {"id": self._number(), "author": self.user(by), "created": at or self._now(),
                   "items": items}  # fmt: skip
        self._touch(number, history["created"])["histories"].append(history)
        told = {"id": history["id"], "items": items}
        self._tell("jira:issue_updated", issue=self._shown(number), changelog=told)

    # What is delivered

    def _shown(self, number: str) -> Json:
        return {name: self.issues[number][name] for name in ("id", "key", "fields")}

    def _commented(self, number: str, comment: Json, how: str, named: str) -> None:
        issue = self._shown(number)
        said = {name: value for name, value in comment.items() if name != "public"}
        if self.cloud:
            few = {name: issue["fields"][name] for name in _FEW}
            said["jsdPublic"] = comment["public"]
            self._tell(f"comment_{how}", comment=said, issue={**issue, "fields": few})
            return
        self._tell(f"comment_{how}", comment=said)
        self._tell("jira:issue_updated", issue=issue, comment=said, issue_event_type_name=named)

    def _tell(self, kind: str, **body: Any) -> None:
        at = int(self.at.timestamp() * 1000)
        body = {"timestamp": at, "webhookEvent": kind, **body}
        self.deliveries.append(copy.deepcopy(body))

    # The interface

    def answer(self, path: str, asked: dict[str, str]) -> tuple[int, Any]:
        """The status and JSON of an answer."""
        match path.partition("/rest/api/2/")[2].split("/"):
            case ["search", "jql"] if self.cloud:
                return 200, self._by_token(asked)
            case ["search"] if not self.cloud:
                return 200, self._by_place(asked)
            case ["status"]:
                return 200, [_status(number) for number in STATUSES]
            case ["user"]:
                known = {self._called(name): name for name in (*STAFF, ANA, APP)}
                name = known.get(asked.get("accountId") or asked["key"])
                return (200, self.user(name)) if name else (404, {})
            case ["issue", number, *rest] if number in self.issues:
                return self._of_issue(self.issues[number], rest, asked)
        return 404, {"errorMessages": ["there is nothing"]}

    def _of_issue(self, issue: Json, rest: list[str], asked: dict[str, str]) -> tuple[int, Any]:
        match rest:
            case ["comment"]:
                internal = "properties" in asked.get("expand", "")
                every = [self._comment(each, internal) for each in issue["comments"]]
                return 200, _page("comments", every, asked)
            case ["worklog"]:
                return 200, _page("worklogs", issue["worklogs"], asked)
            case ["changelog"] if self.cloud:
                return 200, _page("values", issue["histories"], asked)
            case ["remotelink"]:
                return 200, issue["links"]
        return 404, {"errorMessages": ["there is nothing"]}

    def _comment(self, comment: Json, properties: bool = False) -> Json:
        said = {name: value for name, value in comment.items() if name != "public"}
        if self.cloud:
            said["jsdPublic"] = comment["public"]
        elif properties:
            kept = {"key": "sd.public.comment", "value": {"internal": not comment["public"]}}
            said["properties"] = [kept]
        return said

    def _found(self, asked: dict[str, str]) -> list[tuple[str, Json]]:
        """The issues of a search, each by its place in it."""
        since = re.search(r"updated >= (\d+) ORDER BY updated ASC, key ASC$", asked["jql"])
        assert since, asked["jql"]
        after = int(since[1])
        return sorted(
            (f"{each['fields']['updated']}|{each['key']}", each)
            for each in self.issues.values()
            if datetime.fromisoformat(each["fields"]["updated"]).timestamp() * 1000 >= after
        )

    def _by_token(self, asked: dict[str, str]) -> Json:
        place = base64.b64decode(asked.get("nextPageToken", "")).decode()
        left = [row for row in self._found(asked) if row[0] > place]
        page = {"issues": [self._searched(each) for _, each in left[:SIZE]],
                "isLast": len(left) <= SIZE}  # fmt: skip
        if not page["isLast"]:
            page["nextPageToken"] = base64.b64encode(left[SIZE - 1][0].encode()).decode()
        return page

    def _by_place(self, asked: dict[str, str]) -> Json:
        every, start = self._found(asked), int(asked.get("startAt", 0))
        some = [self._searched(each) for _, each in every[start : start + SIZE]]
        return {"issues": some, "startAt": start, "maxResults": SIZE, "total": len(every)}

    def _searched(self, issue: Json) -> Json:
        fields = {**issue["fields"]}
        for name in ("comment", "worklog"):
            every = issue[f"{name}s"]
            some = [self._comment(each) if name == "comment" else each for each in every[:PART]]
            fields[name] = {f"{name}s": some, "maxResults": PART, "total": len(every),
                            "startAt": 0}  # fmt: skip
        newest = list(reversed(issue["histories"]))
        told = newest[:PART] if self.cloud else newest
        log = {"startAt": 0, "maxResults": len(told), "total": len(newest), "histories": told}
        return {"id": issue["id"], "key": issue["key"], "fields": fields, "changelog": log}


def _project(key: str) -> Json:
    kind = "service_desk" if key in ("HELP", "DESK") else "software"
    return {"id": str(sum(key.encode())), "key": key, "name": key.title(), "projectTypeKey": kind}


def _status(number: str) -> Json:
    name, category = STATUSES[number]
    return {"id": number, "name": name, "statusCategory": {"key": category, "name": name}}


def _item(field: str, was: str | None, now: str | None) -> Json:
    return {"field": field, "fieldtype": "jira", "from": was, "fromString": was, "to": now,
            "toString": now}  # fmt: skip


def _page(name: str, every: list[Json], asked: dict[str, str]) -> Json:
    start = int(asked.get("startAt", 0))
    return {name: every[start : start + SIZE], "startAt": start, "maxResults": SIZE,
            "total": len(every)}  # fmt: skip
