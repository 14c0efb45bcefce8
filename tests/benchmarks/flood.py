"""Deliveries of five tools at once beside GitHub's alone: how many one process acknowledges.

Each delivery is signed as its tool signs and says something new, until all that were made are sent;
then they come again, as a tool that saw no answer sends them. In the end what they say is in the
warehouse, each once, and sending everything three times more changes nothing.
"""

import asyncio
import contextlib
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import orjson

from producers import connections
from producers.intake import Intake
from producers.signatures import Delivery
from tests.benchmarks.ingest import HOOK_CLIENTS
from tests.benchmarks.measure import (
    Result,
    Wire,
    address,
    percentile,
    post,
    running,
    temporary_folder,
)  # fmt: skip
from tests.benchmarks.samples import comment
from tests.e2e.running import Up
from tests.waiting import until
from warehouse import Warehouse

#: Of each side, how many deliveries say something new.
NEW = 20_000
TURNS = 2
AGAIN = 3
#: What the five have to reach, in times of GitHub's alone.
LEAST = 0.9
#: A machine that has other work to do counts what came no faster.
STORED_SECONDS = 900.0
PEOPLE = 200
EXAMPLES = Path(__file__).parents[2] / "producers" / "connectors"
#: Beside GitHub's connection, which a new data folder has.
CONNECTIONS = """
[[connection]]
name = "slack"
connector = "slack"
secret = "file:secrets/github"

[[connection]]
name = "gitlab"
connector = "gitlab"
secret = "file:secrets/github"

[[connection]]
name = "discourse"
connector = "discourse"
secret = "file:secrets/github"
options = { site = "https://forum.north.example", categories = { 5 = { use = "help" } } }

[[connection]]
name = "cloudevents"
connector = "cloudevents"
secret = "file:secrets/github"
[connection.options]
site = "https://portal.example.com"
platform = "Portal"
[[connection.options.rules]]
type = "com.example.portal.page.viewed"
when = "!(data.draft)"
actor = "data.reader"
verb = "viewed"
behaviour = "read"
object = "data.path"
object_type = "page"
topic = "data.space"
"""

Made = tuple[dict[str, str], bytes]
COUNTS = (
    "SELECT count() FROM lrs.statements",
    "SELECT count() FROM learning.events",
    "SELECT sum(events) FROM learning.activity",
)


def github(number: int) -> Made:
    """A comment on somebody's question."""
    headers = {
        "content-type": "application/json",
        "x-github-event": "issue_comment",
        "x-github-delivery": f"flood-{number}",
    }
    return headers, orjson.dumps(comment(number))


def slack(number: int) -> Made:
    """A question in a channel."""
    headers, body = _example("slack", "message__question")
    stamp = f"{int(time.time())}.{number % 1_000_000:06d}"
    body["event"] |= {"user": f"U0P{number % PEOPLE}", "ts": stamp, "event_ts": stamp}
    return headers, orjson.dumps(body | {"event_id": f"Ev{number}"})


def gitlab(number: int) -> Made:
    """A note on an issue."""
    headers, body = _example("gitlab", "note.issue")
    body["object_attributes"]["id"] = number
    body["user"] |= {"id": number % PEOPLE, "username": f"person{number % PEOPLE}"}
    return headers | {"x-gitlab-event-uuid": f"flood-{number}"}, orjson.dumps(body)


def discourse(number: int) -> Made:
    """A reply in a topic for help."""
    headers, body = _example("discourse", "post_created__reply")
    user = 1_000 + number % PEOPLE
    body["post"] |= {"id": number, "user_id": user, "username": f"person{user}"}
    return headers | {"x-discourse-event-id": str(number)}, orjson.dumps(body)


def cloudevents(number: int) -> Made:
    """A page of a portal that somebody viewed."""
    headers, body = _example("cloudevents", "com.example.portal.page.viewed")
    body["data"]["reader"] = f"person{number % PEOPLE}"
    return headers, orjson.dumps(body | {"id": str(number)})


TOOLS: dict[str, Callable[[int], Made]] = {
    "github": github,
    "slack": slack,
    "gitlab": gitlab,
    "discourse": discourse,
    "cloudevents": cloudevents,
}


@dataclass(frozen=True)
class Side:
    """New deliveries of some tools, and the id of the statement that each makes."""

    deliveries: Sequence[tuple[Intake, Made]]
    ids: Sequence[str]

    @classmethod
    def made(cls, intakes: Mapping[str, Intake], tools: Sequence[str]) -> "Side":
        """The tools by turns."""
        start = random.getrandbits(38) * NEW
        numbered = [(tools[n % len(tools)], n) for n in range(start, start + NEW)]
        deliveries = [(intakes[tool], TOOLS[tool](number)) for tool, number in numbered]
        ids = [_said(intake, *made) for intake, made in deliveries]
        assert len(set(ids)) == NEW, "some deliveries say the same"
        return cls(deliveries, ids)

    def requests(self, host: str) -> list[bytes]:
        """Each delivery as it is sent, signed now."""
        found = []
        for intake, (headers, body) in self.deliveries:
            one = intake.connection
            signed = intake.webhook.signed(headers, body, one.secret, one.options)
            found.append(post(f"/hooks/{one.name}", host, signed, body))
        return found


