"""A Zendesk account of a test: what people do to tickets and articles, and its API.

It does what Zendesk documents: an export of tickets by the time of their last change, with a cursor
and an end; audits page by page; roles of users, those who are gone left out.
"""

import base64
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

ROLES = {21: "agent", 22: "admin", 23: "agent", 901: "end-user", 902: "end-user"}
#: How many tickets, and audits, a page has, whatever is asked for.
SIZE = 3
Json = dict[str, Any]


@dataclass
class Desk:
    """Tickets with their audits, by number."""

    start: datetime = datetime(2026, 5, 4, 8, tzinfo=UTC)
    tickets: dict[int, Json] = field(default_factory=dict)
    audits: dict[int, list[Json]] = field(default_factory=dict)
    articles: list[Json] = field(default_factory=list)
    posts: dict[int, Json] = field(default_factory=dict)
    answers: dict[int, list[Json]] = field(default_factory=dict)
    last: int = 1000
    clock: int = 0

    def _number(self) -> int:
        self.last += 1
        return self.last

    def _now(self) -> str:
        self.clock += 1
        return (self.start + timedelta(minutes=self.clock)).strftime("%Y-%m-%dT%H:%M:%SZ")

    # What people do

    def open(self, requester: int, body: str) -> int:
        """Somebody opens a ticket; its number."""
        ticket = 4000 + len(self.tickets)
        self.tickets[ticket] = {"id": ticket, "requester_id": requester, "status": "new"}
        set_ = [self._set("Create", "status", "new"),
                self._set("Create", "requester_id", str(requester)),
                self._set("Create", "group_id", "51")]  # fmt: skip
        self._audit(ticket, requester, self._comment(requester, body), *set_)
        return ticket

    def comment(self, ticket: int, by: int, body: str, public: bool = True) -> int:
        """Somebody comments; who answers first takes the ticket. The comment's number."""
        said = self._comment(by, body, public)
        taken = []
        if ROLES[by] != "end-user" and not self.tickets[ticket].get("assignee_id"):
            self.tickets[ticket]["assignee_id"] = by
            taken = [self._set("Change", "assignee_id", str(by), None)]
        self._audit(ticket, by, said, *taken)
        return int(said["id"])

    def move(self, ticket: int, by: int, status: str) -> None:
        """Somebody changes a ticket's status."""
        was, self.tickets[ticket]["status"] = self.tickets[ticket]["status"], status
        self._audit(ticket, by, self._set("Change", "status", status, was))

    def hide(self, ticket: int, by: int, comment: int) -> None:
        """A comment is made private."""
        self._audit(ticket, by, {"id": self._number(), "type": "CommentPrivacyChange",
                                 "comment_id": comment, "public": False})  # fmt: skip

    def rate(self, ticket: int, score: str) -> None:
        """The requester says whether they are satisfied."""
        by = self.tickets[ticket]["requester_id"]
        self._audit(ticket, by, self._set("Change", "satisfaction_score", score, "offered"))

    def write(self, by: int) -> None:
        """Somebody writes an article."""
        at = self._now()
        self.articles.append({"id": self._number(), "author_id": by, "created_at": at,
                              "updated_at": at, "draft": False, "section_id": 71,
                              "texts": [self._text(by, at, at)]})  # fmt: skip

    def edit(self, article: Json, by: int) -> None:
        """Somebody edits an article, some days later."""
        self.clock += 3 * 1440
        at = self._now()
        article["updated_at"] = at
        article["texts"] = [self._text(by, article["created_at"], at)]

    def post(self, by: int, title: str) -> int:
        """Somebody writes in the community; the post's number."""
        number, at = self._number(), self._now()
        self.posts[number] = {"id": number, "author_id": by, "topic_id": 81, "title": title,
                              "created_at": at, "updated_at": at, "comment_count": 0}  # fmt: skip
        return number

    def say(self, post: int, by: int, body: str) -> None:
        """Somebody says something under a post."""
        self.posts[post]["comment_count"] += 1
        self.answers.setdefault(post, []).append(
            {"id": self._number(), "author_id": by, "body": body, "created_at": self._now()}
        )

    def _text(self, by: int, begun: str, at: str) -> Json:
        return {"locale": "en-us", "draft": False, "created_at": begun, "updated_at": at,
                "updated_by_id": by}  # fmt: skip

    def _comment(self, by: int, body: str, public: bool = True) -> Json:
        return {"id": self._number(), "type": "Comment", "author_id": by, "body": body,
                "plain_body": body, "public": public}  # fmt: skip

    def _set(self, kind: str, name: str, value: str, was: str | None = None) -> Json:
        return {"id": self._number(), "type": kind, "field_name": name, "value": value,
                "previous_value": was}  # fmt: skip

    def _audit(self, ticket: int, by: int, *events: Json) -> None:
        at = self._now()
        self.tickets[ticket]["updated_at"] = at
        self.audits.setdefault(ticket, []).append(
            {"id": self._number(), "ticket_id": ticket, "created_at": at, "author_id": by,
             "via": {"channel": "web"}, "events": list(events)}
        )  # fmt: skip

    # The API

    def answer(self, path: str, asked: dict[str, str]) -> tuple[int, Any]:
        """The status and JSON of an answer."""
        match path.removeprefix("/api/v2/").removesuffix(".json").split("/"):
            case ["incremental", "tickets", "cursor"]:
                return self._export(asked)
            case ["tickets", ticket, "audits"]:
                return 200, _page("audits", self.audits[int(ticket)], asked)
            case ["users", "show_many"]:
                numbers = [int(each) for each in asked["ids"].split(",")]
                known = [{"id": n, "role": ROLES[n]} for n in numbers if n in ROLES]
                return 200, {"users": known}
            case ["help_center", "incremental", "articles"]:
                return 200, self._articles(int(asked["start_time"]))
            case ["help_center", "articles", number, "translations"]:
                texts = [a["texts"] for a in self.articles if a["id"] == int(number)]
                return 200, {"translations": texts[0]}
            case ["community", "posts"]:
                rows = sorted(self.posts.values(), key=self._active, reverse=True)
                return 200, _page("posts", rows, asked)
            case ["community", "posts", number, "comments"]:
                return 200, _page("comments", self.answers.get(int(number), []), asked)
        return 404, {"error": "InvalidEndpoint"}

    def _export(self, asked: dict[str, str]) -> tuple[int, Any]:
        if "cursor" in asked:
            place = base64.b64decode(asked["cursor"]).decode()
        else:
            place = _written(int(asked["start_time"])) + "|"
        rows = sorted((f"{t['updated_at']}|{t['id']}", t) for t in self.tickets.values())
        later = [row for row in rows if row[0] > place]
        some = later[:SIZE]
        after = some[-1][0] if some else place
        return 200, {
            "tickets": [ticket for _, ticket in some],
            "after_cursor": base64.b64encode(after.encode()).decode(),
            "end_of_stream": len(later) <= SIZE,
        }

    def _active(self, post: Json) -> str:
        said = [each["created_at"] for each in self.answers.get(post["id"], ())]
        return str(max([post["created_at"], *said]))

    def _articles(self, start: int) -> Json:
        since = _written(start)
        rows = sorted((a for a in self.articles if a["updated_at"] >= since),
                      key=lambda a: str(a["updated_at"]))  # fmt: skip
        some = rows[:SIZE]
        end = int(datetime.fromisoformat(some[-1]["updated_at"]).timestamp()) if some else start
        shown = [{n: v for n, v in a.items() if n != "texts"} for a in some]
        more = "https://north.zendesk.com/next" if len(rows) > SIZE else None
        return {"articles": shown, "count": len(rows), "end_time": end, "next_page": more}


def _written(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _page(name: str, every: list[Json], asked: dict[str, str]) -> Json:
    start = int(asked.get("page[after]", "0"))
    more = start + SIZE < len(every)
    meta = {"has_more": more, "after_cursor": str(start + SIZE) if more else None}
    return {name: every[start : start + SIZE], "meta": meta}
