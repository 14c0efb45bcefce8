"""What the hooks server needs to know, read once from the environment."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

MEBIBYTE = 1 << 20


class HookSettings(BaseSettings):
    """Addresses, connections and limits of the hooks server."""

    model_config = SettingsConfigDict(env_prefix="HEADWATER_", frozen=True)

    kafka: str = "127.0.0.1:9092"
    #: The folder whose disk is watched; the broker's, where the server runs beside it.
    data: Path = Path()
    #: The TOML file that names the connections and where their secrets are.
    connections: Path = Path("connections.toml")
    #: Whether the data are a synthetic organisation's; what a demo invented is refused elsewhere.
    synthetic: bool = False
    hooks_host: str = "127.0.0.1"
    hooks_port: int = Field(8081, ge=0, le=65535)
    #: The largest body in bytes; GitHub sends at most 25 MiB.
    hooks_body_limit: int = Field(25 * MEBIBYTE, gt=0)
    #: How long a delivery waits for Kafka's acknowledgement, in seconds, before it is 503.
    hooks_kafka_seconds: float = Field(8.0, gt=0)
    #: Deliveries are refused while the disk of the data folder has fewer free bytes than this.
    hooks_minimum_free: int = Field(512 * MEBIBYTE, ge=0)
