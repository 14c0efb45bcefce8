"""What the embedded warehouse can be told by the environment."""

import os
from pathlib import Path

from pydantic import SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from headwater.errors import CannotStart
from warehouse.roles import USERS

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
    warehouse_memory: int = 1536 * MIB
    #: What one query of a reader may hold in memory, in bytes; all slots of analysts and viewers
    #: together are at most 3/5 of HEADWATER_WAREHOUSE_MEMORY, the rest is the writers'.
    warehouse_reader_memory: int = 128 * MIB
    #: What one query of a reader may put aside on the disk, in bytes: sorting, grouping, results.
    warehouse_reader_disk: int = 2048 * MIB
    #: What must be free on the disk of the data folder, in bytes; below it writes are refused.
    warehouse_minimum_free: int = 64 * MIB
    #: How long one query of a reader may last, in seconds.
    warehouse_reader_seconds: int = 60
    #: Threads of one query of a reader; 0: half the processors.
    warehouse_reader_threads: int = 0
    #: Queries at once of analysts.
    warehouse_analysts: int = 3
    #: Queries at once of viewers: the page, Grafana.
    warehouse_viewers: int = 3
    #: Queries at once of the parts, as the administrator: the LRS's reads, the worker's.
    warehouse_readers: int = 8
    #: Inserts and commands at once.
    warehouse_writers: int = 6
    #: Statements of a kind of user that wait for a slot, for each slot; more are answered 503.
    warehouse_queue: int = 8
    #: How long a statement waits for a slot, in seconds; then it is answered 503.
    warehouse_queue_seconds: float = 20.0

    @model_validator(mode="after")
    def _leave_the_writers_their_part(self) -> "WarehouseServerSettings":
        slots = self.warehouse_analysts + self.warehouse_viewers
        if slots * self.warehouse_reader_memory * 5 > self.warehouse_memory * 3:
            raise ValueError(
                f"{slots} slots of readers with {self.warehouse_reader_memory} bytes each are more "
                f"than 3/5 of HEADWATER_WAREHOUSE_MEMORY ({self.warehouse_memory}): lower "
                "HEADWATER_WAREHOUSE_READER_MEMORY, _ANALYSTS or _VIEWERS, or raise the memory"
            )
        return self

    @property
    def reader_threads(self) -> int:
        """Threads of one query of a reader."""
        return self.warehouse_reader_threads or max(1, (os.cpu_count() or 2) // 2)

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
