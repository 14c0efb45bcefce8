"""A part that stands still for a while, and goes on: so does everything else, and it was told.

The broker is silent for longer than its clients wait for an answer. Meanwhile health says that the
work does not go on, and since when; afterwards what is written is read, in either order.
"""

import base64
import json
import time
import uuid
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import httpx
import pytest
from faults import frozen
from running import Up

from headwater import parts
from headwater.part import Stage

pytestmark = pytest.mark.e2e

#: aiokafka gives a request up after 40 s.
SILENT_SECONDS = 43


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    running = Up(tmp_path_factory.mktemp("frozen") / "data")
    try:
        yield running
    finally:
        running.stop()


@pytest.fixture
def lrs(up: Up) -> Iterator[httpx.Client]:
    told = up.stack["lrs"]
    login = base64.b64encode(f"{told['username']}:{told['password']}".encode()).decode()
    headers = {"X-Experience-API-Version": "1.0.3", "Authorization": f"Basic {login}"}
    with httpx.Client(base_url=told["url"], headers=headers, timeout=60, trust_env=False) as client:
        yield client


def statement() -> dict[str, Any]:
    return {
        "id": str(uuid.uuid4()),
        "actor": {"mbox": "mailto:ada@example.org"},
        "verb": {"id": "http://adlnet.gov/expapi/verbs/asked"},
        "object": {"id": "http://example.org/o"},
    }


def through(lrs: httpx.Client) -> datetime:
    answer = lrs.get("/xapi/statements", params={"limit": 1})
    return datetime.fromisoformat(answer.headers["X-Experience-API-Consistent-Through"])


def well(lrs: httpx.Client) -> bool:
    return lrs.get("/healthz").status_code == 200


def test_the_lrs_goes_on_after_a_broker_that_was_silent(up: Up, lrs: httpx.Client) -> None:
    before = statement()
    assert lrs.post("/xapi/statements", json=before).status_code == 200
    restarts = {name: part["restarts"] for name, part in up.parts().items()}
    began = time.time()
    with frozen(up.parts()["kafka"]["pid"]):
        up.wait(lambda: not well(lrs))
        said = lrs.get("/healthz").json()
        assert said["ok"] is False
        whats = {problem["what"]: problem for problem in said["problems"]}
        assert "Kafka does not answer" in whats
        since = datetime.fromisoformat(whats["Kafka does not answer"]["since"]).timestamp()
        assert abs(since - began) < 60
        assert lrs.post("/xapi/statements", json=statement()).status_code == 503
        hooks = httpx.get(up.stack["hooks"]["url"] + "/healthz", timeout=60)
        assert hooks.status_code == 503, "it listens, and takes nothing"
        time.sleep(max(0.0, began + SILENT_SECONDS - time.time()))  # the fault is the time
        still = lrs.get("/healthz").json()["problems"]
        assert "The LRS's look at what the warehouse has stands still" in [p["what"] for p in still]
    up.wait(lambda: well(lrs))
    after = statement()
    up.wait(lambda: lrs.post("/xapi/statements", json=after).status_code == 200)
    written = datetime.fromisoformat(
        lrs.get("/xapi/statements", params={"statementId": after["id"]}).json()["stored"]
    )
    up.wait(lambda: through(lrs) > written)
    listed = lrs.get("/xapi/statements", params={"ascending": "true", "limit": 50}).json()
    ids = [each["id"] for each in listed["statements"]]
    assert before["id"] in ids
    assert after["id"] in ids, "the default order returns it, and ascending does not"
    assert lrs.get("/xapi/activities", params={"activityId": "http://example.org/o"}).is_success
    agent = json.dumps({"mbox": "mailto:ada@example.org"})
    assert lrs.get("/xapi/agents", params={"agent": agent}).is_success
    # Consumers may begin anew when their group has gone on without them; servers do not.
    for name in up.lasting():
        if parts.named(name).stage is Stage.READING:
            continue
        assert up.parts()[name]["restarts"] == restarts[name], name


def test_a_warehouse_that_stands_still_is_told_and_goes_on(up: Up, lrs: httpx.Client) -> None:
    page, recorded = up.stack["page"]["url"], up.stack["recorded"]["url"]
    with frozen(up.parts()["warehouse"]["pid"]):
        began = time.monotonic()
        assert lrs.get("/healthz").status_code == 503
        assert time.monotonic() - began < 20
        assert httpx.get(page + "/healthz", timeout=60).status_code == 503
        assert lrs.post("/xapi/statements", json=statement()).status_code == 200
        up.wait(lambda: httpx.get(recorded + "/healthz", timeout=60).status_code == 503)
    up.wait(lambda: well(lrs))
    up.wait(lambda: httpx.get(recorded + "/healthz", timeout=60).status_code == 200)
