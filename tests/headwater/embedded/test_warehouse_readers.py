"""What analysts and viewers may not do, by every road that was thought of, and what they must."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from headwater.embedded.warehouse.rights import SYSTEM_TABLES
from tests.headwater.embedded.conftest import Server, stop

pytestmark = pytest.mark.integration

SECRET = "topsecret-9f2c"
REFUSALS = {"62", "115", "164", "348", "452", "497"}
READERS = ("analyst", "viewer")

TABLES = """
SELECT * FROM vault.secret
SELECT * FROM vault.`secret`
SELECT * FROM (SELECT * FROM vault.secret)
WITH x AS (SELECT * FROM vault.secret) SELECT * FROM x
SELECT (SELECT any(a) FROM vault.secret)
SELECT 1 UNION ALL SELECT count() FROM vault.secret
SELECT * FROM numbers(1) AS n JOIN vault.secret AS s ON 1 = 1
SELECT 'x' IN vault.secret
SELECT 'x' IN (SELECT a FROM vault.secret)
SELECT 'x' GLOBAL IN vault.secret
SELECT dictGet('vault.d', 'v', toUInt64(1))
SELECT dictGet(concat('vault', '.d'), 'v', toUInt64(1))
SELECT dictGetOrDefault('vault.d', 'v', toUInt64(1), 'x')
SELECT dictHas('vault.d', toUInt64(1))
SELECT joinGet('vault.j', 'v', 1)
SELECT * FROM vault.d
SELECT * FROM dictionary('vault.d')
SELECT * FROM merge('vault', '.*')
SELECT * FROM merge(REGEXP('.*'), '.*')
SELECT * FROM remote('127.0.0.1', 'vault', 'secret')
SELECT * FROM remote('127.0.0.1', vault.secret)
SELECT * FROM cluster('default', 'vault', 'secret')
SELECT * FROM clusterAllReplicas('default', vault.secret)
SELECT * FROM loop('vault', 'secret')
SELECT * FROM mergeTreeIndex('vault', 'secret')
SELECT * FROM mergeTreeProjection('vault', 'secret', 'p')
SELECT * FROM view(SELECT * FROM vault.secret)
SELECT * FROM viewIfPermitted(SELECT * FROM vault.secret ELSE null('a String'))
SELECT * FROM viewExplain('EXPLAIN', '', (SELECT * FROM vault.secret))
SELECT * FROM (EXPLAIN SELECT * FROM vault.secret)
EXPLAIN SELECT * FROM vault.secret
EXPLAIN indexes = 1 SELECT * FROM vault.secret
EXPLAIN PIPELINE SELECT * FROM vault.secret
EXPLAIN ESTIMATE SELECT * FROM vault.secret
EXPLAIN QUERY TREE SELECT * FROM vault.secret
EXPLAIN TABLE OVERRIDE mysql('127.0.0.1:1', 'a', 'b', 'c', 'd') PARTITION BY x
EXPLAIN CURRENT TRANSACTION
DESCRIBE TABLE vault.secret
DESCRIBE (SELECT * FROM vault.secret)
SHOW CREATE TABLE vault.secret
SHOW CREATE DICTIONARY vault.d
EXISTS TABLE vault.secret
SELECT hasColumnInTable('vault', 'secret', 'a')
CHECK TABLE vault.secret
SELECT * FROM lrs.statement_rows
"""

OUTSIDE = """
SELECT file('/etc/passwd')
SELECT FILE('/etc/passwd')
SELECT `file`('/etc/passwd')
SELECT "file"('/etc/passwd')
SELECT /**/file/**/('/etc/passwd')
SELECT arrayMap(file, ['/etc/passwd'])
SELECT arrayMap(x -> file(x), ['/etc/passwd'])
SELECT * APPLY(file) FROM (SELECT '/etc/passwd' AS a)
SELECT COLUMNS('a') APPLY file FROM (SELECT '/etc/passwd' AS a)
WITH file AS f SELECT f('/etc/passwd')
SELECT transform(1, [1], [file('/etc/passwd')])
EXPLAIN SYNTAX SELECT file('/etc/passwd')
SELECT * FROM file('/etc/passwd', 'LineAsString')
SELECT * FROM fileCluster('default', '/etc/passwd', 'LineAsString')
DESCRIBE file('/etc/passwd')
SELECT * FROM url('http://127.0.0.1:1/', 'CSV', 'a Int8')
SELECT * FROM urlCluster('default', 'http://127.0.0.1:1/', 'CSV', 'a Int8')
SELECT * FROM s3('http://127.0.0.1:1/x', 'CSV', 'a Int8')
SELECT * FROM gcs('http://127.0.0.1:1/x')
SELECT * FROM azureBlobStorage('x', 'y', 'z')
SELECT * FROM hdfs('hdfs://127.0.0.1:1/', 'CSV', 'a Int8')
SELECT * FROM deltaLake('http://127.0.0.1:1/')
SELECT * FROM icebergLocal('/etc')
SELECT * FROM executable('ls', 'CSV', 'a String')
SELECT * FROM Python(os)
SELECT * FROM python(os)
SELECT * FROM mysql('127.0.0.1:1', 'a', 'b', 'c', 'd')
SELECT * FROM postgresql('127.0.0.1:1', 'a', 'b', 'c', 'd')
SELECT * FROM sqlite('/tmp/x', 'b')
SELECT * FROM mongodb('127.0.0.1:1', 'a', 'b', 'c', 'd', 'a Int8')
SELECT * FROM redis('127.0.0.1:1', 'a', 'a Int8')
SELECT * FROM jdbc('x', 'y')
SELECT * FROM odbc('x', 'y')
SELECT * FROM arrowFlight('127.0.0.1:1', 'y')
SELECT * FROM filesystem('/etc')
SELECT * FROM input('a Int8')
SELECT filesystemAvailable()
SELECT getServerSetting('path')
SELECT getMacro('x')
SELECT serverUUID()
SELECT tcpPort()
SELECT addressToLine(0)
SELECT sleep(3)
SELECT sleepEachRow(1) FROM numbers(3)
SELECT 1 INTO OUTFILE '/tmp/headwater-evil'
SELECT 1 INTO OUTFILE '/tmp/headwater-evil' TRUNCATE FORMAT CSV
(SELECT 1) INTO OUTFILE '/tmp/headwater-evil'
SHOW TABLES INTO OUTFILE '/tmp/headwater-evil'
EXPLAIN SELECT 1 INTO OUTFILE '/tmp/headwater-evil'
"""

WRITES = """
INSERT INTO viewer.teams VALUES (1)
INSERT INTO viewer.teams SELECT 1
INSERT INTO FUNCTION file('/tmp/headwater-evil', 'CSV', 'a Int8') VALUES (1)
INSERT INTO FUNCTION url('http://127.0.0.1:1/', 'CSV', 'a Int8') SELECT 1
CREATE TABLE viewer.x (a Int8) ENGINE = Memory
CREATE TABLE x ENGINE = File(CSV, '/etc/passwd')
CREATE TEMPORARY TABLE x (a Int8)
CREATE VIEW viewer.x AS SELECT * FROM vault.secret
CREATE MATERIALIZED VIEW viewer.x ENGINE = Memory AS SELECT 1
CREATE FUNCTION f AS x -> x
CREATE DATABASE x
CREATE USER u
CREATE ROLE r
ALTER USER default IDENTIFIED WITH no_password
DROP ROLE analyst
GRANT ALL ON *.* TO default
REVOKE ALL ON *.* FROM default
DROP TABLE viewer.teams
DETACH TABLE viewer.teams
ATTACH TABLE viewer.teams
TRUNCATE TABLE viewer.teams
OPTIMIZE TABLE viewer.teams
ALTER TABLE viewer.teams DELETE WHERE 1
DELETE FROM viewer.teams WHERE 1
UPDATE viewer.teams SET a = 2 WHERE 1
RENAME TABLE viewer.teams TO viewer.x
EXCHANGE TABLES viewer.teams AND vault.secret
KILL QUERY WHERE 1
KILL MUTATION WHERE 1
SET ROLE admin
SET ROLE DEFAULT
SET DEFAULT ROLE admin TO default
SET readonly = 0
SET max_memory_usage = 0
USE vault
BEGIN TRANSACTION
EXECUTE AS default SELECT 1
SYSTEM SHUTDOWN
SYSTEM FLUSH LOGS
SYSTEM STOP MERGES
SYSTEM RELOAD DICTIONARIES
BACKUP TABLE vault.secret TO File('/tmp/headwater-evil')
RESTORE TABLE vault.secret FROM File('/tmp/headwater-evil')
SELECT 1; SELECT * FROM vault.secret
SELECT 1;SELECT file('/etc/passwd')
SELECT 1 -- ';\\n; SET ROLE admin
SELECT 1 PARALLEL WITH SELECT 2
"""

SYSTEM = """
SELECT * FROM system.processes
SELECT * FROM `system`.`processes`
SELECT * FROM "system"."processes"
SELECT * FROM SYSTEM.processes
SELECT * FROM (SELECT * FROM system.processes)
WITH x AS (SELECT * FROM system.processes) SELECT * FROM x
SELECT 'x' IN (SELECT query FROM system.processes)
SELECT 'x' IN system.processes
SELECT (SELECT count() FROM system.users)
SELECT * FROM numbers(1) AS n JOIN system.users AS u ON 1 = 1
SELECT * FROM merge('system', 'processes')
SELECT * FROM system.query_log
SELECT * FROM system.users
SELECT * FROM system.roles
SELECT * FROM system.grants
SELECT * FROM system.dictionaries
SELECT * FROM system.server_settings
SELECT * FROM system.errors
SELECT * FROM system.parts
SELECT * FROM system.disks
SELECT * FROM system.clusters
SELECT * FROM system.stack_trace
SELECT * FROM system.named_collections
SELECT * FROM system.user_directories
SELECT * FROM system.metrics
SELECT * FROM system.mutations
EXPLAIN SYNTAX SELECT * FROM system.processes
DESCRIBE system.processes
SHOW PROCESSLIST
SHOW GRANTS
SHOW ACCESS
SHOW USERS
SHOW ROLES
SHOW CREATE USER default
SHOW CREATE ROLE analyst
"""

SETTINGS = """
SELECT 1 SETTINGS readonly = 0
SELECT 1 SETTINGS max_memory_usage = 100000000000
SELECT 1 SETTINGS max_memory_usage = 0
SELECT 1 SETTINGS max_execution_time = 0
SELECT 1 SETTINGS max_execution_time = 100000
SELECT 1 SETTINGS max_threads = 1, max_memory_usage = 0
SELECT 1 SETTINGS log_comment = ('a', 'b'), max_memory_usage = 0
SELECT * FROM (SELECT 1 SETTINGS max_memory_usage = 0)
SELECT 1 UNION ALL (SELECT 2 SETTINGS max_execution_time = 0)
SELECT 1 FORMAT Null SETTINGS max_memory_usage = 0
SELECT 1 SETTINGS allow_introspection_functions = 1
SELECT 1 SETTINGS allow_ddl = 1
SELECT 1 SETTINGS log_queries = 1
SELECT 1 SETTINGS dialect = 'prql'
SELECT 1 SETTINGS param_x = '1'
SELECT 1 SETTINGS "readonly" = 0
SELECT 1 SETTINGS additional_result_filter = 'file(\\'/etc/passwd\\') != \\'\\''
SELECT * FROM viewer.teams SETTINGS additional_table_filters = {'viewer.teams': 'file(a) != 1'}
SELECT 1 FORMAT Protobuf SETTINGS output_format_schema = '/tmp/headwater-evil'
SELECT 1 FORMAT Template SETTINGS format_template_row = '/etc/passwd'
"""


#: What the engine's tree does not show, and names that could be taken for lines of it.
BLIND = (Path(__file__).parent / "statements" / "refused.sql").read_text("utf-8")


def lines(*groups: str) -> list[str]:
    return [line for group in groups for line in group.strip().splitlines()]


@pytest.fixture(scope="module", autouse=True)
def guarded(server: Server) -> Iterator[None]:
    """A secret in the vault, a view over it for all, a table for viewers, one for analysts."""
    for sql in (
        "CREATE TABLE vault.secret (a String) ENGINE = MergeTree ORDER BY a",
        f"INSERT INTO vault.secret VALUES ('{SECRET}')",
        "CREATE TABLE vault.pairs (k UInt64, v String) ENGINE = MergeTree ORDER BY k",
        f"INSERT INTO vault.pairs VALUES (1, '{SECRET}')",
        "CREATE DICTIONARY vault.d (k UInt64, v String) PRIMARY KEY k "
        "SOURCE(CLICKHOUSE(QUERY 'SELECT k, v FROM vault.pairs' USER 'default')) "
        "LAYOUT(FLAT()) LIFETIME(0)",
        "CREATE TABLE vault.j (k UInt64, v String) ENGINE = Join(ANY, LEFT, k)",
        "CREATE TABLE lrs.statement_rows (a UInt8) ENGINE = MergeTree ORDER BY a",
        "CREATE VIEW lrs.statements_pseudonymous AS SELECT 1 AS a",
        "CREATE TABLE viewer.teams (a UInt8) ENGINE = MergeTree ORDER BY a",
        "INSERT INTO viewer.teams VALUES (1)",
        "CREATE TABLE learning.events (a UInt8) ENGINE = MergeTree ORDER BY a",
        "CREATE VIEW viewer.settings DEFINER = CURRENT_USER SQL SECURITY DEFINER AS "
        "SELECT count() AS n, any(dictGet('vault.d', 'v', toUInt64(1))) != '' AS known "
        "FROM vault.secret",
    ):
        server.run(sql)
    yield
    for name in ("settings", "teams"):
        server.run(f"DROP TABLE viewer.{name} SYNC")
    server.run("DROP DICTIONARY vault.d")
    for name in ("vault.secret", "vault.pairs", "vault.j", "lrs.statement_rows", "learning.events"):
        server.run(f"DROP TABLE {name} SYNC")
    server.run("DROP VIEW lrs.statements_pseudonymous SYNC")


def test_the_secret_is_there(server: Server) -> None:
    assert server.run("SELECT * FROM vault.secret") == f"{SECRET}\n"
    assert server.run("SELECT dictGet('vault.d', 'v', toUInt64(1))") == f"{SECRET}\n"


@pytest.mark.parametrize("user", READERS)
@pytest.mark.parametrize("sql", lines(TABLES, OUTSIDE, WRITES, SYSTEM, SETTINGS, BLIND))
def test_refused(server: Server, user: str, sql: str) -> None:
    for params in ({}, {"session_id": "evil"}):
        answer = server.ask(sql.replace("\\n", "\n"), user=user, **params)
        assert answer.status_code != 200, answer.text[:300]
        assert SECRET not in answer.text
        assert "root:" not in answer.text
        code = answer.headers["x-clickhouse-exception-code"]
        assert code in REFUSALS or (
            code in ("46", "47", "60", "81") and "Unknown" in answer.text
        ), answer.text[:300]


@pytest.mark.parametrize("user", READERS)
@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1 AS a, COLUMNS('a') APPLY(x -> x IN ({d:Identifier}.{t:Identifier}))",
        "SHOW TABLES WHERE name IN ({d:Identifier}.{t:Identifier})",
        "SHOW TABLES FROM {d:Identifier} WHERE name IN ({d:Identifier}.{t:Identifier})",
        "SELECT a FROM viewer.{n:Identifier}",
    ],
)
def test_names_that_cannot_be_checked_are_refused(server: Server, user: str, sql: str) -> None:
    named = {"d": "system", "t": "processes", "n": "x\n SelectQuery"}
    answer = server.ask(sql, user=user, **{f"param_{k}": v for k, v in named.items()})
    assert answer.headers.get("x-clickhouse-exception-code") in ("497", "457", "62"), answer.text


@pytest.mark.parametrize("user", READERS)
@pytest.mark.parametrize(
    ("sql", "params"),
    [
        ("SELECT * FROM {d:Identifier}.{t:Identifier}", {"d": "vault", "t": "secret"}),
        ("SELECT * FROM {d:Identifier}.{t:Identifier}", {"d": "system", "t": "processes"}),
        ("SELECT * FROM {t:Identifier}", {"t": "system.processes"}),
        ("SELECT 1 IN {d:Identifier}.{t:Identifier}", {"d": "system", "t": "users"}),
        ("SELECT dictGet({d:String}, 'v', toUInt64(1))", {"d": "vault.d"}),
    ],
)
def test_refused_with_parameters(
    server: Server, user: str, sql: str, params: dict[str, str]
) -> None:
    harmless = {name: "viewer" if name == "d" else "teams" for name in params}
    for values in (harmless, params):  # the first must not open the way for the second
        answer = server.ask(sql, user=user, **{f"param_{k}": v for k, v in values.items()})
    assert answer.status_code != 200, answer.text[:300]
    assert SECRET not in answer.text


EXTERNAL = {
    "file": "a String) ENGINE = File('LineAsString', '{secret}') --",
    "as": "a String) ENGINE = Memory AS SELECT a FROM vault.secret --",
    "default": "a String DEFAULT file('{secret}')",
    "alias": "a String ALIAS file('{secret}')",
    "plain": "a String",
}


@pytest.mark.parametrize("user", READERS)
@pytest.mark.parametrize("way", ["structure", "types"])
@pytest.mark.parametrize("kind", EXTERNAL)
def test_readers_send_no_external_tables(
    server: Server, tmp_path: Path, user: str, way: str, kind: str
) -> None:
    (secret := tmp_path / "secret").write_text(SECRET)
    said = EXTERNAL[kind].replace("{secret}", str(secret))
    said = said if way == "structure" else said.removeprefix("a ")
    for session in ({}, {"session_id": "external"}):
        answer = server.http(user).post(
            "/",
            params={"query": "SELECT * FROM sent", f"sent_{way}": said, **session},
            files={"sent": ("sent", b"x\n")},
        )
        assert answer.headers.get("x-clickhouse-exception-code") == "497", answer.text
        assert "external tables" in answer.text
        assert SECRET not in answer.text
        assert secret.read_text() == SECRET


@pytest.mark.parametrize("kind", ["file", "as", "default", "alias"])
def test_an_external_table_is_columns_and_nothing_else(
    server: Server, tmp_path: Path, kind: str
) -> None:
    """Not even the administrator's: a program that passes on what others call a type is safe."""
    (secret := tmp_path / "secret").write_text(SECRET)
    for session in ({}, {"session_id": "external"}):
        answer = server.http().post(
            "/",
            params={
                "query": "SELECT * FROM sent",
                "sent_structure": EXTERNAL[kind].replace("{secret}", str(secret)),
                **session,
            },
            files={"sent": ("sent", b"x\n")},
        )
        assert SECRET not in answer.text
        assert answer.status_code != 200 or answer.text == "x\n"
        assert secret.read_text() == SECRET


