"""Errors as ClickHouse tells them: a code, its name, a text, an HTTP status.

EngineError
├── AccessDenied          497, a reader asked for what readers may not do
├── AuthenticationFailed  516, no such user or another password
├── Busy                  202, those who run and wait are as many as may: try again
├── NoRoom                243, the disk is full, or a write to it failed: try again
└── Disconnected          the client went away in the middle of its request
"""

import re

#: Codes whose answer is not 500, as ClickHouse's `exceptionCodeToHTTPStatus.cpp` has them.
STATUS: dict[int, int] = {
    **dict.fromkeys((194,), 401),
    **dict.fromkeys((192, 193, 497, 512, 516), 403),
    **dict.fromkeys((6, 15, 16, 25, 26, 27, 36, 38, 41, 44, 53, 62, 71, 72), 400),
    **dict.fromkeys((117, 167, 168, 223, 321, 376, 427, 440, 675, 676), 400),
    **dict.fromkeys((46, 47, 50, 56, 60, 63, 73, 78, 81, 115, 132, 511), 404),
    **dict.fromkeys((139,), 500),
    159: 408,
    381: 411,
    229: 413,
    48: 501,
    **dict.fromkeys((76, 202, 209, 439), 503),
}

_NO_DATABASE = re.compile(r"table expression identifier '[^'.]+'")
_CODE = re.compile(r"Code: (\d+)\. ")
_PREFIX = re.compile(r"^.*?(?=Code: \d+\. )", re.DOTALL)
_REPEATED = re.compile(r"^(?:Code: \d+\. DB::Exception: )+(?=Code: \d+\. DB::)")
_NAME = r"\([A-Z0-9_]+\)"
_VERSION = re.compile(
    rf"({_NAME})(?: \(version [^)]*\))?(?:\. {_NAME}(?: \(version [^)]*\))?)*\s*$"
)


class EngineError(Exception):
    """What the engine, or the server before it, refused to do.

    `text` is the whole message as ClickHouse's HTTP interface writes it.
    """

    def __init__(self, code: int, name: str, message: str) -> None:
        self.code = code
        self.text = f"Code: {code}. DB::Exception: {message} ({name})"
        super().__init__(self.text)

    @classmethod
    def of(cls, error: BaseException) -> "EngineError":
        """The error of a failed call into the engine."""
        if isinstance(error, EngineError):
            return error
        text = str(error).strip()
        if isinstance(error, UnicodeDecodeError):  # the engine quotes a statement that is not UTF-8
            text = error.object.decode("utf-8", "replace").strip()
        found = _CODE.search(text)
        if not found:
            return cls(1001, "STD_EXCEPTION", text or type(error).__name__)
        text = _REPEATED.sub("", _PREFIX.sub("", text, count=1))
        known = cls(int(found[1]), "", "")
        known.text = _VERSION.sub(r"\1", text)
        known.args = (known.text,)
        return known

    def to(self, user: str) -> "EngineError":
        """This error as the user reads it: the engine calls everybody `default`."""
        self.text = self.text.replace("Exception: default: ", f"Exception: {user}: ")
        if self.code == 60 and _NO_DATABASE.search(self.text):
            self.text = self.text.replace(
                " (UNKNOWN_TABLE)", " Name its database too, as in learning.events. (UNKNOWN_TABLE)"
            )
        return self

    @property
    def status(self) -> int:
        """The HTTP status that ClickHouse answers with."""
        return STATUS.get(self.code, 500)


class AccessDenied(EngineError):
    """A reader asked for what readers may not do."""

    def __init__(self, user: str, why: str) -> None:
        super().__init__(497, "ACCESS_DENIED", f"{user}: Not enough privileges. {why}.")


class AuthenticationFailed(EngineError):
    """No such user, or another password: ClickHouse does not say which."""

    def __init__(self, user: str) -> None:
        super().__init__(
            516,
            "AUTHENTICATION_FAILED",
            f"{user}: Authentication failed: password is incorrect, "
            "or there is no user with such name.",
        )


class Busy(EngineError):
    """No slot for a kind of user, now."""

    #: When to try again, in seconds.
    retry_after = 5

    def __init__(self, kind: str, running: int, waiting: int) -> None:
        super().__init__(
            202,
            "TOO_MANY_SIMULTANEOUS_QUERIES",
            f"Too many simultaneous queries. Of {kind} {running} run and {waiting} wait; "
            f"try again in {self.retry_after} seconds.",
        )


class NoRoom(EngineError):
    """What was to be written is not on the disk, or would not be."""

    #: When to try again, in seconds.
    retry_after = 5

    def __init__(self, why: str) -> None:
        message = f"{why}; send it again in {self.retry_after} seconds."
        super().__init__(243, "NOT_ENOUGH_SPACE", message)


class Disconnected(Exception):
    """The client went away in the middle of its request."""
