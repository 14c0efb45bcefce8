"""Statements and events to measure with: the size and shape of real ones, made here."""

import json
import random
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

HOME = "https://tool.headwater.invalid"
VERBS = (
    "http://adlnet.gov/expapi/verbs/asked",
    "http://adlnet.gov/expapi/verbs/answered",
    "https://w3id.org/xapi/acrossx/verbs/searched",
    "http://id.tincanapi.com/verb/bookmarked",
    "https://w3id.org/xapi/adb/verbs/read",
)


class Samples:
    """Statements of about 1.2 KB, as those of a learning platform are."""

    def __init__(self, seed: int = 7, platform: str = "Handbook") -> None:
        self.random = random.Random(seed)
        self.platform = platform
        self.now = datetime.now(UTC)

    def statement(self, identifier: str | None = None) -> dict[str, Any]:
        """One statement; without an id where none is given."""
        number = self.random.randrange(5_000)
        course = f"{HOME}/courses/{number % 40}"
        at = self.now - timedelta(seconds=self.random.uniform(0, 600))
        made: dict[str, Any] = {
            "actor": {
                "objectType": "Agent",
                "account": {"homePage": HOME, "name": f"person-{number % 800}"},
            },
            "verb": {"id": self.random.choice(VERBS), "display": {"en-US": "did something"}},
            "object": {
                "objectType": "Activity",
                "id": f"{HOME}/pages/{number}",
                "definition": {
                    "type": "http://activitystrea.ms/page",
                    "name": {"en-US": f"How to mend pump number {number}"},
                    "description": {"en-US": "A page of the handbook. " * 12},
                },
            },
            "result": {
                "duration": f"PT{number % 900}S",
                "extensions": {f"{HOME}/extensions/scroll": [n / 7 for n in range(12)]},
            },
            "context": {
                "platform": self.platform,
                "registration": str(uuid.UUID(int=number)),
                "contextActivities": {
                    "parent": [{"id": course, "definition": {"type": f"{HOME}/types/shelf"}}],
                    "category": [{"id": f"{HOME}/profile"}],
                },
                "extensions": {f"{HOME}/extensions/session": str(uuid.UUID(int=number * 31))},
            },
            "timestamp": at.isoformat(timespec="milliseconds"),
        }
        return {"id": identifier, **made} if identifier else made

    def body(self, size: int, *, ids: bool) -> bytes:
        """A request's body of `size` statements."""
        some = [self.statement(str(uuid.uuid4()) if ids else None) for _ in range(size)]
        return json.dumps(some).encode()

    def lines(self, count: int) -> list[tuple[uuid.UUID, bytes]]:
        """Stamped statements as a record holds them, with their ids."""
        found = []
        for _ in range(count):
            identifier = uuid.UUID(int=self.random.getrandbits(128), version=4)
            made = self.statement(str(identifier))
            made["authority"] = {"account": {"homePage": HOME, "name": "bench"}}
            made["version"] = "1.0.0"
            found.append((identifier, json.dumps(made, separators=(",", ":")).encode()))
        return found


class FreshIds:
    """A body sent again and again, each time with other ids, without building it anew."""

    def __init__(self, body: bytes) -> None:
        self.body = bytearray(body)
        self.places = []
        at = body.find(b'{"id": "')
        while at >= 0:
            self.places.append(at + 8)
            at = body.find(b'{"id": "', at + 1)
        self.places = [
            p for p in self.places if body[p + 36 : p + 37] == b'"' and body[p + 8] == 45
        ]
        self.count = random.getrandbits(40)

    def next(self) -> bytes:
        """The body with new ids."""
        self.count += 1
        head = f"{self.count:012x}"
        for number, place in enumerate(self.places):
            text = f"{head[:8]}-{head[8:]}-4{number:03x}-8000-{number:012x}"
            self.body[place : place + 36] = text.encode()
        return bytes(self.body)


def comment(number: int) -> dict[str, Any]:
    """GitHub's delivery of an issue comment, of the size that GitHub sends."""
    filler = {f"{name}_url": f"https://api.github.com/repos/acme/widgets/{name}" for name in FIELDS}

    def user(login: str, n: int) -> dict[str, Any]:
        return {"login": login, "id": n, "type": "User", **filler}

    return {
        "action": "created",
        "issue": {
            "id": number // 10,
            "number": number // 10,
            "html_url": f"https://github.com/acme/widgets/issues/{number // 10}",
            "user": user("ada", 1),
            "labels": [{"name": "question"}],
            "created_at": "2026-03-01T10:00:00Z",
            **filler,
        },
        "comment": {
            "id": number,
            "user": user(f"person{number % 200}", 2),
            "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "body": "It helps to read the manual. " * 10,
            **filler,
        },
        "repository": {
            "id": 7,
            "full_name": "acme/widgets",
            "html_url": "https://github.com/acme/widgets",
            "owner": user("acme", 3),
            **filler,
        },
        "sender": user(f"person{number % 200}", 2),
    }


FIELDS = (
    "archive", "assignees", "blobs", "branches", "collaborators", "comments", "commits", "compare",
    "contents", "deployments", "downloads", "events", "forks", "hooks", "issues", "keys", "labels",
    "languages", "merges", "milestones", "pulls", "releases", "stargazers", "statuses", "teams",
)  # fmt: skip
