"""The loads, one file each, found by themselves (`producers/load.py` is their contract)."""

import importlib
import pkgutil
from functools import cache
from typing import Any

from producers.load import Load


@cache
def every() -> tuple[Load[Any], ...]:
    """Every load, by name.

    Raises ValueError for a file that declares none of its own name.
    """
    found = []
    for module in pkgutil.iter_modules(__path__):
        load = getattr(importlib.import_module(f"{__name__}.{module.name}"), "load", None)
        if not isinstance(load, Load) or load.name != module.name:
            raise ValueError(
                f"producers/loads/{module.name}.py must have `load = Load(name={module.name!r}, …)`"
            )
        found.append(load)
    return tuple(found)
