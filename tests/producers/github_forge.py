"""A repository of GitHub as its interface answers and as its webhooks tell, from what people do."""

import json
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

NAME = "north/atlas"
PEOPLE = ("Ida", "Ole", "May", "Jon", "renovate[bot]")
TEXTS = (
    "It is in the second file.", "+1", "/retest", "Why is it done so?", "Try it without.",
    "@ole, is it in the second file?", "Try it without, @May and @jon.\n\n> @ida said so",
)  # fmt: skip
LABELS = ("bug", "runbook", "help wanted", "task")
#: What an issue may have from its beginning.
FIRST = ("bug", "incident", "Epic", "bug")
STATES = ("APPROVED", "COMMENTED", "CHANGES_REQUESTED")
REPOSITORY = {"id": 1, "full_name": NAME, "html_url": f"https://github.com/{NAME}"}
#: GraphQL names its fields otherwise.
_CHOSEN = "answer_chosen_at"

Thing = dict[str, Any]
#: (event, body) of a webhook.
Delivery = tuple[str, Thing]


def user(login: str) -> Thing:
    """An account as the interface and webhooks have it."""
    return {"login": login, "type": "Bot" if login.endswith("[bot]") else "User"}


@dataclass
class Forge:
    """What there is, and what was delivered of it; `size` is how much a page holds."""

    chance: random.Random
    start: datetime = field(default_factory=lambda: datetime.now(UTC) - timedelta(days=9))
    size: int = 6
    deliveries: list[Delivery] = field(default_factory=list)
    issues: dict[int, Thing] = field(default_factory=dict)
    pulls: dict[int, Thing] = field(default_factory=dict)
    events: list[Thing] = field(default_factory=list)
    comments: dict[int, Thing] = field(default_factory=dict)
    lines: dict[int, Thing] = field(default_factory=dict)
    reviews: dict[int, list[Thing]] = field(default_factory=dict)
    discussions: dict[int, Thing] = field(default_factory=dict)
    _number: int = 0
    _seconds: int = 0

    # What people do

    def act(self) -> None:
        """Somebody does something."""
        does = self.chance.choice(
            ["open", "turn", "say", "say", "edit", "propose", "review", "review", "line", "finish",
             "discuss", "answer", "answer", "choose", "label"]
        )  # fmt: skip
        getattr(self, does)()

    def open(self) -> None:
        """An issue is opened."""
        number, by, at = self._next(), self._who(), self._now()
        issue = {"id": number, "number": number, "html_url": f"{REPOSITORY['html_url']}/i/{number}",
                 "user": user(by), "labels": self._labels(), "state_reason": None,
                 "closed_at": None, "created_at": at, "updated_at": at}  # fmt: skip
        self.issues[number] = issue
        self._tell("issues", "opened", by, issue=issue)

    def turn(self) -> None:
        """An issue is closed, as done or not, or opened again."""
        if not (issue := self._any(self.issues)):
            return
        by, at = self._who(), self._now()
        closing = issue["closed_at"] is None
        reason = self.chance.choice(["completed", "not_planned"]) if closing else "reopened"
        issue |= {"closed_at": at if closing else None, "updated_at": at, "state_reason": reason}
        said = "closed" if closing else "reopened"
        turn = {"event": said, "created_at": at, "actor": user(by), "number": issue["number"]}
        self.events.append(turn | ({"state_reason": reason} if closing else {}))
        self._tell("issues", said, by, issue=issue)

    def label(self) -> None:
        """A label is put on an issue."""
        if issue := self._any(self.issues):
            at = self._now()
            put = {"name": self.chance.choice(LABELS)}
            issue |= {"labels": [*issue["labels"], put], "updated_at": at}
            self.events.append(
                {"event": "labeled", "created_at": at, "actor": None, "number": issue["number"]}
            )
            self._tell("issues", "labeled", self._who(), issue=issue, label=put)

    def say(self) -> None:
        """A comment on an issue or a pull request."""
        if not (parent := self._any({**self.issues, **self.pulls})):
            return
        number, by, at = self._next(), self._who(), self._now()
        comment = {"id": number, "user": user(by), "body": self.chance.choice(TEXTS),
                   "issue_url": f"https://api.github.com/repos/{NAME}/issues/{parent['number']}",
                   "created_at": at, "updated_at": at}  # fmt: skip
        self.comments[number] = comment
        self._tell("issue_comment", "created", by, comment=comment, issue=self._issue(parent))

    def edit(self) -> None:
        """A comment is edited, which changes whom it calls in and nothing else."""
        if comment := self._any(self.comments):
            before, said = comment["body"], self.chance.choice(TEXTS[-2:])
            if before not in TEXTS[-2:]:
                said = before
            comment |= {"updated_at": self._now(), "body": said}
            number = int(comment["issue_url"].rpartition("/")[2])
            parent = self._issue({**self.issues, **self.pulls}[number])
            by = comment["user"]["login"]
            changes = {"body": {"from": before}}
            self._tell(
                "issue_comment", "edited", by, comment=comment, issue=parent, changes=changes
            )

    def line(self) -> None:
        """A review has a comment on a line."""
        if pull := self._any(self.pulls):
            number, by, at = self._next(), self._who(), self._now()
            comment = {"id": number, "user": user(by), "body": self.chance.choice(TEXTS),
                       "pull_request_url": f"https://api.github.com/repos/{NAME}/pulls/"
                       f"{pull['number']}", "pull_request_review_id": number,
                       "created_at": at, "updated_at": at}  # fmt: skip
            self.lines[number] = comment
            name = "pull_request_review_comment"
            self._tell(name, "created", by, comment=comment, pull_request=pull)

    def propose(self) -> None:
        """A pull request is opened."""
        number, by, at = self._next(), self._who(), self._now()
        pull = {"id": number, "number": number, "html_url": f"{REPOSITORY['html_url']}/p/{number}",
                "user": user(by), "created_at": at, "updated_at": at, "closed_at": None,
                "merged_at": None, "merged": False, "merged_by": None,
                "merge_commit_sha": None, "head": {"sha": f"{number:040x}"}}  # fmt: skip
        self.pulls[number] = pull
        self.reviews[number] = []
        self._tell("pull_request", "opened", by, pull_request=pull)

    def review(self) -> None:
        """Somebody reviews a pull request."""
        if pull := self._any(self.pulls):
            by, at = self._who(), self._now()
            review = {"id": self._next(), "user": user(by), "state": self.chance.choice(STATES),
                      "body": "", "submitted_at": at}  # fmt: skip
            pull["updated_at"] = at
            self.reviews[pull["number"]].append(review)
            told = {**review, "state": review["state"].lower()}
            self._tell("pull_request_review", "submitted", by, review=told, pull_request=pull)

    def finish(self) -> None:
        """A pull request is merged."""
        pull = self._any({n: each for n, each in self.pulls.items() if not each["closed_at"]})
        if pull:
            by, at = self._who(), self._now()
            pull |= {"closed_at": at, "merged_at": at, "merged": True, "merged_by": user(by),
                     "merge_commit_sha": f"{pull['number']:039x}f", "updated_at": at}  # fmt: skip
            self._tell("pull_request", "closed", by, pull_request=pull)

    def discuss(self) -> None:
        """A discussion is begun, which may ask."""
        number, by, at = self._next(), self._who(), self._now()
        made = {"id": number, "number": number, "html_url": f"{REPOSITORY['html_url']}/d/{number}",
                "user": user(by), "created_at": at, "updated_at": at, _CHOSEN: None, "labels": [],
                "category": {"is_answerable": self.chance.random() < 0.6}}  # fmt: skip
        self.discussions[number] = made | {"comments": [], "answer": None}
        self._tell("discussion", "created", by, discussion=made)

    def answer(self) -> None:
        """Somebody says something in a discussion."""
        if found := self._any(self.discussions):
            by, at = self._who(), self._now()
            said = {"id": self._next(), "user": user(by), "body": self.chance.choice(TEXTS),
                    "created_at": at}  # fmt: skip
            found["comments"].append(said)
            found["updated_at"] = at
            self._tell("discussion_comment", "created", by, comment=said, discussion=found)

    def choose(self) -> None:
        """An answer is chosen, once."""
        asked = {n: each for n, each in self.discussions.items()
                 if each["category"]["is_answerable"] and each["comments"]
                 and not each["answer"]}  # fmt: skip
        if found := self._any(asked):
            at, chosen = self._now(), self.chance.choice(found["comments"])
            found |= {"answer": chosen, _CHOSEN: at, "updated_at": at}
            by = found["user"]["login"]
            self._tell("discussion", "answered", by, answer=chosen, discussion=found)

    # What the interface answers

    def found(self, path: str, asked: Mapping[str, str], base: str) -> tuple[Thing, Any]:
        """(headers, content) of what is asked."""
        rest = path.removeprefix("/").removeprefix(f"repos/{NAME}").strip("/").split("/")
        match rest:
            case ["graphql"]:
                return {}, self._graphql(asked)
            case [""]:
                return {}, REPOSITORY
            case ["issues", number] if number.isdigit():
                every = {**self.issues, **self.pulls}
                return {}, self._issue(every[int(number)])
            case ["pulls", number] if number.isdigit():
                return {}, self.pulls[int(number)]
            case ["pulls", number, "reviews"]:
                return self._page(self.reviews[int(number)], path, asked, base)
            case ["issues", "events"]:
                issues = self.issues
                rows = [{**turn, "issue": issues[turn["number"]]} for turn in self.events]
                return self._page(rows[::-1], path, asked, base)
        rows = {
            "issues": [self._issue(each) for each in (*self.issues.values(), *self.pulls.values())],
            "issues/comments": [*self.comments.values()],
            "pulls/comments": [*self.lines.values()],
            "pulls": [*self.pulls.values()],
        }["/".join(rest)]
        late = [each for each in rows if each["updated_at"] >= asked.get("since", "")]
        late.sort(key=lambda each: each["updated_at"], reverse=asked["direction"] == "desc")
        return self._page(late, path, asked, base)

    def _page(
        self, rows: list[Thing], path: str, asked: Mapping[str, str], base: str
    ) -> tuple[Thing, Any]:
        number = int(asked.get("page", 1))
        begin = (number - 1) * self.size
        headers: Thing = {}
        if rows[begin + self.size :]:
            query = "&".join(f"{n}={v}" for n, v in {**asked, "page": number + 1}.items())
            headers["Link"] = f'<{base}{path}?{query}>; rel="next"'
        return headers, rows[begin : begin + self.size]

    def _graphql(self, asked: Mapping[str, str]) -> Thing:
        rows = sorted(self.discussions.values(), key=lambda each: each["updated_at"], reverse=True)
        begin = int(asked.get("after") or 0)
        end = begin + self.size
        nodes = [self._node(each) for each in rows[begin:end]]
        info = {"hasNextPage": bool(rows[end:]), "endCursor": str(end)}
        return {"data": {"repository": {"discussions": {"pageInfo": info, "nodes": nodes}}}}

    def _node(self, found: Thing) -> Thing:
        said = [self._said(each) | {"replies": {"nodes": []}} for each in found["comments"]]
        return {
            "databaseId": found["id"],
            "number": found["number"],
            "url": found["html_url"],
            "createdAt": found["created_at"],
            "updatedAt": found["updated_at"],
            "answerChosenAt": found[_CHOSEN],
            "author": found["user"],
            "category": {"isAnswerable": found["category"]["is_answerable"]},
            "labels": {"nodes": []},
            "answer": self._said(found["answer"]) if found["answer"] else None,
            "comments": {"nodes": said},
        }

    @staticmethod
    def _said(comment: Thing) -> Thing:
        return {"databaseId": comment["id"], "createdAt": comment["created_at"],
                "body": comment["body"], "author": comment["user"]}  # fmt: skip

    def _issue(self, thing: Thing) -> Thing:
        """An issue, or a pull request as one."""
        if thing["number"] in self.issues:
            return thing
        return {**thing, "labels": [], "pull_request": {"html_url": thing["html_url"]}}

    def _tell(self, name: str, action: str, by: str, **parts: Thing) -> None:
        body = {"action": action, "repository": REPOSITORY, "sender": user(by), **parts}
        self.deliveries.append((name, json.loads(json.dumps(body))))

    def _any(self, things: Mapping[int, Thing]) -> Thing | None:
        return self.chance.choice(list(things.values())) if things else None

    def _labels(self) -> list[Thing]:
        return [{"name": self.chance.choice(FIRST)}] if self.chance.random() < 0.3 else []

    def _who(self) -> str:
        return self.chance.choice(PEOPLE)

    def _next(self) -> int:
        self._number += 1
        return self._number

    def _now(self) -> str:
        self._seconds += self.chance.choice([1, 30, 600])
        return f"{self.start + timedelta(seconds=self._seconds):%Y-%m-%dT%H:%M:%SZ}"
