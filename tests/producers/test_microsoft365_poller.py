"""Microsoft 365 asked by a real poller that is killed again and again: it brings what there is."""

import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from counted import counting, statements
from killed_poller import CHANGING, SHARE, Busy, Said, brought, killed, serving
from microsoft365_tenant import APP, HELP, TEAM, TENANT, WORK, Tenant
from test_microsoft365 import PEOPLE, TEXTS, intake, options, reading, record

from bus.topics import REJECTED, STATEMENTS
from tests.conftest import free_port
from tests.topics import held

pytestmark = pytest.mark.integration


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


class Microsoft(Busy):
    """As Microsoft answers: 429 with a time, 5xx, 410 for a place that it forgot."""

    def __init__(self, tenant: Tenant) -> None:
        super().__init__()
        self.tenant = tenant

    def go_on(self) -> None:
        """Somebody writes."""
        if self.asked < CHANGING and self.chance.random() < 0.2:
            self.tenant.write(self.chance.choice(PEOPLE), WORK, TEXTS[1])

    def forgets(self, path: str, asked: dict[str, str]) -> str:
        self.tenant.forgetful = int(
            not path.endswith("/token") and self.chance.random() < SHARE / 4
        )
        self.told["410"] += self.tenant.forgetful
        return ""

    def refused(self, fault: str) -> Said:
        status, headers, _ = super().refused(fault)
        return status, headers, {"error": {"code": "busy"}}

    def found(self, path: str, asked: dict[str, str]) -> Said:
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
    lines = brought(kafka, *names, since=before)
    found = [*reading(tenant, options()), *reading(tenant, options(service="activity"))]
    clean = counting(statements(intake(), found))
    assert told(counting(lines)) == told(clean)
    assert counting(lines).keys() == clean.keys()
    assert len(clean) > 300
    assert {each["verb"]["display"]["en"] for each in clean.values()} == {
        "asked", "posted", "shared", "replied", "liked", "bookmarked", "viewed", "downloaded"
    }  # fmt: skip
    assert len(lines) > len({each["id"] for each in lines}), "pages were read again"
    kept = [orjson.loads(record.value) for record in held(kafka, REJECTED)]
    assert not [each for each in kept if each["source"] in names]
    assert {"429", "500", "503", "410"} <= microsoft.told.keys()
    assert microsoft.asked > CHANGING, "people were still when it was read to its end"
