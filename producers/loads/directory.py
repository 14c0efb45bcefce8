"""The directory of people → `directory.people`: their accounts, and their teams since when."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import zip_longest
from typing import Any

import orjson

from bus.topics import PEOPLE
from producers.errors import InvalidCell
from producers.load import Checked, Column, Line, Load, Rows
from producers.table import Problem
from xapi import days, synthetic, zones

_FIELDS = ("name", "accounts", "teams", "manager", "start", "findable", "timezone")
_YES_OR_NO = {"yes": True, "no": False}

#: Id → what is known of a person, as `directory.people` holds it.
Current = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Stay:
    """A team and the days in it; no first day is since ever, no last one until further notice."""

    team: str
    first: date | None
    last: date | None


@dataclass(frozen=True, slots=True)
class Person:
    """A person as a line of the file says."""

    id: str
    name: str = ""
    accounts: tuple[str, ...] = ()
    stays: tuple[Stay, ...] = ()
    manager: str | None = None
    start: date | None = None
    #: Whether they agreed to be named as somebody who knows a topic.
    findable: bool = False
    #: By which clocks they live, as an IANA name; "" is those of the organisation.
    timezone: str = ""

    def value(self) -> dict[str, Any]:
        """What `directory.people` holds of the person, without the load's id."""
        return {
            "person": self.id,
            "name": self.name,
            "accounts": list(self.accounts),
            "teams": [
                {"team": stay.team, "from": _iso(stay.first), "to": _iso(stay.last)}
                for stay in self.stays
            ],
            "manager": self.manager,
            "start": _iso(self.start),
            "findable": self.findable,
            "timezone": self.timezone,
        }


@dataclass(slots=True)
class Difference:
    """What a load would do: ids of people, and for those who change the old and the new values."""

    added: list[str] = field(default_factory=list)
    changed: dict[str, dict[str, tuple[Any, Any]]] = field(default_factory=dict)
    unchanged: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)


# A cell


def _account(written: str) -> str:
    from producers.accounts import account  # the connectors, which no other command needs

    return account(written)


def _day(text: str) -> date:
    try:
        return days.day(text)
    except ValueError as error:
        raise InvalidCell(str(error)) from error


def _move(written: str) -> tuple[date, str, str]:
    """The day, the team, and how it is written."""
    day, colon, to = (part.strip() for part in written.partition(":"))
    if not colon or not to:
        raise InvalidCell(f"the move {written!r} must read YYYY-MM-DD:Team")
    try:
        return _day(day), to, written
    except InvalidCell as error:
        raise InvalidCell(f"the move {written!r}: the day {error}") from None


def _yes(written: str) -> bool:
    try:
        return _YES_OR_NO[written.lower()]
    except KeyError:
        raise InvalidCell(f"{written!r} is neither yes nor no") from None


def _zone(written: str) -> str:
    if wrong := zones.problem(written):
        raise InvalidCell(wrong)
    return written


# A line


def _person(line: Line, current: Current) -> Person:
    """What a line says of a person; a column that the file lacks leaves what is known."""
    known = current.get(line.cells["person"], {})
    start = (
        _known_day(known.get("start")) if "start_date" in line.absent else line.get("start_date")
    )
    return Person(
        line.cells["person"],
        _said(line, known, "name") or "",
        tuple(dict.fromkeys(line.values["accounts"])),
        _stays(*_teams(line, known, start)),
        _manager(line, current),
        start,
        _findable(line, known),
        _said(line, known, "timezone") or "",
    )


def _said(line: Line, known: Mapping[str, Any], name: str) -> Any:
    """What the row says; what is known, where the file has no such column."""
    return known.get(name) if name in line.absent else line.get(name)


def _findable(line: Line, known: Mapping[str, Any]) -> bool:
    """What the row says; a no that was said by hand stands until it is taken back by hand."""
    if "findable" in line.absent or known.get("withdrawn"):
        return bool(known.get("findable"))
    return bool(line.get("findable"))


def _manager(line: Line, current: Current) -> str | None:
    return _said(line, current.get(line.cells["person"], {}), "manager") or None


