"""Fills what a migration added from the statements that were stored before it.

Stored statements go through the views once more, as a redelivery would, piece by piece in the order
of their ids; `ops.settings` remembers how far, so that an interrupted fill goes on.
"""

import logging
from uuid import UUID

from lrs.warehouse.client import Warehouse

#: How far `lrs.statement_keys` is filled: an id, or WHOLE.
KEYS = "statement_keys_filled"
WHOLE = "whole"
PIECE = 20_000
_FIRST = UUID(int=0)

log = logging.getLogger(__name__)


def fill_keys(warehouse: Warehouse, piece: int = PIECE) -> int:
    """Gives stored statements their keys; returns how many pieces were left to do."""
    known = {row[0]: row[1] for row in warehouse.rows("settings")}
    after = known.get(KEYS, str(_FIRST))
    pieces = 0
    while after != WHOLE:
        end = warehouse.rows("keys_fill_end", after=after, size=piece)[0][0]
        if end == _FIRST:
            after = WHOLE
        else:
            warehouse.command("keys_fill", after=after, end=str(end))
            pieces += 1
            after = str(end)
            log.info("statements get their keys: %d done", pieces * piece)
        warehouse.insert("ops.setting_rows", ("name", "value"), [(KEYS, after)])
    return pieces
