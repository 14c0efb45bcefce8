"""Fixtures that several folders share: the real broker, the real warehouse, the shared data."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import hypothesis
import pytest

from headwater.embedded import kafka as broker

REPOSITORY = Path(__file__).parents[1]
#: How the brokers of the tests let in who knows their address: every process started here is told.
LOGIN = {"HEADWATER_KAFKA_USER": "tests", "HEADWATER_KAFKA_PASSWORD": "tests-password"}
os.environ.update(LOGIN)

# On a machine that has other work to do, how long an example took says nothing.
hypothesis.settings.register_profile("headwater", deadline=None)
hypothesis.settings.load_profile("headwater")


def free_port() -> int:
    """A port that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a process that a fixture started, kindly and then for good."""
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder `shared` beside the repository: real statements and recorded payloads."""
    folder = REPOSITORY.parent / "shared"
    if not folder.is_dir():
        if os.environ.get("CI", "").lower() in ("1", "true"):
            pytest.fail(f"CI needs {folder}: the shared data is part of the test run")
        pytest.skip("needs the shared data folder beside the repository, which this clone lacks")
    return folder


@pytest.fixture(scope="module")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real broker, empty for each file of tests, its topics declared; its bootstrap servers.

    As long as the warehouse: offsets that another file committed would pass over what this file's
    warehouse lacks.
    """
    from bus.declaration import ensure_topics

    folder = tmp_path_factory.mktemp("kafka")
    port = free_port()
    bootstrap = f"127.0.0.1:{port}"
    argv = ["-m", "headwater.embedded.kafka", "--data", str(folder), "--port", str(port)]
    process = subprocess.Popen([sys.executable, *argv])
    try:
        broker.wait_ready(bootstrap, process, seconds=180)
        ensure_topics(bootstrap)
        yield bootstrap
    finally:
        stop(process)
        shutil.rmtree(folder, ignore_errors=True)


@dataclass(frozen=True)
class WarehouseUrls:
    """The embedded warehouse as each of its users reaches it."""

    admin: str
    analyst: str
    viewer: str


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WarehouseUrls]:
    """The real embedded warehouse, empty for each file of tests, its schema up to date."""
    from warehouse import WarehouseSettings, migrate

    folder = tmp_path_factory.mktemp("warehouse")
    port = free_port()
    environment = {
        **os.environ,
        "HEADWATER_DATA": str(folder),
        "HEADWATER_WAREHOUSE_PORT": str(port),
        "HEADWATER_WAREHOUSE_PASSWORDS": "headwater:h,analyst:a,viewer:v",
    }
    process = subprocess.Popen([sys.executable, "-m", "headwater", "warehouse"], env=environment)
    try:
        wait_http(f"http://127.0.0.1:{port}/ping", process, seconds=60)
        urls = WarehouseUrls(
            admin=f"http://headwater:h@127.0.0.1:{port}",
            analyst=f"http://analyst:a@127.0.0.1:{port}",
            viewer=f"http://viewer:v@127.0.0.1:{port}",
        )
        migrate(WarehouseSettings(clickhouse=urls.admin))  # type: ignore[arg-type]
        yield urls
    finally:
        stop(process)
        shutil.rmtree(folder, ignore_errors=True)


def wait_http(url: str, process: subprocess.Popen[bytes], seconds: float) -> None:
    """Wait until `url` answers with 200."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except (urllib.error.URLError, OSError):
            assert process.poll() is None, f"the server of {url} ended with {process.returncode}"
            assert time.monotonic() < deadline, f"{url} did not answer within {seconds} s"
            time.sleep(0.05)


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--record` writes the expected files of generic tests anew."""
    parser.addoption("--record", action="store_true", help="write expected files anew")


@pytest.fixture(scope="session")
def record(request: pytest.FixtureRequest) -> bool:
    """Whether expected files are to be written."""
    return bool(request.config.getoption("--record"))