def _teams(
    line: Line, known: Mapping[str, Any], start: date | None
) -> tuple[str, date | None, Sequence[tuple[date, str, str]]]:
    """First team, its first day and the moves: as the row says, or as known where no column does.

    Without moves a row says either the first team or today's; another one beside known moves could
    mean both.
    """
    team = line.get("team") or ""
    stays = list(known.get("teams") or ())
    later = [stay for stay in stays if stay.get("from") != known.get("start")]
    if "moves" not in line.absent or not later:
        return team, start, line.get("moves") or ()
    first = stays[0]["team"] if stays[0] not in later else ""
    if team not in (first, later[-1]["team"]):
        raise InvalidCell(
            f"the team {team!r} is neither the first one ({first!r}) nor the last one "
            f"({later[-1]['team']!r}) that is known, and the file has no column moves: add it, so "
            "that it says what becomes of them",
            column="team",
        )
    return first, start, [_move(f"{stay['from']}:{stay['team']}") for stay in later]


def _known_day(text: Any) -> date | None:
    return date.fromisoformat(text) if text else None


def _stays(
    team: str, start: date | None, moves: Sequence[tuple[date, str, str]]
) -> tuple[Stay, ...]:
    begins: list[tuple[date | None, str]] = [(start, team)] if team else []
    since, where = start, team
    for on, to, written in moves:
        if since is not None and on <= since:
            after = "the start date" if len(begins) <= bool(team) else "the move before it"
            raise InvalidCell(
                f"the move {written!r} is out of order: {on} is not after {after}", column="moves"
            )
        if to == where:
            raise InvalidCell(
                f"the move {written!r} leads to where the person already is", column="moves"
            )
        begins.append((on, to))
        since, where = on, to
    ends = [begin - timedelta(days=1) for begin, _ in begins[1:] if begin]
    return tuple(Stay(name, begin, end) for (begin, name), end in zip_longest(begins, ends))


# All lines together


def _check(lines: Sequence[Line], current: Current) -> Iterator[Problem]:
    yield from _claimed(lines, current)
    yield from _circles(lines, current)


def _claimed(lines: Sequence[Line], current: Current) -> Iterator[Problem]:
    """An account belongs to one person; one who is in the file may hand theirs on."""
    listed = {line.cells["person"] for line in lines}
    elsewhere = {
        held: identifier
        for identifier, value in current.items()
        if identifier not in listed
        for held in value.get("accounts", ())
    }
    holders: dict[str, Line] = {}
    for line in lines:
        for held in dict.fromkeys(line.values["accounts"]):
            first = holders.setdefault(held, line)
            whose = first.cells["person"]
            if whose != line.cells["person"]:
                yield line.wrong(
                    "accounts",
                    f"the account {held!r} is claimed by {whose!r} on line {first.number} too",
                )
            elif held in elsewhere:
                yield line.wrong(
                    "accounts",
                    f"the account {held!r} is {elsewhere[held]!r}'s in the current directory, "
                    "who is not in the file",
                )


def _circles(lines: Sequence[Line], current: Current) -> Iterator[Problem]:
    managers = {identifier: value.get("manager") for identifier, value in current.items()}
    managers |= {line.cells["person"]: _manager(line, current) for line in lines}
    numbers = {line.cells["person"]: line.number for line in reversed(lines)}
    done: set[str] = set()
    for line in lines:
        path: list[str] = []
        at: str | None = line.cells["person"]
        while at and at not in done:
            done.add(at)
            path.append(at)
            at = managers.get(at)
        if at and at in path:
            circle = path[path.index(at) :]
            number = min(numbers[member] for member in circle if member in numbers)
            way = " → ".join(repr(member) for member in [*circle, at])
            yield Problem(number, f"managers go in a circle: {way}", "manager")


def _unknown_managers(lines: Sequence[Line], current: Current) -> Iterator[Problem]:
    known = current.keys() | {line.cells["person"] for line in lines}
    for line in lines:
        manager = _manager(line, current)
        if manager and manager not in known:
            yield line.wrong("manager", f"the manager {manager!r} is not in the directory")


def _odd(lines: Sequence[Line], current: Current) -> Iterator[Problem]:
    yield from _unknown_managers(lines, current)
    for line in lines:
        person = line.cells["person"]
        known = current.get(person, {})
        if not line.get("findable"):
            continue
        if known.get("withdrawn"):
            yield line.wrong(
                "findable",
                f"{person!r} was taken out by hand and stays so until "
                f"`headwater directory findable {person} yes`",
            )
        elif not _said(line, known, "name"):
            yield line.wrong("findable", f"{person!r} has no name, and is found by none")


def _invented(lines: Sequence[Line], current: Current) -> Iterator[Problem]:
    """Accounts that a demo made up."""
    for line in lines:
        for held in line.values["accounts"]:
            if synthetic.is_address(held.removeprefix("account:").rpartition("|")[0]):
                yield line.wrong(
                    "accounts",
                    f"the account {held!r} is of {synthetic.HOST}: a demo made it up",
                )


