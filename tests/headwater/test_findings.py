"""What is wrong, in sentences: dated, merged, kept, told once, and shown on the page."""

import json
import os
import time
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest

from dashboards.notices import Notices, drawn
from headwater.embedded import checks, findings
from headwater.embedded.checks import Seen
from headwater.embedded.findings import Finding, dated, kept, merged
from headwater.embedded.watch import Watch

KAFKA = Finding("kafka", "it does not answer", "see the log")


def test_the_earliest_time_that_anybody_knows_counts_and_numbers_do_not_make_it_new() -> None:
    full = Finding("disk", "it has 12 MiB free", "make room")
    now = dated([full, KAFKA], [], 100.0)
    assert [one.since for one in now] == [100.0, 100.0]
    later = dated([Finding("disk", "it has 9 MiB free", "make room"), KAFKA], now, 200.0)
    assert [(one.what, one.since) for one in later] == [
        ("it has 9 MiB free", 100.0),
        ("it does not answer", 100.0),
    ]
    said = Finding("kafka", "it does not answer", "", since=50.0)
    assert dated([said], now, 200.0)[0].since == 50.0
    assert dated([KAFKA], [], 0.0)[0].since == 0.0, "whoever looks once does not know"


def test_what_several_say_alike_is_said_once_and_found_again_by_each(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    what = "Kafka does not answer"
    both = merged([Finding("lrs", what, "", 20.0), Finding("hooks", what, "", 10.0)])
    assert [(one.part, one.since) for one in both] == [("lrs, hooks", 10.0)]
    findings.keep(tmp_path, both)
    assert [(one.part, one.since) for one in kept(tmp_path)] == [("lrs", 10.0), ("hooks", 10.0)]
    assert (tmp_path / findings.FILE).stat().st_mode & 0o777 == 0o600
    assert kept(tmp_path / "elsewhere") == []


def test_the_supervisor_tells_what_stays_once_and_that_it_is_over(tmp_path: Path) -> None:
    said: list[str] = []
    rounds: list[list[Finding]] = [[KAFKA], [], [KAFKA], [KAFKA], [KAFKA], [], []]
    (tmp_path / "run").mkdir()
    watch = Watch(tmp_path, dict, said.append, lambda seen: rounds.pop(0))
    while rounds:
        watch.look()
    assert [line.partition(" since ")[0] for line in said] == [
        "not well: kafka: it does not answer",
        "well again: kafka: it does not answer",
    ]
    assert kept(tmp_path) == []


def test_a_look_that_fails_is_told_and_ends_nothing(tmp_path: Path) -> None:
    def look(seen: Seen) -> list[Finding]:
        raise KeyError("a fault")

    (tmp_path / "run").mkdir()
    Watch(tmp_path, dict, lambda line: None, look).look()
    assert [one.what for one in kept(tmp_path)] == ["its look at the stack fails"]


def test_parts_that_are_down_or_come_back_again_and_again_are_told(tmp_path: Path) -> None:
    now = time.time()
    parts = {
        "lrs": {"state": "ready", "pid": os.getpid(), "ended": [now - 9_000] * 5, "restarts": 5},
        "hooks": {"state": "restarting", "since": now - 3, "last_error": "no room", "restarts": 1},
        "worker": {"state": "ready", "ended": [now - 30, now - 20, now - 10], "restarts": 3},
        "page": {"state": "starting", "restarts": 0},
        "demo": {"state": "done"},
    }
    found = {one.part: one for one in checks.processes(Seen(tmp_path, {"parts": parts}, {}))}
    assert found.keys() == {"hooks", "worker"}
    assert found["hooks"].what == "it ended and is being started again"
    assert found["hooks"].detail == "no room"
    assert found["worker"].what == "it ended 3 times within 5 minutes"
    assert found["worker"].since == now - 30
    assert str(tmp_path / "logs" / "worker.log") in found["worker"].do


def test_a_check_that_hangs_or_fails_costs_what_it_would_have_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hangs(seen: Seen) -> list[Finding]:
        time.sleep(60)
        return []

    def fails(seen: Seen) -> list[Finding]:
        raise KeyError("a fault")

    every: dict[str, checks.Check] = {
        "health of lrs": hangs,
        "warehouse": hangs,
        "disk": fails,
        "processes": lambda seen: [KAFKA],
    }
    monkeypatch.setattr(checks, "all_checks", lambda: every)
    began = time.monotonic()
    found = checks.looked(Seen(tmp_path, {}, {}), seconds=0.3)
    assert time.monotonic() - began < 20
    assert [(one.part, one.what) for one in found] == [
        ("lrs", "it does not answer"),
        ("warehouse", "it does not answer"),
        ("disk", "it could not be looked at"),
        ("kafka", "it does not answer"),
    ]


def test_the_page_shows_the_same_sentences_without_quoted_errors(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    said = Finding("hooks", "<it> fails", "run `headwater status`", 86_400.0, "anna@example.org")
    findings.keep(tmp_path, [said])
    html = drawn(Notices(tmp_path).now(), UTC)
    assert "<b>hooks</b>: &lt;it&gt; fails since" in html
    assert "2 Jan, 00:00:00" in html
    assert "To do: run <code>headwater status</code>." in html
    assert "anna" not in html
    findings.keep(tmp_path, [])
    assert drawn(Notices(tmp_path).now(), UTC) == ""
    assert drawn(Notices(None).now(), UTC) == ""


def test_the_page_says_so_where_the_supervisor_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    old: dict[str, Any] = {"at": time.time() - 600, "findings": []}
    (tmp_path / findings.FILE).write_text(json.dumps(old))
    [notice] = Notices(tmp_path).now()
    assert (notice.part, notice.what) == ("supervisor", "it has said nothing")
    (tmp_path / findings.FILE).write_text("{")
    assert Notices(tmp_path).now()[0].what == "what it wrote cannot be read"
