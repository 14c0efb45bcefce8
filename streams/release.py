"""When a change of the directory shows to viewers: together with others, or with the next week.

If one person's move showed at once, every figure of the old and the new team before and after it
would differ by what that one person does. So viewers' figures are computed by the directory as it
was released (`released.*`): loads are released together, when they change the minimum group of
people or more, and what waits longer with the first pass of the next week. Owners of places that
change nothing which anybody did show at once.
"""

import logging
from collections.abc import Sequence

from streams.mart import Mart
from warehouse import Warehouse

log = logging.getLogger(__name__)

#: What is read anew when the directory changes, and again when the change is released.
DICTIONARIES = (
    "account_person", "person_start", "person_team", "person_zone", "team_size", "place_owners",
)  # fmt: skip


def waits(warehouse: Warehouse) -> bool:
    """Whether a load waits."""
    return bool(warehouse.rows("released/waiting"))


def release(warehouse: Warehouse, marts: Sequence[Mart], k: int) -> bool:
    """Releases the loads that wait, where it is time; returns whether it was.

    What they touch is dirty first: who ends in between finds the loads waiting still.
    """
    if not waits(warehouse):
        return False
    # Only where a load waits, for all of the directory is compared; and before `last` is read, so
    # that whatever is counted is released.
    ((people, owners),) = warehouse.rows("released/changed")
    ((first, last, week_turned),) = warehouse.rows("released/waiting")
    of_nobody = owners and not people
    if people < k and not (people and week_turned) and not of_nobody:
        return False
    for mart in marts:
        warehouse.command("directory/dirty", first=first, last=last, mart=mart.name)
    warehouse.insert("released.release_rows", ("sequence",), [(last,)])
    refresh(warehouse)
    log.info("viewers are shown the directory as it is: it changes %d people", people)
    return True


def refresh(warehouse: Warehouse) -> None:
    """Reads the dictionaries of the released directory anew."""
    for name in DICTIONARIES:
        warehouse.command(f"released/reload_{name}")