def _said(intake: Intake, headers: dict[str, str], body: bytes) -> str:
    whole = intake.webhook.whole(Delivery(headers, body), intake.connection.options)
    (found,) = intake.webhook.found(whole)
    (statement,) = intake.map(found.kind, found.event).statements
    return str(statement["id"])


def _example(tool: str, name: str) -> tuple[dict[str, str], Any]:
    """A recorded delivery of a connector, to be changed: its headers and its body."""
    recorded = orjson.loads(_recorded(tool, name))
    return recorded["headers"], recorded["body"]


@cache
def _recorded(tool: str, name: str) -> bytes:
    return (EXAMPLES / tool / "examples" / f"{name}.json").read_bytes()


def flood(seconds: float) -> list[Result]:
    """Webhooks a second of five tools mixed and of GitHub alone, by turns; what became of them."""
    with temporary_folder() as folder:
        data = Path(folder) / "data"
        with running(data):
            pass  # it makes the folder
        with (data / "connections.toml").open("a") as file:
            file.write(CONNECTIONS)
        with running(data) as up:
            return asyncio.run(_flood(up, seconds))


async def _flood(up: Up, seconds: float) -> list[Result]:
    known = connections.load(up.data / "connections.toml")
    intakes = {name: Intake(one, real=True) for name, one in known.items()}
    sides = {"GitHub's alone": ("github",), "five tools mixed": tuple(TOOLS)}
    took: dict[str, list[float]] = {name: [] for name in sides}
    waits: dict[str, list[float]] = {name: [] for name in sides}
    sent = [Side.made(intakes, tools) for _ in range(TURNS) for tools in sides.values()]
    for number, side in enumerate(sent):
        name = [*sides][number % len(sides)]
        latencies, time_taken = await _send(up, side, seconds)
        waits[name] += latencies
        took[name].append(time_taken)
    rates = {name: len(waits[name]) / sum(took[name]) for name in sides}
    ids = {one for side in sent for one in side.ids}
    lacking = await asyncio.to_thread(_lacking, up, ids)
    before = await asyncio.to_thread(_settled, up)
    for _ in range(AGAIN):
        await _send(up, sent[-1], 0.0)
    changed = await asyncio.to_thread(_changed, up, before)
    results = []
    for name, some in waits.items():
        slow = percentile(some, 0.99) * 1e3
        results += [
            Result(f"webhooks, {name}", rates[name], "webhooks/s", "higher", len(some)),
            Result(f"webhooks, {name}, p99", slow, "ms", "lower", len(some)),
        ]
    alone, mixed = rates.values()
    return [
        *results,
        Result(
            "five tools mixed to GitHub's alone", mixed / alone, "times", "higher", TURNS, LEAST
        ),
        Result("acknowledged and not stored", lacking, "", "lower", len(ids), 0),
        Result("rows changed by sending again", changed, "", "lower", AGAIN * NEW, 0),
    ]


async def _send(up: Up, side: Side, seconds: float) -> tuple[list[float], float]:
    """Sends all, and again until the time is over; the latencies of the answers, and the time."""
    host, port = address(up.stack["hooks"]["url"])
    requests = side.requests(host)
    turn = iter(range(1 << 60))
    latencies: list[float] = []
    wires = [Wire(host, port) for _ in range(HOOK_CLIENTS)]
    for wire in wires:
        await wire.open()
    began = time.perf_counter()

    async def one(wire: Wire) -> None:
        while (number := next(turn)) < NEW or time.perf_counter() < began + seconds:
            asked = time.perf_counter()
            status = await wire.ask(requests[number % NEW])
            assert status == 200, f"the answer was {status}"
            latencies.append(time.perf_counter() - asked)

    await asyncio.gather(*(one(wire) for wire in wires))
    took = time.perf_counter() - began
    for wire in wires:
        wire.close()
    return latencies, took


def _lacking(up: Up, ids: set[str]) -> int:
    """How many are not in the warehouse when nothing more comes."""
    admin = Warehouse(up.url("warehouse_admin"))
    stored = "SELECT toString(id) FROM lrs.statements_pseudonymous"
    with contextlib.suppress(AssertionError):
        until(lambda: ids <= {row[0] for row in admin.query(stored)}, seconds=STORED_SECONDS)
    return len(ids - {row[0] for row in admin.query(stored)})


def _settled(up: Up) -> tuple[int, ...]:
    """What is counted when every consumer has read all there is."""
    verified = up.run("verify", "--wait", str(STORED_SECONDS), seconds=2 * STORED_SECONDS)
    assert verified.returncode == 0, verified.stdout + verified.stderr
    admin = Warehouse(up.url("warehouse_admin"))
    return tuple(int(admin.query(count)[0][0]) for count in COUNTS)


def _changed(up: Up, before: tuple[int, ...]) -> int:
    """By how much all counts together differ from what they were."""
    return sum(abs(was - now) for was, now in zip(before, _settled(up), strict=True))
