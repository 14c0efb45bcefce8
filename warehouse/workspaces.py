"""An analyst's workspace: a database of one's own to write in, beside what analysts read.

Its user `analyst_NAME` has what the role analyst reads, and these rights in `workspace_NAME`.
Nobody else but the administrator has any right there.
"""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass

from warehouse.errors import WarehouseError
from warehouse.roles import READS

PREFIX = "workspace_"
#: What ibis, dbt and clickhouse-connect need to keep tables and views, and no more: no
#: dictionaries, functions, users, nor anything that reaches files or other servers.
RIGHTS = (
    "SELECT, INSERT, CREATE TABLE, DROP TABLE, CREATE VIEW, DROP VIEW, TRUNCATE, OPTIMIZE, "
    "ALTER COLUMN, ALTER DELETE, ALTER MODIFY COMMENT"
)
BYTES = 1 << 30
TABLES = 100
_NAME = re.compile(r"[a-z][a-z0-9_]{0,30}")
_HEX = re.compile(r"[0-9a-f]{32,64}")


@dataclass(frozen=True, slots=True)
class Workspace:
    """Whose database it is, the hash of the secret, and how much may be kept in it."""

    name: str
    salt: str
    digest: str
    bytes: int = BYTES
    tables: int = TABLES

    def __post_init__(self) -> None:
        checked(self.name)
        if not (_HEX.fullmatch(self.salt) and _HEX.fullmatch(self.digest)):
            raise WarehouseError("a workspace's salt and digest are written in hex")
        if not (1 << 20 <= self.bytes <= 1 << 50 and 1 <= self.tables <= 10_000):
            raise WarehouseError("a workspace holds 1 MiB to 1 PiB, in 1 to 10000 tables and views")

    @property
    def user(self) -> str:
        """The user, and the role of the same name."""
        return f"analyst_{self.name}"

    @property
    def database(self) -> str:
        """The database that is this user's."""
        return PREFIX + self.name

    @property
    def grants(self) -> tuple[str, ...]:
        """The role's grants, as ClickHouse reads them."""
        views = tuple(f"GRANT SELECT ON {view} TO {self.user}" for view in READS["analyst"])
        return (*views, f"GRANT {RIGHTS} ON {self.database}.* TO {self.user}")

    def opens(self, password: str) -> bool:
        """Whether it is this workspace's secret."""
        return hmac.compare_digest(hashed(password, self.salt), self.digest)


def made(name: str, size: int = BYTES, tables: int = TABLES) -> tuple[Workspace, str]:
    """A workspace, and its secret, which is kept nowhere."""
    secret, salt = secrets.token_urlsafe(24), secrets.token_hex(16)
    return Workspace(name, salt, hashed(secret, salt), size, tables), secret


def hashed(secret: str, salt: str) -> str:
    """SHA-256 of secret and salt, as ClickHouse computes it."""
    return hashlib.sha256((secret + salt).encode()).hexdigest()


def checked(name: str) -> str:
    """The name; raises WarehouseError for what cannot be one."""
    if not _NAME.fullmatch(name):
        raise WarehouseError(
            f"{name!r} cannot be a workspace's name: a small letter, then up to 30 small letters, "
            "digits or _"
        )
    return name
