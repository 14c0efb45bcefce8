"""By which keys a range of statements is found (`010_statement_keys.sql`), between which places.

A key is a kind and a value. A filter is met by any of its keys; a statement must meet every filter.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

#: The kinds of keys, as the warehouse's views number them.
EVERY, AGENT, RELATED_AGENT, VERB, ACTIVITY, RELATED_ACTIVITY, REGISTRATION = range(7)
#: Positions are of 128 bits; the uppermost 48 are when a statement was stored, in milliseconds.
TIME_SHIFT = 80
END = 1 << 128
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Key = tuple[int, str]
#: A statement's place and id.
Listed = tuple[int, UUID]


class Range(NamedTuple):
    """Which statements: stored after `since` and until `until`, beyond a position, how many.

    The filters are those of Part Three 2.1.3, each off where it is empty. `agent` and `authority`
    are canonical identifiers (`xapi.identity`). `authority` is no parameter of the standard: it is
    for those who may read only what they wrote. `through` ends a walk where reads are whole:
    nothing stored after it is returned, in whichever direction.
    """

    since: datetime | None = None
    until: datetime | None = None
    ascending: bool = False
    beyond: int | None = None
    limit: int = 100
    agent: str = ""
    verb: str = ""
    activity: str = ""
    registration: UUID | None = None
    related_agents: bool = False
    related_activities: bool = False
    authority: str = ""
    through: datetime | None = None


def filters(wanted: Range) -> dict[str, list[Key]]:
    """The keys of each filter, of which a statement must have one; empty where it is off."""
    found: dict[str, list[Key]] = {"agents": [], "verbs": [], "activities": [], "registrations": []}
    if wanted.agent:
        kinds = (AGENT, RELATED_AGENT)[: 1 + wanted.related_agents]
        found["agents"] = [(kind, wanted.agent) for kind in kinds]
    if wanted.verb:
        found["verbs"] = [(VERB, wanted.verb)]
    if wanted.activity:
        kinds = (ACTIVITY, RELATED_ACTIVITY)[: 1 + wanted.related_activities]
        found["activities"] = [(kind, wanted.activity) for kind in kinds]
    if wanted.registration:
        found["registrations"] = [(REGISTRATION, str(wanted.registration))]
    return found


def places(wanted: Range) -> tuple[int, int]:
    """The least position of a range, and the least beyond it."""
    low, high = 0, END - 1
    if wanted.since is not None:
        low = max(low, after(wanted.since))
    for until in (wanted.until, wanted.through):
        if until is not None:
            high = min(high, after(until))
    if wanted.beyond is not None:
        low, high = (
            (max(low, wanted.beyond + 1), high)
            if wanted.ascending
            else (low, min(high, wanted.beyond))
        )
    return low, high


def merged(
    lists: Sequence[Sequence[Listed]], limit: int, ascending: bool
) -> tuple[list[Listed], bool]:
    """The first places of several lists, each once, at most `limit`; and whether there may be more.

    A list of `limit` was cut off: beyond its end there may be more of it, so nothing there is sure.
    """
    places = {place: identifier for some in lists for place, identifier in some}
    order = sorted(places, reverse=not ascending)
    cut_off = [order.index(some[-1][0]) + 1 for some in lists if len(some) >= limit]
    sure = min([limit, *cut_off])
    return [(place, places[place]) for place in order[:sure]], bool(cut_off) or len(order) > sure


def after(moment: datetime) -> int:
    """The least position of what was stored after a moment; stored is a whole millisecond."""
    milliseconds = (moment - _EPOCH) // timedelta(milliseconds=1)
    return max(0, milliseconds + 1) << TIME_SHIFT
