"""Declarations that are found by themselves: each module of a package declares one of its own name.

Marts, processors and loads are listed by this and by nothing else.
"""

import importlib
import pkgutil
from typing import Protocol, TypeVar


class Named(Protocol):
    """What has the name of its module."""

    @property
    def name(self) -> str:
        """The module's name."""


Declared = TypeVar("Declared", bound=Named)


def every(package: str, kind: type[Declared]) -> tuple[Declared, ...]:
    """What each module of a package declares, by name: `mart = Mart(...)` where `kind` is Mart.

    Raises ValueError for a module that declares none of its own name.
    """
    variable = kind.__name__.lower()
    found = []
    path = importlib.import_module(package).__path__
    for name in sorted(module.name for module in pkgutil.iter_modules(path)):
        one = getattr(importlib.import_module(f"{package}.{name}"), variable, None)
        if not isinstance(one, kind) or one.name != name:
            raise ValueError(
                f"{package.replace('.', '/')}/{name} must have "
                f"`{variable} = {kind.__name__}(name={name!r}, …)`"
            )
        found.append(one)
    return tuple(found)
