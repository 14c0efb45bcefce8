"""lrs.arrivals, lrs.voids → tombstones, dirty hours, xapi.rejected: one winner an id, everywhere.

Of two statements with one id the first in position wins for good. The recorder sweeps the ids that
it has just inserted, the activity processor those of its facts; whichever of a statement's arrival
and its fact comes last finds the other, so no order of events leaves a loser counted.
"""

from collections.abc import Sequence

from warehouse import Warehouse
from warehouse.client import named

#: Whose inserts are meant, by the database that has their work list (`recent_ids`).
STATEMENTS = "lrs"
FACTS = "learning"


def note(warehouse: Warehouse, batches: Sequence[int]) -> None:
    """Writes down which ids of these inserts stand at more than one position."""
    warehouse.command("deduplication/note", batches=list(batches))


def tombstone(warehouse: Warehouse, side: str, batches: Sequence[int]) -> bool:
    """Tombstones facts of these inserts' losers and voided statements; their hours are dirty then.

    `side` says whose inserts they are: STATEMENTS (the recorder's) or FACTS. Returns whether there
    was anything to look at.
    """
    these = {"batches": list(batches)}
    found = warehouse.query(named("deduplication/candidates", database=side), these)
    if not found or not found[0][0]:
        return False
    if side == STATEMENTS and found[0][1]:
        warehouse.command("deduplication/own_voids_note", **these)
    warehouse.execute(named("deduplication/tombstone", database=side), these)
    warehouse.execute(named("deduplication/dirty", database=side), these)
    return True
