"""The scope `define` in the real warehouse: whose definitions of activities count."""

import asyncio
import json
from uuid import uuid4

import pytest

from lrs.access.scopes import expanded, source
from lrs.statements.activities import canonical_definition
from lrs.statements.reader import WarehouseReader
from streams import rowbinary
from streams.rowbinary import Row
from warehouse.client import Warehouse

NAMES = ({"en": "0", "fr": "0"}, {"en": "1", "de": "1"}, {"en": "2"})

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
                    "definition": {"name": NAMES[number]},
                },
            }
            name = source("tool", expanded(scopes)).encode()
            rows.append(Row(1, len(rows), 1_900_000_000_000, name, json.dumps(said).encode()))
    block = rowbinary.records(1, rows)
    client.insert_bytes("lrs.records_in", rowbinary.RECORD_COLUMNS, block, "RowBinary")
    asked = [f"http://corp.invalid/{each}" for each in ("every", "some", "none")]
    found = asyncio.run(WarehouseReader(client).definitions(asked))
    said = {activity: canonical_definition(every) for activity, every in found.items()}
    assert said == {
        asked[0]: {"name": {"en": "2", "de": "1"}},
        asked[1]: {"name": {"en": "2", "de": "1"}},
        asked[2]: {},
    }
    client.close()
