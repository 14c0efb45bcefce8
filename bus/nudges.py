"""The codec of `poller.nudges`: a tool said that a stream has something new, and not what."""

from typing import NamedTuple

from bus.topics import NUDGES


class Record(NamedTuple):
    """What is sent to Kafka for one nudge."""

    topic: str
    key: bytes | None
    value: bytes


def message(connection: str, stream: str) -> Record:
    """The record that makes the poller look at a stream of a connection now."""
    return Record(NUDGES.name, connection.encode(), stream.encode())


def decode(key: bytes | None, value: bytes) -> tuple[str, str]:
    """The connection and the stream of a record."""
    return (key or b"").decode("utf-8", "replace"), value.decode("utf-8", "replace")
