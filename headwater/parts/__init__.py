"""The one list of processes: a file or folder each, which holds `part = PartSpec(...)`.

They are found by themselves; `headwater/part.py` says what a part declares.
"""

import importlib
import pkgutil
from functools import cache

from headwater.part import PartSpec


@cache
def every() -> tuple[PartSpec, ...]:
    """Every part, each after those that it needs: stores first, then who serves clients."""
    found = {info.name: _declared(info.name) for info in pkgutil.iter_modules(__path__)}
    ordered: dict[str, PartSpec] = {}

    def add(part: PartSpec, waiting: tuple[str, ...]) -> None:
        for name in part.needs:
            if name not in found or name in waiting:
                why = "is needed in a circle" if name in waiting else "is no part"
                raise ValueError(f"headwater/parts/{part.name}: needs {name!r}, which {why}")
            add(found[name], (*waiting, name))
        ordered.setdefault(part.name, part)

    for part in sorted(found.values(), key=lambda one: (not one.store, -one.stage, one.name)):
        add(part, (part.name,))
    return tuple(ordered.values())


def named(name: str) -> PartSpec:
    """The part of a name; KeyError where there is none."""
    return {part.name: part for part in every()}[name]


def _declared(name: str) -> PartSpec:
    part: PartSpec = importlib.import_module(f"{__name__}.{name}").part
    if part.name != name:
        raise ValueError(f"headwater/parts/{name}: its part is named {part.name!r}")
    if (part.when is None) is not (part.condition == "always"):
        raise ValueError(f"headwater/parts/{name}: `when` and `condition` say different things")
    return part
