"""The client, as several threads use it."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from clickhouse_connect.driver import httputil

from lrs.warehouse.client import Warehouse

pytestmark = pytest.mark.integration


def test_no_thread_closes_the_connection_on_which_another_waits(warehouse):
    client = Warehouse(warehouse.admin)
    client.query("SELECT 1")
    with ThreadPoolExecutor() as threads:
        waiting = threads.submit(client.query, "SELECT sleep(3), 'waited for'")
        running = "SELECT count() FROM system.processes WHERE query LIKE '%waited for%'"
        other = Warehouse(warehouse.admin)
        until = time.monotonic() + 10
        while other.query(running)[0][0] < 2:  # itself, and what is waited for
            assert time.monotonic() < until
        for manager in httputil.all_managers:  # as if it were long ago
            httputil.all_managers[manager] = 0
        assert client.query("SELECT 1") == [(1,)]
        assert waiting.result() == [(0, "waited for")]
    other.close()
    client.close()
