"""What can be wrong between a work tool and Kafka.

ProducerError
├── ConnectionsError     connections.toml, or a secret it names, cannot be used
├── Unrecorded           what was written down of a tool is not what its connector asks for
├── NotPulled            a source of figures does not answer, or not with figures
├── InvalidCell          a cell of a table that is to be loaded cannot be read
└── Refused              a delivery that is answered with an error; nothing of it is kept
    ├── Unsigned             401  the signature is missing or wrong
    ├── Forbidden            403  a page of another origin, or one that may not speak for somebody
    ├── UnknownConnection    404  no connection of that name
    ├── WrongMethod          405  not what the tool ever sends
    ├── TooLarge             413  more bytes than the tool ever sends
    ├── WrongType            415  not a body that the connector reads
    ├── Unreadable           422  not the JSON, or not the shape, that the tool documents
    ├── TooMany              429  more than one address may send; Retry-After says when it may
    └── Unavailable          503  Kafka or the disk cannot take it now; Retry-After says when
"""

from typing import Any


class ProducerError(Exception):
    """Something between a tool and Kafka; the message says what, where and what to do."""


class ConnectionsError(ProducerError):
    """The connections, or the secret of one, cannot be read.

    `plain` says which line and why, and quotes no name: for strangers too.
    """

    def __init__(self, message: str, plain: str) -> None:
        super().__init__(message)
        self.plain = plain


class Unrecorded(ProducerError):
    """A record of a tool lacks what is asked of it."""


class NotPulled(ProducerError):
    """Figures that are asked for do not come; the message says why, and quotes no secret."""


class InvalidCell(ProducerError):
    """A cell that cannot be read; the messages say what it holds and what would be right.

    `column` is where, if not in the one that was being read; `others` are the values beside it in
    the same cell that could be read.
    """

    def __init__(self, *messages: str, column: str = "", others: tuple[Any, ...] = ()) -> None:
        super().__init__("; ".join(messages))
        self.messages = messages
        self.column = column
        self.others = others


class Refused(ProducerError):
    """A delivery that is answered with an error."""

    status = 400
    retry_after: int | None = None


class Unsigned(Refused):
    """The delivery's signature is missing or does not fit; `challenge` says what is asked for."""

    status = 401
    challenge = ""


class Forbidden(Refused):
    """A page that may not send, or not for that person."""

    status = 403


class UnknownConnection(Refused):
    """There is no connection of that name."""

    status = 404


class WrongMethod(Refused):
    """The tool never sends such a request."""

    status = 405


class TooLarge(Refused):
    """The body is longer than the limit."""

    status = 413


class WrongType(Refused):
    """The body's content type is not one that the tool sends."""

    status = 415


class Unreadable(Refused):
    """The body is not the JSON that the tool documents."""

    status = 422


class TooMany(Refused):
    """One address sends more than it may."""

    status = 429

    def __init__(self, message: str, seconds: int) -> None:
        super().__init__(message)
        self.retry_after = seconds


class Unavailable(Refused):
    """The delivery cannot be kept just now."""

    status = 503
    retry_after = 5
