"""Real workers of one group, what is sent to them, and what became of it."""

import contextlib
import os
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import orjson
import psutil
from held import Door, door
from kafka import TopicPartition

from bus import clients, records
from bus.topics import EVENTS, OBSERVATIONS, STATEMENTS
from tests.conftest import free_port, wait_http
from tests.producers.prepared import Prepared
from tests.waiting import PATIENCE, until
from warehouse import Warehouse

GROUP = "headwater-streams"
KEY = "00112233445566778899aabbccddeeff"
#: One that users start, or one forked from a process that has imported what it needs.
Worker = psutil.Popen | Prepared


class Log:
    """What learning.events holds, from when this was made: read once, and then what is new."""

    def __init__(self, kafka: str) -> None:
        self.consumer = clients.blocking_consumer(
            kafka, enable_auto_commit=False, auto_offset_reset="earliest"
        )
        self.places = [TopicPartition(EVENTS.name, p) for p in range(EVENTS.partitions)]
        self.consumer.assign(self.places)
        self.consumer.seek_to_end(*self.places)
        #: Partition, offset and id of each event.
        self.events: set[tuple[int, int, str]] = set()
        self.read()

    def ends(self) -> dict[int, int]:
        """Where each partition ends now."""
        found = self.consumer.end_offsets(self.places)
        return {place.partition: end for place, end in found.items()}

    def read(self) -> None:
        """Reads as far as it goes now."""
        ends = self.ends()
        while any(self.consumer.position(place) < ends[place.partition] for place in self.places):
            for place, some in self.consumer.poll(500).items():
                for record in some:
                    for line in records.lines(record.value):
                        event = (place.partition, record.offset, orjson.loads(line)["id"])
                        self.events.add(event)

    def close(self) -> None:
        """Ends its connection."""
        self.consumer.close()


class Group:
    """Workers of one group, what is sent to them and what became of it."""

    def __init__(self, runner: str, folder: Path, kafka: str, way: Door, admin: str) -> None:
        self.runner = runner
        self.port = 0
        self.folder = folder
        self.kafka = kafka
        self.door = way
        self.warehouse = Warehouse(admin)
        # Connected once: the questions below are asked again and again.
        self.producer = clients.blocking_producer(kafka, acks="all")
        self.admin = clients.blocking_admin(kafka)
        self.log = Log(kafka)
        self.sent: set[str] = set()
        self.running: list[Worker] = []

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

    def start(self, runner: str = "", *, as_users_do: bool = False) -> Worker:
        """One more worker, once it has partitions."""
        self.port = free_port()
        begin = self.begin if as_users_do else self.fork
        worker = begin(runner or self.runner, self.port)
        wait_http(f"http://127.0.0.1:{self.port}/healthz", worker)
        return worker

    def begin(self, runner: str, port: int, **streams: Any) -> psutil.Popen:
        """One more worker, whether it comes into the group or not."""
        argv = [sys.executable, "-m", "headwater", "worker"]
        worker = psutil.Popen(argv, env=self._told(runner, port), **streams)
        self.running.append(worker)
        return worker

    def fork(self, runner: str, port: int) -> Prepared:
        """The same from a process that has imported all: where the start is not what is tested."""
        ours = Path(f"/proc/{os.getpid()}/fd/2")  # pytest shows it with what fails
        worker = Prepared("headwater.cli", self._told(runner, port), ours, "worker", serve="main")
        self.running.append(worker)
        return worker

    def _told(self, runner: str, port: int) -> dict[str, str]:
        return os.environ | {
            "HEADWATER_DATA": str(self.folder),
            "HEADWATER_KAFKA": self.kafka,
            "HEADWATER_CLICKHOUSE": self.door.url,
            "HEADWATER_PSEUDONYM_KEY": KEY,
            "HEADWATER_WORKER_PORT": str(port),
            "HEADWATER_WORKER_RUNNER": runner,
        }

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
        return self.log.ends()

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
        wanted = {GROUP: [TopicPartition(EVENTS.name, p) for p in range(EVENTS.partitions)]}
        found = self.admin.list_group_offsets(wanted)[GROUP]
        return {place.partition: max(at.offset, 0) for place, at in found.items()}

    def committed_ids(self) -> set[str]:
        """The ids of this test's events that the group will not read again."""
        committed = self.committed()
        self.log.read()
        found = {
            identifier
            for partition, offset, identifier in self.log.events
            if offset < committed[partition]
        }
        return found & self.sent

    def members(self) -> int:
        """How many workers are in the group."""
        return len(self.admin.describe_groups([GROUP])[GROUP]["members"])

    def end(self, worker: Worker, number: int) -> int:
        """Sends a signal and gives the exit code."""
        worker.send_signal(number)
        return int(worker.wait(60))

    def everything(self) -> None:
        """Waits until what was sent is stored; says what is not."""
        deadline = time.monotonic() + PATIENCE
        while (missing := self.sent - self.stored()) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert not missing, (
            f"{len(missing)} of {len(self.sent)} never became facts: {self._stand(missing)}"
        )

    def _stand(self, ids: set[str]) -> list[str]:
        """The records that hold some ids, and whether the group has committed them."""
        consumer = clients.blocking_consumer(self.kafka, group_id=GROUP, enable_auto_commit=False)
        found = []
        try:
            for topic in (STATEMENTS, EVENTS):
                partitions = [TopicPartition(topic.name, p) for p in range(topic.partitions)]
                done = {p: consumer.committed(p) or 0 for p in partitions}
                consumer.assign(partitions)
                consumer.seek_to_beginning(*partitions)
                last = consumer.end_offsets(partitions)
                while any(consumer.position(p) < last[p] for p in partitions):
                    for place, some in consumer.poll(500).items():
                        found += [
                            f"{topic.name}/{place.partition}/{record.offset}, "
                            f"committed up to {done[place]} of {last[place]}"
                            for record in some
                            if any(one.encode() in record.value for one in ids)
                        ]
        finally:
            consumer.close()
        return found

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
        self.admin.close()
        self.log.close()


@contextlib.contextmanager
def working(runner: str, folder: Path, kafka: str, admin: str) -> Iterator[Group]:
    """A group of workers that reach the warehouse by a door of their own; ended at the end."""
    with door(admin) as way:
        found = Group(runner, folder, kafka, way, admin)
        try:
            yield found
        finally:
            found.close()
