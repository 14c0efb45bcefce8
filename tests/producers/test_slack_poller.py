"""Slack asked by a real poller that is killed again and again: what it brings is exact."""

import random
import threading
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest
from counted import counting, statements
from killed_poller import Said, killed, serving
from slack_workspace import Workspace
from test_poller import held
from test_slack import PEOPLE, TEXTS, asked, intake

from bus import records
from bus.topics import REJECTED, STATEMENTS
from producers.connectors.slack.options import SlackOptions
from tests.conftest import free_port

pytestmark = pytest.mark.integration

#: So often each of these comes instead of an answer.
SHARE = 0.08


def busy_workspace() -> Workspace:
    """Some weeks of a workspace in which much is said, edited, thanked for, pinned and deleted."""
    chance = random.Random(7)
    workspace = Workspace(start=int(datetime.now(UTC).timestamp()) - 9 * 86_400)
    workspace.channels = ("C0HELP", "C0WORK", "C0THIRD")
    for channel in workspace.channels:
        for _ in range(25):
            ts = workspace.write(chance.choice(PEOPLE), channel, chance.choice(TEXTS))
            for _ in range(chance.randint(0, 5)):
                workspace.write(chance.choice(PEOPLE), channel, chance.choice(TEXTS), under=ts)
            if chance.random() < 0.4:
                user = chance.choice(PEOPLE)
                workspace.react(user, channel, ts, chance.choice(["pray", "bookmark"]))
            if chance.random() < 0.2:
                workspace.pin(chance.choice(PEOPLE), channel, ts)
            elif chance.random() < 0.2:
                workspace.edit(channel, ts, chance.choice(TEXTS))
            elif chance.random() < 0.1:
                workspace.delete(channel, ts)
    return workspace


class Slack:
    """The workspace's interface, which is now and then busy, broken or forgetful."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.asked = 0
        self.told = Counter[str]()
        self._chance = random.Random(11)
        self._lock = threading.Lock()

    def answer(self, path: str, asked: dict[str, str]) -> Said:
        """As Slack answers: 429 with Retry-After, 5xx, and its errors with a status of 200."""
        method = path.removeprefix("/api/")
        with self._lock:
            self.asked += 1
            fault = self._fault(method, asked)
            self.told[fault] += 1
        match fault:
            case "":
                return 200, {}, self.workspace.answer(method, asked)
            case "429":
                return 429, {"Retry-After": "0.05"}, {"ok": False, "error": "ratelimited"}
            case "500" | "503":
                return int(fault), {"Retry-After": "0.05"}, {}
        return 200, {}, {"ok": False, "error": fault}

    def _fault(self, method: str, asked: dict[str, str]) -> str:
        """Slack's word for what goes wrong; "" for nothing."""
        if "cursor" in asked and self._chance.random() < SHARE / 2:
            return "invalid_cursor"
        if asked.get("channel") == "C0THIRD":
            return "not_in_channel"  # the app was put out of it
        faults = ["429", "500", "503", "internal_error"]
        return self._chance.choice(faults) if self._chance.random() < SHARE else ""


def test_a_poller_killed_at_ten_random_moments_brings_exactly_what_there_is(
    kafka: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = busy_workspace()
    slack = Slack(workspace)
    monkeypatch.setenv("SLACK_SECRET", "s3cret")
    monkeypatch.setenv("SLACK_TOKEN", "xoxb-token")
    before = len(held(kafka, STATEMENTS))
    with serving(slack.answer) as site:
        (tmp_path / "connections.toml").write_text(
            '[[connection]]\nname = "killed-slack"\nconnector = "slack"\n'
            'secret = "env:SLACK_SECRET"\ntoken = "env:SLACK_TOKEN"\n'
            f'[connection.options]\nsite = "{site}"\nsettled_hours = 0\n'
            '[connection.options.channels]\nC0HELP = {name = "help-data", use = "help"}\n'
            'C0WORK = {name = "atlas"}\n'
        )
        killed(
            kafka, tmp_path / "connections.toml", free_port(), kills=10,
            asked=lambda: slack.asked, chance=random.Random(3),
        )  # fmt: skip
        one = intake(site=site)
        assert isinstance(one.connection.options, SlackOptions)
        workspace.channels = ("C0HELP", "C0WORK")
        clean = counting(statements(one, asked(workspace, one.connection.options)))
    brought = [
        orjson.loads(line)
        for record in held(kafka, STATEMENTS)[before:]
        if records.source(record.headers) == "hook:killed-slack"
        for line in records.lines(record.value)
    ]
    assert counting(brought).keys() == clean.keys()
    assert len(clean) > 100
    assert len(brought) > len({each["id"] for each in brought}), "pages were read again"
    kept = [orjson.loads(record.value) for record in held(kafka, REJECTED)]
    assert not [each for each in kept if each["source"] == "hook:killed-slack"]
    assert {"429", "500", "503", "internal_error", "invalid_cursor"} <= slack.told.keys()
