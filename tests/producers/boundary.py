"""The boundary to Kafka of a door: keeps what would be written; and doors that write to it."""

from concurrent.futures import Future
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import orjson
from starlette.testclient import TestClient

from bus.errors import BrokerUnavailable
from bus.topics import CONNECTIONS
from producers.connections import Connection
from producers.hooks import Hooks, application
from producers.intake import Intake
from producers.settings import HookSettings


class Kept(NamedTuple):
    """A message that reached the boundary."""

    topic: str
    key: bytes | None
    value: bytes
    headers: Any


class Kafka:
    """What reached the boundary; `away` makes it refuse."""

    alive = True

    def __init__(self) -> None:
        self.messages: list[Kept] = []
        #: How connections stand, which is told whatever comes.
        self.standings: list[Kept] = []
        self.away = False

    def publish(
        self, topic: str, key: bytes | None, value: bytes, headers: Any = ()
    ) -> "Future[None]":
        """Keeps a message."""
        done: Future[None] = Future()
        if self.away:
            done.set_exception(BrokerUnavailable("no broker"))
        else:
            kept = self.standings if topic == CONNECTIONS.name else self.messages
            kept.append(Kept(topic, key, value, headers))
            done.set_result(None)
        return done

    def ready(self) -> bool:
        """Whether it takes messages."""
        return not self.away

    def close(self) -> None:
        """Nothing to close."""

    def of(self, topic: str) -> list[bytes]:
        """The values that were written to a topic."""
        return [each.value for each in self.messages if each.topic == topic]


def door_of(intake: Intake, kafka: Kafka, folder: Path) -> TestClient:
    """A hooks server with one connection, whose data folder this is."""
    limits = HookSettings(data=folder, hooks_minimum_free=0, hooks_body_limit=100_000)
    return TestClient(application(Hooks(limits, {intake.connection.name: intake}, kafka)))


def deliver_to(
    door: TestClient, connection: Connection, content: Any, plain: dict[str, str], **after: str
) -> httpx.Response:
    """Signs a delivery with `plain` headers; those that come `after` are not signed."""
    assert connection.connector.webhook
    body = content if isinstance(content, bytes) else orjson.dumps(content)
    headers = {"content-type": "application/json"} | plain
    signed = connection.connector.webhook.signed(headers, body, connection.secret)
    found: httpx.Response = door.post(
        f"/hooks/{connection.name}", content=body, headers=signed | after
    )
    return found
