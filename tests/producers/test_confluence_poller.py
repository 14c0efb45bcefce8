"""Confluence asked by a real poller that is killed again and again: what it brings is exact."""

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest
from confluence_wiki import IDA, MAY, OLE, Wiki
from counted import counting, statements
from killed_poller import CHANGING, Busy, Said, brought, killed, serving
from test_confluence import act, asked, intake, of

from bus.topics import REJECTED, STATEMENTS
from tests.conftest import free_port
from tests.topics import held

pytestmark = pytest.mark.integration

FORGETS = 0.2


class Confluence(Busy):
    """As Confluence answers: 429 with Retry-After, 5xx, and 400 for a cursor it forgot."""

    def __init__(self, wiki: Wiki) -> None:
        super().__init__()
        self.wiki = wiki

    def go_on(self) -> None:
        """Somebody edits a page, which moves to the end of the list, or says something on it."""
        if self.asked >= CHANGING or self.chance.random() >= 0.3:
            return
        pages = [n for n in self.wiki.live if self.wiki.contents[n]["kind"] == "page"]
        page, by = self.chance.choice(pages), self.chance.choice([IDA, OLE, MAY])
        if self.chance.random() < 0.5:
            self.wiki.edit(page, by)
        else:
            self.wiki.comment(page, by, "It is under way.")

    def forgets(self, path: str, asked: dict[str, str]) -> str:
        first = not self.told["cursor"]
        followed = "cursor" in asked and "search" in path
        return "cursor" if followed and (first or self.chance.random() < FORGETS) else ""

    def refused(self, fault: str) -> Said:
        if fault == "cursor":
            return 400, {}, {"message": "Invalid cursor"}
        return super().refused(fault)

    def found(self, path: str, asked: dict[str, str]) -> Said:
        status, content = self.wiki.answer(path.removeprefix("/wiki"), asked)
        return status, {}, content


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
    lines = brought(kafka, "hook:killed-wiki", since=before)
    assert {each["id"] for each in lines} == said.keys()
    kinds = {each["verb"]["display"]["en"] for each in said.values()}
    assert kinds == {"author", "asked", "edited", "commented", "replied", "shared", "liked"}
    assert len(said) > 300
    assert len(lines) > len({each["id"] for each in lines}), "some was read again"
    kept = [orjson.loads(record.value) for record in held(kafka, REJECTED)]
    assert not [each for each in kept if each["source"] == "hook:killed-wiki"]
    assert {"429", "500", "503", "cursor"} <= confluence.told.keys()
    assert confluence.asked > CHANGING, "the wiki was still when it was read to its end"
