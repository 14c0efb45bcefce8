"""The clocks of the zones that people live in: `directory.zone_rows`, for ClickHouse to join.

They are told anew whenever they are otherwise than this machine's time zones say: by the first load
that names a zone, and after an upgrade that brings other rules of one.
"""

import logging
import zoneinfo

from warehouse import Warehouse
from xapi import zones

log = logging.getLogger(__name__)

CLOCK_COLUMNS = ("zone", "offsets")


def keep(warehouse: Warehouse) -> None:
    """Writes down the offsets of the zones that people live in, where they are not there."""
    rows = []
    for zone, kept in warehouse.rows("directory/zones"):
        try:
            offsets = zones.offsets(zone)
        except zoneinfo.ZoneInfoNotFoundError:
            log.warning("the time zone %s is not known here: its people have what is kept", zone)
            continue
        seconds = [
            (int(each.begin.timestamp()), int(each.until.timestamp()), each.seconds)
            for each in offsets
        ]
        if seconds != [tuple(map(int, each)) for each in kept]:
            rows.append((zone, [tuple(each) for each in offsets]))
    if rows:
        warehouse.insert("directory.zone_rows", CLOCK_COLUMNS, rows)
