"""Break anything at any moment: nothing acknowledged is lost, nothing is counted twice.

Parts are killed, stopped in an orderly way and frozen; a second worker joins and leaves; readers
ask for more memory than there is; the disk is full for a moment; the warehouse refuses writes;
clients send dates that no calendar of the warehouse holds. The short form runs with the tests;
`make chaos` is the whole, with at least 50 kills. Afterwards the ids that clients saw acknowledged
are the ids stored, each table equals what plain Python works out from the log, and
`headwater verify` agrees.
"""

import asyncio
import contextlib
import hashlib
import hmac
import json
import os
import random
import signal
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from faults import freeze, rebalance, stop_kindly
from kafka.errors import KafkaError
from oracle import Expected, expected, log
from running import Up

from bus import clients, records
from tests.faults import full, memory_bombs
from tests.scale import SEED, WHOLE, tried
from warehouse import Warehouse, WarehouseError
from xapi.identity import canonical
from xapi.ids import statement_id

#: On a machine with other work the whole takes twice as long.
pytestmark = [pytest.mark.e2e, pytest.mark.timeout(tried(1500, 3600))]

#: Statements a second.
RATE = tried(100, 500)
#: How often each fault has to strike while the load runs.
FAULTS = tried(
    {"kill": 3, "stop": 1, "freeze": 1, "rebalance": 1},
    {"kill": 50, "stop": 14, "freeze": 7, "rebalance": 3, "bombs": 2, "full disk": 2},
)
REFUSING_SECONDS = tried(5, 60)
#: A part stands still for so long, in seconds.
FROZEN = tried((1.0, 4.0), (1.0, 90.0))
BOMBS_SECONDS = 25
FULL_SECONDS = 3
#: Of the data folder's own file system, where the disk becomes full.
DISK_BYTES = 4 << 30
#: Between two faults; long enough for the parts to be hit at work, not at start only.
PAUSE = (1.0, 4.0)
SETTLE_SECONDS = 300
VERBS = {
    "http://adlnet.gov/expapi/verbs/asked": "ask",
    "http://adlnet.gov/expapi/verbs/answered": "help",
    "https://w3id.org/xapi/acrossx/verbs/searched": "search",
    "http://id.tincanapi.com/verb/bookmarked": "bookmark",
}
#: Dates that clients without a clock, or with a wrong one, send.
ODD = (
    "0001-01-01T00:00:00Z", "1969-07-20T20:17:40Z", "1970-01-01T00:00:00Z",
    "1970-01-02T00:30:00+01:00", "2100-01-01T00:00:00Z", "2105-12-31T23:59:59.999Z",
    "2106-02-07T06:28:16Z", "2149-06-07T00:00:00Z", "9999-12-31T23:59:59Z",
)  # fmt: skip
VOIDED = "http://adlnet.gov/expapi/verbs/voided"


COMMENTED = "http://adlnet.gov/expapi/verbs/commented"


def behaviour(statement: dict[str, Any]) -> str:
    """What the pipeline must make of this test's verbs; comments are on others' issues."""
    return "help" if statement["verb"]["id"] == COMMENTED else VERBS[statement["verb"]["id"]]


