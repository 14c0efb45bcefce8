"""kpis.toml → kpi.catalogue_rows: what is declared of KPIs, where boards and analysts see it.

A worker whose folder has no such file knows nothing, and changes nothing.
"""

import asyncio
from typing import Any

from serving.followed import FollowedFile
from streams.context import Context
from xapi import catalogue
from xapi.catalogue import Catalogue, CatalogueError, Kpi

#: Between two looks at the file, in seconds.
EVERY = 2.0
COLUMNS = (
    "kpi", "title", "unit", "direction", "aggregation", "owner", "source", "matters",
    "description", "declared", "version",
)  # fmt: skip
Row = tuple[Any, ...]


class Declared:
    """The file as this worker follows it, and what of it the warehouse has."""

    def __init__(self) -> None:
        self.file: FollowedFile[Catalogue | None] | None = None
        self.there: Catalogue | None = None


async def follow(context: Context) -> None:
    """Writes down what the file says, where it has changed."""
    await asyncio.to_thread(_follow, context)


def _follow(context: Context) -> None:
    kept = context.kept(Declared)
    if kept.file is None:
        path = context.settings.kpis or context.settings.data / catalogue.FILE
        kept.file = FollowedFile(
            path, catalogue.read, None, wrong=CatalogueError, do="correct it (docs/kpis.md)"
        )
    said = kept.file.now()
    if said is None or said == kept.there:
        return
    before = {row[0]: tuple(row) for row in context.warehouse.rows("kpi/declared")}
    rows = changes(before, said, int(context.clock() * 1000))
    if rows:
        context.warehouse.insert("kpi.catalogue_rows", COLUMNS, rows)
    kept.there = said


def changes(before: dict[str, Row], said: Catalogue, version: int) -> list[Row]:
    """The rows that make of what the warehouse has what a file says."""
    now = {each.name: _row(each) for each in said.kpi}
    changed = [(*row, 1, version) for kpi, row in now.items() if before.get(kpi) != row]
    gone = [(*row, 0, version) for kpi, row in before.items() if kpi not in now]
    return changed + gone


def _row(kpi: Kpi) -> Row:
    return (
        kpi.name,
        kpi.title or "",
        kpi.unit,
        kpi.direction,
        kpi.aggregation,
        kpi.owner,
        kpi.source,
        kpi.matters,
        kpi.description,
    )
