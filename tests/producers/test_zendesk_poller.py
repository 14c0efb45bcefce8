"""Zendesk asked by a real poller that is killed again and again: what it brings is exact."""

import random
from collections import Counter
from pathlib import Path

import orjson
import pytest
from killed_poller import CHANGING, SHARE, Busy, Said, brought, killed, serving
from test_zendesk import act, asked, intake, options, recently, rows
from zendesk_desk import Desk

from bus.topics import REJECTED, SIGNALS, STATEMENTS
from tests.conftest import free_port
from tests.topics import held

pytestmark = pytest.mark.integration


class Zendesk(Busy):
    """As Zendesk answers: 429 with Retry-After, 5xx, and 400 for a cursor it forgot."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk = desk

    def go_on(self) -> None:
        """Somebody comments."""
        if self.asked < CHANGING and self.chance.random() < 0.2:
            ticket = self.chance.choice(list(self.desk.tickets))
            self.desk.comment(ticket, self.chance.choice([21, 22]), "It is under way.")

    def forgets(self, path: str, asked: dict[str, str]) -> str:
        return "cursor" if "cursor" in asked and self.chance.random() < SHARE else ""

    def refused(self, fault: str) -> Said:
        if fault == "cursor":
            return 400, {}, {"error": "InvalidCursor"}
        return super().refused(fault)

    def found(self, path: str, asked: dict[str, str]) -> Said:
        status, content = self.desk.answer(path, asked)
        return status, {}, content


def test_a_poller_killed_at_ten_random_moments_brings_exactly_what_there_is(
    kafka: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance, desk = random.Random(7), Desk(start=recently())
    for _ in range(900):
        act(desk, chance)
    zendesk = Zendesk(desk)
    monkeypatch.setenv("DESK_SECRET", "s3cret")
    monkeypatch.setenv("DESK_TOKEN", "token")
    before = {topic.name: len(held(kafka, topic)) for topic in (STATEMENTS, SIGNALS)}
    with serving(zendesk.answer) as site:
        (tmp_path / "connections.toml").write_text(
            '[[connection]]\nname = "killed-desk"\nconnector = "zendesk"\n'
            'secret = "env:DESK_SECRET"\ntoken = "env:DESK_TOKEN"\n'
            f'[connection.options]\nsite = "{site}"\napi_user = "us@north.example"\n'
        )
        killed(
            kafka, tmp_path / "connections.toml", free_port(), kills=10,
            asked=lambda: zendesk.asked, chance=random.Random(3),
        )  # fmt: skip
        one = intake(site=site)
        said, signals = rows(one, asked(desk, options(site=site)))
    lines = brought(kafka, "hook:killed-desk", since=before[STATEMENTS.name])
    voided = {
        each["object"]["id"] for each in lines if each["object"].get("objectType") == "StatementRef"
    }
    said_there = {
        each["id"] for each in lines if each["object"].get("objectType") != "StatementRef"
    }
    assert said_there - voided == said.keys()
    kinds = Counter(each["verb"]["display"]["en"] for each in said.values())
    assert kinds.keys() == {"asked", "posted", "replied", "commented", "author", "edited"}
    assert len(said) > 100
    assert len(lines) > len({each["id"] for each in lines}), "tickets were read again"
    items = [orjson.loads(record.value) for record in held(kafka, SIGNALS)[before[SIGNALS.name] :]]
    host = site.partition("://")[2]
    assert {each["id"] for each in items if each["host"] == host} == signals.keys()
    kept = [orjson.loads(record.value) for record in held(kafka, REJECTED)]
    assert not [each for each in kept if each["source"] == "hook:killed-desk"]
    assert {"429", "500", "503", "cursor"} <= zendesk.told.keys()
    assert zendesk.asked > CHANGING, "the desk was still when it was read to its end"
