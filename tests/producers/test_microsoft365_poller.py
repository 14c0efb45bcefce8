"""Microsoft 365 asked by a real poller that is killed again and again: it brings what there is."""

import random
import threading
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from counted import counting, statements
from killed_poller import AFTER, Said, killed, serving
from microsoft365_tenant import APP, HELP, TEAM, TENANT, WORK, Tenant
from test_microsoft365 import PEOPLE, TEXTS, intake, options, reading, record
from test_poller import held

from bus import records
from bus.topics import REJECTED, STATEMENTS
from tests.conftest import free_port

pytestmark = pytest.mark.integration

#: So often each of these comes instead of an answer.
SHARE = 0.08
#: While so many questions are asked, people go on writing; the last poller finds all of it.
CHANGING = 8 * AFTER[0]


def busy_tenant() -> Tenant:
    """Some hours of a tenant in which much is written, thanked for, edited, deleted and read."""
    chance, now = random.Random(7), datetime.now(UTC)
    tenant = Tenant(start=now - timedelta(days=2), size=4)
    for _ in range(50):
        root = tenant.write(chance.choice(PEOPLE), chance.choice([HELP, WORK]), TEXTS[0])
        channel = tenant.messages[root]["channelIdentity"]["channelId"]
        some = [root]
        for _ in range(chance.randint(0, 6)):
            some.append(tenant.write(chance.choice(PEOPLE), channel, TEXTS[1], under=root))
        for each in some:
            if chance.random() < 0.4:
                tenant.react(chance.choice(PEOPLE), each, chance.choice(["🙏", "🔖"]))
        if chance.random() < 0.2:
            tenant.edit(root, TEXTS[3])
        elif chance.random() < 0.2:
            tenant.delete(chance.choice(some))
    for number in range(60):
        at = now - timedelta(hours=2.5 * number + 1)
        tenant.log(at, record(number, at), record(number + 100, at, Operation="FileDownloaded"))
    return tenant


class Microsoft:
    """The tenant's interfaces, now and then busy, broken or forgetful; it changes while read."""

    def __init__(self, tenant: Tenant) -> None:
        self.tenant = tenant
        self.asked = 0
        self.told = Counter[str]()
        self._chance = random.Random(11)
        self._lock = threading.Lock()

    def answer(self, path: str, asked: dict[str, str]) -> Said:
        """As Microsoft answers: 429 with a time, 5xx, 410 for a place that it forgot."""
        with self._lock:
            self.asked += 1
            if self.asked < CHANGING and self._chance.random() < 0.2:
                self.tenant.write(self._chance.choice(PEOPLE), WORK, TEXTS[1])
            some = ["500"] if path.endswith("/token") else ["429", "500", "503", "410"]
            fault = self._chance.choice(some) if self._chance.random() < SHARE else ""
            self.told[fault] += 1
            if fault in ("429", "500", "503"):
                return int(fault), {"Retry-After": "0.05"}, {"error": {"code": "busy"}}
            self.tenant.forgetful = int(fault == "410")
            return self.tenant.answer(path, asked)


def told(every: dict[str, dict[str, Any]]) -> Counter[tuple[str, str]]:
    """Statements by verb and actor, which says more of what is missing than ids."""
    return Counter(
        (each["verb"]["display"]["en"], each["actor"]["account"]["name"]) for each in every.values()
    )


def written(site: str) -> str:
    """The two connections of one application."""
    every = ""
    for service in ("teams", "activity"):
        every += (
            f'[[connection]]\nname = "killed-{service}"\nconnector = "microsoft365"\n'
            'secret = "env:M365_SECRET"\ntoken = "env:M365_TOKEN"\n[connection.options]\n'
            f'tenant = "{TENANT}"\napp = "{APP}"\nservice = "{service}"\nteams = ["{TEAM}"]\n'
            f'site = "{site}"\nactivity_site = "{site}"\nlogin_site = "{site}"\n'
            f'[connection.options.channels]\n"{HELP}" = {{ name = "help", use = "help" }}\n'
            f'"{WORK}" = {{ name = "work" }}\n'
        )
    return every


def test_a_poller_killed_at_ten_random_moments_brings_exactly_what_there_is(
    kafka: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tenant = busy_tenant()
    microsoft = Microsoft(tenant)
    monkeypatch.setenv("M365_SECRET", "a secret of twelve or more")
    monkeypatch.setenv("M365_TOKEN", "key")
    before = len(held(kafka, STATEMENTS))
    with serving(microsoft.answer) as site:
        tenant.site = site
        (tmp_path / "connections.toml").write_text(written(site))
        killed(
            kafka, tmp_path / "connections.toml", free_port(), kills=10,
            asked=lambda: microsoft.asked, chance=random.Random(3),
        )  # fmt: skip
    names = {"hook:killed-teams", "hook:killed-activity"}
    brought = [
        orjson.loads(line)
        for record in held(kafka, STATEMENTS)[before:]
        if records.source(record.headers) in names
        for line in records.lines(record.value)
    ]
    found = [*reading(tenant, options()), *reading(tenant, options(service="activity"))]
    clean = counting(statements(intake(), found))
    assert told(counting(brought)) == told(clean)
    assert counting(brought).keys() == clean.keys()
    assert len(clean) > 300
    assert {each["verb"]["display"]["en"] for each in clean.values()} == {
        "asked", "posted", "shared", "replied", "liked", "bookmarked", "viewed", "downloaded"
    }  # fmt: skip
    assert len(brought) > len({each["id"] for each in brought}), "pages were read again"
    kept = [orjson.loads(record.value) for record in held(kafka, REJECTED)]
    assert not [each for each in kept if each["source"] in names]
    assert {"429", "500", "503", "410"} <= microsoft.told.keys()
    assert microsoft.asked > CHANGING, "people were still when it was read to its end"
