"""Owners of places → `directory.people`: which team a repository, queue or service belongs to.

A place is what work signals call so (`xapi.signals`): where no person acts, what happened there is
its owner's. These are loads as links are, on the topic of people; a row holds from its day on.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from bus import loads
from bus.topics import PEOPLE
from producers.errors import InvalidCell
from producers.load import Checked, Column, Line, Load, Rows
from producers.table import Problem
from xapi import days
from xapi.signals import Item

#: How the keys of its records begin.
KEYS = f"{loads.LINK}owner:"
#: Any text in a place.
ANY = "*"

_HOST = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+(:\d+)?|[a-z0-9-]+:\d+")
_ADDRESS = re.compile(r"https?://([^/]+)/(.+)", re.IGNORECASE)

#: Host, kind ("" for any), place and first day (None: since ever) of what somebody owns.
Key = tuple[str, str, str, date | None]


@dataclass(frozen=True, slots=True)
class Owner:
    """A place, or all that its pattern matches, and whose it is; `team` is "" where that is undone.

    `kind` is a kind of work item, "" for any; `first` the first day, None for since ever.
    """

    host: str
    kind: str
    place: str
    team: str
    first: date | None

    @property
    def key(self) -> Key:
        """What a later row of the same replaces."""
        return self.host, self.kind, self.place, self.first

    def __str__(self) -> str:
        kind = f" ({self.kind})" if self.kind else ""
        since = f" from {self.first} on" if self.first else ""
        return f"{self.host} {self.place}{kind}{since}"


@dataclass(frozen=True, slots=True)
class Known:
    """What the warehouse holds: teams, owners, and the places (host, kind, place) of signals."""

    teams: frozenset[str]
    owners: Mapping[Key, str]
    places: frozenset[tuple[str, str, str]]

    def heard_of(self, owner: Owner) -> bool:
        """Whether anything happened at such a place yet."""
        matches = re.compile(_regex(owner.place), re.IGNORECASE).fullmatch
        return any(
            host == owner.host and owner.kind in ("", kind) and matches(place)
            for host, kind, place in self.places
        )


def _regex(place: str) -> str:
    """A place's pattern as a regular expression; nothing but `*` is more than itself."""
    return ".*".join(map(re.escape, place.split(ANY)))


# A cell


def _host(written: str) -> str:
    """A tool's host, by its name, its address, or the tool's short name."""
    host = re.sub(r"^https?://", "", written.lower()).rstrip("/")
    if _HOST.fullmatch(host):
        return host
    short = _short()
    if host in short:
        return short[host]
    known = ", ".join(sorted(short))
    raise InvalidCell(f"{written!r} is no host (as north.zendesk.com), and none of: {known}")


def _short() -> Mapping[str, str]:
    """Tool → its host, of tools that have one and the same for everybody."""
    from producers.registry import all_connectors  # the connectors, which no other command needs

    pages = {
        name: each.account.home_page for name, each in all_connectors().items() if each.account
    }
    return {name: page.partition("://")[2].partition("/")[0] for name, page in pages.items()}


def _kind(written: str) -> str:
    try:
        return Item(written.lower()).value
    except ValueError:
        raise InvalidCell(f"{written!r} is none of: {', '.join(Item)}") from None


def _day(text: str) -> date:
    try:
        return days.day(text)
    except ValueError as error:
        raise InvalidCell(str(error)) from error


# A line


def _owner(line: Line, known: Known) -> Owner:
    host, place = line.values["tool"], line.values["place"]
    if address := _ADDRESS.fullmatch(place):
        if address[1].lower() != host:
            raise InvalidCell(f"{place!r} is not of {host}", column="place")
        place = address[2].rstrip("/")
    kind, team = line.get("kind") or "", line.get("team") or ""
    return Owner(host, kind, place.lower(), team, line.get("from"))


def _same(lines: Sequence[Line], known: Known) -> Iterator[Problem]:
    """One place that is written in two ways."""
    seen: dict[Key, Line] = {}
    for line in lines:
        try:
            key = _owner(line, known).key
        except (InvalidCell, KeyError):
            continue
        first = seen.setdefault(key, line)
        if first is not line and first.cells["place"] != line.cells["place"]:
            place = first.cells["place"]
            yield line.wrong("place", f"it is {place!r} on line {first.number}, written otherwise")


