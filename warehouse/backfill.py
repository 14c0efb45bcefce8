"""Fills what migrations added from the statements that were stored before them.

Statements from before go through the views once more, as a redelivery would, piece by piece in the
order of their ids; `ops.settings` remembers how far, so that an interrupted fill goes on. At the
end their table is dropped.
"""

import logging
from uuid import UUID

from warehouse.client import Warehouse

#: The setting that says up to which id the statements from before are taken in.
FILLED = "statements_filled"
PIECE = 20_000
_FIRST = UUID(int=0)

log = logging.getLogger(__name__)


def fill(warehouse: Warehouse, piece: int = PIECE) -> int:
    """Takes statements from before in again; returns how many pieces were left to do."""
    if not warehouse.rows("backfill/exists")[0][0]:
        return 0
    known = {row[0]: row[1] for row in warehouse.rows("installation/settings")}
    after = known.get(FILLED, str(_FIRST))
    pieces = 0
    while (end := warehouse.rows("backfill/end", after=after, size=piece)[0][0]) != _FIRST:
        warehouse.command("backfill/fill", after=after, end=str(end))
        after = str(end)
        warehouse.insert("ops.setting_rows", ("name", "value"), [(FILLED, after)])
        pieces += 1
        log.info("statements from before are taken in: %d done", pieces * piece)
    warehouse.command("backfill/drop")
    return pieces
