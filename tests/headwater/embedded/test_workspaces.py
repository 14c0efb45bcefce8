"""An analyst's workspace: what its user may do there, what nobody may, and how much it holds."""

import base64
import json
import shutil
import threading
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import httpx
import ibis
import pandas as pd
import pytest

from headwater.embedded.warehouse.workspaces import FILE, Workspaces
from headwater.errors import CannotStart, StackError
from tests.headwater.embedded.conftest import PASSWORDS, Server, start, stop
from tests.headwater.embedded.workspace import granted, workspaces
from warehouse.errors import WarehouseError
from warehouse.workspaces import Workspace, hashed, made

SECRET = "topsecret-9f2c"
FORBIDDEN = {"57", "60", "62", "78", "115", "164", "344", "348", "390", "452", "497"}
#: What a workspace's user tried, each on a line; `MINE` is its table.
WRITTEN = """
INSERT INTO vault.secret VALUES ('x')
INSERT INTO vault.secret SELECT 'x'
INSERT INTO workspace_bob.theirs VALUES (1)
INSERT INTO workspace_bob.theirs SELECT 1
INSERT INTO FUNCTION file('/tmp/headwater-evil', 'CSV', 'a Int8') VALUES (1)
INSERT INTO FUNCTION file('/tmp/headwater-evil', 'CSV', 'a Int8') SELECT 1
INSERT INTO FUNCTION url('http://127.0.0.1:1/', 'CSV', 'a Int8') SELECT 1
INSERT INTO FUNCTION remote('127.0.0.1', 'vault', 'secret') SELECT 'x'
INSERT INTO mine FROM INFILE '/etc/passwd' FORMAT LineAsString
INSERT INTO mine SELECT a FROM vault.secret
INSERT INTO mine SELECT * FROM workspace_bob.theirs
INSERT INTO mine SELECT length(file('/etc/passwd'))
INSERT INTO mine SELECT count() FROM file('/etc/passwd', 'LineAsString')
INSERT INTO mine SELECT count() FROM system.users
INSERT INTO mine SELECT dictGet('vault.d', 'v', toUInt64(1)) = ''
INSERT INTO mine SELECT a FROM mine SETTINGS max_memory_usage = 0
INSERT INTO mine SETTINGS input_format_values_interpret_expressions = 1 SELECT 1
INSERT INTO mine (a) VALUES (length(file('/etc/passwd')))
INSERT INTO {t:Identifier} SELECT 1
CREATE TABLE vault.x (a Int8) ENGINE = MergeTree ORDER BY a
CREATE TABLE workspace_bob.x (a Int8) ENGINE = MergeTree ORDER BY a
CREATE TABLE x (a String) ENGINE = File('LineAsString', '/etc/passwd')
CREATE TABLE x ENGINE = File('LineAsString', '/etc/passwd')
CREATE TABLE x (a String) ENGINE = URL('http://127.0.0.1:1/', 'CSV')
CREATE TABLE x (a String) ENGINE = S3('http://127.0.0.1:1/x', 'CSV')
CREATE TABLE x (a String) ENGINE = Kafka('127.0.0.1:1', 't', 'g', 'CSV')
CREATE TABLE x (a String) ENGINE = MySQL('127.0.0.1:1', 'a', 'b', 'c', 'd')
CREATE TABLE x (a String) ENGINE = Distributed('default', 'vault', 'secret')
CREATE TABLE x (a String) ENGINE = Merge('vault', '.*')
CREATE TABLE x (a String) ENGINE = Buffer('vault', 'secret', 1, 1, 1, 1, 1, 1, 1)
CREATE TABLE x (a String) ENGINE = Executable('ls', 'CSV')
CREATE TABLE x (a String) ENGINE = Memory
CREATE TABLE x (a String) ENGINE = Null
CREATE TABLE x (a String) ENGINE = Dictionary('vault.d')
CREATE TABLE x (a Int8) ENGINE = ReplicatedMergeTree('/x', 'y') ORDER BY a
CREATE TABLE x (a Int8) ENGINE = MergeTree ORDER BY a SETTINGS disk = disk(type = local, path = '/tmp/headwater-evil/')
CREATE TABLE x (a Int8) ENGINE = MergeTree ORDER BY a SETTINGS storage_policy = 'default'
CREATE TABLE x (a Int8) ENGINE = MergeTree ORDER BY a SETTINGS index_granularity = 1
CREATE TABLE x UUID '00000000-0000-0000-0000-000000000001' (a Int8) ENGINE = MergeTree ORDER BY a
CREATE TABLE x ON CLUSTER default (a Int8) ENGINE = MergeTree ORDER BY a
CREATE TABLE x (a String DEFAULT file('/etc/passwd')) ENGINE = MergeTree ORDER BY tuple()
CREATE TABLE x (a UInt64, b String MATERIALIZED dictGet('vault.d', 'v', a)) ENGINE = MergeTree ORDER BY a
CREATE TABLE x (a UInt64, b String ALIAS dictGet('vault.d', 'v', a)) ENGINE = MergeTree ORDER BY a
CREATE TABLE x (a String, b Array(UInt64) DEFAULT range(1000000000)) ENGINE = MergeTree ORDER BY a
CREATE TABLE x (a String) ENGINE = MergeTree ORDER BY repeat(a, 1000000000)
CREATE TABLE x (a String, b UInt8 DEFAULT a IN vault.secret) ENGINE = MergeTree ORDER BY a
CREATE TABLE x (a String, b UInt8 DEFAULT a IN (SELECT a FROM vault.secret)) ENGINE = MergeTree ORDER BY a
CREATE TABLE x (a String, CONSTRAINT c CHECK a IN vault.secret) ENGINE = MergeTree ORDER BY a
CREATE TABLE x (a String, PROJECTION p (SELECT count())) ENGINE = MergeTree ORDER BY a
CREATE TABLE x (a String, INDEX i a TYPE ngrambf_v1(3, 1000000000, 2, 0)) ENGINE = MergeTree ORDER BY a
CREATE TABLE x (a Date) ENGINE = MergeTree ORDER BY a TTL a TO DISK 'default'
CREATE TABLE x (a Date) ENGINE = MergeTree ORDER BY a TTL a DELETE WHERE a IN vault.secret
CREATE TABLE x AS vault.secret
CREATE TABLE x AS workspace_bob.theirs
CREATE TABLE x CLONE AS vault.secret
CREATE TABLE x AS file('/etc/passwd', 'LineAsString')
CREATE TABLE x AS remote('127.0.0.1', 'vault', 'secret')
CREATE TABLE x AS numbers(3)
CREATE TABLE x AS SELECT * FROM vault.secret
CREATE TABLE x ENGINE = MergeTree ORDER BY a AS SELECT * FROM vault.secret
CREATE TABLE x AS SELECT * FROM file('/etc/passwd', 'LineAsString')
CREATE OR REPLACE TABLE vault.secret AS SELECT 1
REPLACE TABLE mine AS SELECT 1
CREATE TEMPORARY TABLE x (a Int8)
ATTACH TABLE x (a Int8) ENGINE = MergeTree ORDER BY a
ATTACH TABLE x FROM '/tmp/headwater-evil' (a Int8) ENGINE = MergeTree ORDER BY a
CREATE VIEW x AS SELECT * FROM vault.secret
CREATE VIEW vault.x AS SELECT 1
CREATE VIEW workspace_bob.x AS SELECT 1
CREATE VIEW x SQL SECURITY DEFINER AS SELECT * FROM vault.secret
CREATE VIEW x DEFINER = default SQL SECURITY DEFINER AS SELECT * FROM vault.secret
CREATE VIEW x DEFINER = CURRENT_USER SQL SECURITY DEFINER AS SELECT * FROM vault.secret
CREATE VIEW x (a String) DEFINER = default SQL SECURITY DEFINER AS SELECT * FROM vault.secret
CREATE VIEW x (a String) SQL SECURITY NONE AS SELECT * FROM vault.secret
CREATE VIEW x AS SELECT file('/etc/passwd')
CREATE VIEW x AS SELECT * FROM url('http://127.0.0.1:1/', 'CSV', 'a Int8')
CREATE VIEW x AS SELECT * FROM system.users
CREATE MATERIALIZED VIEW x ENGINE = MergeTree ORDER BY a AS SELECT a FROM mine
CREATE MATERIALIZED VIEW x TO vault.secret AS SELECT toString(a) AS a FROM mine
CREATE MATERIALIZED VIEW x REFRESH EVERY 1 SECOND ENGINE = MergeTree ORDER BY a AS SELECT 1 AS a
CREATE MATERIALIZED VIEW x TO mine AS SELECT a FROM vault.secret
CREATE LIVE VIEW x AS SELECT 1
CREATE WINDOW VIEW x AS SELECT 1
CREATE DICTIONARY x (a UInt64) PRIMARY KEY a SOURCE(CLICKHOUSE(TABLE 'secret' DB 'vault')) LAYOUT(FLAT()) LIFETIME(0)
CREATE DICTIONARY x (a UInt64) PRIMARY KEY a SOURCE(FILE(PATH '/etc/passwd' FORMAT 'CSV')) LAYOUT(FLAT()) LIFETIME(0)
CREATE FUNCTION f AS x -> file(x)
CREATE DATABASE x
CREATE DATABASE workspace_ada2
CREATE USER u
CREATE ROLE r
CREATE ROW POLICY p ON mine USING 1 TO default
CREATE QUOTA q
CREATE SETTINGS PROFILE p
CREATE NAMED COLLECTION c AS a = 1
DROP DATABASE workspace_ada
DROP DATABASE workspace_bob
DROP TABLE vault.secret
DROP TABLE workspace_bob.theirs
DROP TABLE mine, workspace_bob.theirs
DROP DICTIONARY vault.d
DROP ROLE analyst_bob
DETACH TABLE mine
DETACH TABLE mine PERMANENTLY
UNDROP TABLE mine
TRUNCATE TABLE vault.secret
TRUNCATE DATABASE workspace_ada
TRUNCATE ALL TABLES FROM vault
RENAME TABLE mine TO vault.mine
RENAME TABLE vault.secret TO mine2
RENAME DATABASE workspace_ada TO workspace_eve
EXCHANGE TABLES mine AND vault.secret
EXCHANGE TABLES mine AND workspace_bob.theirs
OPTIMIZE TABLE vault.secret
OPTIMIZE TABLE mine PARTITION tuple() FINAL
ALTER TABLE vault.secret ADD COLUMN b Int8
ALTER TABLE mine UPDATE b = 'x' WHERE 1
ALTER TABLE mine DELETE WHERE b IN (SELECT a FROM vault.secret)
ALTER TABLE mine DELETE WHERE b IN vault.secret
ALTER TABLE mine DELETE WHERE in(b, vault.secret)
ALTER TABLE mine DELETE WHERE b NOT IN vault.secret
ALTER TABLE mine DELETE WHERE dictHas('vault.d', toUInt64(a))
ALTER TABLE mine DELETE WHERE file('/etc/passwd') != ''
ALTER TABLE mine DELETE WHERE length(range(1000000000)) > 0
ALTER TABLE mine ADD COLUMN c String DEFAULT file('/etc/passwd')
ALTER TABLE mine ADD COLUMN c String DEFAULT dictGet('vault.d', 'v', toUInt64(a))
ALTER TABLE mine MODIFY COLUMN b String DEFAULT repeat('x', 1000000000)
ALTER TABLE mine MODIFY SETTING storage_policy = 'x'
ALTER TABLE mine MODIFY TTL toDate(a) TO DISK 'x'
ALTER TABLE mine REPLACE PARTITION tuple() FROM vault.secret
ALTER TABLE mine ATTACH PARTITION tuple() FROM vault.secret
ALTER TABLE mine MOVE PARTITION tuple() TO TABLE workspace_bob.theirs
ALTER TABLE mine FREEZE
ALTER TABLE mine FETCH PARTITION tuple() FROM '/x'
ALTER TABLE mine ADD PROJECTION p (SELECT count())
ALTER TABLE mine MATERIALIZE TTL
ALTER TABLE view MODIFY SQL SECURITY DEFINER
ALTER TABLE view MODIFY QUERY SELECT * FROM vault.secret
ALTER TABLE mine ADD COLUMN c Int8, FREEZE
ALTER USER default IDENTIFIED WITH no_password
ALTER DATABASE workspace_ada MODIFY SETTING x = 1
DELETE FROM vault.secret WHERE 1
DELETE FROM mine WHERE b IN (SELECT a FROM vault.secret)
DELETE FROM mine WHERE b IN vault.secret
UPDATE mine SET b = 'x' WHERE 1
GRANT SELECT ON workspace_ada.* TO analyst
GRANT ALL ON *.* TO default
REVOKE ALL ON *.* FROM analyst_bob
SET ROLE admin
SET ROLE analyst_bob
SET readonly = 0
USE vault
KILL QUERY WHERE 1
SYSTEM STOP MERGES
SYSTEM RELOAD DICTIONARIES
BACKUP TABLE mine TO File('/tmp/headwater-evil')
RESTORE TABLE mine FROM File('/tmp/headwater-evil')
EXECUTE AS default SELECT 1
BEGIN TRANSACTION
SELECT * FROM vault.secret
SELECT * FROM workspace_bob.theirs
SELECT dictGet('vault.d', 'v', toUInt64(1))
SELECT 1 INTO OUTFILE '/tmp/headwater-evil'
INSERT INTO mine SELECT 1; SELECT * FROM vault.secret
"""  # noqa: E501  a statement a line
LINES = [line for line in WRITTEN.splitlines() if line]
#: What others try on the workspace.
OTHERS = """
SELECT * FROM workspace_ada.mine
SELECT * FROM workspace_ada.view
DESCRIBE TABLE workspace_ada.mine
SHOW CREATE TABLE workspace_ada.mine
SELECT 1 IN workspace_ada.mine
SELECT * FROM merge('workspace_ada', '.*')
SELECT * FROM merge(REGEXP('workspace.*'), '.*')
SELECT hasColumnInTable('workspace_ada', 'mine', 'a')
INSERT INTO workspace_ada.mine VALUES (1, 'x')
INSERT INTO workspace_ada.mine SELECT 1, 'x'
CREATE TABLE workspace_ada.x (a Int8) ENGINE = MergeTree ORDER BY a
CREATE VIEW workspace_ada.x AS SELECT 1
DROP TABLE workspace_ada.mine
DROP VIEW workspace_ada.view
TRUNCATE TABLE workspace_ada.mine
RENAME TABLE workspace_ada.mine TO workspace_ada.theirs
ALTER TABLE workspace_ada.mine ADD COLUMN c Int8
DELETE FROM workspace_ada.mine WHERE 1
DROP DATABASE workspace_ada
"""
OTHERS_LINES = [line for line in OTHERS.splitlines() if line]