# What it would change


def difference(people: Sequence[Person], current: Current) -> Difference:
    """How the directory would differ after a load of these people."""
    found = Difference(kept=sorted(current.keys() - {person.id for person in people}))
    for person in people:
        old, new = current.get(person.id), person.value()
        if old is None:
            found.added.append(person.id)
            continue
        changes = {
            name: (_plain(name, old.get(name)), _plain(name, new[name]))
            for name in _FIELDS
            if _plain(name, old.get(name)) != _plain(name, new[name])
        }
        if changes:
            found.changed[person.id] = changes
        else:
            found.unchanged.append(person.id)
    return found


def _changes(checked: Checked[Person], current: Current) -> Iterator[str]:
    if checked.absent:
        yield f"no column {', '.join(checked.absent)}: what is known of these stays"
    found = difference(checked.entries, current)
    for person in found.added:
        yield f"+ {person}"
    for person, changes in found.changed.items():
        yield f"~ {person}"
        for name, (old, new) in changes.items():
            emptied = old and not new and name != "findable"
            cleared = " (cleared by an empty cell)" if emptied else ""
            yield f"    {name}: {_text(name, old)} → {_text(name, new)}{cleared}"
    for person in found.kept:
        yield f"  {person} is not in the file and stays"
    yield (
        f"{len(found.added)} added, {len(found.changed)} changed, "
        f"{len(found.unchanged)} unchanged, {len(found.kept)} kept though absent"
    )


def _plain(name: str, value: Any) -> Any:
    """A field's value so that the order of accounts and a missing name make no difference."""
    if name == "accounts":
        return sorted(value or ())
    if name == "findable":
        return bool(value)
    return value or ([] if name == "teams" else "" if name in ("name", "timezone") else None)


def _text(name: str, value: Any) -> str:
    if name == "teams":
        spans = (
            f"{stay['team']} ({stay.get('from') or '…'} to {stay.get('to') or '…'})"
            for stay in value
        )
        return ", ".join(spans) or "nothing"
    if name == "findable":
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(value) or "nothing"
    return str(value) if value else "nothing"


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _record(person: Person) -> tuple[bytes, dict[str, Any]]:
    return person.id.encode(), person.value()


def _current(rows: Mapping[str, Rows]) -> Current:
    """What is known of each person; whether they may be named, as it holds."""
    people = {identifier: orjson.loads(value) for identifier, value in rows["current"]}
    for identifier, findable, withdrawn in rows["findable"]:
        if identifier in people:
            people[identifier] |= {"findable": findable, "withdrawn": withdrawn}
    return people


load = Load(
    name="directory",
    title="directory",
    of="people",
    about="Who is who, and in which team since when.",
    file="people.csv",
    columns=(
        Column("person", "an id that stays", filled=True),
        Column("name", needed=False),
        Column(
            "accounts",
            "`github:octocat`; `anna@example.org`; `https://homepage|name`",
            read=_account,
            several=True,
        ),
        Column("team", "the first one, from start_date or the beginning of time"),
        Column("manager", "that person's id", needed=False),
        Column("start_date", "YYYY-MM-DD", read=_day, needed=False),
        Column("moves", "YYYY-MM-DD:Team; …", read=_move, needed=False, several=True),
        Column(
            "findable",
            "yes or no: whether they agreed to be named as somebody who knows a topic",
            read=_yes,
            needed=False,
        ),
        Column(
            "timezone",
            "whose clocks the person lives by, as `Europe/Berlin`; empty: the organisation's",
            read=_zone,
            needed=False,
        ),
    ),
    says=(
        "An empty cell clears what is known; a column that the file lacks leaves it as it is. "
        f"Days are {days.FIRST} to {days.LAST}."
    ),
    replaces="What is known of a person who is in the file is replaced; who is not stays.",
    key=("person",),
    asks={"current": "directory/people_current", "findable": "directory/findable"},
    know=_current,
    entry=_person,
    check=_check,
    warn=_odd,
    invented=_invented,
    changes=_changes,
    record=_record,
    topic=PEOPLE,
    counted="people",
    arrived="directory/load",
    example="""\
person,name,accounts,team,manager,start_date,moves,findable,timezone
anna,Anna Berg,github:annaberg;anna@example.org,Platform,,2024-02-01,,yes,Africa/Lagos
ben,Ben Okoye,github:benokoye;ben@example.org,Support,anna,2026-03-02,2026-06-01:Platform,,
""",
)
