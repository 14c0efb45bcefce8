"""A GitLab project of a test: what people do there, its deliveries, and its REST interface.

`deliveries` are what webhooks bring, in order; `answer` is what the interface says at any time, in
pages shorter than are asked for. `acts` is what should count in the end, by names of its own. It
does what GitLab documents, and no more: nothing is sent when a note is deleted, and the interface
shows things as they are now.
"""

import json
import urllib.parse
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

Thing = dict[str, Any]
#: (status, headers, JSON) of an answer.
Said = tuple[int, dict[str, str], Any]

IDA, BO, MAY, TOKEN = 818, 919, 1020, 7001
PEOPLE = [IDA, BO, MAY]
NAMES = {IDA: "ida.lund", BO: "bo.sund", MAY: "may.holt", TOKEN: "project_4100_bot_9f2c41"}
#: How many things a page has at most, whatever is asked for.
SIZE = 3
NODS = (":+1:", "/label ~export")


def _hook_time(moment: datetime | None) -> str | None:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC" if moment else None


def _api_time(moment: datetime | None) -> str | None:
    text = moment.isoformat(timespec="milliseconds") if moment else None
    return text.replace("+00:00", "Z") if text else None


@dataclass
class Project:
    """Issues, changes, notes and the rest, each as a thing with moments in it."""

    start: datetime
    base: str = "https://gitlab.com"
    number: int = 4100
    issues: dict[int, Thing] = field(default_factory=dict)
    changes: dict[int, Thing] = field(default_factory=dict)
    snippets: list[Thing] = field(default_factory=list)
    events: list[Thing] = field(default_factory=list)
    awards: list[Thing] = field(default_factory=list)
    pipelines: list[Thing] = field(default_factory=list)
    deployments: list[Thing] = field(default_factory=list)
    releases: list[Thing] = field(default_factory=list)
    deliveries: list[Thing] = field(default_factory=list)
    acts: set[str] = field(default_factory=set)
    #: Those of `acts` that a poll cannot see, and those that a webhook cannot.
    unasked: set[str] = field(default_factory=set)
    untold: set[str] = field(default_factory=set)
    #: What is undone by a move, as the interface alone tells.
    moved: set[str] = field(default_factory=set)
    #: What was taken back, as webhooks alone tell.
    taken_back: set[str] = field(default_factory=set)
    clock: int = 0
    step: timedelta = timedelta(seconds=97.415)

    def _now(self) -> datetime:
        self.clock += 1
        return self.start + self.clock * self.step

    def _number(self) -> int:
        return 90_000 + self.clock * 10 + len(self.deliveries) % 10

    @property
    def web(self) -> str:
        """Its address."""
        return f"{self.base}/north/atlas"

    def _tell(self, kind: str, by: int, **more: Any) -> None:
        told = {"object_kind": kind, "event_type": kind, "user": _user(by), "project": {
            "id": self.number, "web_url": self.web, "path_with_namespace": "north/atlas",
            "default_branch": "main"}}  # fmt: skip
        # As it is now: what happens later does not change what was sent.
        self.deliveries.append(json.loads(json.dumps(told | more)))

    def _happened(self, action: str, by: int, at: datetime, **more: Any) -> Thing:
        event = {"id": len(self.events) + 1, "action_name": action, "author": by, "at": at, **more}
        self.events.append(event)
        return event

    def _count(self, by: int, name: str) -> None:
        if by != TOKEN:
            self.acts.add(name)

    # Issues

    def open_issue(self, by: int, kind: str = "issue", *, confidential: bool = False) -> Thing:
        """Somebody opens an issue, or an incident."""
        at = self._now()
        issue = {"id": self._number(), "iid": len(self.issues) + 1, "author": by, "created": at,
                 "updated": at, "closed": None, "closed_by": None, "type": kind, "moved": None,
                 "confidential": confidential}  # fmt: skip
        self.issues[issue["iid"]] = issue
        if not confidential and kind == "issue":
            self._count(by, f"issue:{issue['id']}:opened")
        self._issue_told(issue, "open", by)
        return issue

    def close_issue(self, issue: Thing, by: int, *, moved: bool = False) -> None:
        """Somebody closes an issue, or moves it elsewhere."""
        at = self._now()
        # Of closings the interface shows the last one.
        self.unasked |= {each for each in self.acts if each.startswith(f"issue:{issue['id']}:c")}
        issue |= {"closed": at, "updated": at, "closed_by": by}
        if not issue["confidential"]:
            self._count(by, f"issue:{issue['id']}:closed:{at}")
        self._issue_told(issue, "close", by)
        if moved:  # after its closing was told
            issue["moved"] = 5
            names = {f"issue:{issue['id']}:opened", f"issue:{issue['id']}:closed:{at}"}
            self.moved |= self.acts & names
            self.acts -= names

    def reopen_issue(self, issue: Thing, by: int) -> None:
        """Somebody takes an issue up again."""
        at = self._now()
        issue |= {"closed": None, "updated": at, "closed_by": None}
        self.unasked |= {each for each in self.acts if each.startswith(f"issue:{issue['id']}:c")}
        if not issue["confidential"]:
            name = f"issue:{issue['id']}:reopened:{at}"
            self._count(by, name)
            self.unasked.add(name)
        self._issue_told(issue, "reopen", by)

    def touch(self, thing: Thing) -> None:
        """Somebody sorts or labels something: it is changed, and nothing happened."""
        thing["updated"] = self._now()

    def _issue_told(self, issue: Thing, action: str, by: int) -> None:
        kind = "issue" if issue["type"] == "issue" else "work_item"
        self._tell(kind, by, object_attributes=self._hooked_issue(issue) | {"action": action},
                   labels=[{"title": "export"}])  # fmt: skip

    def _hooked_issue(self, issue: Thing) -> Thing:
        return {"id": issue["id"], "iid": issue["iid"], "author_id": issue["author"],
                "created_at": _hook_time(issue["created"]),
                "updated_at": _hook_time(issue["updated"]),
                "closed_at": _hook_time(issue["closed"]), "moved_to_id": issue["moved"],
                "confidential": issue["confidential"], "type": issue["type"].capitalize(),
                "title": "What is it?", "labels": [{"title": "export"}]}  # fmt: skip

    def _shown_issue(self, issue: Thing) -> Thing:
        return {"id": issue["id"], "iid": issue["iid"], "author": _user(issue["author"]),
                "created_at": _api_time(issue["created"]),
                "updated_at": _api_time(issue["updated"]),
                "closed_at": _api_time(issue["closed"]), "moved_to_id": issue["moved"],
                "closed_by": _user(issue["closed_by"]) if issue["closed_by"] else None,
                "confidential": issue["confidential"], "issue_type": issue["type"],
                "type": issue["type"].upper(), "title": "What is it?", "labels": ["export"],
                "state": "closed" if issue["closed"] else "opened"}  # fmt: skip

    # Changes

    def open_change(self, by: int) -> Thing:
        """Somebody proposes a change."""
        at = self._now()
        change = {"id": self._number(), "iid": len(self.changes) + 1, "author": by, "created": at,
                  "updated": at, "merged": None, "closed": None, "by": None}  # fmt: skip
        self.changes[change["iid"]] = change
        self._change_told(change, "open", by)
        return change

    def end_change(self, change: Thing, by: int, *, merged: bool) -> None:
        """Somebody merges a change, or closes it."""
        at = self._now()
        change |= {"merged" if merged else "closed": at, "updated": at, "by": by}
        self._change_told(change, "merge" if merged else "close", by)

    def approve(self, change: Thing, by: int) -> None:
        """Somebody approves a change."""
        at = change["updated"] = self._now()
        self._count(by, f"approval:{change['id']}:{by}")
        self._happened("approved", by, at, target_type="MergeRequest", target_iid=change["iid"])
        self._change_told(change, "approved", by)

    def unapprove(self, change: Thing, by: int) -> None:
        """Somebody takes an approval back: a webhook tells it."""
        change["updated"] = self._now()
        self.acts.discard(f"approval:{change['id']}:{by}")
        self.taken_back.add(f"approval:{change['id']}:{by}")
        self._change_told(change, "unapproved", by)

    def _change_told(self, change: Thing, action: str, by: int) -> None:
        told = self._hooked_change(change) | {"action": action}
        self._tell("merge_request", by, object_attributes=told, labels=[])

    def _hooked_change(self, change: Thing) -> Thing:
        return {"id": change["id"], "iid": change["iid"], "author_id": change["author"],
                "created_at": _hook_time(change["created"]), "labels": [],
                "updated_at": _hook_time(change["updated"]),
                "merge_commit_sha": "c0ffee" if change["merged"] else None}  # fmt: skip

    def _shown_change(self, change: Thing) -> Thing:
        by = _user(change["by"]) if change["by"] else None
        return {"id": change["id"], "iid": change["iid"], "author": _user(change["author"]),
                "created_at": _api_time(change["created"]), "labels": [],
                "updated_at": _api_time(change["updated"]),
                "merged_at": _api_time(change["merged"]), "merge_user": by,
                "closed_at": _api_time(change["closed"]), "closed_by": by,
                "merge_commit_sha": "c0ffee" if change["merged"] else None,
                "state": "merged" if change["merged"] else
                         "closed" if change["closed"] else "opened"}  # fmt: skip

    # Notes

    def note(self, on: Thing | str, by: int, text: str, *, line: bool = False) -> Thing:
        """Somebody says something under an issue, a change or a snippet, or on a commit."""
        at = self._now()
        kind = _kind_of(on)
        note = {"id": self._number(), "by": by, "at": at, "text": text, "kind": kind, "on": on,
                "type": "DiffNote" if line else None}  # fmt: skip
        event = self._happened("commented on", by, at, target_type=note["type"] or "Note",
                               note=note)  # fmt: skip
        if isinstance(on, dict) and "updated" in on:
            on["updated"] = at
        self._note_counts(note)
        self._tell("note", by, object_attributes=self._hooked_note(note), **self._under(on))
        return event

    def _note_counts(self, note: Thing) -> None:
        on, hidden = note["on"], False
        if isinstance(on, dict):
            hidden = on.get("confidential", False)
        if hidden or note["text"] in NODS:
            return
        name = f"note:{note['id']}"
        if note["type"] == "DiffNote":
            name = f"review:{on['id']}:{note['by']}:{note['at']:%Y-%m-%dT%H}"
        self._count(note["by"], name)
        if note["kind"] == "Commit":
            self.unasked.add(name)

    def gone(self, event: Thing) -> None:
        """A note is deleted, of which nobody is told: its event goes, too."""
        self.events.remove(event)

    def _hooked_note(self, note: Thing) -> Thing:
        on = note["on"]
        return {"id": note["id"], "author_id": note["by"], "note": note["text"],
                "noteable_type": note["kind"], "type": note["type"], "system": False,
                "action": "create", "created_at": _hook_time(note["at"]), "internal": False,
                "commit_id": on if isinstance(on, str) else None}  # fmt: skip

    def _shown_note(self, note: Thing) -> Thing:
        on = note["on"] if isinstance(note["on"], dict) else {}
        return {"id": note["id"], "author": _user(note["by"]), "body": note["text"],
                "noteable_type": note["kind"], "noteable_id": on.get("id"), "system": False,
                "noteable_iid": on.get("iid"), "type": note["type"], "internal": False,
                "confidential": False, "created_at": _api_time(note["at"])}  # fmt: skip

    def _under(self, on: Thing | str) -> Thing:
        kind = _kind_of(on)
        if isinstance(on, str):
            return {"commit": {"id": on}}
        if kind == "Issue":
            return {"issue": self._hooked_issue(on)}
        if kind == "MergeRequest":
            return {"merge_request": self._hooked_change(on)}
        return {"snippet": self._shown_snippet(on) | {"author_id": on["author"]}}

    # Emoji, pages, snippets

    def award(self, on: Thing, by: int, name: str, note: Thing | None = None) -> Thing:
        """Somebody gives an emoji to an issue, a change or a snippet, or to a note under it."""
        at = self._now()
        award = {"id": self._number(), "name": name, "by": by, "at": at, "on": on,
                 "note": note}  # fmt: skip
        self.awards.append(award)
        author = note["by"] if note else on["author"]
        counts = name == "bookmark" or (name == "pray" and author not in (by, TOKEN))
        if counts and not on.get("confidential"):
            self._count(by, f"award:{award['id']}")
            if note or _kind_of(on) == "Snippet":
                self.unasked.add(f"award:{award['id']}")
        if note is None and "updated" in on:
            on["updated"] = at
        self._award_told(award, "award")
        return award

    def revoke(self, award: Thing) -> None:
        """An emoji is taken back: a webhook tells it."""
        self.acts.discard(f"award:{award['id']}")
        self.awards.remove(award)
        self._award_told(award, "revoke")

    def _award_told(self, award: Thing, action: str) -> None:
        more = self._under(award["on"])
        if award["note"]:
            more["note"] = self._hooked_note(award["note"])
        told = self._shown_award(award) | {"created_at": _hook_time(award["at"]), "action": action}
        self._tell("emoji", award["by"], object_attributes=told, **more)

    def _shown_award(self, award: Thing) -> Thing:
        kind = "Note" if award["note"] else _kind_of(award["on"])
        return {"id": award["id"], "name": award["name"], "user": _user(award["by"]),
                "created_at": _api_time(award["at"]), "awardable_type": kind}  # fmt: skip

    def write_page(self, by: int, slug: str, version: str = "") -> None:
        """Somebody begins a page of the wiki, or edits it."""
        at = self._now()
        name = f"wiki:{slug}:{version}"
        self._count(by, name)
        if version:
            self.unasked.add(name)
        self._happened("updated" if version else "created", by, at,
                       target_type="WikiPage::Meta", wiki_page={"slug": slug})  # fmt: skip
        told = {"slug": slug, "action": "update" if version else "create",
                "version_id": version or "f00"}  # fmt: skip
        self._tell("wiki_page", by, object_attributes=told)

    def share_snippet(self, by: int) -> Thing:
        """Somebody keeps a snippet: no webhook tells it."""
        snippet = {"id": self._number(), "author": by, "created": self._now(), "file": True}
        self.snippets.append(snippet)
        self._count(by, f"snippet:{snippet['id']}")
        self.untold.add(f"snippet:{snippet['id']}")
        return snippet

    def _shown_snippet(self, snippet: Thing) -> Thing:
        return {"id": snippet["id"], "author": _user(snippet["author"]),
                "created_at": _api_time(snippet["created"])}  # fmt: skip

    # Work

    def deliver_change(self, by: int) -> None:
        """A pipeline runs, a deployment comes of it, and a release."""
        at, number = self._now(), self._number()
        shown = {"id": number, "sha": "c0ffee", "status": "success", "source": "push"}
        self.pipelines.append(shown | {"updated": at, "by": by})
        self._tell("pipeline", by, object_attributes=shown | {
            "created_at": _hook_time(at), "finished_at": _hook_time(at)})  # fmt: skip
        at = self._now()
        self.deployments.append({"id": number, "sha": "c0ffee", "status": "success", "by": by,
                                 "updated": at})  # fmt: skip
        self._tell("deployment", by, deployment_id=number, status="success",
                   status_changed_at=_hook_time(at), environment="production",
                   commit_url=f"{self.web}/-/commit/c0ffee")  # fmt: skip
        at, tag = self._now(), f"v{number}"
        self.releases.append({"tag": tag, "created": at})
        self._tell("release", by, tag=tag, action="create", released_at=_hook_time(at),
                   commit={"id": "c0ffee"})  # fmt: skip

    # The REST interface

    def answer(self, path: str, asked: Mapping[str, str]) -> Said:
        """What a path answers; what is not there is 404."""
        parts = path.removeprefix("/api/v4/").split("/")
        shown = {"id": self.number, "web_url": self.web, "path_with_namespace": "north/atlas",
                 "default_branch": "main"}  # fmt: skip
        match parts:
            case ["projects"]:
                return self._keyset(path, [shown], asked)
            case ["projects", "north%2Fatlas"]:
                return 200, {}, shown
            case ["groups", "north", "projects"]:
                return self._page(path, [shown], asked)
            case ["projects", "4100", name]:
                return self._page(path, self._list(name, asked), asked)
            case ["projects", "4100", name, number]:
                return self._one(name, int(number))
            case ["projects", "4100", "issues" | "merge_requests" as name, number, "award_emoji"]:
                things = self.issues if name == "issues" else self.changes
                found = [each for each in self.awards
                         if each["on"] is things[int(number)] and not each["note"]]  # fmt: skip
                return self._page(path, [self._shown_award(each) for each in found], asked)
        return 404, {}, {"message": "404 Not found"}

    def _one(self, name: str, number: int) -> Said:
        found: dict[str, Callable[[], Thing]] = {
            "issues": lambda: self._shown_issue(self.issues[number]),
            "merge_requests": lambda: self._shown_change(self.changes[number]),
            "snippets": lambda: self._shown_snippet(_by_id(self.snippets, number)),
            "pipelines": lambda: self._shown_run(_by_id(self.pipelines, number)),
        }
        return 200, {}, found[name]()

    def _shown_run(self, run: Thing) -> Thing:
        at = _api_time(run["updated"])
        told = {"id": run["id"], "sha": run["sha"], "status": run["status"], "source": "push"}
        return told | {"user": _user(run["by"]), "created_at": at, "finished_at": at}

    def _list(self, name: str, asked: Mapping[str, str]) -> list[Thing]:
        match name:
            case "issues":
                return [self._shown_issue(each) for each in _since(self.issues.values(), asked)]
            case "merge_requests":
                return [self._shown_change(each) for each in _since(self.changes.values(), asked)]
            case "pipelines":
                return [{"id": each["id"], "status": each["status"], "source": "push",
                         "updated_at": _api_time(each["updated"])}
                        for each in _since(self.pipelines, asked)]  # fmt: skip
            case "deployments":
                return [{"id": each["id"], "sha": each["sha"], "status": each["status"],
                         "user": _user(each["by"]), "updated_at": _api_time(each["updated"]),
                         "environment": {"name": "production"}, "deployable": None}
                        for each in _since(self.deployments, asked)]  # fmt: skip
            case "releases":
                return [{"tag_name": each["tag"], "created_at": _api_time(each["created"]),
                         "released_at": _api_time(each["created"]), "commit": {"id": "c0ffee"}}
                        for each in reversed(self.releases)]  # fmt: skip
            case "snippets":
                return [self._shown_snippet(each) for each in reversed(self.snippets)]
            case "events":
                return [self._shown_event(each) for each in reversed(self.events)
                        if asked["after"] < str(each["at"].date()) < asked["before"]]  # fmt: skip
        raise KeyError(name)

    def _shown_event(self, event: Thing) -> Thing:
        shown = {name: event.get(name) for name in ("id", "action_name", "target_type",
                                                    "target_iid", "wiki_page")}  # fmt: skip
        if event.get("note"):
            shown["note"] = self._shown_note(event["note"])
        return shown | {"author": _user(event["author"]), "created_at": _api_time(event["at"])}

    def _page(self, path: str, found: list[Thing], asked: Mapping[str, str]) -> Said:
        size = min(int(asked.get("per_page", 20)), SIZE)
        page = int(asked.get("page", 1))
        start, total = (page - 1) * size, len(found)
        headers = {
            "X-Total": str(total),
            "X-Page": str(page),
            "X-Per-Page": str(size),
            "RateLimit-Remaining": "599",
        }
        if start + size < total:
            following = urllib.parse.urlencode(dict(asked) | {"page": str(page + 1)})
            headers["Link"] = f'<{self.base}{path}?{following}>; rel="next"'
        return 200, headers, found[start : start + size]

    def _keyset(self, path: str, found: list[Thing], asked: Mapping[str, str]) -> Said:
        if "id_after" in asked:
            return 200, {}, [each for each in found if each["id"] > int(asked["id_after"])]
        following = urllib.parse.urlencode(dict(asked) | {"id_after": str(found[-1]["id"])})
        return 200, {"Link": f'<{self.base}{path}?{following}>; rel="next"'}, found