@pytest.fixture(scope="module")
def mine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A warehouse of its own with the workspaces ada and bob, and a secret to look for."""
    server = start(tmp_path_factory.mktemp("workspaces"))
    try:
        for database in ("learning", "kpi", "ops", "viewer", "lrs", "vault"):
            server.run(f"CREATE DATABASE {database}")
        server.run(
            f"CREATE TABLE vault.secret ENGINE = MergeTree ORDER BY a AS SELECT '{SECRET}' AS a"
        )
        server.run(
            "CREATE DICTIONARY vault.d (k UInt64, v String) PRIMARY KEY k "
            f"SOURCE(CLICKHOUSE(QUERY 'SELECT 1 AS k, ''{SECRET}'' AS v')) "
            "LAYOUT(FLAT()) LIFETIME(0)"
        )
        server.run("CREATE VIEW learning.events AS SELECT 1 AS id, 'x' AS b")
        for name in ("ada", "bob"):
            granted(server, name)
        for user, sql in (
            ("analyst_ada", "CREATE TABLE mine (a UInt64, b String) ENGINE = MergeTree ORDER BY a"),
            ("analyst_ada", "INSERT INTO mine SELECT 1, 'x'"),
            ("analyst_ada", "CREATE VIEW view AS SELECT a FROM mine"),
            ("analyst_bob", "CREATE TABLE theirs (a UInt64) ENGINE = MergeTree ORDER BY a"),
        ):
            assert server.ask(sql, user=user).status_code == 200
        yield server
    finally:
        stop(server)
        for user in ("analyst_ada", "analyst_bob", "analyst_eve"):
            PASSWORDS.pop(user, None)


def state(server: Server) -> str:
    """Every table and view with its rows, and every database."""
    return server.run(
        "SELECT database, name, create_table_query, total_rows FROM system.tables "
        "WHERE database NOT IN ('system', 'INFORMATION_SCHEMA', 'information_schema') ORDER BY 1, 2"
    ) + server.run("SELECT name FROM system.databases ORDER BY name")


@pytest.mark.integration
def test_what_a_workspace_s_user_may_not_do_does_not_happen(mine: Server) -> None:
    before = state(mine)
    ran = []
    for sql in LINES:
        answer = mine.ask(sql, user="analyst_ada", param_t="vault.secret")
        code = answer.headers.get("x-clickhouse-exception-code", "")
        if code not in FORBIDDEN and not (code == "27" and "VALUES" in sql):
            ran.append((sql, answer.text[:200]))
        assert SECRET not in answer.text, sql
        assert "root:" not in answer.text, sql
    assert not ran
    assert state(mine) == before
    assert not Path("/tmp/headwater-evil").exists()


@pytest.mark.integration
@pytest.mark.parametrize("user", ["analyst", "viewer", "analyst_bob"])
def test_nobody_else_reaches_a_workspace(mine: Server, user: str) -> None:
    before = state(mine)
    for sql in OTHERS_LINES:
        answer = mine.ask(sql, user=user)
        assert answer.headers.get("x-clickhouse-exception-code") in FORBIDDEN, (sql, answer.text)
    assert state(mine) == before
    for sql in ("SHOW DATABASES", "SELECT database, name FROM system.tables"):
        assert "workspace_ada" not in mine.ask(sql, user=user).text


@pytest.mark.integration
def test_a_view_reads_as_whoever_asks(mine: Server) -> None:
    """Whatever was made there, a view gives nobody another's rights, and no request can ask so."""
    told = mine.ask("SHOW CREATE TABLE view", user="analyst_ada").text
    assert "SQL SECURITY INVOKER" in told
    for name in ("default_normal_view_sql_security", "default_view_definer"):
        sql = "CREATE VIEW other AS SELECT 1"
        answer = mine.ask(sql, user="analyst_ada", **{name: "DEFINER"})
        assert answer.headers.get("x-clickhouse-exception-code") == "164", answer.text
    mine.run("CREATE VIEW workspace_ada.planted SQL SECURITY INVOKER AS SELECT * FROM vault.secret")
    try:
        answer = mine.ask("SELECT * FROM planted", user="analyst_ada")
        assert answer.headers.get("x-clickhouse-exception-code") == "497", answer.text
    finally:
        mine.run("DROP VIEW workspace_ada.planted SYNC")


