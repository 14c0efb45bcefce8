"""Slack asked by a real poller that is killed again and again: what it brings is exact."""

import random
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest
from counted import counting, statements
from killed_poller import SHARE, Busy, Said, brought, killed, serving
from slack_workspace import Workspace
from test_slack import PEOPLE, TEXTS, asked, intake

from bus.topics import REJECTED, STATEMENTS
from producers.connectors.slack.options import SlackOptions
from tests.conftest import free_port
from tests.topics import held

pytestmark = pytest.mark.integration


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


class Slack(Busy):
    """As Slack answers: 429 with Retry-After, 5xx, and its errors with a status of 200."""

    faults = ("429", "500", "503", "internal_error")

    def __init__(self, workspace: Workspace) -> None:
        super().__init__()
        self.workspace = workspace

    def forgets(self, path: str, asked: dict[str, str]) -> str:
        """Slack's word for what it does not give any more."""
        if "cursor" in asked and self.chance.random() < SHARE / 2:
            return "invalid_cursor"
        # The app was put out of this one.
        return "not_in_channel" if asked.get("channel") == "C0THIRD" else ""

    def refused(self, fault: str) -> Said:
        if not fault.isdigit():
            return 200, {}, {"ok": False, "error": fault}
        status, headers, content = super().refused(fault)
        return status, headers, {"ok": False, "error": "ratelimited"} if status == 429 else content

    def found(self, path: str, asked: dict[str, str]) -> Said:
        return 200, {}, self.workspace.answer(path.removeprefix("/api/"), asked)


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
    lines = brought(kafka, "hook:killed-slack", since=before)
    assert counting(lines).keys() == clean.keys()
    assert len(clean) > 100
    assert len(lines) > len({each["id"] for each in lines}), "pages were read again"
    kept = [orjson.loads(record.value) for record in held(kafka, REJECTED)]
    assert not [each for each in kept if each["source"] == "hook:killed-slack"]
    assert {"429", "500", "503", "internal_error", "invalid_cursor"} <= slack.told.keys()
