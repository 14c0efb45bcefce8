"""A process is added as one file: a command, a part of `up`, checked, documented and tested."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from tests.e2e.running import Up

pytestmark = [pytest.mark.integration, pytest.mark.e2e]

ROOT = Path(__file__).parents[2]
LEFT_OUT = shutil.ignore_patterns(
    ".git", ".venv", "data", "demo-data", "node_modules", "*.pyc.*", ".*_cache"
)
TOY = '''"""A toy that says what the newest offset of a topic is."""

import asyncio
import contextlib
import os

from headwater.part import Listens, PartSpec, Stage


def serve() -> None:
    """Serves until SIGTERM."""
    import uvicorn
    from aiokafka import TopicPartition
    from prometheus_client import Gauge
    from starlette.applications import Starlette
    from starlette.responses import JSONResponse
    from starlette.routing import Route

    from bus import clients
    from bus.topics import STATEMENTS
    from serving import metrics, tasks

    ends = Gauge("toy_end", "The end of the first partition.")

    async def look() -> None:
        consumer = clients.consumer(os.environ["HEADWATER_KAFKA"], client_id="toy")
        place = TopicPartition(STATEMENTS.name, 0)
        await consumer.start()
        try:
            while True:
                ends.set((await consumer.end_offsets([place]))[place])
                await asyncio.sleep(0.2)
        finally:
            await consumer.stop()

    @contextlib.asynccontextmanager
    async def lifespan(_):
        async with tasks.running("toy", {"look": look()}):
            yield

    async def healthz(_):
        return JSONResponse({"status": "ok", "problems": []})

    app = Starlette(
        routes=[Route("/healthz", healthz), Route("/metrics", metrics.endpoint(None))],
        lifespan=lifespan,
    )
    uvicorn.run(app, port=int(os.environ["HEADWATER_TOY_PORT"]), log_level="warning")


part = PartSpec(
    name="toy",
    does="A toy that looks at the end of a topic.",
    stage=Stage.INVENTING,
    serve="headwater.parts.toy:serve",
    listens=Listens(8099),
    needs=("kafka", "lrs"),
    lives_by=("toy: look",),
    composed=False,
)
'''


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The project with one file more, and nothing else changed."""
    project = tmp_path_factory.mktemp("joint") / "project"
    shutil.copytree(ROOT, project, ignore=LEFT_OUT)
    (project / "headwater" / "parts" / "toy.py").write_text(TOY)
    yield project
    shutil.rmtree(project)


def run(project: Path, *words: str, code: int = 0) -> str:
    """Runs Python in the copy, whose code comes before any other."""
    done = subprocess.run(
        [sys.executable, *words], cwd=project, capture_output=True, text=True, timeout=280
    )
    assert done.returncode == code, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


def test_it_is_a_command(copy: Path) -> None:
    assert "A toy that looks at the end of a topic." in run(copy, "-m", "headwater", "--help")
    assert "A toy that looks" in run(copy, "-m", "headwater", "toy", "--help")


def test_the_docs_list_it(copy: Path) -> None:
    run(copy, "-m", "headwater.docs")
    pages = {name: (copy / "docs" / f"{name}.md").read_text() for name in
             ("parts", "commands", "settings")}  # fmt: skip
    assert "| `headwater toy` | A toy that looks at the end of a topic. | 8099 |" in pages["parts"]
    assert "## `headwater toy`" in pages["commands"]
    assert "| `HEADWATER_TOY_PORT` |" in pages["settings"]


def test_up_starts_watches_and_stops_it(copy: Path, tmp_path: Path) -> None:
    up = Up(tmp_path / "data", project=copy)
    try:
        url = up.stack["toy"]["url"]
        assert httpx.get(f"{url}/healthz", timeout=60).json()["status"] == "ok"
        assert f"{url}/healthz" in up.output.read_text(), "the table of up names it"
        up.wait(lambda: "toy_end 0.0" in httpx.get(f"{url}/metrics", timeout=60).text)
        up.wait(lambda: up.status()["problems"] == [])
        assert up.status()["parts"]["toy"]["state"] == "ready"

        process = psutil.Process(up.pids()["toy"])
        process.suspend()
        try:
            told = {(each["part"], each["what"]) for each in up.status()["findings"]}
            assert ("toy", "it does not answer") in told
        finally:
            process.resume()
        process.kill()
        up.wait(lambda: up.parts()["toy"]["restarts"] == 1)
        up.wait(lambda: up.parts()["toy"]["state"] == "ready")
        assert "toy ended with SIGKILL" in up.output.read_text()

        up.process.send_signal(signal.SIGINT)
        assert up.process.wait(60) == 0
        assert up.left() == []
    finally:
        with contextlib.suppress(OSError):
            os.kill(up.process.pid, signal.SIGKILL)


def test_its_port_is_a_setting_that_is_checked(copy: Path, tmp_path: Path) -> None:
    taken = 'from headwater.settings import StackSettings as S; print(S().address("toy")[1])'
    assert run(copy, "-c", taken).strip() == "8099"
    said = subprocess.run(
        [sys.executable, "-m", "headwater", "up", "--data", str(tmp_path / "data")],
        cwd=copy, env={**os.environ, "HEADWATER_TOY_PORT": "x"},
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert said.returncode == 1
    assert "HEADWATER_TOY_PORT: " in said.stderr
    assert not (tmp_path / "data").exists()


def test_the_generic_tests_cover_it(copy: Path) -> None:
    tests = ("-m", "pytest", "-p", "no:cacheprovider", "-v")
    about_all = (
        "tests/serving/test_every_part.py",
        "tests/headwater/test_parts.py",
        "tests/headwater/test_every_command.py",
    )
    told = run(copy, *tests, "-k", "toy", *about_all)
    for name in (
        "test_a_part_answers_and_ends_with_any_of_its_tasks[toy]",
        "test_every_part_is_a_command_that_says_what_it_does[toy]",
        "test_every_part_is_started_after_what_it_needs_and_stopped_before_it[toy]",
        "test_a_part_that_cannot_start[toy-TOY_PORT]",
    ):
        assert f"{name} PASSED" in told
    whole = ("tests/headwater/test_parts.py", "tests/deploy/test_compose.py")
    run(copy, *tests, "-m", "not integration", *whole)


def test_compose_without_it_is_told(copy: Path, tmp_path: Path) -> None:
    other = tmp_path / "project"
    shutil.copytree(copy, other)
    toy = other / "headwater" / "parts" / "toy.py"
    toy.write_text(toy.read_text().replace("    composed=False,\n", ""))
    told = run(other, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "is_a_command",
               "tests/deploy/test_compose.py", code=1)  # fmt: skip
    assert "write a service for each part, or say in its file that Compose has none" in told
