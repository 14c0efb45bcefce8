"""The warehouse as a process: its folder, its end, its death, its memory."""

import signal
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import psutil
import pytest

from tests.headwater.embedded.conftest import COMMAND, Server, environment
from tests.waiting import PATIENCE

pytestmark = pytest.mark.integration

Launch = Callable[[Path], Server]


def refused(folder: Path, **more: str) -> str:
    """What a warehouse says that cannot start: one line, and not 0."""
    done = subprocess.run(
        COMMAND, env=environment(folder, **more), capture_output=True, text=True, timeout=60
    )
    assert done.returncode != 0
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    return done.stderr


def test_one_process_a_folder(server: Server) -> None:
    assert "another process uses" in refused(server.folder)


def test_a_taken_port_and_unusable_passwords(server: Server, tmp_path: Path) -> None:
    taken = refused(tmp_path, HEADWATER_WAREHOUSE_PORT=str(server.port))
    assert f"127.0.0.1:{server.port}" in taken
    assert "nobody could log in" in refused(tmp_path, HEADWATER_WAREHOUSE_PASSWORDS="")
    assert "'root'" in refused(tmp_path, HEADWATER_WAREHOUSE_PASSWORDS="root:x")
    assert "name another folder" in refused(tmp_path / "what?")


def test_a_kind_end_is_quick_even_with_a_query_running(launch: Launch, tmp_path: Path) -> None:
    server = launch(tmp_path)
    server.run("CREATE DATABASE bench")
    server.run("CREATE TABLE bench.t (a UInt8) ENGINE = MergeTree ORDER BY a")
    server.run("INSERT INTO bench.t VALUES (1)")

    def slow() -> None:
        with pytest.raises(httpx.HTTPError):
            server.ask(
                "SELECT sum(sipHash64(number)) FROM numbers(1000000000000)"
            ).raise_for_status()

    asking = threading.Thread(target=slow)
    asking.start()
    ask = "SELECT count() FROM system.processes WHERE query LIKE '%(1000000000000)%'"
    while server.run(ask) != "2\n":  # that one, and the question itself
        assert asking.is_alive()
    begun = time.monotonic()
    server.process.terminate()
    assert server.process.wait(60) == 0
    assert time.monotonic() - begun < 30
    asking.join(20)
    again = launch(tmp_path)
    assert again.run("SELECT * FROM bench.t") == "1\n"


def test_a_violent_end_loses_nothing_that_was_confirmed(launch: Launch, tmp_path: Path) -> None:
    server = launch(tmp_path)
    server.run("CREATE DATABASE bench")
    server.run("CREATE TABLE bench.t (a UInt64) ENGINE = MergeTree ORDER BY a")
    confirmed = 0
    died = threading.Event()

    def kill() -> None:
        died.wait(1.5)
        server.process.send_signal(signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        while True:
            server.run(f"INSERT INTO bench.t SELECT number + {confirmed} FROM numbers(1000)")
            confirmed += 1000
    except (httpx.HTTPError, AssertionError):
        pass
    killer.join()
    server.process.wait()
    again = launch(tmp_path)
    found = int(again.run(f"SELECT uniqExact(a) FROM bench.t WHERE a < {confirmed}"))
    assert found == confirmed > 0


def test_a_large_result_takes_little_memory(server: Server) -> None:
    process = psutil.Process(server.process.pid)
    before, size = process.memory_info().rss, 0
    with server.http() as http:
        sql = "SELECT number, toString(number), repeat('x', 100) FROM numbers(2000000)"
        with http.stream("POST", "/", content=f"{sql} FORMAT JSONEachRow") as answer:
            for piece in answer.iter_raw():
                size += len(piece)
                grown = process.memory_info().rss - before
                assert grown < 200 << 20, grown
    assert size > 250 << 20


def test_a_client_that_leaves_ends_its_query(server: Server) -> None:
    ask = "SELECT count() FROM system.processes WHERE query LIKE '%777777777777%'"
    with (
        server.http() as http,
        http.stream("POST", "/", content="SELECT number FROM numbers(777777777777)") as answer,
    ):
        next(answer.iter_raw())
    until = time.monotonic() + PATIENCE
    while server.run(ask) != "1\n":  # the question itself
        assert time.monotonic() < until
