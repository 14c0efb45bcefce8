"""What the LRS accepts, the warehouse can read: nothing accepted ends as poison."""

import json
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from statement_grammar import STATEMENTS

from bus.records import DELIMITER
from warehouse.client import Warehouse
from xapi.batch import Reading, Stamp, read
from xapi.identity import canonical

pytestmark = pytest.mark.integration

STAMP = Stamp({"objectType": "Agent", "account": {"homePage": "http://lrs.test", "name": "t"}})


@settings(
    max_examples=12,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(st.lists(STATEMENTS, min_size=20, max_size=40))
def test_every_statement_of_the_grammar_is_stored_and_found(warehouse, statements):
    said = [{**each, "id": str(uuid4())} for each in statements]
    batch = read(json.dumps(said).encode(), Reading(STAMP))
    client = Warehouse(warehouse.admin)
    value = DELIMITER.join(batch.lines).decode()
    row = (5, batch.ids[0].int % (1 << 40), datetime(2031, 1, 1, tzinfo=UTC), "lrs:test", value)
    client.insert("lrs.records_in", ("partition", "offset", "appended", "source", "value"), [row])
    rows = client.query(
        "SELECT id, actor, verb, object, object_type, raw FROM lrs.statements"
        " WHERE id IN {ids:Array(UUID)}",
        {"ids": [str(each) for each in batch.ids]},
    )
    client.close()
    found = {each: rest for each, *rest in rows}
    assert set(found) == set(batch.ids)
    for identifier, line, each in zip(batch.ids, batch.lines, said, strict=True):
        thing = each["object"]
        assert found[identifier] == [
            canonical(each["actor"]),
            each["verb"]["id"],
            thing.get("id", ""),
            thing.get("objectType", "Activity"),
            line.decode(),
        ]
