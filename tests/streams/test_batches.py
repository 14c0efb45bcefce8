"""Whatever commits, commits what was done: the real worker, however a batch of it ends.

The warehouse stands behind a door (`held.py`), so that a batch is in hand when its worker ends.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import orjson
import psutil
import pytest
from held import Door, door
from kafka import TopicPartition

from bus import clients, records
from bus.topics import EVENTS, OBSERVATIONS, STATEMENTS
from streams.worker import RUNNERS
from tests.conftest import WarehouseUrls, free_port, wait_http
from warehouse import Warehouse

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]

GROUP = "headwater-streams"
KEY = "00112233445566778899aabbccddeeff"
SECONDS = 120
#: How often a worker commits.
COMMIT_SECONDS = 1


def until(condition: Callable[[], object], what: str, seconds: float = SECONDS) -> None:
    """Waits for a condition."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


class Group:
    """Workers of one group, what is sent to them and what became of it."""

    def __init__(self, runner: str, folder: Path, kafka: str, way: Door, admin: str) -> None:
        self.runner = runner
        self.port = 0
        self.folder = folder
        self.kafka = kafka
        self.door = way
        self.warehouse = Warehouse(admin)
        self.producer = clients.blocking_producer(kafka, acks="all")
        self.sent: set[str] = set()
        self.running: list[psutil.Popen] = []

    def send(self, count: int) -> None:
        """So many statements, a record each."""
        for number in range(count):
            identifier = uuid.uuid4()
            line = orjson.dumps(
                {
                    "id": str(identifier),
                    "actor": {"mbox": f"mailto:ada{number}@corp.invalid"},
                    "verb": {"id": "http://adlnet.gov/expapi/verbs/asked"},
                    "object": {"id": "https://corp.invalid/1"},
                }
            )
            record = records.encode([line], [identifier], "lrs:test", f"ada{number}")
            self.producer.send(
                STATEMENTS.name, key=record.key, value=record.value, headers=record.headers
            )
            self.sent.add(str(identifier))
        self.producer.flush()

    def start(self, runner: str = "") -> psutil.Popen:
        """One more worker, once it has partitions."""
        self.port = free_port()
        worker = self.begin(runner or self.runner, self.port)
        wait_http(f"http://127.0.0.1:{self.port}/healthz", worker, seconds=SECONDS)
        return worker

    def begin(self, runner: str, port: int, **streams: Any) -> psutil.Popen:
        """One more worker, whether it comes into the group or not."""
        environment = os.environ | {
            "HEADWATER_DATA": str(self.folder),
            "HEADWATER_KAFKA": self.kafka,
            "HEADWATER_CLICKHOUSE": self.door.url,
            "HEADWATER_PSEUDONYM_KEY": KEY,
            "HEADWATER_WORKER_PORT": str(port),
            "HEADWATER_WORKER_RUNNER": runner,
        }
        argv = [sys.executable, "-m", "headwater", "worker"]
        worker = psutil.Popen(argv, env=environment, **streams)
        self.running.append(worker)
        return worker

    def stored(self) -> set[str]:
        """The ids of the facts."""
        return {row[0] for row in self.warehouse.query("SELECT toString(id) FROM learning.events")}

    def health(self) -> dict[str, Any]:
        """What the worker that was started last says of itself."""
        answer = httpx.get(f"http://127.0.0.1:{self.port}/healthz")
        assert answer.status_code == (503 if answer.json()["problems"] else 200)
        return dict(answer.json())

    def settled(self) -> None:
        """Waits until the group has committed all of learning.events, other tests too."""
        until(lambda: self.committed() == self.ends(), "what is done was not committed")

    def ends(self) -> dict[int, int]:
        """Where each partition of learning.events ends."""
        consumer = clients.blocking_consumer(self.kafka)
        try:
            partitions = [TopicPartition(EVENTS.name, p) for p in range(EVENTS.partitions)]
            return {p.partition: end for p, end in consumer.end_offsets(partitions).items()}
        finally:
            consumer.close()

    def observe(self) -> str:
        """Sends one figure of a business's; returns its load."""
        load = str(uuid.uuid4())
        figure = {
            "load": load, "kpi": "speed", "unit": "points", "direction": "up", "team": "Blue",
            "period": "2026-03-02", "grain": "week", "value": 12.5,
        }  # fmt: skip
        self.producer.send(OBSERVATIONS.name, value=orjson.dumps(figure))
        self.producer.flush()
        return load

    def figures(self, load: str) -> int:
        """How many figures of a load are stored."""
        sql = "SELECT count() FROM kpi.observation_rows WHERE load = {load:UUID}"
        return int(next(iter(self.warehouse.query(sql, {"load": load})))[0])

    def committed(self) -> dict[int, int]:
        """The group's position on each partition of learning.events."""
        consumer = clients.blocking_consumer(self.kafka, group_id=GROUP)
        try:
            partitions = [TopicPartition(EVENTS.name, p) for p in range(EVENTS.partitions)]
            return {p.partition: consumer.committed(p) or 0 for p in partitions}
        finally:
            consumer.close()

    def committed_ids(self) -> set[str]:
        """The ids of this test's events that the group will not read again."""
        consumer = clients.blocking_consumer(self.kafka, consumer_timeout_ms=3000)
        try:
            ends = self.committed()
            partitions = [TopicPartition(EVENTS.name, p) for p in ends]
            consumer.assign(partitions)
            consumer.seek_to_beginning(*partitions)
            last = consumer.end_offsets(partitions)
            found: set[str] = set()
            while any(consumer.position(p) < last[p] for p in partitions):
                for some in consumer.poll(500).values():
                    for record in some:
                        if record.offset < ends[record.partition]:
                            lines = records.lines(record.value)
                            found |= {orjson.loads(event)["id"] for event in lines}
            return found & self.sent
        finally:
            consumer.close()

    def members(self) -> int:
        """How many workers are in the group."""
        admin = clients.blocking_admin(self.kafka)
        try:
            return len(admin.describe_groups([GROUP])[GROUP]["members"])
        finally:
            admin.close()

    def end(self, worker: psutil.Popen, number: int) -> int:
        """Sends a signal and gives the exit code."""
        worker.send_signal(number)
        return int(worker.wait(60))

    def everything(self) -> None:
        """Waits until what was sent is stored; says what is not."""
        deadline = time.monotonic() + SECONDS
        while (missing := self.sent - self.stored()) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert not missing, f"{len(missing)} of {len(self.sent)} never became facts"

    def close(self) -> None:
        """Ends the workers, and returns when the broker knows: one of another runner may come."""
        self.door.open(503)
        for worker in self.running:
            with contextlib.suppress(psutil.NoSuchProcess):
                worker.terminate()
        try:
            for worker in self.running:
                worker.wait(60)
        finally:
            for worker in self.running:
                with contextlib.suppress(psutil.NoSuchProcess):
                    worker.kill()
                    worker.wait()
            self.producer.close()
        until(lambda: not self.members(), "a worker did not leave its group")