@pytest.mark.parametrize(
    "params",
    [
        {"param_x = 1, readonly": "0"},
        {"session_id": "pasted", "max_threads = 1, readonly": "0"},
        {"session_id": "pasted", "param_a`b": "0"},
    ],
)
def test_names_are_words(server: Server, params: dict[str, str]) -> None:
    server.run("SET max_threads = 2", session_id="pasted")
    answer = server.ask("SELECT 1", **params)
    assert answer.headers.get("x-clickhouse-exception-code") in ("36", "115"), answer.text
    answer = server.ask("INSERT INTO learning.events VALUES", **params)
    assert answer.headers.get("x-clickhouse-exception-code") in ("36", "115"), answer.text


@pytest.mark.parametrize("user", READERS)
@pytest.mark.parametrize(
    "params",
    [
        {"readonly": "0"},
        {"allow_ddl": "0"},
        {"additional_result_filter": "file('/etc/passwd') != ''"},
        {"additional_table_filters": "{'viewer.teams': 'file(\\'/etc/passwd\\') != 1'}"},
        {"dialect": "kusto"},
        {"allow_introspection_functions": "0"},
        {"output_format_schema": "/tmp/headwater-evil"},
        {"max_memory_usage_for_user": "1"},
        {"async_insert": "0", "async_insert_nosuch": "1"},
        {"nosuch": "1"},
        {"a = 1, readonly": "0"},
    ],
)
def test_settings_in_the_url_are_refused(server: Server, user: str, params: dict[str, str]) -> None:
    answer = server.ask("SELECT * FROM viewer.teams", user=user, **params)
    assert answer.headers.get("x-clickhouse-exception-code") in ("115", "164"), answer.text[:300]


