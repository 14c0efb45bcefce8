"""Work signals on their way: the record, the row, and what an analyst reads."""

import dataclasses
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from bus import signals
from bus.topics import SIGNALS
from streams.processors.signals import COLUMNS, TABLE, row_of
from streams.pseudonyms import Pseudonyms
from warehouse import Warehouse
from xapi.signals import Happened, Item, Signal, signal_id

PSEUDONYMS = Pseudonyms("ab" * 16)
MERGED = Signal(
    id=signal_id("github", "pull/1:closed"),
    kind=Item.CHANGE,
    item="github.com/pull/1",
    happened=Happened.CLOSED,
    at="2026-05-06T08:00:00.250Z",
    host="github.com",
    place="north/atlas",
    link="https://github.com/north/atlas/pull/31",
    actor="account:https://github.com|ole-berg",
    detail="merged",
    revision="5e" * 20,
)


def test_a_record_holds_the_signal_whole_and_is_keyed_by_its_item() -> None:
    topic, key, value = signals.message(MERGED)
    assert (topic, key) == (SIGNALS.name, b"github.com/pull/1")
    assert signals.decode(value) == MERGED


@pytest.mark.parametrize("value", [b"", b"{}", b"[]", b'{"kind":"love"}', b"\xff"])
def test_what_is_no_signal_is_an_error(value: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        signals.decode(value)


def test_a_row_has_a_pseudonym_and_no_identifier() -> None:
    row = dict(zip(COLUMNS, row_of(MERGED, 7, PSEUDONYMS), strict=True))
    assert row["account"] == PSEUDONYMS.account(MERGED.actor)
    assert row["time"] == datetime(2026, 5, 6, 8, 0, 0, 250_000, tzinfo=UTC)
    assert "ole-berg" not in repr(row)
    machine = dataclasses.replace(MERGED, actor="")
    assert dict(zip(COLUMNS, row_of(machine, 7, PSEUDONYMS), strict=True))["account"] == 0


@pytest.mark.parametrize(
    ("written", "year"), [("0001-01-01T00:00:00Z", 1970), ("9000-01-01T00:00:00Z", 2105)]
)
def test_a_time_beyond_the_warehouses_days_is_the_nearest(written: str, year: int) -> None:
    row = row_of(dataclasses.replace(MERGED, at=written), 7, PSEUDONYMS)
    assert row[COLUMNS.index("time")].year == year


@pytest.fixture
def admin(warehouse: Any) -> Warehouse:
    return Warehouse(warehouse.admin)


@pytest.mark.integration
def test_what_comes_twice_is_one_row_and_an_analyst_reads_it(
    admin: Warehouse, warehouse: Any
) -> None:
    other = dataclasses.replace(
        MERGED, id=uuid4(), happened=Happened.OPENED, at="2026-05-05T08:00:00Z"
    )
    for sequence in (5, 9, 5):  # delivered, delivered again, and replayed
        admin.insert(TABLE, COLUMNS, [row_of(MERGED, sequence, PSEUDONYMS)])
    admin.insert(TABLE, COLUMNS, [row_of(other, 6, PSEUDONYMS)])
    analyst = Warehouse(warehouse.analyst)
    found = analyst.query(
        "SELECT happened, kind, toString(day), account, person, team, detail FROM work.signals "
        "WHERE item = {item:String} ORDER BY time",
        {"item": MERGED.item},
    )
    who = PSEUDONYMS.account(MERGED.actor)
    assert found == [
        ("opened", "change", "2026-05-05", who, who, "", "merged"),
        ("closed", "change", "2026-05-06", who, who, "", "merged"),
    ]
