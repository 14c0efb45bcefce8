"""The contract of a connector: what a tool sends, how it is signed, and what each kind becomes.

Every kind of event is one of three: mapped (a mapper turns it into statements), ignored on purpose
(listed, with the reason), or unsupported (kept in `xapi.rejected`, counted, never silent). A mapper
is pure: an event in, statements out, from nothing but what does not change about the event.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from producers.signatures import Scheme

Event = Mapping[str, Any]
Statement = dict[str, Any]
Mapper = Callable[[Event], Sequence[Statement]]
#: (headers in lower case, event) → the kind, as in "issues.opened".
KindOf = Callable[[Mapping[str, str], Event], str]


class Ignored(Exception):
    """Raised by a mapper for an event of a mapped kind that is left out on purpose."""


@dataclass(frozen=True)
class Mapped:
    """A kind that becomes statements."""

    mapper: Mapper


@dataclass(frozen=True)
class IgnoredKind:
    """A kind that is left out on purpose."""

    reason: str


@dataclass(frozen=True)
class Unsupported:
    """A kind that nobody has decided about."""


@dataclass
class Connector:
    """A work tool's events: where their kind and signature are, and what becomes of each kind.

    `ignored` maps kinds to reasons; "star.*" stands for every action of an event.
    """

    name: str
    title: str
    docs: str
    signature: Scheme
    kind_of: KindOf
    #: The header that names a delivery, kept with what is refused.
    delivery: str
    content_types: tuple[str, ...] = ("application/json",)
    ignored: Mapping[str, str] = field(default_factory=dict)
    mappers: dict[str, Mapper] = field(default_factory=dict)

    def maps(self, *kinds: str) -> Callable[[Mapper], Mapper]:
        """Registers a mapper for kinds. Raises ValueError where one is already sorted."""

        def register(mapper: Mapper) -> Mapper:
            for kind in kinds:
                if kind in self.mappers or kind in self.ignored:
                    raise ValueError(f"{self.name}: {kind} is already mapped or ignored")
                self.mappers[kind] = mapper
            return mapper

        return register

    def sort(self, kind: str) -> Mapped | IgnoredKind | Unsupported:
        """Which of the three a kind is."""
        mapper = self.mappers.get(kind)
        if mapper is not None:
            return Mapped(mapper)
        event = kind.partition(".")[0]
        reason = self.ignored.get(kind) or self.ignored.get(f"{event}.*")
        return IgnoredKind(reason) if reason else Unsupported()
