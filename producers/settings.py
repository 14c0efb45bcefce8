"""What the hooks server needs to know, read once from the environment."""

from pathlib import Path

from pydantic import Field, SecretStr
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
    #: Addresses and networks of proxies whose X-Forwarded-For is believed, comma separated: by a
    #: client's address it is bounded how often pages may send.
    hooks_trusted_proxies: str = "127.0.0.1, ::1"
    #: The largest body in bytes; GitHub sends at most 25 MiB.
    hooks_body_limit: int = Field(25 * MEBIBYTE, gt=0)
    #: Bytes that the bodies of all deliveries under way may have together; when there are more, the
    #: largest that is still coming is 503.
    hooks_bodies_limit: int = Field(64 * MEBIBYTE, gt=0)
    #: In how many seconds a body must be there whole; GitHub itself gives up after ten.
    hooks_body_seconds: float = Field(60.0, gt=0)
    #: What a scraper sends as `Authorization: Bearer …` to see names of connections in /metrics;
    #: without it what is counted is summed over them.
    metrics_token: SecretStr | None = None
    #: How long a delivery waits for Kafka's acknowledgement, in seconds, before it is 503.
    hooks_kafka_seconds: float = Field(8.0, gt=0)
    #: Deliveries are refused while the disk of the data folder has fewer free bytes than this.
    hooks_minimum_free: int = Field(512 * MEBIBYTE, ge=0)


class PullSettings(BaseSettings):
    """What figures are pulled by."""

    model_config = SettingsConfigDict(env_prefix="HEADWATER_", frozen=True)

    #: The hosts that sheets of figures may be taken from, comma separated, as `*.example.org` too;
    #: a redirect leads to no other.
    kpi_hosts: str = "docs.google.com, *.googleusercontent.com"

    @property
    def hosts(self) -> list[str]:
        """The hosts."""
        return [each.strip() for each in self.kpi_hosts.split(",") if each.strip()]


class PollerSettings(PullSettings):
    """Addresses and connections of the poller."""

    #: The data folder.
    data: Path = Path()
    #: The file that declares the KPIs; `kpis.toml` in the data folder where it is not set.
    kpis: Path | None = None
    kafka: str = "127.0.0.1:9092"
    #: The TOML file that names the connections and where their tokens are.
    connections: Path = Path("connections.toml")
    #: Whether the data are a synthetic organisation's; what a demo invented is refused elsewhere.
    synthetic: bool = False
    #: Where the poller's health and metrics are.
    poller_host: str = "127.0.0.1"
    #: The port of its health and metrics.
    poller_port: int = Field(8085, ge=0, le=65535)
    metrics_token: SecretStr | None = None
