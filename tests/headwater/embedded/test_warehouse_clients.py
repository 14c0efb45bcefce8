"""clickhouse-connect, unchanged, against the embedded warehouse: what is sent is what is stored."""

import datetime as dt
import threading
from collections.abc import Callable
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from clickhouse_connect.driver.exceptions import DatabaseError, StreamFailureError
from clickhouse_connect.driver.external import ExternalData

from tests.headwater.embedded.conftest import Server

pytestmark = pytest.mark.integration

Make = Callable[[str], str]
N = 100_000
NAMES = ["a", "b", "c", "d", "e", "f"]
COLUMNS = "a UInt64, b String, c Float64, d DateTime, e Array(UInt32), f Nullable(Int64)"
START = dt.datetime(2024, 1, 1)  # noqa: DTZ001  ClickHouse's DateTime comes back naive
COMPRESSIONS = [False, "lz4", "zstd", "gzip"]  # br: one test below; its client is slow


@pytest.fixture(scope="module")
def rows() -> list[tuple[Any, ...]]:
    second = dt.timedelta(seconds=1)
    return [
        (i, f"naïve {i}\n\t'", i / 3, START + i * second, [i, i + 1], None if i % 3 else -i)
        for i in range(N)
    ]


@pytest.mark.parametrize("compress", COMPRESSIONS)
def test_rows(server: Server, table: Make, rows: list[Any], compress: Any) -> None:
    client, name = server.client(compress=compress), table(COLUMNS)
    # The client takes a time without a zone for one of this machine's.
    sent = [(*row[:3], row[3].replace(tzinfo=dt.UTC), *row[4:]) for row in rows]
    summary = client.insert(name, sent, column_names=NAMES)
    assert summary.written_rows == N
    result = client.query(f"SELECT * FROM {name} ORDER BY a")
    assert (
        next(
            (both for both in zip(result.result_rows, rows, strict=True) if both[0] != both[1]),
            None,
        )
        is None
    )
    assert int(result.summary["read_rows"]) == N
    assert int(result.summary["result_rows"]) == N


@pytest.mark.parametrize("compress", COMPRESSIONS)
def test_data_frames(server: Server, table: Make, rows: list[Any], compress: Any) -> None:
    client, name = server.client(compress=compress), table("a UInt64, b String, c Float64")
    frame = pd.DataFrame([row[:3] for row in rows], columns=NAMES[:3])
    client.insert_df(name, frame)
    found = client.query_df(f"SELECT * FROM {name} ORDER BY a")
    assert found.astype(frame.dtypes.to_dict()).equals(frame)


@pytest.mark.parametrize("compress", COMPRESSIONS)
def test_arrow(server: Server, table: Make, rows: list[Any], compress: Any) -> None:
    client, name = server.client(compress=compress), table("a UInt64, b String, f Nullable(Int64)")
    sent = pa.table(
        {
            "a": pa.array([row[0] for row in rows], pa.uint64()),
            "b": pa.array([row[1] for row in rows], pa.string()),
            "f": pa.array([row[5] for row in rows], pa.int64()),
        }
    )
    client.insert_arrow(name, sent)
    found = client.query_arrow(f"SELECT * FROM {name} ORDER BY a", use_strings=True)
    assert found.to_pydict() == sent.to_pydict()


@pytest.mark.parametrize("compress", COMPRESSIONS)
def test_streams(server: Server, table: Make, rows: list[Any], compress: Any) -> None:
    client, name = server.client(compress=compress), table(COLUMNS)
    lines = (f'{{"a": {row[0]}, "c": {row[2]!r}}}\n'.encode() for row in rows)
    client.raw_insert(name, ["a", "c"], lines, fmt="JSONEachRow")
    with client.query_row_block_stream(f"SELECT a, c FROM {name} ORDER BY a") as blocks:
        found = [row for block in blocks for row in block]
    assert found == [(row[0], row[2]) for row in rows]


def test_brotli(server: Server, table: Make) -> None:
    client, name = server.client(compress="br"), table("a UInt64")
    for _ in range(2):
        client.insert(name, [[i] for i in range(5_000)], column_names=["a"])
    assert client.query(f"SELECT count(), sum(a) FROM {name}").result_rows == [(10_000, 24_995_000)]


def test_parameters(server: Server) -> None:
    values = {"n": -3, "s": "o'h\\\n\té", "l": ["x", "y'"], "t": START}
    sql = "SELECT {n:Int32}, {s:String}, {l:Array(String)}, {t:DateTime}"
    for form in (False, True):
        client = server.client(form_encode_query_params=form)
        assert client.query(sql, parameters=values).result_rows == [tuple(values.values())]


def test_settings_hold_for_one_query_or_for_a_session(server: Server) -> None:
    client, ask = server.client(), "SELECT getSetting('max_threads')"
    assert client.query(ask, settings={"max_threads": 5}).result_rows == [(5,)]
    client.command("SET max_threads = 3")
    assert client.command(ask) == 3
    assert client.query(ask, settings={"max_threads": 5}).result_rows == [(5,)]
    assert client.command(ask) == 3
    client.command("CREATE TEMPORARY TABLE tt (a Int8)")
    client.insert("tt", [[1], [2]], column_names=["a"])
    assert client.command("SELECT sum(a) FROM tt") == 3
    assert server.client().command(ask) != 3
    with pytest.raises(DatabaseError, match=r"Code: 60\."):
        server.client().command("SELECT * FROM tt")


