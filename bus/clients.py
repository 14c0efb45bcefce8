"""Every client of Kafka is made here, so that each knows the address, TLS and the login.

`producer`, `consumer` and `admin` are aiokafka's, for asyncio; those that block are kafka-python's.
They take the library's other options as they are. Neither library is imported before one of its
clients is made. (faust makes its own, with the `Cluster`'s address and login: `streams/app.py`.)
"""

import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from bus.settings import KafkaSettings


@dataclass(frozen=True)
class Cluster:
    """A Kafka: where it is, and how it lets clients in. Shown, it is its address."""

    bootstrap: str
    tls: bool = False
    ca: Path | None = None
    mechanism: str = "SCRAM-SHA-512"
    user: str | None = None
    password: str | None = field(default=None, repr=False)

    @classmethod
    def of(cls, at: "At") -> "Cluster":
        """The Kafka at an address, with the login that the environment gives."""
        if isinstance(at, Cluster):
            return at
        told = KafkaSettings()
        return cls(
            at,
            tls=told.kafka_tls,
            ca=told.kafka_ca,
            mechanism=told.kafka_mechanism,
            user=told.kafka_user,
            password=told.kafka_password.get_secret_value() if told.kafka_password else None,
        )

    @classmethod
    def read(cls, described: Mapping[str, Any]) -> Self:
        """The Kafka that `described` says, as stack.json keeps it."""
        ca = described.get("ssl_cafile")
        return cls(
            str(described["bootstrap_servers"]),
            tls=str(described.get("security_protocol", "")).endswith("SSL"),
            ca=Path(ca) if ca else None,
            mechanism=str(described.get("sasl_mechanism", "SCRAM-SHA-512")),
            user=described.get("sasl_plain_username"),
            password=described.get("sasl_plain_password"),
        )

    def __str__(self) -> str:
        return self.bootstrap

    @property
    def protocol(self) -> str:
        """Kafka's name of the way in."""
        below = "SSL" if self.tls else "PLAINTEXT"
        return f"SASL_{below}" if self.user else below

    def described(self) -> dict[str, str]:
        """Address and login by kafka-python's names: what `read` takes, ready for JSON."""
        said = {"bootstrap_servers": self.bootstrap, "security_protocol": self.protocol}
        if self.ca:
            said["ssl_cafile"] = str(self.ca)
        return said | self._login()

    def environment(self) -> dict[str, str]:
        """The settings by which a part's process finds the same Kafka, unset ones empty."""
        return {
            "HEADWATER_KAFKA": self.bootstrap,
            "HEADWATER_KAFKA_TLS": "1" if self.tls else "0",
            "HEADWATER_KAFKA_CA": str(self.ca or ""),
            "HEADWATER_KAFKA_MECHANISM": self.mechanism,
            "HEADWATER_KAFKA_USER": self.user or "",
            "HEADWATER_KAFKA_PASSWORD": self.password or "",
        }

    def adopt(self) -> None:
        """Makes its login this process's, for whatever is given its plain address afterwards."""
        os.environ.update(self.environment())

    def options(self) -> dict[str, Any]:
        """What both libraries' clients are told of the way in; the names are the same."""
        said: dict[str, Any] = {
            "bootstrap_servers": self.bootstrap.split(","),
            "security_protocol": self.protocol,
            **self._login(),
        }
        if self.tls:
            said["ssl_context"] = self.context()
        return said

    def context(self) -> ssl.SSLContext:
        """TLS that checks the broker's certificate and its name."""
        return ssl.create_default_context(cafile=str(self.ca) if self.ca else None)

    def _login(self) -> dict[str, str]:
        if not self.user:
            return {}
        return {
            "sasl_mechanism": self.mechanism,
            "sasl_plain_username": self.user,
            "sasl_plain_password": self.password or "",
        }


#: A Kafka, or its address alone: then the login is the environment's.
At = Cluster | str


def producer(at: At, **options: Any) -> Any:
    """An `AIOKafkaProducer`; to be started."""
    from aiokafka import AIOKafkaProducer

    return AIOKafkaProducer(**Cluster.of(at).options(), **options)


def consumer(at: At, *topics: str, **options: Any) -> Any:
    """An `AIOKafkaConsumer` of the topics, if any; to be started."""
    from aiokafka import AIOKafkaConsumer

    return AIOKafkaConsumer(*topics, **Cluster.of(at).options(), **options)


def admin(at: At, **options: Any) -> Any:
    """An `AIOKafkaAdminClient`; to be started."""
    from aiokafka.admin import AIOKafkaAdminClient

    return AIOKafkaAdminClient(**Cluster.of(at).options(), **options)


def blocking_producer(at: At, **options: Any) -> Any:
    """A `KafkaProducer`, connected."""
    from kafka import KafkaProducer

    return KafkaProducer(**Cluster.of(at).options(), **options)


def blocking_consumer(at: At, *topics: str, **options: Any) -> Any:
    """A `KafkaConsumer` of the topics, if any."""
    from kafka import KafkaConsumer

    return KafkaConsumer(*topics, **Cluster.of(at).options(), **options)


def blocking_admin(at: At, **options: Any) -> Any:
    """A `KafkaAdminClient`, connected."""
    from kafka import KafkaAdminClient

    return KafkaAdminClient(**Cluster.of(at).options(), **options)
