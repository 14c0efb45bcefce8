"""Work signals on a running stack: from a tool's delivery to what an analyst reads."""

import json
from collections.abc import Iterator
from pathlib import Path
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
FORGE = "https://github.com"
REPOSITORY = {"id": 1, "full_name": "north/atlas", "html_url": f"{FORGE}/north/atlas"}
OLE = {"login": "Ole-Berg", "id": 2, "type": "User"}
PROGRAM = {"login": "deployer[bot]", "id": 3, "type": "Bot"}
MERGED: dict[str, Any] = {
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
DEPLOYED: dict[str, Any] = {
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
    changed = MERGED | {"pull_request": MERGED["pull_request"] | other}
    assert deliver(up, "pull_request", changed)["signals"] == 1
    later = "SELECT count() FROM work.signals WHERE item = 'github.com/pull/32'"
    up.wait(lambda: admin.query(later)[0][0] == 1)


def test_a_derived_kpi_follows_its_signals_and_the_directory(up: Up, tmp_path: Path) -> None:
    """Opened by Ole, merged and deployed in one week: Blue's, once it is known that he is of it."""
    analyst = Warehouse(up.url("warehouse"))
    repository = {"id": 2, "full_name": "north/harbour", "html_url": f"{FORGE}/north/harbour"}
    change: dict[str, Any] = {
        **MERGED["pull_request"],
        "id": 41,
        "html_url": f"{FORGE}/north/harbour/pull/41",
        "created_at": "2026-10-06T07:00:00Z",
        "merge_commit_sha": "7a" * 20,
    }
    merged = MERGED | {"pull_request": change, "repository": repository}
    deployed = DEPLOYED | {
        "deployment": DEPLOYED["deployment"] | {"id": 11, "sha": "7a" * 20},
        "repository": repository,
    }
    open_now = {"merged": False, "merged_at": None, "closed_at": None, "merge_commit_sha": None}
    opened = merged | {"action": "opened", "pull_request": change | open_now}
    assert deliver(up, "pull_request", opened)["signals"] == 1
    assert deliver(up, "pull_request", merged)["signals"] == 1
    assert deliver(up, "deployment_status", deployed)["signals"] == 1
    file = tmp_path / "people.csv"
    file.write_text("person,accounts,team,start_date\nole,github:ole-berg,Blue,2026-01-01\n")
    loaded = up.run("directory", "load", str(file))
    assert loaded.returncode == 0, loaded.stderr
    sql = (
        "SELECT team, toString(period), value, n, people FROM kpi.observations "
        "WHERE kpi = {kpi:String} ORDER BY period"
    )

    def figures(kpi: str) -> list[Any]:
        return [tuple(row) for row in analyst.query(sql, {"kpi": kpi})]

    up.wait(lambda: figures("change_lead_hours") == [("Blue", "2026-10-05", 2.5, 1, 1)])
    up.wait(lambda: figures("deployments_a_week") == [("Blue", "2026-10-05", 1.0, 1, 1)])
    sooner = deployed | {
        "deployment": deployed["deployment"] | {"id": 8},
        "deployment_status": {"id": 12, "state": "success", "created_at": "2026-10-06T08:30:00Z"},
    }
    assert deliver(up, "deployment_status", sooner)["signals"] == 1
    up.wait(lambda: figures("change_lead_hours") == [("Blue", "2026-10-05", 1.5, 1, 1)])
