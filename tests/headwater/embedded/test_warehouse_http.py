"""ClickHouse's HTTP interface, byte by byte where it matters."""

import gzip
import json
import socket
from collections.abc import Callable

import httpx
import pytest

from headwater.embedded.warehouse import encodings, handshake
from tests.headwater.embedded.conftest import PASSWORDS, Server

pytestmark = pytest.mark.integration

Make = Callable[[str], str]


def raw(server: Server, head: str, body: bytes, ends: bool = True) -> bytes:
    """Sends bytes as they are, ends, and takes all that comes."""
    who = f"X-ClickHouse-User: headwater\r\nX-ClickHouse-Key: {PASSWORDS['headwater']}\r\n"
    with socket.create_connection((server.host, server.port), timeout=20) as wire:
        wire.sendall(f"{head}\r\nHost: x\r\n{who}\r\n".encode() + body)
        if ends:
            wire.shutdown(socket.SHUT_WR)
        found = b""
        while piece := wire.recv(65_536):
            found += piece
    return found


def test_ping_health_and_metrics(server: Server) -> None:
    assert httpx.get(f"{server.url}/ping").text == "Ok.\n"
    assert httpx.get(f"{server.url}/healthz").json()["status"] == "ok"
    assert "headwater_warehouse_statements_total" in httpx.get(f"{server.url}/metrics").text
    assert httpx.get(f"{server.url}/nowhere").status_code == 404


def test_get_and_post_and_where_the_statement_is(server: Server) -> None:
    with server.http() as http:
        assert http.get("/", params={"query": "SELECT 1"}).text == "1\n"
        assert http.post("/", params={"query": "SELECT 2"}).text == "2\n"
        assert http.post("/", content="SELECT 3").text == "3\n"
        assert http.post("/", params={"query": "SELECT"}, content="4").text == "4\n"
        assert http.post("/", params={"query": "SELECT {x:UInt8}", "param_x": "5"}).text == "5\n"
        assert http.post("/", content=gzip.compress(b"SELECT 6"), headers={
            "Content-Encoding": "gzip"}).text == "6\n"  # fmt: skip


def test_headers(server: Server) -> None:
    answer = server.ask("SELECT number FROM numbers(10) FORMAT JSON", query_id="q-1")
    assert answer.headers["x-clickhouse-query-id"] == "q-1"
    assert answer.headers["x-clickhouse-format"] == "JSON"
    assert answer.headers["x-clickhouse-timezone"] == "UTC"
    assert answer.headers["x-clickhouse-server-display-name"] == "headwater"
    assert answer.headers["content-type"].startswith("application/json")
    summary = json.loads(answer.headers["x-clickhouse-summary"])
    assert (summary["read_rows"], summary["result_rows"]) == ("10", "10")
    assert "x-clickhouse-format" not in server.ask("CREATE DATABASE IF NOT EXISTS bench").headers


def test_default_format_database_and_settings(server: Server) -> None:
    assert server.run("SELECT 1, 2", default_format="JSONCompactEachRow") == "[1, 2]\n"
    assert server.run("SELECT currentDatabase()", database="bench") == "bench\n"
    assert server.run("SELECT getSetting('max_threads')", max_threads="7") == "7\n"
    assert server.run("SELECT toString(toDateTime(0))", session_timezone="Asia/Tokyo") == (
        "1970-01-01 09:00:00\n"
    )


@pytest.mark.parametrize(
    ("sql", "params", "code", "status"),
    [
        ("SELECT x", {}, 47, 404),
        ("SELEC 1", {}, 62, 400),
        ("", {}, 62, 400),
        ("SELECT 1; SELECT 2", {}, 62, 400),
        ("SELECT 1", {"nosuch": "1"}, 115, 404),
        ("SELECT 1", {"database": "nope"}, 81, 404),
        ("SELECT 1", {"default_format": "Nope"}, 73, 404),
        ("SELECT {x:UInt8}", {}, 456, 500),
        ("SELECT 1 INTO OUTFILE '/tmp/x'", {}, 348, 500),
        ("INSERT INTO bench.t FROM INFILE '/etc/passwd' FORMAT CSV", {}, 78, 404),
        ("INSERT INTO bench.nope FORMAT CSV\n1\n", {}, 60, 404),
        ("SELECT 1", {"session_id": "nope", "session_check": "1"}, 372, 500),
        (b"SELECT nope('\xff\xfe')", {}, 46, 404),
    ],
)
def test_errors(
    server: Server, sql: str | bytes, params: dict[str, str], code: int, status: int
) -> None:
    answer = server.ask(sql, **params)
    assert answer.headers["x-clickhouse-exception-code"] == str(code), answer.text
    assert answer.status_code == status
    assert answer.text.startswith(f"Code: {code}. DB::Exception: ")


