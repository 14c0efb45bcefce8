"""KPIs that are derived from what the warehouse holds: one SQL file each in `kpis/derived/`.

A file is a comment with a description and the lines `-- unit:`, `-- direction:` (up or down: which
way is better) and `-- grain:` (day, week or month), and below it one SELECT of team, period (its
first day), value, n (how many single observations the figure sums up) and people (how many
different people are behind it: viewers are shown figures of enough). The file's name is the KPI's.
Nothing else lists it: `kpi.observations` is put together from the folder.

The files are read as text; nothing of `kpis` is imported here.
"""

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from string import Template

from warehouse.errors import MigrationError

#: Where the view `kpi.observations` has the derived ones.
PLACE = "-- derived: every file of kpis/derived\n"
DIRECTIONS = ("up", "down")
GRAINS = ("day", "week", "month")

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

    def rows(self) -> str:
        """Its rows in the form of `kpi.observations`."""
        template = (files("warehouse") / "queries" / "kpi" / "derived.sql").read_text("utf-8")
        return Template(template).substitute(
            kpi=self.kpi,
            unit=self.unit,
            direction=self.direction,
            grain=self.grain,
            select=self.select,
        )


@cache
def every() -> tuple[Derived, ...]:
    """Every derived KPI, by name.

    Raises MigrationError for a file whose header lacks something, with what it must say.
    """
    folder = files("kpis") / "derived"
    found = sorted((each for each in folder.iterdir() if each.name.endswith(".sql")), key=str)
    return tuple(read(each.name.removesuffix(".sql"), each.read_text("utf-8")) for each in found)


def read(kpi: str, text: str) -> Derived:
    """A derived KPI from its file's text."""
    where = f"kpis/derived/{kpi}.sql"
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


def filled(view: str) -> str:
    """A view's text with the derived KPIs where it has the place for them."""
    if PLACE not in view:
        return view
    return view.replace(PLACE, "".join(f"UNION ALL\n{each.rows()}" for each in every()))
