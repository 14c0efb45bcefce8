"""The boundary to Kafka of a door: keeps what would be written."""

from concurrent.futures import Future
from typing import Any, NamedTuple

from bus.errors import BrokerUnavailable


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
        self.away = False

    def publish(
        self, topic: str, key: bytes | None, value: bytes, headers: Any = ()
    ) -> "Future[None]":
        """Keeps a message."""
        done: Future[None] = Future()
        if self.away:
            done.set_exception(BrokerUnavailable("no broker"))
        else:
            self.messages.append(Kept(topic, key, value, headers))
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
