"""What can go wrong when a tool is asked.

PollError
├── Refused       the tool does not let us in, or does not know what was asked
│   └── Expired       the place in a list that it gave is not known any more
├── Unavailable   the tool does not answer, or puts us off, for longer than one round may take
├── Unreadable    the answer is not what the tool documents
└── UsersUnread   a user list cannot be read, for any of these reasons
"""


class PollError(Exception):
    """A tool was asked and gave nothing; the message says which, why, and what to do.

    `lasting` says that it stays so until somebody does something about it.
    """

    lasting = False


class Refused(PollError):
    """The tool answered that it will not (401, 403, 404, …): the same again will not help.

    `code` is the status or, of a no with a status of 200, the tool's own word.
    """

    lasting = True

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message)
        self.code = code


#: Statuses of what is there no more, or never was.
GONE = frozenset({"404", "410"})


class Expired(Refused):
    """The tool does not know a page's place any more: the list is read anew."""

    lasting = False


class Unavailable(PollError):
    """The tool does not answer, or asks to wait for longer than a round may take."""


class Unreadable(PollError):
    """The answer is not the JSON that the tool documents."""


class UsersUnread(PollError):
    """A user list cannot be read; the message has no address of anybody's."""

    def __init__(self, message: str, *, lasting: bool = False) -> None:
        super().__init__(message)
        self.lasting = lasting
