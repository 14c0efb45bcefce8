"""The embedded warehouse by itself: a million rows in and out, and readers meanwhile."""

import threading
import time
from pathlib import Path
from typing import Any

import clickhouse_connect
import numpy as np
import pandas as pd
import pyarrow as pa

from tests.benchmarks.measure import Result, percentile, temporary_folder
from tests.benchmarks.streams import warehouse_alone
from warehouse import Address

ROWS = 1_000_000
COMPRESSIONS: tuple[Any, ...] = (False, "lz4", "zstd", "gzip")


def million(rows: int = ROWS) -> list[Result]:
    """Rows in and out a second, exact; and a point query's p95 while a million rows come in."""
    results = []
    with temporary_folder() as name, warehouse_alone(Path(name)) as url:
        numbers = np.arange(rows, dtype=np.uint64)
        frame = pd.DataFrame({"n": numbers, "s": [f"row {n}" for n in range(rows)]})
        table = pa.Table.from_pandas(frame, preserve_index=False)
        for compression in COMPRESSIONS:
            client = _client(url, compression)
            for road in ("insert", "DataFrame", "Arrow"):
                results.append(_in(client, road, compression, frame, table, rows))
            results.append(_out(client, compression, rows))
        results += _readers(url, frame, rows)
    return results


def _client(url: str, compression: Any) -> Any:
    at = Address(url)
    return clickhouse_connect.get_client(
        host=at.host, port=at.port, username=at.user, password=at.password, compress=compression
    )


def _in(
    client: Any, road: str, compression: Any, frame: pd.DataFrame, table: pa.Table, rows: int
) -> Result:
    client.command(
        "CREATE OR REPLACE TABLE lrs.bench (n UInt64, s String) ENGINE = MergeTree ORDER BY n"
    )
    data = (
        list(zip(frame["n"].tolist(), frame["s"].tolist(), strict=True))
        if road == "insert"
        else None
    )
    began = time.perf_counter()
    if data is not None:
        client.insert("lrs.bench", data, column_names=["n", "s"])
    elif road == "DataFrame":
        client.insert_df("lrs.bench", frame)
    else:
        client.insert_arrow("lrs.bench", table)
    took = time.perf_counter() - began
    stored = client.query("SELECT count(), sum(n), uniqExact(s) FROM lrs.bench").first_row
    assert tuple(stored) == (rows, rows * (rows - 1) // 2, rows), stored
    return Result(
        f"warehouse in, {road}, {compression or 'plain'}", rows / took, "rows/s", "higher", rows
    )


def _out(client: Any, compression: Any, rows: int) -> Result:
    began = time.perf_counter()
    count = total = 0
    with client.query_row_block_stream("SELECT n, s FROM lrs.bench ORDER BY n") as stream:
        for block in stream:
            count += len(block)
            total += sum(row[0] for row in block)
    took = time.perf_counter() - began
    assert (count, total) == (rows, rows * (rows - 1) // 2)
    return Result(
        f"warehouse out, stream, {compression or 'plain'}", rows / took, "rows/s", "higher", rows
    )


def _readers(url: str, frame: pd.DataFrame, rows: int) -> list[Result]:
    writer, reader = _client(url, "lz4"), _client(url, False)
    writer.command(
        "CREATE OR REPLACE TABLE lrs.busy (n UInt64, s String) ENGINE = MergeTree ORDER BY n"
    )
    thread = threading.Thread(target=lambda: writer.insert_df("lrs.busy", frame))
    times: list[float] = []
    query = "SELECT s FROM lrs.bench WHERE n = {n:UInt64}"
    reader.query(query, parameters={"n": 1})
    thread.start()
    while thread.is_alive() or len(times) < 100:
        began = time.perf_counter()
        number = len(times) * 7919 % rows
        assert reader.query(query, parameters={"n": number}).first_row[0] == f"row {number}"
        times.append(time.perf_counter() - began)
    thread.join()
    assert reader.query("SELECT count() FROM lrs.busy").first_row[0] == rows
    p95 = percentile(times, 0.95) * 1e3
    return [
        Result("point query during a million-row insert, p95", p95, "ms", "lower", len(times), 100)
    ]
