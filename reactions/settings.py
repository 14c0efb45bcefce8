"""What the part of reactions needs to know, read once from the environment."""

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class ReactionSettings(BaseSettings):
    """Addresses, and how often it goes round."""

    model_config = SettingsConfigDict(env_prefix="HEADWATER_", frozen=True)

    kafka: str = "127.0.0.1:9092"
    clickhouse: SecretStr = SecretStr("http://default:@127.0.0.1:8123")
    #: The folder that a `file:` of a reactions.toml is relative to.
    data: Path = Path("data")
    #: Where its health and metrics are.
    reactions_port: int = Field(0, ge=0, le=65535)
    #: Seconds between two looks at what happened; more where a look takes long.
    reactions_every: float = Field(30.0, gt=0)
    #: Seconds that are left for what comes late (a tool that is polled, an answer under way) before
    #: a case is looked for.
    reactions_settle: float = Field(300.0, ge=0)