@pytest.mark.integration
def test_a_full_workspace_takes_no_more_and_says_so(mine: Server) -> None:
    user = granted(mine, "eve", 8 << 20, 2)
    steps = (
        ("CREATE TABLE n (a UInt64) ENGINE = MergeTree ORDER BY a", ""),
        ("CREATE VIEW v AS SELECT count() AS n FROM n", ""),
        ("CREATE TABLE third (a UInt8)", "201"),
        ("INSERT INTO n SELECT rand64() FROM numbers(1000000000)", "201"),
        ("INSERT INTO n VALUES (1)", "201"),
        ("CREATE OR REPLACE TABLE n AS SELECT 1 AS a", "201"),
        ("SELECT n > 0 FROM v", ""),
        ("TRUNCATE TABLE n", ""),
        ("INSERT INTO n VALUES (1)", ""),
        ("DROP VIEW v", ""),
        ("CREATE TABLE third (a UInt8)", ""),
    )
    for sql, code in steps:
        answer = mine.ask(sql, user=user)
        assert answer.headers.get("x-clickhouse-exception-code", "") == code, (sql, answer.text)
        if code:
            assert "The workspace workspace_eve is full" in answer.text
            assert "grant-workspace eve --quota" in answer.text
    listed = {each.database: each for each in workspaces(mine).listed()}
    assert listed["workspace_eve"].most_bytes == 8 << 20
    assert listed["workspace_eve"].tables == 2
    workspaces(mine).revoke("eve", drop=False)
    answer = mine.ask("SELECT 1", user=user)
    assert answer.headers.get("x-clickhouse-exception-code") == "516"
    nobodys = {each.database: each for each in workspaces(mine).listed()}["workspace_eve"]
    assert "nobody's" in nobodys.told
    assert mine.run("SELECT count() FROM workspace_eve.n") == "1\n"
    workspaces(mine).revoke("eve", drop=True)
    assert "workspace_eve" not in mine.run("SHOW DATABASES")
    with pytest.raises(StackError, match="there is no workspace eve"):
        workspaces(mine).revoke("eve", drop=True)


