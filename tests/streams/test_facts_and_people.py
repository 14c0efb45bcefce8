"""Whom a fact is by and for, as of its day, by what the directory says: soon or late."""

from datetime import UTC, date, datetime
from uuid import uuid4

import pytest

from tests.conftest import WarehouseUrls
from tests.streams.organised import ALWAYS, FOREVER, Known, load
from warehouse import Warehouse

pytestmark = pytest.mark.integration

ADA, BO = 1_000, 2_000
#: Of Ada's two accounts one is known later; Bo moves on the 10th.
ADAS, ADAS_OTHER, BOS, NOBODYS = 1, 11, 2, 3
READ = """
SELECT counterpart, counterpart_person, counterpart_team, person, team, tenure_days
FROM learning.events ORDER BY time
"""
FACTS = [
    (datetime(2026, 3, 9, 12, tzinfo=UTC), ADAS, BOS),
    (datetime(2026, 3, 10, 12, tzinfo=UTC), ADAS, BOS),
    (datetime(2026, 3, 11, 12, tzinfo=UTC), BOS, ADAS_OTHER),
    (datetime(2026, 3, 12, 12, tzinfo=UTC), NOBODYS, NOBODYS),
    (datetime(2026, 3, 13, 12, tzinfo=UTC), ADAS, 0),
]


def known(*accounts: int) -> list[Known]:
    """Ada, who started on the 5th, and Bo, whose start nobody knows."""
    moved = (("Red", ALWAYS, date(2026, 3, 9)), ("Blue", date(2026, 3, 10), FOREVER))
    return [
        Known(ADA, date(2026, 3, 5), accounts, (("Green", ALWAYS, FOREVER),)),
        Known(BO, None, (BOS,), moved),
    ]


def test_both_sides_are_known_as_of_the_day_however_late(warehouse: WarehouseUrls) -> None:
    store = Warehouse(warehouse.admin)
    columns = ("id", "time", "account", "counterpart", "tool", "behaviour", "version")
    rows = [(uuid4(), at, who, whom, "T", "help", 1) for at, who, whom in FACTS]
    store.insert("learning.fact_rows", columns, rows)
    before = store.query("SELECT * FROM learning.fact_rows ORDER BY ALL")
    assert store.query(READ)[0] == (BOS, BOS, "", ADAS, "", None)

    load(store, known(ADAS), 1)
    assert store.query(READ) == [
        (BOS, BO, "Red", ADA, "Green", 4),
        (BOS, BO, "Blue", ADA, "Green", 5),
        (ADAS_OTHER, ADAS_OTHER, "", BO, "Blue", None),
        (NOBODYS, NOBODYS, "", NOBODYS, "", None),
        (0, 0, "", ADA, "Green", 8),
    ]
    store.execute("TRUNCATE TABLE ops.dirty_hours")
    load(store, known(ADAS, ADAS_OTHER)[:1], 2)
    assert store.query(READ)[2] == (ADAS_OTHER, ADA, "Green", BO, "Blue", None)
    dirty = store.query("SELECT DISTINCT hour FROM ops.dirty_hours ORDER BY hour")
    assert [hour.day for (hour,) in dirty] == [9, 10, 11, 13]
    assert store.query("SELECT * FROM learning.fact_rows ORDER BY ALL") == before
