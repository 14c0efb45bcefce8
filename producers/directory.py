"""The directory of people: a CSV file → `directory.people`, one message a person.

A load counts once its closing record is there, so it counts whole or not at all. The columns are
person, name, accounts (`;` between them), team, manager, start_date and moves
(`YYYY-MM-DD:Team;…`); `team` is the first team, from start_date or the beginning of time. An empty
cell clears what is known; a column that the file lacks leaves it as it is.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import zip_longest
from typing import Any
from uuid import UUID

import orjson

from bus.publisher import Publisher
from bus.topics import PEOPLE
from producers import csv_table
from producers.connector import Accounts
from producers.csv_table import Problem, Row
from producers.errors import ProducerError
from producers.registry import all_connectors
from xapi import days, synthetic
from xapi.identity import account_identifier

COLUMNS = ("person", "name", "accounts", "team", "manager", "start_date", "moves")
REQUIRED = ("person", "accounts", "team")
#: Keys of closing records start so; a person's must not.
CLOSING = "load:"
ACKNOWLEDGED_SECONDS = 60.0

_MAIL = re.compile(r"[^\s@<>,;|]+@[^\s@<>,;|]+")
_FIELDS = ("name", "accounts", "teams", "manager", "start")

Current = Mapping[str, Mapping[str, Any]]


class InvalidEntry(ProducerError):
    """A cell that cannot be read; the message says what it holds and what would be right."""


@dataclass(frozen=True, slots=True)
class Stay:
    """A team and the days in it; no first day is since ever, no last one until further notice."""

    team: str
    first: date | None
    last: date | None


@dataclass(frozen=True, slots=True)
class Person:
    """A person as a line of the file says."""

    line: int
    id: str
    name: str = ""
    accounts: tuple[str, ...] = ()
    stays: tuple[Stay, ...] = ()
    manager: str | None = None
    start: date | None = None

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
        }


@dataclass(slots=True)
class Directory:
    """A file's people, what is wrong with it (nothing may be loaded then), and what looks odd.

    `absent` are the columns that the file lacks: what is known of them stays.
    """

    people: list[Person] = field(default_factory=list)
    absent: tuple[str, ...] = ()
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)


@dataclass(slots=True)
class Difference:
    """What a load would do: ids of people, and for those who change the old and the new values."""

    added: list[str] = field(default_factory=list)
    changed: dict[str, dict[str, tuple[Any, Any]]] = field(default_factory=dict)
    unchanged: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)


def parse(data: bytes, current: Current) -> Directory:
    """The people of a CSV file, held against each other and the current directory.

    `current` is id → value as loaded before; who is not in the file stays as they are.
    """
    rows, problems = csv_table.read(data, COLUMNS, REQUIRED)
    found = Directory(problems=problems)
    for row in rows:
        known = current.get(row.cells["person"], {})
        found.people.append(_person(row, known, found.problems))
        found.absent = tuple(column for column in COLUMNS if column in row.absent)
    if not rows and not problems:
        found.problems.append(Problem(1, "there is nobody in the file"))
    found.problems += _twice(found.people)
    found.problems += _claimed(found.people, current)
    found.problems += _circles(found.people, current)
    found.warnings += _unknown_managers(found.people, current)
    found.problems.sort()
    found.warnings.sort()
    return found


def invented(people: Sequence[Person]) -> list[Problem]:
    """Problems where an account is one that a demo made up; for a directory of real people."""
    return [
        Problem(person.line, f"the account {held!r} is of {synthetic.HOST}: a demo made it up")
        for person in people
        for held in person.accounts
        if synthetic.is_address(held.removeprefix("account:").rpartition("|")[0])
    ]


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


def publish(publisher: Publisher, load: UUID, people: Sequence[Person]) -> None:
    """Writes a load: its people and, once all are acknowledged, the record that makes it count.

    Raises BrokerUnavailable; nothing counts then.
    """
    sent = [
        publisher.publish(
            PEOPLE.name,
            person.id.encode(),
            orjson.dumps({"load": str(load), **person.value()}),
        )
        for person in people
    ]
    publisher.flush(ACKNOWLEDGED_SECONDS)
    for future in sent:
        future.result(ACKNOWLEDGED_SECONDS)
    closing = {
        "load": str(load),
        "closed": True,
        "people": len(people),
        "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
    }
    key = f"{CLOSING}{load}".encode()
    publisher.publish(PEOPLE.name, key, orjson.dumps(closing)).result(ACKNOWLEDGED_SECONDS)


def account(written: str) -> str:
    """The canonical identifier of an account as people write it. Raises InvalidEntry."""
    if "|" in written:
        home_page, _, name = written.removeprefix("account:").rpartition("|")
        if re.match(r"https?://\S+$", home_page.strip()) and name.strip():
            return _account(home_page.strip(), name.strip())
        raise InvalidEntry(f"the account {written!r} must read https://homepage|name")
    address = re.sub(r"^mailto:", "", written, flags=re.IGNORECASE)
    if _MAIL.fullmatch(address) and not re.match(r"[a-z]\w*:", address, re.IGNORECASE):
        return f"mailto:{address.lower()}"
    scheme, _, name = written.partition(":")
    if scheme.lower() in _short() and re.fullmatch(r"\S+", name):
        return _account(_short()[scheme.lower()].home_page, name)
    if scheme == "mbox_sha1sum" and re.fullmatch(r"[0-9a-fA-F]{40}", name):
        return written.lower()
    if scheme == "openid" and re.match(r"https?://\S+$", name):
        return written
    short = ", ".join(f"{known}:name" for known in sorted(_short()))
    raise InvalidEntry(
        f"the account {written!r} is none of: {short}, a mail address, https://homepage|name"
    )


def _short() -> Mapping[str, Accounts]:
    """Tool → how its accounts are written in short, as in `github:octocat`."""
    return {name: each.account for name, each in all_connectors().items() if each.account}


def _account(home_page: str, name: str) -> str:
    page = home_page.rstrip("/").lower()
    if any(page == known.home_page and known.lower for known in _short().values()):
        home_page, name = page, name.lower()
    return account_identifier(home_page, name)


# One line


def _person(row: Row, known: Mapping[str, Any], problems: list[Problem]) -> Person:
    def wrong(message: str) -> None:
        problems.append(Problem(row.line, message))

    cells = row.cells
    identifier = cells["person"]
    if not identifier:
        wrong("person is empty")
    elif identifier.startswith(CLOSING):
        wrong(f"the person {identifier!r} must not start with {CLOSING!r}")
    accounts: dict[str, None] = {}
    for written in _parts(cells["accounts"]):
        try:
            accounts[account(written)] = None
        except InvalidEntry as error:
            wrong(str(error))
    start = None
    try:
        start = _start(row, known)
    except InvalidEntry as error:
        wrong(f"start_date {error}")
    try:
        stays = _stays(*_teams(row, known, start))
    except InvalidEntry as error:
        wrong(str(error))
        stays = ()
    name = str(known.get("name") or "") if "name" in row.absent else cells["name"]
    manager = known.get("manager") if "manager" in row.absent else cells["manager"]
    return Person(row.line, identifier, name, tuple(accounts), stays, manager or None, start)


def _start(row: Row, known: Mapping[str, Any]) -> date | None:
    if "start_date" in row.absent:
        return _known_day(known.get("start"))
    return _day(row.cells["start_date"]) if row.cells["start_date"] else None


def _teams(row: Row, known: Mapping[str, Any], start: date | None) -> tuple[str, date | None, str]:
    """First team, its first day and the moves: as the row says, or as known where no column does.

    Without moves a row says either the first team or today's; another one beside known moves could
    mean both.
    """
    team, moves = row.cells["team"], row.cells["moves"]
    stays = list(known.get("teams") or ())
    later = [stay for stay in stays if stay.get("from") != known.get("start")]
    if "moves" not in row.absent or not later:
        return team, start, moves
    first = stays[0]["team"] if stays[0] not in later else ""
    if team not in (first, later[-1]["team"]):
        raise InvalidEntry(
            f"the team {team!r} is neither the first one ({first!r}) nor the last one "
            f"({later[-1]['team']!r}) that is known, and the file has no column moves: add it, so "
            "that it says what becomes of them"
        )
    return first, start, ";".join(f"{stay['from']}:{stay['team']}" for stay in later)


def _known_day(text: Any) -> date | None:
    return date.fromisoformat(text) if text else None


def _stays(team: str, start: date | None, moves: str) -> tuple[Stay, ...]:
    begins: list[tuple[date | None, str]] = [(start, team)] if team else []
    since, where = start, team
    for move in _parts(moves):
        day, colon, to = (part.strip() for part in move.partition(":"))
        if not colon or not to:
            raise InvalidEntry(f"the move {move!r} must read YYYY-MM-DD:Team")
        try:
            on = _day(day)
        except InvalidEntry as error:
            raise InvalidEntry(f"the move {move!r}: the day {error}") from None
        if since is not None and on <= since:
            after = "the start date" if len(begins) <= bool(team) else "the move before it"
            raise InvalidEntry(f"the move {move!r} is out of order: {on} is not after {after}")
        if to == where:
            raise InvalidEntry(f"the move {move!r} leads to where the person already is")
        begins.append((on, to))
        since, where = on, to
    ends = [begin - timedelta(days=1) for begin, _ in begins[1:] if begin]
    return tuple(Stay(name, begin, end) for (begin, name), end in zip_longest(begins, ends))


def _day(text: str) -> date:
    try:
        return days.day(text)
    except ValueError as error:
        raise InvalidEntry(str(error)) from error


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(";") if part.strip()]


# All lines together


def _twice(people: Sequence[Person]) -> Iterator[Problem]:
    seen: dict[str, int] = {}
    for person in people:
        first = seen.setdefault(person.id, person.line)
        if person.id and first != person.line:
            yield Problem(person.line, f"the person {person.id!r} is on line {first} already")


def _claimed(people: Sequence[Person], current: Current) -> Iterator[Problem]:
    """An account belongs to one person; one who is in the file may hand theirs on."""
    listed = {person.id for person in people}
    elsewhere = {
        held: identifier
        for identifier, value in current.items()
        if identifier not in listed
        for held in value.get("accounts", ())
    }
    holders: dict[str, Person] = {}
    for person in people:
        for held in person.accounts:
            first = holders.setdefault(held, person)
            if first.id != person.id:
                yield Problem(
                    person.line,
                    f"the account {held!r} is claimed by {first.id!r} on line {first.line} too",
                )
            elif held in elsewhere:
                yield Problem(
                    person.line,
                    f"the account {held!r} is {elsewhere[held]!r}'s in the current directory, "
                    "who is not in the file",
                )


def _circles(people: Sequence[Person], current: Current) -> Iterator[Problem]:
    managers = {identifier: value.get("manager") for identifier, value in current.items()}
    managers |= {person.id: person.manager for person in people}
    lines = {person.id: person.line for person in reversed(people)}
    done: set[str] = set()
    for person in people:
        path: list[str] = []
        at: str | None = person.id
        while at and at not in done:
            done.add(at)
            path.append(at)
            at = managers.get(at)
        if at and at in path:
            circle = path[path.index(at) :]
            line = min(lines[member] for member in circle if member in lines)
            way = " → ".join(repr(member) for member in [*circle, at])
            yield Problem(line, f"managers go in a circle: {way}")


def _unknown_managers(people: Sequence[Person], current: Current) -> Iterator[Problem]:
    known = current.keys() | {person.id for person in people}
    for person in people:
        if person.manager and person.manager not in known:
            yield Problem(person.line, f"the manager {person.manager!r} is not in the directory")


def _plain(name: str, value: Any) -> Any:
    """A field's value so that the order of accounts and a missing name make no difference."""
    if name == "accounts":
        return sorted(value or ())
    return value or ([] if name == "teams" else "" if name == "name" else None)


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
