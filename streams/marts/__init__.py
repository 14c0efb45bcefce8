"""The marts, one folder each, found by themselves (`streams/mart.py` is their contract)."""

import importlib
from functools import cache

from serving import declared
from streams.mart import Mart


@cache
def every() -> tuple[Mart, ...]:
    """Every mart, by name.

    Raises ValueError for a folder that declares none of its own name.
    """
    return declared.every(__name__, Mart)


def definition(mart: Mart) -> str:
    """What a mart is, in words."""
    return importlib.import_module(f"{__name__}.{mart.name}").__doc__ or ""
