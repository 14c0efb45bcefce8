"""A stack that runs while connections.toml changes: the real supervisor, with a small process."""

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from headwater.embedded.connecting import follow
from headwater.embedded.part import Part
from headwater.embedded.supervisor import Supervisor
from producers.following import Followed
from tests.waiting import comes

SILENT = '[[connection]]\nname = "code"\nconnector = "github"\nsecret = "env:A_SECRET"\n'
ASKED = f'{SILENT}token = "env:A_SECRET"\n'
FOREVER = "import signal; signal.pause()"


class Small:
    """A stack of which one part runs where a connection has a token."""

    def __init__(self, path: Path, code: str, *, ready: bool = True) -> None:
        self.following = Followed(path=path)
        self.published: list[bool] = []
        self.supervisor = Supervisor([], path.parent, self._say)
        self.said: list[str] = []
        self._file = path
        self._ready = ready
        self._part = Part("asking", [sys.executable, "-S", "-c", code], ready=self._is_ready)

    async def _is_ready(self) -> bool:
        return self._ready

    def write(self, text: str) -> None:
        self._file.write_text(text)

    def _say(self, line: str) -> None:
        self.said.append(line)

    def parts(self) -> Sequence[Part]:
        polled = any(each.connection.polled for each in self.following.intakes.values())
        return [self._part] if polled else []

    def publish(self) -> None:
        self.published.append("asking" in self.supervisor.parts)


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("A_SECRET", "a secret")
    path = tmp_path / "connections.toml"
    path.write_text(SILENT)
    return path


def test_a_part_that_is_needed_now_is_started_and_told_of(file: Path) -> None:
    async def scenario() -> Small:
        stack = Small(file, FOREVER)
        supervisor = stack.supervisor
        await supervisor.start()
        supervisor.tasks.start("follow", follow(supervisor, stack), once=True)
        try:
            stack.write(ASKED.replace("code", "forge"))
            await comes(lambda: stack.published)
            assert supervisor.parts["asking"].pid
            stack.write(ASKED)  # it runs already
            await comes(lambda: len(stack.published) == 2)
        finally:
            await supervisor.stop()
        return stack

    stack = asyncio.run(scenario())
    assert stack.published == [True, True]
    assert stack.supervisor.failure == ""


def test_a_part_that_cannot_start_is_told_and_ends_nothing(file: Path) -> None:
    async def scenario() -> Small:
        stack = Small(file, "raise SystemExit('no luck')", ready=False)
        supervisor = stack.supervisor
        await supervisor.start()
        supervisor.tasks.start("follow", follow(supervisor, stack), once=True)
        try:
            stack.write(ASKED)
            await comes(lambda: stack.said)
            stack.write(SILENT)
            await comes(lambda: len(stack.published) == 2)
            assert not supervisor.stopping.is_set()
        finally:
            await supervisor.stop()
        return stack

    stack = asyncio.run(scenario())
    assert "asking cannot start" in stack.said[0]
    assert "no luck" in stack.said[0]
    assert stack.supervisor.failure == ""