def test_get_is_read_only(server: Server, table: Make) -> None:
    name = table("a UInt8")
    with server.http() as http:
        for sql in (
            f"INSERT INTO {name} VALUES (1)",
            f"TRUNCATE TABLE {name}",
            f"DROP TABLE {name}",
        ):
            answer = http.get("/", params={"query": sql})
            assert answer.headers["x-clickhouse-exception-code"] == "164", answer.text


@pytest.mark.parametrize(
    "send",
    [
        {"auth": ("headwater", PASSWORDS["headwater"])},
        {"params": {"user": "headwater", "password": PASSWORDS["headwater"]}},
        {
            "headers": {
                "X-ClickHouse-User": "headwater",
                "X-ClickHouse-Key": PASSWORDS["headwater"],
            }
        },
    ],
)
def test_credentials_by_each_way(server: Server, send: dict[str, object]) -> None:
    assert httpx.post(server.url, content="SELECT 1", **send).text == "1\n"  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "send",
    [
        {},
        {"auth": ("headwater", "wrong")},
        {"auth": ("headwater", "")},
        {"auth": ("default", "")},
        {"auth": ("nobody", PASSWORDS["headwater"])},
        {"headers": {"Authorization": "Bearer x"}},
        {"headers": {"Authorization": "Basic !!"}},
        {"headers": {"X-ClickHouse-User": "headwater"}},
        {"params": {"user": "analyst", "password": PASSWORDS["headwater"]}},
    ],
)
def test_wrong_credentials(server: Server, send: dict[str, object]) -> None:
    answer = httpx.post(server.url, content="SELECT 1", **send)  # type: ignore[arg-type]
    assert answer.status_code in (401, 403)
    assert answer.headers["x-clickhouse-exception-code"] == "516"


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "lz4", "zstd", "br"])
def test_results_are_compressed_only_when_asked(server: Server, encoding: str) -> None:
    want = "".join(f"{i}\n" for i in range(500_000)).encode()
    for wait in ("0", "1"):
        for enable in ("0", "1"):
            with server.http(headers={"Accept-Encoding": encoding}) as http:
                params = {"enable_http_compression": enable, "wait_end_of_query": wait}
                sql = "SELECT number FROM numbers(500000)"
                with http.stream("POST", "/", params=params, content=sql) as answer:
                    body = b"".join(answer.iter_raw())
            used = answer.headers.get("content-encoding", "")
            assert used == (encoding if enable == "1" else "")
            decoder = encodings.decoder(used)
            assert b"".join(decoder.feed(body)) == want
            decoder.finish()


@pytest.mark.parametrize(
    "form", ["TabSeparated", "CSV", "JSONEachRow", "RowBinary", "Native", "Arrow", "Parquet"]
)
def test_a_large_result_in_a_format_can_be_inserted_again(
    server: Server, table: Make, form: str
) -> None:
    name, n = table("a UInt64, b String, c Nullable(Float64)"), 300_000
    columns = "number AS a, toString(number) AS b, if(a % 3 = 0, NULL, a / 7) AS c"
    sql = f"SELECT {columns} FROM numbers({n})"
    with server.http() as http:
        data = http.post("/", content=f"{sql} FORMAT {form}").content
        for body, params in (
            (f"INSERT INTO {name} FORMAT {form}\n".encode() + data, {}),
            (data, {"query": f"INSERT INTO {name} FORMAT {form}"}),
        ):
            answer = http.post("/", content=body, params=params)
            assert answer.status_code == 200, answer.text
            assert json.loads(answer.headers["x-clickhouse-summary"])["written_rows"] == str(n)
    ask = "SELECT count(), sum(cityHash64(a, b, c)) FROM ({})"
    once = server.run(ask.format(f"{sql} UNION ALL {sql}"))
    assert server.run(ask.format(f"SELECT * FROM {name}")) == once


def test_own_block_compression_both_ways(server: Server, table: Make) -> None:
    name = table("a UInt64")
    data = b"".join(i.to_bytes(8, "little") for i in range(200_000))
    with server.http() as http:
        query = f"INSERT INTO {name} FORMAT RowBinary"
        body = encodings.encoder("blocks").feed(data)
        params = {"decompress": "1", "query": query}
        assert http.post("/", params=params, content=body).status_code == 200
        answer = http.post(
            "/",
            params={"compress": "1"},
            content=f"SELECT a FROM {name} ORDER BY a FORMAT RowBinary",
        )
        assert b"".join(encodings.Blocks().feed(answer.content)) == data
        assert http.post("/", params=params, content=body[:-9]).status_code != 200


