"""A directory as a test says it, loaded as the processor of the directory leaves it."""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import NamedTuple
from uuid import uuid4

from streams.processors.directory import close
from streams.processors.directory.people import PERSON_COLUMNS
from warehouse import Warehouse

FOREVER = date(2105, 12, 31)
ALWAYS = date(1970, 1, 2)


class Known(NamedTuple):
    """A person: pseudonym, start, accounts, teams with their first and last days, and time zone."""

    person: int
    start: date | None
    accounts: tuple[int, ...]
    teams: tuple[tuple[str, date, date], ...] = ()
    zone: str = ""

    def team(self, day: date) -> str:
        """The team on a day; "" for none."""
        found = [(first, team) for team, first, last in self.teams if first <= day <= last]
        return max(found)[1] if found else ""


def load(store: Warehouse, people: Iterable[Known], sequence: int) -> None:
    """Loads these people, and makes the hours dirty that this touches."""
    rows, name = list(people), uuid4()
    store.insert(
        "directory.person_rows",
        PERSON_COLUMNS,
        [
            (name, sequence, p.person, p.start, 0, list(p.accounts), list(p.teams), p.zone)
            for p in rows
        ],
    )
    close(store, str(name), sequence, len(rows), datetime.now(UTC))


def owned(
    store: Warehouse, owners: Iterable[tuple[str, str, str, date, str]], sequence: int
) -> None:
    """Loads owners of places: host, kind, place, first day and team each."""
    rows, name = list(owners), uuid4()
    store.insert(
        "directory.owner_rows",
        ("load", "sequence", "host", "kind", "place", "from", "team"),
        [(name, sequence, host, kind, place.lower(), *since) for host, kind, place, *since in rows],
    )
    store.insert(
        "directory.load_rows",
        ("load", "sequence", "people", "at"),
        [(name, sequence, len(rows), datetime.now(UTC))],
    )
    store.command("directory/reload_place_owners")
