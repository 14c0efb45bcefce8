"""The codec of `work.signals`: a record is one thing that happened to an item, keyed by it."""

from typing import NamedTuple

import msgspec

from bus.topics import SIGNALS
from xapi.signals import Signal

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Signal)


class Record(NamedTuple):
    """What is sent to Kafka for one signal."""

    topic: str
    key: bytes | None
    value: bytes


def message(signal: Signal) -> Record:
    """The record of a signal."""
    return Record(SIGNALS.name, signal.item.encode(), _encoder.encode(signal))


def decode(value: bytes) -> Signal:
    """The signal of a record. Raises ValueError where it is none."""
    return _decoder.decode(value)
