"""What can be wrong with what a client sends, as a small tree.

    XapiError
    ├── MalformedJson    the bytes are not JSON that every reader would read alike
    └── StatementError   a statement breaks a data rule of the specification

Each says where (`path`, as in "$[3].actor.mbox"), what is wrong and what would be right (`rule`),
and the section of the specification that says so (`section`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

SPECIFICATION = "xAPI 1.0.3"


@dataclass
class XapiError(ValueError):
    """Something in a request that breaks a rule."""

    path: str
    rule: str
    section: str
    #: Where a batch was refused: what else in it breaks a rule. None for a statement by itself.
    others: "Sequence[XapiError] | None" = field(
        default=None, compare=False, repr=False, kw_only=True
    )

    def __str__(self) -> str:
        of = "xAPI" if self.section.startswith("2.0 ") else SPECIFICATION
        return f"{self.path}: {self.rule} ({of} {self.section})"


class MalformedJson(XapiError):
    """The bytes are not JSON, or are JSON that two readers could understand differently."""


class StatementError(XapiError):
    """A statement breaks a data rule."""
