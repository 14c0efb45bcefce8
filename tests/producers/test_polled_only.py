"""MediaWiki, Hypothesis and linkding, which are only asked, by a real poller that is killed while
people go on, again and again: it brings what one clean pass finds in the end."""

import asyncio
import random
import tomllib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from counted import counting, statements
from killed_poller import CHANGING, Busy, Said, brought, killed, serving

from bus.topics import REJECTED, STATEMENTS
from producers.connections import Connection
from producers.connector import Found
from producers.intake import Intake
from producers.polling.api import Api
from producers.polling.http import client
from producers.registry import all_connectors
from tests.conftest import free_port
from tests.topics import held

pytestmark = pytest.mark.integration

PEOPLE = ("Ida", "Ole", "May", "Jon")
TEXTS = ("Why is it done so?", "This part is worth a second look.", "", "See the last review.")
#: How much there is before a poller comes, and what a page of it holds: more pages than all pollers
#: that are killed can ask for.
BEFORE, PAGE = 900, 2


class Changing(Busy):
    """A tool in which people go on while it is read; what a connection says of it, and the verbs of
    what they do."""

    options = ""
    verbs: frozenset[str] = frozenset()

    def __init__(self) -> None:
        super().__init__()
        self.now = datetime.now(UTC) - timedelta(days=9)
        for _ in range(BEFORE):
            self.act()

    def go_on(self) -> None:
        """Somebody does something, now and then."""
        if self.asked < CHANGING and self.chance.random() < 0.3:
            self.act()

    def moment(self) -> datetime:
        """When the next thing is done; now and then in the second of the one before."""
        self.now += timedelta(seconds=self.chance.choice([0, 1, 40, 600]))
        return self.now

    def act(self) -> None:
        """Somebody does something."""
        raise NotImplementedError


class Wiki(Changing):
    """A wiki's recent changes, which says by an error in an answer of success that it lags."""

    faults = ("429", "500", "503", "maxlag", "readonly")
    options = 'namespaces = {0 = "pages", 12 = "help"}\nhelp_pages = ["Project:Help desk"]\n'
    verbs = frozenset({"author", "edited", "commented", "asked", "answered"})

    def __init__(self) -> None:
        self.changes: list[dict[str, Any]] = []
        super().__init__()

    def act(self) -> None:
        number, new = len(self.changes) + 1, self.chance.random() < 0.2
        ns, title = self.chance.choice(
            [(0, "Export"), (1, "Talk:Export"), (3, "User talk:May"), (4, "Project:Help desk"),
             (6, "File:Plan.png"), (12, "Help:Export")]
        )  # fmt: skip
        tags = ["discussiontools-newtopic", "discussiontools-reply", "mw-undo", "mobile edit"]
        self.changes.append(
            {
                "type": "new" if new else "edit",
                "ns": ns,
                "title": title,
                "pageid": ns + 1,
                "revid": number,
                "rcid": number,
                "user": self.chance.choice(PEOPLE),
                "userid": 7,
                "bot": self.chance.random() < 0.1,
                "minor": self.chance.random() < 0.1,
                "timestamp": f"{self.moment():%Y-%m-%dT%H:%M:%SZ}",
                "tags": [self.chance.choice(tags)],
            }
        )

    def refused(self, fault: str) -> Said:
        if fault.isdigit():
            return super().refused(fault)
        return 200, {}, {"error": {"code": fault, "info": "Waiting for a database server"}}

    def found(self, path: str, asked: dict[str, str]) -> Said:
        assert path == "/w/api.php"
        since, _, after = asked.get("rccontinue", f"{asked['rcstart']}|0").partition("|")
        later = [
            each
            for each in self.changes
            if (each["timestamp"], each["rcid"]) >= (since, int(after))
        ]
        answer: dict[str, Any] = {"query": {"recentchanges": later[:PAGE]}}
        if later[PAGE:]:
            place = f"{later[PAGE]['timestamp']}|{later[PAGE]['rcid']}"
            answer["continue"] = {"rccontinue": place, "continue": "-||"}
        return 200, {}, answer


class Notes(Changing):
    """Annotations of a group that are made, edited and answered."""

    options = 'groups = {team = "reading"}\ninside = ["docs.north.example"]\n'
    verbs = frozenset({"asked", "annotated", "bookmarked", "answered", "replied"})

    def __init__(self) -> None:
        self.notes: dict[str, dict[str, Any]] = {}
        self._written = 0
        super().__init__()

    def act(self) -> None:
        # An answer is for what was asked; and edited back, a note is what was voided.
        old = [
            each
            for each in self.notes.values()
            if not each["answered"] and each["updated"] == each["created"]
        ]
        if old and self.chance.random() < 0.2:
            edited = self.chance.choice(old)
            edited |= {"text": self.chance.choice(TEXTS), "updated": self._moment()}
            return
        number, parent = f"N{len(self.notes)}", None
        if self.notes and self.chance.random() < 0.3:
            parent = self.chance.choice(list(self.notes.values()))
            parent["answered"] = True
        at, user = self._moment(), f"acct:{self.chance.choice(PEOPLE)}@hypothes.is"
        host = self.chance.choice(["docs.north.example", "other.example"])
        self.notes[number] = {
            "id": number,
            "created": at,
            "updated": at,
            "user": user,
            "uri": f"https://{host}/page",
            "text": self.chance.choice(TEXTS),
            "tags": [],
            "group": "team",
            "permissions": {"read": [self.chance.choice(["group:team", "group:team", user])]},
            "references": [parent["id"]] if parent else [],
            "answered": False,
        }

    def _moment(self) -> str:
        self._written += 1  # no two have one moment
        at = self.moment().replace(microsecond=0) + timedelta(microseconds=self._written)
        return at.isoformat(timespec="microseconds")

    def found(self, path: str, asked: dict[str, str]) -> Said:
        if path != "/api/search":
            return 200, {}, self.notes[path.rpartition("/")[2]]
        after = asked.get("search_after", "")
        rows = sorted(self.notes.values(), key=lambda each: each["updated"])
        rows = [each for each in rows if each["updated"] > after]
        return 200, {}, {"total": len(rows), "rows": rows[:PAGE]}