def _user(number: int) -> Thing:
    return {"id": number, "username": NAMES[number], "name": "Somebody", "state": "active"}


def _kind_of(on: Thing | str) -> str:
    if isinstance(on, str):
        return "Commit"
    if "merged" in on:
        return "MergeRequest"
    return "Snippet" if "file" in on else "Issue"


def _by_id(things: list[Thing], number: int) -> Thing:
    return next(each for each in things if each["id"] == number)


def _since(things: Any, asked: Mapping[str, str]) -> list[Thing]:
    """By the time of change, from one on that counts itself, as it is told: to the millisecond."""
    assert (asked["order_by"], asked["sort"]) == ("updated_at", "asc")
    late = [each for each in things if str(_api_time(each["updated"])) >= asked["updated_after"]]
    return sorted(late, key=lambda each: (each["updated"], each["id"]))


def busy(start: datetime, chance: Any, much: int) -> Project:
    """A project in which much is done."""
    made = Project(start)
    everybody = [*PEOPLE, TOKEN]
    texts = ["It is in the folder beside the queue.", "Why so?", *NODS]
    for turn in range(much):
        issue = made.open_issue(
            chance.choice(everybody), chance.choice(["issue", "issue", "incident"]),
            confidential=chance.random() < 0.1,
        )  # fmt: skip
        change = made.open_change(chance.choice(everybody))
        snippet = made.share_snippet(chance.choice(everybody)) if chance.random() < 0.4 else None
        for on in (issue, change, *([snippet] if snippet else []), "c0ffee"):
            for _ in range(chance.randint(0, 3)):
                made.note(on, chance.choice(everybody), chance.choice(texts))
        for _ in range(chance.randint(0, 5)):
            made.note(change, chance.choice(PEOPLE), chance.choice(texts), line=True)
        _signs(made, chance, [issue, change, *([snippet] if snippet else [])])
        for by in PEOPLE:
            if chance.random() < 0.4:
                made.approve(change, by)
                if chance.random() < 0.3:
                    made.unapprove(change, by)
        _ends(made, chance, issue, change)
        made.write_page(chance.choice(everybody), f"how-to/{turn}")
        if chance.random() < 0.4:
            made.write_page(chance.choice(everybody), f"how-to/{turn}", f"a{turn}")
        if chance.random() < 0.3:
            made.deliver_change(chance.choice(everybody))
    return made


def _signs(made: Project, chance: Any, things: list[Thing]) -> None:
    for on in things:
        notes = [each["note"] for each in made.events if each.get("note", {}).get("on") is on]
        for note in (None, *notes[:1]):
            if chance.random() < 0.5:
                name = chance.choice(["pray", "bookmark", "eyes"])
                award = made.award(on, chance.choice(PEOPLE), name, note)
                if chance.random() < 0.2:
                    made.revoke(award)


def _ends(made: Project, chance: Any, issue: Thing, change: Thing) -> None:
    if chance.random() < 0.6:
        made.close_issue(issue, chance.choice([*PEOPLE, TOKEN]))
        if chance.random() < 0.4:
            made.reopen_issue(issue, chance.choice(PEOPLE))
            if chance.random() < 0.5:
                made.close_issue(issue, chance.choice(PEOPLE))
    elif chance.random() < 0.3:
        made.close_issue(issue, chance.choice(PEOPLE), moved=True)
    if chance.random() < 0.7:
        made.end_change(change, chance.choice(PEOPLE), merged=chance.random() < 0.7)
