"""Views are their files: applied anew where anything changed, each after those that it names."""

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.conftest import WarehouseUrls
from warehouse import MigrationError, Warehouse, WarehouseSettings, migrate, migration, schema
from warehouse.schema import Declared

pytestmark = pytest.mark.integration


@pytest.fixture
def admin(warehouse: WarehouseUrls) -> Iterator[Warehouse]:
    found = Warehouse(warehouse.admin)
    yield found
    again(warehouse)
    found.close()


def again(warehouse: WarehouseUrls, **settings: object) -> list[int]:
    return migrate(WarehouseSettings(clickhouse=warehouse.admin, **settings))  # type: ignore[arg-type]


def view(name: str, text: str) -> Declared:
    return Declared(name, "VIEW", "", "none", "", text)


def test_each_view_comes_after_those_that_it_names() -> None:
    seen: set[str] = set()
    every = {one.name for one in schema.views()}
    for one in schema.views():
        assert one.names & every <= seen, one.name
        seen.add(one.name)


def test_every_process_has_views_in_one_order() -> None:
    """By that a migrate knows that nothing changed."""
    ask = "from warehouse import schema; print(*(one.name for one in schema.views()))"
    found = {
        subprocess.run(
            [sys.executable, "-c", ask],
            env={**os.environ, "PYTHONHASHSEED": str(seed)},
            check=True,
            capture_output=True,
        ).stdout
        for seed in range(6)
    }
    assert len(found) == 1


def test_a_view_of_another_version_is_made_anew(warehouse: WarehouseUrls, admin: Warehouse) -> None:
    admin.execute("CREATE OR REPLACE VIEW viewer.teams AS SELECT 'of before' AS team")
    assert again(warehouse) == [], "no migration is applied twice"
    assert admin.query("SELECT * FROM viewer.teams") == []
    assert Warehouse(warehouse.viewer).query("SELECT * FROM viewer.teams") == []


def test_views_that_stand_are_not_made_again(warehouse: WarehouseUrls, admin: Warehouse) -> None:
    made = "SELECT name, uuid FROM system.tables WHERE database = 'viewer' ORDER BY name"
    again(warehouse)
    before = admin.query(made)
    again(warehouse)
    assert admin.query(made) == before
    admin.execute("ALTER TABLE ops.dirty_hours MODIFY COMMENT 'another'")
    again(warehouse)
    after = admin.query(made)
    assert {name for name, _ in after} == {name for name, _ in before}
    assert not set(after) & set(before), "what views read is another, so all are made of it anew"


def test_a_view_that_is_gone_goes_only_where_it_is_named(
    warehouse: WarehouseUrls, admin: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("gone", "kept"):
        admin.execute(f"CREATE OR REPLACE VIEW viewer.{name} AS SELECT 1 AS one")
    monkeypatch.setattr(schema, "gone", lambda: ["DROP VIEW IF EXISTS viewer.gone"])
    again(warehouse)
    left = "SELECT name FROM system.tables WHERE database = 'viewer' AND name IN ('gone', 'kept')"
    assert admin.query(left) == [("kept",)]
    admin.execute("DROP VIEW viewer.kept")


def test_a_dictionary_takes_the_password_of_today(
    warehouse: WarehouseUrls, admin: Warehouse
) -> None:
    admin.insert("vault.account_rows", ("account", "identifier"), [(7, "mailto:a@corp.invalid")])
    asked = "SELECT dictGet('vault.account_pseudonym', 'account', tuple('mailto:a@corp.invalid'))"
    again(warehouse, dictionary_user="nobody", dictionary_password="wrong")
    with pytest.raises(Exception, match=r"nobody|Authentication|password"):
        admin.query(asked)
    again(warehouse)
    assert admin.query(asked) == [(7,)]


def test_a_view_that_cannot_be_made_is_named(
    warehouse: WarehouseUrls, admin: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = view("viewer.wrong", "CREATE OR REPLACE VIEW viewer.wrong AS SELECT nothing FROM ops.x")
    monkeypatch.setattr(migration.schema, "views", lambda: (wrong,))
    with pytest.raises(MigrationError, match=r"viewer\.wrong could not be made"):
        again(warehouse)
    monkeypatch.undo()
