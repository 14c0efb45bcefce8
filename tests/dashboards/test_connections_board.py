"""The board of connections: how each stands, in the right order, and whose accounts are known."""

import re
import time
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from bus.connections import Standing
from dashboards import tables
from dashboards.boards import boards
from streams.processors import connections
from warehouse import Warehouse

pytestmark = pytest.mark.integration

(PIPELINE,) = [board for board in boards() if board.name == "pipeline"]
PANEL = PIPELINE.panel("connections")


def standing(connection: str, connector: str, stream: str = "", **more: Any) -> Standing:
    """As a part tells one now."""
    at = more.pop("at", time.time())
    run = more.pop("run", str(uuid4()))
    part = "poller" if stream else "hooks"
    day = datetime.fromtimestamp(at, UTC).date().isoformat()
    return Standing(connection, connector, part, stream, run, day, at - 600, at, **more)


@pytest.fixture(scope="module")
def shown(warehouse: Any) -> dict[str, dict[str, Any]]:
    """What the board says of each connection, from what parts told."""
    moment, again = time.time(), str(uuid4())
    read = {"every": 300.0, "read": moment - 60, "platform": "Slack"}
    told = [
        standing("chat", "slack", delivered=moment - 5, platform="Slack"),
        standing("chat", "slack", "messages", **read),
        standing("chat", "slack", "users", every=3600.0, failing=True, platform="Slack"),
        standing("chat", "slack", "pins", **read, failing=True, run=again, at=moment - 30),
        standing("chat", "slack", "pins", **read, run=again),
        # A poller that began anew, and has tried nothing yet.
        standing("chat", "slack", "users", every=3600.0, at=moment + 5),
        standing("forge", "gitlab", "issues", every=300.0, failing=True, at=moment - 90),
        standing("forge", "gitlab", "issues", every=300.0, read=moment - 3, run=again),
        standing("forge", "gitlab", delivered=moment, platform="GitLab"),
        standing("any", "lrs", "statements", every=300.0, read=moment),
        standing("new", "jira", platform="Jira"),
    ]
    admin = Warehouse(warehouse.admin)
    rows = [connections.row_of(each) for each in told]
    admin.insert(connections.TABLE, connections.COLUMNS, rows)
    week = date(2026, 3, 2)
    published = [
        (week, "Slack", 40, 10),
        (week + timedelta(days=7), "Slack", 40, 30),
        (week, "Other", 10, 10),
    ]
    admin.insert("published.account_rows", ("week", "tool", "people", "known"), published)
    admin.close()
    viewer = Warehouse(warehouse.viewer)
    found = PIPELINE.rows(PANEL, viewer.query(PIPELINE.query(PANEL).sql))
    viewer.close()
    names = [column.name for column in PANEL.columns]
    return {row[0]: dict(zip(names, row, strict=True)) for row in found}


def test_a_list_that_cannot_be_read_is_told_though_the_rest_is_at_work(shown: Any) -> None:
    assert (shown["chat"]["state"], shown["chat"]["failing"]) == ("failing", "users")
    assert next(iter(shown)) == "chat"
    assert {name: row["state"] for name, row in shown.items() if name != "chat"} == {
        "forge": "working", "any": "working", "new": "silent",
    }  # fmt: skip
    assert {row["failing"] for name, row in shown.items() if name != "chat"} == {""}


def test_the_share_of_known_accounts_is_of_the_newest_week_of_the_connections_tool(
    shown: Any,
) -> None:
    assert {name: row["known_share"] for name, row in shown.items()} == {
        "chat": 75, "forge": None, "any": None, "new": None,
    }  # fmt: skip


def test_the_page_says_in_which_unit_a_figure_is() -> None:
    row = ["chat", "slack", "working", None, None, 4, "", 75.0, 0, ""]
    shown = tables.listed(PANEL, [tuple(row)], UTC)
    heads = re.findall(r'<th scope="col">([^<]*)</th>', shown)
    assert {"Behind by (s)", "Accounts known (%)", "Refused"} <= {*heads}
