"""A sheet by its address, as its program gives it away (CSV; XLSX too): the table.

Hosts are on a list that the operator keeps (HEADWATER_KPI_HOSTS), and so is each host that a
redirect leads to.
"""

from collections.abc import Sequence

import httpx

from producers import table_files
from producers.errors import NotPulled
from producers.pulling.http import MOST_REDIRECTS, allowed, asked
from producers.table import Table

#: The largest sheet, in bytes.
MOST_BYTES = 10 << 20


def table(address: str, hosts: Sequence[str], seconds: float) -> Table:
    """The sheet at an address. Raises NotPulled."""
    try:
        url = httpx.URL(address)
    except httpx.InvalidURL as error:
        raise NotPulled("the address of the sheet is none") from error
    with httpx.Client(timeout=seconds, trust_env=False, follow_redirects=False) as client:
        for _ in range(MOST_REDIRECTS + 1):
            allowed(url, hosts)
            answer = asked(client, client.build_request("GET", url), MOST_BYTES)
            if answer.status in (301, 302, 303, 307, 308) and answer.location:
                url = url.join(answer.location)
                continue
            if answer.status != 200:
                raise NotPulled(f"{url.host} answers {answer.status}: is the sheet shared?")
            if answer.kind in ("text/html", "application/xhtml+xml"):
                raise NotPulled(
                    f"{url.host} answers a page, and no table: take the sheet's address for CSV, "
                    "and see that it needs no login"
                )
            return table_files.table(answer.body)
    raise NotPulled(f"the sheet's address leads on more than {MOST_REDIRECTS} times")
