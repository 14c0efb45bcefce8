"""A data folder from before a migration answers as one that was filled after it."""

import asyncio
import logging

import pytest

from lrs.statements.keys import Range
from lrs.statements.reader import WarehouseReader
from streams.recorder import references
from tests.lrs.parts import Part, walk
from warehouse.backfill import FILLED, fill
from warehouse.client import Warehouse

pytestmark = pytest.mark.integration

VERB = "https://corp.invalid/did"
ANN, BEN = ({"mbox": f"mailto:{name}@corp.invalid", "name": name} for name in ("ann", "ben"))
ACTIVITY = {"id": "https://corp.invalid/a", "definition": {"name": {"en": "A"}}}


@pytest.fixture
def client(warehouse):
    client = Warehouse(warehouse.admin)
    yield client
    client.close()


def go_back(client):
    """As the migrations leave a folder from before: its statements stand aside."""
    client.execute("CREATE TABLE lrs.statement_rows_before AS lrs.statement_rows")
    client.execute("EXCHANGE TABLES lrs.statement_rows AND lrs.statement_rows_before")
    for table in (
        "statement_keys", "activity_definitions", "agent_names", "reference_rows",
        "recent_references",
    ):  # fmt: skip
        client.execute(f"TRUNCATE TABLE lrs.{table}")
    client.execute("DELETE FROM ops.setting_rows WHERE name = {name:String}", {"name": FILLED})


def test_old_statements_are_found_by_their_filters(client, caplog):
    caplog.set_level(logging.INFO)
    reader = WarehouseReader(client)
    part = Part(client)
    for number in range(7):
        part.add({"id": number, "actor": (ANN, BEN)[number % 2], "verb": {"id": VERB},
                  "object": ACTIVITY})  # fmt: skip
    part.add({"id": 7, "actor": BEN, "verb": {"id": "x:refers"},
              "object": {"objectType": "StatementRef", "id": 0}})  # fmt: skip
    part.add({"id": 8, "actor": BEN, "verb": {"id": "x:refers"},
              "object": {"objectType": "StatementRef", "id": 7}})  # fmt: skip
    part.insert(*range(9))
    stored = client.query("SELECT count() FROM lrs.statements")[0][0]
    go_back(client)
    by_ann = part.within(Range(agent="mailto:ann@corp.invalid", limit=3))
    assert walk(reader, by_ann) == []
    assert fill(client, piece=2) == -(-stored // 2)
    assert "8 done" in caplog.text
    assert fill(client) == 0
    assert client.query("SELECT count() FROM lrs.statements")[0][0] == stored
    assert references.inherit_old(client) == 2
    assert references.inherit_old(client) == 0
    for wanted in (Range(limit=2), by_ann, Range(verb=VERB, ascending=True)):
        assert walk(reader, part.within(wanted)) == part.expected(part.within(wanted))
    assert asyncio.run(reader.names("mailto:ben@corp.invalid")) == ["ben"]
    (definition,) = asyncio.run(reader.definitions([ACTIVITY["id"]]))[ACTIVITY["id"]]
    assert (definition.raw, definition.source) == (b'{"name":{"en":"A"}}', "lrs:test")


def test_a_fill_that_was_interrupted_goes_on(client):
    part = Part(client)
    for number in range(4):
        part.add({"id": number, "actor": ANN, "verb": {"id": VERB}, "object": ACTIVITY})
    part.insert(*range(4))
    ids = [row[0] for row in client.query("SELECT id FROM lrs.statements ORDER BY id")]
    go_back(client)
    client.insert("ops.setting_rows", ("name", "value"), [(FILLED, str(ids[-2]))])
    assert fill(client) == 1
    assert client.query("SELECT id FROM lrs.statements") == [(ids[-1],)]