@pytest.mark.parametrize("user", READERS)
@pytest.mark.parametrize(
    "params",
    [
        {"async_insert": "0", "wait_for_async_insert": "1", "insert_quorum": "2"},
        {"load_balancing": "random", "select_sequential_consistency": "1"},
        {"readonly": "1", "connect_timeout": "5", "receive_timeout": "7"},
        {"allow_ddl": "true", "max_memory_usage_for_user": "0", "s3_max_connections": "1024"},
    ],
)
def test_settings_that_change_nothing_for_a_reader_are_taken(
    server: Server, user: str, params: dict[str, str]
) -> None:
    ask = "SELECT a, getSetting('readonly') FROM viewer.teams"
    answer = server.ask(ask, user=user, **params)
    assert answer.text == "1\t2\n"


@pytest.mark.parametrize("user", READERS)
def test_limits_in_the_url_are_brought_down(server: Server, user: str) -> None:
    ask = "SELECT getSetting('max_memory_usage'), getSetting('max_execution_time')"
    usual = server.ask(ask, user=user).text
    memory, seconds = usual.split()
    assert int(memory) > 0
    assert int(seconds) > 0
    loose = {"max_memory_usage": "0", "max_execution_time": "99999"}
    assert server.ask(ask, user=user, **loose).text == usual
    tight = {"max_memory_usage": "1000000", "max_execution_time": "2"}
    assert server.ask(ask, user=user, **tight).text == "1000000\t2\n"


