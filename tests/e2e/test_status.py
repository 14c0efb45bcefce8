"""`headwater status` beside a stack of which something is wrong: it says what, and exits 1."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from faults import frozen
from running import Up

from headwater.embedded import report

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    running = Up(tmp_path_factory.mktemp("status") / "data")
    try:
        yield running
    finally:
        running.stop()


def status(up: Up, **environment: str) -> tuple[int, dict[str, Any]]:
    argv = [sys.executable, "-m", "headwater", "status", "--json", "--data", str(up.data)]
    done = subprocess.run(
        argv, capture_output=True, text=True, env={**os.environ, **environment}, check=False
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return done.returncode, found


def said(found: dict[str, Any]) -> set[tuple[str, str]]:
    return {(part, one["what"]) for one in found["findings"] for part in one["part"].split(", ")}


def well(up: Up) -> bool:
    return status(up)[0] == 0


def timed(up: Up) -> tuple[float, dict[str, Any]]:
    """How long the looking itself takes, without the interpreter's start."""
    began = time.monotonic()
    found = report.gathered(up.data)
    return time.monotonic() - began, found


def test_a_stack_that_is_well_is_0_and_says_so(up: Up) -> None:
    seen: list[tuple[int, dict[str, Any]]] = []

    def quiet() -> bool:
        seen.append(status(up))
        return seen[-1][0] == 0

    up.wait(quiet)
    code, found = seen[-1]
    assert (code, found["well"], found["findings"], found["problems"]) == (0, True, [], [])
    assert found["topics"]["xapi.statements"] == 0
    up.wait(lambda: "all is well" in up.run("status").stdout)


@pytest.mark.parametrize("part", ["kafka", "warehouse", "lrs", "worker"])
def test_a_part_that_stands_still_is_told_soon_since_when_and_on_the_page(
    up: Up, part: str
) -> None:
    up.wait(lambda: well(up))
    began = time.time()
    with frozen(up.parts()[part]["pid"]):
        took, found = timed(up)
        assert took < 20
        assert (part, "it does not answer") in said(found)
        assert status(up)[0] == 1
        told: list[dict[str, Any]] = []

        def known() -> bool:
            """Whether the supervisor has seen it too: it knows since when."""
            code, later = status(up)
            assert code == 1
            told[:] = [
                each
                for each in later["findings"]
                if part in each["part"] and each["what"] == "it does not answer" and each["since"]
            ]
            return bool(told)

        up.wait(known)
        [one] = told
        up.wait(lambda: "not well: " in up.output.read_text())
        assert one["do"]
        assert time.time() - began < 300
        page = httpx.get(up.stack["page"]["url"], timeout=60).text
        assert "Not all is well." in page
        assert "does not answer" in page
    up.wait(lambda: well(up))


def test_a_broker_that_is_gone_costs_no_more_time(up: Up) -> None:
    up.wait(lambda: well(up))
    os.kill(up.parts()["kafka"]["pid"], signal.SIGKILL)
    up.wait(lambda: up.parts()["kafka"]["state"] != "ready")
    took, found = timed(up)
    assert took < 20
    assert ("kafka", "it ended and is being started again") in said(found)
    up.wait(lambda: well(up))


def test_a_disk_without_room_is_told(up: Up) -> None:
    code, found = status(up, HEADWATER_LRS_MINIMUM_FREE=str(1 << 60))
    assert code == 1
    [full] = [one for one in found["findings"] if one["part"] == "disk"]
    assert "writes need" in full["what"]
    assert str(up.data) in full["do"]