@pytest.mark.integration
def test_a_workspace_s_statements_take_the_analysts_slots(tmp_path: Path) -> None:
    """Its longest insert leaves the writers' slots and everybody's reads alone."""
    server = start(tmp_path, HEADWATER_WAREHOUSE_ANALYSTS="1", HEADWATER_WAREHOUSE_QUEUE="0")
    try:
        user = granted(server, "carl", 64 << 20)
        password = PASSWORDS.pop(user)
        login = (user, password)
        httpx.post(server.url, content="CREATE TABLE t (a UInt64)", auth=login).raise_for_status()
        slow = (
            "INSERT INTO t SELECT max(cityHash64(a.number, b.number)) "
            "FROM numbers(100000) AS a, numbers(200000) AS b"
        )
        long = threading.Thread(
            target=httpx.post,
            args=(server.url,),
            kwargs={"content": slow, "auth": login, "timeout": 90},
        )
        long.start()
        running = (
            "SELECT count() FROM system.processes WHERE query LIKE 'INSERT INTO t SELECT max%'"
        )
        while server.run(running) == "0\n":
            assert long.is_alive()
        answer = httpx.post(server.url, content="INSERT INTO t SELECT 1", auth=login)
        assert answer.headers.get("x-clickhouse-exception-code") == "202", answer.text
        assert server.run("SELECT 1") == "1\n"
        server.run("KILL QUERY WHERE query LIKE 'INSERT INTO t SELECT max%' SYNC")
        long.join()
    finally:
        stop(server)


