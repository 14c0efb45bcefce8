"""Readers on a ClickHouse server: what is sent, in which order, and that ClickHouse reads it."""

import hashlib
import re

import pytest
from pydantic import SecretStr

from tests.conftest import WarehouseUrls
from warehouse import Warehouse, WarehouseSettings
from warehouse.access import grant, statements, workspace_ending, workspace_statements
from warehouse.roles import USERS, replacing
from warehouse.workspaces import made

AWKWARD = SecretStr('it\'s \\ "odd" $user; DROP USER analyst --')


@pytest.mark.parametrize("user", ["analyst", "viewer"])
def test_a_role_comes_before_its_grants_and_its_user(user: str) -> None:
    sent = statements(user, AWKWARD)
    assert sent[0].startswith(f"CREATE ROLE IF NOT EXISTS {user}")
    assert sent[1:-3] == [replacing(USERS[user])]
    assert [line.split()[0] for line in sent[-3:]] == ["CREATE", "GRANT", "ALTER"]


def test_a_password_is_sent_as_a_salted_hash_only() -> None:
    sent = " ".join(statements("analyst", AWKWARD))
    assert "odd" not in sent
    found = re.search(r"BY '([0-9a-f]{64})' SALT '([0-9a-f]{32})'", sent)
    assert found is not None
    password = AWKWARD.get_secret_value() + found[2]
    assert hashlib.sha256(password.encode()).hexdigest() == found[1]
    assert statements("analyst", AWKWARD) != statements("analyst", AWKWARD), "a salt of its own"


def test_without_passwords_nobody_is_asked() -> None:
    nowhere = Warehouse("http://headwater:h@127.0.0.1:1")
    assert grant(nowhere, WarehouseSettings(viewer_password=SecretStr(""))) == []


@pytest.mark.integration
def test_the_engine_reads_every_statement(warehouse: WarehouseUrls) -> None:
    admin = Warehouse(warehouse.admin)
    for user in ("analyst", "viewer"):
        for statement in statements(user, AWKWARD):
            [(read,)] = admin.query("SELECT formatQuery({sql:String})", {"sql": statement})
            assert read


@pytest.mark.integration
def test_the_embedded_warehouse_keeps_its_own_users(warehouse: WarehouseUrls) -> None:
    settings = WarehouseSettings(
        clickhouse=SecretStr(warehouse.admin),
        analyst_password=SecretStr("another"),
        viewer_password=SecretStr("another"),
    )
    assert grant(Warehouse(warehouse.admin), settings) == []
    assert Warehouse(warehouse.analyst).query("SELECT 1") == [(1,)]


def test_a_workspace_is_a_role_a_user_and_a_quota() -> None:
    workspace, secret = made("ada", 5 << 20)
    sent = workspace_statements(workspace)
    assert [line.split()[0] for line in sent[-4:]] == ["CREATE", "GRANT", "ALTER", "CREATE"]
    assert "MAX written_bytes = 5242880 TO analyst_ada" in sent[-1]
    assert secret not in " ".join(sent)
    others = [line for line in sent if " ON " in line and "SELECT ON" not in line]
    assert [line.partition(" ON ")[2] for line in others] == ["workspace_ada.* TO analyst_ada"]


@pytest.mark.integration
def test_the_engine_reads_what_makes_and_ends_a_workspace(warehouse: WarehouseUrls) -> None:
    admin = Warehouse(warehouse.admin)
    workspace, _ = made("ada")
    for statement in [*workspace_statements(workspace), *workspace_ending(workspace.user)]:
        [(read,)] = admin.query("SELECT formatQuery({sql:String})", {"sql": statement})
        assert read
    assert admin.rows("workspaces/users") == []
