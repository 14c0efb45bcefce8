"""How Kafka lets clients in, read from the environment; the address stands in each part's own."""

from pathlib import Path
from typing import Literal, Self

from pydantic import SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from bus.errors import NotConfigured

Mechanism = Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"]


class KafkaSettings(BaseSettings):
    """TLS and SASL of the Kafka that HEADWATER_KAFKA names; without any of it, plaintext."""

    model_config = SettingsConfigDict(
        env_prefix="HEADWATER_", frozen=True, extra="ignore", env_ignore_empty=True
    )

    #: Whether Kafka is reached over TLS; its certificate must fit the address.
    kafka_tls: bool = False
    #: A file of certificates (PEM) that Kafka's is signed by; unset, those that the machine trusts.
    kafka_ca: Path | None = None
    #: The SASL mechanism that Kafka asks for, where a user is set.
    kafka_mechanism: Mechanism = "SCRAM-SHA-512"
    #: The user and the password of the login at Kafka (SASL); without a user there is no login.
    kafka_user: str | None = None
    kafka_password: SecretStr | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.kafka_user is None) != (self.kafka_password is None):
            raise NotConfigured(
                "HEADWATER_KAFKA_USER and HEADWATER_KAFKA_PASSWORD go together: set both, or none"
            )
        if self.kafka_ca is not None and not self.kafka_tls:
            raise NotConfigured("HEADWATER_KAFKA_CA is for TLS: set HEADWATER_KAFKA_TLS=1")
        if self.kafka_ca is not None and not self.kafka_ca.is_file():
            raise NotConfigured(f"HEADWATER_KAFKA_CA names {self.kafka_ca}, which is no file")
        return self