def test_external_tables(server: Server) -> None:
    sent = ExternalData(
        file_name="m.csv", data=b"1,a\n2,b\n", fmt="CSV", structure=["id UInt8", "n String"]
    )
    result = server.client().query("SELECT * FROM m ORDER BY id", external_data=sent)
    assert result.result_rows == [(1, "a"), (2, "b")]


def test_an_external_table_is_read_with_the_requests_settings(server: Server) -> None:
    sent = ExternalData(
        file_name="m.csv", data=b"1;a\n2;b\n", fmt="CSV", structure="id UInt8, n String"
    )
    client, settings = server.client(), {"format_csv_delimiter": ";"}
    sql = "SELECT * FROM m ORDER BY id"
    for autogenerate in (True, False):  # a session's connection, and one of the pool
        client = server.client(autogenerate_session_id=autogenerate)
        if autogenerate:
            client.command("SET max_threads = 2")
        result = client.query(sql, external_data=sent, settings=settings)
        assert result.result_rows == [(1, "a"), (2, "b")]


@pytest.mark.parametrize(
    ("structure", "values"),
    [
        ("`a b` Int8, c Array(Nullable(String))", "1\t['x',NULL]"),
        ("e Enum8('a,b' = 1, 'c\td' = 2), t Tuple(x Int8, y DateTime64(3, 'UTC'))", "1\t(1,0)"),
        ("d Decimal(10, 2), m Map(String, LowCardinality(String))", "1.25\t{'k':'v'}"),
    ],
)
def test_the_types_of_an_external_table_are_whatever_the_engine_knows(
    server: Server, structure: str, values: str
) -> None:
    for session in ({}, {"session_id": "types"}):
        answer = server.http().post(
            "/",
            params={"query": "SELECT count() FROM sent", "sent_structure": structure, **session},
            files={"sent": ("sent", values.encode() + b"\n")},
        )
        assert answer.text == "1\n"


@pytest.mark.parametrize(
    ("sql", "code"),
    [
        ("SELECT nope", 47),
        ("SELEC 1", 62),
        ("SELECT * FROM nope.nope", 81),
        ("SELECT 1 SETTINGS nosuch = 1", 115),
        ("SELECT throwIf(number = 3000000), number FROM numbers(5000000)", 395),
    ],
)
def test_errors_carry_clickhouses_code(server: Server, sql: str, code: int) -> None:
    with pytest.raises(DatabaseError, match=rf"Code: {code}\."):
        server.client().query(sql)


def test_an_error_in_the_middle_of_a_stream_is_no_success(server: Server) -> None:
    sql = "SELECT throwIf(number = 3000000), repeat('x', 50) FROM numbers(5000000)"
    client = server.client()
    with (
        pytest.raises(StreamFailureError, match="395"),
        client.query_row_block_stream(sql, settings={"max_block_size": 10_000}) as blocks,
    ):
        for _ in blocks:
            pass


def test_many_clients_insert_and_read_at_once(server: Server, table: Make) -> None:
    name = table("who UInt8, a UInt64")
    failed: list[tuple[int, int, int]] = []

    def write(who: int) -> None:
        client = server.client()
        for start in range(0, 50_000, 10_000):
            block = [[who, i] for i in range(start, start + 10_000)]
            client.insert(name, block, column_names=["who", "a"])

    def read() -> None:
        client = server.client("headwater")
        seen = 0
        while any(writer.is_alive() for writer in writers):
            now, odd = client.query(f"SELECT count(), countIf(a >= 50000) FROM {name}").result_rows[
                0
            ]
            if now < seen or odd:
                failed.append((seen, now, odd))
            seen = now

    writers = [threading.Thread(target=write, args=(who,)) for who in range(4)]
    readers = [threading.Thread(target=read) for _ in range(2)]
    for thread in (*writers, *readers):
        thread.start()
    for thread in (*writers, *readers):
        thread.join(60)
    assert not failed
    found = server.run(f"SELECT who, count(), uniqExact(a) FROM {name} GROUP BY who ORDER BY who")
    assert found == "".join(f"{who}\t50000\t50000\n" for who in range(4))


def test_through_a_null_table_into_its_views(server: Server, table: Make) -> None:
    source = table("raw String", "Null")  # type: ignore[call-arg]
    kept = table("id String, raw String")
    server.run(
        f"CREATE MATERIALIZED VIEW {kept}_mv TO {kept} AS "
        f"SELECT JSONExtractString(raw, 'id') AS id, raw FROM {source}"
    )
    lines = [f'{{"id": "{i}"}}'.encode() for i in range(50_000)]
    body = b"".join(bytes([len(line)]) + line for line in lines)
    try:
        server.client().raw_insert(source, ["raw"], body, fmt="RowBinary")
        assert server.run(f"SELECT count(), uniqExact(id) FROM {kept}") == "50000\t50000\n"
    finally:
        server.run(f"DROP VIEW {kept}_mv SYNC")


def test_ddl_and_partitions(server: Server, table: Make) -> None:
    one, other = table("p UInt8, a UInt64", "MergeTree PARTITION BY p ORDER BY a"), None  # type: ignore[call-arg]
    other = table("p UInt8, a UInt64", "MergeTree PARTITION BY p ORDER BY a")  # type: ignore[call-arg]
    server.run(f"INSERT INTO {one} SELECT 1, number FROM numbers(10)")
    server.run(f"INSERT INTO {other} VALUES (1, 99), (2, 1 + 1)")
    server.run(f"ALTER TABLE {other} REPLACE PARTITION 1 FROM {one}")
    assert server.run(f"SELECT p, count(), max(a) FROM {other} GROUP BY p ORDER BY p") == (
        "1\t10\t9\n2\t1\t2\n"
    )
    server.run("SYSTEM RELOAD DICTIONARIES")
