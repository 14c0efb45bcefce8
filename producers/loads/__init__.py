"""The loads, one file each, found by themselves (`producers/load.py` is their contract)."""

from functools import cache
from typing import Any

from producers.load import Load
from serving import declared


@cache
def every() -> tuple[Load[Any], ...]:
    """Every load, by name.

    Raises ValueError for a file that declares none of its own name.
    """
    return declared.every(__name__, Load)