@pytest.mark.parametrize("user", READERS)
def test_other_databases_in_the_url(server: Server, user: str) -> None:
    for database, sql in (
        ("vault", "SELECT * FROM secret"),
        ("vault", "SELECT dictGet('d', 'v', toUInt64(1))"),
        ("system", "SELECT * FROM processes"),
        ("system", "SELECT 'x' IN processes"),
    ):
        answer = server.ask(sql, user=user, database=database)
        assert answer.headers.get("x-clickhouse-exception-code") == "497", answer.text[:300]


@pytest.mark.parametrize("user", READERS)
def test_nothing_of_the_vault_shows_in_what_clients_list(server: Server, user: str) -> None:
    for sql in (
        "SELECT * FROM system.databases",
        "SELECT database, name FROM system.tables",
        "SELECT * FROM system.columns",
        "SELECT table_schema, table_name FROM information_schema.tables",
        "SELECT * FROM information_schema.columns",
        "SHOW DATABASES",
        "SHOW TABLES FROM vault",
        "SHOW COLUMNS FROM secret FROM vault",
    ):
        answer = server.ask(sql, user=user)
        assert answer.status_code == 200, answer.text[:300]
        assert "secret" not in answer.text
        assert "statement_rows" not in answer.text


@pytest.mark.parametrize("user", READERS)
@pytest.mark.parametrize(
    ("sql", "text"),
    [
        ("SELECT * FROM viewer.teams", "1\n"),
        ("SELECT * FROM viewer.settings", "1\t1\n"),
        ("SELECT a FROM viewer.teams FORMAT JSONCompactEachRow SETTINGS max_threads = 1", "[1]\n"),
        ("SELECT 'a;b' AS `x;y` -- ; SELECT 2", "a;b\n"),
        ("WITH 1 AS x SELECT x UNION ALL SELECT 1", "1\n1\n"),
        ("SELECT count() FROM numbers(10) WHERE number IN (1, 2)", "2\n"),
        (
            "SELECT name FROM system.one JOIN (SELECT 0 AS dummy, 'n' AS name) AS x USING dummy",
            "n\n",
        ),
        ("SELECT sum(a) FROM viewer.teams SETTINGS final = 0, max_memory_usage = 1000000", "1\n"),
        ("SELECT arrayMap(x -> x * 2, [1]) AS `file name`", "[2]\n"),
        ("EXISTS TABLE viewer.teams", "1\n"),
        ("SELECT currentUser() != '', version() != ''", "1\t1\n"),
    ],
)
def test_allowed(server: Server, user: str, sql: str, text: str) -> None:
    assert server.ask(sql, user=user).text == text


