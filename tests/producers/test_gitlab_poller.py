"""GitLab asked by a real poller that is killed again and again: what it brings is exact."""

import random
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest
from counted import counting, statements
from gitlab_project import BO, SIZE, Project, Said, busy
from killed_poller import SHARE, Busy, brought, killed, serving
from test_gitlab import asked, but_for_time, intake, signals

from bus import signals as signal_records
from bus.topics import REJECTED, SIGNALS, STATEMENTS
from tests.conftest import free_port
from tests.topics import held

pytestmark = pytest.mark.integration


class GitLab(Busy):
    """As GitLab answers: 429 with Retry-After, an empty budget, 5xx; people go on meanwhile."""

    faults = ("429", "500", "502", "503")

    def __init__(self, project: Project) -> None:
        super().__init__()
        self.project = project
        #: Nods, which count for nothing: that one goes moves the pages of events.
        self._nods = [each for each in project.events if _is_nod(each)]

    def go_on(self) -> None:
        """People label and sort, and delete a nod: lists change while they are read."""
        things = [*self.project.issues.values(), *self.project.changes.values()]
        if self.chance.random() < 0.1:
            self.project.touch(self.chance.choice(things))
            self.told["touched"] += 1
        if self._nods and self.chance.random() < 0.02:
            self.project.gone(self._nods.pop(0))
            self.told["gone"] += 1

    def refused(self, fault: str) -> Said:
        status, headers, content = super().refused(fault)
        return status, headers | ({"RateLimit-Remaining": "0"} if status == 429 else {}), content

    def found(self, path: str, asked: dict[str, str]) -> Said:
        status, headers, content = self.project.answer(path, asked)
        if self.chance.random() < SHARE / 4:
            self.told["spent"] += 1
            now = str(int(time.time()))
            headers = headers | {"RateLimit-Remaining": "0", "RateLimit-Reset": now}
        return status, headers, content


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
    lines = brought(kafka, "hook:killed-gitlab", since=before)
    assert counting(lines).keys() == clean.keys()
    assert len(clean) == len(project.acts - project.unasked) + len(
        project.taken_back - project.unasked
    )
    assert len(clean) > 100
    assert len(lines) > len({each["id"] for each in lines}), "pages were read again"
    host = site.partition("://")[2]
    made = [signal_records.decode(record.value) for record in held(kafka, SIGNALS)[signalled:]]
    mine = {str(each.id): each for each in made if each.host == host}
    assert but_for_time(mine) == but_for_time(signals(one, found))
    kept = [orjson.loads(record.value) for record in held(kafka, REJECTED)]
    assert not [each for each in kept if each["source"] == "hook:killed-gitlab"]
    assert {"429", "500", "502", "503", "spent", "touched", "gone"} <= gitlab.told.keys()