@pytest.mark.integration
def test_a_workspace_outlives_starts_and_moves(tmp_path: Path) -> None:
    """A copy of the folder has the users, rights and tables that the folder had."""
    home, moved = tmp_path / "home", tmp_path / "moved"
    server = start(home)
    server.run("CREATE DATABASE learning")
    server.run("CREATE VIEW learning.events AS SELECT 1 AS id")
    user = granted(server, "dora")
    made_there = "CREATE TABLE t ENGINE = MergeTree ORDER BY id AS SELECT * FROM learning.events"
    assert server.ask(made_there, user=user).status_code == 200
    kept = home / "warehouse" / FILE
    assert kept.stat().st_mode & 0o777 == 0o600
    assert PASSWORDS[user] not in kept.read_text()
    assert stop(server) == 0
    shutil.copytree(home, moved, symlinks=True)
    server = start(moved)
    try:
        assert server.ask("SELECT id FROM t", user=user).text == "1\n"
        assert server.ask("SELECT id FROM learning.events", user=user).text == "1\n"
    finally:
        PASSWORDS.pop(user)
        stop(server)


@pytest.mark.integration
def test_clickhouse_connect_inserts(mine: Server) -> None:
    client = mine.client("analyst_ada")
    client.command("CREATE TABLE sent (a UInt8, b String) ENGINE = MergeTree ORDER BY a")
    try:
        client.insert("sent", [[1, "x"], [2, "y"]], column_names=["a", "b"])
        client.insert_df("sent", pd.DataFrame({"a": [3], "b": ["z"]}))
        assert client.query("SELECT a, b FROM sent ORDER BY a").result_rows == [
            (1, "x"), (2, "y"), (3, "z"),
        ]  # fmt: skip
    finally:
        client.command("DROP TABLE sent")


