"""Documents while processes are killed, and two LRS processes on the same documents.

What the topic holds decides. The oracle folds it in plain Python, written a second time and as
simply as it can be said; clients' answers, both processes' reads and the warehouse must agree.
"""

import asyncio
import contextlib
import hashlib
import json
import os
import random
import signal
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from kafka import TopicPartition
from running import Up, second_lrs, xapi_client

from bus import clients
from tests.scale import SEED, tried
from tests.waiting import comes
from warehouse import Warehouse

pytestmark = pytest.mark.e2e

KILLED = tried(("lrs", "recorded"), ("kafka", "lrs", "warehouse", "recorded"))
KILLS = tried(4, 16)
PAUSE = tried((1.0, 2.5), (3.0, 8.0))
TOPIC, PARTITIONS = "xapi.documents", 8
ADA = {"account": {"homePage": "https://documents.headwater.invalid", "name": "ada"}}
AGENT = "account:https://documents.headwater.invalid|ada"
COURSES = [f"https://documents.headwater.invalid/{n}" for n in range(4)]
NAMES = ["a", "b", "c"]


def query(course: str, name: str | None) -> dict[str, str]:
    found = {"activityId": course, "agent": json.dumps(ADA)}
    return found if name is None else {**found, "stateId": name}


@dataclass
class Oracle:
    """The documents that the topic makes, and what each write came to, by the token it holds."""

    documents: dict[tuple[str, str], bytes] = field(default_factory=dict)
    statuses: dict[str, int] = field(default_factory=dict)

    def take(self, key: bytes, value: bytes, headers: dict[str, bytes]) -> None:
        kind, course, agent, registration, name = json.loads(key)
        if (kind, agent, registration) != ("state", AGENT, ""):
            return
        method, match = headers["method"].decode(), headers.get("match", b"").decode()
        if not name:
            for each in [each for each in self.documents if each[0] == course]:
                del self.documents[each]
            return
        current = self.documents.get((course, name))
        etag = None if current is None else f'"{hashlib.sha1(current).hexdigest()}"'
        status = 204
        if (match and match != etag) or (headers.get("none-match") and current is not None):
            status = 412
        elif method == "DELETE":
            self.documents.pop((course, name), None)
        elif method == "POST" and current is not None:
            merged = {**json.loads(current), **json.loads(value)}
            self.documents[course, name] = json.dumps(merged, separators=(",", ":")).encode()
        else:
            self.documents[course, name] = value
        if value:
            token = json.loads(value)["token"]
            assert token not in self.statuses, "a write stands in the log twice"
            self.statuses[token] = status


def oracle(bootstrap: clients.At) -> Oracle:
    """What the topic says, read whole."""
    consumer = clients.blocking_consumer(bootstrap, enable_auto_commit=False)
    places = [TopicPartition(TOPIC, number) for number in range(PARTITIONS)]
    consumer.assign(places)
    consumer.seek_to_beginning()
    ends = consumer.end_offsets(places)
    records = []
    while any(consumer.position(place) < end for place, end in ends.items()):
        for some in consumer.poll(500).values():
            records += some
    consumer.close()
    result = Oracle()
    for record in sorted(records, key=lambda each: (each.partition, each.offset)):
        result.take(record.key, record.value or b"", dict(record.headers))
    return result


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    running = Up(tmp_path_factory.mktemp("documents") / "data")
    yield running
    running.stop()


@pytest.fixture(scope="module")
def other(up: Up) -> Iterator[str]:
    with second_lrs(up) as url:
        yield url


def client(up: Up, url: str) -> httpx.AsyncClient:
    found = xapi_client(up, url, "/xapi/activities")
    found.headers["Content-Type"] = "application/json"
    return found


def healthy(url: str) -> bool:
    """Whether an LRS says that it can do its work."""
    try:
        return httpx.get(f"{url}/healthz", timeout=5).status_code == 200
    except httpx.HTTPError:
        return False


class Writer:
    """Writes at random for as long as it is let, and remembers what it was answered."""

    def __init__(self, one: httpx.AsyncClient, chance: random.Random) -> None:
        self.client = one
        self.random = chance
        self.answered: dict[str, int] = {}
        self.unsure = 0
        self.wrong: list[str] = []
        self.done = False

    async def run(self) -> None:
        while not self.done:
            try:
                await self._write()
            except httpx.HTTPError:
                self.unsure += 1
                await asyncio.sleep(0.1)

    async def _write(self) -> None:
        course, name = self.random.choice(COURSES), self.random.choice(NAMES)
        chance = self.random.random()
        if chance < 0.05:
            await self.client.delete("/state", params=query(course, None))
            return
        where = query(course, name)
        if chance < 0.12:
            await self.client.delete("/state", params=where)
            return
        token = str(uuid.UUID(int=self.random.getrandbits(128)))
        content = {"token": token, self.random.choice("xyz"): self.random.random()}
        headers = {}
        if chance < 0.5:
            seen = await self.client.get("/state", params=where)
            if seen.status_code not in (200, 404):
                return
            etag = seen.headers.get("etag")
            headers = {"If-Match": etag} if etag else {"If-None-Match": "*"}
        method = "PUT" if headers or chance < 0.6 else "POST"
        answer = await self.client.request(
            method, "/state", params=where, json=content, headers=headers
        )
        if answer.status_code in (204, 412):
            self.answered[token] = answer.status_code
        elif answer.status_code == 503:
            self.unsure += 1
        else:
            self.wrong.append(f"{answer.status_code} {answer.text[:200]}")


