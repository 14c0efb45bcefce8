"""The scope `define` in the real warehouse: whose definitions of activities count."""

import asyncio
import json
from uuid import uuid4

import pytest

from lrs.api.reader import WarehouseReader
from lrs.api.scopes import Scope, expanded, source
from lrs.warehouse.client import Warehouse
from streams import rowbinary
from streams.rowbinary import Row

pytestmark = pytest.mark.integration


def test_definitions_count_of_senders_that_may_define(warehouse):
    client = Warehouse(warehouse.admin)
    senders = (["statements/write"], ["statements/write", "define"], ["all"])
    rows = []
    for number, scopes in enumerate(senders):
        for activity in ("every", "none" if number == 0 else "some"):
            said = {
                "id": str(uuid4()),
                "actor": {"mbox": "mailto:a@corp.invalid"},
                "verb": {"id": "http://corp.invalid/did"},
                "object": {
                    "id": f"http://corp.invalid/{activity}",
                    "definition": {"name": {"en": f"{number}"}},
                },
            }
            name = source("tool", expanded(scopes)).encode()
            rows.append(Row(1, len(rows), 1_900_000_000_000, name, json.dumps(said).encode()))
    block = rowbinary.records(1, rows)
    client.insert_bytes("lrs.records_in", rowbinary.RECORD_COLUMNS, block, "RowBinary")
    asked = [f"http://corp.invalid/{each}" for each in ("every", "some", "none")]
    found = asyncio.run(WarehouseReader(client, interval=1).definitions(asked))
    names = {
        activity: [json.loads(each.raw)["name"]["en"] for each in every]
        for activity, every in found.items()
    }
    assert names == {asked[0]: ["1", "2"], asked[1]: ["1", "2"]}
    assert Scope.DEFINE in expanded(["all"])
    client.close()
