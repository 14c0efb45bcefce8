"""What a credential may do: the scopes of xAPI 1.0.3 Part Three 4.2 (its section on OAuth).

`kpi/write` is ours. The standard defines the others for OAuth tokens; here they hold for Basic
credentials. A wide scope implies the narrower ones, and `all/read` implies reading whatever the
others let one write.
"""

from collections.abc import Iterable
from enum import StrEnum

from bus.records import NO_VOID


class Scope(StrEnum):
    """A scope, by the standard's own word."""

    STATEMENTS_WRITE = "statements/write"
    STATEMENTS_READ = "statements/read"
    STATEMENTS_READ_MINE = "statements/read/mine"
    STATE = "state"
    PROFILE = "profile"
    #: Whether what a principal says of activities and agents counts as their definition.
    DEFINE = "define"
    #: To void what others wrote (`docs/decisions/voiding.md`); who may write may void their own.
    STATEMENTS_VOID = "statements/void"
    #: Ours: to send figures of KPIs.
    KPI_WRITE = "kpi/write"
    ALL_READ = "all/read"
    ALL = "all"


#: What a source says of its principal besides the name, and besides `bus.records.NO_VOID`, which
#: records from before there was the scope do not have.
_NO_DEFINE = "#no-define"
_IMPLIED: dict[Scope, tuple[Scope, ...]] = {
    Scope.ALL: tuple(Scope),
    Scope.ALL_READ: (Scope.STATEMENTS_READ, Scope.STATEMENTS_READ_MINE),
    Scope.STATEMENTS_READ: (Scope.STATEMENTS_READ_MINE,),
}


def expanded(scopes: Iterable[str]) -> frozenset[Scope]:
    """The scopes with everything that they imply; ValueError for a word that is none."""
    given = [_scope(word) for word in scopes]
    return frozenset(each for scope in given for each in (scope, *_IMPLIED.get(scope, ())))


def source(name: str, scopes: Iterable[Scope]) -> str:
    """What a principal's records say of where they come from; it tells who may define and void."""
    may = frozenset(scopes)
    no_void = "" if Scope.STATEMENTS_VOID in may else NO_VOID
    no_define = "" if Scope.DEFINE in may else _NO_DEFINE
    return f"lrs:{name}{no_void}{no_define}"


def defines(source: str) -> bool:
    """Whether definitions of activities and agents in statements of a source count."""
    return not source.endswith(_NO_DEFINE)


def voids_all(source: str) -> bool:
    """Whether voiding statements of a source undo what others wrote too."""
    return NO_VOID not in source


def _scope(word: str) -> Scope:
    try:
        return Scope(word)
    except ValueError:
        known = ", ".join(Scope)
        raise ValueError(f"{word!r} is not a scope; the scopes are {known}") from None
