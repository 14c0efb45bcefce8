"""The supervisor with small real processes: it restarts, refuses in one line, leaves nothing."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import psutil
import pytest

from headwater.embedded.part import Part
from headwater.embedded.supervisor import MARK, Supervisor
from headwater.errors import CannotStart
from tests.conftest import free_port
from tests.waiting import comes, until

FOREVER = "import signal; signal.pause()"


def python(name: str, code: str, **details: object) -> Part:
    return Part(name, [sys.executable, "-S", "-c", textwrap.dedent(code)], **details)  # type: ignore[arg-type]


def left(folder: Path) -> list[psutil.Process]:
    """Processes that carry the mark of the folder's stack."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(MARK) == str(folder) and process.status() != "zombie":
                found.append(process)
        except psutil.Error:
            continue
    return found


async def never() -> bool:
    return False


def test_a_part_that_dies_is_started_again_with_growing_pauses(tmp_path: Path) -> None:
    said: list[str] = []

    async def scenario() -> None:
        part = python("frail", "import time; time.sleep(0.05); raise SystemExit('out of luck')")
        supervisor = Supervisor([part], tmp_path, said.append)
        await supervisor.start()
        try:
            await comes(lambda: len(said) >= 6)
        finally:
            await supervisor.stop()

    asyncio.run(scenario())
    ends = [line for line in said if "ended" in line]
    assert "frail ended with 1; starting it again in 0.25 s: out of luck" in ends[0]
    assert "in 0.5 s" in ends[1]
    assert "in 1 s" in ends[2]
    assert all("\n" not in line for line in said)
    state = json.loads((tmp_path / "run" / "supervisor.json").read_text())
    assert state["parts"]["frail"]["restarts"] >= 3
    assert state["parts"]["frail"]["last_error"] == "out of luck"


def test_a_part_of_low_priority_gives_way_to_the_others(tmp_path: Path) -> None:
    """Its session gives way too: each is a group of its own to the kernel's scheduler."""
    part = Part("meek", [sys.executable, "-S", "-c", FOREVER], nice=10)
    supervisor = Supervisor([part], tmp_path, lambda line: None)

    async def scenario() -> None:
        await supervisor.start()
        try:
            process = supervisor.parts["meek"].process
            assert process
            lower = min(19, os.nice(0) + 10)
            await comes(lambda: os.getpriority(os.PRIO_PROCESS, process.pid) == lower)
            group = Path(f"/proc/{process.pid}/autogroup")  # absent where a kernel groups none
            await comes(lambda: not group.exists() or group.read_text().endswith("nice 10\n"))
        finally:
            await supervisor.stop()

    asyncio.run(scenario())


def test_a_killed_part_comes_back(tmp_path: Path) -> None:
    said: list[str] = []

    async def scenario() -> None:
        supervisor = Supervisor([python("steady", FOREVER)], tmp_path, said.append)
        await supervisor.start()
        try:
            first = supervisor.parts["steady"].pid
            assert first
            os.kill(first, signal.SIGKILL)
            await comes(lambda: any("is back" in line for line in said))
            assert supervisor.parts["steady"].pid not in (None, first)
        finally:
            await supervisor.stop()

    asyncio.run(scenario())
    assert "steady ended with SIGKILL" in said[0]


@pytest.mark.parametrize("prefetch", [False, True])
def test_a_part_that_cannot_start_is_one_line_and_ends_the_others(
    tmp_path: Path, prefetch: bool
) -> None:
    async def scenario() -> None:
        broken = """
            raise OSError("no room on the disk")
        """
        parts = [
            python("sound", FOREVER),
            python("broken", broken, prefetch=prefetch, ready=never),
            python("late", FOREVER, needs=("broken",)),
        ]
        supervisor = Supervisor(parts, tmp_path, print)
        try:
            await supervisor.start()
        finally:
            await supervisor.stop()

    with pytest.raises(CannotStart, match=r"broken cannot start: .*no room on the disk") as error:
        asyncio.run(scenario())
    assert "\n" not in str(error.value)
    assert left(tmp_path) == []


def test_a_part_s_own_words_are_passed_on(tmp_path: Path) -> None:
    words = "kafka cannot start: its jars could not be downloaded. To fix: check the network."

    async def scenario() -> None:
        part = python("kafka", f"raise SystemExit({words!r})", ready=never)
        supervisor = Supervisor([part], tmp_path, print)
        try:
            await supervisor.start()
        finally:
            await supervisor.stop()

    with pytest.raises(CannotStart) as error:
        asyncio.run(scenario())
    assert str(error.value) == words


