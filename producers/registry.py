"""The connectors there are: every folder of `producers/connectors/`.

Adding a connector is adding its folder; nothing else lists it. A module beside the folders is
shared by them, and no connector.
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
        if module.ispkg:
            package = f"{connectors.__name__}.{module.name}"
            connector: Connector = importlib.import_module(package).connector
            if connector.name != module.name:
                raise ValueError(f"{package} declares {connector.name!r}: name it as its folder")
            found[connector.name] = connector
    return found
