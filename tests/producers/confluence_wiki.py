"""A Confluence of a test, Cloud or Data Center: what people do there, its events, and its API.

`deliveries` are what webhooks bring (Data Center), or a Forge app hands on (Cloud), in order;
`answer` is what the API says at any time. It does what Confluence does: a search by times to the
minute, in pages that follow each other by a cursor (Cloud) or an offset (Data Center), versions
newest first, likes without a time; what is deleted is in no list.
"""

import base64
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

Json = dict[str, Any]
IDA, OLE, MAY, BOT = "ida", "ole", "may", "flow"
#: How many contents a page of a search has, and how many versions one of those has.
SIZE = 4
_WHAT = re.compile(
    r"type in \((?P<types>[\w, ]+)\) and (?P<field>\w+) >= now\(\"-(?P<minutes>\d+)m\"\)"
    r" order by (?P=field) asc"
)
_NUMBERS = re.compile(r"id in \(([\d,]+)\)")


@dataclass
class Wiki:
    """Contents by number; each with its versions, oldest first."""

    cloud: bool = True
    start: datetime = datetime(2026, 5, 4, 8, tzinfo=UTC)
    site: str = "https://north.atlassian.net/wiki"
    contents: dict[str, Json] = field(default_factory=dict)
    deliveries: list[Json] = field(default_factory=list)
    minutes: int = 0
    #: How many minutes go by with each thing that is done.
    pace: int = 1
    last: int = 98_000

    # What people do

    def write(self, by: str, space: str = "OPS", kind: str = "page") -> str:
        """Somebody writes a page or a blog post; its number."""
        return self._make(kind, by, space, "<p>So it is.</p>")

    def comment(self, page: str, by: str, text: str, to: str = "") -> str:
        """Somebody comments on a page, or answers a comment; the comment's number."""
        more = {"container": page, "ancestors": [to] if to else []}
        space = self.contents[page]["space"]
        return self._make("comment", by, space, f"<p>{text}</p>", **more)

    def attach(self, page: str, by: str, media: str) -> str:
        """Somebody puts a file beside a page; its number."""
        space = self.contents[page]["space"]
        return self._make("attachment", by, space, "", container=page, media=media)

    def edit(self, number: str, by: str, message: str = "", minor: bool = False) -> None:
        """Somebody makes a new version."""
        self._version(number, by, message, minor, "<p>Never mind.</p>")
        self._told(number, "updated", by)

    def like(self, number: str, by: str) -> None:
        """Somebody likes a content."""
        likes = self.contents[number]["likes"]
        if by not in likes:
            likes.append(by)

    def delete(self, number: str, by: str) -> None:
        """Somebody deletes a content."""
        self._told(number, {"comment": "removed"}.get(self.contents[number]["kind"], "trashed"), by)
        self.contents[number]["gone"] = True

    def pause(self, minutes: int) -> None:
        """Time goes by."""
        self.minutes += minutes

    @property
    def live(self) -> list[str]:
        """The numbers of what is there."""
        return [number for number, each in self.contents.items() if not each["gone"]]

    def _make(self, kind: str, by: str, space: str, text: str, **more: Any) -> str:
        self.last += 1
        number = str(self.last)
        self.contents[number] = {"kind": kind, "space": space, "versions": [], "likes": [],
                                 "gone": False, **more}  # fmt: skip
        self._version(number, by, "", False, text)
        self._told(number, "created", by)
        return number

    def _version(self, number: str, by: str, message: str, minor: bool, text: str) -> None:
        self.minutes += self.pace
        at = self.start + timedelta(minutes=self.minutes)
        versions = self.contents[number]["versions"]
        versions.append({"number": len(versions) + 1, "by": by, "message": message,
                         "minorEdit": minor, "text": text,
                         "when": at.isoformat(timespec="milliseconds")})  # fmt: skip

    def _told(self, number: str, done: str, by: str) -> None:
        kind = self.contents[number]["kind"]
        if self.cloud:
            done = {"removed": "deleted"}.get(done, done)
            name = "attachment" if kind == "attachment" else "content"
            at = self.contents[number]["versions"][-1]["when"]
            self.deliveries.append({"eventType": f"avi:confluence:{done}:{kind}",
                                    "atlassianId": self._account(by)["accountId"],
                                    "eventCreatedDate": at, name: self._whole(number)})  # fmt: skip
        else:
            name = {"blogpost": "blog"}.get(kind, kind)
            self.deliveries.append({"event": f"{name}_{done}", "timestamp": 1_777_881_600_415,
                                    "userKey": self._account(by)["userKey"],
                                    name: {"id": int(number)}})  # fmt: skip

    # The API

    def answer(self, path: str, asked: dict[str, str]) -> tuple[int, Any]:
        """The status and JSON of an answer; `path` is what follows the site."""
        match path.strip("/").split("/"):
            case ["rest", "api", "user", "current"]:
                return 200, self._account("headwater")
            case ["rest", "api", "user"]:
                return 200, self._account(asked["username"])
            case ["rest", "api", "content", "search"]:
                return self._search(asked)
            case ["rest", "api", "content", number] if not self.cloud:
                return self._text(number, asked)
            case ["rest", "experimental", "content", number, "version"] if not self.cloud:
                return self._versions(number, asked)
            case ["rest", "likes", "1.0", "content", number, "likes"] if not self.cloud:
                users = [{"user": {"name": each}} for each in self.contents[number]["likes"]]
                return 200, {"likes": users, "content_id": number}
            case ["api", "v2", "pages" | "blogposts", number, "versions"] if self.cloud:
                return self._versions(number, asked)
            case ["api", "v2", "footer-comments", number] if self.cloud:
                return self._text(number, asked)
            case ["api", "v2", _, number, "likes", "users"] if self.cloud:
                users = [self._account(each) for each in self.contents[number]["likes"]]
                return 200, {"results": users, "_links": {}}
            case ["api", "v2", "pages" | "blogposts" as kinds] if self.cloud:
                return self._trash(kinds.removesuffix("s"), asked)
            case ["rest", "api", "content"] if not self.cloud:
                return self._trash(asked["type"], asked)
        return 404, {"message": "not found"}

    def _trash(self, kind: str, asked: dict[str, str]) -> tuple[int, Any]:
        gone = [n for n, each in self.contents.items() if each["gone"] and each["kind"] == kind]
        start = int(asked.get("cursor") or asked.get("start") or 0)
        path = f"{self._context}/api/v2/{kind}s?status=trashed&cursor={start + SIZE}"
        if not self.cloud:
            path = f"/rest/api/content?status=trashed&type={kind}&start={start + SIZE}"
        links = {"next": path} if start + SIZE < len(gone) else {}
        found = [{"id": number, "status": "trashed"} for number in gone[start : start + SIZE]]
        return 200, {"results": found, "_links": links}

    def _search(self, asked: dict[str, str]) -> tuple[int, Any]:
        if "cursor" in asked:
            cql, place = base64.urlsafe_b64decode(asked["cursor"]).decode().split("|")
        else:
            cql, place = asked["cql"], ""
        if numbers := _NUMBERS.fullmatch(cql):
            found = [each for each in numbers[1].split(",") if each in self.live]
            return 200, {"results": list(map(self._whole, found)), "_links": {}}
        rows = self._rows(cql)
        start = int(asked.get("start", 0)) if not self.cloud else 0
        later = [row for row in rows if row > place][start:]
        some = later[:SIZE]
        links = {"base": self.site, "context": self._context}
        if len(later) > SIZE:
            at = base64.urlsafe_b64encode(f"{cql}|{some[-1]}".encode()).decode()
            onwards = f"cursor={at}" if self.cloud else f"start={start + SIZE}"
            links["next"] = f"/rest/api/content/search?next=true&{onwards}"
        found = [self._whole(row.rpartition(" ")[2]) for row in some]
        return 200, {"results": found, "size": len(found), "_links": links}

    def _rows(self, cql: str) -> list[str]:
        """Each content as its time and its number, in the order in which a search has them."""
        what = _WHAT.fullmatch(cql)
        assert what, cql
        since = datetime.now(UTC) - timedelta(minutes=int(what["minutes"]))
        place = 0 if what["field"] == "created" else -1
        rows = []
        for number in self.live:
            each = self.contents[number]
            when = each["versions"][place]["when"]
            if each["kind"] in what["types"].split(", ") and datetime.fromisoformat(when) >= since:
                rows.append(f"{when} {number}")
        return sorted(rows)

    @property
    def _context(self) -> str:
        return "/wiki" if self.cloud else "/confluence"

    def _versions(self, number: str, asked: dict[str, str]) -> tuple[int, Any]:
        start = int(asked.get("cursor") or asked.get("start") or 0)
        every = self.contents[number]["versions"][::-1]
        some, name = every[start : start + SIZE], "cursor" if self.cloud else "start"
        kind = f"{self.contents[number]['kind']}s"
        path = f"{self._context}/api/v2/{kind}/{number}/versions"
        if not self.cloud:
            path = f"/rest/experimental/content/{number}/version"
        more = {"next": f"{path}?{name}={start + SIZE}"} if start + SIZE < len(every) else {}
        told = [self._old(each) if self.cloud else self._signed(each) for each in some]
        return 200, {"results": told, "_links": {"context": self._context, **more}}

    def _old(self, version: Json) -> Json:
        """A version as the second interface of Cloud tells it."""
        kept = {name: version[name] for name in ("number", "message", "minorEdit")}
        account = self._account(version["by"])["accountId"]
        return {**kept, "authorId": account, "createdAt": version["when"]}

    def _signed(self, version: Json) -> Json:
        kept = {name: version[name] for name in ("number", "message", "minorEdit", "when")}
        return {**kept, "by": self._account(version["by"])}

    def _text(self, number: str, asked: dict[str, str]) -> tuple[int, Any]:
        if number not in self.live:
            return 404, {"message": "not found"}
        text = self.contents[number]["versions"][int(asked["version"]) - 1]["text"]
        return 200, {"id": number, "body": {"storage": {"value": text}}}

    def _account(self, name: str) -> Json:
        if not self.cloud:
            return {"type": "known", "username": name, "userKey": f"8a7f-{name}"}
        kind = "app" if name == BOT else "atlassian"
        return {"type": "known", "accountId": f"712020:{name}", "accountType": kind}

    def _whole(self, number: str) -> Json:
        """A content with all that may be asked for with it."""
        each = self.contents[number]
        versions = each["versions"]
        told: Json = {
            "id": f"att{number}" if each["kind"] == "attachment" else number,
            "type": each["kind"], "status": "current", "title": "How exports are timed",
            "space": {"id": 7, "key": each["space"], "name": "Operations"},
            "version": self._signed(versions[-1]),
            "history": {
                "createdBy": self._account(versions[0]["by"]),
                "createdDate": versions[0]["when"],
                "contributors": {"publishers": {"users": [
                    self._account(name) for name in sorted({v["by"] for v in versions})]}},
            },
            "metadata": {"labels": {"results": []}},
            "extensions": {"location": "footer", "mediaType": each.get("media", "")},
            "body": {"storage": {"value": versions[-1]["text"]}},
        }  # fmt: skip
        if "container" in each:
            told["container"] = {"id": each["container"], "type": "page"}
            told["ancestors"] = [{"id": a, "type": "comment"} for a in each.get("ancestors", ())]
        return told
