"""What `headwater up` can be told by the environment; read once, passed on."""

from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SecretStr, create_model
from pydantic_settings import BaseSettings, SettingsConfigDict

from headwater import parts
from headwater.part import LOOPBACK


def _addresses() -> dict[str, Any]:
    """The field of each part's port, and of the host of those that others may be let in to."""
    found: dict[str, Any] = {}
    for part in parts.every():
        if part.listens is None:
            continue
        about = f"Where `headwater {part.name}` listens"
        if login := part.listens.login:
            host = Field(
                LOOPBACK, description=f"{about}; elsewhere than on loopback it needs `{login}`."
            )
            found[f"{part.name}_host"] = (str, host)
        else:
            about += ", on loopback" + (": its health and metrics" if part.answers else "")
        port = Field(part.listens.port, ge=0, le=65535, description=f"{about}.")
        found[f"{part.name}_port"] = (int, port)
    return found


#: Its fields are known when the parts are found: mypy cannot know them.
_Addresses: Any = create_model("_Addresses", __base__=BaseSettings, **_addresses())


class StackSettings(_Addresses):
    """The stack's addresses, ports and outside services."""

    model_config = SettingsConfigDict(env_prefix="HEADWATER_", frozen=True, extra="ignore")

    #: Where the stack keeps its state; `./data`, or `./demo-data` with `--demo`.
    data: Path | None = None
    #: Bootstrap servers of another Kafka; the embedded one is not started then.
    kafka: str | None = None
    #: Admin and viewer URL of a ClickHouse server; the embedded warehouse is not started then.
    clickhouse: SecretStr | None = None
    clickhouse_viewer: SecretStr | None = None
    #: `auto` takes free ports, so that several stacks can run on one machine.
    ports: Literal["fixed", "auto"] = "fixed"

    #: `user:password` that the page asks for; made by the stack when bound elsewhere than loopback.
    page_login: SecretStr | None = None

    def address(self, part: str) -> tuple[str, int]:
        """Where a part is to listen, as (host, port)."""
        return getattr(self, f"{part}_host", LOOPBACK), getattr(self, f"{part}_port")