def _odd(lines: Sequence[Line], known: Known) -> Iterator[Problem]:
    told = set()
    for line in lines:
        team = line.get("team")
        if team and team not in known.teams and team not in told:
            told.add(team)
            yield line.wrong("team", f"the team {team!r} is not in the directory")
        try:
            owner = _owner(line, known)
        except (InvalidCell, KeyError):
            continue
        if not team and owner.key not in known.owners:
            yield line.wrong("team", "it is empty, and the same is nobody's already")
        elif team and not known.heard_of(owner):
            message = f"nothing has happened at {owner.place!r} of {owner.host} yet"
            yield line.wrong("place", message)


# What it would change


def _changes(checked: Checked[Owner], known: Known) -> Iterator[str]:
    added = changed = unchanged = 0
    for owner in checked.entries:
        before = known.owners.get(owner.key, "")
        if before == owner.team:
            unchanged += 1
        elif not before:
            added += 1
            yield f"+ {owner}: {owner.team}"
        else:
            changed += 1
            cleared = "" if owner.team else " (cleared by an empty cell)"
            yield f"~ {owner}: {before} → {owner.team or 'nobody'}{cleared}"
    kept = len(known.owners.keys() - {owner.key for owner in checked.entries})
    yield f"{added} added, {changed} changed, {unchanged} unchanged, {kept} kept though absent"


def _record(owner: Owner) -> tuple[bytes, dict[str, Any]]:
    first = owner.first.isoformat() if owner.first else None
    key = f"{KEYS}{owner.host}|{owner.kind}|{first or ''}|{owner.place}"
    value = {
        "owner": owner.team,
        "host": owner.host,
        "kind": owner.kind,
        "place": owner.place,
        "from": first,
    }
    return key.encode(), value


def _known(rows: Mapping[str, Rows]) -> Known:
    return Known(
        frozenset(team for (team,) in rows["teams"]),
        {
            (host, kind, place, None if first < days.FIRST else first): team
            for host, kind, place, first, team in rows["owners"]
        },
        frozenset((host, kind, place) for host, kind, place in rows["places"]),
    )


load = Load(
    name="owners",
    title="owners'",
    of="places",
    about="Which team a repository, queue or service belongs to where no person acts.",
    file="owners.csv",
    columns=(
        Column(
            "tool",
            "its host, as `north.zendesk.com`, or the short name of people.csv, as `github`",
            read=_host,
            filled=True,
        ),
        Column("kind", f"{', '.join(Item)}; empty: any", read=_kind, needed=False),
        Column(
            "place",
            "what its tool calls the repository, queue or service, or its address; `*` is any text",
            filled=True,
        ),
        Column("team", "empty: what is known of it is taken back"),
        Column("from", "its first day, YYYY-MM-DD; empty: since ever", read=_day, needed=False),
    ),
    says=(
        "Capitals make no difference in places. Of several rows that match, the one counts whose "
        "place has no `*`, else the longest, and of the same that with a kind; of these the last "
        "that has begun. Derived KPIs give what no person of the directory did to the owner "
        "(docs/decisions/owners.md). "
        f"Days are {days.FIRST} to {days.LAST}."
    ),
    replaces=(
        "A row replaces the team of the same tool, kind, place and day; an empty team takes it "
        "back; what is not in the file stays."
    ),
    key=("tool", "kind", "place", "from"),
    asks={
        "teams": "directory/teams_known",
        "owners": "directory/owners_current",
        "places": "directory/places_known",
    },
    know=_known,
    entry=_owner,
    check=_same,
    warn=_odd,
    changes=_changes,
    record=_record,
    topic=PEOPLE,
    keys=KEYS,
    counted="people",
    revision=4,
    arrived="directory/load",
    example="""\
tool,kind,place,team,from
github,,north/atlas,Platform,
github,,north/web-*,Web,2026-06-01
north.zendesk.com,ticket,support,Support,
""",
)
