"""Jira asked by a real poller that is killed again and again: what it brings is exact."""

import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest
from counted import counting, statements
from jira_site import BO, EVA, Site
from killed_poller import CHANGING, Busy, Said, brought, killed, serving
from test_jira import act, asked, of, signals

from bus.topics import REJECTED, SIGNALS, STATEMENTS
from producers.connections import Connection
from producers.connectors.jira import connector
from producers.intake import Intake
from tests.conftest import free_port
from tests.topics import held

pytestmark = pytest.mark.integration

#: So many tokens are not known any more.
FORGOTTEN = 3


def busy_site(cloud: bool) -> Site:
    """Some weeks of a site in which much is asked, said, done, changed and deleted."""
    chance = random.Random(7)
    site = Site(cloud, at=datetime.now(UTC) - timedelta(days=9), step=timedelta(minutes=5))
    for _ in range(650):
        act(site, chance)
    site.live = True
    return site


class Jira(Busy):
    """As Jira answers: 429 with Retry-After, 5xx, and 400 for a token it forgot."""

    def __init__(self, site: Site) -> None:
        super().__init__()
        self.site = site

    def go_on(self) -> None:
        """Somebody comments."""
        if self.asked < CHANGING and self.chance.random() < 0.2:
            number = self.chance.choice(list(self.site.issues))
            self.site.say(number, self.chance.choice([BO, EVA]), "{eva} it works again.")

    def forgets(self, path: str, asked: dict[str, str]) -> str:
        return "token" if "nextPageToken" in asked and self.told["token"] < FORGOTTEN else ""

    def refused(self, fault: str) -> Said:
        if fault == "token":
            return 400, {}, {"errorMessages": ["the token is not valid"]}
        return super().refused(fault)

    def found(self, path: str, asked: dict[str, str]) -> Said:
        status, content = self.site.answer(path, asked)
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
    lines = brought(kafka, "hook:killed-jira", since=before[STATEMENTS.name])
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