class Bookmarks(Changing):
    """Somebody's bookmarks, the newest first: some are shared, some archived meanwhile, so that a
    list grows shorter while it is read."""

    options = 'user = "Ida"\n'
    verbs = frozenset({"bookmarked", "shared"})

    def __init__(self) -> None:
        self.bookmarks: dict[int, dict[str, Any]] = {}
        super().__init__()

    def act(self) -> None:
        at = self.moment().isoformat(timespec="microseconds").replace("+00:00", "Z")
        chance = self.chance.random()
        if self.bookmarks and chance < 0.3:
            changed = self.chance.choice(list(self.bookmarks.values()))
            changed |= {"shared": True} if chance > 0.03 else {"is_archived": True}
            changed["date_modified"] = at
            return
        number = len(self.bookmarks) + 1
        self.bookmarks[number] = {
            "id": number,
            "url": f"https://{self.chance.choice(['a', 'b'])}.example/{number}",
            "is_archived": False,
            "shared": False,
            "date_added": at,
            "date_modified": at,
        }

    def found(self, path: str, asked: dict[str, str]) -> Said:
        archived, since = path == "/api/bookmarks/archived/", asked.get("modified_since", "")
        rows = [
            each
            for each in reversed(self.bookmarks.values())
            if each["is_archived"] is archived and each["date_modified"] > since
        ]
        begin = int(asked.get("offset", 0))
        following = f"http://behind.a.proxy{path}?limit=100&offset={begin + PAGE}"
        left = len(rows) > begin + PAGE
        page = rows[begin : begin + PAGE]
        return 200, {}, {"count": len(rows), "next": following if left else None, "results": page}


TOOLS: dict[str, Callable[[], Changing]] = {
    "mediawiki": Wiki,
    "hypothesis": Notes,
    "linkding": Bookmarks,
}
#: What of a tool's address is its site.
UNDER = {"mediawiki": "/w"}


def clean(intake: Intake) -> dict[str, dict[str, Any]]:
    """What one pass over all lists finds to count."""
    poll, options = intake.connector.poll, intake.connection.options
    assert poll

    async def read() -> list[Found]:
        http = client(poll.address(options), poll.login(options, b"token"))
        async with Api(http, denied=poll.denied, waits=poll.waits) as api:
            streams = poll.streams.values()
            return [
                event
                for pages in streams
                async for page in pages(api, options, "")
                for event in page.events
            ]

    return counting(statements(intake, asyncio.run(read())))


@pytest.mark.parametrize("tool", TOOLS)
def test_a_poller_killed_at_ten_random_moments_brings_exactly_what_there_is(
    tool: str, kafka: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, name = TOOLS[tool](), f"killed-{tool}"
    monkeypatch.setenv("TOOL_TOKEN", "token")
    before = len(held(kafka, STATEMENTS))
    with serving(asked.answer) as address:
        site = f"{address}{UNDER.get(tool, '')}"
        said = f'site = "{site}"\n{asked.options}'
        file = tmp_path / "connections.toml"
        file.write_text(
            f'[[connection]]\nname = "{name}"\nconnector = "{tool}"\ntoken = "env:TOOL_TOKEN"\n'
            f"[connection.options]\n{said}"
        )
        killed(
            kafka, file, free_port(), kills=10, asked=lambda: asked.asked, chance=random.Random(3)
        )
        connector = all_connectors()[tool]
        options = connector.options.model_validate(tomllib.loads(said))
        there = clean(Intake(Connection(name, connector, b"", options)))
    lines = brought(kafka, f"hook:{name}", since=before)
    found = counting(lines)
    assert found.keys() == there.keys()
    assert len(there) > BEFORE / 3
    verbs = {each["verb"]["display"]["en"] for each in there.values()}
    assert verbs == asked.verbs
    kept = [orjson.loads(record.value) for record in held(kafka, REJECTED)]
    assert not [each for each in kept if each["source"] == f"hook:{name}"]
    assert {*asked.faults} <= asked.told.keys()
    assert asked.asked > CHANGING, "nobody did anything any more when it was read to its end"
