"""KPIs that are derived from what the warehouse holds: one SQL file each in `kpis/derived/`.

A file is a comment with a description and the lines `-- unit:`, `-- direction:` (up or down: which
way is better) and `-- grain:` (day, week or month), and below it one SELECT of team, period (its
first day), value, n (how many single observations the figure sums up) and people (how many
different people are behind it: viewers are shown figures of enough). The file's name is the KPI's.
Nothing else lists it. The worker computes what the folder holds into `kpi.derived_rows`
(`streams/derived.py`), twice: by the directory as it is, and as viewers are shown it.

`kpis/marks/` holds what charts are marked with: files of the same form, of which `team` is what a
mark is of. Their unit is `mark`, they are no KPIs, and they are computed for viewers alone.

The files are read as text; nothing of `kpis` is imported here.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from warehouse.errors import MigrationError

DIRECTIONS = ("up", "down")
GRAINS = ("day", "week", "month")
#: The unit of what is no KPI and marks charts.
MARK = "mark"

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_UNIT = re.compile(r"[^'\\$]+")
_LINE = re.compile(r"^-- (unit|direction|grain): (.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Derived:
    """A derived KPI as its file declares it."""

    kpi: str
    unit: str
    direction: str
    grain: str
    description: str
    select: str


@cache
def every() -> tuple[Derived, ...]:
    """Every derived KPI, by name.

    Raises MigrationError for a file whose header lacks something, with what it must say.
    """
    return tuple(_found("derived"))


@cache
def marks() -> tuple[Derived, ...]:
    """Every kind of marks, by name.

    Raises MigrationError as `every`, and for one that has another unit.
    """
    found = tuple(_found("marks"))
    for each in found:
        if each.unit != MARK:
            raise MigrationError(f"kpis/marks/{each.kpi}.sql needs a line `-- unit: {MARK}`")
    return found


def _found(name: str) -> Iterator[Derived]:
    folder = files("kpis") / name
    for each in sorted((one for one in folder.iterdir() if one.name.endswith(".sql")), key=str):
        yield read(each.name.removesuffix(".sql"), each.read_text("utf-8"), name)


def read(kpi: str, text: str, folder: str = "derived") -> Derived:
    """A derived KPI from its file's text."""
    where = f"kpis/{folder}/{kpi}.sql"
    said = {match[1]: match[2].strip() for match in _LINE.finditer(text)}
    if not _NAME.fullmatch(kpi):
        raise MigrationError(f"{where}: a KPI's name is of small letters, digits and _")
    if not _UNIT.fullmatch(said.get("unit", "")):
        raise MigrationError(f"{where} needs a line `-- unit:`, without quotes, backslashes and $")
    for name, allowed in (("direction", DIRECTIONS), ("grain", GRAINS)):
        if said.get(name) not in allowed:
            raise MigrationError(f"{where} needs a line `-- {name}:` with {' or '.join(allowed)}")
    lines = text.splitlines()
    comment = [line for line in lines if line.startswith("--") and not _LINE.match(line)]
    select = "\n".join(line for line in lines if not line.startswith("--")).strip().rstrip(";")
    if not select.upper().startswith(("SELECT", "WITH")):
        raise MigrationError(f"{where} must be one query of team, period, value, n, people")
    description = " ".join(line.removeprefix("--").strip() for line in comment)
    return Derived(kpi, said["unit"], said["direction"], said["grain"], description, select)