async def kill(up: Up, chance: random.Random) -> None:
    """Kills parts in turn, each while it is at work."""
    for number in range(KILLS):
        await asyncio.sleep(chance.uniform(*PAUSE))
        name = KILLED[number % len(KILLED)]
        if pid := up.pids().get(name):
            with contextlib.suppress(ProcessLookupError):  # it ended just before, by the last kill
                os.kill(pid, signal.SIGKILL)


async def asked(one: httpx.AsyncClient, params: dict[str, str]) -> httpx.Response:
    """An answer; what was killed last may need a moment more."""
    deadline = time.monotonic() + 60
    while True:
        answer = await one.get("/state", params=params)
        if answer.status_code in (200, 404):
            return answer
        print(answer.status_code, one.base_url, answer.text)
        assert answer.status_code == 503
        assert time.monotonic() < deadline
        await asyncio.sleep(float(answer.headers["retry-after"]) / 4)


async def documents(one: httpx.AsyncClient) -> dict[tuple[str, str], bytes]:
    """Every document as a process reads it, and the same by its lists."""
    found = {}
    for course in COURSES:
        for name in NAMES:
            answer = await asked(one, query(course, name))
            if answer.status_code == 200:
                found[course, name] = answer.content
        listed = await asked(one, query(course, None))
        assert sorted(listed.json()) == sorted(name for at, name in found if at == course)
    return found


def same(one: dict[tuple[str, str], bytes], other: dict[tuple[str, str], bytes]) -> None:
    """Compares by meaning: the oracle does not write numbers as the LRS passes them on."""
    assert {k: json.loads(v) for k, v in one.items()} == {
        k: json.loads(v) for k, v in other.items()
    }


def answers(writers: list[Writer]) -> int:
    return sum(len(writer.answered) for writer in writers)


def test_documents_survive_kills_and_equal_the_oracle(up: Up, other: str) -> None:
    print(f"seed {SEED}")
    chance = random.Random(SEED)
    urls = [up.stack["lrs"]["url"], other]

    async def work() -> list[Writer]:
        clients = [client(up, url) for url in urls * 2]
        writers = [Writer(each, random.Random(chance.random())) for each in clients]
        tasks = [asyncio.create_task(writer.run()) for writer in writers]
        await kill(up, chance)
        enough = max(100, answers(writers) + 10)  # some of them after the last kill
        await comes(lambda: answers(writers) > enough)
        for writer in writers:
            writer.done = True
        await asyncio.gather(*tasks)
        for each in clients:
            await each.aclose()
        return writers

    writers = asyncio.run(work())
    up.wait(lambda: all(healthy(url) for url in urls))
    wanted = oracle(up.kafka)
    assert [wrong for writer in writers for wrong in writer.wrong] == []
    answered = {token: status for writer in writers for token, status in writer.answered.items()}
    print(f"{len(answered)} answered, {sum(writer.unsure for writer in writers)} not known")
    assert len(answered) > 100
    assert {token: wanted.statuses[token] for token in answered} == answered

    async def read(url: str) -> dict[tuple[str, str], bytes]:
        async with client(up, url) as one:
            return await documents(one)

    for url in urls:
        same(asyncio.run(read(url)), wanted.documents)
    warehouse = Warehouse(up.url("warehouse_admin"))

    def confirmed() -> bool:
        behind = [row for row in up.status()["lag"] if row["consumer"] == "documents"]
        return [row["lag"] for row in behind] == [0]

    up.wait(confirmed)
    rows = warehouse.query(
        "SELECT activity, name, content FROM lrs.documents "
        "WHERE kind = 'state' AND agent = {a:String}",
        {"a": AGENT},
    )
    same({(row[0], row[1]): row[2].encode() for row in rows}, wanted.documents)


def test_of_two_processes_writes_on_one_etag_exactly_one_wins(up: Up, other: str) -> None:
    profile = {"activityId": COURSES[0], "profileId": str(uuid.uuid4())}

    async def work() -> None:
        async with client(up, up.stack["lrs"]["url"]) as one, client(up, other) as two:
            first = await one.put(
                "/profile", params=profile, json={}, headers={"If-None-Match": "*"}
            )
            assert first.status_code == 204
            for number in range(100):
                seen = await (one, two)[number % 2].get("/profile", params=profile)
                headers = {"If-Match": seen.headers["etag"]}
                answers = await asyncio.gather(
                    *(
                        each.put("/profile", params=profile, json=[number, n], headers=headers)
                        for n, each in enumerate((one, two) * 4)
                    )
                )
                statuses = [each.status_code for each in answers]
                assert sorted(statuses) == [204] + [412] * 7
                for each in (one, two):
                    now = await each.get("/profile", params=profile)
                    assert now.json() == [number, statuses.index(204)]

    asyncio.run(work())


def test_status_says_how_far_documents_are(up: Up) -> None:
    assert "xapi.documents" in up.status()["topics"]

    def told() -> bool:
        every = up.status()["beats"]
        beats = {beat["metric"] for beat in every if beat["part"] == "documents"}
        return {"lag_records", "records", "last_error"} <= beats

    up.wait(told)
    assert Path(up.data, "lrs").is_dir()
    assert list(Path(up.data, "lrs").glob("documents-*")) == []  # gone with their processes