#: What clients ask by themselves when they connect and when they list what there is.
CLIENTS = (Path(__file__).parent / "statements" / "asked.sql").read_text("utf-8")


@pytest.mark.parametrize("user", READERS)
@pytest.mark.parametrize("sql", lines(CLIENTS))
def test_what_clients_ask_is_answered(server: Server, user: str, sql: str) -> None:
    answer = server.ask(sql, user=user)
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("user", READERS)
def test_errors_name_the_user_and_speak_of_tables(server: Server, user: str) -> None:
    answer = server.ask("SELECT * FROM events", user=user)
    assert answer.headers["x-clickhouse-exception-code"] == "60"
    assert "as in learning.events" in answer.text
    assert "FILE" not in answer.text
    answer = server.ask("SELECT * FROM vault.secret", user=user)
    assert f"Exception: {user}: Not enough privileges" in answer.text
    assert "default" not in answer.text


def test_no_file_of_this_machine_is_a_table(server: Server, tmp_path: Path) -> None:
    (path := tmp_path / "secret.csv").write_text(SECRET)
    for sql in (
        f"SELECT * FROM `{path}`",
        f"SELECT * FROM default.`{path}`",
        f"DESCRIBE TABLE `{path}`",
    ):
        answer = server.ask(sql)
        assert answer.headers.get("x-clickhouse-exception-code") == "60", answer.text
        assert SECRET not in answer.text


