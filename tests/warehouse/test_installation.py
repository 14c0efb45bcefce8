"""Time zone, kind and key of an installation are kept; a change is asked for, or refused."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest

from tests.conftest import WarehouseUrls
from warehouse import MigrationError, Warehouse, WarehouseSettings, migrate
from warehouse.installation import settle

pytestmark = pytest.mark.integration
KEY, OTHER_KEY = "ab" * 32, "cd" * 32


@pytest.fixture
def store(warehouse: WarehouseUrls) -> Iterator[Warehouse]:
    one = Warehouse(warehouse.admin)
    one.client.command("TRUNCATE TABLE ops.setting_rows")
    yield one
    one.close()


def started(warehouse: WarehouseUrls, change_to: str = "", **settings: Any) -> list[str]:
    told: list[str] = []
    migrate(WarehouseSettings(clickhouse=warehouse.admin, **settings), change_to, told.append)  # type: ignore[arg-type]
    return told


def zone(store: Warehouse) -> str:
    return str(store.query("SELECT time_zone FROM viewer.settings")[0][0])


def dirty(store: Warehouse) -> int:
    return int(store.query("SELECT count() FROM ops.dirty_hours")[0][0])


def test_a_zone_is_kept_by_every_later_plain_start(
    store: Warehouse, warehouse: WarehouseUrls
) -> None:
    assert started(warehouse, timezone="Europe/Berlin") == [
        "days and weeks are those of Europe/Berlin"
    ]
    for _ in range(2):
        assert started(warehouse) == ["days and weeks are those of Europe/Berlin"]
        assert zone(store) == "Europe/Berlin"


def test_without_one_it_is_utc(store: Warehouse, warehouse: WarehouseUrls) -> None:
    assert started(warehouse) == ["days and weeks are those of UTC"]
    assert zone(store) == "UTC"


def test_a_typing_mistake_is_refused_and_changes_nothing(
    store: Warehouse, warehouse: WarehouseUrls
) -> None:
    for asked in ({"timezone": "Berlin"}, {"change_to": "Berlin"}):
        with pytest.raises(MigrationError, match=r"'Berlin' is not .* did you mean Europe/Berlin"):
            started(warehouse, **asked)
    assert store.query("SELECT count() FROM ops.setting_rows") == [(0,)]


def test_another_zone_is_a_change_that_is_asked_for(
    store: Warehouse, warehouse: WarehouseUrls
) -> None:
    store.insert(
        "learning.fact_rows",
        ("time", "account", "version"),
        [(datetime(2026, 3, 2, 23, 30, tzinfo=UTC), 7, 1)],
    )
    started(warehouse, timezone="Europe/Berlin")
    before = dirty(store)
    with pytest.raises(
        MigrationError, match=r"counted anew. To ask for that: --timezone Asia/Tokyo"
    ):
        started(warehouse, timezone="Asia/Tokyo")
    assert (zone(store), dirty(store)) == ("Europe/Berlin", before)
    (said,) = started(warehouse, change_to="Asia/Tokyo", timezone="Europe/Berlin")
    assert said == (
        "days and weeks were those of Europe/Berlin and are those of Asia/Tokyo from now on: "
        "every day of history is counted anew"
    )
    assert zone(store) == "Asia/Tokyo"
    assert dirty(store) > before
    after = dirty(store)
    assert started(warehouse, change_to="Asia/Tokyo") == ["days and weeks are those of Asia/Tokyo"]
    assert dirty(store) == after


class Killed(Warehouse):
    """One whose process is gone before it marks anything."""

    def command(self, name: str, **parameters: Any) -> None:
        raise KeyboardInterrupt


def test_a_start_that_is_killed_before_it_marks_history_is_made_up_for_by_the_next(
    store: Warehouse, warehouse: WarehouseUrls
) -> None:
    started(warehouse, timezone="Europe/Berlin")
    store.insert(
        "learning.fact_rows",
        ("time", "account", "version"),
        [(datetime(2026, 3, 2, 23, 30, tzinfo=UTC), 7, 1)],
    )
    before = dirty(store)
    with pytest.raises(KeyboardInterrupt):
        settle(Killed(warehouse.admin), WarehouseSettings(clickhouse=warehouse.admin), "Asia/Tokyo")  # type: ignore[arg-type]
    assert (zone(store), dirty(store)) == ("Asia/Tokyo", before)
    started(warehouse)
    marked = dirty(store)
    assert marked > before
    started(warehouse)
    assert dirty(store) == marked


def test_a_gap_between_sessions_is_kept_and_another_counts_sessions_anew(
    store: Warehouse, warehouse: WarehouseUrls
) -> None:
    def marked() -> list[Any]:
        return list(store.query("SELECT mart, count() > 0 FROM ops.dirty_hours GROUP BY mart"))

    def gap() -> int:
        return int(store.query("SELECT session_gap FROM viewer.settings")[0][0])

    at = datetime(2026, 3, 2, 23, 30, tzinfo=UTC)
    store.insert("learning.fact_rows", ("time", "account", "version"), [(at, 7, 1)])
    store.execute("TRUNCATE TABLE ops.dirty_hours")
    started(warehouse)
    assert (gap(), marked()) == (30, [])
    said = started(warehouse, session_gap=45)
    assert said[1:] == [
        "a session ended after 30 minutes without an event and ends after 45 from now on: the "
        "sessions of all history are counted anew"
    ]
    assert (gap(), marked()) == (45, [("sessions", 1)])
    store.execute("TRUNCATE TABLE ops.dirty_hours")
    for kept in ({}, {"session_gap": 45}):
        started(warehouse, **kept)
        assert (gap(), marked()) == (45, [])
    for wrong in (-1, 721):
        with pytest.raises(MigrationError, match=r"minutes, from 1 to 720 \(0 keeps 45\)"):
            started(warehouse, session_gap=wrong)
    assert gap() == 45


def test_a_typing_mistake_that_an_earlier_version_kept_is_told_and_mended(
    store: Warehouse, warehouse: WarehouseUrls
) -> None:
    store.insert("ops.setting_rows", ("name", "value"), [("time_zone", "Berlin")])
    with pytest.raises(MigrationError, match=r"keeps a time zone that is none.*--timezone"):
        started(warehouse)
    started(warehouse, change_to="Europe/Berlin")
    assert zone(store) == "Europe/Berlin"


def test_working_time_is_kept_and_may_change(store: Warehouse, warehouse: WarehouseUrls) -> None:
    asked = "SELECT working_days, working_from, working_until FROM viewer.settings"
    assert store.query(asked) == [([1, 2, 3, 4, 5], 9 * 3600, 17 * 3600)]
    started(warehouse, working_days="7, 1,1", working_hours="08:30-24:00")
    for _ in range(2):
        assert store.query(asked) == [([1, 7], 8.5 * 3600, 24 * 3600)]
        started(warehouse)
    for days in ("0", "1-5", "Monday", "8"):
        with pytest.raises(MigrationError, match=f"HEADWATER_WORKING_DAYS: '{days}'"):
            started(warehouse, working_days=days)
    for hours in ("9-17", "17:00-09:00", "09:00-24:30", "09:00-09:00"):
        with pytest.raises(MigrationError, match=f"HEADWATER_WORKING_HOURS: '{hours}'"):
            started(warehouse, working_hours=hours)


def test_holidays_are_kept_and_may_change(store: Warehouse, warehouse: WarehouseUrls) -> None:
    def holidays() -> list[date]:
        return list(store.query("SELECT holidays FROM viewer.settings")[0][0])

    assert holidays() == []
    started(warehouse, holidays="GB-ENG, 2026-12-24")
    for _ in range(2):
        of_2026 = [day for day in holidays() if day.year == 2026]
        assert of_2026 == [
            date(2026, 1, 1), date(2026, 4, 3), date(2026, 4, 6), date(2026, 5, 4),
            date(2026, 5, 25), date(2026, 8, 31), date(2026, 12, 24), date(2026, 12, 25),
            date(2026, 12, 28),
        ]  # fmt: skip
        assert max(holidays()).year >= datetime.now(UTC).year + 2
        started(warehouse)
    for said in ("Bavaria", "DE-XX", "2026-02-30", "24.12.2026"):
        with pytest.raises(MigrationError, match=f"HEADWATER_HOLIDAYS: '{said}'"):
            started(warehouse, holidays=said)
    assert len(holidays()) > 200, "what was refused changed nothing"
    started(warehouse, holidays="none")
    assert holidays() == []


def test_domains_are_kept_and_may_change(store: Warehouse, warehouse: WarehouseUrls) -> None:
    def domains() -> str:
        query = "SELECT anyLast(value) FROM ops.setting_rows FINAL WHERE name = 'domains'"
        return str(store.query(query)[0][0])

    started(warehouse, domains=" Example.org, *.intranet.example.,localhost")
    for _ in range(2):
        assert domains() == "example.org,intranet.example,localhost"
        started(warehouse)
    for said in ("https://example.org", "exa mple.org", "-a.org", "münchen.example", "a..b"):
        with pytest.raises(MigrationError, match=r"HEADWATER_DOMAINS: .* is no domain"):
            started(warehouse, domains=f"example.org,{said}")
    assert domains().startswith("example.org")
    started(warehouse, domains="none")
    assert domains() == ""


def test_synthetic_data_never_share_a_warehouse_with_real_ones(
    store: Warehouse, warehouse: WarehouseUrls
) -> None:
    started(warehouse, synthetic=True)
    with pytest.raises(MigrationError, match="holds synthetic data, and real data never share"):
        started(warehouse)
    started(warehouse, synthetic=True)
    store.client.command("TRUNCATE TABLE ops.setting_rows")
    started(warehouse)
    with pytest.raises(MigrationError, match="holds real data, and synthetic data never share"):
        started(warehouse, synthetic=True)


def test_another_key_of_pseudonyms_is_refused(store: Warehouse, warehouse: WarehouseUrls) -> None:
    started(warehouse)  # a process that is not told the key checks nothing
    started(warehouse, pseudonym_key=KEY)
    started(warehouse, pseudonym_key=KEY.upper())
    with pytest.raises(MigrationError, match="would make two of every person"):
        started(warehouse, pseudonym_key=OTHER_KEY)
    started(warehouse)
    kept = store.query("SELECT value FROM ops.settings WHERE name = 'pseudonym_key'")[0][0]
    assert len(kept) == 16
    assert kept not in KEY
