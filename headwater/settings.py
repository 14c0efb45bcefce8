"""What `headwater up` can be told by the environment; read once, passed on."""

from pathlib import Path
from typing import Literal

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class StackSettings(BaseSettings):
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

    #: Where the embedded broker listens, on loopback.
    kafka_port: int = 9092
    #: Where the warehouse, the LRS and the hooks server listen.
    warehouse_host: str = "127.0.0.1"
    warehouse_port: int = 8123
    lrs_host: str = "127.0.0.1"
    lrs_port: int = 8080
    hooks_host: str = "127.0.0.1"
    hooks_port: int = 8081
    #: Where the recorder's, the worker's and the poller's health and metrics are; on loopback.
    recorded_port: int = 8083
    worker_port: int = 8084
    poller_port: int = 8085
    #: Where the page listens.
    page_host: str = "127.0.0.1"
    page_port: int = 8082
    #: `user:password` that the page asks for; made by the stack when bound elsewhere than loopback.
    page_login: SecretStr | None = None
