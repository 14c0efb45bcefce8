"""What can go wrong with reactions.

ReactionsError
├── DocumentError      a reactions.toml that cannot be read as it stands
└── DeliveryError      a message that was not delivered
    ├── NotNow             the receiver may take it later
    └── Refused            it never will
"""


class ReactionsError(Exception):
    """Something between a rule and its message; the message says what, where and what to do."""


class DocumentError(ReactionsError):
    """A reactions.toml that cannot be read as it stands."""


class DeliveryError(ReactionsError):
    """A message that was not delivered."""


class NotNow(DeliveryError):
    """The receiver may take it later; `seconds` is how long it asks for, 0 where it does not."""

    def __init__(self, why: str, seconds: float = 0.0) -> None:
        super().__init__(why)
        self.seconds = seconds


class Refused(DeliveryError):
    """The receiver will never take it."""