@dataclass
class Client:
    """Sends at a steady rate, repeats what was not acknowledged, and remembers what was."""

    stack: dict[str, Any]
    random: random.Random
    sent: int = 0
    acknowledged: set[str] = field(default_factory=set)
    refused: list[str] = field(default_factory=list)
    recent: list[dict[str, Any]] = field(default_factory=list)
    accepted: list[dict[str, Any]] = field(default_factory=list)
    conflicts: int = 0
    done: asyncio.Event = field(default_factory=asyncio.Event)

    def statement(self) -> dict[str, Any]:
        """A new statement; one in twenty without a timestamp."""
        made: dict[str, Any] = {
            "id": str(uuid.UUID(int=self.random.getrandbits(128), version=4)),
            "actor": {
                "account": {
                    "homePage": "https://tool.headwater.invalid",
                    "name": f"person{self.random.randrange(80)}",
                }
            },
            "verb": {"id": self.random.choice(list(VERBS))},
            "object": {"id": f"https://tool.headwater.invalid/o/{self.random.randrange(1000)}"},
        }
        if self.random.random() > 0.05:
            moment = datetime.now(UTC) - timedelta(seconds=self.random.uniform(0, 10 * 86_400))
            made["timestamp"] = moment.isoformat(timespec="milliseconds")
        if self.random.random() < 0.01:
            made["timestamp"] = self.random.choice(ODD)
        return made

    def batch(self) -> list[dict[str, Any]]:
        """New statements, now and then with a repeated, a conflicting or a voiding one."""
        some = [self.statement() for _ in range(self.random.choice((1, 5, 20, 60)))]
        chance = self.random.random()
        if self.recent and chance < 0.10:
            some[0] = self.random.choice(self.recent)
        elif self.recent and chance < 0.18:
            other = self.statement()
            other["id"] = self.random.choice(self.recent)["id"]
            some[0] = other
        elif self.recent and chance < 0.22:
            target = self.random.choice(self.recent)["id"]
            some[0] = {
                **self.statement(),
                "verb": {"id": VOIDED},
                "object": {"objectType": "StatementRef", "id": target},
            }
        self.recent = (self.recent + [s for s in some if s["verb"]["id"] != VOIDED])[-3000:]
        return some

    async def run(self) -> None:
        """Four connections that share the rate."""
        async with httpx.AsyncClient(
            auth=(self.stack["lrs"]["username"], self.stack["lrs"]["password"]),
            headers={"X-Experience-API-Version": "1.0.3"},
            timeout=httpx.Timeout(10.0),
        ) as http:
            await asyncio.gather(*(self._connection(http) for _ in range(4)), self._webhooks(http))

    async def _connection(self, http: httpx.AsyncClient) -> None:
        due = time.monotonic()
        while not self.done.is_set():
            some = self.batch()
            await self._deliver(http, some)
            self.sent += len(some)
            due = max(due + len(some) * 4 / RATE, time.monotonic() - 5)
            await asyncio.sleep(max(0.0, due - time.monotonic()))

    async def _webhooks(self, http: httpx.AsyncClient) -> None:
        """Signed comments, about ten a second, each sent until it is acknowledged."""
        hooks = self.stack["hooks"]
        secret = hooks["secrets"]["github"].encode()
        while not self.done.is_set():
            number = self.random.getrandbits(50)
            body = json.dumps(comment(number)).encode()
            headers = {
                "Content-Type": "application/json",
                "X-GitHub-Event": "issue_comment",
                "X-GitHub-Delivery": str(number),
                "X-Hub-Signature-256": "sha256="
                + hmac.new(secret, body, hashlib.sha256).hexdigest(),
            }
            url = hooks["url"] + "/hooks/github"
            while True:
                try:
                    answer = await http.post(url, content=body, headers=headers, auth=None)
                except httpx.HTTPError:
                    await asyncio.sleep(0.2)
                    continue
                if answer.status_code == 200:
                    self.acknowledged.add(str(statement_id("github", f"issue_comment:{number}")))
                    break
                if answer.status_code < 500:
                    self.refused.append(f"{answer.status_code} {answer.text[:300]}")
                    break
                await asyncio.sleep(0.2)
            await asyncio.sleep(0.1)

    async def _deliver(self, http: httpx.AsyncClient, some: list[dict[str, Any]]) -> None:
        """Sends until it is acknowledged; what conflicts is left out, as a client would do."""
        some = list(some)
        while some:
            try:
                answer = await http.post(self.stack["lrs"]["url"] + "/xapi/statements", json=some)
            except httpx.HTTPError:
                await asyncio.sleep(0.2)
                continue
            if answer.status_code == 200:
                self.acknowledged.update(statement["id"] for statement in some)
                kept = [s for s in some if s["verb"]["id"] != VOIDED]
                self.accepted = (self.accepted + kept)[-3000:]
                return
            if answer.status_code == 409:
                path = answer.json()["error"]["path"]
                del some[int(path.removeprefix("$[").removesuffix("].id"))]
                self.conflicts += 1
                continue
            if answer.status_code < 500:
                self.refused.append(f"{answer.status_code} {answer.text[:300]}")
                return
            await asyncio.sleep(0.2)


