"""Work signals on a running stack: from a tool's delivery to what an analyst reads."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from running import Up

from bus.publisher import Publisher
from bus.topics import SIGNALS
from producers.connectors.github import webhook
from warehouse import Warehouse

pytestmark = pytest.mark.e2e

SHA = "5e" * 20
REPOSITORY = {"id": 1, "full_name": "north/atlas", "html_url": "https://github.com/north/atlas"}
OLE = {"login": "Ole-Berg", "id": 2, "type": "User"}
PROGRAM = {"login": "deployer[bot]", "id": 3, "type": "Bot"}
MERGED = {
    "action": "closed",
    "pull_request": {
        "id": 31,
        "html_url": "https://github.com/north/atlas/pull/3",
        "user": OLE,
        "merged": True,
        "merged_at": "2026-10-06T08:00:00Z",
        "closed_at": "2026-10-06T08:00:00Z",
        "merge_commit_sha": SHA,
    },
    "repository": REPOSITORY,
    "sender": OLE,
}
DEPLOYED = {
    "action": "created",
    "deployment": {"id": 9, "sha": SHA, "environment": "production", "creator": PROGRAM},
    "deployment_status": {"id": 10, "state": "success", "created_at": "2026-10-06T09:30:00Z"},
    "repository": REPOSITORY,
    "sender": PROGRAM,
}


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    running = Up(tmp_path_factory.mktemp("signals") / "data")
    yield running
    running.stop()
    assert running.left() == []


def deliver(up: Up, event: str, payload: dict[str, Any]) -> dict[str, Any]:
    hooks = up.stack["hooks"]
    body = json.dumps(payload).encode()
    said = {"content-type": "application/json", "x-github-event": event}
    headers = webhook.signed(said, body, hooks["secrets"]["github"].encode())
    answer = httpx.post(f"{hooks['url']}/hooks/github", content=body, headers=headers, timeout=60)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def test_a_merged_change_and_its_deployment_are_read_together(up: Up) -> None:
    for _ in range(2):  # a tool delivers again what it is not sure of
        assert deliver(up, "pull_request", MERGED)["signals"] == 1
        assert deliver(up, "deployment_status", DEPLOYED)["signals"] == 1
    analyst, admin = Warehouse(up.url("warehouse")), Warehouse(up.url("warehouse_admin"))

    def found() -> list[Any]:
        sql = (
            "SELECT kind, happened, toUnixTimestamp(time), detail, place, account != 0 "
            "FROM work.signals WHERE revision = {sha:String} ORDER BY time"
        )
        return list(analyst.query(sql, {"sha": SHA}))

    expected = [
        ("change", "closed", 1_791_273_600, "merged", "north/atlas", 1),
        ("deployment", "succeeded", 1_791_279_000, "production", "north/atlas", 0),
    ]
    up.wait(lambda: len(found()) == 2)
    assert found() == expected
    up.wait(lambda: admin.query("SELECT count() FROM work.signal_rows")[0][0] >= 2)
    known = "SELECT count() FROM vault.account_rows FINAL WHERE identifier LIKE '%|ole-berg'"
    up.wait(lambda: admin.query(known)[0][0] == 1)
    assert found() == expected


def test_a_record_that_is_no_signal_is_refused_and_stops_nothing(up: Up) -> None:
    publisher = Publisher(up.kafka)
    try:
        publisher.publish(SIGNALS.name, b"x", b"nonsense").result(30)
    finally:
        publisher.close()
    admin = Warehouse(up.url("warehouse_admin"))
    sql = "SELECT count() FROM vault.rejected_rows WHERE kind = 'signal' AND body = 'nonsense'"
    up.wait(lambda: admin.query(sql)[0][0] == 1)
    other = {"id": 32, "merge_commit_sha": "6f" * 20}
    changed = MERGED | {"pull_request": MERGED["pull_request"] | other}  # type: ignore[operator]
    assert deliver(up, "pull_request", changed)["signals"] == 1
    later = "SELECT count() FROM work.signals WHERE item = 'github.com/pull/32'"
    up.wait(lambda: admin.query(later)[0][0] == 1)
