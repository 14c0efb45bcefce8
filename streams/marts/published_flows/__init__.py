"""What viewers are shown of flows: how knowledge went between people, and between which teams.

Flows are those of the mart `flows`, by the directory as viewers are shown it, by week. Behind each
cell, and each sum and difference of cells, are the minimum group of people from whom it came and as
many to whom it went.
"""

from streams.mart import DAYS_OF_WEEKS, Mart, Published, Shown, sql, weeks_of
from streams.marts.flows import TOUCHED, arrived, sure

mart = Mart(
    name="published_flows",
    table="published.flow_rows",
    compute=sql(__name__, "compute", arrived=arrived("released.events", "released", DAYS_OF_WEEKS)),
    grain="week",
    expected=sql(__name__, "expected", sure=sure("released.events", "toString(toMonday(day))")),
    touched=weeks_of(TOUCHED),
    published=Published(
        cells=(
            Shown("published.flow_rows", ("kind",)),
            Shown(
                "published.flow_team_rows",
                ("from_team", "to_team"),
                {"from_team": "Other", "to_team": "Other"},
            ),
        ),
        sides=("to_person",),
    ),
)
