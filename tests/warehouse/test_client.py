"""The client, as several threads use it."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from clickhouse_connect.driver import httputil
from clickhouse_connect.driver.exceptions import DatabaseError

from tests.waiting import PATIENCE
from warehouse.client import Warehouse, _translated
from warehouse.errors import WarehouseError, WarehouseUnavailable


@pytest.mark.parametrize(
    ("said", "passes"),
    [
        ("Code: 241. DB::Exception: Query memory limit exceeded", True),
        ("Code: 243. DB::Exception: Cannot reserve 1.00 MiB, not enough space", True),
        ("Code: 75. DB::Exception: Cannot write to file, errno: 28, No space left on device", True),
        ("Code: 394. DB::Exception: Query was cancelled", True),
        ("Code: 1001. DB::Exception: std::exception. type: std::bad_alloc", True),
        ("Code: 1001. DB::Exception: filesystem error: in create_directories: No space", True),
        ("Code: 1001. DB::Exception: std::exception. type: std::length_error", False),
        ("Code: 27. DB::Exception: Cannot parse input: 'No space left on device'", False),
        ("Code: 27. DB::Exception: Cannot parse input: 'filesystem error: '", False),
        ("Code: 60. DB::Exception: Table lrs.nope does not exist", False),
    ],
)
def test_what_passes_by_itself_is_told_from_a_row_at_fault(said, passes):
    error = _translated(DatabaseError(f"Received ClickHouse exception, server said {said}"))
    assert isinstance(error, WarehouseUnavailable) is passes


@pytest.mark.integration
def test_no_thread_closes_the_connection_on_which_another_waits(warehouse):
    client = Warehouse(warehouse.admin)
    client.query("SELECT 1")
    with ThreadPoolExecutor() as threads:
        waiting = threads.submit(client.query, "SELECT sleep(3), 'waited for'")
        running = "SELECT count() FROM system.processes WHERE query LIKE '%waited for%'"
        other = Warehouse(warehouse.admin)
        until = time.monotonic() + PATIENCE
        while other.query(running)[0][0] < 2:  # itself, and what is waited for
            assert time.monotonic() < until
        for manager in httputil.all_managers:  # as if it were long ago
            httputil.all_managers[manager] = 0
        assert client.query("SELECT 1") == [(1,)]
        assert waiting.result() == [(0, "waited for")]
    other.close()
    client.close()


@pytest.mark.integration
def test_columns_types_are_asked_for_once_and_after_an_insert_that_failed(warehouse, monkeypatch):
    client = Warehouse(warehouse.admin)
    asked = []
    real = client.client.http.request

    def counted(method, url, **options):
        asked.extend(["DESCRIBE"] if b"DESCRIBE" in bytes(str(options), "utf-8") else [])
        return real(method, url, **options)

    monkeypatch.setattr(client.client.http, "request", counted)
    client.execute("CREATE TABLE ops.toy (n UInt8, text String) ENGINE = MergeTree ORDER BY n")
    try:
        for n in range(3):
            client.insert("ops.toy", ("n", "text"), [(n, "a")])
        client.insert("ops.toy", ("n",), [(3,)])
        assert len(asked) == 2, "once for the same columns"
        client.execute("ALTER TABLE ops.toy RENAME COLUMN text TO said")
        with pytest.raises(WarehouseError):
            client.insert("ops.toy", ("n", "text"), [(4, "a")])
        client.execute("ALTER TABLE ops.toy ADD COLUMN text UInt8")
        client.insert("ops.toy", ("n", "text"), [(5, 1)])
        assert client.query("SELECT n, said, text FROM ops.toy ORDER BY n") == [
            (0, "a", 0), (1, "a", 0), (2, "a", 0), (3, "", 0), (5, "", 1)
        ]  # fmt: skip
    finally:
        client.execute("DROP TABLE ops.toy SYNC")
        client.close()
