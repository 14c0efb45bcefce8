"""How fast the streams are, each alone: the recorder against a direct insert of the same lines, and
the faust worker. The topics are filled first; the rest of the stack is not there."""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from bus import clients, records
from bus.declaration import ensure_topics
from headwater.embedded import kafka as broker
from streams import rowbinary
from streams.rowbinary import Row
from tests.benchmarks.measure import Result, temporary_folder
from tests.benchmarks.samples import Samples
from tests.conftest import free_port, stop, wait_http
from warehouse import Warehouse, WarehouseSettings, migrate

BATCH = 100
DISTINCT = 2_000


def compare(statements: int) -> list[Result]:
    """Everything of this file, on one broker and one warehouse."""
    with contextlib.ExitStack() as ending:
        folder = Path(ending.enter_context(temporary_folder()))
        bootstrap = ending.enter_context(_broker(folder))
        url = ending.enter_context(warehouse_alone(folder))
        warehouse = Warehouse(url)
        batches = _batches(statements)
        _direct(warehouse, batches[: max(1, len(batches) // 10)])  # warm
        direct = _direct(warehouse, batches)
        warehouse.execute("TRUNCATE TABLE lrs.statement_rows")
        warehouse.execute("TRUNCATE TABLE lrs.arrivals")
        _fill(bootstrap, batches)
        environment = _environment(folder, bootstrap, url)
        recorded = _timed(
            "recorded",
            environment,
            lambda: warehouse.query("SELECT count() FROM lrs.statement_rows")[0][0],
            statements,
        )
        worker = _timed(
            "worker",
            environment,
            lambda: warehouse.query("SELECT count() FROM learning.fact_rows")[0][0],
            statements,
        )
    share = recorded / direct * 100
    return [
        Result("direct insert of the same lines", direct, "statements/s", "higher", statements),
        Result("Kafka to ClickHouse alone", recorded, "statements/s", "higher", statements),
        Result("Kafka to ClickHouse, of the direct insert", share, "%", "higher", statements, 60),
        Result("faust worker alone", worker, "statements/s", "higher", statements, 4_000),
    ]


def _batches(statements: int) -> list[records.Record]:
    """Records of `BATCH` statements each, every id once."""
    samples = Samples()
    found = []
    for start in range(0, statements, DISTINCT):
        lines = samples.lines(min(DISTINCT, statements - start))
        for at in range(0, len(lines), BATCH):
            some = lines[at : at + BATCH]
            found.append(
                records.encode(
                    [line for _, line in some], [i for i, _ in some], "lrs:bench", f"a{at}"
                )
            )
    return found


def _direct(warehouse: Warehouse, batches: list[records.Record]) -> float:
    """The ceiling: the same lines, in inserts of the recorder's size, without Kafka."""
    began = time.perf_counter()
    now = int(time.time() * 1000)
    rows: list[Row] = []
    size = count = 0
    for number, record in enumerate(batches):
        rows.append(Row(0, number, now, b"lrs:bench", record.value))
        size += len(record.value)
        count += record.value.count(b"\n") + 1
        if size >= 8 << 20 or number == len(batches) - 1:
            block = rowbinary.records(time.time_ns(), rows)
            warehouse.insert_bytes("lrs.records_in", rowbinary.RECORD_COLUMNS, block, "RowBinary")
            rows, size = [], 0
    return count / (time.perf_counter() - began)


def _fill(bootstrap: str, batches: list[records.Record]) -> None:
    producer = clients.blocking_producer(
        bootstrap, acks="all", max_request_size=16 << 20, batch_size=1 << 20
    )
    for number, record in enumerate(batches):
        producer.send(
            "xapi.statements", value=record.value, headers=record.headers, partition=number % 8
        )
    producer.flush()
    producer.close()


def _timed(part: str, environment: dict[str, str], count: Callable[[], int], whole: int) -> float:
    """Starts a part and measures from the first row seen to the last."""
    process = subprocess.Popen([sys.executable, "-m", "headwater", part], env=environment)
    try:
        deadline = time.monotonic() + 600
        began, seen = 0.0, 0
        while True:
            assert process.poll() is None, f"{part} ended with {process.returncode}"
            assert time.monotonic() < deadline, f"{part} did not get through: {count()} of {whole}"
            now = count()
            if now and not began:
                began, seen = time.perf_counter(), now
            if now >= whole:
                return (whole - seen) / max(1e-9, time.perf_counter() - began)
            time.sleep(0.02)
    finally:
        stop(process)


def _environment(folder: Path, bootstrap: str, url: str) -> dict[str, str]:
    return {
        **os.environ,
        "HEADWATER_DATA": str(folder),
        "HEADWATER_KAFKA": bootstrap,
        "HEADWATER_CLICKHOUSE": url,
        "HEADWATER_PSEUDONYM_KEY": "00112233445566778899aabbccddeeff",
        "HEADWATER_RECORDED_PORT": "0",
        "HEADWATER_WORKER_PORT": "0",
    }


@contextlib.contextmanager
def _broker(folder: Path) -> Iterator[str]:
    port = free_port()
    bootstrap = f"127.0.0.1:{port}"
    argv = ["-m", "headwater.embedded.kafka", "--data", str(folder / "kafka"), "--port", str(port)]
    process = subprocess.Popen([sys.executable, *argv])
    try:
        broker.wait_ready(bootstrap, process, seconds=180)
        ensure_topics(bootstrap)
        yield bootstrap
    finally:
        stop(process)


@contextlib.contextmanager
def warehouse_alone(folder: Path) -> Iterator[str]:
    port = free_port()
    environment = {
        **os.environ,
        "HEADWATER_DATA": str(folder),
        "HEADWATER_WAREHOUSE_PORT": str(port),
        "HEADWATER_WAREHOUSE_PASSWORDS": "headwater:h,analyst:a,viewer:v",
    }
    process = subprocess.Popen([sys.executable, "-m", "headwater", "warehouse"], env=environment)
    try:
        wait_http(f"http://127.0.0.1:{port}/ping", process)
        url = f"http://headwater:h@127.0.0.1:{port}"
        migrate(WarehouseSettings(clickhouse=url))  # type: ignore[arg-type]
        yield url
    finally:
        stop(process)
