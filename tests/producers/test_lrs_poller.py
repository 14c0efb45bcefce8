"""Another LRS asked by a real poller that is killed again and again: what it brings is exact."""

import random
from pathlib import Path
from typing import Any

import orjson
import pytest
from counted import counting
from killed_poller import CHANGING, Busy, Said, brought, killed, serving
from other_lrs import OtherLrs, statement, voiding

from bus.topics import REJECTED
from tests.conftest import free_port
from tests.topics import held

pytestmark = pytest.mark.integration

NAME = "killed-lrs"
#: A `more` is forgotten this often.
FORGETS = 0.1


class Growing(Busy):
    """As an LRS answers: 429 with a time, 5xx, and 404 for a page that it does not know.

    It grows while it is read.
    """

    def __init__(self) -> None:
        super().__init__()
        self.lrs = OtherLrs(size=2)
        self.broken: set[str] = set()
        self._number = 0
        for _ in range(300):
            self.grow()

    def grow(self) -> None:
        """Somebody stores something: some at one moment, some late, some to void another."""
        chance, some = self.chance, []
        for _ in range(chance.choice([1, 1, 1, 3])):
            self._number += 1
            one = statement(self._number, chance.choice(["ida", "omar"]))
            if chance.random() < 0.03:
                one["actor"] = {"mbox": "nobody"}
                self.broken.add(one["id"])
            some.append(one)
        if self._number > 20 and chance.random() < 0.1:
            self._number += 1
            some.append(voiding(self._number, chance.randint(1, self._number - 10)))
        self.lrs.store(*some, after=chance.choice([0.1, 0.5, 3.0]), late=chance.random() < 0.1)
        if chance.random() < 0.3:
            self.lrs.settle()

    def go_on(self) -> None:
        """It grows, until so many questions are asked."""
        if self.asked < CHANGING:
            self.grow()
        else:
            self.lrs.settle()

    def forgets(self, path: str, asked: dict[str, str]) -> str:
        return "404" if "cursor" in asked and self.chance.random() < FORGETS else ""

    def refused(self, fault: str) -> Said:
        if fault == "404":
            return 404, {}, {"error": "this page has expired"}
        return super().refused(fault)

    def found(self, path: str, asked: dict[str, str]) -> Said:
        return self.lrs.answer(path, asked)


def test_a_poller_killed_at_ten_random_moments_brings_exactly_what_there_is(
    kafka: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy = Growing()
    monkeypatch.setenv("LRS_WORD", "word")
    with serving(busy.answer) as site:
        (tmp_path / "connections.toml").write_text(
            f'[[connection]]\nname = "{NAME}"\nconnector = "lrs"\ntoken = "env:LRS_WORD"\n'
            f'[connection.options]\nendpoint = "{site}/xapi"\nuser = "headwater"\n'
        )
        killed(
            kafka, tmp_path / "connections.toml", free_port(), kills=10,
            asked=lambda: busy.asked, chance=random.Random(3),
        )  # fmt: skip
    lines = brought(kafka, f"hook:{NAME}#no-void")
    there = {one["id"] for one in busy.lrs.held}
    assert not busy.lrs.coming
    assert {one["id"] for one in lines} == there - busy.broken
    counts = counting(lines)
    assert counts.keys() == counting([_plain(one) for one in busy.lrs.held]).keys() - busy.broken
    assert len(counts) > 300
    assert len(lines) > len(there), "pages were read again"
    kept = [orjson.loads(record.value) for record in held(kafka, REJECTED)]
    assert {orjson.loads(one["body"])["id"] for one in kept} == busy.broken
    assert {"404", "429", "500", "503"} <= busy.told.keys()
    assert busy.asked > CHANGING, "it was still when it was read to its end"


def _plain(one: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in one.items() if name not in ("authority", "stored")}