@pytest.mark.integration
def test_ibis(mine: Server) -> None:
    con: Any = ibis.clickhouse.connect(
        host=mine.host, port=mine.port, user="analyst_ada",
        password=PASSWORDS["analyst_ada"], database="workspace_ada",
    )  # fmt: skip
    events = con.sql("SELECT id, b FROM learning.events")
    assert events.group_by("b").agg(n=ibis._.id.sum()).to_pandas().to_dict("list") == {
        "b": ["x"], "n": [1],
    }  # fmt: skip
    try:
        kept = con.create_table("kept", con.table("events", database="learning"))
        assert kept.to_pandas()["id"].tolist() == [1]
        con.create_view("narrow", kept.select("id"))
        assert set(con.list_tables()) >= {"kept", "narrow"}
        con.create_table("kept", kept.mutate(id=ibis.literal(2)), overwrite=True)
        assert con.table("narrow").to_pandas()["id"].tolist() == [2]
    finally:
        for sql in ("DROP VIEW IF EXISTS narrow", "DROP TABLE IF EXISTS kept"):
            con.raw_sql(sql)


@pytest.mark.integration
def test_dbt_replayed(mine: Server) -> None:
    """dbt itself ran here (seed, run twice, test) when its requests were recorded."""
    path = Path(__file__).parent / "sessions" / "dbt.json"
    for request in json.loads(path.read_text("utf-8"))["requests"]:
        packed = request.get("base64")
        answer = httpx.post(
            mine.url,
            params=request["params"],
            headers=request["headers"],
            content=base64.b64decode(packed) if packed else request["body"],
            auth=("analyst_ada", PASSWORDS["analyst_ada"]),
            timeout=60,
        )
        told = answer.headers.get("x-clickhouse-exception-code", "")
        assert told == request["code"], (request, answer.text)
    for name, rows in (("a_table", 1), ("grows", 1), ("app", 2)):  # what appends did so twice
        counted = mine.run(f"SELECT count(), any(name) FROM workspace_ada.{name}")
        assert counted == f"{rows}\tone\n", name
    for name in ("app", "grows", "a_table", "a_view", "names"):
        mine.run(f"DROP TABLE workspace_ada.{name} SYNC")


