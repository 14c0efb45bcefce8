"""Writes to the disk that fail, of which the engine says nothing: none of them is called done.

A process whose files may have no byte (RLIMIT_FSIZE) fails at every write, while its disk has room.
"""

import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from headwater.embedded import checks
from headwater.embedded.checks import Seen
from tests.headwater.embedded.conftest import Server, eventually, problems

pytestmark = pytest.mark.integration


@pytest.fixture
def server(launch: Callable[..., Server], tmp_path: Path) -> Server:
    """A warehouse of this test's own, with two tables of whole parts."""
    server = launch(tmp_path)
    server.run("CREATE DATABASE bench")
    server.run("CREATE TABLE bench.source (n UInt64) ENGINE = Null")
    for name in ("one", "two"):
        server.run(f"CREATE TABLE bench.{name} (n UInt64) ENGINE = MergeTree ORDER BY n")
        view = f"CREATE MATERIALIZED VIEW bench.{name}_mv TO bench.{name}"
        server.run(f"{view} AS SELECT * FROM bench.source")
    server.run("SYSTEM STOP MERGES")
    for part in range(4):
        server.run(f"INSERT INTO bench.source SELECT {part} * 250 + number FROM numbers(250)")
    server.run("SYSTEM START MERGES")
    return server


@contextmanager
def failing_writes(server: Server) -> Iterator[None]:
    """Every write of the warehouse to a file fails until the block ends."""
    before = resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        yield
    finally:
        with suppress(ProcessLookupError):  # it was to end
            resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, before)


def code(answer: Any) -> str:
    """ClickHouse's code of an answer; empty for a good one."""
    return str(answer.headers.get("x-clickhouse-exception-code", ""))


def taken(server: Server, sql: str) -> None:
    """Sends a statement again and again until it is taken, as every writer does."""

    def answered() -> bool:
        answer = server.ask(sql)
        assert answer.status_code == 200 or code(answer) == "243", answer.text
        return answer.status_code == 200

    eventually(answered)


def held(server: Server) -> list[str]:
    """How many rows each table gives, read row by row, and how many of them differ."""
    return [
        server.run(f"SELECT count(), uniqExact(n) FROM (SELECT n FROM bench.{name})").strip()
        for name in ("one", "two")
    ]


def test_an_insert_of_which_a_write_failed_is_refused_and_is_not_there(server: Server) -> None:
    insert = "INSERT INTO bench.source SELECT 1000 + number FROM numbers(1000)"
    with failing_writes(server):
        assert code(server.ask(insert)) == "243"
        assert code(server.ask("INSERT INTO bench.source FORMAT TSV\n7")) == "243"
        assert any("Writes to the disk failed" in problem for problem in problems(server))
    taken(server, insert)
    assert held(server) == ["2000\t2000"] * 2
    assert problems(server) == []


def test_a_merge_of_which_a_write_failed_loses_nothing(server: Server) -> None:
    with failing_writes(server):
        assert code(server.ask("OPTIMIZE TABLE bench.one FINAL")) == "243"
    taken(server, "INSERT INTO bench.source SELECT 1000 + number FROM numbers(1000)")
    assert held(server) == ["2000\t2000"] * 2


def test_a_merge_in_the_background_of_which_a_write_failed(server: Server) -> None:
    """Nobody's statement failed, and nobody asked."""
    server.run("SYSTEM STOP MERGES")
    for part in range(30):
        server.run(f"INSERT INTO bench.source SELECT 1000 + {part}")
    with failing_writes(server):
        server.run("SYSTEM START MERGES")
        eventually(lambda: problems(server) != [])
    eventually(lambda: problems(server) == [])
    assert held(server) == ["1030\t1030"] * 2
    server.run("OPTIMIZE TABLE bench.one FINAL")
    assert held(server) == ["1030\t1030"] * 2


def test_what_failed_writes_leave_is_no_finding(server: Server) -> None:
    with failing_writes(server):
        server.ask("OPTIMIZE TABLE bench.one FINAL")
    eventually(lambda: problems(server) == [])
    assert server.run("SELECT count() FROM system.detached_parts") == "0\n"


