"""Zendesk asked by a real poller that is killed again and again: what it brings is exact."""

import random
import threading
from collections import Counter
from pathlib import Path

import orjson
import pytest
from killed_poller import AFTER, Said, killed, serving
from test_poller import held
from test_zendesk import act, asked, intake, options, recently, rows
from zendesk_desk import Desk

from bus import records
from bus.topics import REJECTED, SIGNALS, STATEMENTS
from tests.conftest import free_port

pytestmark = pytest.mark.integration

#: So often each of these comes instead of an answer.
SHARE = 0.08
#: While so many questions are asked, people go on working; the last poller finds all of it.
CHANGING = 10 * AFTER[0]


class Zendesk:
    """The desk's interface, which is now and then busy, broken or forgetful, and changes."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.asked = 0
        self.told = Counter[str]()
        self._chance = random.Random(11)
        self._lock = threading.Lock()

    def answer(self, path: str, asked: dict[str, str]) -> Said:
        """As Zendesk answers: 429 with Retry-After, 5xx, and 400 for a cursor it forgot."""
        with self._lock:
            self.asked += 1
            if self.asked < CHANGING and self._chance.random() < 0.2:
                ticket = self._chance.choice(list(self.desk.tickets))
                self.desk.comment(ticket, self._chance.choice([21, 22]), "It is under way.")
            fault = ""
            if "cursor" in asked and self._chance.random() < SHARE:
                fault = "cursor"
            elif self._chance.random() < SHARE:
                fault = self._chance.choice(["429", "500", "503"])
            self.told[fault] += 1
            status, content = self.desk.answer(path, asked)
        match fault:
            case "cursor":
                return 400, {}, {"error": "InvalidCursor"}
            case "429" | "500" | "503":
                return int(fault), {"Retry-After": "0.05"}, {}
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
    lines = [
        orjson.loads(line)
        for record in held(kafka, STATEMENTS)[before[STATEMENTS.name] :]
        if records.source(record.headers) == "hook:killed-desk"
        for line in records.lines(record.value)
    ]
    voided = {
        each["object"]["id"] for each in lines if each["object"].get("objectType") == "StatementRef"
    }
    brought = {each["id"] for each in lines
               if each["object"].get("objectType") != "StatementRef"} - voided  # fmt: skip
    assert brought == said.keys()
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
