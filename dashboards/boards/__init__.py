"""The boards: every folder here is one, and nothing else lists it."""

import importlib
import pkgutil
from functools import cache

from dashboards.board import Board
from dashboards.errors import BoardInvalid


@cache
def boards() -> tuple[Board, ...]:
    """Every board, in the order in which they are shown; raises BoardInvalid with what is wrong."""
    found = [_declared(module.name) for module in pkgutil.iter_modules(__path__) if module.ispkg]
    return tuple(sorted(found, key=lambda board: (board.place, board.name)))


def _declared(name: str) -> Board:
    board = getattr(importlib.import_module(f"{__name__}.{name}"), "board", None)
    if not isinstance(board, Board):
        raise BoardInvalid(f"dashboards/boards/{name}/__init__.py must declare board = Board(...)")
    if board.name != name:
        raise BoardInvalid(f"dashboards/boards/{name}: its board is named {board.name!r}")
    return board
