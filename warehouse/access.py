"""Roles and users on a ClickHouse server, as `roles.py` declares them.

The embedded warehouse has them from its engine's configuration and takes none by SQL. A password
leaves this process only as a salted hash.
"""

import hashlib
import secrets
from string import Template

from pydantic import SecretStr

from warehouse.client import Warehouse, named
from warehouse.errors import WarehouseError
from warehouse.roles import USERS, replacing
from warehouse.settings import WarehouseSettings
from warehouse.workspaces import Workspace

#: The server's users come from its configuration alone, as the embedded warehouse's do.
_CONFIGURED = ("Code: 495.", "Code: 514.")


def grant(warehouse: Warehouse, settings: WarehouseSettings) -> list[str]:
    """Makes the readers whose password is set, or gives them the new one; returns their names.

    Raises WarehouseError with ClickHouse's message where the administrator may not do that.
    """
    wanted = {"analyst": settings.analyst_password, "viewer": settings.viewer_password}
    made: list[str] = []
    for user, password in wanted.items():
        if password is None or not password.get_secret_value():
            continue
        try:
            for statement in statements(user, password):
                warehouse.execute(statement)
        except WarehouseError as error:
            if any(code in str(error) for code in _CONFIGURED):
                return made
            raise
        made.append(user)
    return made


def statements(user: str, password: SecretStr) -> list[str]:
    """What makes a user of `roles.USERS` with its role, in order; again changes but the password.

    The hash is SHA-256 of password and salt, in hex, so nothing in it needs quoting.
    """
    role, salt = USERS[user], secrets.token_hex(16)
    digest = hashlib.sha256((password.get_secret_value() + salt).encode()).hexdigest()

    def filled(name: str) -> str:
        return Template(named(name)).substitute(user=user, role=role, digest=digest, salt=salt)

    return [
        filled("access/role"),
        replacing(role),
        filled("access/user"),
        filled("access/member"),
        filled("access/default"),
    ]


def workspace_statements(workspace: Workspace) -> list[str]:
    """What makes a workspace's user on a ClickHouse server, in order; again changes it.

    The server has no bound for a database: its quota is what the user may write in a day.
    """
    user = workspace.user
    names = {
        "user": user,
        "role": user,
        "database": workspace.database,
        "digest": workspace.digest,
        "salt": workspace.salt,
        "bytes": str(workspace.bytes),
    }

    def filled(name: str) -> str:
        return Template(named(name)).substitute(names)

    return [
        filled("access/role"),
        *workspace.grants,
        filled("access/user"),
        filled("access/member"),
        filled("workspaces/default"),
        filled("workspaces/quota"),
    ]


def workspace_ending(user: str) -> list[str]:
    """What takes a workspace's user away again."""
    return [
        named("workspaces/no_quota", user=user),
        named("workspaces/no_user", user=user),
        named("workspaces/no_role", user=user),
    ]
