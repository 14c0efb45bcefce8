"""Confluence asked by a real poller that is killed again and again: what it brings is exact."""

import random
import threading
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest
from confluence_wiki import IDA, MAY, OLE, Wiki
from counted import counting, statements
from killed_poller import AFTER, Said, killed, serving
from test_confluence import act, asked, intake, of
from test_poller import held

from bus import records
from bus.topics import REJECTED, STATEMENTS
from tests.conftest import free_port

pytestmark = pytest.mark.integration

#: So often each of these comes instead of an answer.
SHARE = 0.08
FORGETS = 0.2
#: While so many questions are asked, people go on working; the last poller finds all of it.
CHANGING = 10 * AFTER[0]


class Confluence:
    """The wiki's interface, which is now and then busy, broken or forgetful, and changes."""

    def __init__(self, wiki: Wiki) -> None:
        self.wiki = wiki
        self.asked = 0
        self.told = Counter[str]()
        self._chance = random.Random(11)
        self._lock = threading.Lock()

    def answer(self, path: str, asked: dict[str, str]) -> Said:
        """As Confluence answers: 429 with Retry-After, 5xx, and 400 for a cursor it forgot."""
        with self._lock:
            self.asked += 1
            if self.asked < CHANGING and self._chance.random() < 0.3:
                self._change()
            fault, first = "", not self.told["cursor"]
            followed = "cursor" in asked and "search" in path
            if followed and (first or self._chance.random() < FORGETS):
                fault = "cursor"
            elif self._chance.random() < SHARE:
                fault = self._chance.choice(["429", "500", "503"])
            self.told[fault] += 1
            status, content = self.wiki.answer(path.removeprefix("/wiki"), asked)
        match fault:
            case "cursor":
                return 400, {}, {"message": "Invalid cursor"}
            case "429" | "500" | "503":
                return int(fault), {"Retry-After": "0.05"}, {}
        return status, {}, content

    def _change(self) -> None:
        """Somebody edits a page, which moves to the end of the list, or says something on it."""
        pages = [n for n in self.wiki.live if self.wiki.contents[n]["kind"] == "page"]
        page, by = self._chance.choice(pages), self._chance.choice([IDA, OLE, MAY])
        if self._chance.random() < 0.5:
            self.wiki.edit(page, by)
        else:
            self.wiki.comment(page, by, "It is under way.")


def test_a_poller_killed_at_ten_random_moments_brings_exactly_what_there_is(
    kafka: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance, wiki = random.Random(7), Wiki(start=datetime.now(UTC) - timedelta(days=60))
    for number in range(500):
        wiki.pace = 0 if number % 100 < 8 else 1  # brought over: all at one moment
        act(wiki, chance)
    confluence = Confluence(wiki)
    monkeypatch.setenv("WIKI_SECRET", "s3cret")
    monkeypatch.setenv("WIKI_TOKEN", "token")
    before = len(held(kafka, STATEMENTS))
    with serving(confluence.answer) as address:
        site = f"{address}/wiki"
        (tmp_path / "connections.toml").write_text(
            '[[connection]]\nname = "killed-wiki"\nconnector = "confluence"\n'
            'secret = "env:WIKI_SECRET"\ntoken = "env:WIKI_TOKEN"\n'
            f'[connection.options]\nsite = "{site}"\nhosting = "cloud"\nbots = ["flow"]\n'
            'api_user = "us@north.example"\n'
            '[connection.options.spaces]\nHELP = { name = "help-data", use = "help" }\n'
        )
        killed(
            kafka, tmp_path / "connections.toml", free_port(), kills=10,
            asked=lambda: confluence.asked, chance=random.Random(3),
        )  # fmt: skip
        given = of(wiki, site=site, hosting="cloud", bots=["flow"])
        said = counting(statements(intake(given), asked(wiki, given)))
    lines = [
        orjson.loads(line)
        for record in held(kafka, STATEMENTS)[before:]
        if records.source(record.headers) == "hook:killed-wiki"
        for line in records.lines(record.value)
    ]
    assert {each["id"] for each in lines} == said.keys()
    kinds = {each["verb"]["display"]["en"] for each in said.values()}
    assert kinds == {"author", "asked", "edited", "commented", "replied", "shared", "liked"}
    assert len(said) > 300
    assert len(lines) > len({each["id"] for each in lines}), "some was read again"
    kept = [orjson.loads(record.value) for record in held(kafka, REJECTED)]
    assert not [each for each in kept if each["source"] == "hook:killed-wiki"]
    assert {"429", "500", "503", "cursor"} <= confluence.told.keys()
    assert confluence.asked > CHANGING, "the wiki was still when it was read to its end"