def test_parts_wait_for_what_they_need_and_import_meanwhile(tmp_path: Path) -> None:
    async def scenario() -> None:
        log = tmp_path / "order"
        write = f"open({str(log)!r}, 'a').write"
        once = python("once", f"import time; time.sleep(0.3); {write}('once ')", once=True)
        fetching = f"""
            import sys
            {write}('imported ')
            sys.stdin.read()
            {write}('going ')
            import signal; signal.pause()
        """

        async def going() -> bool:
            return log.exists() and "going" in log.read_text()

        after = python("after", fetching, needs=("once",), prefetch=True, ready=going)
        supervisor = Supervisor([once, after], tmp_path, print)
        try:
            await supervisor.start()
            assert log.read_text() == "imported once going "
        finally:
            await supervisor.stop()

    asyncio.run(scenario())


def test_a_stop_is_quick_and_in_order_even_if_a_part_does_not_listen(tmp_path: Path) -> None:
    polite = """
        import signal, sys, time
        def end(*_):
            print(NAME, "ends at", time.monotonic(), flush=True); sys.exit()
        signal.signal(signal.SIGTERM, end)
        print("listens", flush=True)
        signal.pause()
    """
    deaf = """
        import signal, subprocess, sys
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        child = "import signal; signal.signal(15, signal.SIG_IGN); signal.pause()"
        subprocess.Popen([sys.executable, "-c", child])
        print("listens", flush=True)
        signal.pause()
    """

    async def scenario() -> float:
        parts = [
            python(name, f"NAME = {name!r}\n" + textwrap.dedent(code), stage=stage)
            for name, code, stage in [("asks", polite, 2), ("deaf", deaf, 2), ("keeps", polite, 1)]
        ]
        supervisor = Supervisor(parts, tmp_path, print)
        await supervisor.start()
        logs = [watched.log.path for watched in supervisor.parts.values()]
        await comes(lambda: all("listens" in log.read_text() for log in logs))
        began = time.monotonic()
        await supervisor.stop()
        return time.monotonic() - began

    assert asyncio.run(scenario()) < 10
    assert left(tmp_path) == []
    ended = {
        name: float((tmp_path / "logs" / f"{name}.log").read_text().split()[-1])
        for name in ("asks", "keeps")
    }
    assert ended["asks"] < ended["keeps"]


CHILD = """
import asyncio, sys
from pathlib import Path
from headwater.embedded.part import Part
from headwater.embedded.supervisor import Supervisor
async def scenario():
    parts = [Part(n, [sys.executable, "-S", "-c", "import signal; signal.pause()"]) for n in "abc"]
    parts.append(Part("d", ["sleep", "1000"]))
    supervisor = Supervisor(parts, Path(sys.argv[1]), print)
    await supervisor.start()
    print("started", flush=True)
    await supervisor.run()
asyncio.run(scenario())
"""


def test_nothing_outlives_a_killed_supervisor(tmp_path: Path) -> None:
    supervisor = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert supervisor.stdout
    assert supervisor.stdout.readline() == "started\n"
    until(lambda: len(left(tmp_path)) == 4, 5)  # the last may not have become itself yet
    supervisor.kill()
    supervisor.wait()
    until(lambda: not left(tmp_path), 5)


BROKER = """
import asyncio, sys
from pathlib import Path
from headwater.embedded import kafka
from headwater.embedded.part import Part
from headwater.embedded.supervisor import Supervisor
folder, port = Path(sys.argv[1]), sys.argv[2]
async def listening():
    return kafka.listening(f"127.0.0.1:{port}")
async def scenario():
    command = [sys.executable, "-m", "headwater", "kafka", "--data", str(folder / "kafka")]
    part = Part("kafka", [*command, "--port", port], ready=listening, seconds=180)
    supervisor = Supervisor([part], folder, print)
    await supervisor.start()
    print("started", flush=True)
    await supervisor.run()
asyncio.run(scenario())
"""


@pytest.mark.integration
def test_java_does_not_outlive_a_killed_supervisor_nor_hinder_the_next(tmp_path: Path) -> None:
    port = str(free_port())
    for _ in range(2):
        supervisor = subprocess.Popen(
            [sys.executable, "-c", BROKER, str(tmp_path), port], stdout=subprocess.PIPE, text=True
        )
        assert supervisor.stdout
        try:
            assert supervisor.stdout.readline() == "started\n"
            (java,) = left(tmp_path)
            assert "java" in java.name()
        finally:
            supervisor.kill()
            supervisor.wait()
        # No wait in between: the second start must cope with the end of the first.
    until(lambda: not left(tmp_path), 5)


def test_logs_stay_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from headwater.embedded import logs

    monkeypatch.setattr(logs, "LARGEST", 1000)
    log = logs.LogFile(tmp_path / "logs" / "part.log")
    with log.open() as file:
        for n in range(8):
            file.write(b"%d" % n * 600 + b"\n")
            file.flush()
            log.rotate()
        file.write(b"ValueError: the last words\n")
        file.flush()
    sizes = [path.stat().st_size for path in (tmp_path / "logs").iterdir()]
    assert len(sizes) == 1 + logs.KEPT
    assert sum(sizes) < 5000
    assert log.last_error() == "ValueError: the last words"
    assert (tmp_path / "logs" / "part.log").stat().st_mode & 0o777 == 0o600
