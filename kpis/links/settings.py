"""What the nightly run of links needs to know, read once from the environment."""

from datetime import time

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class LinkSettings(BaseSettings):
    """The warehouse, and when links are estimated."""

    model_config = SettingsConfigDict(env_prefix="HEADWATER_", frozen=True)

    clickhouse: SecretStr = SecretStr("http://default:@127.0.0.1:8123")
    #: Where its health and metrics are.
    links_port: int = Field(0, ge=0, le=65535)
    #: When links are estimated each day, where the organisation is (`HEADWATER_TIMEZONE`): hours
    #: and minutes.
    links_at: time = time(3, 30)
    #: Seconds between two looks whether a run is due; a rollout that is declared makes one due.
    links_every: float = Field(20.0, gt=0)