def test_what_is_in_the_default_database_stays(launch: Any, tmp_path: Path) -> None:
    for start in range(3):
        one = launch(tmp_path)
        if not start:
            one.run("CREATE TABLE kept (a UInt8) ENGINE = MergeTree ORDER BY a")
        one.run(f"INSERT INTO kept VALUES ({start})")
        assert one.run("SELECT count() FROM default.kept") == f"{start + 1}\n"
        assert one.run("SELECT engine FROM system.databases WHERE name = 'default'") == "Atomic\n"
        stop(one)


@pytest.mark.parametrize(
    ("user", "own", "others"),
    [("headwater", "admin", "analyst"), ("analyst", "analyst", "admin"), ("viewer", "viewer", "x")],
)
def test_a_role_is_the_users_own_or_refused(
    server: Server, user: str, own: str, others: str
) -> None:
    assert server.ask("SELECT 1", user=user, role=own).text == "1\n"
    for query in (f"role={others}", "role=nope", f"role={others}&role={own}"):
        answer = server.http(user).post(f"/?{query}", content="SELECT 1")
        assert answer.headers.get("x-clickhouse-exception-code") == "512", answer.text


ENGINE = """
import json, os, sys
from pathlib import Path
from headwater.embedded.warehouse.engine import Engine, Purpose
from headwater.embedded.warehouse.settings import WarehouseServerSettings
engine = Engine(WarehouseServerSettings(data=Path(sys.argv[1])))
found = {}
with engine.connection(Purpose("admin")) as admin:
    names = admin.query("SELECT name FROM system.tables WHERE database = 'system'", "TSV")
    names = names.bytes().decode().split()
    seen = admin.query("SELECT count() FROM system.processes", "TSV").bytes().decode().strip()
for role in ("analyst", "viewer"):
    with engine.connection(Purpose(role)) as reader:
        for name in names:
            try:
                ask = f"SELECT count() FROM (SELECT * FROM system.{name} LIMIT 1)"
                found[f"{role} {name}"] = reader.query(ask, "TSV").bytes().decode().strip()
            except RuntimeError as error:
                found[f"{role} {name}"] = "refused"
print(json.dumps({"seen": seen, "found": found}))
engine.close()
"""