def comment(number: int) -> dict[str, Any]:
    """GitHub's delivery of a comment on somebody else's issue."""
    address = "https://github.com/acme/widgets"
    return {
        "action": "created",
        "issue": {
            "id": number,
            "number": number,
            "html_url": f"{address}/issues/{number}",
            "user": {"login": "asker", "type": "User"},
        },
        "comment": {
            "id": number,
            "user": {"login": f"helper{number % 50}", "type": "User"},
            "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
        },
        "repository": {"id": 7, "full_name": "acme/widgets", "html_url": address},
        "sender": {"login": f"helper{number % 50}", "type": "User"},
    }


def poison(bootstrap: clients.At, chooser: random.Random) -> None:
    """Puts lines that are no statements straight into the log."""
    value = chooser.choice((b"rubbish", b'{"id":"no"}', b"\xff\xfe\x00", b"{}\n[1,2]", b""))
    try:
        producer = clients.blocking_producer(bootstrap, acks="all", retries=0)
        producer.send("xapi.statements", value=value).get(5)
        producer.close(2)
    except (KafkaError, ValueError):
        return  # the broker is down just now; the oracle reads what arrived


def repeated(bootstrap: clients.At, chooser: random.Random, client: Client) -> None:
    """What another process does that takes the same id at the same moment: the log holds both."""
    if not client.accepted:
        return
    one = chooser.choice(client.accepted)
    if chooser.random() < 0.7:
        one = {**client.statement(), "id": one["id"]}
    record = records.encode(
        [json.dumps(one).encode()], [uuid.UUID(one["id"])], "lrs:other", canonical(one["actor"])
    )
    try:
        producer = clients.blocking_producer(bootstrap, acks="all", retries=0)
        producer.send(
            "xapi.statements", key=record.key, value=record.value, headers=record.headers
        ).get(5)
        producer.close(2)
    except (KafkaError, ValueError):
        return


@dataclass
class Storm:
    """The faults that strike a stack, and how often each did."""

    up: Up
    client: Client
    random: random.Random
    folder: Path
    struck: Counter[str] = field(default_factory=Counter)
    hit: set[str] = field(default_factory=set)

    async def rage(self) -> None:
        """Faults in random order, until each struck as often as it has to."""
        broker = self.up.kafka
        while left := list((Counter(FAULTS) - self.struck).elements()):
            await asyncio.sleep(self.random.uniform(*PAUSE))
            await asyncio.to_thread(poison, broker, self.random)
            await asyncio.to_thread(repeated, broker, self.random, self.client)
            fault = self.random.choice(left)
            self.struck[fault] += await asyncio.to_thread(self._strike, fault)

    def _strike(self, fault: str) -> int:
        """Whether the fault struck: a part may be down just then."""
        if fault == "rebalance":
            return rebalance(self.up, self.random, self.folder / "second")
        if fault == "bombs":
            with memory_bombs(self.up.url("warehouse")) as answers:
                time.sleep(BOMBS_SECONDS)  # the bombs are the fault
            return answers.total() > 0
        if fault == "full disk":
            with full(self.up.data.parent):
                time.sleep(FULL_SECONDS)  # and so is the full disk
            return 1
        parts = self.up.lasting()
        name = self.random.choice([n for n in parts if n not in self.hit] or parts)
        pid = self.up.pids().get(name)
        if not pid:
            return 0
        if fault == "freeze":
            least, most = FROZEN
            seconds = least * (most / least) ** self.random.random()
            return bool(freeze(self.up, self.random, seconds, name))
        if fault == "stop":
            return bool(stop_kindly(self.up, self.random, name))
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            return 0
        self.hit.add(name)
        return 1


async def refusing(stack: dict[str, Any]) -> None:
    """The warehouse refuses writes for a while."""
    admin = stack["warehouse_admin"]
    until = time.monotonic() + REFUSING_SECONDS
    async with httpx.AsyncClient(auth=(admin["username"], admin["password"])) as http:
        while time.monotonic() < until:  # again and again: a restart would end it
            with contextlib.suppress(httpx.HTTPError):
                await http.put(admin["url"] + "/maintenance", params={"seconds": "2"})
            await asyncio.sleep(1)


async def storm(raging: Storm) -> None:
    """The load, the faults and the refusal together."""
    load = asyncio.create_task(raging.client.run())
    refusal = asyncio.create_task(refusing(raging.up.stack))
    await raging.rage()
    await refusal
    raging.client.done.set()
    await load