@pytest.mark.parametrize(
    "name", ["", "Ada", "a b", "a-b", "1a", "a" * 32, "a`b", "a;DROP", "ä", "../x", "a\n"]
)
def test_a_name_is_a_word(name: str) -> None:
    with pytest.raises(WarehouseError, match="cannot be a workspace's name"):
        made(name)


def test_a_secret_opens_its_own_workspace_alone(tmp_path: Path) -> None:
    ada, secret = made("ada")
    bob, other = made("bob")
    assert ada.opens(secret)
    assert not ada.opens(other)
    assert not ada.opens("")
    kept = Workspaces(tmp_path)
    kept.grant(ada)
    kept.grant(bob)
    assert [each.name for each in Workspaces(tmp_path)] == ["ada", "bob"]
    assert kept.revoke("ada")
    assert not kept.revoke("ada")
    assert Workspaces(tmp_path).of("analyst_ada") is None
    assert Workspaces(tmp_path).of("analyst_bob") == bob


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"workspaces": [{"name": "ada"}]}', "\ud800"]
)
def test_a_damaged_list_is_refused_in_a_line(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE).write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(CannotStart, match=FILE) as refused:
        Workspaces(tmp_path)
    assert "\n" not in str(refused.value)


def test_a_workspace_that_is_none_is_refused() -> None:
    good = asdict(Workspace("ada", "0" * 32, hashed("x", "0" * 32)))
    for wrong in ({"salt": "' OR 1"}, {"digest": ""}, {"bytes": 0}, {"tables": 0}, {"name": "A"}):
        with pytest.raises(WarehouseError):
            Workspace(**{**good, **wrong})
