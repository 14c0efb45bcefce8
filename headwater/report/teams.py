"""Team by team: those that may be named, each beside itself a quarter before."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from headwater.report import words
from headwater.report.blocks import Block, Heading, Said, Section, Table
from headwater.report.changed import SCAFFOLDS
from headwater.report.findings import Findings, Kpi, Measured
from headwater.report.measures import level, moved, rate
from headwater.report.words import LEAST_WEEKS, NONE


def section(found: Findings) -> Section:
    """The section."""
    return Section(
        "teams",
        "Team by team",
        f"Teams of at least {found.minimum} people. Compare a team with itself: teams differ in "
        "tools, so a low figure may be a tool that is not connected. It is no ranking.",
        [*_learning(found), *_kpis(found)],
    )


def _learning(found: Findings) -> Iterator[Block]:
    now, before = found.now, found.before
    people = {size.team: size.people for size in now.sizes}
    names = sorted({row.team for row in now.teams} | set(people))
    if not names:
        yield Said(
            f"No team has {found.minimum} people or more, so none is told by itself.", "empty"
        )
        return
    rows = []
    for name in names:
        last, first = (rate(half.teams, half.sizes, team=name) for half in (now, before))
        compares = min(last.weeks, first.weeks) >= LEAST_WEEKS and last.compares(first)
        rows.append([
            name,
            words.count(people[name]) if people.get(name) else NONE,
            *(words.number(rate(now.teams, now.sizes, each, name).value) for each in SCAFFOLDS),
            words.number(last.value),
            words.number(first.value),
            words.percent(last.value or 0, first.value or 0) if compares else NONE,
            f"{last.weeks} of {last.possible}",
        ])  # fmt: skip
    yield Heading("Learning events a head and week")
    yield Table(
        "Learning events a head and week, by team",
        (
            "Team", "People", *(words.capital(each) for each in SCAFFOLDS), "All",
            before.span.quarter.title, "Change", "Weeks told",
        ),
        rows,
        note="People: by the directory, at the end of the quarter. A scaffold's figure is of the "
        "weeks in which enough people of the team did it; a dash: in none, or too little to "
        "compare. What too few of a team did is in no column.",
    )  # fmt: skip


def _kpis(found: Findings) -> Iterator[Block]:
    now, before = found.now.span.quarter, found.before.span.quarter
    for kpi in found.kpis:
        last, first = _by_team(found.now.measured, kpi), _by_team(found.before.measured, kpi)
        if not last and not first:
            continue
        rows = [
            [name, *_row(kpi, last.get(name, []), first.get(name, []))]
            for name in sorted({*last, *first})
        ]
        yield Heading(f"{words.capital(kpi.words)} ({kpi.unit})")
        yield Table(
            f"{kpi.words} ({kpi.unit}) by team",
            ("Team", now.title, "n", before.title, "n", "Change", ""),
            rows,
            left=(6,),
        )


def _by_team(rows: Sequence[Measured], kpi: Kpi) -> dict[str, list[Measured]]:
    found: dict[str, list[Measured]] = defaultdict(list)
    for row in rows:
        if row.kpi == kpi.kpi:
            found[row.team].append(row)
    return found


def _row(kpi: Kpi, last: Sequence[Measured], first: Sequence[Measured]) -> Iterator[str]:
    for some in (last, first):
        told = level(some)
        yield words.number(told.value if told else None)
        yield words.count(told.observations or told.periods) if told else NONE
    told_change = moved(kpi, last, first)
    change = told_change.change
    yield words.change(change, kpi.unit) if change is not None else NONE
    yield told_change.way if kpi.matters else ""