@pytest.fixture(params=sorted(RUNNERS))
def group(
    request: pytest.FixtureRequest, tmp_path: Path, kafka: str, warehouse: WarehouseUrls
) -> Iterator[Group]:
    with door(warehouse.admin) as way:
        found = Group(request.param, tmp_path, kafka, way, warehouse.admin)
        try:
            yield found
        finally:
            found.close()


def held(group: Group) -> psutil.Popen:
    """A worker with a batch of events in hand that it cannot store, and more behind it."""
    worker = group.start()
    group.send(20)
    group.everything()
    group.door.shut("learning.events_in")
    group.send(200)
    group.door.wait()
    group.send(200)
    return worker


def honest(group: Group) -> None:
    """Nothing is committed that is not stored."""
    assert group.committed_ids() <= group.stored()


def test_what_is_done_is_committed_and_not_done_again(group: Group) -> None:
    worker = group.start()
    group.send(300)
    group.everything()
    until(lambda: group.committed_ids() >= group.sent, "what is done was not committed")
    assert group.end(worker, signal.SIGTERM) == 0
    honest(group)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_a_batch_in_hand_when_its_worker_ends_is_read_again(group: Group, number: int) -> None:
    worker = held(group)
    worker.send_signal(number)
    if number != signal.SIGKILL:  # its last commit comes before it leaves
        until(lambda: not group.members(), "the worker did not leave its group")
    group.door.open(503)
    code = worker.wait(60)
    assert code == (0 if number != signal.SIGKILL else -number)
    honest(group)
    group.start()
    group.everything()


