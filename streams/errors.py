"""What can stop a processor.

StreamError
├── EmptyRollUp      a period has facts and was computed without any
├── Overtaken        another worker has begun to compute the same mart
├── LostRecords      records stand in the topic and did not reach their processor
├── MissingKey       no installation key: pseudonyms cannot be made
├── NoSuchProcessor  there is no stream processor of that name
└── SharedGroup      a processor that shares its consumer group cannot run alone
"""


class StreamError(Exception):
    """A processor cannot go on; the message says why and what to do."""


class EmptyRollUp(StreamError):
    """A period has facts and was computed without any: not swapped in, and tried again."""


class Overtaken(StreamError):
    """Another worker has begun to compute the same mart; nothing more is swapped in."""


class LostRecords(StreamError):
    """Records got lost between the broker and their processor: they are read again."""


class MissingKey(StreamError):
    """HEADWATER_PSEUDONYM_KEY is not set or not hex of at least 16 bytes."""


class NoSuchProcessor(StreamError):
    """`headwater worker --only` names none of the stream processors."""


class SharedGroup(StreamError):
    """`headwater worker --only` names a processor that reads in one consumer group with others."""
