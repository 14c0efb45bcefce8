"""One run of links in a process of its own, which ends with whoever began it.

Exit codes: 0, and 1 where it failed and wrote down why.
"""

import os
import sys
import threading

from kpis.links.settings import LinkSettings
from warehouse.client import Warehouse


def _end_with_parent() -> None:
    """Standard input is held open by whoever began it, and closed by its end, however it comes."""
    os.read(0, 1)
    os._exit(1)


def main(why: str) -> None:
    """Estimates what is to be estimated."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    from kpis.links import runs

    warehouse = Warehouse(LinkSettings().clickhouse.get_secret_value())
    try:
        runs.run(warehouse, why=why)
    finally:
        warehouse.close()


if __name__ == "__main__":
    main(sys.argv[1])