def test_a_processor_that_fails_stands_still_says_so_and_the_others_go_on(group: Group) -> None:
    """A batch's dirty hours are refused for good: none of it is committed until they are taken."""
    group.start()
    group.send(20)
    group.everything()
    group.settled()
    group.door.shut("ops.dirty_hours")
    group.send(50)
    group.door.wait()
    before = group.committed()
    group.door.open(400, "ops.dirty_hours")
    until(lambda: "facts" in group.health()["standing"], "the processor does not say that it fails")
    assert [one["what"] for one in group.health()["problems"]] == ["Processor facts stands still"]
    observed = group.observe()
    until(lambda: group.figures(observed) == 1, "another processor does not go on")
    said = "SELECT text FROM ops.beat_rows WHERE metric = 'standing_facts' AND value = 1"
    until(lambda: group.warehouse.query(said), "ops.beats does not say it")
    assert group.committed() == before
    group.door.open(503)
    group.everything()
    until(lambda: group.committed_ids() >= group.sent, "what is done was not committed")
    until(lambda: not group.health()["standing"], "the processor still says that it fails")


def test_each_runner_goes_on_where_the_other_left_off(group: Group) -> None:
    (other,) = RUNNERS.keys() - {group.runner}
    for runner in (group.runner, other, group.runner):
        worker = group.start(runner)
        group.send(100)
        group.everything()
        group.settled()
        ends = group.committed()
        assert group.end(worker, signal.SIGTERM) == 0
        assert group.committed() == ends
    honest(group)
    count = "SELECT count(), uniqExact(id) FROM learning.fact_rows"
    assert len({row[0] == row[1] for row in group.warehouse.query(count)}) == 1


def test_a_worker_that_its_group_turns_away_says_why_and_ends(group: Group) -> None:
    """One of the other runner, which divides partitions in another way."""
    group.start()
    (other,) = RUNNERS.keys() - {group.runner}
    said = group.folder / "turned-away"
    with said.open("wb") as stderr:
        turned_away = group.begin(other, free_port(), stderr=stderr)
        assert turned_away.wait(SECONDS) == 70
    assert "InconsistentGroupProtocolError" in said.read_text().splitlines()[-1], said.read_text()
    group.send(20)
    group.everything()


def test_a_second_worker_that_joins_and_leaves_takes_nothing_with_it(group: Group) -> None:
    held(group)
    second = group.start()  # a rebalance with a batch in hand
    until(lambda: group.members() == 2, "the second worker did not join")
    time.sleep(3 * COMMIT_SECONDS)  # nothing to be awaited: nothing may be committed meanwhile
    honest(group)
    group.send(200)
    group.door.open(503)
    group.everything()
    group.door.shut("learning.events_in")
    group.send(200)
    group.door.wait()
    second.send_signal(signal.SIGTERM)  # and another one
    until(lambda: group.members() == 1, "the second worker did not leave")
    group.door.open(503)
    second.wait(60)
    honest(group)
    group.everything()
    until(lambda: group.committed_ids() >= group.sent, "what is done was not committed")


def test_a_rebalance_at_every_moment_loses_nothing(group: Group) -> None:
    """Two workers come and go under load, kindly; each takes up where the others left off."""
    first = group.start()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGTERM):
        second = group.start()
        for _ in range(10):
            group.send(30)
        group.end(second, number)
        group.send(100)
    third = group.start()
    group.send(200)
    group.end(first, signal.SIGINT)
    group.send(100)
    group.everything()
    until(lambda: group.committed_ids() >= group.sent, "what is done was not committed")
    group.end(third, signal.SIGTERM)
    honest(group)


def test_a_processor_that_is_cancelled_ends_its_worker() -> None:
    """Nobody would start it anew with what it left behind: the process ends, and says why."""
    code = """
import asyncio, logging
from types import SimpleNamespace
from streams.batches import Work

logging.basicConfig()

async def main():
    work = Work(SimpleNamespace(name="x", take=9, within=1), None)
    reading = SimpleNamespace(stopping=lambda: False)
    running = asyncio.create_task(work.run(asyncio.Queue(), reading))
    await asyncio.sleep(0)
    running.cancel()
    await asyncio.wait([running])

asyncio.run(main())
"""
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert ended.returncode == 70
    assert "the processor x failed" in ended.stderr
