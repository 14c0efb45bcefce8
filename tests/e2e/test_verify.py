"""`headwater verify` finds whatever lacks or is too much, says where, and mends it exactly."""

import json
import random
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from running import Up

from bus import clients, records
from tests.scale import tried
from tests.waiting import PATIENCE
from warehouse import Warehouse
from xapi.identity import canonical

pytestmark = pytest.mark.e2e

VOIDED = "http://adlnet.gov/expapi/verbs/voided"
VERBS = ("http://adlnet.gov/expapi/verbs/asked", "http://adlnet.gov/expapi/verbs/answered")
#: What the tables hold, row by row, without what a repeated write may change: numbers of inserts.
TABLES = {
    "lrs.statements": "SELECT * FROM lrs.statements ORDER BY id",
    "lrs.arrivals": "SELECT id, position, digest FROM lrs.arrivals FINAL ORDER BY id, position",
    "lrs.twins": "SELECT id, winner FROM lrs.twins FINAL ORDER BY id",
    "lrs.voided": "SELECT id FROM lrs.voided ORDER BY id",
    "lrs.poison": "SELECT partition, offset, line_number, line FROM lrs.poison FINAL ORDER BY ALL",
    "lrs.statement_keys": "SELECT key, position, id, arraySort(keys) FROM lrs.statement_keys FINAL "
    "ORDER BY key, position",
    "lrs.activity_definitions": "SELECT * FROM lrs.activity_definitions FINAL ORDER BY ALL",
    "learning.events": "SELECT * FROM learning.events ORDER BY id",
    "learning.activity_days": "SELECT * FROM learning.activity_days ORDER BY ALL",
    "learning.flow_rows": "SELECT * FROM learning.flow_rows ORDER BY ALL",
    "learning.question_rows": "SELECT * FROM learning.question_rows ORDER BY ALL",
    "learning.session_rows": "SELECT * FROM learning.session_rows ORDER BY ALL",
    "learning.person_day_rows": "SELECT * FROM learning.person_day_rows ORDER BY ALL",
    "ops.rejected": "SELECT id, kind, path FROM ops.rejected ORDER BY id",
}  # fmt: skip


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    stack = Up(tmp_path_factory.mktemp("verify") / "data")
    try:
        _fill(stack)
        yield stack
    finally:
        stack.stop()


@pytest.fixture(scope="module")
def warehouse(up: Up) -> Warehouse:
    return Warehouse(up.url("warehouse_admin"))


@pytest.fixture(scope="module")
def whole(up: Up, warehouse: Warehouse) -> dict[str, Any]:
    """What the tables hold before anything is broken."""
    report = _verify(up)
    assert report[-1]["content"], json.dumps(report[-1], indent=1)
    assert report[-1]["statements"] == 600 + 3 + 20 + 20 + 6
    return _held(warehouse)


