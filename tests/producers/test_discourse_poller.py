"""Discourse asked by a real poller that is killed again and again: what it brings is exact."""

import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from counted import counting, statements
from discourse_forum import Forum
from killed_poller import CHANGING, Busy, Said, brought, killed, serving
from test_discourse import NAMES, RAWS, TITLES, asked, intake, options

from bus.topics import REJECTED, STATEMENTS
from tests.conftest import free_port
from tests.topics import held

pytestmark = pytest.mark.integration


def busy_forum() -> Forum:
    """Some hours of a forum in which much is asked, answered, thanked for and solved."""
    chance = random.Random(7)
    forum = Forum(start=datetime.now(UTC) - timedelta(days=9), gap=2, size=5)
    for _ in range(40):
        topic = forum.begin(chance.choice(NAMES), chance.choice(TITLES), chance.choice([5, 11]))
        replies = []
        for _ in range(chance.randint(0, 6)):
            to = chance.choice([None, forum.first(topic), *replies])
            replies.append(forum.reply(chance.choice(NAMES), topic, chance.choice(RAWS), to))
        for number in [forum.first(topic), *replies]:
            likers = [each for each in NAMES if each != forum.posts[number]["username"]]
            for liker in likers[: chance.randint(0, 2)]:
                forum.like(liker, number)
        if replies and chance.random() < 0.4:
            forum.solve(chance.choice(replies))
        if chance.random() < 0.2:
            forum.retitle(topic, forum.topics[topic]["title"] + " Again")
        if replies and chance.random() < 0.2:
            forum.delete(chance.choice(replies))
    return forum


class Discourse(Busy):
    """As Discourse answers: 429 with a time in the header or in the body alone, and 5xx."""

    faults = ("429", "429 in words", "500", "503")

    def __init__(self, forum: Forum) -> None:
        super().__init__()
        self.forum = forum

    def go_on(self) -> None:
        """Somebody replies."""
        if self.asked < CHANGING and self.chance.random() < 0.2:
            topics = [n for n, t in self.forum.topics.items() if not t["gone"]]
            by, topic = self.chance.choice(NAMES), self.chance.choice(topics)
            self.forum.reply(by, topic, "Once more under the logs.")

    def refused(self, fault: str) -> Said:
        limited = {"errors": ["too often"], "error_type": "rate_limit"}
        if fault == "429 in words":
            return 429, {}, limited | {"extras": {"wait_seconds": 0.05}}
        status, headers, content = super().refused(fault)
        return status, headers, limited if status == 429 else content

    def found(self, path: str, asked: dict[str, str]) -> Said:
        status, content = self.forum.answer(path, asked)
        return status, {}, content


def told(every: dict[str, dict[str, Any]]) -> Counter[tuple[str, str]]:
    """Statements by verb and actor, which says more of what is missing than ids."""
    return Counter(
        (each["verb"]["display"]["en"], each["actor"]["account"]["name"]) for each in every.values()
    )


def test_a_poller_killed_at_ten_random_moments_brings_exactly_what_there_is(
    kafka: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forum = busy_forum()
    discourse = Discourse(forum)
    monkeypatch.setenv("FORUM_SECRET", "a secret of twelve or more")
    monkeypatch.setenv("FORUM_TOKEN", "key")
    before = len(held(kafka, STATEMENTS))
    with serving(discourse.answer) as site:
        (tmp_path / "connections.toml").write_text(
            '[[connection]]\nname = "killed-forum"\nconnector = "discourse"\n'
            'secret = "env:FORUM_SECRET"\ntoken = "env:FORUM_TOKEN"\n'
            f'[connection.options]\nsite = "{site}"\nsettled_hours = 0\nread_topics = true\n'
            '[connection.options.categories]\n5 = {name = "help-data", use = "help"}\n'
        )
        killed(
            kafka, tmp_path / "connections.toml", free_port(), kills=10,
            asked=lambda: discourse.asked, chance=random.Random(3),
        )  # fmt: skip
        one = intake(site=site, read_topics=True)
        clean = counting(statements(one, asked(forum, options(site=site, read_topics=True))))
    lines = brought(kafka, "hook:killed-forum", since=before)
    assert told(counting(lines)) == told(clean)
    assert counting(lines).keys() == clean.keys()
    assert len(clean) > 200
    assert {each["verb"]["display"]["en"] for each in clean.values()} == {
        "asked", "posted", "replied", "liked", "answered"
    }  # fmt: skip
    assert len(lines) > len({each["id"] for each in lines}), "pages were read again"
    kept = [orjson.loads(record.value) for record in held(kafka, REJECTED)]
    assert not [each for each in kept if each["source"] == "hook:killed-forum"]
    assert {"429", "429 in words", "500", "503"} <= discourse.told.keys()
    assert discourse.asked > CHANGING, "the forum was still when it was read to its end"
