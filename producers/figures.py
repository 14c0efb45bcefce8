"""Figures in the shapes in which people keep them → one row a figure.

| shape | columns |
|---|---|
| long | kpi, team, period, value and what else a figure has |
| a column a KPI | team, period, and the KPIs; `KPI.n`, `KPI.target` … beside them |
| a column a period | kpi, team, and the periods (2026-W10, 2026-03, 2026-03-02) |

A KPI's unit and direction are those of kpis.toml, or as the warehouse knows them, where the table
does not say them. The header of a column a KPI may say them: `first_reply_hours (hours, down)`.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from producers.table import Problem, Record, Table, plain
from xapi import observations

#: A KPI's unit and direction.
Kind = tuple[str, str]

#: What a figure has besides its cell, its unit and its direction.
PARTS = ("value", "n", "numerator", "denominator", "target", "revision")
_CELL = ("kpi", "team", "period")
_KIND = ("unit", "direction")
LONG = (*_CELL, *_KIND, *PARTS)
_SAID = re.compile(r"(?P<kpi>.*\S)\s*\((?P<unit>[^()]+),\s*(?P<direction>up|down)\)", re.IGNORECASE)


class _Place(NamedTuple):
    """A column of a table with a column a KPI: what it is of, and which part of a figure."""

    kpi: str
    part: str
    column: str
    at: int


def shaped(table: Table, kind_of: Callable[[str], Kind | None]) -> Table:
    """The table with one row a figure; what cannot be told is among its problems.

    `kind_of` gives what is known of a KPI.
    """
    header = [plain(name) for name in table.header]
    periods = [at for at, name in enumerate(table.header) if _is_period(name)]
    if not header or table.problems:
        return table
    if periods and "period" in header:
        return _unclear(
            table,
            f"there is a column period, and a column {table.header[periods[0]].strip()!r}: a table "
            "has either a column period, or a column a period",
        )
    if periods and "value" in header:
        return _unclear(
            table,
            f"there is a column value, and a column {table.header[periods[0]].strip()!r}: figures "
            "stand in a column value, or in a column a period",
        )
    if periods:
        return _filled(_by_period(table, header, periods), kind_of)
    if "kpi" not in header and "value" not in header and {"team", "period"} <= set(header):
        return _by_kpi(table, header, kind_of)
    return _filled(table, kind_of)


def _is_period(name: str) -> bool:
    return observations.is_period(name.strip().upper())


def _unclear(table: Table, message: str) -> Table:
    return Table(problems=[*table.problems, Problem(table.line, message)])


# A column a period


def _by_period(table: Table, header: Sequence[str], periods: Sequence[int]) -> Table:
    others = [at for at in range(len(header)) if at not in periods]
    names = [table.header[at] for at in others]
    wrong = [name.strip() for name in names if plain(name) not in ("kpi", "team", *_KIND)]
    if wrong:
        return _unclear(
            table,
            f"the column {wrong[0]!r} has no place beside a column a period: there are kpi, team, "
            "unit and direction; what else a figure has needs one row a figure",
        )
    twice = {table.header[at].strip().upper() for at in periods}
    if len(twice) < len(periods):
        return _unclear(table, "two columns are of the same period")

    def rows() -> Iterator[Record]:
        for record in _whole(table, broken):
            kept = [record.cells[at] for at in others]
            for at in periods:
                if record.cells[at].strip():
                    column = table.header[at].strip()
                    cells = [*kept, column.upper(), record.cells[at]]
                    yield Record(record.line, cells, {"period": column, "value": column})

    broken = list(table.broken)
    return Table([*names, "period", "value"], list(rows()), table.problems, broken, table.line)


def _whole(table: Table, broken: list[Problem]) -> Iterator[Record]:
    """The rows that have as many cells as the header."""
    for record in table.records:
        if len(record.cells) == len(table.header):
            yield record
        else:
            many = "1 cell" if len(record.cells) == 1 else f"{len(record.cells)} cells"
            message = f"has {many}, and the header has {len(table.header)}"
            broken.append(Problem(record.line, message))


# A column a KPI


def _by_kpi(table: Table, header: Sequence[str], kind_of: Callable[[str], Kind | None]) -> Table:
    if wrong := [name for name in header if name in (*_KIND, *PARTS)]:
        return _unclear(
            table,
            f"the column {wrong[0]!r} does not say of which KPI it is: in a table with a column a "
            "KPI write 'KPI (unit, down)' and 'KPI.n', or have one row a figure with a column kpi",
        )
    kinds: dict[str, Kind] = {}
    problems: list[Problem] = []
    places = list(_places(table, header, kinds, problems))
    for place in places:
        if place.kpi in kinds:
            continue
        if known := kind_of(place.kpi):
            kinds[place.kpi] = known
        else:
            message = (
                f"nothing says the unit and the direction of {place.kpi!r}: write "
                f"'{place.kpi} (hours, down)', declare it in kpis.toml, or take the column out"
            )
            problems.append(Problem(table.line, message, place.column))
    if not places:
        problems.append(Problem(table.line, "there is no column of a KPI"))
    if problems:
        return Table(problems=[*table.problems, *dict.fromkeys(problems)])
    team, period = header.index("team"), header.index("period")
    broken = list(table.broken)
    rows = [
        row
        for record in _whole(table, broken)
        for row in _figures(record, team, period, places, kinds)
    ]
    return Table(LONG, rows, table.problems, broken, table.line)


def _places(
    table: Table, header: Sequence[str], kinds: dict[str, Kind], problems: list[Problem]
) -> Iterator[_Place]:
    """What each column is of; notes the unit and direction that one says."""
    seen: set[tuple[str, str]] = set()
    for at, written in enumerate(table.header):
        column = written.strip()
        if header[at] in ("team", "period"):
            continue
        if not column:
            problems.append(Problem(table.line, f"column {at + 1} has no name"))
            continue
        kpi, dot, part = column.rpartition(".")
        if not dot or part.lower() not in PARTS:
            kpi, part = column, "value"
        if said := _SAID.fullmatch(kpi):
            kpi = said["kpi"]
            kinds[kpi] = said["unit"].strip(), said["direction"].lower()
        if (kpi, part.lower()) in seen:
            problems.append(Problem(table.line, "there is such a column already", column))
        seen.add((kpi, part.lower()))
        yield _Place(kpi, part.lower(), column, at)


def _figures(
    record: Record, team: int, period: int, places: Iterable[_Place], kinds: Mapping[str, Kind]
) -> Iterator[Record]:
    """The figures of a row: a KPI of which no cell is filled has none."""
    of: dict[str, dict[str, _Place]] = {}
    for place in places:
        of.setdefault(place.kpi, {})[place.part] = place
    for kpi, parts in of.items():
        cells = {part: record.cells[place.at] for part, place in parts.items()}
        if any(cell.strip() for cell in cells.values()):
            first = next(iter(parts.values())).column
            columns = {part: parts[part].column if part in parts else first for part in PARTS}
            unit, direction = kinds[kpi]
            fixed = (kpi, record.cells[team], record.cells[period], unit, direction)
            yield Record(
                record.line,
                [*fixed, *(cells.get(part, "") for part in PARTS)],
                {"kpi": first, "unit": first, "direction": first, **columns},
            )


# What goes without saying


def _filled(table: Table, kind_of: Callable[[str], Kind | None]) -> Table:
    """The table with what it need not say: unit and direction of KPIs that are known, and a ratio's
    value."""
    header = [plain(name) for name in table.header]
    more: list[str] = []
    if "kpi" in header and not table.problems:
        at = header.index("kpi")
        named = {each.cells[at].strip() for each in table.records if len(each.cells) > at}
        known = all(map(kind_of, named))
        more += [name for name in _KIND if name not in header and known]
    if "value" not in header and {"numerator", "denominator"} <= set(header):
        more.append("value")
    if not more:
        return table
    records = [
        each._replace(cells=[*each.cells, *[""] * len(more)])
        if len(each.cells) == len(header)
        else each
        for each in table.records
    ]
    return Table([*table.header, *more], records, table.problems, table.broken, table.line)
