"""What goes wrong with the embedded stack.

StackError
├── CannotStart     a part cannot start: which, why, what to do
└── DataFolderBusy  another `headwater up` uses the data folder
"""


class StackError(Exception):
    """Something about the embedded stack that its user can act on."""


class CannotStart(StackError):
    """A part cannot start."""

    def __init__(self, part: str, why: str, remedy: str) -> None:
        super().__init__(f"{part} cannot start: {' '.join(why.split())}. To fix: {remedy}.")
        self.part = part


class DataFolderBusy(StackError):
    """Another `headwater up` uses the data folder."""
