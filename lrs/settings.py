"""What the LRS needs to know, read once from the environment."""

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

MEBIBYTE = 1 << 20


class LrsSettings(BaseSettings):
    """Addresses, credentials and limits of the LRS."""

    model_config = SettingsConfigDict(env_prefix="HEADWATER_", frozen=True)

    kafka: str = "127.0.0.1:9092"
    clickhouse: SecretStr = SecretStr("http://default:@127.0.0.1:8123")
    #: The folder whose disk is watched; the broker's, where the LRS runs beside it.
    data: Path = Path()
    #: The file that declares the KPIs; `kpis.toml` in the data folder where it is not set.
    kpis: Path | None = None
    lrs_host: str = "127.0.0.1"
    lrs_port: int = Field(8080, ge=0, le=65535)
    #: Where clients find the LRS behind a proxy, as in https://lrs.example.org/mylrs, without
    #: `/xapi`: `more` leads there. Where it is not set, trusted proxies say it.
    lrs_public_url: str = ""
    #: Addresses and networks of proxies whose X-Forwarded-Proto, -Host and -Prefix are believed,
    #: comma separated.
    lrs_trusted_proxies: str = "127.0.0.1, ::1"
    #: Basic credentials, "user:password", comma separated. Without any, nobody gets in.
    lrs_credentials: SecretStr = SecretStr("")
    #: Whether the data are a synthetic organisation's; what a demo invented is refused elsewhere.
    synthetic: bool = False
    #: Home page of the accounts that statements' authorities are.
    lrs_authority: str = "https://w3id.org/xapi/headwater/lrs"
    #: The largest request body in bytes, as sent and after decompression.
    lrs_body_limit: int = Field(10 * MEBIBYTE, gt=0)
    #: The most bytes that the attachments of one request may have together.
    lrs_attachment_limit: int = Field(16 * MEBIBYTE, gt=0)
    #: The folder of attachments' files; `attachments` in the data folder where it is not set. LRS
    #: processes share it.
    lrs_attachments: Path | None = None
    #: The origins whose pages may use the LRS in a browser: `*` for all, comma separated, or none.
    lrs_origins: str = "*"
    #: Statements that a page holds at most.
    lrs_page_limit: int = Field(500, gt=0)
    #: How long a request waits for Kafka's acknowledgement, in seconds, before it is 503: less than
    #: the five seconds after which many clients give up by themselves.
    lrs_kafka_seconds: float = Field(4.0, gt=0)
    #: Bytes that may wait for Kafka's acknowledgement at once; what is more is 503.
    lrs_waiting_limit: int = Field(64 * MEBIBYTE, gt=0)
    #: Refusals of each credential that are listed one by one in an hour; what is more is counted.
    lrs_refused_hourly: int = Field(1000, ge=0)
    #: The largest refused statement whose text is kept with the refusal, in bytes; 0 keeps none.
    lrs_refused_body: int = Field(0, ge=0, le=MEBIBYTE)
    #: Writes are refused while the disk of the data folder has fewer free bytes than this.
    lrs_minimum_free: int = Field(512 * MEBIBYTE, ge=0)
    #: What a scraper sends as `Authorization: Bearer …` to see names in /metrics.
    metrics_token: SecretStr | None = None
    #: How often it is asked what the recorder has confirmed (Consistent-Through), in seconds.
    lrs_frontier_interval: float = Field(0.2, gt=0)
    #: Memory for the filter of ids that the warehouse may hold, in bytes; 256 MiB is exact enough
    #: for 80 million.
    lrs_ids_memory: int = Field(256 * MEBIBYTE, gt=0)
    #: Bytes of memory for documents (State, profiles) that were read or written lately.
    lrs_document_cache: int = Field(64 * MEBIBYTE, ge=0)
