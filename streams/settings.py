"""What the stream processors need to know, read once from the environment."""

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class StreamSettings(BaseSettings):
    """Addresses, the installation's key, and how much is taken at a time."""

    model_config = SettingsConfigDict(env_prefix="HEADWATER_", frozen=True)

    kafka: str = "127.0.0.1:9092"
    clickhouse: SecretStr = SecretStr("http://default:@127.0.0.1:8123")
    #: The data folder; faust keeps its own few files in `worker` under it.
    data: Path = Path("data")
    #: The file that declares the KPIs; `kpis.toml` in the data folder where it is not set.
    kpis: Path | None = None
    #: Hex; makes pseudonyms. Whoever has it can tell who is who.
    pseudonym_key: SecretStr = SecretStr("")
    #: Where /healthz and /metrics of the recorder and the worker listen; 0 turns them off.
    recorded_port: int = 0
    worker_port: int = 0
    #: What reads Kafka for the stream processors: faust, or plain (aiokafka alone). All workers run
    #: on the same one; each goes on where the other left off.
    worker_runner: Literal["faust", "plain"] = "faust"
    #: The one stream processor that this worker runs, where its consumer group is its own; unset,
    #: all of them and the marts.
    worker_only: str = ""
    #: The recorder waits this long for more before it inserts what it has, in seconds; on a busy
    #: machine up to twice as long.
    recorded_linger: float = 0.3
    #: The recorder takes at most so many bytes into one insert.
    recorded_max_bytes: int = 8 << 20
    #: Events of learning.events taken into one insert.
    activity_batch: int = 4000
    #: How often dirty hours are taken in, in seconds.
    rollup_interval: float = 2.0
    #: How long marts rest between two turns: 1 leaves facts most of the time, 0 takes in at once
    #: whatever is dirty.
    marts_rest: float = Field(default=1.0, ge=0)
