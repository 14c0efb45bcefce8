"""Jira asked by a real poller that is killed again and again: what it brings is exact."""

import random
import threading
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest
from counted import counting, statements
from jira_site import BO, EVA, Site
from killed_poller import AFTER, Said, killed, serving
from test_jira import act, asked, of, signals
from test_poller import held

from bus import records
from bus.topics import REJECTED, SIGNALS, STATEMENTS
from producers.connections import Connection
from producers.connectors.jira import connector
from producers.intake import Intake
from tests.conftest import free_port

pytestmark = pytest.mark.integration

#: So often each of these comes instead of an answer.
SHARE = 0.08
#: So many tokens are not known any more.
FORGOTTEN = 3
#: While so many questions are asked, people go on working; the last poller finds all of it.
CHANGING = 10 * AFTER[0]


def busy_site(cloud: bool) -> Site:
    """Some weeks of a site in which much is asked, said, done, changed and deleted."""
    chance = random.Random(7)
    site = Site(cloud, at=datetime.now(UTC) - timedelta(days=9), step=timedelta(minutes=5))
    for _ in range(650):
        act(site, chance)
    site.live = True
    return site


class Jira:
    """The site's interface, which is now and then busy, broken or forgetful, and changes."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.asked = 0
        self.told = Counter[str]()
        self._chance = random.Random(11)
        self._lock = threading.Lock()

    def answer(self, path: str, asked: dict[str, str]) -> Said:
        """As Jira answers: 429 with Retry-After, 5xx, and 400 for a token it forgot."""
        with self._lock:
            self.asked += 1
            if self.asked < CHANGING and self._chance.random() < 0.2:
                number = self._chance.choice(list(self.site.issues))
                self.site.say(number, self._chance.choice([BO, EVA]), "{eva} it works again.")
            fault = ""
            if "nextPageToken" in asked and self.told["token"] < FORGOTTEN:
                fault = "token"
            elif self._chance.random() < SHARE:
                fault = self._chance.choice(["429", "500", "503"])
            self.told[fault] += 1
            status, content = self.site.answer(path, asked)
        match fault:
            case "token":
                return 400, {}, {"errorMessages": ["the token is not valid"]}
            case "429" | "500" | "503":
                return int(fault), {"Retry-After": "0.05"}, {}
        return status, {}, content


def test_a_poller_killed_at_ten_random_moments_brings_exactly_what_there_is(
    kafka: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    jira = Jira(busy_site(cloud=True))
    monkeypatch.setenv("JIRA_SECRET", "s3cret")
    monkeypatch.setenv("JIRA_TOKEN", "token")
    before = {topic.name: len(held(kafka, topic)) for topic in (STATEMENTS, SIGNALS)}
    with serving(jira.answer) as site:
        (tmp_path / "connections.toml").write_text(
            '[[connection]]\nname = "killed-jira"\nconnector = "jira"\n'
            'secret = "env:JIRA_SECRET"\ntoken = "env:JIRA_TOKEN"\n'
            f'[connection.options]\nsite = "{site}"\napi_user = "us@north.example"\n'
        )
        killed(
            kafka, tmp_path / "connections.toml", free_port(), kills=10,
            asked=lambda: jira.asked, chance=random.Random(3),
        )  # fmt: skip
        given = of(jira.site, site=site)
        one = Intake(Connection("killed-jira", connector, b"s3cret", given))
        once = asked(jira.site, given)
    clean, told = counting(statements(one, once)), signals(one, once)
    assert len(clean) == jira.site.counting()
    lines = [
        orjson.loads(line)
        for record in held(kafka, STATEMENTS)[before[STATEMENTS.name] :]
        if records.source(record.headers) == "hook:killed-jira"
        for line in records.lines(record.value)
    ]
    assert counting(lines).keys() == clean.keys()
    kinds = Counter(each["verb"]["display"]["en"] for each in clean.values())
    assert kinds.keys() == {"asked", "commented", "replied", "update", "shared"}
    assert len(clean) > 80
    assert len(lines) > len({each["id"] for each in lines}), "issues were read again"
    items = [orjson.loads(record.value) for record in held(kafka, SIGNALS)[before[SIGNALS.name] :]]
    host = site.partition("://")[2]
    assert {each["id"] for each in items if each["host"] == host} == told.keys()
    kept = [orjson.loads(record.value) for record in held(kafka, REJECTED)]
    assert not [each for each in kept if each["source"] == "hook:killed-jira"]
    assert {"429", "500", "503", "token"} <= jira.told.keys()
    assert jira.asked > CHANGING, "the site was still when it was read to its end"
