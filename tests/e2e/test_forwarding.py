"""From one whole stack to another: killed in the middle, resumed, the same ids in both."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from tests.e2e.running import Up
from warehouse import Warehouse

pytestmark = pytest.mark.e2e

COUNT = 5000


@pytest.fixture
def both(tmp_path: Path) -> Iterator[tuple[Up, Up]]:
    """Two running stacks."""
    with ExitStack() as stack:
        found = []
        for name in ("here", "there"):
            (tmp_path / name).mkdir()
            up = Up(tmp_path / name / "data")
            stack.callback(up.stop)
            found.append(up)
        yield found[0], found[1]


def held(up: Up) -> set[str]:
    """The ids that the warehouse holds."""
    warehouse = Warehouse(up.url("warehouse_admin"))
    try:
        rows = warehouse.query("SELECT toString(id) FROM lrs.statements")
        return {row[0] for row in rows}
    finally:
        warehouse.close()


def test_killed_in_the_middle_and_resumed_both_hold_the_same(
    both: tuple[Up, Up], tmp_path: Path
) -> None:
    here, there = both
    ids = {str(UUID(int=number)) for number in range(COUNT)}
    file = tmp_path / "statements.jsonl"
    file.write_text("".join(json.dumps(_statement(each)) + "\n" for each in sorted(ids)))
    loaded = here.run("load", str(file))
    assert loaded.returncode == 0, loaded.stdout
    here.wait(lambda: len(held(here)) == COUNT)
    state = tmp_path / "forward.json"
    target = there.stack["lrs"]
    command = ["forward", f"{target['url']}/xapi", "--user", target["username"]]
    command += ["--password", target["password"], "--state", str(state), "--batch", "50"]
    argv = [sys.executable, "-m", "headwater", *command, "--data", str(here.data), "--follow"]
    process = subprocess.Popen(argv)
    try:
        here.wait(lambda: _sent(state) >= 500 or process.poll() is not None)
        assert process.poll() is None
    finally:
        process.kill()
        process.wait()
    assert 500 <= _sent(state) < COUNT
    resumed = here.run(*command)
    assert resumed.returncode == 0, resumed.stderr
    assert f"{COUNT} statements were sent, 0 refused" in resumed.stdout
    there.wait(lambda: len(held(there)) >= COUNT)
    assert held(there) == held(here) == ids


def _sent(state: Path) -> int:
    return int(json.loads(state.read_text())["sent"]) if state.exists() else 0


def _statement(identifier: str) -> dict[str, Any]:
    return {
        "id": identifier,
        "actor": {"mbox": "mailto:anna@example.org"},
        "verb": {"id": "http://adlnet.gov/expapi/verbs/experienced"},
        "object": {"id": "http://example.org/" + identifier},
    }
