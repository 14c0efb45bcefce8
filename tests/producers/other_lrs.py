"""An LRS as others are: what it stores it gives page by page, under rules that differ.

`answer` is its interface: (path, parameters) → status, headers, JSON. `through` says whether it
tells until when it is consistent; what is `coming` has its `stored` already, and is not given yet.
"""

import itertools
import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from uuid import UUID

from xapi.identity import canonical
from xapi.statement import VOIDED

START = datetime(2026, 5, 4, 7, 0, tzinfo=UTC)
AUTHORITY = {
    "objectType": "Agent",
    "account": {"homePage": "https://lrs.north.example/keys", "name": "moodle"},
}
HOME = "https://learn.north.example"
COMPLETED = "http://adlnet.gov/expapi/verbs/completed"
ASKED = "http://adlnet.gov/expapi/verbs/asked"

Said = tuple[int, dict[str, str], Any]


def person(name: str) -> dict[str, Any]:
    return {"objectType": "Agent", "account": {"homePage": HOME, "name": name}}


def statement(number: int, name: str = "ida", verb: str = COMPLETED, **more: Any) -> dict[str, Any]:
    """A statement of a course platform."""
    return {
        "id": str(UUID(int=(0x4000 << 64) | (0x8 << 60) | number)),
        "actor": person(name),
        "verb": {"id": verb},
        "object": {"id": f"{HOME}/course/{number % 7}"},
        "timestamp": "2026-05-04T06:00:00.000Z",
        **more,
    }


def voiding(number: int, target: int) -> dict[str, Any]:
    reference = {"objectType": "StatementRef", "id": statement(target)["id"]}
    return statement(number, "teacher", VOIDED, object=reference)


class OtherLrs:
    """`size` is how many statements a page has at most; `lasts` how often a `more` is answered."""

    def __init__(self, *, size: int = 3, through: bool = True, lasts: int = 1 << 30) -> None:
        self.size = size
        self.through = through
        self.lasts = lasts
        self.now = START
        self.held: list[dict[str, Any]] = []
        self.coming: list[dict[str, Any]] = []
        self.asked: list[tuple[str, dict[str, str]]] = []
        self._more: dict[str, tuple[list[dict[str, Any]], int]] = {}
        self._tokens = itertools.count()

    def store(self, *some: dict[str, Any], after: float = 0.25, late: bool = False) -> None:
        """Stores statements of one request; `late` ones are not given before `settle`."""
        self.now += timedelta(seconds=after)
        stored = self.now.isoformat(timespec="microseconds").replace("+00:00", "Z")
        known = {each["id"] for each in self.held}
        for each in some:
            if each["id"] not in known:
                said = {"authority": AUTHORITY, "stored": stored, "version": "1.0.0", **each}
                (self.coming if late else self.held).append(said)

    def settle(self) -> None:
        """What was on its way can be read."""
        self.held = sorted([*self.held, *self.coming], key=lambda each: each["stored"])
        self.coming = []

    @property
    def voided(self) -> set[str]:
        """What is voided; a voiding statement cannot be (Part Two 2.3.2)."""
        voiding = [each for each in self.held if each["verb"]["id"] == VOIDED]
        return {each["object"]["id"] for each in voiding} - {each["id"] for each in voiding}

    def answer(self, path: str, asked: dict[str, str]) -> Said:
        self.asked.append((path, asked))
        headers = {"Date": format_datetime(self.now.astimezone(UTC), usegmt=True)}
        if self.through:
            until = min((each["stored"] for each in self.coming), default="")
            end = datetime.fromisoformat(until) if until else self.now + timedelta(milliseconds=1)
            end -= timedelta(milliseconds=1)
            headers["X-Experience-API-Consistent-Through"] = end.isoformat().replace("+00:00", "Z")
        if path != "/xapi/statements":
            return 404, headers, {"error": f"nothing at {path}"}
        if identifier := asked.get("voidedStatementId"):
            found = [one for one in self.held if one["id"] == identifier in self.voided]
            return (200, headers, found[0]) if found else (404, headers, {})
        if token := asked.get("cursor"):
            some, left = self._more.get(token, ([], 0))
            if not left:
                return 404, headers, {"error": "this page has expired"}
            self._more[token] = (some, left - 1)
        else:
            some = self.listed(asked)
        return 200, headers, self._page(some, min(int(asked.get("limit", self.size)), self.size))

    def listed(self, asked: dict[str, str]) -> list[dict[str, Any]]:
        """What GET /statements gives: voided ones left out (Part Three 2.1.3)."""
        found = [one for one in self.held if one["id"] not in self.voided and _fits(one, asked)]
        return found if asked.get("ascending") == "true" else found[::-1]

    def _page(self, some: list[dict[str, Any]], size: int) -> dict[str, Any]:
        if len(some) <= size:
            return {"statements": some, "more": ""}
        token = f"t{next(self._tokens)}"
        self._more[token] = (some[size:], self.lasts)
        return {"statements": some[:size], "more": f"/xapi/statements?cursor={token}"}


def _fits(one: dict[str, Any], asked: dict[str, str]) -> bool:
    stored = datetime.fromisoformat(one["stored"])
    agent = canonical(json.loads(asked["agent"])) if "agent" in asked else ""
    return (
        ("since" not in asked or stored > datetime.fromisoformat(asked["since"]))
        and ("until" not in asked or stored <= datetime.fromisoformat(asked["until"]))
        and ("verb" not in asked or one["verb"]["id"] == asked["verb"])
        and ("activity" not in asked or one["object"].get("id") == asked["activity"])
        and (not agent or canonical(one["actor"]) == agent)
    )
