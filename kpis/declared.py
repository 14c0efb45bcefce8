"""Rollouts as they are declared: what was begun in which team on which day (`kpi.rollouts`).

A rollout has one day a team, so teams may begin one after the other. What is declared twice is
there once, and what is taken back is gone from every link and board.
"""

import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from warehouse.client import Warehouse
from xapi import days

COLUMNS = ("rollout", "team", "start", "what", "removed", "version", "at")
#: The longest name and description, in characters: they stand in charts.
NAME, WHAT = 60, 300


@dataclass(frozen=True)
class Begun:
    """A team's start with a rollout."""

    rollout: str
    team: str
    start: date
    what: str = ""


def declared(warehouse: Warehouse) -> list[Begun]:
    """Every team's start, by rollout and day."""
    return [Begun(*row) for row in warehouse.rows("rollouts/declared")]


def teams(warehouse: Warehouse) -> frozenset[str]:
    """The teams that the directory knows."""
    return frozenset(team for (team,) in warehouse.rows("directory/teams_known"))


def today(warehouse: Warehouse) -> date:
    """Which day it is in the organisation's time zone."""
    ((day,),) = warehouse.rows("rollouts/today")
    return date.fromisoformat(str(day))


def problems(
    some: Sequence[Begun], known: Collection[str], there: Sequence[Begun]
) -> Iterator[str]:
    """What is wrong with what is to be declared, a sentence each.

    `known` are the directory's teams, `there` is what was declared before.
    """
    if not some:
        yield "no team is named"
        return
    name, start = some[0].rollout, some[0].start
    if not name.strip() or len(name) > NAME or not name.isprintable():
        yield f"a name has 1 to {NAME} characters, all of them printable"
    if len(some[0].what) > WHAT or not (some[0].what.isprintable()):
        yield f"what it is may have {WHAT} characters, all of them printable"
    try:
        days.within(start, str(start))
    except ValueError as error:
        yield str(error)
    for each in some:
        if each.team not in known:
            yield f"the directory knows no team {each.team!r} (it knows {_listed(known)})"
    since = {each.team: each.start for each in there if each.rollout == name}
    for each in some:
        if since.get(each.team, start) != start:
            yield (
                f"{each.team} has {name} since {since[each.team]} already: "
                "remove that first, where it is wrong"
            )


def declare(warehouse: Warehouse, some: Sequence[Begun]) -> None:
    """Writes starts down; the same again is the same."""
    _write(warehouse, some, removed=False)


def remove(warehouse: Warehouse, some: Sequence[Begun]) -> None:
    """Takes starts back."""
    _write(warehouse, some, removed=True)


def _write(warehouse: Warehouse, some: Sequence[Begun], *, removed: bool) -> None:
    version, at = time.time_ns(), datetime.now(UTC)
    rows = [(x.rollout, x.team, x.start, x.what, int(removed), version, at) for x in some]
    warehouse.insert("kpi.rollout_rows", COLUMNS, rows)


def _listed(known: Collection[str]) -> str:
    return ", ".join(sorted(known)) or "none: `headwater directory load` brings it"
