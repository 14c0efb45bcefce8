"""GitLab asked by a real poller that is killed again and again: what it brings is exact."""

import random
import threading
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest
from counted import counting, statements
from gitlab_project import BO, SIZE, Project, Said, busy
from killed_poller import killed, serving
from test_gitlab import asked, but_for_time, intake, signals
from test_poller import held

from bus import records
from bus import signals as signal_records
from bus.topics import REJECTED, SIGNALS, STATEMENTS
from tests.conftest import free_port

pytestmark = pytest.mark.integration

#: So often each of these comes instead of an answer.
SHARE = 0.08


class GitLab:
    """The project's interface, which is now and then busy or broken, while people go on."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.asked = 0
        self.told = Counter[str]()
        self._chance = random.Random(11)
        self._lock = threading.Lock()
        #: Nods, which count for nothing: that one goes moves the pages of events.
        self._nods = [each for each in project.events if _is_nod(each)]

    def answer(self, path: str, asked: dict[str, str]) -> Said:
        """As GitLab answers: 429 with Retry-After, an empty budget, 5xx."""
        with self._lock:
            self.asked += 1
            self._go_on()
            fault = self._chance.choice(["429", "500", "502", "503", "spent"])
            fault = fault if self._chance.random() < SHARE else ""
            self.told[fault] += 1
            if fault == "429":
                return 429, {"Retry-After": "0.05", "RateLimit-Remaining": "0"}, {}
            if fault in ("500", "502", "503"):
                return int(fault), {"Retry-After": "0.05"}, {}
            status, headers, content = self.project.answer(path, asked)
            if fault == "spent":
                now = str(int(time.time()))
                headers = headers | {"RateLimit-Remaining": "0", "RateLimit-Reset": now}
            return status, headers, content

    def _go_on(self) -> None:
        """People label and sort, and delete a nod: lists change while they are read."""
        things = [*self.project.issues.values(), *self.project.changes.values()]
        if self._chance.random() < 0.1:
            self.project.touch(self._chance.choice(things))
            self.told["touched"] += 1
        if self._nods and self._chance.random() < 0.02:
            self.project.gone(self._nods.pop(0))
            self.told["gone"] += 1


def _is_nod(event: dict[str, object]) -> bool:
    note = event.get("note")
    return isinstance(note, dict) and note["text"] == ":+1:"


def busy_project() -> Project:
    """Some days of a project in which much is said, given, approved and moved."""
    start = datetime.now(UTC) - timedelta(days=2)
    project = busy(start, random.Random(7), 20)
    issue = project.issues[1]
    for _ in range(2 * SIZE):
        project.note(issue, BO, ":+1:")
    return project


def test_a_poller_killed_at_ten_random_moments_brings_exactly_what_there_is(
    kafka: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = busy_project()
    gitlab = GitLab(project)
    monkeypatch.setenv("GITLAB_SECRET", "s3cret")
    monkeypatch.setenv("GITLAB_TOKEN", "glpat-token")
    before, signalled = len(held(kafka, STATEMENTS)), len(held(kafka, SIGNALS))
    with serving(gitlab.answer) as site:
        project.base = site
        (tmp_path / "connections.toml").write_text(
            '[[connection]]\nname = "killed-gitlab"\nconnector = "gitlab"\n'
            'secret = "env:GITLAB_SECRET"\ntoken = "env:GITLAB_TOKEN"\n'
            f'[connection.options]\nsite = "{site}"\nprojects = ["north/atlas"]\n'
            'bots = ["7001"]\nhistory_days = 3\n'
        )
        killed(
            kafka, tmp_path / "connections.toml", free_port(), kills=10,
            asked=lambda: gitlab.asked, chance=random.Random(3),
        )  # fmt: skip
        one = intake(site=site)
        found = asked(project, site=site)
        clean = counting(statements(one, found))
    brought = [
        orjson.loads(line)
        for record in held(kafka, STATEMENTS)[before:]
        if records.source(record.headers) == "hook:killed-gitlab"
        for line in records.lines(record.value)
    ]
    assert counting(brought).keys() == clean.keys()
    assert len(clean) == len(project.acts - project.unasked) + len(
        project.taken_back - project.unasked
    )
    assert len(clean) > 100
    assert len(brought) > len({each["id"] for each in brought}), "pages were read again"
    host = site.partition("://")[2]
    made = [signal_records.decode(record.value) for record in held(kafka, SIGNALS)[signalled:]]
    mine = {str(each.id): each for each in made if each.host == host}
    assert but_for_time(mine) == but_for_time(signals(one, found))
    kept = [orjson.loads(record.value) for record in held(kafka, REJECTED)]
    assert not [each for each in kept if each["source"] == "hook:killed-gitlab"]
    assert {"429", "500", "502", "503", "spent", "touched", "gone"} <= gitlab.told.keys()
