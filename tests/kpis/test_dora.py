"""DORA's measures beside Apache DevLake's, over changes, deployments and incidents of its tests.
Where a definition differs on purpose, the row stands here with the reason, and in
docs/decisions/derived-kpis.md."""

import csv
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.conftest import WarehouseUrls
from warehouse import Warehouse

pytestmark = pytest.mark.integration

COLUMNS = (
    "item", "id", "kind", "happened", "time", "account", "host", "place", "link", "detail",
    "revision", "sequence",
)  # fmt: skip
#: Of each change the minutes of its parts, as DevLake rounds them (up); None where it has none.
PARTS = """
SELECT
    change,
    if(reviewed > opened, ceil(dateDiff('second', opened, reviewed) / 60), NULL),
    if(reviewed <= merged, ceil(dateDiff('second', reviewed, merged) / 60), NULL),
    ceil(dateDiff('second', merged, deployed) / 60),
    deployment
FROM work.deliveries
"""
EARLIER = (
    "another pipeline of the project had deployed the same repository seven minutes before; "
    "DevLake goes by the commits between two deployments of one pipeline, which no tool tells here"
)
#: (change, part) → what DevLake says, what is here, and why.
OTHERWISE = {
    ("pr0", "deployment"): (
        "",
        "1",
        "its merge commit is in no difference of two deployments; here what is deployed later at "
        "the same place holds all that was merged before",
    ),
    ("pr0", "deploy"): (None, 610_681, "as above"),
    ("pr1", "deployment"): ("5", "3", EARLIER),
    ("pr1", "deploy"): (2978, 2971, EARLIER),
    ("pr2", "deployment"): ("5", "3", EARLIER),
    ("pr2", "deploy"): (1538, 1531, EARLIER),
    ("pr3", "deployment"): (
        "6",
        "",
        "another repository's deployment, which was over before the change was merged",
    ),
}
#: Deployment → whether DevLake connects an incident with it, and why it is otherwise here.
FAILED_OTHERWISE = {
    "10": (False, "incidents of repo2 are of the last deployment of repo2; DevLake takes the "
        "project's last, whichever repository it was of"),
    "12": (True, "another repository of the same pipeline run: its incidents are of repo1"),
    "4": (True, "an incident of a board; a board is no place where anything is deployed"),
    "3": (True, "as above"),
}  # fmt: skip


def rows(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / f"{name}.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def moment(written: str) -> datetime:
    """`2023-4-10 6:51:47`, or ISO 8601 with a zone."""
    if "T" in written:
        return datetime.fromisoformat(written).astimezone(UTC)
    return datetime.strptime(written, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)


def signal(kind: str, item: str, happened: str, at: datetime, **more: Any) -> tuple[Any, ...]:
    """A row of work.signal_rows; an account is a letter, 0 where nobody is named."""
    by, place, detail = more.get("by", ""), more.get("place", ""), more.get("detail", "")
    account = ord(by) if by else 0
    return (item, uuid4(), kind, happened, at, account, "h", place, "", detail, "", 0)


def deployments(folder: Path, name: str, mapping: str) -> Iterator[tuple[Any, ...]]:
    """Those of the project's own pipelines: another project's bring nothing to it."""
    scopes = {
        each["row_id"]
        for each in rows(folder, mapping)
        if each["project_name"] == "project1" and each["table"] == "cicd_scopes"
    }
    for each in rows(folder, name):
        if each["cicd_scope_id"] in scopes:
            happened = "succeeded" if each["result"] == "SUCCESS" else "failed"
            place, detail = "repo" + each["repo_url"][-1], each["environment"]
            at = moment(each["finished_date"])
            yield signal("deployment", each["id"], happened, at, place=place, detail=detail)


@pytest.fixture
def store(warehouse: WarehouseUrls) -> Iterator[Warehouse]:
    admin = Warehouse(warehouse.admin)
    yield admin
    admin.execute("TRUNCATE TABLE work.signal_rows")


def test_the_parts_of_a_changes_lead_time(store: Warehouse, shared: Path) -> None:
    folder = shared / "data" / "dora" / "change_lead_time"
    signals = list(deployments(folder, "cicd_deployment_commits", "project_mapping"))
    for each in rows(folder, "pull_requests"):
        of = {"by": each["author_id"], "place": each["base_repo_id"]}
        signals.append(signal("change", each["id"], "opened", moment(each["created_date"]), **of))
        if each["merged_date"]:
            at = moment(each["merged_date"])
            signals.append(signal("change", each["id"], "closed", at, **of, detail="merged"))
    for each in rows(folder, "pull_request_comments"):
        at, by = moment(each["created_date"]), each["account_id"]
        item = each["pull_request_id"]
        signals.append(signal("change", item, "reviewed", at, by=by, place="repo1"))
    store.insert("work.signal_rows", COLUMNS, signals)
    found = {
        change: dict(zip(("pickup", "review", "deploy", "deployment"), values, strict=True))
        for change, *values in store.query(PARTS)
    }
    differing = {}
    told = rows(folder, "project_pr_metrics")
    assert found.keys() == {each["id"] for each in told}
    for each in told:
        theirs: dict[str, Any] = {
            part: int(each[f"pr_{part}_time"]) if each[f"pr_{part}_time"] else None
            for part in ("pickup", "review", "deploy")
        }
        theirs["deployment"] = each["deployment_commit_id"]
        for part, ours in found[each["id"]].items():
            if ours != theirs[part]:
                differing[each["id"], part] = (theirs[part], ours)
    assert differing == {place: (theirs, ours) for place, (theirs, ours, _) in OTHERWISE.items()}
    agreeing = {(c, p) for c, parts in found.items() for p in parts} - OTHERWISE.keys()
    assert {("pr1", "pickup"), ("pr1", "review"), ("pr3", "review"), ("pr4", "pickup")} <= agreeing


def test_which_deployments_failed(store: Warehouse, shared: Path) -> None:
    folder = shared / "data" / "dora" / "connect_incident_to_deployment"
    name = "prev_success_deployment_commit/cicd_deployment_commits_after"
    signals = list(deployments(folder, name, "raw_tables/project_mapping"))
    # A change for each deployment, merged just before it: a deployment that brings nothing is none.
    for _, _, _, happened, at, _, _, place, *_ in list(signals):
        if happened == "succeeded":
            merged, item = at - timedelta(seconds=1), f"{place}/{at}"
            signals.append(signal("change", item, "closed", merged, place=place, detail="merged"))
    for each in rows(folder, "raw_tables/incidents"):
        at, place = moment(each["created_date"]), each["scope_id"]
        signals.append(signal("incident", each["id"], "opened", at, place=place))
    store.insert("work.signal_rows", COLUMNS, signals)
    ours = dict(store.query("SELECT deployment, failed FROM work.deliveries"))
    connected = {
        each["deployment_id"]
        for each in rows(folder, "snapshot_tables/project_incident_deployment_relationships")
    }
    theirs = {
        each["id"]: each["cicd_deployment_id"] in connected
        for each in rows(folder, name)
        if each["id"] in ours
    }
    assert set(ours) == {"1", "2", "3", "4", "5", "6", "9", "10", "12", "13"}
    differing = {id: theirs[id] for id, failed in ours.items() if bool(failed) != theirs[id]}
    assert differing == {id: told for id, (told, _) in FAILED_OTHERWISE.items()}
    assert ours["13"] == 1
