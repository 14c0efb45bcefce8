"""The marts, one folder each, found by themselves (`streams/mart.py` is their contract)."""

import importlib
import pkgutil
from functools import cache

from streams.mart import Mart


@cache
def every() -> tuple[Mart, ...]:
    """Every mart, by name.

    Raises ValueError for a folder that declares none of its own name.
    """
    found = []
    for module in pkgutil.iter_modules(__path__):
        mart = getattr(importlib.import_module(f"{__name__}.{module.name}"), "mart", None)
        if not isinstance(mart, Mart) or mart.name != module.name:
            raise ValueError(
                f"streams/marts/{module.name} must have `mart = Mart(name={module.name!r}, …)`"
            )
        found.append(mart)
    return tuple(found)


def definition(mart: Mart) -> str:
    """What a mart is, in words."""
    return importlib.import_module(f"{__name__}.{mart.name}").__doc__ or ""
