"""What the embedded warehouse can be told by the environment."""

from pathlib import Path

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from headwater.embedded.errors import CannotStart
from lrs.warehouse.roles import USERS

MIB = 1 << 20


class WarehouseServerSettings(BaseSettings):
    """Address, users, folder and limits of the embedded warehouse."""

    model_config = SettingsConfigDict(env_prefix="HEADWATER_", frozen=True, extra="ignore")

    #: The data folder; the warehouse keeps its state in `warehouse` under it.
    data: Path = Path("data")
    warehouse_host: str = "127.0.0.1"
    warehouse_port: int = 8123
    #: `user:password` for each of headwater, analyst and viewer, comma separated.
    warehouse_passwords: SecretStr = SecretStr("")
    #: What the whole engine may hold in memory, in bytes.
    warehouse_memory: int = 1024 * MIB
    #: What one query of a reader may hold in memory (bytes) and last (seconds).
    warehouse_reader_memory: int = 384 * MIB
    warehouse_reader_seconds: int = 60
    #: Queries at once for those who write, and for those who read.
    warehouse_writers: int = 6
    warehouse_readers: int = 8

    @property
    def folder(self) -> Path:
        """Where the engine keeps its files."""
        return self.data.resolve() / "warehouse"

    def passwords(self) -> dict[str, str]:
        """User → password; raises CannotStart where one is unknown or has none."""
        found: dict[str, str] = {}
        for pair in filter(None, self.warehouse_passwords.get_secret_value().split(",")):
            user, _, password = pair.strip().partition(":")
            if user not in USERS or not password:
                raise CannotStart(
                    "warehouse",
                    f"HEADWATER_WAREHOUSE_PASSWORDS has {user!r} without a password"
                    if user in USERS
                    else f"HEADWATER_WAREHOUSE_PASSWORDS names {user!r}",
                    f"write user:password for some of {', '.join(USERS)}",
                )
            found[user] = password
        if not found:
            raise CannotStart(
                "warehouse",
                "nobody could log in",
                "set HEADWATER_WAREHOUSE_PASSWORDS to headwater:…,analyst:…,viewer:…",
            )
        return found