def found(warehouse: Warehouse) -> Expected:
    """What the tables do hold, in the oracle's terms."""
    from oracle import Fact, Place

    result = Expected()
    for identifier, position, raw in warehouse.query(
        "SELECT toString(id), position, raw FROM lrs.statements"
    ):
        place = Place(
            position >> 80, (position >> 64) & 0xFFFF, (position >> 20) & ((1 << 44) - 1),
            position & ((1 << 20) - 1),
        )  # fmt: skip
        result.statements[identifier] = (place, raw.encode())
    result.voided = {row[0] for row in warehouse.query("SELECT toString(id) FROM lrs.voided")}
    result.facts = {
        row[0]: Fact(row[1], row[2], row[3])
        for row in warehouse.query(
            "SELECT toString(id), toUnixTimestamp64Milli(time), account, behaviour "
            "FROM learning.events"
        )
    }
    for kind, path in warehouse.query(
        "SELECT kind, path FROM ops.rejected WHERE path LIKE 'xapi.statements/%'"
    ):
        if kind == "conflict":
            result.conflicts.add(path)
        elif kind == "unreadable":
            result.poison.add(path)
    result.days = {
        (row[0], row[1]): (row[2], row[3])
        for row in warehouse.query(
            "SELECT day, behaviour, sum(activity_day_rows.events), uniqExactMerge(people) "
            "FROM learning.activity_day_rows GROUP BY day, behaviour"
        )
    }
    return result


def difference(wanted: Expected, got: Expected) -> list[str]:
    """Which tables differ, and a sample of how."""
    lines = []
    for name in ("statements", "voided", "facts", "conflicts", "poison", "days"):
        one, other = getattr(wanted, name), getattr(got, name)
        if one == other:
            continue
        missing = [k for k in one if k not in other]
        extra = [k for k in other if k not in one]
        differs = (
            [(k, one[k], other[k]) for k in one if k in other and one[k] != other[k]]
            if isinstance(one, dict)
            else []
        )
        lines.append(
            f"{name}: {len(missing)} missing {missing[:3]}, {len(extra)} too many {extra[:3]}, "
            f"{len(differs)} different {differs[:3]}"
        )
    return lines


def settled(up: Up, wanted: Expected) -> list[str]:
    """Waits until the tables equal the oracle's; gives what still differs when time is up."""
    warehouse = Warehouse(up.url("warehouse_admin"))
    deadline = time.monotonic() + SETTLE_SECONDS
    while True:
        try:
            left = difference(wanted, found(warehouse))
        except WarehouseError as error:
            left = [str(error)]
        if not left or time.monotonic() > deadline:
            return left
        time.sleep(1)


def test_chaos(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    up = Up(disk / "data", disk=DISK_BYTES if WHOLE else None)
    try:
        chooser = random.Random(SEED)
        client = Client(up.stack, random.Random(SEED + 1))
        print(f"seed {SEED}")
        raging = Storm(up, client, chooser, tmp_path)
        asyncio.run(storm(raging))
        assert not client.refused, client.refused[:3]
        up.wait(lambda: _quiet(up), SETTLE_SECONDS)
        key = bytes.fromhex(json.loads((up.data / "secrets.json").read_text())["pseudonym_key"])
        lines = list(log(up.kafka))
        wanted = expected(lines, key, behaviour)
        assert client.conflicts, "no client was told of a conflict: the storm proves too little"
        assert wanted.conflicts, "the storm made no conflicts: it proves less than it should"
        assert wanted.poison, "the storm held no poison: it proves less than it should"
        assert settled(up, wanted) == []
        assert set(wanted.statements) == client.acknowledged
        verified = up.run("verify", "--wait", str(SETTLE_SECONDS), seconds=2 * SETTLE_SECONDS)
        assert verified.returncode == 0, verified.stdout + verified.stderr
        print(
            f"{dict(raging.struck)}, {client.sent} statements sent, {len(lines)} lines in the log"
        )
        print(verified.stdout)
    finally:
        up.stop()


def _quiet(up: Up) -> bool:
    """Every part runs again, and the broker and the warehouse answer."""
    status = up.status()
    ready = all(status["parts"][name]["state"] == "ready" for name in up.lasting())
    return ready and bool(status["topics"]) and bool(status["counts"])
