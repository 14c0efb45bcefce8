"""What viewers are shown of who carries the learning: how few people do half of it.

Events that are classified, by week: all of them, by scaffold, and by behaviour. `people` are those
who did any, down to a multiple of the minimum group; `carriers` the fewest of them who together did
half of it, up to one. What fewer people than the minimum group did is not there.
"""

from streams.mart import Carriers, Mart, Published, sql

mart = Mart(
    name="published_carriers",
    table="published.carrier_rows",
    compute=sql(__name__, "compute"),
    grain="week",
    expected=sql(__name__, "expected"),
    published=Published(carriers=(Carriers("published.carrier_rows", ("scaffold", "behaviour")),)),
)
