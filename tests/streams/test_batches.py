"""Whatever commits, commits what was done: the real worker, however a batch of it ends.

The warehouse stands behind a door (`held.py`), so that a batch is in hand when its worker ends.
"""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from workers import Group, Worker, working

from streams.worker import RUNNERS
from tests.conftest import WarehouseUrls, free_port
from tests.scale import tried
from tests.waiting import PATIENCE, until

pytestmark = pytest.mark.integration

#: How often a worker commits.
COMMIT_SECONDS = 1


@pytest.fixture(params=tried(["faust"], sorted(RUNNERS)))
def group(
    request: pytest.FixtureRequest, tmp_path: Path, kafka: str, warehouse: WarehouseUrls
) -> Iterator[Group]:
    with working(request.param, tmp_path, kafka, warehouse.admin) as found:
        yield found


def held(group: Group, *, as_users_do: bool = False) -> Worker:
    """A worker with a batch of events in hand that it cannot store, and more behind it."""
    worker = group.start(as_users_do=as_users_do)
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
    worker = group.start(as_users_do=True)
    group.send(300)
    group.everything()
    until(lambda: group.committed_ids() >= group.sent, "what is done was not committed")
    assert group.end(worker, signal.SIGTERM) == 0
    honest(group)


@pytest.mark.parametrize("number", [tried(signal.SIGTERM, signal.SIGINT), signal.SIGKILL])
def test_a_batch_in_hand_when_its_worker_ends_is_read_again(group: Group, number: int) -> None:
    worker = held(group, as_users_do=number != signal.SIGKILL)
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
    for runner in (group.runner, other):
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
        assert turned_away.wait(PATIENCE) == 70
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
    for number in tried((signal.SIGINT,), (signal.SIGTERM, signal.SIGINT) * 4):
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
