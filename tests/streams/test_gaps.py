"""Records that a processor had to read are gone by the topic's retention: it stands still and says
so, whichever runner reads; the other processors go on, and so do the marts."""

import signal
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from kafka import TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType
from workers import GROUP, Group, working

from bus import clients
from bus.declaration import ensure_topics
from bus.topics import EVENTS
from headwater.embedded import kafka as broker
from streams.worker import RUNNERS
from tests.conftest import LOGIN, WarehouseUrls, free_port, stop
from tests.scale import tried
from tests.waiting import until

pytestmark = pytest.mark.integration

#: A broker looks for what is too old all the time, not every five minutes.
LOOKS = {"log.retention.check.interval.ms": 200, "log.initial.task.delay.ms": 200}


@pytest.fixture(scope="module")
def forgetful(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real broker of this file's own, whose retention takes effect at once."""
    port = free_port()
    bootstrap = f"127.0.0.1:{port}"
    login = broker.Login(LOGIN["HEADWATER_KAFKA_USER"], LOGIN["HEADWATER_KAFKA_PASSWORD"])
    argv = broker.command(tmp_path_factory.mktemp("kafka"), port, login=login, more=LOOKS)
    process = subprocess.Popen(argv)
    try:
        broker.wait_ready(bootstrap, process, seconds=180)
        ensure_topics(bootstrap)
        yield bootstrap
    finally:
        stop(process)


@pytest.fixture(params=tried(["faust"], sorted(RUNNERS)))
def group(
    request: pytest.FixtureRequest, tmp_path: Path, forgetful: str, warehouse: WarehouseUrls
) -> Iterator[Group]:
    with working(request.param, tmp_path, forgetful, warehouse.admin) as found:
        yield found
    caught_up(found)


def caught_up(group: Group) -> None:
    """By hand, as the message asks: the group goes on without what is gone."""
    consumer = clients.blocking_consumer(group.kafka, group_id=GROUP)
    try:
        places = [TopicPartition(EVENTS.name, p) for p in range(EVENTS.partitions)]
        consumer.assign(places)
        consumer.seek_to_end(*places)
        for place in places:
            consumer.position(place)
        consumer.commit()
    finally:
        consumer.close()


#: Records that are written into each partition and are gone before they are read.
GONE = 5


def write(group: Group) -> None:
    """A few records in each partition of learning.events, one after another."""
    for _ in range(GONE):
        for partition in range(EVENTS.partitions):
            group.producer.send(EVENTS.name, value=b"{}", partition=partition)
        group.producer.flush()


def retire(group: Group) -> None:
    """The topic's retention takes all that learning.events holds now."""
    keep(group, "1")
    consumer = clients.blocking_consumer(group.kafka)
    try:
        places = [TopicPartition(EVENTS.name, p) for p in range(EVENTS.partitions)]
        ends = consumer.end_offsets(places)
        until(lambda: consumer.beginning_offsets(places) == ends, "retention takes nothing")
    finally:
        consumer.close()
        keep(group, EVENTS.config["retention.ms"])


def keep(group: Group, milliseconds: str) -> None:
    """Sets for how long learning.events keeps a record."""
    admin = clients.blocking_admin(group.kafka)
    try:
        told = {"retention.ms": milliseconds}
        admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, EVENTS.name, configs=told)])
    finally:
        admin.close()


def told(group: Group) -> str:
    """Why the facts stand still, "" where they do not or the worker is not there yet."""
    try:
        return str(group.health()["standing"].get("facts", ""))
    except httpx.TransportError:
        return ""


def stands_alone(group: Group, why: str) -> None:
    """The facts stand still, for this reason; all else goes on."""
    until(lambda: why in told(group), "the gap is not told")
    assert list(group.health()["standing"]) == ["facts"]
    assert "Processor facts stands still" in [one["what"] for one in group.health()["problems"]]
    observed = group.observe()
    until(lambda: group.figures(observed) == 1, "another processor does not go on")
    hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(days=9)
    group.warehouse.insert("ops.dirty_hours", ("hour",), [(hour,)])
    waiting = "SELECT count() FROM ops.dirty_waiting"
    until(lambda: group.warehouse.query(waiting) == [(0,)], "nobody computes the marts")


def test_a_gap_that_a_worker_finds_as_it_starts(group: Group) -> None:
    worker = group.start()
    group.send(20)
    group.everything()
    group.settled()
    assert group.end(worker, signal.SIGTERM) == 0
    write(group)
    retire(group)
    before = group.committed()
    group.port = free_port()
    group.begin(group.runner, group.port)
    stands_alone(group, "records are gone")
    assert group.committed() == before


def test_a_gap_that_comes_while_a_worker_reads(group: Group) -> None:
    worker = group.start()
    group.send(20)
    group.everything()
    group.settled()
    before = group.committed()
    worker.send_signal(signal.SIGSTOP)
    stopped = time.monotonic()
    write(group)
    retire(group)
    worker.send_signal(signal.SIGCONT)
    assert time.monotonic() - stopped < 9, "the worker was away for longer than its session lasts"
    stands_alone(group, "the topic does not hold any more")
    assert worker.poll() is None
    group.end(worker, signal.SIGTERM)
    # What had been asked for before it stood still may have come, and is done; nothing beyond that.
    after = group.committed()
    assert after.keys() == before.keys()
    assert all(after[place] < before[place] + GONE for place in before)
