"""`headwater query` against the real engine: as the analyst, in every format, in pieces."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pyarrow as pa
import pyarrow.parquet
import pytest

from headwater import querying
from headwater.errors import StackError
from headwater.running import Running
from tests.conftest import WarehouseUrls

pytestmark = pytest.mark.integration
THREE = "SELECT number AS n, concat('ä,', toString(number)) AS text FROM numbers(3)"
#: The whole result is about 180 MB of CSV.
LARGE = "SELECT number, number * 7 FROM numbers(10000000)"


@pytest.fixture
def data(warehouse: WarehouseUrls, tmp_path: Path) -> Path:
    """A data folder whose stack.json names the warehouse."""
    address = urlsplit(warehouse.admin)
    url = f"http://{address.hostname}:{address.port}"
    described = {
        "warehouse": {"url": url, "username": "analyst", "password": "a"},
        "warehouse_admin": {"url": url, "username": "headwater", "password": "h"},
    }
    (tmp_path / "run").mkdir()
    (tmp_path / "version").write_text("1\n")
    (tmp_path / "stack.json").write_text(json.dumps(described))
    (tmp_path / "run" / "supervisor.json").write_text(json.dumps({"pid": os.getpid(), "parts": {}}))
    return tmp_path


def ask(data: Path, *words: str, given: bytes = b"") -> "subprocess.CompletedProcess[bytes]":
    command = [sys.executable, "-m", "headwater", "query", *words, "--data", str(data)]
    return subprocess.run(command, input=given, capture_output=True, timeout=300)


def test_a_query_comes_from_an_argument_a_file_or_the_standard_input(data: Path) -> None:
    file = data / "three.sql"
    file.write_text(f"{THREE};\n-- the end\n")
    asked = (
        ask(data, THREE),
        ask(data, "--file", str(file)),
        ask(data, given=THREE.encode()),
        ask(data, "-", given=THREE.encode()),
    )
    for done in asked:
        assert done.returncode == 0, done.stderr
        assert done.stdout.decode() == '"n","text"\n0,"ä,0"\n1,"ä,1"\n2,"ä,2"\n'


def test_every_format_is_what_its_readers_expect(data: Path) -> None:
    rows = [{"n": n, "text": f"ä,{n}"} for n in range(3)]
    told = ask(data, THREE, "--format", "json").stdout.decode().splitlines()
    assert [json.loads(line) for line in told] == rows
    table = ask(data, THREE, "--format", "table").stdout.decode()
    assert "│ 1 │ ä,1  │" in table, table
    assert "\x1b" not in table
    parquet = pyarrow.parquet.read_table(io.BytesIO(ask(data, THREE, "--format", "parquet").stdout))
    arrow = pa.ipc.open_file(io.BytesIO(ask(data, THREE, "--format", "arrow").stdout)).read_all()
    for found in (parquet, arrow):
        assert found.column_names == ["n", "text"]
        texts = [t.decode() if isinstance(t, bytes) else t for t in found["text"].to_pylist()]
        assert [*zip(found["n"].to_pylist(), texts, strict=True)] == [
            (row["n"], row["text"]) for row in rows
        ]


@pytest.mark.parametrize(
    ("sql", "says"),
    [
        ("SELECT nothing FROM learning.events", "`nothing`"),
        ("SELEC 1", "Syntax error"),
        ("SELECT * FROM lrs.statements", "ACCESS_DENIED"),
        ("DROP TABLE learning.fact_rows", "ACCESS_DENIED"),
        (" ", "there is no query"),
    ],
)
def test_what_is_wrong_is_one_line_and_exit_code_1(data: Path, sql: str, says: str) -> None:
    done = ask(data, sql)
    *_, line = done.stderr.decode().splitlines()
    assert (done.returncode, done.stdout) == (1, b"")
    assert says in line
    assert "Traceback" not in line
    assert "127.0.0.1" not in line
    assert len(done.stderr.decode().splitlines()) <= 2, "which stack it is, and what is wrong"


def test_a_file_is_there_whole_or_not_at_all(data: Path) -> None:
    output = data / "out.csv"
    assert ask(data, THREE, "--output", str(output)).returncode == 0
    before = output.read_bytes()
    assert before.startswith(b'"n","text"\n0,')
    broken = "SELECT throwIf(number > 5000000) FROM numbers(100000000)"
    done = ask(data, broken, "--output", str(output))
    assert done.returncode == 1
    assert b"broke off" in done.stderr
    assert output.read_bytes() == before
    assert [path.name for path in data.glob("out*")] == ["out.csv"]
    done = ask(data, THREE, "--output", str(data / "no" / "such" / "out.csv"))
    assert done.returncode == 1
    assert b"cannot be written" in done.stderr


def test_a_large_result_is_never_whole_in_memory(data: Path) -> None:
    def highest(sql: str) -> tuple[int, int]:
        command = [sys.executable, "-m", "headwater", "query", sql, "--data", str(data)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            watched, most, size = psutil.Process(process.pid), 0, 0
            while piece := process.stdout.read(1 << 20):
                size += len(piece)
                most = max(most, watched.memory_info().rss)
        assert process.returncode == 0
        return most, size

    small, _ = highest("SELECT number FROM numbers(1000000)")
    large, size = highest(LARGE)
    assert size > 150 << 20
    assert large - small < 40 << 20, (small, large)


def test_who_reads_may_have_enough(data: Path) -> None:
    command = [sys.executable, "-m", "headwater", "query", LARGE, "--data", str(data)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.read(5)
        process.stdout.close()
        told = process.stderr.read().decode()
    assert process.returncode == 0
    assert len(told.splitlines()) == 1, told


def test_where_the_environment_names_the_warehouse_it_is_only_read(
    warehouse: WarehouseUrls,
) -> None:
    stack = Running({"warehouse_admin": {"url": warehouse.admin}}, "here")
    assert b"".join(querying.asked(stack, "SELECT 7 AS n", "csv")) == b'"n"\n7\n'
    with pytest.raises(StackError, match=r"READONLY|readonly"):
        b"".join(querying.asked(stack, "CREATE TABLE default.x (n UInt8) ENGINE Memory", "csv"))


def test_bytes_are_not_for_a_terminal() -> None:
    querying.refuse_binary("parquet", terminal=False)
    querying.refuse_binary("csv", terminal=True)
    with pytest.raises(StackError, match="--output"):
        querying.refuse_binary("arrow", terminal=True)


def test_sql_is_given_once(tmp_path: Path) -> None:
    with pytest.raises(StackError, match="twice"):
        querying.read("SELECT 1", tmp_path / "a.sql")
