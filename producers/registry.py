"""The connectors there are: every module of `producers/connectors/` that has one.

Adding a connector is adding its file; nothing else lists it.
"""

import importlib
import pkgutil
from functools import cache

from producers import connectors
from producers.connector import Connector


@cache
def all_connectors() -> dict[str, Connector]:
    """Every connector by name."""
    found: dict[str, Connector] = {}
    for module in pkgutil.iter_modules(connectors.__path__):
        connector = importlib.import_module(f"{connectors.__name__}.{module.name}").connector
        found[connector.name] = connector
    return found