def test_rows_put_aside_that_did_not_reach_the_disk(server: Server) -> None:
    """The engine would give some of the rows, and call that the whole result."""
    sql = "SELECT number FROM numbers(2000000) ORDER BY cityHash64(number) LIMIT 1999990, 10"
    aside = {
        "max_bytes_before_external_sort": "1000000",
        "max_bytes_ratio_before_external_sort": "0",
    }
    whole = server.run(sql, **aside)
    assert len(whole.split()) == 10
    with failing_writes(server):
        assert code(server.ask(sql, **aside)) == "243"


def test_definitions_whose_writes_failed(server: Server) -> None:
    """The engine would not open any more: they are cut off."""
    server.run(
        "CREATE DICTIONARY bench.named (n UInt64, name String) PRIMARY KEY n "
        "SOURCE(NULL()) LAYOUT(FLAT()) LIFETIME(0)"
    )
    with failing_writes(server):
        assert (
            code(server.ask("CREATE TABLE bench.new (n UInt8) ENGINE = MergeTree ORDER BY n"))
            == "243"
        )
    eventually(lambda: problems(server) == [])
    assert server.run("EXISTS bench.new") == "0\n"
    assert server.run("EXISTS DICTIONARY bench.named") == "1\n"
    alter = "ALTER TABLE bench.one ADD COLUMN IF NOT EXISTS more UInt8"
    taken(server, "ALTER TABLE bench.one ADD COLUMN before UInt8")
    with failing_writes(server):
        assert code(server.ask(alter)) == "243"
    eventually(lambda: problems(server) == [])
    columns = "SELECT name FROM system.columns WHERE database = 'bench' AND table = 'one'"
    assert server.run(columns).split() == ["n", "before"]
    taken(server, alter)
    assert server.run(columns).split() == ["n", "before", "more"]
    assert held(server) == ["1000\t1000"] * 2


def test_a_client_that_leaves_is_no_write_that_failed(server: Server) -> None:
    with server.http() as http:
        for _ in range(5):
            sql = "SELECT number FROM numbers(1000000000)"
            with http.stream("POST", "/", content=sql) as answer:
                next(answer.iter_bytes())
    running = "SELECT count() FROM system.processes WHERE query LIKE '%numbers(1000000000)%'"
    eventually(lambda: server.run(f"{running} AND query NOT LIKE '%processes%'") == "0\n")
    counted = "SELECT sum(value) FROM system.events WHERE event LIKE '%WriteFailed'"
    assert server.run(counted) == "0\n"
    assert problems(server) == []


def test_a_warehouse_that_is_told_to_end_does_not_begin_anew(server: Server) -> None:
    with failing_writes(server):
        server.ask("OPTIMIZE TABLE bench.one FINAL")
        server.process.terminate()
        assert server.process.wait(60) == 0


def test_little_room(launch: Callable[..., Server], tmp_path: Path) -> None:
    server = launch(tmp_path / "first", HEADWATER_WAREHOUSE_MINIMUM_FREE="0")
    server.run("CREATE TABLE default.t (n UInt64) ENGINE = MergeTree ORDER BY n")
    server.process.terminate()
    server.process.wait(60)
    server = launch(tmp_path / "first", HEADWATER_WAREHOUSE_MINIMUM_FREE=str(1 << 60))
    refused = server.ask("INSERT INTO default.t SELECT 1")
    assert code(refused) == "243"
    assert int(refused.headers["retry-after"]) > 0
    assert server.run("SELECT count() FROM default.t") == "0\n"
    [problem] = problems(server)
    assert "writes are refused" in problem
    addresses = {"warehouse_admin": {"url": server.url, "username": "headwater"}}
    state = {"parts": {"warehouse": {"state": "ready"}}}
    [finding] = checks.health("warehouse", Seen(tmp_path, state, addresses))
    assert problem in finding.sentence
    assert "make room" in finding.sentence
    for frees in ("TRUNCATE TABLE default.t", "/* make room */ DROP TABLE default.t"):
        server.run(frees)