#: What is done to the tables, and what must be told to lack or to be too much.
DAMAGES: dict[str, tuple[tuple[str, ...], set[str]]] = {
    "some of each": (
        (
            "ALTER TABLE lrs.statement_rows DELETE WHERE cityHash64(id) % 10 = 0",
            "ALTER TABLE lrs.arrivals DELETE WHERE cityHash64(id, 1) % 7 = 0",
            "ALTER TABLE lrs.statement_keys DELETE WHERE cityHash64(position) % 9 = 0",
            "ALTER TABLE lrs.voids DELETE WHERE cityHash64(id) % 2 = 0",
            "ALTER TABLE lrs.poison DELETE WHERE offset % 2 = 0",
            "ALTER TABLE vault.rejected_rows DELETE WHERE cityHash64(id) % 2 = 0",
            "ALTER TABLE learning.fact_rows DELETE WHERE cityHash64(id, 2) % 5 = 0",
            "ALTER TABLE learning.activity_day_rows DELETE WHERE day = yesterday()",
            "INSERT INTO learning.activity_day_rows SELECT * FROM learning.activity_day_rows "
            "WHERE day = today() - 2",
            "ALTER TABLE learning.question_rows DELETE WHERE cityHash64(id) % 3 = 0",
            "ALTER TABLE learning.flow_rows DELETE WHERE cityHash64(id) % 3 = 0",
            "ALTER TABLE learning.session_rows UPDATE events = events + 1 WHERE id % 3 = 0",
            "INSERT INTO learning.person_day_rows SELECT * FROM learning.person_day_rows "
            "WHERE day = yesterday()",
        ),
        {
            "lrs.statement_rows", "lrs.arrivals", "lrs.statement_keys", "lrs.voids",
            "ops.rejected", "learning.events", "learning.activity_days",
            "learning.question_rows", "learning.session_rows", "learning.person_day_rows",
            "learning.flow_rows",
        },
    ),
    "who won": (
        (
            "ALTER TABLE lrs.twins DELETE WHERE 1",
            "ALTER TABLE learning.fact_rows DELETE WHERE gone = 1",
            "TRUNCATE TABLE lrs.own_voids",
        ),
        {"lrs.twins", "learning.events", "lrs.own_voids"},
    ),
    "all": (
        (
            "TRUNCATE TABLE lrs.statement_rows",
            "TRUNCATE TABLE lrs.arrivals",
            "TRUNCATE TABLE lrs.statement_keys",
            "TRUNCATE TABLE lrs.activity_definitions",
            "TRUNCATE TABLE lrs.voids",
            "TRUNCATE TABLE lrs.twins",
            "TRUNCATE TABLE lrs.poison",
            "TRUNCATE TABLE vault.rejected_rows",
            "TRUNCATE TABLE learning.fact_rows",
            "TRUNCATE TABLE learning.activity_day_rows",
            "TRUNCATE TABLE learning.question_rows",
            "TRUNCATE TABLE learning.flow_rows",
            "TRUNCATE TABLE learning.session_rows",
            "TRUNCATE TABLE learning.person_day_rows",
        ),
        {"lrs.statement_rows", "lrs.poison", "ops.rejected", "lrs.activity_definitions"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", tried(("some of each",), tuple(DAMAGES)))
def test_damage_is_found_and_mended_exactly(
    up: Up,
    warehouse: Warehouse,
    whole: dict[str, Any],
    name: str,
) -> None:
    damage, told = DAMAGES[name]
    for sql in damage:
        warehouse.execute(sql)
    (found,) = _verify(up)
    assert told <= {one["what"] for one in found["findings"]}
    assert all(one["missing"] or one["surplus"] or one["why"] for one in found["findings"])
    assert not any(one["mended"] for one in found["findings"])

    mended = _verify(up, "--repair")
    assert mended[-1]["content"], mended[-1]["findings"]
    held = _held(warehouse)
    for table, rows in whole.items():
        assert held[table] == rows, table


def test_what_is_too_much_is_told(up: Up, warehouse: Warehouse, whole: dict[str, Any]) -> None:
    """A statement that the log does not hold, and a fact of none, are told and left."""
    strange = {"id": str(uuid.uuid4())}
    warehouse.execute(
        "INSERT INTO lrs.statement_rows SELECT * REPLACE ({id:UUID} AS id, "
        "position + 1000 AS position) FROM lrs.statement_rows LIMIT 1",
        strange,
    )
    try:
        _told_of_too_much(up, warehouse)
    finally:
        warehouse.execute("ALTER TABLE lrs.statement_rows DELETE WHERE id = {id:UUID}", strange)


def _told_of_too_much(up: Up, warehouse: Warehouse) -> None:
    (report,) = _verify(up)
    told = {(one["what"], one["why"]): one for one in report["findings"]}
    (strange,) = [one for (what, _), one in told.items() if what == "lrs.statements"]
    assert strange["surplus"] == 1
    assert strange["partition"] >= 0
    assert "learning.events" in {what for what, _ in told}, "a statement without a fact is told too"
    kept = warehouse.query(
        "SELECT sum(surplus) FROM ops.verifications WHERE run = {run:UUID} AND what != ''",
        {"run": report["run"]},
    )
    assert kept == [(1,)]


def _verify(up: Up, *options: str) -> list[dict[str, Any]]:
    # Each mart rests after a turn as long as the others may need: the more there are, the longer.
    patient = ("--wait", str(PATIENCE))
    result = up.run("verify", "--json", *patient, *options, seconds=4 * PATIENCE)
    assert result.stdout, result.stderr
    reports: list[dict[str, Any]] = json.loads(result.stdout)
    assert result.returncode == (0 if reports[-1]["content"] else 1), result.stderr
    return reports


def _held(warehouse: Warehouse) -> dict[str, Any]:
    return {name: list(warehouse.query(sql)) for name, sql in TABLES.items()}


def _statement(chooser: random.Random, now: datetime) -> dict[str, Any]:
    made: dict[str, Any] = {
        "id": str(uuid.UUID(int=chooser.getrandbits(128), version=4)),
        "actor": {
            "account": {
                "homePage": "https://tool.headwater.invalid",
                "name": f"person{chooser.randrange(40)}",
            }
        },
        "verb": {"id": chooser.choice(VERBS)},
        "object": {
            "id": f"https://tool.headwater.invalid/o/{chooser.randrange(50)}",
            "definition": {"name": {"en": f"thing {chooser.randrange(3)}"}},
        },
    }
    if chooser.random() < 0.9:
        moment = now - timedelta(seconds=chooser.uniform(0, 5 * 86_400))
        made["timestamp"] = moment.isoformat(timespec="milliseconds")
    return made


def _fill_as_writer(up: Up, chooser: random.Random, now: datetime) -> None:
    """Three statements of a credential that may only write, and its voids of them."""
    added = up.run("credentials", "add", "writer", "--scope", "statements/write")
    secret = added.stdout.split()[-1]
    made = [_statement(chooser, now) for _ in range(3)]
    voids = [
        _statement(chooser, now)
        | {"verb": {"id": VOIDED}, "object": {"objectType": "StatementRef", "id": one["id"]}}
        for one in made
    ]
    with httpx.Client(
        auth=("writer", secret), headers={"X-Experience-API-Version": "1.0.3"}, timeout=60
    ) as client:
        for some in (made, voids):
            sent = client.post(up.stack["lrs"]["url"] + "/xapi/statements", json=some)
            assert sent.status_code == 200, sent.text


def _fill(up: Up) -> None:
    """600 statements, 20 with ids that came before, 20 voids, and lines that are none."""
    chooser = random.Random(7)
    now = datetime.now(UTC)
    made = [_statement(chooser, now) for _ in range(600)]
    lrs = up.stack["lrs"]
    with httpx.Client(
        auth=(lrs["username"], lrs["password"]),
        headers={"X-Experience-API-Version": "1.0.3"},
        timeout=60,
    ) as client:
        for at in range(0, 600, 50):
            sent = client.post(lrs["url"] + "/xapi/statements", json=made[at : at + 50])
            assert sent.status_code == 200, sent.text
        for target in made[:20]:
            void = _statement(chooser, now) | {
                "verb": {"id": VOIDED},
                "object": {"objectType": "StatementRef", "id": target["id"]},
            }
            sent = client.post(lrs["url"] + "/xapi/statements", json=void)
            assert sent.status_code == 200, sent.text
    _fill_as_writer(up, chooser, now)
    producer = clients.blocking_producer(up.kafka, acks="all")
    for one in made[10:30]:
        other = _statement(chooser, now) | {"id": one["id"]}
        line = json.dumps(other).encode()
        record = records.encode(
            [line], [uuid.UUID(one["id"])], "lrs:other", canonical(other["actor"])
        )
        producer.send(
            "xapi.statements", key=record.key, value=record.value, headers=record.headers
        ).get(10)
    for line in (b"rubbish", b'{"id":"no"}', b"[1]"):
        producer.send("xapi.statements", value=line).get(10)
    producer.close()