def test_the_handshake_of_the_go_driver(server: Server) -> None:
    answer = server.ask(
        "SELECT displayName(), version(), revision(), timezone()",
        client_protocol_version="54460",
        default_format="Native",
    )
    version = server.run("SELECT version()").strip()
    assert answer.content == handshake.answer("headwater", version, "UTC", 54460)
    plain = server.ask("SELECT 1", client_protocol_version="54460", default_format="Native")
    assert plain.content == b"\x01\x01\x011\x05UInt8\x01"


def test_an_error_in_the_middle_breaks_the_answer_off(server: Server) -> None:
    body = b"SELECT throwIf(number = 3000000), repeat('x', 9) FROM numbers(5000000)"
    head = f"POST / HTTP/1.1\r\nContent-Length: {len(body)}"
    found = raw(server, head, body, ends=False)
    assert found.startswith(b"HTTP/1.1 200")
    assert b"Code: 395. DB::Exception" in found[-1000:]
    assert found[-40:].rstrip().endswith(b"__exception__")
    assert not found.endswith(b"0\r\n\r\n")
    waited = server.ask(body, wait_end_of_query="1")
    assert (waited.status_code, waited.headers["x-clickhouse-exception-code"]) == (500, "395")


@pytest.mark.parametrize("n", [3, 3_000_000])
def test_a_body_that_breaks_off_is_no_success(server: Server, table: Make, n: int) -> None:
    name = table("a UInt64")
    head = f"POST /?query=INSERT+INTO+{name}+FORMAT+CSV HTTP/1.1\r\n"
    sized = raw(server, head + "Content-Length: 99999999", b"7\n" * n)
    chunk = b"%x\r\n%s\r\n" % (2 * n, b"7\n" * n)
    chunked = raw(server, head + "Transfer-Encoding: chunked", chunk)
    assert b" 200 " not in sized[:20]
    assert b" 200 " not in chunked[:20]
    if n == 3:
        assert server.run(f"SELECT count() FROM {name}") == "0\n"


def test_a_wrong_row_refuses_the_insert(server: Server, table: Make) -> None:
    name = table("a UInt64")
    answer = server.ask(f"INSERT INTO {name} FORMAT CSV\n1\n2\nx\n")
    assert answer.status_code == 400
    assert answer.headers["x-clickhouse-exception-code"] in ("27", "117")
    assert server.run(f"SELECT count() FROM {name}") == "0\n"


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "lz4", "zstd", "br", "unheard-of"])
def test_a_body_that_is_not_what_its_header_says(
    server: Server, table: Make, encoding: str
) -> None:
    name = table("a UInt64")
    with server.http(headers={"Content-Encoding": encoding}) as http:
        answer = http.post(
            "/", params={"query": f"INSERT INTO {name} FORMAT CSV"}, content=b"1\n2\n"
        )
    assert answer.status_code >= 400
    assert server.run(f"SELECT count() FROM {name}") == "0\n"


@pytest.mark.parametrize(
    "sent",
    [
        b"GARBAGE\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"\x00\x01\x02" * 100,
        b"GET /?query=%ff%fe&x=\xff HTTP/1.1\r\n\r\n",
    ],
)
def test_garbage_disturbs_nobody(server: Server, sent: bytes) -> None:
    with socket.create_connection((server.host, server.port), timeout=10) as wire:
        wire.sendall(sent)
        wire.shutdown(socket.SHUT_WR)
        found = wire.recv(65_536)
    assert b" 200 " not in found[:20]
    assert server.run("SELECT 1") == "1\n"


def test_a_session_is_one_clients(server: Server) -> None:
    with server.http() as http:
        params = {"session_id": "s-1"}
        http.post("/", params=params, content="SET max_threads = 5")
        ask = "SELECT getSetting('max_threads')"
        assert http.post("/", params=params, content=ask).text == "5\n"
        assert http.post("/", content=ask).text != "5\n"
    with server.http("analyst") as http:
        assert http.post("/", params=params, content=ask).text != "5\n"


def test_maintenance_refuses_writes_and_reads_go_on(server: Server, table: Make) -> None:
    name = table("a UInt64")
    with server.http() as http, server.http("analyst") as analyst:
        assert analyst.put("/maintenance", json={"seconds": 60}).status_code == 403
        assert http.put("/maintenance", json={"seconds": "x"}).status_code == 400
        assert http.put("/maintenance", json={"seconds": 60}).status_code == 200
        try:
            answer = http.post("/", content=f"INSERT INTO {name} VALUES (1)")
            assert answer.headers["x-clickhouse-exception-code"] == "242"
            assert http.post("/", content=f"SELECT count() FROM {name}").text == "0\n"
        finally:
            assert http.delete("/maintenance").json() == {"refuses_writes_for": 0.0}
        assert http.post("/", content=f"INSERT INTO {name} VALUES (1)").status_code == 200