def test_the_engine_itself_keeps_the_systems_tables_from_readers(tmp_path: Path) -> None:
    """Without any gate: what a reader's connection finds in each table of `system`."""
    done = subprocess.run(
        [sys.executable, "-c", ENGINE, str(tmp_path)], capture_output=True, text=True, check=True
    )
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["seen"] == "1", "the administrator sees what runs"
    open_to = {
        key.split()[1] for key, rows in told["found"].items() if rows not in ("0", "refused")
    }
    assert len(told["found"]) > 200
    assert open_to <= SYSTEM_TABLES
    assert {"one", "functions", "settings", "numbers"} <= open_to


def test_each_reader_has_its_own_databases(server: Server) -> None:
    for sql in ("SELECT * FROM learning.events", "SELECT * FROM lrs.statements_pseudonymous"):
        assert server.ask(sql, user="analyst").status_code == 200
        assert server.ask(sql, user="viewer").headers["x-clickhouse-exception-code"] == "497"


@pytest.mark.parametrize("user", READERS)
def test_clickhouse_connect_opens_and_reads(server: Server, user: str) -> None:
    client = server.client(user)
    assert client.query("SELECT * FROM viewer.teams").result_rows == [(1,)]
    assert client.query_df("SELECT a FROM viewer.teams")["a"].tolist() == [1]
    assert client.query_arrow("SELECT a FROM viewer.teams").to_pydict() == {"a": [1]}
    assert client.query("SELECT {x:UInt8}", parameters={"x": 3}).result_rows == [(3,)]


@pytest.mark.parametrize("user", READERS)
def test_what_grafana_asks(server: Server, user: str) -> None:
    for sql in (
        "SELECT name FROM system.databases",
        "SELECT name FROM system.tables WHERE database = 'viewer'",
        "SELECT name, type FROM system.columns WHERE database = 'viewer' AND table = 'teams'",
        "SELECT name FROM system.functions LIMIT 10",
        "SELECT name, value FROM system.settings WHERE name = 'max_threads'",
        "DESCRIBE TABLE viewer.teams",
        "EXPLAIN SELECT * FROM viewer.teams",
    ):
        answer = server.ask(sql, user=user, default_format="JSONEachRow", max_execution_time="60")
        assert answer.status_code == 200, answer.text
        assert answer.text
