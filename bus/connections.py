"""The codec of `ops.connections`: what one run of a part did for a connection on one day.

A record is told again with each change, whole, so that the newest of a key is all that there is to
know of it; nothing of what a tool sent is in it.
"""

from typing import NamedTuple

import msgspec

from bus.topics import CONNECTIONS


class Standing(msgspec.Struct, omit_defaults=True):
    """A connection as a run of a part knows it; times are Unix seconds.

    `stream` is the list that is polled, and empty for deliveries. `run` tells one process from
    another, `began` is its start. `every` is how often a stream is to be read, in seconds, `read`
    when it was last read to its end, and `failing` whether it could not be the last time it was
    tried. `platform` is the tool as its statements name it, empty where they name several.
    `refused` counts by the class of the reason.
    """

    connection: str
    connector: str
    part: str
    stream: str
    run: str
    day: str
    began: float
    at: float
    delivered: float | None = None
    read: float | None = None
    every: float = 0.0
    accepted: int = 0
    refused: dict[str, int] = {}
    failing: bool = False
    platform: str = ""


class Record(NamedTuple):
    """What is sent to Kafka for one standing."""

    topic: str
    key: bytes | None
    value: bytes


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Standing)


def message(standing: Standing) -> Record:
    """The record of a standing."""
    return Record(CONNECTIONS.name, standing.connection.encode(), _encoder.encode(standing))


def decode(value: bytes) -> Standing:
    """The standing of a record. Raises ValueError where it is none."""
    return _decoder.decode(value)
