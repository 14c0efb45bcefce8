"""learning.objects: each thing once, where it is, and whether that is outside."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.conftest import WarehouseUrls
from tests.streams.history import BEGIN, Fact, History
from warehouse import Warehouse, WarehouseSettings
from warehouse.installation import settle

pytestmark = pytest.mark.integration
PAGE, ELSEWHERE = "https://wiki.Example.org/tides?x=1", "https://www.tides.test/table"
LOOKS_ALIKE = "https://notexample.org/a"


def fact(number: int, hours: int, account: int, behaviour: str, thing: str, **more: str) -> Fact:
    return Fact(
        f"00000000-0000-4000-8000-{number:012}", BEGIN + timedelta(hours=hours), account, 0,
        more.get("tool", "Wiki"), behaviour, more.get("topic", "tides"), number, object=thing,
    )  # fmt: skip


@pytest.fixture(scope="module")
def store(warehouse: WarehouseUrls) -> Iterator[Warehouse]:
    found = Warehouse(warehouse.admin)
    history = History(found)
    history.begin(())
    history.happen(
        [
            fact(1, 5, 1, "record", PAGE, topic="sea"),
            fact(2, 9, 2, "read", PAGE, tool="Browser"),
            fact(3, 7, 3, "record", PAGE),
            fact(4, 8, 1, "explore", ELSEWHERE, topic="moon"),
            fact(5, 8, 1, "read", LOOKS_ALIKE),
            fact(6, 8, 1, "ask", "urn:uuid:8c0f"),
            fact(7, 8, 1, "unclassified", "https://example.org/no-learning"),
            fact(8, 8, 1, "search", ""),
        ]
    )
    yield found
    settle(found, WarehouseSettings(domains="none"))
    found.close()


def test_a_thing_stands_once_with_who_used_it_and_when(store: Warehouse) -> None:
    columns = "topic, tools, host, events, people, first_seen, last_seen, recorded"
    query = f"SELECT {columns} FROM learning.objects WHERE object = {{object:String}}"
    at = [BEGIN + timedelta(hours=hours) for hours in (5, 9, 7)]
    (row,) = store.query(query, {"object": PAGE})
    assert row[:5] == ("tides", ["Browser", "Wiki"], "wiki.example.org", 3, 3)
    assert [moment.timestamp() for moment in row[5:]] == [each.timestamp() for each in at]
    (row,) = store.query(query, {"object": ELSEWHERE})
    assert row[2:5] == ("tides.test", 1, 1)
    assert row[-1] is None


def test_what_is_outside_is_told_from_the_domains_that_were_said(store: Warehouse) -> None:
    def outside() -> dict[str, bool | None]:
        return dict(store.query("SELECT object, outside FROM learning.objects"))

    assert set(outside().values()) == {None}
    settle(store, WarehouseSettings(domains="example.org, intranet.example"))
    assert outside() == {PAGE: 0, ELSEWHERE: 1, LOOKS_ALIKE: 1, "urn:uuid:8c0f": None}
