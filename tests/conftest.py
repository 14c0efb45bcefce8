"""Fixtures that several folders share: the real broker, the real warehouse, the shared data."""

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from headwater.embedded import kafka as broker

REPOSITORY = Path(__file__).parents[1]


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


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real broker for the whole run, its topics declared; gives its bootstrap servers."""
    from producers.topics import ensure_topics

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
