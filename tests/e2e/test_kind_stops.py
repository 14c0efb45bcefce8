"""Stops that lose nothing: of parts and of the whole stack; a second worker that comes and goes."""

import random
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Event

import httpx
import pytest
from faults import rebalance, stop_kindly
from running import Up

from tests.scale import tried
from tests.waiting import PATIENCE
from warehouse import Warehouse

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

SEED = 7
ROUNDS = tried(1, 3)


@contextmanager
def asking(up: Up, accepted: set[str]) -> Iterator[None]:
    """Statements one by one, 50 a second or so, while the block runs; the ids of those accepted."""
    stack, ended = up.stack["lrs"], Event()

    def ask() -> None:
        with httpx.Client(
            base_url=stack["url"],
            auth=(stack["username"], stack["password"]),
            headers={"X-Experience-API-Version": "1.0.3"},
            timeout=60,
        ) as http:
            while not ended.is_set():
                identifier = str(uuid.uuid4())
                statement = {
                    "id": identifier,
                    "actor": {"mbox": "mailto:ada@corp.invalid"},
                    "verb": {"id": "http://adlnet.gov/expapi/verbs/asked"},
                    "object": {"id": "https://corp.invalid/1"},
                }
                try:
                    answer = http.post("/xapi/statements", json=statement)
                except httpx.HTTPError:
                    continue
                if answer.status_code == 200:
                    accepted.add(identifier)
                ended.wait(0.02)

    with ThreadPoolExecutor(1) as pool:
        asker = pool.submit(ask)
        try:
            yield
        finally:
            ended.set()
            asker.result(30)


def complete(up: Up, accepted: set[str]) -> None:
    """Waits until every accepted statement is a fact."""
    warehouse = Warehouse(up.url("warehouse_admin"))
    deadline = time.monotonic() + PATIENCE
    while True:
        rows = warehouse.query("SELECT toString(id) FROM learning.events")
        missing = accepted - {row[0] for row in rows}
        if not missing:
            return
        assert time.monotonic() < deadline, f"{len(missing)} of {len(accepted)} are no facts"
        time.sleep(0.2)


def _ready_again(up: Up, before: int) -> bool:
    worker = up.parts()["worker"]
    return bool(worker["state"] == "ready" and worker["pid"] not in (None, before))


def test_kind_stops_of_parts_and_of_the_whole_stack_lose_nothing(tmp_path: Path) -> None:
    """First of parts, while second workers come and go, then Ctrl-C; and it goes on."""
    chooser = random.Random(SEED)
    accepted: set[str] = set()
    up = Up(tmp_path / "data")
    try:
        with asking(up, accepted):
            for _ in range(ROUNDS):
                before = up.pids()["worker"]
                assert stop_kindly(up, chooser, "worker") == "worker"
                up.wait(lambda before=before: _ready_again(up, before))
                assert rebalance(up, chooser, tmp_path / "second")
            assert stop_kindly(up, chooser, "recorded") == "recorded"
        complete(up, accepted)
        for _ in range(ROUNDS):
            enough = len(accepted) + 150
            with asking(up, accepted):
                up.wait(lambda up=up, enough=enough: len(accepted) > enough)
                up.stop()
            up = Up(tmp_path / "data")
        complete(up, accepted)
    finally:
        up.stop()
